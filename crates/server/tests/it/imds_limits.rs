//! What a stranger may send and how long it may take. contract/imds.md section 4, rows 12, 51 to 53
//! and 94.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rolecall_server::{CONNECTIONS_MAX, Profile};
use rolecall_testkit::{Reply, TestWorld, Wire};

const PUT: &str = "PUT /latest/api/token HTTP/1.1\r\nhost: localhost\r\n\
                   x-aws-ec2-metadata-token-ttl-seconds: 60\r\n";

fn start(profile: &Profile) -> TestWorld {
    let seed = include_str!("../../../rolecall/src/development.toml");
    TestWorld::configured(seed, |config| config.profile = profile.clone())
}

/// Every profile, and how many bytes its requests may have.
fn profiles() -> [(Profile, usize); 2] {
    [(Profile::Aws, 16 * 1024), (Profile::Hardened { hosts: Vec::new() }, 8 * 1024)]
}

/// A token request of so many bytes.
fn of_length(bytes: usize) -> String {
    let head = format!("{PUT}x-pad: ");
    format!("{head}{}\r\n\r\n", "a".repeat(bytes - head.len() - 4))
}

fn send(world: &TestWorld, request: &str) -> Reply {
    Wire::send(&world.imds(), request.as_bytes())
}

/// Sends a request in two pieces, the second when the first was surely read: the server would
/// answer it if it were whole.
fn send_in_pieces(world: &TestWorld, request: &str, at: usize) -> Vec<u8> {
    let mut stream = connect(world.settings().addresses.imds);
    stream.set_nodelay(true).unwrap();
    let (first, second) = request.split_at(at);
    stream.write_all(first.as_bytes()).unwrap();
    nothing_comes(&mut stream);
    let _ = stream.write_all(second.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// The connection is open, and silent for a moment.
fn nothing_comes(stream: &mut TcpStream) {
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let error = stream.read(&mut [0]).expect_err("an answer came");
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
}

fn is_too_large(reply: &Reply) {
    assert_eq!((reply.status, reply.body.len()), (431, 0));
    assert_eq!(reply.header("connection"), Some("close"));
}

#[test]
fn a_request_head_has_a_largest_size() {
    for (profile, most) in profiles() {
        let world = start(&profile);
        assert_eq!(send(&world, &of_length(most)).status, 200, "{profile:?}");
        is_too_large(&send(&world, &of_length(most + 1)));
        // In whatever pieces it comes.
        for at in [100, most / 2 + 1, most - 1] {
            let answer = send_in_pieces(&world, &of_length(most), at);
            assert!(answer.starts_with(b"HTTP/1.1 200 "), "{profile:?}, {at}");
            let answer = send_in_pieces(&world, &of_length(most + 1), at);
            assert!(answer.starts_with(b"HTTP/1.1 431 "), "{profile:?}, {at}");
        }
        let long = "a".repeat(most);
        is_too_large(&send(&world, &format!("GET /{long} HTTP/1.1\r\nhost: localhost\r\n\r\n")));
    }
}

#[test]
fn a_request_has_sixty_four_headers_at_most() {
    for (profile, _) in profiles() {
        let world = start(&profile);
        let with = |further: usize| {
            let headers: String = (0..further).map(|n| format!("x-{n}: 1\r\n")).collect();
            send(&world, &format!("{PUT}{headers}\r\n"))
        };
        assert_eq!(with(62).status, 200, "two are there already");
        is_too_large(&with(63));
    }
}

#[test]
fn the_body_of_a_token_request_is_ignored() {
    let world = TestWorld::start();
    for (length, body) in [
        (0, String::new()),
        (5, "hello".to_owned()),
        (1024, "a".repeat(1024)),
        // Promised and not sent: nobody waits for it.
        (1_000_000, String::new()),
    ] {
        let reply = send(&world, &format!("{PUT}content-length: {length}\r\n\r\n{body}"));
        assert_eq!((reply.status, reply.body.len()), (200, 56), "{length}");
    }
}

#[test]
fn what_is_no_http_ends_the_connection() {
    let world = TestWorld::start();
    let address = world.settings().addresses.imds;
    for bytes in [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], b"hello\r\n\r\n"] {
        let mut stream = connect(address);
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400 "), "{answer:?}");
    }
    assert_eq!(world.metadata("meta-data/instance-id").status, 200);
}

#[test]
fn a_header_that_never_ends_ends_the_connection() {
    let world = TestWorld::start();
    let mut stream = connect(world.settings().addresses.imds);
    let began = Instant::now();
    stream.write_all(PUT.as_bytes()).unwrap();
    // A byte now and then does not buy more time.
    let mut dripping = stream.try_clone().unwrap();
    let drip = std::thread::spawn(move || {
        while dripping.write_all(b"a").is_ok() {
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let took = began.elapsed();
    assert!(!answer.starts_with(b"HTTP/1.1 200"), "{answer:?}");
    assert!((Duration::from_secs(4)..Duration::from_secs(8)).contains(&took), "{took:?}");
    drip.join().unwrap();
}

#[test]
fn connections_in_excess_wait_and_are_answered() {
    let world = TestWorld::start();
    let address = world.settings().addresses.imds;
    // More than the listener takes at a time: some say nothing, the last ask.
    let silent: Vec<TcpStream> = (0..CONNECTIONS_MAX).map(|_| connect(address)).collect();
    let mut waiting: Vec<TcpStream> = (0..8).map(|_| connect(address)).collect();
    for stream in &mut waiting {
        stream.write_all(format!("{PUT}\r\n").as_bytes()).unwrap();
    }
    nothing_comes(&mut waiting[0]);
    drop(silent);
    for mut stream in waiting {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
}
