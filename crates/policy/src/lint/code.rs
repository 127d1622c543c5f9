use std::fmt;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// IAM refuses the document.
    Error,
    /// IAM takes it.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// Names and severities; the names never change.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $severity:ident;)*) => {
        /// What a finding is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code, in the order of their names.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable name, such as `unknown-action`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Whether IAM refuses what has it.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    /// A trust policy names a whole account and asks nothing more.
    AccountTrust = "account-wide-trust", Warning;
    /// Every action on every resource is allowed.
    AllowEverything = "allow-everything", Warning;
    /// No request can satisfy the conditions.
    ConditionNeverTrue = "condition-never-true", Warning;
    /// A service may act for anybody's resources.
    ConfusedDeputy = "confused-deputy", Warning;
    /// A Deny that requests without the key get round.
    DenyMissesAbsentKey = "deny-misses-absent-key", Warning;
    /// More bytes than are accepted.
    DocumentSize = "document-too-large", Error;
    /// One key stands twice in an object.
    DuplicateKey = "duplicate-key", Error;
    /// Two statements have one Sid.
    DuplicateSid = "duplicate-sid", Error;
    /// A statement says what an earlier one says.
    DuplicateStatement = "duplicate-statement", Warning;
    /// An operator without keys asks nothing.
    EmptyCondition = "empty-condition", Warning;
    /// A federated principal is trusted whoever its subject is.
    FederatedTrust = "federated-trust", Warning;
    /// `ForAllValues` is true of a key that is absent.
    ForAllValues = "for-all-values-without-null", Warning;
    /// A character that no policy may hold.
    ForbiddenCharacter = "forbidden-character", Error;
    /// An action that is not written as one.
    InvalidAction = "invalid-action", Error;
    /// A value that its operator does not take.
    InvalidConditionValue = "invalid-condition-value", Error;
    /// A principal that is none.
    InvalidPrincipal = "invalid-principal", Error;
    /// A resource that is not written as one.
    InvalidResource = "invalid-resource", Error;
    /// Bytes that are no text.
    Utf8 = "invalid-utf-8", Error;
    /// A text that is not JSON.
    JsonSyntax = "json-syntax", Error;
    /// `*` or `?` where they mean themselves.
    LiteralWildcard = "literal-wildcard", Warning;
    /// Elements that are unknown or of the wrong kind.
    MalformedPolicy = "malformed-policy", Error;
    /// An element that this kind of policy must have.
    MissingElement = "missing-element", Error;
    /// An Allow whose negated operator is true of a key that is absent.
    NegatedAbsentKey = "negated-operator-absent-key", Warning;
    /// `NotAction` with Allow.
    NotActionAllow = "not-action-allow", Warning;
    /// `NotPrincipal` with Allow.
    NotPrincipalAllow = "not-principal-allow", Warning;
    /// `NotResource` with Allow.
    NotResourceAllow = "not-resource-allow", Warning;
    /// An operator that compares another type than the key has.
    OperatorType = "operator-type-mismatch", Warning;
    /// An element that this kind of policy must not have.
    ProhibitedElement = "prohibited-element", Error;
    /// A resource that anybody may use.
    PublicAccess = "public-access", Warning;
    /// A value that another one covers.
    RedundantValue = "redundant-value", Warning;
    /// An S3 action and no resource of its kind, or a resource and no action of its kind.
    ResourceKind = "resource-kind-mismatch", Warning;
    /// An operator without quantifier on a key with many values.
    SingleValuedOperator = "single-valued-operator", Warning;
    /// `aws:SourceIp` beside keys of VPC endpoints.
    SourceIpWithEndpoint = "source-ip-with-vpc-endpoint", Warning;
    /// An action that its service does not have.
    UnknownAction = "unknown-action", Warning;
    /// A condition key that nobody sets.
    UnknownConditionKey = "unknown-condition-key", Warning;
    /// An Allow that a Deny takes back whole.
    UnreachableStatement = "unreachable-statement", Warning;
    /// A variable that never has a value.
    UnresolvableVariable = "unresolvable-variable", Warning;
    /// A condition key of AWS that rolecall never sets.
    UnsupportedConditionKey = "unsupported-condition-key", Warning;
    /// A managed policy in the older language.
    OldVersion = "unsupported-version", Error;
    /// A variable in the older language, where it means itself.
    VariableIn2008 = "variable-in-2008-version", Warning;
    /// A variable where none is substituted.
    VariableNotSubstituted = "variable-not-substituted", Warning;
    /// A trust policy that trusts everybody.
    WildcardTrust = "wildcard-trust", Warning;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_and_in_kebab_case() {
        let names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(names.iter().all(|name| name.chars().all(kebab)), "{names:?}");
    }
}
