use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

/// Sends the bytes of a request and reads the answer to its end.
pub struct Wire;

/// An answer, its headers in order.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The header lines, as sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A hung server fails the test instead of hanging it.
const TIMEOUT: Duration = Duration::from_secs(20);

impl Wire {
    /// Sends a request to `address` (`HOST:PORT`, or a URL of it) on a connection of its own.
    pub fn send(address: &str, request: &[u8]) -> Reply {
        let mut stream = connect(address).expect("the server listens");
        // A server may answer and stop reading before everything is sent.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        match receive(&mut stream, request, &mut answer) {
            Err(error) if answer.is_empty() => panic!("no answer: {error}"),
            _ => Reply::parse(&answer),
        }
    }

    /// Sends a request from an address of this machine.
    pub fn send_from(source: IpAddr, address: SocketAddr, request: &[u8]) -> Reply {
        let mut stream = connect_from(source, address).expect("the server listens");
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        receive(&mut stream, request, &mut answer).expect("an answer");
        Reply::parse(&answer)
    }

    /// Sends a request that may have no answer: all that comes until the server ends it.
    pub fn send_raw(address: SocketAddr, request: &[u8]) -> Vec<u8> {
        let mut stream = connect(&address.to_string()).expect("the server listens");
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        // A reset is an end, too.
        let _ = stream.read_to_end(&mut answer);
        answer
    }

    /// Sends a request to a server that may be gone, or go away: only a whole answer is one.
    pub fn try_send(address: &str, request: &[u8]) -> io::Result<Reply> {
        let mut stream = connect(address)?;
        stream.write_all(request)?;
        let mut answer = Vec::new();
        receive(&mut stream, request, &mut answer)?;
        if is_whole(&answer, request.starts_with(b"HEAD ")) {
            Ok(Reply::parse(&answer))
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address.trim_start_matches("http://"))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    Ok(stream)
}

fn connect_from(source: IpAddr, address: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.bind(&SocketAddr::new(source, 0).into())?;
    socket.connect(&address.into())?;
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    Ok(stream)
}

/// Reads until the answer is whole, or the server ends it.
fn receive(stream: &mut TcpStream, request: &[u8], answer: &mut Vec<u8>) -> io::Result<()> {
    let head = request.starts_with(b"HEAD ");
    let mut buffer = [0; 65536];
    while !is_whole(answer, head) {
        match stream.read(&mut buffer)? {
            0 => break,
            read => answer.extend_from_slice(&buffer[..read]),
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
    Ok(())
}

/// Whether an answer has all the bytes that its length promises.
fn is_whole(answer: &[u8], head: bool) -> bool {
    let Some(end) = find(answer, b"\r\n\r\n") else { return false };
    let text = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    if head {
        return true;
    }
    let line = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    match line.and_then(|value| value.trim().parse::<usize>().ok()) {
        Some(length) => answer.len() >= end + 4 + length,
        None => text.contains("transfer-encoding: chunked") && answer.ends_with(b"0\r\n\r\n"),
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

impl Reply {
    fn parse(answer: &[u8]) -> Self {
        let end = find(answer, b"\r\n\r\n").unwrap_or(answer.len());
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect();
        let body = answer.get(end + 4..).unwrap_or_default().to_vec();
        Self { status: status.unwrap_or_else(|| panic!("not HTTP: {head:?}")), headers, body }
    }

    /// The first value of a header, its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The text of the first XML element of a name.
    pub fn element(&self, name: &str) -> Option<String> {
        let text = self.text();
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| {
            text.replace("&quot;", "\"")
                .replace("&apos;", "'")
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&")
        })
    }

    /// Code and message of an error document.
    pub fn error(&self) -> (String, String) {
        (self.element("Code").unwrap_or_default(), self.element("Message").unwrap_or_default())
    }
}
