use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use rolecall_identity::percent;

/// The parameters of a query request, decoded.
///
/// A name that is given twice counts once, the first time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params {
    /// All names and values, one after another.
    text: String,
    pairs: Vec<Pair>,
}

/// Where a name and its value stand in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pair {
    name: Range<usize>,
    value: Range<usize>,
}

/// The text is not form-encoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// A `%` without two hexadecimal digits, or bytes that are not UTF-8.
    #[error("illegal escape sequence in `{0}`")]
    Escape(String),
    /// More parameters than any operation has.
    #[error("more than {PARAMS_MAX} parameters")]
    TooMany,
}

/// Most parameters of a request: the longest lists of STS and IAM stay far below.
pub const PARAMS_MAX: usize = 1000;

impl Params {
    /// Reads `application/x-www-form-urlencoded` text: a query string or a body.
    pub fn parse(text: &str) -> Result<Self, ParamsError> {
        // Decoded, it is no longer.
        let mut params = Self { text: String::with_capacity(text.len()), pairs: Vec::new() };
        for piece in text.split('&').filter(|piece| !piece.is_empty()) {
            if params.pairs.len() == PARAMS_MAX {
                return Err(ParamsError::TooMany);
            }
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            let (name, value) = (params.append(name)?, params.append(value)?);
            params.pairs.push(Pair { name, value });
        }
        Ok(params)
    }

    fn append(&mut self, coded: &str) -> Result<Range<usize>, ParamsError> {
        let start = self.text.len();
        self.text.push_str(&decode(coded)?);
        Ok(start..self.text.len())
    }

    fn at(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// A parameter by name. An empty value is a value.
    pub fn get(&self, name: &str) -> Option<&str> {
        // As bytes: to cut a text out looks for the ends of its characters.
        let name_of = |pair: &Pair| self.text.as_bytes().get(pair.name.clone());
        let found = self.pairs.iter().find(|pair| name_of(pair) == Some(name.as_bytes()))?;
        Some(self.at(&found.value))
    }

    /// All parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|pair| (self.at(&pair.name), self.at(&pair.value)))
    }

    /// A list of values: `PREFIX.1`, `PREFIX.2`, …, which ends at the first number missing.
    pub(crate) fn list<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.numbers(prefix).map_while(move |n| self.get(&format!("{prefix}.{n}")))
    }

    /// A list of structures: one field of each, `PREFIX.1.FIELD`, …
    pub(crate) fn list_field<'a>(
        &'a self,
        prefix: &'a str,
        field: &'a str,
    ) -> impl Iterator<Item = &'a str> {
        self.numbers(prefix).map_while(move |n| self.get(&format!("{prefix}.{n}.{field}")))
    }

    /// How many structures a list has, whichever fields they carry.
    pub(crate) fn list_len(&self, prefix: &str) -> usize {
        self.numbers(prefix)
            .take_while(|n| {
                let start = format!("{prefix}.{n}.");
                self.iter().any(|(name, _)| name.starts_with(&start))
            })
            .count()
    }

    /// The numbers that members of a list may have: none where nothing is named like the list, so
    /// that the many lists that are not there cost nothing.
    fn numbers(&self, prefix: &str) -> RangeInclusive<usize> {
        let is_there = self.iter().any(|(name, _)| name.starts_with(prefix));
        1..=if is_there { PARAMS_MAX } else { 0 }
    }

    /// The first parameter that none of the patterns knows.
    ///
    /// `N` in a pattern stands for the numbers of a list: they begin at 1 and leave none out.
    /// A list without members may stand as its bare name with an empty value. A pattern that ends
    /// in `*` knows all names that begin so, in any case.
    pub(crate) fn unrecognized(&self, patterns: &[&[&str]]) -> Option<&str> {
        let members = LazyCell::new(|| -> BTreeSet<&str> {
            self.iter().flat_map(|(name, _)| members(name)).collect()
        });
        let in_sequence = |name| members_before(name).all(|name| members.contains(name.as_str()));
        let known = |name: &str, value: &str| {
            let is_member = name.contains('.');
            patterns.iter().copied().flatten().any(|pattern| {
                fits(pattern, name, is_member)
                    || (value.is_empty()
                        && pattern.split_once(".member.").is_some_and(|(list, _)| list == name))
            })
        };
        self.iter()
            .find(|(name, value)| !(known(name, value) && in_sequence(name)))
            .map(|(name, _)| name)
    }
}

