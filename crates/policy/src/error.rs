//! Why a document was refused: AWS's words for the wire, ours for the log.

use std::fmt;

/// A document that is not a policy.
///
/// `Display` is the exact message of AWS's `MalformedPolicyDocument` (HTTP 400);
/// [`detail`](Self::detail) says what is wrong and where, for the log.
/// Source: contract/policy.md section 7.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.refusal)]
pub struct PolicyError(Box<Refused>);

/// Boxed, for an error is rare and its result is passed up far.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refused {
    refusal: Refusal,
    detail: String,
    /// Where in `detail` the place ends and the complaint begins.
    complaint_from: usize,
    path: Vec<Step>,
}

/// One step of the way from the document to what an error is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A byte of the text: the way ends there.
    Byte(usize),
    /// The key of a member instead of its value: the way ends there.
    Key(String),
    /// The value of a member.
    Member(String),
    /// A statement of the document, counted from zero.
    Statement(usize),
    /// A value of a list, or the value itself.
    Text(String),
}

impl PolicyError {
    pub(crate) fn new(refusal: Refusal, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self(Box::new(Refused { refusal, detail, complaint_from: 0, path: Vec::new() }))
    }

    /// An error whose detail says the place first.
    pub(crate) fn placed(
        refusal: Refusal,
        place: impl fmt::Display,
        what: impl fmt::Display,
    ) -> Self {
        let place = format!("{place}: ");
        let complaint_from = place.len();
        let mut error = Self::new(refusal, format!("{place}{what}"));
        error.0.complaint_from = complaint_from;
        error
    }

    /// The same error, one step closer to what it is about.
    pub(crate) fn at(mut self, step: Step) -> Self {
        self.0.path.push(step);
        self
    }

    pub(crate) fn path(&self) -> &[Step] {
        &self.0.path
    }

    /// The detail without its place.
    pub(crate) fn complaint(&self) -> &str {
        self.0.detail.get(self.0.complaint_from..).unwrap_or_default()
    }

    pub(crate) fn refusal(&self) -> &Refusal {
        &self.0.refusal
    }

    /// What is wrong and where: statement, Sid, line and column; a hint where one helps.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }
}

/// The texts of section 7. They are AWS's, so they keep AWS's capitals and full stops.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("Actions/Condition can contain only one colon.")]
    ActionColons,
    #[error("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")]
    ActionVendorMissing,
    #[error("Policy statement must contain actions.")]
    ActionsMissing,
    #[error("Vendor {0} is not valid")]
    ActionVendor(String),
    #[error("This policy contains invalid Json")]
    Json,
    #[error("The policy failed legacy parsing")]
    Legacy,
    #[error("Invalid principal in policy: \"{kind}\":\"{value}\"")]
    Principal { kind: &'static str, value: String },
    #[error("Missing required field Principal")]
    PrincipalMissing,
    #[error("Has prohibited field {0}")]
    ProhibitedPrincipal(&'static str),
    #[error("Has prohibited field Resource.")]
    ProhibitedResource,
    #[error("Resource {0} must be in ARN format or \"*\".")]
    ResourceFormat(String),
    #[error(
        "IAM resource path must either be \"*\" or start with user/, federated-user/, role/, \
         group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, \
         oidc-provider/, report/, access-report/."
    )]
    ResourceIamPath,
    #[error("IAM resource {0} cannot contain region information.")]
    ResourceIamRegion(String),
    #[error("Partition \"{partition}\" is not valid for resource \"{shown}\".")]
    ResourcePartition { partition: String, shown: String },
    #[error("Resource {0} can not contain region information.")]
    ResourceRegion(String),
    #[error("Resource vendor must be fully qualified and cannot contain regexes.")]
    ResourceVendor,
    #[error("Policy statement must contain resources.")]
    ResourcesMissing,
    #[error("Statement IDs (SID) in a single policy must be unique.")]
    Sids,
    #[error("Syntax errors in policy.")]
    Syntax,
    #[error(
        "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and \
         sts:AssumeRoleWithWebIdentity"
    )]
    TrustActions,
    #[error("Policy document must be version 2012-10-17 or greater.")]
    Version,
}

/// A value that does not compile.
#[derive(Debug)]
pub(crate) struct Flaw {
    pub(crate) value: String,
    pub(crate) what: String,
}

impl Flaw {
    /// Parses each value, up to the first that cannot be.
    pub(crate) fn each<T>(
        values: &[String],
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Box<[T]>, Self> {
        // As large as it will be: growing and shrinking costs more than parsing.
        let mut parsed = Vec::with_capacity(values.len());
        for value in values {
            let flaw = |what| Self { value: value.clone(), what };
            parsed.push(parse(value).map_err(flaw)?);
        }
        Ok(parsed.into())
    }
}

/// Which statement of a document is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) index: usize,
    pub(crate) sid: Option<String>,
}

impl Place {
    /// An error in this statement.
    pub(crate) fn error(&self, refusal: Refusal, what: impl fmt::Display) -> PolicyError {
        PolicyError::placed(refusal, self, what).at(Step::Statement(self.index))
    }

    pub(crate) fn syntax(&self, what: impl fmt::Display) -> PolicyError {
        self.error(Refusal::Syntax, what)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "statement {}", self.index)?;
        match &self.sid {
            Some(sid) => write!(f, " (Sid `{}`)", sid.escape_debug()),
            None => Ok(()),
        }
    }
}
