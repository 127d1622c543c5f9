//! The shape of a document, read strictly. Source: contract/policy.md sections 1 and 7, step 1.

use crate::error::{Place, PolicyError, Refusal, Step};
use crate::json::Value;
use crate::operator::Operator;
use crate::principal::PrincipalKind;

/// Most statements of one document.
pub(crate) const STATEMENTS_MAX: usize = 1024;

/// A document whose elements are all known and of the right kind.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) version: Version,
    pub(crate) statements: Vec<RawStatement>,
}

/// The language of a document. A missing version means the older.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    V2008,
    V2012,
}

/// A statement as written.
#[derive(Debug)]
pub(crate) struct RawStatement {
    pub(crate) place: Place,
    pub(crate) effect: String,
    pub(crate) principal: Option<RawPrincipal>,
    pub(crate) action: Option<Listed>,
    pub(crate) resource: Option<Listed>,
    pub(crate) conditions: Vec<RawCondition>,
}

/// A list that stands as `X` or `NotX`.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) negated: bool,
    pub(crate) values: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct RawPrincipal {
    pub(crate) negated: bool,
    pub(crate) values: Vec<(PrincipalKind, String)>,
}

/// One key under one operator.
#[derive(Debug)]
pub(crate) struct RawCondition {
    pub(crate) name: String,
    pub(crate) operator: Operator,
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
}

type Members = Vec<(String, Value)>;

impl Document {
    pub(crate) fn read(value: Value) -> Result<Self, PolicyError> {
        let Value::Object(members) = value else { return Err(syntax("expected an object")) };
        let (mut version, mut statements) = (Version::V2008, Vec::new());
        for (element, value) in members {
            match (element.as_str(), value) {
                ("Id", Value::String(_)) => {}
                ("Statement", value) => statements = read_statements(value)?,
                ("Version", Value::String(text)) => version = read_version(&text)?,
                ("Id" | "Version", _) => {
                    let error = syntax(format!("`{element}` is no string"));
                    return Err(error.at(Step::Member(element)));
                }
                _ => return Err(syntax(unknown(&element)).at(Step::Key(element))),
            }
        }
        if statements.is_empty() {
            let error = syntax("no statement; hint: `Statement` is an object or a list of them");
            return Err(error.at(member("Statement")));
        }
        Ok(Self { version, statements })
    }
}

fn read_version(text: &str) -> Result<Version, PolicyError> {
    match text {
        "2008-10-17" => Ok(Version::V2008),
        "2012-10-17" => Ok(Version::V2012),
        _ => {
            let error = syntax("unknown version; hint: write `2012-10-17`");
            Err(error.at(member("Version")))
        }
    }
}

fn read_statements(value: Value) -> Result<Vec<RawStatement>, PolicyError> {
    let values = match value {
        Value::Array(values) => values,
        single => vec![single],
    };
    if values.len() > STATEMENTS_MAX {
        let error = syntax(format!("more than {STATEMENTS_MAX} statements"));
        return Err(error.at(Step::Statement(STATEMENTS_MAX)));
    }
    let members = |(index, value)| match value {
        Value::Object(members) => RawStatement::read(index, members),
        _ => Err(Place { index, sid: None }.syntax("expected an object")),
    };
    values.into_iter().enumerate().map(members).collect()
}

impl RawStatement {
    fn read(index: usize, members: Members) -> Result<Self, PolicyError> {
        let place = Place { index, sid: read_sid(index, &members)? };
        let mut statement = Self {
            place,
            effect: String::new(),
            principal: None,
            action: None,
            resource: None,
            conditions: Vec::new(),
        };
        for (element, value) in members {
            statement.take(&element, value)?;
        }
        let effect = &statement.effect;
        if !effect.eq_ignore_ascii_case("Allow") && !effect.eq_ignore_ascii_case("Deny") {
            let error = statement.place.syntax("`Effect` is neither `Allow` nor `Deny`");
            return Err(error.at(member("Effect")));
        }
        Ok(statement)
    }

    fn take(&mut self, element: &str, value: Value) -> Result<(), PolicyError> {
        let place = &self.place;
        let negated = element.starts_with("Not");
        match (element, value) {
            ("Sid", _) => {}
            ("Effect", Value::String(effect)) => self.effect = effect,
            ("Action" | "NotAction", value) => {
                let values = strings(value).ok_or_else(|| not_strings(place, element))?;
                put(&mut self.action, Listed { negated, values }, place, element)?;
            }
            ("Resource" | "NotResource", value) => {
                let value = if negated { value } else { without_nulls(value) };
                let values = strings(value).ok_or_else(|| not_strings(place, element))?;
                put(&mut self.resource, Listed { negated, values }, place, element)?;
            }
            ("Principal" | "NotPrincipal", value) => {
                let values = read_principals(place, element, value)?;
                put(&mut self.principal, RawPrincipal { negated, values }, place, element)?;
            }
            ("Condition", Value::Object(operators)) => {
                self.conditions = read_conditions(place, operators)?;
            }
            ("Condition" | "Effect", _) => {
                let kind = if element == "Effect" { "string" } else { "object" };
                let error = place.syntax(format!("`{element}` is no {kind}"));
                return Err(error.at(member(element)));
            }
            _ => return Err(place.syntax(unknown(element)).at(Step::Key(element.to_owned()))),
        }
        Ok(())
    }
}

