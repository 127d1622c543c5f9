use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd as _;
use std::path::PathBuf;

use rolecall_authority::seed::SeedImds;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use super::instances::Serves;

/// An address of the metadata service.
#[derive(Debug, Clone)]
pub struct ImdsListener {
    /// Where to listen.
    pub address: SocketAddr,
    /// The network interface that connections must come through: `tap0`.
    pub interface: Option<String>,
    /// The network namespace to listen in: `/run/netns/NAME`.
    pub namespace: Option<PathBuf>,
    /// Whom it answers for.
    pub serves: Serves,
    /// What it lets through.
    pub profile: Profile,
    /// Whether a connection may ask again. AWS ends it after each answer; the answer to a token
    /// request always does, because its packets obey the hop limit.
    pub keep_alive: bool,
    /// Whether a token of no lifetime is refused. EC2 gives it out, dead.
    pub strict_ttl: bool,
}

/// What a listener lets through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Profile {
    /// What AWS does.
    #[default]
    Aws,
    /// No proxies, no browsers, no other names than its own and these.
    Hardened {
        /// Further names for `Host`.
        hosts: Vec<String>,
    },
}

impl From<&SeedImds> for ImdsListener {
    fn from(seed: &SeedImds) -> Self {
        let serves = match &seed.instance {
            Some(id) => Serves::Instance(id.clone()),
            None if seed.by_source => Serves::Source,
            None => Serves::First,
        };
        let profile = match seed.hardened {
            true => Profile::Hardened { hosts: seed.hosts.clone() },
            false => Profile::Aws,
        };
        let (interface, namespace) = (seed.interface.clone(), seed.namespace.clone());
        let (address, keep_alive, strict_ttl) = (seed.address, seed.keep_alive, seed.strict_ttl);
        Self { address, interface, namespace, serves, profile, keep_alive, strict_ttl }
    }
}

impl ImdsListener {
    /// A listener on `address` for the world's first instance, as AWS has it.
    pub const fn new(address: SocketAddr) -> Self {
        Self {
            address,
            interface: None,
            namespace: None,
            serves: Serves::First,
            profile: Profile::Aws,
            keep_alive: false,
            strict_ttl: false,
        }
    }
}

/// Binds, on the interface and in the namespace that the listener names.
pub(crate) fn bind(listener: &ImdsListener) -> io::Result<TcpListener> {
    let bound = match &listener.namespace {
        None => open(listener)?,
        Some(path) => {
            let namespace = File::open(path).map_err(|error| {
                let path = path.display();
                io::Error::new(error.kind(), format!("network namespace `{path}`: {error}"))
            })?;
            // A thread is in one namespace; this one ends with its socket made.
            let inside = || {
                let kind = Some(LinkNameSpaceType::Network);
                move_into_link_name_space(namespace.as_fd(), kind)?;
                open(listener)
            };
            std::thread::scope(|scope| scope.spawn(inside).join())
                .unwrap_or_else(|_| Err(io::Error::other("the namespace could not be entered")))?
        }
    };
    TcpListener::from_std(bound.into())
}

fn open(listener: &ImdsListener) -> io::Result<Socket> {
    let address = listener.address;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    if let Some(interface) = &listener.interface {
        socket.bind_device(Some(interface.as_bytes())).map_err(|error| {
            io::Error::new(error.kind(), format!("interface `{interface}`: {error}"))
        })?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket)
}

/// Connections that the kernel holds while all places are taken.
const BACKLOG: i32 = 1024;
