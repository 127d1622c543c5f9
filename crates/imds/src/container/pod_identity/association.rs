use std::collections::BTreeMap;

use rolecall_identity::Arn;

use super::claims::ServiceAccount;
use super::refusal::Refusal;

/// Which role a service account may use, by namespace and name.
#[derive(Debug, Clone, Default)]
pub struct Associations(BTreeMap<(String, String), Arn>);

/// A service account has one association at most. Source: EKS API, `CreatePodIdentityAssociation`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("service account `{name}` in namespace `{namespace}` has a role already")]
pub struct DuplicateAssociation {
    namespace: String,
    name: String,
}

impl Associations {
    /// Adds one.
    pub fn insert(
        &mut self,
        namespace: &str,
        name: &str,
        role: Arn,
    ) -> Result<(), DuplicateAssociation> {
        let key = (namespace.to_owned(), name.to_owned());
        if self.0.contains_key(&key) {
            let (namespace, name) = key;
            return Err(DuplicateAssociation { namespace, name });
        }
        self.0.insert(key, role);
        Ok(())
    }

    /// The role of a service account that was proved.
    pub fn role_of(&self, account: &ServiceAccount) -> Result<&Arn, Refusal> {
        let key = (account.namespace().to_owned(), account.name().to_owned());
        match self.0.get(&key) {
            Some(role) => Ok(role),
            None => Err(Refusal::NoAssociation { namespace: key.0, name: key.1 }),
        }
    }
}
