//! `ContextEntries`: the values of condition keys that the simulated request has.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rolecall_policy::{RequestContext, is_date, is_number};

use super::input::invalid;
use crate::error::ApiError;
use crate::field::{Field, Pattern};
use crate::params::Params;

/// One key with its values.
#[derive(Debug)]
pub(super) struct ContextEntry {
    key: String,
    values: Vec<String>,
    is_list: bool,
}

/// Reads them all: a key that stands twice has no one meaning.
pub(super) fn entries(params: &Params) -> Result<Vec<ContextEntry>, ApiError> {
    let mut entries: Vec<ContextEntry> = Vec::new();
    for n in 1..=params.list_len("ContextEntries.member") {
        let entry = ContextEntry::read(params, n)?;
        if entries.iter().any(|known| RequestContext::is_same_key(&known.key, &entry.key)) {
            return Err(invalid(format!("The context key {} stands twice.", entry.key)));
        }
        entries.push(entry);
    }
    Ok(entries)
}

impl ContextEntry {
    fn read(params: &Params, n: usize) -> Result<Self, ApiError> {
        let prefix = format!("ContextEntries.member.{n}");
        let field = |name: &str| params.get(&format!("{prefix}.{name}"));
        // A key that is not there is shorter than any.
        let key = KEY.check(field("ContextKeyName").unwrap_or_default())?;
        let prefix = format!("{prefix}.ContextKeyValues.member");
        let values: Vec<String> = params.list(&prefix).map(str::to_owned).collect();
        if values.is_empty() {
            return Err(invalid(format!("The context key {key} has no value.")));
        }
        let (kind, is_list) = match field("ContextKeyType") {
            Some(name) => kind_of(name)?,
            None => (ValueKind::String, values.len() > 1),
        };
        if !is_list && values.len() > 1 {
            return Err(invalid(format!("The context key {key} takes one value.")));
        }
        match values.iter().find(|value| !kind.takes(value)) {
            Some(other) => {
                let shown: String = other.chars().take(SHOWN).collect();
                Err(invalid(format!("Invalid value of the context key {key}: {shown}")))
            }
            None => Ok(Self { key: key.to_owned(), values, is_list }),
        }
    }

    pub(super) fn set<'a>(&'a self, context: &mut RequestContext<'a>) {
        match (self.values.as_slice(), self.is_list) {
            ([value], false) => context.set(self.key.as_str(), value.as_str()),
            (values, _) => {
                context.set_many(self.key.as_str(), values.iter().map(String::as_str));
            }
        }
    }
}

/// What a value is compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ValueKind {
    Binary,
    Boolean,
    Date,
    Ip,
    Numeric,
    String,
}

/// The kind of `ContextKeyType`, and whether it is a list.
///
/// Source: IAM API reference, `ContextEntry`.
fn kind_of(name: &str) -> Result<(ValueKind, bool), ApiError> {
    let single = name.strip_suffix("List").unwrap_or(name);
    let kind = match single {
        "binary" => ValueKind::Binary,
        "boolean" => ValueKind::Boolean,
        "date" => ValueKind::Date,
        "ip" => ValueKind::Ip,
        "numeric" => ValueKind::Numeric,
        "string" => ValueKind::String,
        _ => {
            let shown: String = name.chars().take(SHOWN).collect();
            return Err(ApiError::validation(format!(
                "1 validation error detected: Value '{shown}' at 'contextKeyType' failed to \
                 satisfy constraint: Member must satisfy enum value set: [{TYPES}]"
            )));
        }
    };
    Ok((kind, single.len() < name.len()))
}

impl ValueKind {
    fn takes(self, value: &str) -> bool {
        match self {
            // Policies hold binary values in this one form, and are compared as texts.
            Self::Binary => STANDARD.decode(value).is_ok(),
            Self::Boolean => ["true", "false"].iter().any(|word| word.eq_ignore_ascii_case(value)),
            Self::Date => is_date(value),
            Self::Ip => value.parse::<IpAddr>().is_ok(),
            Self::Numeric => is_number(value),
            Self::String => true,
        }
    }
}

const KEY: Field = Field::new("ContextKeyName", 5, 256, Pattern::Any);
const TYPES: &str = "string, stringList, numeric, numericList, boolean, booleanList, ip, ipList, \
                     binary, binaryList, date, dateList";
/// How much of a bad value a message shows.
const SHOWN: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    /// `KEY=VALUE|VALUE` of each entry, or the message of the refusal.
    fn read(entries: &[(&str, &str, &[&str])]) -> Result<Vec<String>, String> {
        let mut form = Vec::new();
        for (n, (key, kind, values)) in entries.iter().enumerate() {
            let start = format!("ContextEntries.member.{}", n + 1);
            form.push(format!("{start}.ContextKeyName={key}"));
            form.push(format!("{start}.ContextKeyType={kind}"));
            for (m, value) in values.iter().enumerate() {
                form.push(format!("{start}.ContextKeyValues.member.{}={value}", m + 1));
            }
        }
        let params = Params::parse(&form.join("&")).unwrap();
        let read = super::entries(&params).map_err(|error| error.message)?;
        let mut context = RequestContext::default();
        read.iter().for_each(|entry| entry.set(&mut context));
        Ok(context.iter().map(|(key, values)| format!("{key}={}", values.join("|"))).collect())
    }

    #[test]
    fn every_type_takes_its_values() {
        for (kind, good, bad) in [
            ("string", "anything", None),
            ("numeric", "1.5", Some("one")),
            ("boolean", "True", Some("yes")),
            ("ip", "192.0.2.1", Some("192.0.2.0/24")),
            ("ip", "2001:db8::1", Some("")),
            ("date", "2026-11-22T10:00:00Z", Some("tomorrow")),
            ("binary", "QmluYXJ5", Some("not base64")),
        ] {
            let list = format!("{kind}List");
            let entry = |kind: &str, values: &[&str]| read(&[("aws:Some", kind, values)]);
            assert_eq!(entry(kind, &[good]).unwrap(), [format!("aws:Some={good}")]);
            assert_eq!(entry(&list, &[good, good]).unwrap(), [format!("aws:Some={good}|{good}")]);
            assert_eq!(
                entry(kind, &[good, good]).unwrap_err(),
                "The context key aws:Some takes one value."
            );
            if let Some(bad) = bad {
                let message = format!("Invalid value of the context key aws:Some: {bad}");
                assert_eq!(entry(kind, &[bad]).unwrap_err(), message);
                assert_eq!(entry(&list, &[good, bad]).unwrap_err(), message);
            }
        }
    }

    #[test]
    fn what_has_no_one_meaning_is_refused() {
        let text = &["x"] as &[&str];
        let twice = read(&[("aws:Some", "string", text), ("AWS:some", "string", text)]);
        assert_eq!(twice.unwrap_err(), "The context key AWS:some stands twice.");
        let none = read(&[("aws:Some", "stringList", &[])]);
        assert_eq!(none.unwrap_err(), "The context key aws:Some has no value.");
        for kind in ["", "List", "text", "String", "stringListList"] {
            assert!(read(&[("aws:Some", kind, text)]).unwrap_err().contains("enum value set"));
        }
        assert!(read(&[("aws:", "string", text)]).unwrap_err().contains("greater than or equal"));
    }
}
