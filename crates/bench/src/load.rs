//! Bounded load over plain TCP: bytes that were made before, no more than so many times.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::cpu::median;
use crate::placement::Placement;
use crate::process::cpu_microseconds;

/// A server under load.
pub(crate) struct Load<'a> {
    /// Whose CPU is measured.
    pub(crate) pid: u32,
    /// `HOST:PORT`
    pub(crate) address: &'a str,
    /// The bytes of one request.
    pub(crate) request: &'a [u8],
    /// Connections at a time.
    pub(crate) connections: usize,
    /// Whether the server ends each connection after its answer.
    pub(crate) closes: bool,
    /// Where client and server run.
    pub(crate) placement: Placement,
}

/// What a load cost.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// CPU time of the server.
    pub(crate) microseconds_per_request: f64,
    /// By the clock on the wall: the client takes its part of it.
    pub(crate) requests_per_second: f64,
    /// The longest wait of 99 in 100 requests; the client takes its part of that, too.
    pub(crate) p99_microseconds: f64,
}

impl Load<'_> {
    /// Sends at least `requests` requests; each must be answered 200.
    pub(crate) fn run(&self, requests: usize) -> Cost {
        let waves = requests.div_ceil(self.connections);
        let _placed = self.placement.place(self.pid);
        let (began, before) = (Instant::now(), cpu_microseconds(self.pid));
        let mut streams = if self.closes { Vec::new() } else { self.connect() };
        let mut waits = Vec::with_capacity(waves * self.connections);
        for _ in 0..waves {
            if self.closes {
                streams = self.connect();
            }
            let sent: Vec<Instant> = streams
                .iter_mut()
                .map(|stream| {
                    let at = Instant::now();
                    stream.write_all(self.request).unwrap();
                    at
                })
                .collect();
            for (stream, sent) in streams.iter_mut().zip(sent) {
                read_answer(stream, self.closes);
                waits.push(sent.elapsed());
            }
        }
        waits.sort_unstable();
        let count = (waves * self.connections) as f64;
        Cost {
            microseconds_per_request: (cpu_microseconds(self.pid) - before) / count,
            requests_per_second: count / began.elapsed().as_secs_f64(),
            p99_microseconds: waits[waits.len() * 99 / 100].as_secs_f64() * 1e6,
        }
    }

    fn connect(&self) -> Vec<TcpStream> {
        (0..self.connections)
            .map(|_| {
                let stream = TcpStream::connect(self.address).unwrap();
                stream.set_nodelay(true).unwrap();
                stream.set_read_timeout(Some(TIMEOUT)).unwrap();
                stream
            })
            .collect()
    }
}

/// A server that hangs fails the run instead of hanging it.
const TIMEOUT: Duration = Duration::from_secs(20);

fn read_answer(stream: &mut TcpStream, closes: bool) {
    let (mut buffer, mut filled) = ([0; 16 * 1024], 0);
    loop {
        let read = stream.read(&mut buffer[filled..]).unwrap();
        filled += read;
        let is_whole = if closes { read == 0 } else { is_whole(&buffer[..filled]) };
        if is_whole || read == 0 {
            break;
        }
    }
    let answer = &buffer[..filled];
    assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(answer));
    assert!(is_whole(answer));
}

fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let name = b"content-length: ";
    let mut lines = answer[..end].split(|&byte| byte == b'\n');
    let value = lines.find_map(|line| {
        let (start, value) = line.split_at_checked(name.len())?;
        start.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
    });
    let length: usize = str::from_utf8(value.unwrap()).unwrap().parse().unwrap();
    answer.len() >= end + 4 + length
}

/// Both loads in turn, several times: what each time cost.
pub(crate) fn in_turn(ours: &Load<'_>, floor: &Load<'_>, requests: usize) -> [Vec<Cost>; 2] {
    let mut costs = [Vec::new(), Vec::new()];
    for load in [ours, floor] {
        load.run(requests / 4);
    }
    for _ in 0..ROUNDS {
        costs[0].push(ours.run(requests));
        costs[1].push(floor.run(requests));
    }
    costs
}

/// The medians.
pub(crate) fn middle(costs: &[Cost]) -> Cost {
    let of = |figure: fn(&Cost) -> f64| median(costs.iter().map(figure).collect());
    Cost {
        microseconds_per_request: of(|cost| cost.microseconds_per_request),
        requests_per_second: of(|cost| cost.requests_per_second),
        p99_microseconds: of(|cost| cost.p99_microseconds),
    }
}

const ROUNDS: usize = 7;
