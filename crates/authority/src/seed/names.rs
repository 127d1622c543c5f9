use std::collections::BTreeSet;

use rolecall_identity::AccountId;

use super::world::refuse;
use super::{Seed, SeedError, SeedPolicy};

/// Refuses a seed in which something stands twice: the later one would take the place of the
/// earlier, a `Deny` of it too, and say nothing.
pub(super) fn refuse_twice(seed: &Seed) -> Result<(), SeedError> {
    let mut names = Names { account: seed.account, seen: BTreeSet::new() };
    seed.policies
        .iter()
        .try_for_each(|policy| names.add("policy", policy.account, &policy.name))?;
    for user in &seed.users {
        names.add("user", user.account, &user.name)?;
        inline(&format!("user `{}`", user.name), &user.policies)?;
    }
    for role in &seed.roles {
        names.add("role", role.account, &role.name)?;
        inline(&format!("role `{}`", role.name), &role.policies)?;
    }
    for profile in &seed.instance_profiles {
        names.add("instance profile", profile.account, &profile.name)?;
    }
    // These are unique across accounts.
    seed.instances.iter().try_for_each(|instance| names.add("instance", None, &instance.id))?;
    seed.buckets.iter().try_for_each(|bucket| names.add("bucket", None, &bucket.name))
}

/// The names so far.
struct Names {
    /// Of everything that names none.
    account: AccountId,
    seen: BTreeSet<(&'static str, AccountId, String)>,
}

impl Names {
    fn add(
        &mut self,
        kind: &'static str,
        account: Option<AccountId>,
        name: &impl ToString,
    ) -> Result<(), SeedError> {
        let name = name.to_string();
        // IAM's names are unique without case.
        let new = (kind, account.unwrap_or(self.account), name.to_ascii_lowercase());
        if self.seen.insert(new) { Ok(()) } else { Err(twice(&format!("{kind} `{name}`"))) }
    }
}

fn inline(what: &str, policies: &[SeedPolicy]) -> Result<(), SeedError> {
    let mut seen = BTreeSet::new();
    match policies.iter().find(|policy| !seen.insert(policy.name.as_str())) {
        Some(again) => Err(twice(&format!("policy `{}` of {what}", again.name))),
        None => Ok(()),
    }
}

fn twice(what: &str) -> SeedError {
    refuse(what, "it stands twice")
}

#[cfg(test)]
mod tests {
    use rolecall_identity::{Entropy, Timestamp};
    use rolecall_token::Keyring;
    use serde_json::{Value, json};

    use super::*;

    struct Ones;

    impl Entropy for Ones {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(1);
        }
    }

    fn error(entries: Value) -> Option<String> {
        let mut seed = json!({"account": "123456789012"});
        seed.as_object_mut().unwrap().extend(entries.as_object().unwrap().clone());
        let seed: Seed = serde_json::from_value(seed).unwrap();
        let now = Timestamp::from_seconds(0);
        let keyring = Keyring::generate(now, &mut Ones);
        seed.changes(&keyring, now, &mut Ones).err().map(|error| error.to_string())
    }

    fn policy(effect: &str) -> Value {
        let statement = json!({"Effect": effect, "Action": "*", "Resource": "*"});
        let document = json!({"Version": "2012-10-17", "Statement": statement});
        json!({"name": "p", "document": document.to_string()})
    }

    fn with(entry: Value, key: &str, value: Value) -> Value {
        let mut entry = entry;
        entry[key] = value;
        entry
    }

    #[test]
    fn what_stands_twice_is_refused() {
        let (deny, allow) = (policy("Deny"), policy("Allow"));
        let instance = json!({"id": "i-0123456789abcdef0"});
        for (entries, refused) in [
            (json!({"user": [{"name": "ana"}, {"name": "Ana"}]}), "user `Ana`"),
            (
                json!({"user": [{"name": "ana", "policy": [deny, allow]}]}),
                "policy `p` of user `ana`",
            ),
            (json!({"policy": [deny, allow]}), "policy `p`"),
            (json!({"instance-profile": [{"name": "a"}, {"name": "a"}]}), "instance profile `a`"),
            (json!({"instance": [instance, instance]}), "instance `i-0123456789abcdef0`"),
            (json!({"bucket": [{"name": "abc"}, {"name": "abc"}]}), "bucket `abc`"),
        ] {
            assert_eq!(error(entries), Some(format!("{refused}: it stands twice")));
        }
    }

    #[test]
    fn names_of_different_things_and_accounts_are_different() {
        let other = with(policy("Allow"), "account", json!("210987654321"));
        let entries = json!({
            "policy": [policy("Allow"), other],
            "user": [{"name": "a", "policy": [policy("Allow")]}],
            "instance-profile": [{"name": "a"}],
        });
        assert_eq!(error(entries), None);
    }
}
