use rolecall_identity::{
    AccessKeyId, AccessKeyKind, AccountId, Arn, Credentials, Entropy, SessionClaims,
    SessionPrincipal, SessionTag, Timestamp,
};
use rolecall_token::Keyring;

use crate::instance_session::lifetime_seconds;
use crate::service_trust::ServiceAssumes;
use crate::state::{PodIdentityCluster, Role, State, Task};

/// The credentials of a task or of a pod.
#[derive(Debug, Clone)]
pub struct ContainerCredentials {
    /// The service that assumed the role: `ecs-tasks.amazonaws.com`.
    pub service: &'static str,
    /// The account of the role.
    pub account: AccountId,
    /// The role's ARN.
    pub role_arn: String,
    /// The session's name.
    pub session_name: String,
    /// The session's tags.
    pub tags: Vec<SessionTag>,
    /// The keys.
    pub keys: Credentials,
    /// When they end.
    pub expiration: Timestamp,
}

/// Why a container has no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContainerRoleError {
    /// The task has none.
    #[error("the task has no role")]
    NoRole,
    /// The role was deleted.
    #[error("role `{0}` does not exist")]
    RoleGone(String),
    /// The session does not fit a token.
    #[error("session `{0}` is too large")]
    Session(String),
    /// The role's trust policy does not let the service assume it.
    #[error("role `{role}` does not trust {service}")]
    TrustDenied {
        /// The role's name.
        role: String,
        /// The service.
        service: &'static str,
    },
}

/// What the session of a pod is called and carries.
#[derive(Debug, Clone)]
pub struct PodSession {
    /// `RoleSessionName`
    pub name: String,
    /// The tags.
    pub tags: Vec<SessionTag>,
}

/// Assumes the role of a task as ECS does; the task's id is the name of the session.
///
/// Source: ECS developer guide, "Amazon ECS task IAM role".
pub fn mint_task_credentials(
    state: &State,
    keyring: &Keyring,
    task: &Task,
    now: Timestamp,
    entropy: &mut dyn Entropy,
) -> Result<ContainerCredentials, ContainerRoleError> {
    let name = task.role.as_deref().ok_or(ContainerRoleError::NoRole)?;
    let account = task.arn.account();
    let role = state.account(account).and_then(|account| account.role(name));
    let assumed = ServiceAssumes {
        service: ECS_TASKS,
        account,
        role: role.ok_or_else(|| ContainerRoleError::RoleGone(name.to_owned()))?,
        session_name: task.arn.id(),
        source: Some((task.arn.as_str(), account)),
        tags: &[],
    };
    mint(keyring, &assumed, (ECS_TASKS, &["sts:AssumeRole"]), now, entropy)
}

/// Assumes a role for a pod as EKS does. Whether the pod may have it is the association's matter.
///
/// Source: EKS user guide, "Learn how EKS Pod Identity grants pods access to AWS services".
pub fn mint_pod_credentials(
    state: &State,
    keyring: &Keyring,
    (cluster, role): (&PodIdentityCluster, &Arn),
    session: &PodSession,
    now: Timestamp,
    entropy: &mut dyn Entropy,
) -> Result<ContainerCredentials, ContainerRoleError> {
    let gone = || ContainerRoleError::RoleGone(role.to_string());
    let account = role.account().ok_or_else(gone)?;
    let assumed = ServiceAssumes {
        service: EKS_PODS,
        account,
        role: state.role(role).ok_or_else(gone)?,
        session_name: &session.name,
        source: cluster.arn.account().map(|owner| (cluster.arn.as_str(), owner)),
        tags: &session.tags,
    };
    mint(keyring, &assumed, (EKS_PODS, &["sts:AssumeRole", "sts:TagSession"]), now, entropy)
}

