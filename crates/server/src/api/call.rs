use std::cell::RefCell;
use std::sync::Arc;

use arc_swap::Guard;
use bytes::Bytes;
use http::request::Parts;
use rolecall_authority::{
    ApiError, Call, Caller, Connection, Done, Params, Service, State, Watch, handle,
};
use rolecall_identity::{AccessKeyId, RequestId, Timestamp};
use rolecall_sigv4::{
    DecodeBuffer, Dialect, Header, PayloadHash, PresentedAuth, Rejection, Request, Rules, Scratch,
};

use super::error::{in_words_of, refused, rejected};
use super::plane::ApiParts;
use crate::entropy::OsEntropy;
use crate::listen::Peer;

/// A signed call to a query service, as it came.
pub(super) struct QueryCall {
    pub(super) service: Service,
    pub(super) head: Parts,
    pub(super) body: Bytes,
    pub(super) connection: Connection,
    pub(super) now: Timestamp,
    pub(super) behind_seconds: i64,
    pub(super) request_id: RequestId,
}

/// A call that was authenticated and decided.
pub(super) enum Begun {
    /// It changes nothing, and is answered.
    Done(Done),
    /// Its answer is true once its changes are in the log.
    Write {
        /// What it was decided on.
        state: Arc<State>,
        done: Done,
    },
}

/// Who signed, where to, and what for.
pub(super) struct Known {
    pub(super) caller: Option<Arc<Caller>>,
    /// The key it claims to be of, if that is the id of one.
    pub(super) access_key_id: Option<AccessKeyId>,
    pub(super) region: String,
    pub(super) params: Params,
}

impl Known {
    /// Nothing yet: a call without a scope counts as one to the home region.
    pub(super) fn nothing(parts: &ApiParts) -> Self {
        let (region, params) = (parts.home.region.clone(), Params::default());
        Self { caller: None, access_key_id: None, region, params }
    }
}

thread_local! {
    /// Canonical requests are written into one buffer per thread.
    static SCRATCH: RefCell<(Scratch, DecodeBuffer)> = RefCell::default();
}

impl QueryCall {
    /// Authenticates and decides. Nothing here waits.
    pub(super) fn begin(&self, parts: &ApiParts, known: &mut Known) -> Result<Begun, ApiError> {
        known.params = self.params()?;
        let state = parts.ledger.glance();
        let caller = self
            .authenticate(parts, &state, known)
            .map_err(|rejection| rejected(self.service, &rejection, parts.explain))?;
        let caller = known.caller.insert(caller).clone();
        let done = self.decide(parts, &state, &caller, known)?;
        Ok(match done.changes.is_empty() {
            true => Begun::Done(done),
            false => Begun::Write { state: Guard::into_inner(state), done },
        })
    }

    /// Decides again if somebody wrote since, then appends.
    pub(super) async fn write(
        &self,
        parts: &ApiParts,
        known: &Known,
        decided_on: &State,
        mut done: Done,
    ) -> Result<Done, ApiError> {
        let writer = parts.ledger.writer().await;
        let newest = writer.state();
        if newest.position() != decided_on.position() {
            // The caller too is who it is now: its key, its policies, whether it still exists.
            let caller = known.caller.as_ref().and_then(|caller| caller.again(&newest).ok());
            let caller = caller
                .ok_or_else(|| rejected(self.service, &Rejection::TokenInvalid, parts.explain))?;
            done = self.decide(parts, &newest, &caller, known)?;
        }
        let changes = std::mem::take(&mut done.changes);
        writer.append(changes).await.map_err(|error| {
            tracing::error!(%error, source = ?std::error::Error::source(&error), "a write failed");
            refused(500, "ServiceFailure", SERVICE_FAILURE)
        })?;
        Ok(done)
    }

    fn decide(
        &self,
        parts: &ApiParts,
        state: &State,
        caller: &Caller,
        known: &Known,
    ) -> Result<Done, ApiError> {
        let mut call = Call {
            state,
            keyring: &parts.keyring,
            caller,
            connection: &self.connection,
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
            str::from_utf8(&self.body).map_err(|_| malformed("The body is not UTF-8".to_owned()))?
        };
        Params::parse(text).map_err(|error| malformed(error.to_string()))
    }

    fn authenticate(
        &self,
        parts: &ApiParts,
        state: &State,
        known: &mut Known,
    ) -> Result<Arc<Caller>, Rejection> {
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
            known.access_key_id = presented.access_key_id().parse().ok();
            presented.scope().region.clone_into(&mut known.region);
            let rules = Rules::new(Dialect::Query, self.service.scope_name());
            let rules = rules.behind(self.behind_seconds);
            let checked = presented.check(&rules, self.now)?;
            let payload = PayloadHash::of_body(&request, &self.body)?;
            let authenticated = parts.authenticator.authenticate(
                state,
                &parts.keyring,
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
pub(super) fn connection(
    state: &State,
    head: &Parts,
    peer: &Peer,
    watch: Option<Watch>,
) -> Connection {
    let text = |name| {
        let value = head.headers.get(name);
        value.and_then(|value: &http::HeaderValue| value.to_str().ok()).map(str::to_owned)
    };
    let mut networks = state.networks().iter();
    // An endpoint that nobody mapped stands for no VPC, whatever the address.
    let address = peer.address.ip();
    let network = match &peer.endpoint_id {
        Some(id) => networks.find(|network| network.endpoint_id == *id),
        None => networks.find(|network| network.holds(address, LISTENER)),
    };
    Connection {
        peer: address,
        network: network.cloned(),
        secure: false,
        user_agent: text(http::header::USER_AGENT),
        referer: text(http::header::REFERER),
        watch,
    }
}

/// Source: IAM API reference, "Common errors".
const SERVICE_FAILURE: &str = "The request processing has failed because of an unknown error, \
                               exception or failure.";
/// The name of this listener in a seed's networks.
const LISTENER: &str = "api";
