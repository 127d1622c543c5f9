use rolecall_policy::case::Judgement;
use rolecall_policy::{Decision, MatchedStatement, ROOT_PERMISSION, Reason, Says, Step};

use crate::commands::policy::printable;

/// AWS's sentence, what each kind of policy says, and the condition keys.
pub(super) fn explain(judgement: &Judgement<'_>) -> String {
    let mut text = format!("{}\n\n{}\n\n", sentence(judgement), outcome(judgement));
    let steps = judgement.steps();
    let decisive = decisive(judgement, &steps);
    let width = steps.iter().map(|step| name(step).len()).max().unwrap_or_default();
    for (index, step) in steps.iter().enumerate() {
        let mark = if decisive == Some(index) { '>' } else { ' ' };
        let name = name(step);
        let (says, reasons) = says(step, judgement.decision().is_allowed());
        text.push_str(&format!("{mark} {name:<width$}  {says}\n"));
        for reason in reasons {
            let statement = statement(&reason.statement);
            text.push_str(&format!("      {statement}: {}\n", reason.mismatch));
        }
    }
    text.push_str(&keys(judgement));
    text
}

fn sentence(judgement: &Judgement<'_>) -> String {
    let (user, action, resource) = judgement.question();
    let sentence = judgement.message().unwrap_or_else(|| {
        let resource = if resource == "*" { "" } else { &format!(" on resource: {resource}") };
        format!("User: {user} is authorized to perform: {action}{resource}")
    });
    printable(&sentence)
}

fn outcome(judgement: &Judgement<'_>) -> String {
    let because = match judgement.decision() {
        Decision::Allowed { .. } if judgement.decided_by() == "none" => {
            "the action needs no permission".to_owned()
        }
        Decision::Allowed { by } if by.policy == ROOT_PERMISSION => {
            "the account root needs no policy".to_owned()
        }
        Decision::Allowed { by } | Decision::ExplicitDeny { by } => by.to_string(),
        Decision::ImplicitDeny { kind, .. } => format!("no {kind} allows it"),
    };
    format!("{}: {because}", judgement.decision().as_str())
}

/// The step that the decision rests on.
fn decisive(judgement: &Judgement<'_>, steps: &[Step<'_>]) -> Option<usize> {
    if judgement.decided_by() == "none" {
        return None;
    }
    let rests_on = |step: &Step<'_>| match (judgement.decision(), &step.says) {
        (Decision::Allowed { by }, Says::Allow { by: found })
        | (Decision::ExplicitDeny { by }, Says::Deny { by: found }) => by == found,
        (Decision::ImplicitDeny { kind, .. }, Says::Silence { .. }) => step.kind == *kind,
        _ => false,
    };
    steps.iter().position(rests_on)
}

fn name(step: &Step<'_>) -> String {
    match step.level {
        Some(level) => format!("{}, level {level}", step.kind),
        None => step.kind.to_string(),
    }
}

fn says<'s>(step: &'s Step<'_>, allowed: bool) -> (String, &'s [Reason<'s>]) {
    match &step.says {
        Says::Absent => ("none".to_owned(), &[]),
        Says::Allow { by } if by.policy == ROOT_PERMISSION => ("not needed".to_owned(), &[]),
        Says::Allow { by } => (format!("allows: {}", statement(by)), &[]),
        Says::Delegate { by } => {
            (format!("leaves it to the caller's account: {}", statement(by)), &[])
        }
        Says::Deny { by } => (format!("denies: {}", statement(by)), &[]),
        Says::Silence { reasons } if allowed => ("silent, and not needed".to_owned(), reasons),
        Says::Silence { reasons } if reasons.is_empty() => {
            ("silent: no statement speaks of the action".to_owned(), reasons)
        }
        Says::Silence { reasons } => ("silent".to_owned(), reasons),
    }
}

fn statement(by: &MatchedStatement<'_>) -> String {
    let MatchedStatement { policy, statement, .. } = by;
    let sid = by.sid.map(|sid| format!(" (Sid `{}`)", sid.escape_debug())).unwrap_or_default();
    format!("`{}`, statement {statement}{sid}", policy.escape_debug())
}

fn keys(judgement: &Judgement<'_>) -> String {
    let keys: Vec<_> = judgement.context().iter().collect();
    let width = keys.iter().map(|(key, _)| key.chars().count()).max().unwrap_or_default();
    let mut text = String::from("\ncondition keys\n");
    if keys.is_empty() {
        text.push_str("  none\n");
    }
    for (key, values) in keys {
        let values = printable(&values.join(", "));
        text.push_str(&format!("  {:<width$}  {values}\n", printable(key)));
    }
    text
}
