//! Keys, a document, and the `openssl` command.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use rolecall_attest::{IdentityKeys, IdentityProof};
use rolecall_identity::{Entropy, Timestamp};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// A document as EC2 writes it, all keys there (contract/imds.md section 1.7).
pub(crate) const DOCUMENT: &str = r#"{
  "accountId" : "123456789012",
  "architecture" : "x86_64",
  "availabilityZone" : "us-east-1a",
  "billingProducts" : null,
  "devpayProductCodes" : null,
  "marketplaceProductCodes" : null,
  "imageId" : "ami-0123456789abcdef0",
  "instanceId" : "i-0123456789abcdef0",
  "instanceType" : "t3.micro",
  "kernelId" : null,
  "pendingTime" : "2015-08-30T12:36:00Z",
  "privateIp" : "10.0.0.10",
  "ramdiskId" : null,
  "region" : "us-east-1",
  "version" : "2017-09-30"
}"#;

pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_440_938_160);

/// Keys of a fixed seed, made once for all tests.
pub(crate) static KEYS: LazyLock<IdentityKeys> =
    LazyLock::new(|| IdentityKeys::generate(NOW, &mut Seeded::new(0)).unwrap());

pub(crate) fn proof(document: &str) -> IdentityProof {
    KEYS.sign(document, NOW, &mut Seeded::new(1)).unwrap()
}

/// SHA-256 over a seed and a counter: good enough to find primes, and the same in every run.
pub(crate) struct Seeded {
    seed: u64,
    counter: u64,
}

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, counter: 0 }
    }
}

impl Entropy for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        for piece in bytes.chunks_mut(32) {
            let block = [self.seed.to_be_bytes(), self.counter.to_be_bytes()].concat();
            piece.copy_from_slice(&Sha256::digest(block)[..piece.len()]);
            self.counter += 1;
        }
    }
}

/// A folder to run `openssl` in.
pub(crate) struct Openssl(TempDir);

impl Openssl {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With a file of this content.
    pub(crate) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.path(name), content).unwrap();
        self
    }

    pub(crate) fn run(&self, command_line: &str) -> Output {
        Command::new("openssl")
            .args(command_line.split(' '))
            .current_dir(&self.0)
            .output()
            .expect("`openssl` runs")
    }

    /// What it prints when all is well.
    pub(crate) fn prints(&self, command_line: &str) -> Vec<u8> {
        let output = self.run(command_line);
        assert!(output.status.success(), "openssl {command_line}: {output:?}");
        output.stdout
    }

    fn path(&self, name: &str) -> PathBuf {
        Path::new(self.0.path()).join(name)
    }
}
