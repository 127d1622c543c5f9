use std::fs::{self, File};
use std::os::fd::AsFd as _;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::process::geteuid;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// A network namespace, made with the command `ip`. It goes when this value does, with its
/// interfaces and those at the other end of them; the machine's own interfaces are never touched.
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// Whether this process can make namespaces: root can, where there is `ip`.
    ///
    /// If not, that is said loudly, and fails the test under `CI=true`.
    pub fn can_be_made() -> bool {
        let Err(why) = Self::add() else { return true };
        assert!(std::env::var_os("CI").is_none(), "{why}");
        eprintln!("SKIPPED: {why}");
        false
    }

    /// A new one, its loopback up.
    #[expect(clippy::new_without_default, reason = "to make one is work, and may fail")]
    pub fn new() -> Self {
        let made = Self::add().unwrap_or_else(|why| panic!("{why}"));
        // Not as the machine has them: here every route is the same both ways, and nobody else has
        // an address that is new.
        made.set("ipv4/conf/all/rp_filter", "1");
        made.set("ipv6/conf/default/accept_dad", "0");
        made.ip("link set lo up");
        made
    }

    fn add() -> Result<Self, String> {
        if !is_root() {
            return Err("network namespaces are for root".to_owned());
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("rolecall-{}-{number}", std::process::id());
        let added = {
            // The first one of a machine mounts the folder of all, and two must not do that.
            let _one_at_a_time = ADD.lock().unwrap_or_else(PoisonError::into_inner);
            Command::new("ip").args(["netns", "add", &name]).output()
        };
        match added {
            Ok(output) if output.status.success() => Ok(Self { name }),
            Ok(output) => {
                Err(format!("no namespaces: {}", String::from_utf8_lossy(&output.stderr)))
            }
            Err(_) => Err("there is no command `ip`: Debian's package iproute2 has it".to_owned()),
        }
    }

    /// The file that stands for it.
    pub fn path(&self) -> PathBuf {
        Path::new("/run/netns").join(&self.name)
    }

    /// Runs `ip` in it, with arguments that have no spaces.
    pub fn ip(&self, arguments: &str) {
        let mut command = Command::new("ip");
        let output = command.args(["-n", &self.name]).args(arguments.split(' ')).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "ip {arguments}: {told}");
    }

    /// Adds addresses to an interface, and sets it up.
    pub fn address(&self, interface: &str, addresses: &[&str]) {
        for address in addresses {
            self.ip(&format!("address add {address} dev {interface}"));
        }
        self.ip(&format!("link set {interface} up"));
    }

    /// Lays a cable: a new interface here, and one there.
    pub fn connect(&self, interface: &str, other: &Self, other_interface: &str) {
        let peer = format!("peer name {other_interface} netns {}", other.name);
        self.ip(&format!("link add name {interface} type veth {peer}"));
    }

    /// Forwards what is not for itself.
    pub fn route_for_others(&self) {
        self.set("ipv4/ip_forward", "1");
        self.set("ipv6/conf/all/forwarding", "1");
    }

    /// Runs a piece of a test in it, on a thread of its own. What that starts is in it, too.
    pub fn inside<T: Send>(&self, piece: impl FnOnce() -> T + Send) -> T {
        let namespace = File::open(self.path()).unwrap();
        let entered = || {
            let kind = Some(LinkNameSpaceType::Network);
            move_into_link_name_space(namespace.as_fd(), kind).expect("root enters a namespace");
            piece()
        };
        std::thread::scope(|scope| scope.spawn(entered).join())
            .unwrap_or_else(|why| resume_unwind(why))
    }

    /// Sets a variable below `/proc/sys/net`, which shows those of whoever looks.
    fn set(&self, name: &str, value: &str) {
        let path = Path::new("/proc/sys/net").join(name);
        self.inside(|| fs::write(&path, value).unwrap_or_else(|why| panic!("{path:?}: {why}")));
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // A test that fails already must not end the process.
        let _ = Command::new("ip").args(["netns", "delete", &self.name]).output();
    }
}

/// Whether this process is root's.
pub fn is_root() -> bool {
    geteuid().is_root()
}

static ADD: Mutex<()> = Mutex::new(());
static NUMBER: AtomicU32 = AtomicU32::new(0);
