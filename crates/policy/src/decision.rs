use std::fmt;

/// What the policies say to a request.
///
/// Names are borrowed from the policies: an allowed decision costs no allocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision<'p> {
    /// Permitted.
    Allowed {
        /// The statement that allows it.
        by: MatchedStatement<'p>,
    },
    /// A Deny applies.
    ExplicitDeny {
        /// The Deny.
        by: MatchedStatement<'p>,
    },
    /// Nothing allows it.
    ImplicitDeny {
        /// The kind of policy in which an Allow is missing.
        kind: PolicyType,
        /// Statements that speak of the action and yet do not apply, at most [`REASONS_MAX`].
        reasons: Vec<Reason<'p>>,
    },
}

/// Most near misses an implicit deny tells of.
pub const REASONS_MAX: usize = 8;

/// The part a policy plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyType {
    /// A permissions boundary.
    Boundary,
    /// A VPC endpoint policy.
    Endpoint,
    /// Inline and managed policies of the caller and its groups.
    Identity,
    /// The policy on the resource.
    Resource,
    /// A resource control policy.
    ResourceControl,
    /// A service control policy.
    ServiceControl,
    /// A session policy.
    Session,
    /// The trust policy of the role that is assumed.
    Trust,
}

/// One statement of one policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatchedStatement<'p> {
    /// The part the policy plays.
    pub kind: PolicyType,
    /// The policy's name, or [`ROOT_PERMISSION`].
    pub policy: &'p str,
    /// The statement's index, counted from zero.
    pub statement: usize,
    /// Its Sid, if it has one.
    pub sid: Option<&'p str>,
}

/// What stands for a policy's name when the account root acts in its own account: it needs none.
pub const ROOT_PERMISSION: &str = "(account root)";

/// A statement that allows the action, but not this request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason<'p> {
    /// The statement.
    pub statement: MatchedStatement<'p>,
    /// What keeps it from applying.
    pub mismatch: Mismatch<'p>,
}

/// The first thing in which request and statement differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch<'p> {
    /// A condition is not met.
    Condition {
        /// The operator as written.
        operator: &'p str,
        /// The key as written.
        key: &'p str,
        /// The request's values; `None` if the key is absent.
        found: Option<Vec<String>>,
    },
    /// Another principal is meant.
    Principal,
    /// Another resource is meant.
    Resource,
}

impl Decision<'_> {
    /// Whether the request is permitted.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }

    /// AWS's word: `allowed`, `explicitDeny` or `implicitDeny`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Allowed { .. } => "allowed",
            Self::ExplicitDeny { .. } => "explicitDeny",
            Self::ImplicitDeny { .. } => "implicitDeny",
        }
    }

    /// AWS's sentence for the wire (contract/policy.md section 4).
    ///
    /// It names one kind of policy and never which one. `with_reason` is false for callers of
    /// another account, who are told nothing; an allowed decision has no reason either.
    pub fn message(
        &self,
        user: &str,
        action: &str,
        resource: Option<&str>,
        with_reason: bool,
    ) -> String {
        let mut message = format!("User: {user} is not authorized to perform: {action}");
        if let Some(resource) = resource {
            message.push_str(" on resource: ");
            message.push_str(resource);
        }
        match self {
            Self::ExplicitDeny { by } if with_reason => {
                message.push_str(&format!(" with an explicit deny in {}", by.kind.denying()));
            }
            Self::ImplicitDeny { kind, .. } if with_reason => {
                message.push_str(&format!(" because no {kind} allows the {action} action"));
            }
            _ => {}
        }
        message
    }

    /// Our own account for the log: which policy and statement, which key, what it held.
    pub fn explain(&self) -> String {
        match self {
            Self::Allowed { by } => format!("allowed by {by}"),
            Self::ExplicitDeny { by } => format!("denied by {by}"),
            Self::ImplicitDeny { kind, reasons } if reasons.is_empty() => {
                format!("no {kind} allows it: none speaks of the action")
            }
            Self::ImplicitDeny { kind, reasons } => {
                let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
                format!("no {kind} allows it: {}", reasons.join("; "))
            }
        }
    }
}

impl PolicyType {
    /// The words after `with an explicit deny in`.
    fn denying(self) -> &'static str {
        match self {
            Self::Boundary => "a permissions boundary",
            Self::Endpoint => "a VPC endpoint policy",
            Self::Identity => "an identity-based policy",
            Self::Resource => "a resource-based policy",
            Self::ResourceControl => "a resource control policy",
            Self::ServiceControl => "a service control policy",
            Self::Session => "a session policy",
            Self::Trust => "the role trust policy",
        }
    }
}

/// The words AWS uses: `identity-based policy`, `permissions boundary`.
impl fmt::Display for PolicyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.denying();
        f.write_str(words.split_once(' ').map_or(words, |(_article, noun)| noun))
    }
}

impl fmt::Display for MatchedStatement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, policy, statement, .. } = self;
        write!(f, "{kind} `{}`, statement {statement}", policy.escape_debug())?;
        match self.sid {
            Some(sid) => write!(f, " (Sid `{}`)", sid.escape_debug()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.statement, self.mismatch)
    }
}

impl fmt::Display for Mismatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Principal => f.write_str("another principal"),
            Self::Resource => f.write_str("another resource"),
            Self::Condition { operator, key, found: None } => {
                write!(f, "{operator} not met, key `{}` is absent", key.escape_debug())
            }
            Self::Condition { operator, key, found: Some(values) } => {
                let key = key.escape_debug();
                write!(f, "{operator} not met, key `{key}` is {values:?}")
            }
        }
    }
}
