use rolecall_identity::AccountId;

use crate::access::{AccessRequest, Denied, TAG_KEYS, permit, permit_or_account};
use crate::call::Call;
use crate::caller::CallerKind;
use crate::error::ApiError;
use crate::output::Element;
use crate::params::Params;
use crate::state::{Change, Tag};
use crate::{ec2, iam, sts};

/// The services of this authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// EC2, the part about instances' roles.
    Ec2,
    /// IAM.
    Iam,
    /// STS.
    Sts,
}

/// What an operation did, or will have done once its changes are in the log.
#[derive(Debug, Default)]
pub struct Done {
    /// The answer.
    pub output: Vec<Element>,
    /// What must be in the log before the answer is true.
    pub changes: Vec<Change>,
    /// What it acted on, for the audit record: ARN and CloudTrail's type.
    pub resources: Vec<(String, &'static str)>,
}

/// One operation: what it needs, and what it does.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) gate: Gate,
    pub(crate) read_only: bool,
    /// The parameters it reads; the form is that of [`Params::unrecognized`]. Any other is refused:
    /// a misspelt one may be what was to cut the caller's permissions.
    pub(crate) params: &'static [&'static str],
    pub(crate) run: Handler,
}

/// What an operation needs before it runs.
pub(crate) enum Gate {
    /// Nothing: no policy can forbid it.
    Open,
    /// A policy that allows `service:Name` on the target, and all that the target needs besides.
    Policy(fn(&Call<'_>, &Params) -> Target),
    /// It decides itself, because the policies are those of what it names.
    Trust,
}

pub(crate) type Handler = fn(&mut Call<'_>, &Params) -> Result<Done, ApiError>;

/// What an operation acts on, as policies see it.
pub(crate) struct Target {
    pub(crate) resource: String,
    pub(crate) keys: Vec<(String, String)>,
    /// Further actions that must be allowed, each on a target of its own.
    besides: Vec<(&'static str, Self)>,
}

/// Runs one operation of a service.
///
/// Nothing is written here: the changes are for the caller to append before it answers.
pub fn handle(service: Service, call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let action = params.get("Action").unwrap_or_default();
    instance_may_call(service, call, action)?;
    let operation = find(service, action).ok_or_else(|| unknown(service, action))?;
    session_may_call(service, call, operation.name)?;
    recognize(service, operation, params)?;
    if let Gate::Policy(target) = operation.gate {
        let action = format!("{}:{}", service.scope_name(), operation.name);
        let target = target(call, params);
        authorize(service, call, &action, &target)?;
    }
    if service == Service::Ec2 && params.get("DryRun") == Some("true") {
        let message = "Request would have succeeded, but DryRun flag is set.";
        return Err(ApiError::new("DryRunOperation", message));
    }
    (operation.run)(call, params)
}

/// Whether an operation can change nothing: `readOnly` of its audit record.
pub fn is_read_only(service: Service, action: &str) -> bool {
    find(service, action).is_some_and(|operation| operation.read_only)
}

fn find(service: Service, action: &str) -> Option<&'static Operation> {
    service.operations().find(|operation| operation.name == action)
}

fn unknown(service: Service, action: &str) -> ApiError {
    let version = service.version();
    let message = match service {
        Service::Ec2 => format!("The action {action} is not valid for this web service."),
        _ => format!("Could not find operation {action} for version {version}"),
    };
    ApiError::new("InvalidAction", message)
}

/// Refuses a parameter that the operation does not read, but for those of every request.
fn recognize(service: Service, operation: &Operation, params: &Params) -> Result<(), ApiError> {
    let known = [OF_EVERY_REQUEST, operation.params];
    let Some(name) = params.unrecognized(&known) else { return Ok(()) };
    let shown: String = name.chars().take(SHOWN).collect();
    let code = match service {
        Service::Ec2 => "UnknownParameter",
        Service::Iam | Service::Sts => "ValidationError",
    };
    Err(ApiError::new(code, format!("The parameter {shown} is not recognized")))
}

const OF_EVERY_REQUEST: &[&str] = &["Action", "Version", "X-Amz-*"];
/// How much of an unknown name a message shows.
const SHOWN: usize = 128;

/// An instance itself may ask who it is; anything else does not know it, operation or not.
///
/// AWS: contract/imds.md row 93. native
fn instance_may_call(service: Service, call: &Call<'_>, name: &str) -> Result<(), ApiError> {
    if !call.caller.is_identity_alone() || (service, name) == (Service::Sts, "GetCallerIdentity") {
        return Ok(());
    }
    Err(match service {
        Service::Ec2 | Service::Iam => {
            let message = "The security token included in the request is invalid.";
            ApiError::new("UnrecognizedClientException", message)
        }
        Service::Sts => token_invalid(),
    })
}

/// What kinds of session cannot call at all. Source: IAM user guide, "Compare AWS STS credentials".
fn session_may_call(service: Service, call: &Call<'_>, name: &str) -> Result<(), ApiError> {
    let Some(claims) = call.caller.claims() else { return Ok(()) };
    let without_mfa = claims.mfa_at.is_none();
    let refused = match (service, call.caller.kind()) {
        (Service::Iam, CallerKind::Federated { .. }) => true,
        (Service::Iam, CallerKind::User(_) | CallerKind::Root) => without_mfa,
        (Service::Sts, CallerKind::Federated { .. } | CallerKind::Instance(_)) => {
            name != "GetCallerIdentity"
        }
        (Service::Iam, CallerKind::Instance(_)) => true,
        // The vending operations refuse in words of their own.
        (Service::Sts, CallerKind::User(_) | CallerKind::Root) => !matches!(
            name,
            "AssumeRole" | "GetCallerIdentity" | "GetFederationToken" | "GetSessionToken"
        ),
        (Service::Ec2, _) | (Service::Iam | Service::Sts, CallerKind::Role { .. }) => false,
    };
    if refused { Err(token_invalid()) } else { Ok(()) }
}

fn token_invalid() -> ApiError {
    let message = "The security token included in the request is invalid";
    ApiError::new("InvalidClientTokenId", message)
}

fn authorize(
    service: Service,
    call: &mut Call<'_>,
    action: &str,
    target: &Target,
) -> Result<(), ApiError> {
    let keys: Vec<_> =
        target.keys.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let question = AccessRequest {
        state: call.state,
        caller: call.caller,
        connection: call.connection,
        region: call.region,
        now: call.now,
        action,
        resource: &target.resource,
        resource_account: Some(call.caller.account()),
        resource_policy: None,
        keys: &keys,
    };
    match service {
        Service::Ec2 => {
            permit_or_account(&question)
                .map_err(|(denied, account)| with_sealed(denied, &account, call))?;
        }
        Service::Iam | Service::Sts => {
            permit(&question, ())?;
        }
    }
    let mut besides = target.besides.iter();
    besides.try_for_each(|(action, target)| authorize(service, call, action, target))
}

/// EC2 tells the whole account, sealed for who may decode it.
fn with_sealed(mut denied: Denied, account: &str, call: &mut Call<'_>) -> Denied {
    let own = call.account_id();
    if let Some(sealed) = call.keyring.seal_authorization_message(own, account, call.entropy) {
        denied.message.push_str(". Encoded authorization failure message: ");
        denied.message.push_str(&sealed);
    }
    denied
}

impl Service {
    /// The service's name in a credential scope, and the prefix of its actions.
    pub const fn scope_name(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::Iam => "iam",
            Self::Sts => "sts",
        }
    }

    /// The version of its API.
    pub const fn version(self) -> &'static str {
        match self {
            Self::Ec2 => "2016-11-15",
            Self::Iam => "2010-05-08",
            Self::Sts => "2011-06-15",
        }
    }

    /// The service that signs under a name.
    pub fn by_scope_name(name: &str) -> Option<Self> {
        [Self::Ec2, Self::Iam, Self::Sts].into_iter().find(|service| service.scope_name() == name)
    }

    /// The service of an API version.
    pub fn by_version(version: &str) -> Option<Self> {
        [Self::Ec2, Self::Iam, Self::Sts].into_iter().find(|service| service.version() == version)
    }

    fn operations(self) -> impl Iterator<Item = &'static Operation> {
        let tables: &[&[Operation]] = match self {
            Self::Ec2 => ec2::OPERATIONS,
            Self::Iam => iam::OPERATIONS,
            Self::Sts => sts::OPERATIONS,
        };
        tables.iter().copied().flatten()
    }
}

