//! A compiled statement, and whether it applies to a request.

use crate::Request;
use crate::action::{Actions, AskedAction};
use crate::condition::Condition;
use crate::document::{Document, RawCondition, RawStatement, Version};
use crate::error::{Flaw, PolicyError, Refusal, Step};
use crate::principal::{Principal, Principals, Reach};
use crate::resource::Resources;

/// A statement, compiled.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) index: usize,
    pub(crate) sid: Option<Box<str>>,
    pub(crate) allows: bool,
    pub(crate) principals: Principals,
    pub(crate) actions: Actions,
    resources: Resources,
    conditions: Box<[Condition]>,
}

/// A request whose action was split.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'r> {
    pub(crate) request: &'r Request<'r>,
    pub(crate) action: AskedAction<'r>,
}

impl<'r> Asked<'r> {
    pub(crate) fn new(request: &'r Request<'r>) -> Self {
        Self { request, action: AskedAction::new(request.action) }
    }
}

/// What keeps a statement about the action from applying.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Obstacle<'p> {
    Condition(&'p Condition),
    Principal,
    Resource,
}

impl Statement {
    /// How far this Allow reaches: the principal is looked at first, it costs least.
    pub(crate) fn allows(&self, asked: Asked<'_>) -> Reach {
        let reach = self.principals.reach(&asked.request.principal);
        if reach > Reach::None && self.applies(asked) { reach } else { Reach::None }
    }

    /// Whether this Deny means the request.
    pub(crate) fn denies(&self, asked: Asked<'_>) -> bool {
        self.principals.denies(&asked.request.principal) && self.applies(asked)
    }

    fn applies(&self, asked: Asked<'_>) -> bool {
        let Request { resource, context, .. } = asked.request;
        self.actions.matches(asked.action)
            && self.resources.matches(resource, context)
            && self.conditions.iter().all(|condition| condition.holds(context))
    }

    /// The first obstacle to an Allow that does speak of the action and has to reach `enough`.
    pub(crate) fn obstacle(&self, asked: Asked<'_>, enough: Reach) -> Option<Obstacle<'_>> {
        let Request { principal, resource, context, .. } = asked.request;
        if !self.actions.matches(asked.action) {
            return None;
        }
        if !self.resources.matches(resource, context) {
            return Some(Obstacle::Resource);
        }
        if self.principals.reach(principal) < enough {
            return Some(Obstacle::Principal);
        }
        let failed = self.conditions.iter().find(|condition| !condition.holds(context));
        failed.map(Obstacle::Condition)
    }
}

/// The conditions of every statement: step 3 of section 7 asks for their values.
pub(crate) fn compile_conditions(
    document: &Document,
    statement: &RawStatement,
) -> Result<Box<[Condition]>, PolicyError> {
    let variables = document.version == Version::V2012;
    let compile = |raw: &RawCondition| {
        let refusal =
            if raw.operator.takes_variables() { Refusal::Syntax } else { Refusal::Legacy };
        Condition::compile((&raw.name, raw.operator), &raw.key, &raw.values, variables).map_err(
            |Flaw { value, what }| {
                let way = [member("Condition"), member(&raw.name), member(&raw.key)];
                let error = statement.place.error(refusal, what);
                way.into_iter().chain([Step::Text(value)]).fold(error, PolicyError::at)
            },
        )
    };
    statement.conditions.iter().map(compile).collect()
}

/// Compiles a statement that passed every check.
pub(crate) fn compile(
    version: Version,
    raw: &RawStatement,
    conditions: Box<[Condition]>,
) -> Result<Statement, PolicyError> {
    let flawed = |element: &str, Flaw { value, what }| {
        raw.place.syntax(what).at(member(element)).at(Step::Text(value))
    };
    let variables = version == Version::V2012;
    let actions = match &raw.action {
        Some(listed) => {
            let element = if listed.negated { "NotAction" } else { "Action" };
            Actions::compile(listed.negated, &listed.values)
                .map_err(|flaw| flawed(element, flaw))?
        }
        None => return Err(raw.place.error(Refusal::ActionsMissing, "no actions")),
    };
    let resources = match &raw.resource {
        Some(listed) => {
            let element = if listed.negated { "NotResource" } else { "Resource" };
            Resources::compile(listed.negated, &listed.values, variables)
                .map_err(|flaw| flawed(element, flaw))?
        }
        None => Resources::Unstated,
    };
    Ok(Statement {
        index: raw.place.index,
        sid: raw.place.sid.as_deref().filter(|sid| !sid.is_empty()).map(Into::into),
        allows: raw.effect == "Allow",
        principals: compile_principals(raw)?,
        actions,
        resources,
        conditions,
    })
}

fn member(element: &str) -> Step {
    Step::Member(element.to_owned())
}

fn compile_principals(raw: &RawStatement) -> Result<Principals, PolicyError> {
    let Some(principal) = &raw.principal else { return Ok(Principals::Unstated) };
    let parsed: Result<Box<[_]>, _> = principal
        .values
        .iter()
        .map(|(kind, text)| {
            Principal::parse(*kind, text).ok_or_else(|| {
                let refusal = Refusal::Principal { kind: kind.shown(), value: text.clone() };
                let what = "hint: name an account, role, user, session or service";
                let element = if principal.negated { "NotPrincipal" } else { "Principal" };
                let error = raw.place.error(refusal, what).at(member(element));
                error.at(Step::Text(text.clone()))
            })
        })
        .collect();
    Ok(if principal.negated { Principals::NotIn(parsed?) } else { Principals::In(parsed?) })
}
