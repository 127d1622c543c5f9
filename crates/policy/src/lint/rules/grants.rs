//! Allows that reach far.

use super::Scope;
use crate::lint::view::Clause;
use crate::lint::{Code, Finding, Kind};

pub(super) fn findings(scope: &Scope<'_, '_>) -> Vec<Finding> {
    if !scope.statement.allows {
        return Vec::new();
    }
    let found = [
        not_action(scope),
        not_resource(scope),
        not_principal(scope),
        everything(scope),
        public(scope),
    ];
    found.into_iter().flatten().collect()
}

fn not_action(scope: &Scope<'_, '_>) -> Option<Finding> {
    let message = "`NotAction` with Allow allows all it does not name, in every service";
    let hint = "name what is allowed with `Action`, or deny with `NotAction`";
    negated(scope.statement.actions.as_ref(), Code::NotActionAllow, message, hint)
}

fn not_resource(scope: &Scope<'_, '_>) -> Option<Finding> {
    let message = "`NotResource` with Allow allows all it does not name, and what is made later";
    let hint = "name what is meant with `Resource`, or deny with `NotResource`";
    negated(scope.statement.resources.as_ref(), Code::NotResourceAllow, message, hint)
}

fn not_principal(scope: &Scope<'_, '_>) -> Option<Finding> {
    let message = "`NotPrincipal` with Allow means everybody else, the anonymous included";
    let hint = "name whom you mean with `Principal`";
    negated(scope.statement.principals.as_ref(), Code::NotPrincipalAllow, message, hint)
}

fn negated<T>(
    clause: Option<&Clause<T>>,
    code: Code,
    message: &str,
    hint: &str,
) -> Option<Finding> {
    let clause = clause.filter(|clause| clause.negated)?;
    Some(Finding::new(code, clause.element, message).hint(hint))
}

fn everything(scope: &Scope<'_, '_>) -> Option<Finding> {
    let statement = scope.statement;
    let actions = statement.actions.as_ref().filter(|clause| !clause.negated)?;
    let resources = statement.resources.as_ref().filter(|clause| !clause.negated)?;
    let action = actions.values.iter().find(|word| matches!(word.text, "*" | "*:*"))?;
    let all = resources.values.iter().any(|word| word.text == "*");
    let applies = all && statement.conditions.is_empty() && !scope.kind.only_bounds();
    let message = "the statement allows every action on every resource";
    applies.then(|| {
        Finding::new(Code::AllowEverything, action.span, message)
            .hint("name the actions that are needed, or add a condition")
    })
}

fn public(scope: &Scope<'_, '_>) -> Option<Finding> {
    let statement = scope.statement;
    let (_, anyone) = statement.principal_values().iter().find(|(_, word)| word.text == "*")?;
    let narrowed = statement.conditions.iter().any(|condition| condition.narrows());
    let message = "anybody may do this, without credentials too";
    (scope.kind == Kind::Resource && !narrowed).then(|| {
        Finding::new(Code::PublicAccess, anyone.span, message)
            .hint("name the principals, or add a condition such as on `aws:PrincipalOrgID`")
    })
}
