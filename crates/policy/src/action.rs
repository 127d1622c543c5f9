//! Action and NotAction: compared without case. Source: contract/policy.md section 1.

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
    pub(crate) vendor: &'r str,
    pub(crate) name: &'r str,
}

impl<'r> AskedAction<'r> {
    pub(crate) fn new(action: &'r str) -> Self {
        let (vendor, name) = action.split_once(':').unwrap_or(("", action));
        Self { vendor, name }
    }
}

impl Actions {
    /// Compiles names that were checked; the error says what is wrong with one.
    pub(crate) fn compile(negated: bool, names: &[String]) -> Result<Self, String> {
        let patterns: Result<_, String> =
            names.iter().map(|name| ActionPattern::parse(name)).collect();
        Ok(Self { negated, patterns: patterns? })
    }

    pub(crate) fn matches(&self, action: AskedAction<'_>) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(action)) != self.negated
    }

    /// The vendors of which an action may match, or `None` for all.
    pub(crate) fn vendors(&self) -> Option<impl Iterator<Item = &str>> {
        let vendors = self.patterns.iter().map(ActionPattern::vendor);
        let all = self.negated || vendors.clone().any(|vendor| vendor.is_none());
        (!all).then(|| vendors.flatten())
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

    fn vendor(&self) -> Option<&str> {
        match self {
            Self::Named { vendor: Vendor::Named(vendor), .. } => Some(vendor),
            _ => None,
        }
    }
}

impl Vendor {
    fn matches(&self, vendor: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Named(named) => named.eq_ignore_ascii_case(vendor),
        }
    }
}
