//! What IAM takes, and its author hardly meant. Each file has the rules of one subject.

mod absence;
mod actions;
mod condition_keys;
mod grants;
mod repetition;
mod s3_resources;
mod source_ip;
mod trust;
mod truth;
mod variables;

use super::view::{Condition, Statement, View};
use super::{Finding, Kind, keys};
use crate::operator::{Family, Quantifier};

/// One statement, and where it stands.
pub(super) struct Scope<'v, 'd> {
    kind: Kind,
    view: &'v View<'d>,
    statement: &'v Statement<'d>,
}

/// Every warning about a policy.
pub(super) fn warnings(kind: Kind, view: &View<'_>) -> Vec<Finding> {
    let mut findings = repetition::of_statements(view);
    for statement in &view.statements {
        let scope = Scope { kind, view, statement };
        findings.extend(RULES.iter().flat_map(|rule| rule(&scope)));
    }
    findings
}

type Rule = fn(&Scope<'_, '_>) -> Vec<Finding>;

const RULES: &[Rule] = &[
    absence::findings,
    actions::findings,
    condition_keys::findings,
    grants::findings,
    repetition::of_values,
    s3_resources::findings,
    source_ip::findings,
    trust::findings,
    truth::findings,
    variables::findings,
];

impl Condition<'_> {
    /// Whether it is met only by requests that have the key.
    fn needs_key(&self) -> bool {
        match self.operator.family {
            Family::Null => self.is_null("false"),
            _ => {
                !self.operator.negated
                    && !self.operator.if_exists
                    && self.operator.quantifier != Some(Quantifier::All)
            }
        }
    }

    /// Whether it is `Null` and asks for this.
    fn is_null(&self, wanted: &str) -> bool {
        self.operator.family == Family::Null
            && !self.values.is_empty()
            && self.values.iter().all(|value| value.text.eq_ignore_ascii_case(wanted))
    }

    /// Whether it keeps strangers out: it needs a key that says who asks or from where.
    fn narrows(&self) -> bool {
        self.needs_key()
            && self.operator.family != Family::Null
            && !self.values.iter().any(|value| value.text == "*")
            && NARROWING
                .iter()
                .any(|key| keys::find(self.key.text).is_some_and(|found| found.name == *key))
    }
}

/// Keys that say who asks, for whom, or from where.
const NARROWING: &[&str] = &[
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalTag/",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIp",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:SourceVpce",
    "aws:VpcSourceIp",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:VpceOrgPaths",
    "aws:userid",
    "aws:username",
];
