use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use rolecall_identity::Timestamp;
use serde_json::{Value, json};

/// An issuer of service account tokens, as a cluster of Kubernetes is one.
pub struct Issuer {
    key: SigningKey,
    kid: String,
}

/// A pod, and the service account that it acts for.
#[derive(Debug, Clone, Copy)]
pub struct Pod<'a> {
    /// Of both.
    pub namespace: &'a str,
    /// The service account's name.
    pub service_account: &'a str,
    /// The pod's name.
    pub name: &'a str,
    /// The pod's unique id.
    pub uid: &'a str,
}

impl Issuer {
    /// What stands in `iss`.
    pub const URL: &str = "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE";

    /// An issuer with the key of this number, which is not zero.
    pub fn new(number: u8) -> Self {
        Self { key: SigningKey::from_slice(&[number; 32]).unwrap(), kid: format!("key-{number}") }
    }

    /// Its public key, as a key set.
    pub fn jwks(&self) -> String {
        let point = self.key.verifying_key().to_sec1_point(false);
        let encode = |coordinate: Option<&[u8]>| URL_SAFE_NO_PAD.encode(coordinate.unwrap());
        let (x, y) = (point.x().map(AsRef::as_ref), point.y().map(AsRef::as_ref));
        let key = json!({"kty": "EC", "kid": self.kid, "crv": "P-256",
                         "x": encode(x), "y": encode(y)});
        json!({ "keys": [key] }).to_string()
    }

    /// A token of a pod that lives a day.
    pub fn token(&self, pod: &Pod<'_>, now: Timestamp) -> String {
        self.sign(&Self::claims(pod, now))
    }

    /// What such a token says.
    pub fn claims(pod: &Pod<'_>, now: Timestamp) -> Value {
        let (namespace, account) = (pod.namespace, pod.service_account);
        json!({
            "aud": ["pods.eks.amazonaws.com"],
            "exp": now.seconds() + 86_400,
            "iat": now.seconds(),
            "iss": Self::URL,
            "kubernetes.io": {
                "namespace": namespace,
                "pod": { "name": pod.name, "uid": pod.uid },
                "serviceaccount": {
                    "name": account,
                    "uid": "77777777-2222-4333-8444-555555555555",
                },
            },
            "nbf": now.seconds(),
            "sub": format!("system:serviceaccount:{namespace}:{account}"),
        })
    }

    /// A token that says this.
    pub fn sign(&self, claims: &Value) -> String {
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let header = json!({ "alg": "ES256", "kid": self.kid });
        let message = format!("{}.{}", encode(&header), encode(claims));
        let signature: Signature = self.key.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}
