//! Who is trusted with a role, or by a service's name.

use super::Scope;
use crate::lint::view::Word;
use crate::lint::{Code, Finding, Kind};
use crate::operator::Family;
use crate::principal::{Principal, PrincipalKind};

pub(super) fn findings(scope: &Scope<'_, '_>) -> Vec<Finding> {
    let statement = scope.statement;
    if !statement.allows {
        return Vec::new();
    }
    let of_principal = |&(kind, word): &(PrincipalKind, Word<'_>)| match kind {
        PrincipalKind::Aws if scope.kind == Kind::Trust => {
            wildcard(scope, word).or_else(|| account(scope, word))
        }
        PrincipalKind::Federated if scope.kind == Kind::Trust => federated(scope, word),
        PrincipalKind::Service => deputy(scope, word),
        _ => None,
    };
    statement.principal_values().iter().filter_map(of_principal).collect()
}

fn wildcard(scope: &Scope<'_, '_>, word: Word<'_>) -> Option<Finding> {
    let narrowed = scope.statement.conditions.iter().any(|condition| condition.narrows());
    (word.text == "*" && !narrowed).then(|| {
        let message = "every account of the world may assume the role";
        Finding::new(Code::WildcardTrust, word.span, message)
            .hint("name the accounts, roles or services that are trusted")
    })
}

fn account(scope: &Scope<'_, '_>, word: Word<'_>) -> Option<Finding> {
    let principal = Principal::parse(PrincipalKind::Aws, word.text)?;
    let unconditional = scope.statement.conditions.is_empty();
    (matches!(principal, Principal::Account(_)) && unconditional).then(|| {
        let message = "whomever the account's administrators choose may assume the role";
        Finding::new(Code::AccountTrust, word.span, message).hint(
            "name the role or user, or add a condition: `sts:ExternalId` for somebody else's \
             account, `aws:PrincipalArn` for your own",
        )
    })
}

fn federated(scope: &Scope<'_, '_>, word: Word<'_>) -> Option<Finding> {
    let tells = |key: &str| {
        let key = key.to_ascii_lowercase();
        key.starts_with("saml:") || CLAIMS.iter().any(|claim| key.ends_with(claim))
    };
    let asked = scope.statement.conditions.iter().any(|condition| {
        tells(condition.key.text)
            && condition.needs_key()
            && condition.operator.family != Family::Null
    });
    (!asked).then(|| {
        let message = format!("everybody whom `{}` knows may assume the role", word.text);
        Finding::new(Code::FederatedTrust, word.span, message)
            .hint("add conditions on the claims, such as `HOST:aud` and `HOST:sub`, or `saml:aud`")
    })
}

fn deputy(scope: &Scope<'_, '_>, word: Word<'_>) -> Option<Finding> {
    let protected = scope.statement.conditions.iter().any(|condition| {
        let key = condition.key.text;
        condition.needs_key() && PROTECTING.iter().any(|known| known.eq_ignore_ascii_case(key))
    });
    let service = word.text.split('.').next().unwrap_or_default();
    let own = scope.kind == Kind::Trust && OWN_USE.contains(&service);
    let applies = matches!(scope.kind, Kind::Resource | Kind::Trust) && !own && !protected;
    applies.then(|| {
        let message = format!("`{}` may be made to use this for somebody else", word.text);
        Finding::new(Code::ConfusedDeputy, word.span, message)
            .hint("add a condition on `aws:SourceArn` or `aws:SourceAccount`")
    })
}

/// Claims that tell one subject of a provider from another.
const CLAIMS: [&str; 5] = [":amr", ":aud", ":azp", ":id", ":sub"];

/// Keys that say for whom a service acts.
const PROTECTING: [&str; 5] = [
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "sts:ExternalId",
];

/// Services that hand a role to what runs in its own account, after `iam:PassRole` was asked.
const OWN_USE: [&str; 6] = ["ec2", "ecs", "ecs-tasks", "eks", "lambda", "pods"];
