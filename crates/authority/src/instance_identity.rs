use rolecall_identity::{AccountId, Credentials, Entropy, SessionPrincipal, Timestamp};
use rolecall_token::Keyring;

use crate::instance_session::{Delivered, deliver};
use crate::state::{Instance, State};

/// The two key sets by which an instance says which one it is, and may do nothing else.
/// They end together.
///
/// Every instance has them, with or without a profile. Source: EC2 user guide, "Instance identity
/// roles for Amazon EC2 instances"; contract/imds.md section 1.7.
#[derive(Debug, Clone)]
pub struct IdentityCredentials {
    /// The account of the instance.
    pub account: AccountId,
    /// What a fetch without a metadata token gets.
    pub v1: Credentials,
    /// What a fetch with a metadata token gets.
    pub v2: Credentials,
    /// When they were made.
    pub issued_at: Timestamp,
    /// When they end.
    pub expiration: Timestamp,
}

/// Credentials of the instance itself, once for each delivery version.
///
/// `None` for an instance that `state` does not have, for they would be nobody's; or one whose data
/// is not fit for an ARN. Like role credentials they are due when
/// [`ROTATE_SECONDS_BEFORE_END`](crate::ROTATE_SECONDS_BEFORE_END) are left.
pub fn mint_identity_credentials(
    state: &State,
    keyring: &Keyring,
    instance: &Instance,
    now: Timestamp,
    entropy: &mut dyn Entropy,
) -> Option<IdentityCredentials> {
    state.instance(&instance.id).filter(|known| known.account == instance.account)?;
    let principal = SessionPrincipal::Instance { id: instance.id.clone() };
    let Delivered { v1, v2, issued_at, expiration } =
        deliver(keyring, instance, &principal, now, entropy)?;
    Some(IdentityCredentials { account: instance.account, v1, v2, issued_at, expiration })
}

#[cfg(test)]
mod tests {
    use rolecall_identity::{InstanceId, RoleDelivery, SessionClaims};
    use rolecall_policy::{Policy, PolicyKind};

    use super::*;
    use crate::seed::Seed;
    use crate::{
        AccessRequest, ApiError, Call, Caller, CallerError, Connection, Done, Params, Service,
        handle, permit,
    };

    const INSTANCE: &str = "i-0123456789abcdef0";
    const ARN: &str = "arn:aws:sts::123456789012:assumed-role/aws:ec2-instance/i-0123456789abcdef0";

    #[derive(Default)]
    struct Counting(u8);

    impl Entropy for Counting {
        fn fill(&mut self, bytes: &mut [u8]) {
            for byte in bytes {
                self.0 = self.0.wrapping_mul(29).wrapping_add(17);
                *byte = self.0;
            }
        }
    }

