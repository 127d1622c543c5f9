use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use sha1::Sha1;
use sha2::Sha256;

use crate::s3::S3Error;

/// The checksums that a request declares, computed side by side while its body streams.
///
/// Source: S3 user guide, "Checking object integrity".
#[derive(Default)]
pub(crate) struct Checksums {
    running: Vec<Running>,
}

struct Running {
    algorithm: Algorithm,
    state: State,
    /// What the client says, in base64; `None` while it is to come as a trailer.
    declared: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    ContentMd5,
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

enum State {
    Crc32(crc32fast::Hasher),
    Crc32c(u32),
    Crc64Nvme(crc64fast_nvme::Digest),
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Checksums {
    /// Adds a checksum declared in a header. Other headers are none.
    pub(crate) fn declare(&mut self, header: &str, value: &str) {
        if let Some(algorithm) = Algorithm::of_header(header) {
            self.running.push(Running::new(algorithm, Some(value.to_owned())));
        }
    }

    /// Adds a checksum whose value comes as a trailer.
    pub(crate) fn announce(&mut self, trailer: &str) {
        if let Some(algorithm) = Algorithm::of_header(trailer) {
            self.running.push(Running::new(algorithm, None));
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.running.iter_mut().for_each(|running| running.state.update(bytes));
    }

    /// Compares all of them; `trailers` bring the values that were announced.
    pub(crate) fn check(self, trailers: &[(String, String)]) -> Result<(), S3Error> {
        for running in self.running {
            let algorithm = running.algorithm;
            let trailer = trailers.iter().find(|(name, _)| name == algorithm.header());
            let declared = running.declared.or_else(|| trailer.map(|(_, value)| value.clone()));
            if declared.as_deref() != Some(&running.state.finish()) {
                return Err(algorithm.mismatch());
            }
        }
        Ok(())
    }
}

impl Running {
    fn new(algorithm: Algorithm, declared: Option<String>) -> Self {
        let state = match algorithm {
            Algorithm::ContentMd5 => State::Md5(Md5::new()),
            Algorithm::Crc32 => State::Crc32(crc32fast::Hasher::new()),
            Algorithm::Crc32c => State::Crc32c(0),
            Algorithm::Crc64Nvme => State::Crc64Nvme(crc64fast_nvme::Digest::new()),
            Algorithm::Sha1 => State::Sha1(Sha1::new()),
            Algorithm::Sha256 => State::Sha256(Sha256::new()),
        };
        Self { algorithm, state, declared }
    }
}

impl State {
    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc32(hasher) => hasher.update(bytes),
            Self::Crc32c(sum) => *sum = crc32c::crc32c_append(*sum, bytes),
            Self::Crc64Nvme(digest) => digest.write(bytes),
            Self::Md5(hasher) => hasher.update(bytes),
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
        }
    }

    fn finish(self) -> String {
        match self {
            Self::Crc32(hasher) => STANDARD.encode(hasher.finalize().to_be_bytes()),
            Self::Crc32c(sum) => STANDARD.encode(sum.to_be_bytes()),
            Self::Crc64Nvme(digest) => STANDARD.encode(digest.sum64().to_be_bytes()),
            Self::Md5(hasher) => STANDARD.encode(hasher.finalize()),
            Self::Sha1(hasher) => STANDARD.encode(hasher.finalize()),
            Self::Sha256(hasher) => STANDARD.encode(hasher.finalize()),
        }
    }
}

impl Algorithm {
    const ALL: [Self; 6] =
        [Self::ContentMd5, Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    fn of_header(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.header() == name)
    }

    const fn header(self) -> &'static str {
        match self {
            Self::ContentMd5 => "content-md5",
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    fn mismatch(self) -> S3Error {
        let message = match self {
            Self::ContentMd5 => {
                "The Content-MD5 you specified did not match what we received.".to_owned()
            }
            _ => {
                let name = self.header().trim_start_matches("x-amz-checksum-").to_uppercase();
                format!("The {name} you specified did not match the calculated checksum.")
            }
        };
        S3Error::new(400, "BadDigest", message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of "123456789", of each algorithm's own documentation.
    const CHECKS: [(&str, &str); 6] = [
        ("content-md5", "JfnnlDI7RTiF9RgfG2JNCw=="),
        ("x-amz-checksum-crc32", "y/Q5Jg=="),
        ("x-amz-checksum-crc32c", "4waSgw=="),
        ("x-amz-checksum-crc64nvme", "rosUhgp5mIg="),
        ("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="),
        ("x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
    ];

    fn of(bytes: &[u8], header: &str, value: &str, trailers: &[(String, String)]) -> bool {
        let mut checksums = Checksums::default();
        if trailers.is_empty() {
            checksums.declare(header, value);
        } else {
            checksums.announce(header);
        }
        bytes.chunks(4).for_each(|chunk| checksums.update(chunk));
        checksums.check(trailers).is_ok()
    }

    #[test]
    fn known_values_agree_and_others_do_not() {
        for (header, value) in CHECKS {
            let trailer = [(header.to_owned(), value.to_owned())];
            assert!(of(b"123456789", header, value, &[]), "{header}");
            assert!(of(b"123456789", header, "", &trailer), "{header} as a trailer");
            assert!(!of(b"123456780", header, value, &[]), "{header}");
            assert!(!of(b"123456789", header, "AAAA", &[]), "{header}");
        }
    }

    #[test]
    fn an_announced_checksum_must_come() {
        let mut checksums = Checksums::default();
        checksums.announce("x-amz-checksum-crc32");
        assert!(checksums.check(&[]).is_err());
    }
}
