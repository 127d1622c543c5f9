/// Where variables come from.
pub trait Environment {
    /// The value of a variable; an empty one counts as unset, as the SDKs take it.
    fn get(&self, name: &str) -> Option<String>;
}

/// The variables of this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }
}

/// The variables that are read or set. Source: AWS SDKs and Tools reference guide.
pub mod variables {
    /// Key id of credentials in variables.
    pub const ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
    /// Token file for the container endpoint.
    pub const CONTAINER_TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
    /// Token for the container endpoint.
    pub const CONTAINER_TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
    /// The container endpoint.
    pub const CONTAINER_FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    /// The container endpoint, as a path at 169.254.170.2.
    pub const CONTAINER_RELATIVE_URI: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
    /// When credentials in variables end.
    pub const CREDENTIAL_EXPIRATION: &str = "AWS_CREDENTIAL_EXPIRATION";
    /// The region, as boto3 and AWS CLI v1 read it: they do not know `AWS_REGION`.
    pub const DEFAULT_REGION: &str = "AWS_DEFAULT_REGION";
    /// Endpoint of every service.
    pub const ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";
    /// Endpoint of STS.
    pub const ENDPOINT_URL_STS: &str = "AWS_ENDPOINT_URL_STS";
    /// The metadata service.
    pub const METADATA_ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
    /// Whether the metadata service is not to be asked.
    pub const METADATA_DISABLED: &str = "AWS_EC2_METADATA_DISABLED";
    /// The region.
    pub const REGION: &str = "AWS_REGION";
    /// The secret of credentials in variables.
    pub const SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
    /// The token of credentials in variables.
    pub const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
    /// The file whose profiles hold keys and nothing else.
    pub const SHARED_CREDENTIALS_FILE: &str = "AWS_SHARED_CREDENTIALS_FILE";

    /// What would win over, or mix with, credentials that are handed to a command.
    pub const CLEARED: &[&str] = &[
        ACCESS_KEY_ID,
        CONTAINER_TOKEN_FILE,
        CONTAINER_TOKEN,
        CONTAINER_FULL_URI,
        CONTAINER_RELATIVE_URI,
        CREDENTIAL_EXPIRATION,
        SECRET_ACCESS_KEY,
        SESSION_TOKEN,
        "AWS_DEFAULT_PROFILE",
        "AWS_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ];
}
