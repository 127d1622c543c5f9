//! Big objects: multipart uploads, ranged downloads and streamed bodies come back as they were.

use rolecall_testkit::{Client, Clients};
use sha2::{Digest as _, Sha256};

use crate::dev;

const MEBIBYTE: usize = 1024 * 1024;

#[test]
fn multipart_and_streams_of_sdks_come_back_as_they_were() {
    let world = dev(&[]);
    let variables = world.variables_with(&world.administrator());
    let (eleven, twenty) = (digest_line(11), digest_line(20));
    for (client, command, mebibytes, expected) in [
        (Client::Boto3, "multipart", "20", &twenty),
        (Client::Boto3, "stream", "11", &eleven),
        (Client::JavaScript, "multipart", "11", &eleven),
        (Client::JavaScript, "stream", "11", &eleven),
        (Client::Rust, "multipart", "11", &eleven),
        (Client::Rust, "stream", "11", &eleven),
    ] {
        let key = format!("{client:?}-{command}");
        let words = [command, "examplebucket", &key, mebibytes];
        let Some(ran) = Clients::find().run(client, &words, &variables) else { continue };
        assert_eq!((ran.code, ran.text(), &*ran.stderr), (0, expected.clone(), ""), "{key}");
    }
}

#[test]
fn twenty_mebibytes_by_the_command_lines_come_back_as_they_were() {
    let world = dev(&[]);
    let folder = tempfile::tempdir().unwrap();
    let variables = world.variables_with(&world.administrator());
    let sent = pseudo_random_bytes(20 * MEBIBYTE);
    let up = folder.path().join("up");
    std::fs::write(&up, &sent).unwrap();
    for client in Client::COMMAND_LINES {
        let down = folder.path().join(format!("{client:?}"));
        let object = format!("s3://examplebucket/{client:?}");
        for (from, to) in [(up.to_str().unwrap(), &*object), (&*object, down.to_str().unwrap())] {
            let words = ["s3", "cp", from, to, "--no-progress"];
            let Some(ran) = Clients::find().run(client, &words, &variables) else { return };
            assert_eq!((ran.code, &*ran.stderr), (0, ""), "{client:?} {from} {to}");
        }
        assert!(std::fs::read(&down).unwrap() == sent, "{client:?}");
    }
}

/// What the programs print after their transfer.
fn digest_line(mebibytes: usize) -> String {
    let bytes = pseudo_random_bytes(mebibytes * MEBIBYTE);
    format!("sha256 {} {}", hex::encode(Sha256::digest(&bytes)), bytes.len())
}

/// The bytes that the programs send: xorshift64* with seed 42.
fn pseudo_random_bytes(length: usize) -> Vec<u8> {
    let mut state = 42_u64;
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes()
    };
    (0..length / 8).flat_map(|_| next()).collect()
}