impl Target {
    pub(crate) fn resource(resource: impl Into<String>) -> Self {
        Self { resource: resource.into(), keys: Vec::new(), besides: Vec::new() }
    }

    /// Actions without a resource of their own are decided on `*`.
    pub(crate) fn any(_: &Call<'_>, _: &Params) -> Self {
        Self::resource("*")
    }

    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.keys.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Another action that must be allowed, on another target.
    pub(crate) fn besides(mut self, action: &'static str, target: Self) -> Self {
        self.besides.push((action, target));
        self
    }

    /// The tags of a request, which need an action of their own on the same target.
    pub(crate) fn tagging(mut self, action: &'static str, tags: &[Tag]) -> Self {
        if tags.is_empty() {
            return self;
        }
        for Tag { key, value } in tags {
            self = self.with(&format!("aws:RequestTag/{key}"), value).with(TAG_KEYS, key);
        }
        let same = Self { keys: self.keys.clone(), ..Self::resource(self.resource.clone()) };
        self.besides(action, same)
    }
}

impl Done {
    pub(crate) fn output(output: Vec<Element>) -> Self {
        Self { output, ..Self::default() }
    }

    pub(crate) fn change(change: Change) -> Self {
        Self { changes: vec![change], ..Self::default() }
    }

    pub(crate) fn answering(mut self, output: Vec<Element>) -> Self {
        self.output = output;
        self
    }
}

impl Call<'_> {
    pub(crate) const fn account_id(&self) -> AccountId {
        self.caller.account()
    }
}
