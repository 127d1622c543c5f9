use crate::path::normalise;

/// What a request to the address of the ECS agent is for.
///
/// The Pod Identity agent has an address of its own: its path alone does not tell it from `/v1` of
/// the task credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerService {
    /// [`respond_task_credentials`](super::respond_task_credentials) or
    /// [`respond_container`](super::respond_container).
    Credentials,
    /// [`task_metadata::respond`](super::task_metadata::respond).
    TaskMetadata,
    /// [`task_protection::respond`](super::task_protection::respond).
    TaskProtection,
}

impl ContainerService {
    /// By the path; `None` for a path of nobody, which is answered with 404.
    pub fn of(target: &str) -> Option<Self> {
        let path = normalise(target)?;
        let mut segments = path.split('/');
        match (segments.next()?, segments.next()?) {
            ("v1" | "v2", "credentials") => Some(Self::Credentials),
            ("v2", "metadata" | "metadataWithTags" | "stats") | ("v3" | "v4", _) => {
                Some(Self::TaskMetadata)
            }
            ("api", _) => Some(Self::TaskProtection),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_their_service() {
        let (credentials, metadata) =
            (Some(ContainerService::Credentials), Some(ContainerService::TaskMetadata));
        for (target, service) in [
            ("/v2/credentials/x", credentials),
            ("/v1/credentials?id=x", credentials),
            ("/v2/metadata", metadata),
            ("//v4/./x/task", metadata),
            ("/v3/x", metadata),
            ("/api/x/task-protection/v1/state", Some(ContainerService::TaskProtection)),
            ("/v1/metadata", None),
            ("/v4", None),
            ("/", None),
            ("/..", None),
        ] {
            assert_eq!(ContainerService::of(target), service, "{target}");
        }
    }
}
