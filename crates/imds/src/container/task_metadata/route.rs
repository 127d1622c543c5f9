use crate::container::json::string;
use crate::path::normalise;
use crate::response::Response;

/// A path of the endpoint.
pub(super) struct Route {
    pub(super) version: Version,
    pub(super) caller: Caller,
    pub(super) what: What,
    /// The `DockerId` that version 2 may name.
    pub(super) container: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V2,
    V3,
    V4,
}

/// Who asks.
pub(super) enum Caller {
    /// The container with this id in its path.
    Endpoint(String),
    /// The task that has the source address.
    Source,
}

pub(super) enum What {
    Associations,
    Container,
    ContainerStats,
    Task { with_tags: bool },
    TaskStats,
    Tasks,
    TasksStats,
}

impl Route {
    /// `None` for another path.
    pub(super) fn parse(target: &str) -> Option<Self> {
        let path = normalise(target)?;
        let segments: Vec<&str> = path.split('/').collect();
        match segments.as_slice() {
            ["v2", rest @ ..] => Self::by_source(rest),
            ["v3", id, rest @ ..] => Self::by_endpoint(Version::V3, id, rest),
            ["v4", id, rest @ ..] => Self::by_endpoint(Version::V4, id, rest),
            _ => None,
        }
    }

    fn by_source(rest: &[&str]) -> Option<Self> {
        let (what, container) = match rest {
            ["metadata"] => (What::Task { with_tags: false }, None),
            ["metadataWithTags"] => (What::Task { with_tags: true }, None),
            ["metadata" | "metadataWithTags", id] => (What::Container, Some(*id)),
            ["stats"] => (What::TaskStats, None),
            ["stats", id] => (What::ContainerStats, Some(*id)),
            _ => return None,
        };
        let container = container.map(str::to_owned);
        Some(Self { version: Version::V2, caller: Caller::Source, what, container })
    }

    fn by_endpoint(version: Version, id: &str, rest: &[&str]) -> Option<Self> {
        let what = match rest {
            [] => What::Container,
            ["stats"] => What::ContainerStats,
            ["task"] => What::Task { with_tags: false },
            ["taskWithTags"] => What::Task { with_tags: true },
            ["task", "stats"] => What::TaskStats,
            ["tasks"] if version == Version::V4 => What::Tasks,
            ["tasks", "stats"] if version == Version::V4 => What::TasksStats,
            ["associations", _] | ["associations", _, _] => What::Associations,
            _ => return None,
        };
        let caller = Caller::Endpoint(id.to_owned());
        Some(Self { version, caller, what, container: None })
    }

    /// 404 with the agent's text: `"V4 container metadata handler: REASON"`.
    // AWS: P for version 4; uncertain for 2 and 3, which follow it, and for the reasons.
    pub(super) fn refuse(&self, reason: &str) -> Response {
        let version = match self.version {
            Version::V2 => "V2",
            Version::V3 => "V3",
            Version::V4 => "V4",
        };
        let what = match self.what {
            What::Associations => "container associations",
            What::Container => "container metadata",
            What::ContainerStats => "container stats",
            What::Task { .. } => "task metadata",
            What::TaskStats => "task stats",
            What::Tasks => "tasks metadata",
            What::TasksStats => "tasks stats",
        };
        string(404, &format!("{version} {what} handler: {reason}"))
    }

    /// Why nobody is found by an id.
    pub(super) fn unknown_endpoint(&self, id: &str) -> String {
        match self.what {
            What::Container | What::ContainerStats => format!(
                "unable to get container ID from request: \
                 unable to get docker ID from v3 endpoint ID: {id}"
            ),
            _ => format!(
                "unable to get task arn from request: \
                 unable to get task Arn from v3 endpoint ID: {id}"
            ),
        }
    }
}
