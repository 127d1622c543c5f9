use std::sync::Arc;

use rolecall_authority::{AccessRequest, Caller, Denied, permit};
use rolecall_identity::AccountId;
use rolecall_policy::Permitted;
use rolecall_sigv4::{AuthForm, Verified};

use super::arrival::Arrival;
use super::transform::S3Request;

/// What decides about the objects of a store.
pub(crate) struct Access<'a> {
    pub(crate) caller: &'a Verified<Arc<Caller>>,
    pub(crate) arrival: &'a Arrival,
    /// The account that owns every bucket of the store.
    pub(crate) owner: AccountId,
}

/// One action on one resource.
struct Ask {
    action: &'static str,
    bucket: Option<String>,
    resource: String,
}

impl Access<'_> {
    /// Permits a request if everything that its operation needs is allowed.
    pub(crate) fn permit(&self, request: S3Request) -> Result<Permitted<S3Request>, Denied> {
        let (first, more) = asks(&request);
        let keys = self.keys(&request);
        let mut permitted = self.permit_one(&first, &keys, request)?;
        for ask in more {
            permitted = self.permit_one(&ask, &keys, permitted.into_subject())?;
        }
        Ok(permitted)
    }

    /// Permits one key of a `DeleteObjects`.
    pub(crate) fn permit_delete(
        &self,
        request: &S3Request,
        bucket: &str,
        key: String,
    ) -> Result<Permitted<String>, Denied> {
        let ask = ask("s3:DeleteObject", Some(bucket), Some(&key));
        self.permit_one(&ask, &self.keys(request), key)
    }

    /// Whether the caller may know which keys a bucket has: a missing one is 404 for those alone.
    pub(crate) fn may_list(&self, bucket: &str) -> Result<(), Denied> {
        let ask = ask("s3:ListBucket", Some(bucket), None);
        self.permit_one(&ask, &self.common_keys(), ()).map(|_| ())
    }

    fn permit_one<T>(
        &self,
        ask: &Ask,
        keys: &[(&str, String)],
        subject: T,
    ) -> Result<Permitted<T>, Denied> {
        let state = &self.arrival.state;
        let keys: Vec<_> = keys.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let bucket = ask.bucket.as_deref();
        let policy = bucket.and_then(|bucket| Some((bucket, state.bucket_policy(bucket)?)));
        let question = AccessRequest {
            state,
            caller: self.caller.subject(),
            connection: &self.arrival.connection,
            region: self.caller.scope().region,
            now: self.arrival.now,
            action: ask.action,
            resource: &ask.resource,
            resource_account: Some(self.owner),
            resource_policy: policy,
            keys: &keys,
        };
        permit(&question, subject)
    }

    /// The condition keys of every request to S3. Source: contract/gateway.md section 4.1.
    fn common_keys(&self) -> Vec<(&'static str, String)> {
        let mut keys = vec![
            ("s3:ResourceAccount", self.owner.to_string()),
            ("s3:signatureversion", "AWS4-HMAC-SHA256".to_owned()),
            ("s3:authType", auth_type(self.caller.form()).to_owned()),
        ];
        if self.caller.form() == AuthForm::Query {
            let age = self.arrival.now.millis().saturating_sub(self.caller.signed_at().millis());
            keys.push(("s3:signatureAge", age.max(0).to_string()));
        }
        keys
    }

    /// The condition keys that the request has.
    fn keys(&self, request: &S3Request) -> Vec<(&'static str, String)> {
        let mut keys = self.common_keys();
        if self.caller.form() == AuthForm::Header || request.query.declares_payload {
            keys.push(("s3:x-amz-content-sha256", self.caller.payload().header_value()));
        }
        if let Some((bucket, key)) = &request.copy_source {
            keys.push(("s3:x-amz-copy-source", format!("{bucket}/{key}")));
        }
        for (key, parameter) in
            [("s3:prefix", "prefix"), ("s3:delimiter", "delimiter"), ("s3:max-keys", "max-keys")]
        {
            keys.extend(request.query.get(parameter).map(|value| (key, value.to_owned())));
        }
        for (key, header) in HEADER_KEYS {
            keys.extend(request.header(header).map(|value| (*key, value.to_owned())));
        }
        keys
    }
}

/// Everything an operation needs; the first is on what the path names.
fn asks(request: &S3Request) -> (Ask, Vec<Ask>) {
    let (bucket, key) = (request.path.bucket.as_deref(), request.path.key.as_deref());
    let first = ask(request.operation.action(), bucket, key);
    let source = request.copy_source.iter();
    let more = source.map(|(bucket, key)| ask("s3:GetObject", Some(bucket), Some(key))).collect();
    (first, more)
}

fn ask(action: &'static str, bucket: Option<&str>, key: Option<&str>) -> Ask {
    let resource = match (bucket, key) {
        (None, _) => "*".to_owned(),
        (Some(bucket), None) => format!("arn:aws:s3:::{bucket}"),
        (Some(bucket), Some(key)) => format!("arn:aws:s3:::{bucket}/{key}"),
    };
    Ask { action, bucket: bucket.map(str::to_owned), resource }
}

const fn auth_type(form: AuthForm) -> &'static str {
    match form {
        AuthForm::Header => "REST-HEADER",
        AuthForm::Query => "REST-QUERY-STRING",
    }
}

const HEADER_KEYS: &[(&str, &str)] = &[
    ("s3:x-amz-acl", "x-amz-acl"),
    ("s3:x-amz-metadata-directive", "x-amz-metadata-directive"),
    ("s3:x-amz-storage-class", "x-amz-storage-class"),
    ("s3:if-match", "if-match"),
    ("s3:if-none-match", "if-none-match"),
];
