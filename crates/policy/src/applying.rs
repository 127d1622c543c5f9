//! Every statement that a request meets, for a simulation: a decision names only the first.

use crate::action::AskedAction;
use crate::date::Date;
use crate::number::Number;
use crate::principal::Reach;
use crate::statement::{Asked, Statement};
use crate::{Policy, Request};

/// A statement that applies to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applying<'p> {
    /// The statement's index, counted from zero.
    pub statement: usize,
    /// Its Sid, if it has one.
    pub sid: Option<&'p str>,
    /// Whether it allows; it denies otherwise.
    pub allows: bool,
}

impl Policy {
    /// Every statement that applies to a request, in the order of the document.
    ///
    /// What follows from them is for [`evaluate`](crate::evaluate) to say.
    pub fn applying(&self, request: &Request<'_>) -> Vec<Applying<'_>> {
        let asked = Asked::new(request);
        let allows = self.allows(asked.action).filter(|allow| allow.allows(asked) > Reach::None);
        let denies = self.denies(asked.action).filter(|deny| deny.denies(asked));
        let mut applying: Vec<_> = allows.chain(denies).map(Applying::of).collect();
        applying.sort_unstable_by_key(|found| found.statement);
        applying
    }

    /// The statements that speak of an action, whatever they say of it, in the order of the
    /// document.
    pub fn speaking_of(&self, action: &str) -> Vec<usize> {
        let action = AskedAction::new(action);
        let statements = self.allows(action).chain(self.denies(action));
        let speaking = statements.filter(|statement| statement.actions.matches(action));
        let mut speaking: Vec<_> = speaking.map(|statement| statement.index).collect();
        speaking.sort_unstable();
        speaking
    }
}

impl<'p> Applying<'p> {
    fn of(statement: &'p Statement) -> Self {
        let Statement { index, sid, allows, .. } = statement;
        Self { statement: *index, sid: sid.as_deref(), allows: *allows }
    }
}

/// Whether the value of a condition key can be compared as a number.
pub fn is_number(text: &str) -> bool {
    Number::parse(text).is_some()
}

/// Whether the value of a condition key can be compared as a date.
pub fn is_date(text: &str) -> bool {
    Date::parse(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PolicyKind, RequestContext, RequestPrincipal};

    const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Sid":"other","Effect":"Allow","Action":"ec2:*","Resource":"*"},
        {"Sid":"all","Effect":"Allow","Action":"*","Resource":"*"},
        {"Effect":"Deny","Action":["s3:Get*","S3:*"],"Resource":"*",
         "Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}},
        {"Sid":"not","Effect":"Allow","NotAction":"iam:*","Resource":"arn:aws:s3:::b/*"},
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}]}"#;

    #[test]
    fn every_statement_that_applies_is_named_once() {
        let policy = Policy::parse(PolicyKind::Identity, POLICY).unwrap();
        let account = "123456789012".parse().unwrap();
        let mut context = RequestContext::default();
        context.set("aws:SourceVpc", "vpc-1");
        let request = Request {
            principal: RequestPrincipal::User { account, arn: "arn:aws:iam::123456789012:user/u" },
            action: "S3:getobject",
            resource: "arn:aws:s3:::b/k",
            resource_account: None,
            context: &context,
        };
        let told = |request: &Request<'_>| {
            let applying = policy.applying(request).into_iter();
            applying.map(|found| (found.statement, found.sid, found.allows)).collect::<Vec<_>>()
        };
        let (all, not) = ((1, Some("all"), true), (3, Some("not"), true));
        assert_eq!(told(&request), [all, (2, None, false), not]);
        let none = RequestContext::default();
        assert_eq!(told(&Request { context: &none, ..request }), [all, not]);
        assert_eq!(policy.speaking_of("s3:GetObject"), [1, 2, 3, 4]);
        assert_eq!(policy.speaking_of("iam:PassRole"), [1]);
    }

    #[test]
    fn numbers_and_dates_are_those_of_conditions() {
        assert!(is_number("-1.5") && !is_number("1,5"));
        assert!(is_date("2026-11-22T10:00:00Z") && is_date("1795341600") && !is_date("today"));
    }
}
