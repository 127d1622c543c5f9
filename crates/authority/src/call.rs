use std::net::IpAddr;

use rolecall_identity::{Entropy, Timestamp};
use rolecall_token::Keyring;

use crate::caller::Caller;
use crate::state::{Account, Network, State};
use crate::watch::Watch;

/// One authenticated call, and all that an operation may look at.
pub struct Call<'a> {
    /// The state to decide on.
    pub state: &'a State,
    /// What seals new sessions.
    pub keyring: &'a Keyring,
    /// Who signed.
    pub caller: &'a Caller,
    /// How the request came.
    pub connection: &'a Connection,
    /// The region of the credential scope.
    pub region: &'a str,
    /// When.
    pub now: Timestamp,
    /// For new ids and keys.
    pub entropy: &'a mut dyn Entropy,
}

/// How a request came.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The peer's address.
    pub peer: IpAddr,
    /// The VPC endpoint that the peer's network stands for.
    pub network: Option<Network>,
    /// Whether the connection is encrypted.
    pub secure: bool,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// The `Referer` header.
    pub referer: Option<String>,
    /// What takes the denials of a service that does not enforce them.
    pub watch: Option<Watch>,
}

impl<'a> Call<'a> {
    /// The caller's account. It exists: its principal was found in it.
    pub(crate) fn account(&self) -> Option<&'a Account> {
        self.state.account(self.caller.account())
    }
}
