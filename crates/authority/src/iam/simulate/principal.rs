//! Whose policies are simulated, and who is taken to call.

use rolecall_identity::{AccountId, Arn, UniqueId};
use rolecall_policy::{RequestContext, RequestPrincipal};

use super::input::invalid;
use crate::call::Call;
use crate::error::ApiError;
use crate::field::{Field, Pattern};
use crate::params::Params;
use crate::state::{PolicyAttachments, State, Tag};

/// A user or role that exists.
pub(super) struct Entity<'a> {
    /// `user` or `role`
    pub(super) kind: &'static str,
    pub(super) id: &'a UniqueId,
    pub(super) name: &'a str,
    pub(super) tags: &'a [Tag],
    pub(super) policies: &'a PolicyAttachments,
}

/// The user or role of an ARN, whose path must be right, too.
pub(super) fn find<'a>(state: &'a State, arn: &Arn) -> Option<Entity<'a>> {
    if let Some(user) = state.user(arn) {
        let (tags, policies) = (&user.tags, &user.policies);
        return Some(Entity { kind: "user", id: &user.id, name: &user.name, tags, policies });
    }
    let role = state.role(arn)?;
    let (tags, policies) = (&role.tags, &role.policies);
    Some(Entity { kind: "role", id: &role.id, name: &role.name, tags, policies })
}

/// The name in the ARN of a user, role or group.
fn name_of<'a>(arn: &'a Arn, kind: &str) -> Option<&'a str> {
    arn.resource_of(kind)?.rsplit('/').next().filter(|name| !name.is_empty())
}

/// `PolicySourceArn`, of the caller's account.
pub(super) fn policy_source<'a>(
    call: &Call<'a>,
    params: &Params,
) -> Result<(Arn, Entity<'a>), ApiError> {
    let text = POLICY_SOURCE.required(params)?;
    // AWS: this text is seen at AWS for the ARNs of sessions. native
    let unclear = || {
        invalid(format!("Invalid Entity Arn: {text} does not clearly define entity type and name."))
    };
    let arn = Arn::try_new(text).ok().filter(|arn| arn.service() == "iam").ok_or_else(unclear)?;
    let named = ["user", "role", "group"]
        .into_iter()
        .find_map(|kind| name_of(&arn, kind).map(|name| (kind, name)));
    let (kind, name) = named.ok_or_else(unclear)?;
    let entity = find(call.state, &arn).filter(|_| arn.account() == Some(call.account_id()));
    let entity = entity.ok_or_else(|| ApiError::no_such_entity(kind, name))?;
    Ok((arn, entity))
}

/// Who calls in a simulation. It need not exist.
#[derive(Debug)]
pub(super) struct Simulated {
    pub(super) account: AccountId,
    kind: Kind,
    /// Empty for nobody in particular.
    arn: String,
    session_arn: String,
    /// Known of the principal whose policies are simulated, and of no other.
    user_id: Option<String>,
    tags: Vec<Tag>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Role,
    Unnamed,
    User,
}

impl Simulated {
    /// `CallerArn`: a user or role.
    pub(super) fn read(params: &Params) -> Result<Option<Self>, ApiError> {
        let Some(text) = CALLER.optional(params)? else { return Ok(None) };
        let arn = Arn::try_new(text).ok().filter(|arn| arn.service() == "iam");
        let read = arn.as_ref().and_then(Self::of_arn);
        let wrong = || invalid(format!("Invalid caller ARN: {text} is neither a user nor a role."));
        read.map(Some).ok_or_else(wrong)
    }

    /// The principal whose policies are simulated.
    pub(super) fn of_entity(arn: &Arn, entity: &Entity<'_>) -> Option<Self> {
        let user_id = (entity.kind == "user").then(|| entity.id.to_string());
        Some(Self { user_id, tags: entity.tags.to_vec(), ..Self::of_arn(arn)? })
    }

    /// Nobody in particular, of an account.
    pub(super) fn unnamed(account: AccountId) -> Self {
        let (arn, session_arn) = (String::new(), String::new());
        Self { account, kind: Kind::Unnamed, arn, session_arn, user_id: None, tags: Vec::new() }
    }

    fn of_arn(arn: &Arn) -> Option<Self> {
        let account = arn.account()?;
        let text = arn.as_str().to_owned();
        let (kind, session_arn) = match name_of(arn, "role") {
            // A session that no policy can name.
            Some(name) => (Kind::Role, format!("arn:aws:sts::{account}:assumed-role/{name}/")),
            None => (Kind::User, name_of(arn, "user").map(|_| String::new())?),
        };
        Some(Self { account, kind, arn: text, session_arn, user_id: None, tags: Vec::new() })
    }

    pub(super) fn is_named(&self) -> bool {
        self.kind != Kind::Unnamed
    }

    pub(super) fn arn(&self) -> &str {
        &self.arn
    }

    /// The caller as policies see it; `stand_in` is what a trust policy sees that means another
    /// entity of the caller's name.
    pub(super) fn principal<'a>(&'a self, stand_in: Option<&'a str>) -> RequestPrincipal<'a> {
        let (account, arn) = (self.account, stand_in.unwrap_or(&self.arn));
        let session_arn = stand_in.unwrap_or(&self.session_arn);
        match self.kind {
            Kind::Role => RequestPrincipal::Role { account, role_arn: arn, session_arn },
            Kind::Unnamed | Kind::User => RequestPrincipal::User { account, arn },
        }
    }

    /// The condition keys that follow from who calls.
    pub(super) fn fill<'a>(&'a self, context: &mut RequestContext<'a>) {
        context.set("aws:PrincipalAccount", self.account.to_string());
        let kind = match self.kind {
            Kind::Role => "AssumedRole",
            Kind::Unnamed => return,
            Kind::User => "User",
        };
        context.set("aws:PrincipalType", kind);
        context.set("aws:PrincipalArn", self.arn.as_str());
        if let (Kind::User, Some(name)) = (self.kind, self.arn.rsplit('/').next()) {
            context.set("aws:username", name);
        }
        if let Some(id) = &self.user_id {
            context.set("aws:userid", id.as_str());
        }
        for Tag { key, value } in &self.tags {
            context.set(format!("aws:PrincipalTag/{key}"), value.as_str());
        }
    }
}

const POLICY_SOURCE: Field = Field::new("PolicySourceArn", 20, 2048, Pattern::Any);
const CALLER: Field = Field::new("CallerArn", 1, 2048, Pattern::Any);
