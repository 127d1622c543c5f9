use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::{Policy, PolicyError, PolicyKind};

/// Policies that were compiled before, found by their text.
#[derive(Debug, Clone, Default)]
pub(super) struct Cache {
    kinds: HashMap<PolicyKind, HashSet<ByText>>,
    bytes: usize,
}

/// Most document bytes that are kept compiled; past it the cache begins anew.
const CACHED_BYTES_MAX: usize = 4 << 20;

impl Cache {
    pub(super) fn policy(
        &mut self,
        kind: PolicyKind,
        text: &str,
    ) -> Result<Arc<Policy>, PolicyError> {
        let known = self.kinds.get(&kind).and_then(|policies| policies.get(text));
        if let Some(ByText(policy)) = known {
            return Ok(Arc::clone(policy));
        }
        let policy = Arc::new(Policy::parse(kind, text)?);
        if self.bytes.saturating_add(text.len()) > CACHED_BYTES_MAX {
            *self = Self::default();
        }
        self.bytes += text.len();
        self.kinds.entry(kind).or_default().insert(ByText(Arc::clone(&policy)));
        Ok(policy)
    }
}

/// A policy that is its text.
#[derive(Debug, Clone)]
struct ByText(Arc<Policy>);

impl Borrow<str> for ByText {
    fn borrow(&self) -> &str {
        self.0.text()
    }
}

impl Eq for ByText {}

impl Hash for ByText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.text().hash(state);
    }
}

impl PartialEq for ByText {
    fn eq(&self, other: &Self) -> bool {
        self.0.text() == other.0.text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(filler: usize) -> String {
        let statement = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#;
        format!("{{\"Statement\": {statement}{}}}", " ".repeat(filler))
    }

    #[test]
    fn equal_documents_of_a_kind_are_compiled_once() {
        let mut cache = Cache::default();
        let mut policy = |kind| cache.policy(kind, &document(0)).unwrap();
        let (first, again) = (policy(PolicyKind::Identity), policy(PolicyKind::Identity));
        assert!(Arc::ptr_eq(&first, &again));
        assert!(!Arc::ptr_eq(&first, &policy(PolicyKind::Session)));
        assert!(cache.policy(PolicyKind::Managed, &document(0)).is_err(), "an older version");
    }

    #[test]
    fn what_is_kept_has_a_bound() {
        let mut cache = Cache::default();
        for filler in 0..100 {
            cache.policy(PolicyKind::Identity, &document(100_000 + filler)).unwrap();
            assert!(cache.bytes <= CACHED_BYTES_MAX);
        }
        assert!(cache.bytes > CACHED_BYTES_MAX / 4);
    }
}
