//! The header that a load balancer begins a connection with: read alike whatever follows it, and
//! saying nothing when it is cut short.

#![no_main]

use std::net::SocketAddr;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use proxy_protocol::{HEADER_REST_BYTES_MAX, Proxied};
use tokio::runtime::Runtime;

// By its file: the server's crate would bring its databases along.
#[path = "../../../crates/server/src/proxy_protocol.rs"]
mod proxy_protocol;

fuzz_target!(|bytes: &[u8]| {
    let Some((proxied, length)) = read(bytes) else { return };
    assert!(length <= FIXED + HEADER_REST_BYTES_MAX);
    assert!(
        !matches!(proxied.client, Some(SocketAddr::V6(v6)) if v6.ip().to_ipv4_mapped().is_some())
    );
    assert_eq!(read(&bytes[..length]), Some((proxied, length)));
    for cut in [0, FIXED - 1, length / 2, length - 1] {
        assert_eq!(read(&bytes[..cut]), None, "{cut} of {length}");
    }
});

/// Bytes of every header.
const FIXED: usize = 16;

/// What a header says, and how long it is.
fn read(bytes: &[u8]) -> Option<(Proxied, usize)> {
    let mut rest = bytes;
    let proxied = RUNTIME.block_on(proxy_protocol::read(&mut rest)).ok()?;
    Some((proxied, bytes.len() - rest.len()))
}

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().build().unwrap());
