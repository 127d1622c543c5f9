use serde::Serialize;

/// How far a task or a container has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "ECS's own words, in the order of a life")]
pub enum Status {
    None,
    ManifestPulled,
    Pulled,
    Created,
    Running,
    ResourcesProvisioned,
    Stopped,
}

/// What a container is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContainerType {
    /// Holds the network of a task in `awsvpc` mode.
    CniPause,
    /// Of the task definition.
    Normal,
}

/// Where a task was launched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LaunchType {
    /// On an instance of the cluster.
    Ec2,
    /// On a machine outside AWS.
    External,
    /// On Fargate.
    Fargate,
}

/// How a container is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NetworkMode {
    /// With an interface of its own.
    Awsvpc,
    /// Behind the bridge of its host.
    Bridge,
    /// As its host.
    Host,
}