/// The Sid is read first, so that every later error can name it.
fn read_sid(index: usize, members: &Members) -> Result<Option<String>, PolicyError> {
    match members.iter().find(|(element, _)| element == "Sid") {
        None => Ok(None),
        Some((_, Value::String(sid))) => Ok(Some(sid.clone())),
        Some(_) => {
            let place = Place { index, sid: None };
            Err(place.syntax("`Sid` is no string").at(member("Sid")))
        }
    }
}

fn read_principals(
    place: &Place,
    element: &str,
    value: Value,
) -> Result<Vec<(PrincipalKind, String)>, PolicyError> {
    let wrong = |what: String| place.syntax(what).at(member(element));
    let kinds = match value {
        Value::String(text) if text == "*" => return Ok(vec![(PrincipalKind::Aws, text)]),
        Value::Object(kinds) => kinds,
        _ => {
            let what = "a principal is `\"*\"` or an object; hint: `{\"AWS\": …}`";
            return Err(wrong(what.to_owned()));
        }
    };
    let mut principals = Vec::new();
    for (kind, value) in kinds {
        let known = PrincipalKind::parse(&kind)
            .ok_or_else(|| wrong(unknown(&kind)).at(Step::Key(kind.clone())))?;
        let values =
            strings(value).ok_or_else(|| wrong(no_strings(&kind)).at(member(kind.as_str())))?;
        principals.extend(values.into_iter().map(|value| (known, value)));
    }
    // An empty NotPrincipal would mean everyone.
    if principals.is_empty() { Err(wrong("no principal".to_owned())) } else { Ok(principals) }
}

fn read_conditions(place: &Place, operators: Members) -> Result<Vec<RawCondition>, PolicyError> {
    let wrong = |what: String| place.syntax(what).at(member("Condition"));
    let mut conditions = Vec::new();
    for (name, body) in operators {
        let Value::Object(keys) = body else {
            let what = format!("`{}` is no object", name.escape_debug());
            return Err(wrong(what).at(Step::Member(name)));
        };
        let operator = Operator::parse(&name);
        if Operator::has_doubled_colon(&name) || (operator.is_none() && !keys.is_empty()) {
            let what = format!("unknown operator `{}`", name.escape_debug());
            return Err(wrong(what).at(Step::Key(name)));
        }
        let Some(operator) = operator else { continue };
        for (key, value) in keys {
            let values = scalars(value).ok_or_else(|| {
                let error = wrong(no_strings(&key));
                error.at(member(name.as_str())).at(member(key.as_str()))
            })?;
            conditions.push(RawCondition { name: name.clone(), operator, key, values });
        }
    }
    Ok(conditions)
}

/// `X` and `NotX` in one statement contradict each other.
fn put<T>(slot: &mut Option<T>, value: T, place: &Place, element: &str) -> Result<(), PolicyError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => {
            let error = place.syntax(format!("`{element}` beside its opposite"));
            Err(error.at(Step::Key(element.to_owned())))
        }
    }
}

/// A string or a list of strings.
fn strings(value: Value) -> Option<Vec<String>> {
    list(value, |value| match value {
        Value::String(text) => Some(text),
        _ => None,
    })
}

/// Values of a condition: numbers are taken as written (contract/policy.md section 7, `?`).
fn scalars(value: Value) -> Option<Vec<String>> {
    list(value, |value| match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(text) | Value::String(text) => Some(text),
        _ => None,
    })
}

fn list(value: Value, item: impl Fn(Value) -> Option<String>) -> Option<Vec<String>> {
    match value {
        Value::Array(values) => values.into_iter().map(item).collect(),
        single => item(single).map(|text| vec![text]),
    }
}

// AWS: a `null` inside a Resource list is tolerated (measured). It names nothing, so it is left out
// here; in NotResource that would widen the statement, and it is refused.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Array(mut values) => {
            values.retain(|value| *value != Value::Null);
            Value::Array(values)
        }
        other => other,
    }
}

fn not_strings(place: &Place, element: &str) -> PolicyError {
    place.syntax(no_strings(element)).at(member(element))
}

fn no_strings(element: &str) -> String {
    format!("`{}` is no string or list of strings", element.escape_debug())
}

fn member(element: impl Into<String>) -> Step {
    Step::Member(element.into())
}

fn unknown(element: &str) -> String {
    format!("unknown element `{}`; hint: element names have their own case", element.escape_debug())
}

fn syntax(what: impl Into<String>) -> PolicyError {
    PolicyError::new(Refusal::Syntax, what)
}
