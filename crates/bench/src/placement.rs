use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Which CPUs a client and its server run on.
///
/// With one connection either waits while the other works, and whether the kernel puts both on one
/// CPU or wakes a second one for each message makes 7 or 70 µs of a request. Left to itself it
/// changes its mind a few times a second, which says nothing about a server.
#[derive(Clone, Copy)]
pub(crate) enum Placement {
    /// Wherever the kernel puts them.
    Anywhere,
    /// Both on one CPU.
    Together,
    /// Each on a CPU of its own.
    Apart,
}

/// Puts the calling thread back where it may run when it is dropped.
pub(crate) struct Placed(CpuSet);

impl Placement {
    /// Puts the calling thread and all threads of a server in their places.
    ///
    /// # Panics
    ///
    /// If there are fewer CPUs than places.
    pub(crate) fn place(self, server: u32) -> Placed {
        let all = sched_getaffinity(None).unwrap();
        let mut each = (0..CpuSet::MAX_CPU).filter(|&cpu| all.is_set(cpu)).map(only);
        let (client_place, server_place) = match self {
            Self::Anywhere => (all, all),
            Self::Together => {
                let cpu = each.next().unwrap();
                (cpu, cpu)
            }
            Self::Apart => (each.next().unwrap(), each.next().expect("a second CPU")),
        };
        for thread in std::fs::read_dir(format!("/proc/{server}/task")).unwrap() {
            let id = thread.unwrap().file_name().to_str().unwrap().parse().unwrap();
            sched_setaffinity(Pid::from_raw(id), &server_place).unwrap();
        }
        sched_setaffinity(None, &client_place).unwrap();
        Placed(all)
    }
}

impl Drop for Placed {
    fn drop(&mut self) {
        sched_setaffinity(None, &self.0).unwrap();
    }
}

fn only(cpu: usize) -> CpuSet {
    let mut set = CpuSet::new();
    set.set(cpu);
    set
}