fn fits(pattern: &str, name: &str, is_member: bool) -> bool {
    if let Some(start) = pattern.strip_suffix('*') {
        return name.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start));
    }
    if !is_member {
        return pattern == name;
    }
    let (pattern, name) = (pattern.split('.'), name.split('.'));
    let is_fit = |(pattern, part)| match pattern {
        "N" => member_number(part).is_some(),
        _ => pattern == part,
    };
    pattern.clone().count() == name.clone().count() && pattern.zip(name).all(is_fit)
}

/// The list members in a name: `Filter.1` and `Filter.1.Value.2` of the latter.
fn members(name: &str) -> impl Iterator<Item = &str> {
    let ends = name.match_indices('.').map(|(dot, _)| dot).chain([name.len()]);
    ends.filter_map(|end| name.get(..end)).filter(|text| numbered(text).is_some())
}

/// The members that must stand before those in a name.
fn members_before(name: &str) -> impl Iterator<Item = String> {
    members(name).filter_map(|member| {
        let (list, number) = numbered(member)?;
        (number > 1).then(|| format!("{list}.{}", number - 1))
    })
}

fn numbered(member: &str) -> Option<(&str, usize)> {
    let (list, number) = member.rsplit_once('.')?;
    Some((list, member_number(number)?))
}

/// A member's number, written in the one way there is.
fn member_number(text: &str) -> Option<usize> {
    let number: usize = text.parse().ok().filter(|&number| number > 0)?;
    (number.to_string() == text).then_some(number)
}

/// Percent-decoding of form text: `+` is a space.
fn decode(text: &str) -> Result<Cow<'_, str>, ParamsError> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Ok(Cow::Borrowed(text));
    }
    let spaced = match text.contains('+') {
        true => Cow::Owned(text.replace('+', "%20")),
        false => Cow::Borrowed(text),
    };
    percent::decode(&spaced)
        .map(Cow::Owned)
        .ok_or_else(|| ParamsError::Escape(text.chars().take(SHOWN).collect()))
}

/// How much of a bad name or value an error shows.
const SHOWN: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded() {
        let params = Params::parse("Action=X&A=1+2%2B&B=&&C&Tags.member.1.Key=k").unwrap();
        assert_eq!(params.get("A"), Some("1 2+"));
        assert_eq!(params.get("B"), Some(""));
        assert_eq!(params.get("C"), Some(""));
        assert_eq!(params.get("D"), None);
        assert_eq!(params.list_len("Tags.member"), 1);
        assert_eq!(params.list_field("Tags.member", "Key").collect::<Vec<_>>(), ["k"]);
    }

    #[test]
    fn what_no_pattern_knows_is_found() {
        let known =
            ["X-Amz-*", "RoleName", "Keys.member.N", "Arns.member.N.arn", "Filter.N.Value.N"];
        for (text, unrecognized) in [
            ("RoleName=a&Keys.member.1=k&Keys.member.2=l&Arns.member.1.arn=a", None),
            ("Filter.1.Value.1=a&Filter.1.Value.2=a&Filter.2.Value.1=a", None),
            ("Keys=&Keys.member.2=l&Keys.member.1=k", None),
            ("X-Amz-Date=a&x-amz-expires=1", None),
            ("X-Am=a", Some("X-Am")),
            ("rolename=a", Some("rolename")),
            ("Keys.member=", Some("Keys.member")),
            ("RoleName.1=a", Some("RoleName.1")),
            ("Keys=a", Some("Keys")),
            ("Keys.member=a", Some("Keys.member")),
            ("Keys.member.0=a", Some("Keys.member.0")),
            ("Keys.member.01=a", Some("Keys.member.01")),
            ("Keys.member.+1=a", Some("Keys.member. 1")),
            ("Keys.member.N=a", Some("Keys.member.N")),
            ("Keys.member.1=k&Keys.member.3=m", Some("Keys.member.3")),
            ("Arns.member.2.arn=a", Some("Arns.member.2.arn")),
            ("Arns.member.1.Arn=a", Some("Arns.member.1.Arn")),
            ("Filter.2.Value.1=a", Some("Filter.2.Value.1")),
            ("Filter.1.Value.2=a", Some("Filter.1.Value.2")),
        ] {
            assert_eq!(
                Params::parse(text).unwrap().unrecognized(&[&known]),
                unrecognized,
                "{text}"
            );
        }
    }

    #[test]
    fn bad_escapes_and_floods_are_refused() {
        for bad in ["A=%", "A=%2", "A=%zz", "A=%ff"] {
            assert!(matches!(Params::parse(bad), Err(ParamsError::Escape(_))), "{bad}");
        }
        let most = "a=&".repeat(PARAMS_MAX);
        assert!(Params::parse(&most).is_ok());
        assert_eq!(Params::parse(&format!("{most}a=")), Err(ParamsError::TooMany));
    }
}