fn mint(
    keyring: &Keyring,
    assumed: &ServiceAssumes<'_>,
    (service, actions): (&'static str, &[&str]),
    now: Timestamp,
    entropy: &mut dyn Entropy,
) -> Result<ContainerCredentials, ContainerRoleError> {
    let ServiceAssumes { account, role, session_name, tags, .. } = *assumed;
    if !assumed.is_trusted_with(actions, now) {
        return Err(ContainerRoleError::TrustDenied { role: role.name.clone(), service });
    }
    let issued_at = now.whole_second();
    let expiration = issued_at.plus_seconds(lifetime_seconds(entropy));
    let claims = claims(role, (account, session_name, tags), issued_at, expiration);
    let id = AccessKeyId::mint(AccessKeyKind::Temporary, account, entropy);
    let sealed = keyring.seal_session(id, &claims, 0, entropy);
    Ok(ContainerCredentials {
        service,
        account,
        role_arn: role.arn.clone(),
        session_name: session_name.to_owned(),
        tags: tags.to_vec(),
        keys: sealed.map_err(|_| ContainerRoleError::Session(session_name.to_owned()))?,
        expiration,
    })
}

fn claims(
    role: &Role,
    (account, session_name, tags): (AccountId, &str, &[SessionTag]),
    issued_at: Timestamp,
    not_after: Timestamp,
) -> SessionClaims {
    SessionClaims {
        account,
        principal: SessionPrincipal::Role {
            role: role.id.clone(),
            role_name: role.name.clone(),
            session_name: session_name.to_owned(),
        },
        issued_at,
        not_after,
        source_identity: None,
        tags: tags.to_vec(),
        policies: Vec::new(),
        policy_arns: Vec::new(),
        mfa_at: None,
        chain_depth: 1,
        instance: None,
    }
}

const ECS_TASKS: &str = "ecs-tasks.amazonaws.com";
const EKS_PODS: &str = "pods.eks.amazonaws.com";

#[cfg(test)]
mod tests {
    use rolecall_token::Keyring;
    use serde_json::json;

    use super::*;
    use crate::seed::Seed;
    use crate::{CallerKind, Change};

    const NOW: Timestamp = Timestamp::from_seconds(1_795_341_600);
    const TASK: &str = "arn:aws:ecs:us-east-1:123456789012:task/default/0123456789abcdef";
    const CLUSTER: &str = "arn:aws:eks:us-east-1:123456789012:cluster/blue";

    #[derive(Default)]
    struct Counting(u8);

    impl Entropy for Counting {
        fn fill(&mut self, bytes: &mut [u8]) {
            for byte in bytes {
                self.0 = self.0.wrapping_mul(29).wrapping_add(17);
                *byte = self.0;
            }
        }
    }

    struct World {
        state: State,
        keyring: Keyring,
    }

    /// A world whose role `r` has this trust statement.
    fn world(trust: serde_json::Value) -> World {
        let trust = json!({"Version": "2012-10-17", "Statement": trust}).to_string();
        let seed = json!({
            "account": "123456789012",
            "role": [{"name": "r", "path": "/x/", "trust-policy": trust}],
            "task": [{"arn": TASK, "family": "web", "role": "r"}],
            "pod-identity": [{
                "cluster": "blue", "issuer": "https://issuer.example", "jwks": "{}",
                "association": [{"namespace": "n", "service-account": "a", "role": "r"}],
            }],
        });
        let keyring = Keyring::generate(NOW, &mut Counting::default());
        let seed: Seed = serde_json::from_value(seed).unwrap();
        let mut state = State::default();
        for change in seed.changes(&keyring, NOW, &mut Counting::default()).unwrap() {
            state.apply(&change).unwrap();
        }
        World { state, keyring }
    }

    fn trust(service: &str, actions: &[&str], condition: serde_json::Value) -> serde_json::Value {
        json!({"Effect": "Allow", "Principal": {"Service": service}, "Action": actions,
               "Condition": condition})
    }

    impl World {
        fn task(&self) -> Result<ContainerCredentials, ContainerRoleError> {
            let task = self.state.tasks().next().unwrap();
            mint_task_credentials(&self.state, &self.keyring, task, NOW, &mut Counting::default())
        }

        fn pod(&self) -> Result<ContainerCredentials, ContainerRoleError> {
            let cluster = self.state.pod_identity_cluster(&CLUSTER.parse().unwrap()).unwrap();
            let role = &cluster.association("n", "a").unwrap().role;
            let tag = |key: &str, value: &str| SessionTag {
                key: key.into(),
                value: value.into(),
                transitive: true,
            };
            let session = PodSession {
                name: "eks-blue-pod".into(),
                tags: vec![tag("kubernetes-namespace", "n"), tag("eks-cluster-name", "blue")],
            };
            let (state, keyring) = (&self.state, &self.keyring);
            let entropy = &mut Counting::default();
            mint_pod_credentials(state, keyring, (cluster, role), &session, NOW, entropy)
        }

        fn claims(&self, minted: &ContainerCredentials) -> SessionClaims {
            let token = minted.keys.session_token.as_ref().unwrap().expose();
            self.keyring.open_session(minted.keys.access_key_id, token, NOW).unwrap().claims
        }
    }

    #[test]
    fn a_task_is_its_role_for_six_hours() {
        let world = world(trust(ECS_TASKS, &["sts:AssumeRole"], json!({})));
        let minted = world.task().unwrap();
        assert_eq!(minted.role_arn, "arn:aws:iam::123456789012:role/x/r");
        assert_eq!(minted.keys.expiration, Some(minted.expiration));
        assert!(minted.expiration.seconds_since(NOW) >= 6 * 3600);
        let claims = world.claims(&minted);
        assert_eq!((claims.not_after, claims.chain_depth), (minted.expiration, 1));
        assert!(claims.tags.is_empty() && claims.instance.is_none());
        let id = minted.keys.access_key_id;
        let caller = crate::Caller::of_session(&world.state, id, claims).unwrap();
        assert!(matches!(caller.kind(), CallerKind::Role { .. }));
        assert_eq!(caller.arn(), "arn:aws:sts::123456789012:assumed-role/r/0123456789abcdef");
    }

    #[test]
    fn the_trust_policy_names_the_service() {
        let denied =
            |service| Err(ContainerRoleError::TrustDenied { role: "r".to_owned(), service });
        let ec2 = world(trust("ec2.amazonaws.com", &["sts:AssumeRole"], json!({})));
        assert_eq!(ec2.task().map(drop), denied(ECS_TASKS));
        assert_eq!(ec2.pod().map(drop), denied(EKS_PODS));
        // A pod's session has tags, and to give them needs a permission of its own.
        let untagged = world(trust(EKS_PODS, &["sts:AssumeRole"], json!({})));
        assert_eq!(untagged.pod().map(drop), denied(EKS_PODS));
        let both = world(trust(EKS_PODS, &["sts:AssumeRole", "sts:TagSession"], json!({})));
        assert!(both.pod().is_ok());
        assert_eq!(both.task().map(drop), denied(ECS_TASKS));
    }

    #[test]
    fn a_pod_carries_its_tags_down_the_chain() {
        let world = world(trust(EKS_PODS, &["sts:AssumeRole", "sts:TagSession"], json!({})));
        let minted = world.pod().unwrap();
        let claims = world.claims(&minted);
        assert_eq!(claims.tags, minted.tags);
        assert!(claims.tags.iter().all(|tag| tag.transitive));
        let id = minted.keys.access_key_id;
        let caller = crate::Caller::of_session(&world.state, id, claims).unwrap();
        assert!(caller.principal_tags().contains(&("kubernetes-namespace", "n")));
    }

    #[test]
    fn trust_conditions_know_the_source_and_the_tags() {
        let actions = ["sts:AssumeRole", "sts:TagSession"];
        for (key, value, good) in [
            ("aws:SourceAccount", "123456789012", true),
            ("aws:SourceAccount", "210987654321", false),
            ("aws:SourceArn", CLUSTER, true),
            ("aws:SourceArn", TASK, false),
            ("aws:RequestTag/kubernetes-namespace", "n", true),
            ("aws:RequestTag/kubernetes-namespace", "m", false),
            ("sts:RoleSessionName", "eks-blue-pod", true),
        ] {
            let trust = trust(EKS_PODS, &actions, json!({"StringEquals": {key: value}}));
            assert_eq!(world(trust).pod().is_ok(), good, "{key} {value}");
        }
        let arn = json!({"ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*"},
                         "StringEquals": {"aws:SourceAccount": "123456789012"}});
        assert!(world(trust(ECS_TASKS, &["sts:AssumeRole"], arn)).task().is_ok());
    }

    #[test]
    fn a_role_that_is_gone_is_nobodys() {
        let mut world = world(trust(ECS_TASKS, &["sts:AssumeRole"], json!({})));
        let name = "r".to_owned();
        let change = crate::AccountChange::RoleDeleted { name };
        let account = "123456789012".parse().unwrap();
        world.state.apply(&Change::AccountChanged { account, change }).unwrap();
        assert_eq!(world.task().map(drop), Err(ContainerRoleError::RoleGone("r".to_owned())));
        let arn = "arn:aws:iam::123456789012:role/x/r".to_owned();
        assert_eq!(world.pod().map(drop), Err(ContainerRoleError::RoleGone(arn)));
    }
}
