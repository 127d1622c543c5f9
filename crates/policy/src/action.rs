//! Action and NotAction: compared without case. Source: contract/policy.md section 1.

use crate::error::Flaw;
use crate::index::IndexKey;
use crate::template::{Meaning, Template};

/// The action clause of a statement.
#[derive(Debug, Clone)]
pub(crate) struct Actions {
    /// `NotAction`
    negated: bool,
    patterns: Box<[ActionPattern]>,
}

#[derive(Debug, Clone)]
enum ActionPattern {
    /// `*`
    All,
    Named {
        vendor: Vendor,
        name: Template,
    },
}

#[derive(Debug, Clone)]
enum Vendor {
    /// `*:…`
    Any,
    Named(Box<str>),
}

/// The action of a request, split once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AskedAction<'r> {
    vendor: &'r str,
    name: &'r str,
    /// Of the vendor, and of the whole action.
    pub(crate) keys: [IndexKey; 2],
}

impl<'r> AskedAction<'r> {
    pub(crate) fn new(action: &'r str) -> Self {
        let (vendor, name) = action.split_once(':').unwrap_or(("", action));
        let of_vendor = IndexKey::of_vendor(vendor);
        Self { vendor, name, keys: [of_vendor, of_vendor.with_name(name)] }
    }
}

impl Actions {
    /// Compiles names that were checked; the error says what is wrong with one.
    pub(crate) fn compile(negated: bool, names: &[String]) -> Result<Self, Flaw> {
        Ok(Self { negated, patterns: Flaw::each(names, ActionPattern::parse)? })
    }

    pub(crate) fn matches(&self, action: AskedAction<'_>) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(action)) != self.negated
    }

    /// The keys under which a statement with this clause is looked for, or `None` if any action may
    /// match.
    pub(crate) fn keys(&self) -> Option<Vec<IndexKey>> {
        if self.negated {
            return None;
        }
        self.patterns.iter().map(ActionPattern::key).collect()
    }
}

impl ActionPattern {
    fn parse(text: &str) -> Result<Self, String> {
        let Some((vendor, name)) = text.split_once(':') else { return Ok(Self::All) };
        let vendor = match vendor {
            "*" => Vendor::Any,
            vendor => Vendor::Named(vendor.into()),
        };
        let meaning = Meaning { variables: false, wildcards: true };
        Ok(Self::Named { vendor, name: Template::parse(name, meaning)? })
    }

    fn matches(&self, action: AskedAction<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Named { vendor, name } => {
                vendor.matches(action.vendor) && name.matches_ignore_case(action.name)
            }
        }
    }

    /// A whole action where the name has no wildcards, its vendor otherwise.
    fn key(&self) -> Option<IndexKey> {
        let Self::Named { vendor: Vendor::Named(vendor), name } = self else { return None };
        let of_vendor = IndexKey::of_vendor(vendor);
        Some(name.literal().map_or(of_vendor, |name| of_vendor.with_name(name)))
    }
}

impl Vendor {
    fn matches(&self, vendor: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Named(named) => **named == *vendor || named.eq_ignore_ascii_case(vendor),
        }
    }
}
