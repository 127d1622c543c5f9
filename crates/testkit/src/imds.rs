use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::wire::{Reply, Wire};

/// A metadata service, and the address it is asked from.
#[derive(Debug, Clone, Copy)]
pub struct Imds {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where the questions come from; wherever the kernel says, if it is not set.
    pub source: Option<IpAddr>,
}

impl Imds {
    /// The service at an address.
    pub const fn at(address: SocketAddr) -> Self {
        Self { address, source: None }
    }

    /// The same, asked from `127.0.0.N`.
    #[must_use]
    pub const fn from_loopback(self, last: u8) -> Self {
        Self { source: Some(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last))), ..self }
    }

    /// Sends a request with these headers, each of a line.
    pub fn ask(&self, method: &str, target: &str, headers: &[&str]) -> Reply {
        let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        let host =
            if headers.iter().any(|line| is_host(line)) { "" } else { "host: localhost\r\n" };
        let request = format!("{method} {target} HTTP/1.1\r\n{host}{lines}\r\n");
        match self.source {
            Some(source) => Wire::send_from(source, self.address, request.as_bytes()),
            None => Wire::send(&self.address.to_string(), request.as_bytes()),
        }
    }

    /// The answer to a request for a token of a minute.
    pub fn put_token(&self) -> Reply {
        self.ask("PUT", TOKEN_TARGET, &[TOKEN_TTL])
    }

    /// A token.
    pub fn token(&self) -> String {
        let reply = self.put_token();
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.text()
    }

    /// Reads a path below `/latest/` with a token.
    pub fn read_with(&self, path: &str, token: &str) -> Reply {
        let header = format!("x-aws-ec2-metadata-token: {token}");
        self.ask("GET", &format!("/latest/{path}"), &[&header])
    }

    /// Reads a path below `/latest/` with a token of its own.
    pub fn read(&self, path: &str) -> Reply {
        // Where there are no tokens, the read tells why.
        self.read_with(path, &self.put_token().text())
    }
}

fn is_host(line: &str) -> bool {
    line.to_ascii_lowercase().starts_with("host:")
}

const TOKEN_TARGET: &str = "/latest/api/token";
const TOKEN_TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds: 60";
