//! Finds the statements that may speak of an action: what speaks of others costs nothing.

use std::cmp::Ordering;
use std::iter;

use crate::action::{Actions, AskedAction};

/// Statements by what their action clause names. Which of them match is for the clause to say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    /// Those that may speak of any action.
    every: Vec<usize>,
    /// The others, sorted. A statement stands under each vendor and action it names.
    named: Vec<(IndexKey, usize)>,
}

/// A vendor or a whole action, without case, as a hash: two that share one are looked at in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IndexKey(u64);

impl Index {
    pub(crate) fn add(&mut self, at: usize, actions: &Actions) {
        match actions.keys() {
            None => self.every.push(at),
            Some(keys) => self.named.extend(keys.into_iter().map(|key| (key, at))),
        }
    }

    /// After the last statement, before the first question.
    pub(crate) fn close(&mut self) {
        self.named.sort_unstable();
        self.named.dedup();
    }

    /// Each statement once: first those of any action, then the others in the document's order.
    pub(crate) fn of(&self, action: AskedAction<'_>) -> impl Iterator<Item = usize> {
        let [of_vendor, of_action] = action.keys.map(|key| self.under(key));
        self.every.iter().copied().chain(merged(of_vendor, of_action))
    }

    fn under(&self, key: IndexKey) -> &[(IndexKey, usize)] {
        let from = self.named.partition_point(|&(other, _)| other < key);
        let rest = self.named.get(from..).unwrap_or_default();
        let count = rest.partition_point(|&(other, _)| other == key);
        rest.get(..count).unwrap_or_default()
    }
}

/// The statements of both, which are sorted, each once.
fn merged(one: &[(IndexKey, usize)], other: &[(IndexKey, usize)]) -> impl Iterator<Item = usize> {
    let mut one = one.iter().map(|&(_, at)| at).peekable();
    let mut other = other.iter().map(|&(_, at)| at).peekable();
    iter::from_fn(move || {
        let order = one.peek().zip(other.peek()).map(|(one, other)| one.cmp(other));
        match order {
            Some(Ordering::Less) => one.next(),
            Some(Ordering::Greater) => other.next(),
            Some(Ordering::Equal) => one.next().and(other.next()),
            None => one.next().or_else(|| other.next()),
        }
    })
}

impl IndexKey {
    pub(crate) fn of_vendor(vendor: &str) -> Self {
        Self(FNV_OFFSET).with(vendor)
    }

    pub(crate) fn with_name(self, name: &str) -> Self {
        self.with(":").with(name)
    }

    /// FNV-1a.
    fn with(self, text: &str) -> Self {
        let fold = |hash: u64, byte: u8| {
            (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(FNV_PRIME)
        };
        Self(text.bytes().fold(self.0, fold))
    }
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

#[cfg(test)]
mod tests {
    use super::*;

    fn found(clauses: &[&[&str]], action: &str) -> Vec<usize> {
        let mut index = Index::default();
        for (at, names) in clauses.iter().enumerate() {
            let negated = names.is_empty();
            let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
            index.add(at, &Actions::compile(negated, &names).unwrap());
        }
        index.close();
        index.of(AskedAction::new(action)).collect()
    }

    #[test]
    fn only_what_may_speak_of_an_action_is_found() {
        let clauses: [&[&str]; 9] = [
            &["s3:GetObject"],
            &["sqs:*", "S3:*"],
            &["s3:getobject", "s3:PutObject", "s3:GetObject"],
            &["sqs:SendMessage"],
            &["*"],
            &["s3:Get*", "s3:GetObject"],
            &[],
            &["s3:PutObject"],
            &["*:GetObject", "iam:PassRole"],
        ];
        for (action, expected) in [
            ("s3:GetObject", &[4, 6, 8, 0, 1, 2, 5][..]),
            ("S3:GETOBJECT", &[4, 6, 8, 0, 1, 2, 5]),
            ("s3:PutObject", &[4, 6, 8, 1, 2, 5, 7]),
            ("s3:DeleteObject", &[4, 6, 8, 1, 5]),
            ("sqs:SendMessage", &[4, 6, 8, 1, 3]),
            ("iam:PassRole", &[4, 6, 8]),
            ("GetObject", &[4, 6, 8]),
            ("", &[4, 6, 8]),
        ] {
            assert_eq!(found(&clauses, action), expected, "{action}");
        }
    }

    #[test]
    fn keys_differ_as_names_do_but_for_case() {
        let key = |vendor: &str, name: &str| IndexKey::of_vendor(vendor).with_name(name);
        assert_eq!(key("S3", "GETOBJECT"), key("s3", "GetObject"));
        let named = (0..1000).map(|n| key("s3", &format!("Get{n}Object")));
        let vendors = (0..1000).map(|n| IndexKey::of_vendor(&format!("service{n}")));
        let keys: Vec<_> = named.chain(vendors).collect();
        let mut different = keys.clone();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), keys.len());
    }

    #[test]
    fn statements_keep_the_order_of_the_document() {
        for (clauses, expected) in [
            ([&["s3:Get*"][..], &["s3:GetObject"], &["s3:*"], &["s3:GetObject"]], [0, 1, 2, 3]),
            ([&["s3:GetObject"], &["s3:Get*"], &["s3:GetObject"], &["s3:*"]], [0, 1, 2, 3]),
            ([&["s3:GetObject"], &["s3:GetObject"], &["s3:*"], &["s3:*"]], [0, 1, 2, 3]),
            ([&["s3:*"], &["s3:*"], &["s3:GetObject"], &["s3:GetObject"]], [0, 1, 2, 3]),
        ] {
            assert_eq!(found(&clauses, "s3:GetObject"), expected, "{clauses:?}");
        }
    }
}
