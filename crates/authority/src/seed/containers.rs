//! Tasks and clusters of a seed, checked against the entries before them.

use rolecall_identity::{AccountId, Arn, RequestId};

use super::world::{World, refuse, tags, zone_id};
use super::{
    Seed, SeedError, SeedPodIdentity, SeedPodIdentityAssociation, SeedTask, SeedTaskContainer,
};
use crate::state::{
    Change, PodIdentityAssociation, State, Task, TaskArn, TaskContainer, is_ecs_name,
};

impl SeedPodIdentity {
    /// `arn:aws:eks:REGION:ACCOUNT:cluster/NAME`, in a seed that says what the cluster does not.
    pub fn arn(&self, seed: &Seed) -> Result<Arn, SeedError> {
        let region = self.region.as_ref().unwrap_or(&seed.region);
        let (account, name) = (self.account.unwrap_or(seed.account), &self.cluster);
        let arn = Arn::try_new(&format!("arn:aws:eks:{region}:{account}:cluster/{name}"));
        let known = arn.ok().filter(|_| is_cluster_name(name));
        known.ok_or_else(|| {
            let why = "a cluster's name has letters, digits, `-` and `_`, 100 at most";
            refuse(&format!("pod-identity `{name}`"), why)
        })
    }
}

impl World<'_> {
    pub(super) fn task(&mut self, seed: &SeedTask) -> Result<(), SeedError> {
        let what = format!("task `{}`", seed.family);
        let arn = self.task_arn(&what, seed)?;
        if self.state.task(&arn).is_some() {
            return Err(refuse(&what, format!("there is a task `{}` already", arn.as_str())));
        }
        self.role_must_exist(&what, arn.account(), seed.role.as_deref())?;
        let names = seed.containers.iter().map(|container| &container.name);
        let mut names: Vec<&String> = names.chain([&seed.family]).chain(&seed.service).collect();
        if let Some(name) = names.iter().find(|name| !is_ecs_name(name)) {
            let why = format!("`{name}` must have letters, digits, `-` and `_`, 255 at most");
            return Err(refuse(&what, why));
        }
        names.truncate(seed.containers.len());
        names.sort();
        if let Some([name, _]) = names.array_windows().find(|[one, next]| one == next) {
            return Err(refuse(&what, format!("two containers have the name `{name}`")));
        }
        let task = Box::new(self.describe_task(&what, seed, arn)?);
        self.push(&what, Change::TaskRegistered { task })
    }

    /// What is said beside an ARN must be what the ARN says.
    fn task_arn(&mut self, what: &str, seed: &SeedTask) -> Result<TaskArn, SeedError> {
        let region = seed.region.as_deref();
        let Some(arn) = &seed.arn else {
            let (region, id) = (region.unwrap_or(&self.seed.region), self.hex::<16>());
            let account = seed.account.unwrap_or(self.seed.account);
            let cluster = seed.cluster.as_deref().unwrap_or("default");
            return task_arn(what, &format!("arn:aws:ecs:{region}:{account}:task/{cluster}/{id}"));
        };
        let arn = task_arn(what, arn.as_str())?;
        let agrees = seed.account.is_none_or(|account| account == arn.account())
            && region.is_none_or(|region| region == arn.region())
            && seed.cluster.as_deref().is_none_or(|cluster| cluster == arn.cluster());
        match agrees {
            true => Ok(arn),
            false => Err(refuse(what, "`arn` names another account, region or cluster")),
        }
    }

    fn describe_task(
        &mut self,
        what: &str,
        seed: &SeedTask,
        arn: TaskArn,
    ) -> Result<Task, SeedError> {
        let alone = [SeedTaskContainer::named(&seed.family)];
        let containers = if seed.containers.is_empty() { &alone } else { &*seed.containers };
        let containers = containers.iter().map(|container| self.container(what, &arn, container));
        Ok(Task {
            containers: containers.collect::<Result<_, _>>()?,
            family: seed.family.clone(),
            revision: seed.revision,
            service: seed.service.clone(),
            role: seed.role.clone(),
            launch_type: seed.launch_type,
            network_mode: seed.network_mode,
            addresses: seed.addresses.clone(),
            mac: seed.mac.clone(),
            vpc_id: seed.vpc.clone(),
            subnet_cidr: seed.subnet_cidr,
            availability_zone: seed
                .availability_zone
                .clone()
                .unwrap_or_else(|| format!("{}a", arn.region())),
            availability_zone_id: zone_id(arn.region()),
            cpu_units: Some(seed.cpu),
            memory_mib: Some(seed.memory),
            tags: tags(&seed.tags),
            started: self.now,
            protected_until: None,
            arn,
        })
    }

    fn container(
        &mut self,
        what: &str,
        task: &TaskArn,
        seed: &SeedTaskContainer,
    ) -> Result<TaskContainer, SeedError> {
        let (name, id) = (&seed.name, RequestId::mint(self.entropy));
        let (region, account) = (task.region(), task.account());
        let arn = format!(
            "arn:aws:ecs:{region}:{account}:container/{}/{}/{id}",
            task.cluster(),
            task.id()
        );
        Ok(TaskContainer {
            name: name.clone(),
            image: seed.image.clone().unwrap_or_else(|| format!("{name}:latest")),
            image_id: format!("sha256:{}", self.hex::<32>()),
            docker_id: self.hex::<32>(),
            arn: Arn::try_new(&arn).map_err(|error| refuse(what, error.to_string()))?,
            labels: seed.labels.clone(),
            cpu_units: seed.cpu,
            memory_mib: seed.memory,
        })
    }

    pub(super) fn pod_identity(&mut self, seed: &SeedPodIdentity) -> Result<(), SeedError> {
        let what = format!("pod-identity `{}`", seed.cluster);
        let cluster = seed.arn(self.seed)?;
        if self.state.pod_identity_cluster(&cluster).is_some() {
            return Err(refuse(&what, format!("there is a cluster `{cluster}` already")));
        }
        if seed.issuer.is_empty() {
            return Err(refuse(&what, "`issuer` is empty"));
        }
        let issuer = seed.issuer.clone();
        let change = Change::PodIdentityClusterRegistered { cluster: cluster.clone(), issuer };
        self.push(&what, change)?;
        seed.associations.iter().try_for_each(|one| self.association(&what, &cluster, one))
    }

    fn association(
        &mut self,
        what: &str,
        cluster: &Arn,
        seed: &SeedPodIdentityAssociation,
    ) -> Result<(), SeedError> {
        let account = cluster.account().unwrap_or(self.seed.account);
        self.role_must_exist(what, account, Some(&seed.role))?;
        let (namespace, service_account) = (seed.namespace.clone(), seed.service_account.clone());
        let known = self.state.pod_identity_cluster(cluster);
        if known.is_some_and(|c| c.association(&namespace, &service_account).is_some()) {
            let why = format!(
                "service account `{service_account}` in namespace `{namespace}` has a role already"
            );
            return Err(refuse(what, why));
        }
        let role = role_arn(&self.state, account, &seed.role);
        let role = role.ok_or_else(|| refuse(what, "the role has no ARN"))?;
        let association = PodIdentityAssociation { namespace, service_account, role };
        let cluster = cluster.clone();
        self.push(what, Change::PodIdentityAssociationCreated { cluster, association })
    }

    fn role_must_exist(
        &self,
        what: &str,
        account: AccountId,
        role: Option<&str>,
    ) -> Result<(), SeedError> {
        let known = self.state.account(account);
        match role.filter(|role| known.is_none_or(|account| account.role(role).is_none())) {
            Some(role) => Err(refuse(what, format!("role `{role}` does not exist"))),
            None => Ok(()),
        }
    }

    /// Drawn, as hexadecimal digits.
    fn hex<const BYTES: usize>(&mut self) -> String {
        let mut bytes = [0; BYTES];
        self.entropy.fill(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl SeedTaskContainer {
    fn named(name: &str) -> Self {
        let labels = Default::default();
        Self { name: name.to_owned(), image: None, labels, cpu: None, memory: None }
    }
}

fn task_arn(what: &str, text: &str) -> Result<TaskArn, SeedError> {
    let arn = Arn::try_new(text).map_err(|error| refuse(what, error.to_string()))?;
    TaskArn::try_new(arn).map_err(|error| refuse(what, error.to_string()))
}

fn role_arn(state: &State, account: AccountId, name: &str) -> Option<Arn> {
    let role = state.account(account)?.role(name)?;
    Arn::try_new(&role.arn).ok()
}

/// Source: EKS API reference, `CreateCluster`.
fn is_cluster_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() <= CLUSTER_NAME_BYTES_MAX
        && bytes.next().is_some_and(|first| first.is_ascii_alphanumeric())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

const CLUSTER_NAME_BYTES_MAX: usize = 100;

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

    fn changes(more: Value) -> Result<Vec<Change>, SeedError> {
        let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
            "Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
        let mut seed = json!({
            "account": "123456789012",
            "role": [{"name": "r", "trust-policy": trust}],
        });
        seed.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let seed: Seed = serde_json::from_value(seed).unwrap();
        let now = Timestamp::from_seconds(0);
        seed.changes(&Keyring::generate(now, &mut Ones), now, &mut Ones)
    }

    fn refusal(more: Value) -> String {
        changes(more).unwrap_err().to_string()
    }

    #[test]
    fn a_task_needs_its_family_alone() {
        let changes = changes(json!({"task": [{"family": "web"}]})).unwrap();
        let Some(Change::TaskRegistered { task }) = changes.last() else { panic!("a task") };
        let id = "01".repeat(16);
        assert_eq!(
            task.arn.as_str(),
            format!("arn:aws:ecs:us-east-1:123456789012:task/default/{id}")
        );
        let names: Vec<_> = task.containers.iter().map(|c| (&*c.name, &*c.image)).collect();
        assert_eq!(names, [("web", "web:latest")]);
        assert_eq!((task.availability_zone.as_str(), task.revision), ("us-east-1a", 1));
        let text = serde_json::to_string(changes.last().unwrap()).unwrap();
        assert_eq!(serde_json::from_str::<Change>(&text).unwrap(), *changes.last().unwrap());
    }

    #[test]
    fn a_task_that_cannot_be_is_refused() {
        let arn = "arn:aws:ecs:us-east-1:123456789012:task/blue/0123abcd";
        for (task, why) in [
            (json!({"family": "web", "role": "x"}), "task `web`: role `x` does not exist"),
            (
                json!({"family": "web", "arn": arn, "cluster": "red"}),
                "task `web`: `arn` names another account, region or cluster",
            ),
            (
                json!({"family": "web", "arn": arn.replace("task/", "service/")}),
                "task `web`: `arn:aws:ecs:us-east-1:123456789012:service/blue/0123abcd` is not a \
                 task: expected `arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID`",
            ),
            (
                json!({"family": "a b"}),
                "task `a b`: `a b` must have letters, digits, `-` and `_`, 255 at most",
            ),
            (
                json!({"family": "web", "container": [{"name": "a"}, {"name": "a"}]}),
                "task `web`: two containers have the name `a`",
            ),
        ] {
            assert_eq!(refusal(json!({"task": [task]})), why);
        }
        let twice = json!({"task": [{"family": "a", "arn": arn}, {"family": "b", "arn": arn}]});
        assert_eq!(refusal(twice), format!("task `b`: there is a task `{arn}` already"));
    }

    #[test]
    fn a_cluster_that_cannot_be_is_refused() {
        let cluster = |name: &str, issuer: &str, associations: Value| {
            json!({"cluster": name, "issuer": issuer, "jwks": "keys.json",
                   "association": associations})
        };
        let of = |account: &str, role: &str| json!({"namespace": "n", "service-account": account, "role": role});
        let good = cluster("blue", "https://x", json!([of("a", "r"), of("b", "r")]));
        assert!(changes(json!({"pod-identity": [good]})).is_ok());
        for (clusters, why) in [
            (
                json!([cluster("a/b", "https://x", json!([]))]),
                "pod-identity `a/b`: a cluster's name has letters, digits, `-` and `_`, 100 at most",
            ),
            (json!([cluster("blue", "", json!([]))]), "pod-identity `blue`: `issuer` is empty"),
            (
                json!([cluster("blue", "https://x", json!([of("a", "x")]))]),
                "pod-identity `blue`: role `x` does not exist",
            ),
            (
                json!([cluster("blue", "https://x", json!([of("a", "r"), of("a", "r")]))]),
                "pod-identity `blue`: service account `a` in namespace `n` has a role already",
            ),
            (
                json!([good, good]),
                "pod-identity `blue`: there is a cluster \
                 `arn:aws:eks:us-east-1:123456789012:cluster/blue` already",
            ),
        ] {
            assert_eq!(refusal(json!({"pod-identity": clusters})), why);
        }
    }

    #[test]
    fn keys_are_a_file_or_the_text_itself() {
        let keys = |jwks: &str| {
            let seed = json!({"cluster": "c", "issuer": "i", "jwks": jwks});
            serde_json::from_value::<SeedPodIdentity>(seed).unwrap().keys()
        };
        assert_eq!(keys("keys.json"), super::super::SeedJwks::File("keys.json".into()));
        assert!(matches!(keys("\n{\"keys\":[]}"), super::super::SeedJwks::Text(_)));
    }
}
