use std::cell::RefCell;
use std::sync::Arc;

use http::request::Parts;
use rolecall_authority::{
    ApiError, Call, Caller, Connection, Done, Params, Service, State, handle,
};
use rolecall_identity::Timestamp;
use rolecall_sigv4::{
    DecodeBuffer, Dialect, Header, PayloadHash, PresentedAuth, Rejection, Request, Rules, Scratch,
};

use super::error::{in_words_of, refused, rejected};
use super::plane::ApiParts;
use crate::entropy::OsEntropy;

/// A signed call to a query service, from its bytes to its outcome.
pub(super) struct QueryCall<'a> {
    pub(super) parts: &'a ApiParts,
    pub(super) service: Service,
    pub(super) head: &'a Parts,
    pub(super) body: &'a [u8],
    pub(super) connection: &'a Connection,
    pub(super) now: Timestamp,
}

/// Who signed, where to, and what for.
#[derive(Default)]
pub(super) struct Known {
    pub(super) caller: Option<Arc<Caller>>,
    pub(super) access_key_id: Option<String>,
    pub(super) region: String,
    pub(super) params: Params,
}

thread_local! {
    /// Canonical requests are written into one buffer per thread.
    static SCRATCH: RefCell<(Scratch, DecodeBuffer)> = RefCell::default();
}

impl QueryCall<'_> {
    /// Authenticates, decides and runs; a write is in the log when this returns.
    pub(super) async fn run(&self, known: &mut Known) -> Result<Done, ApiError> {
        known.params = self.params()?;
        let state = self.parts.ledger.state();
        let caller = self
            .authenticate(&state, known)
            .map_err(|rejection| rejected(self.service, &rejection, self.parts.explain))?;
        let caller = Arc::new(caller);
        known.caller = Some(Arc::clone(&caller));
        let done = self.decide(&state, &caller, known)?;
        if done.changes.is_empty() {
            Ok(done)
        } else {
            self.write(&state, &caller, known, done).await
        }
    }

    /// Decides again if somebody wrote since, then appends.
    async fn write(
        &self,
        decided_on: &State,
        caller: &Caller,
        known: &Known,
        mut done: Done,
    ) -> Result<Done, ApiError> {
        let writer = self.parts.ledger.writer().await;
        let newest = writer.state();
        if newest.position() != decided_on.position() {
            // The caller too is who it is now: its key, its policies, whether it still exists.
            let caller = caller.again(&newest).map_err(|_| {
                let rejection = Rejection::TokenInvalid;
                rejected(self.service, &rejection, self.parts.explain)
            })?;
            done = self.decide(&newest, &caller, known)?;
        }
        let changes = std::mem::take(&mut done.changes);
        writer.append(changes).await.map_err(|error| {
            tracing::error!(%error, source = ?std::error::Error::source(&error), "a write failed");
            refused(500, "ServiceFailure", "The request processing has failed because of an unknown error, exception or failure.")
        })?;
        Ok(done)
    }

    fn decide(&self, state: &State, caller: &Caller, known: &Known) -> Result<Done, ApiError> {
        let mut call = Call {
            state,
            keyring: &self.parts.keyring,
            caller,
            connection: self.connection,
            region: &known.region,
            now: self.now,
            entropy: &mut OsEntropy,
        };
        handle(self.service, &mut call, &known.params)
            .map_err(|error| in_words_of(self.service, error))
    }

    /// Parameters of the body, or of the query when there is no body.
    fn params(&self) -> Result<Params, ApiError> {
        let malformed = |message: String| refused(400, "MalformedQueryString", message);
        let text = if self.body.is_empty() {
            self.head.uri.query().unwrap_or_default()
        } else {
            str::from_utf8(self.body).map_err(|_| malformed("The body is not UTF-8".to_owned()))?
        };
        Params::parse(text).map_err(|error| malformed(error.to_string()))
    }

    fn authenticate(&self, state: &State, known: &mut Known) -> Result<Caller, Rejection> {
        let headers: Vec<Header<'_>> = self
            .head
            .headers
            .iter()
            .map(|(name, value)| Header { name: name.as_str(), value: value.as_bytes() })
            .collect();
        let request = Request {
            method: self.head.method.as_str(),
            path: self.head.uri.path().as_bytes(),
            query: self.head.uri.query().unwrap_or_default().as_bytes(),
            headers: &headers,
        };
        SCRATCH.with_borrow_mut(|(scratch, decoded)| {
            let presented = PresentedAuth::parse(&request, decoded)?;
            known.access_key_id = Some(presented.access_key_id().to_owned());
            presented.scope().region.clone_into(&mut known.region);
            let rules = Rules::new(Dialect::Query, self.service.scope_name());
            let checked = presented.check(&rules, self.now)?;
            let payload = PayloadHash::of_body(&request, self.body)?;
            let authenticated = self.parts.authenticator.authenticate(
                state,
                &self.parts.keyring,
                &checked,
                payload,
                scratch,
                self.now,
            )?;
            Ok(authenticated.caller.into_subject())
        })
    }
}

/// What stands for a connection in decisions: the peer, and the network it is of.
pub(super) fn connection(state: &Arc<State>, head: &Parts, peer: std::net::IpAddr) -> Connection {
    let text = |name| {
        let value = head.headers.get(name);
        value.and_then(|value: &http::HeaderValue| value.to_str().ok()).map(str::to_owned)
    };
    let network = state.networks().iter().find(|network| network.holds(peer, LISTENER));
    Connection {
        peer,
        network: network.cloned(),
        secure: false,
        user_agent: text(http::header::USER_AGENT),
        referer: text(http::header::REFERER),
    }
}

/// The name of this listener in a seed's networks.
const LISTENER: &str = "api";