    struct World {
        state: State,
        keyring: Keyring,
        entropy: Counting,
    }

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_795_341_600)
    }

    impl World {
        fn of(instance: Option<&str>) -> Self {
            let mut entropy = Counting::default();
            let keyring = Keyring::generate(now(), &mut entropy);
            let instances: Vec<_> =
                instance.iter().map(|id| serde_json::json!({ "id": id })).collect();
            let seed = serde_json::json!({ "account": "123456789012", "instance": instances });
            let seed: Seed = serde_json::from_value(seed).unwrap();
            let mut state = State::default();
            for change in seed.changes(&keyring, now(), &mut entropy).unwrap() {
                state.apply(&change).unwrap();
            }
            Self { state, keyring, entropy }
        }

        fn mint(&mut self) -> IdentityCredentials {
            let instance = self.state.instance(&InstanceId::try_new(INSTANCE).unwrap()).unwrap();
            let (keyring, entropy) = (&self.keyring, &mut self.entropy);
            mint_identity_credentials(&self.state, keyring, instance, now(), entropy).unwrap()
        }

        fn claims(&self, keys: &Credentials) -> SessionClaims {
            let token = keys.session_token.as_ref().unwrap().expose();
            self.keyring.open_session(keys.access_key_id, token, now()).unwrap().claims
        }

        fn caller(&mut self) -> Caller {
            let keys = self.mint().v2;
            Caller::of_session(&self.state, keys.access_key_id, self.claims(&keys)).unwrap()
        }

        fn call(&mut self, service: Service, form: &str) -> Result<Done, ApiError> {
            let caller = self.caller();
            let mut call = Call {
                state: &self.state,
                keyring: &self.keyring,
                caller: &caller,
                connection: &connection(),
                region: "us-east-1",
                now: now(),
                entropy: &mut self.entropy,
            };
            handle(service, &mut call, &Params::parse(form).unwrap())
        }
    }

    fn connection() -> Connection {
        let peer = std::net::Ipv4Addr::LOCALHOST.into();
        Connection {
            peer,
            network: None,
            secure: false,
            user_agent: None,
            referer: None,
            watch: None,
        }
    }

    #[test]
    fn the_key_sets_are_two_and_end_together() {
        let mut world = World::of(Some(INSTANCE));
        let minted = world.mint();
        assert_eq!(minted.account.to_string(), "123456789012");
        assert_ne!(minted.v1.access_key_id, minted.v2.access_key_id);
        let hours = minted.expiration.seconds_since(minted.issued_at) / 3600;
        assert_eq!(hours, 6);
        for (keys, delivery) in [(&minted.v1, RoleDelivery::V1), (&minted.v2, RoleDelivery::V2)] {
            assert_eq!(keys.expiration, Some(minted.expiration));
            let claims = world.claims(keys);
            assert_eq!(claims.not_after, minted.expiration);
            let binding = claims.instance.unwrap();
            assert_eq!((binding.instance_id.as_str(), binding.delivery), (INSTANCE, delivery));
        }
    }

    #[test]
    fn an_instance_knows_itself() {
        let mut world = World::of(Some(INSTANCE));
        let done = world.call(Service::Sts, "Action=GetCallerIdentity").unwrap();
        let texts: Vec<_> = done.output.into_iter().map(|e| (e.name, e.body)).collect();
        let text = |text: &str| crate::Body::Text(text.to_owned());
        let user_id = text("123456789012:aws:ec2-instance:i-0123456789abcdef0");
        let expected = [("UserId", user_id), ("Account", text("123456789012")), ("Arn", text(ARN))];
        assert_eq!(texts, expected);
        let caller = world.caller();
        assert_eq!((caller.principal_arn(), caller.issuer_arn()), (ARN, ARN));
        assert_eq!((caller.principal_type(), caller.user_name()), ("AssumedRole", None));
    }

    /// contract/imds.md row 93.
    #[test]
    fn and_may_do_nothing_else() {
        let mut world = World::of(Some(INSTANCE));
        let (unknown, unrecognized) = (
            ("InvalidClientTokenId", "The security token included in the request is invalid"),
            (
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ),
        );
        for (service, actions, (code, message)) in [
            (
                Service::Sts,
                &["AssumeRole", "GetAccessKeyInfo", "GetFederationToken", "NoSuchOperation"]
                    as &[_],
                unknown,
            ),
            (Service::Iam, &["CreateUser", "GetUser", "ListRoles"], unrecognized),
            (Service::Ec2, &["DescribeRegions", "GetCallerIdentity", "RunInstances"], unrecognized),
        ] {
            for action in actions {
                let refused = world.call(service, &format!("Action={action}")).unwrap_err();
                let told = (refused.code, &*refused.message, refused.status);
                assert_eq!(told, (code, message, 403), "{action}");
            }
        }
    }

    #[test]
    fn no_policy_gives_it_more() {
        let mut world = World::of(Some(INSTANCE));
        let caller = world.caller();
        let document = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"s3:*",
               "Principal":{{"AWS":["*","{ARN}","123456789012"]}},
               "Resource":"arn:aws:s3:::b/*"}}}}"#
        );
        let policy = Policy::parse(PolicyKind::Resource, &document).unwrap();
        let question = AccessRequest {
            state: &world.state,
            caller: &caller,
            connection: &connection(),
            region: "us-east-1",
            now: now(),
            action: "s3:GetObject",
            resource: "arn:aws:s3:::b/k",
            resource_account: Some(caller.account()),
            resource_policy: Some(("b", &policy)),
            keys: &[],
        };
        let denied = permit(&question, ()).unwrap_err();
        assert!(denied.message.starts_with(&format!("User: {ARN} is not authorized")));
    }

    #[test]
    fn an_instance_that_is_not_there_is_nobody() {
        let mut world = World::of(Some(INSTANCE));
        let keys = world.mint().v2;
        let claims = world.claims(&keys);
        let other = World::of(Some("i-00000000000000000"));
        let caller = Caller::of_session(&other.state, keys.access_key_id, claims);
        assert_eq!(caller.unwrap_err(), CallerError::PrincipalGone);
        let instance = world.state.instance(&INSTANCE.parse().unwrap()).unwrap();
        let nobody = World::of(None);
        let (state, entropy) = (&nobody.state, &mut Counting::default());
        assert!(
            mint_identity_credentials(state, &world.keyring, instance, now(), entropy).is_none()
        );
    }
}
