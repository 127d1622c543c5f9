//! aws-chunked bodies.
//!
//! The first line is `LENGTH STEP NAME…`: the declared length, how many bytes come at a time, and the
//! trailers that were declared. What follows is a body, and also the payload of one that we sign.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use rolecall_fuzz::signed::{REGION, SIGNER, verified};
use rolecall_fuzz::{Lines, NOW};
use rolecall_sigv4::{
    CHUNK_BYTES_MIN, ChunkError, ChunkSigner, ChunkedDecoder, Dialect, Header, PayloadHash,
    Request, SigningKey, Verified, sign,
};
use sha2::{Digest as _, Sha256};

static PLAIN: LazyLock<Verified<()>> = LazyLock::new(|| upload(false));
static TRAILED: LazyLock<Verified<()>> = LazyLock::new(|| upload(true));

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let mut lines = Lines(bytes);
    let Some(first) = lines.next_text() else { return Corpus::Reject };
    let mut words = first.split(' ');
    let (Some(Ok(length)), Some(Ok(step))) =
        (words.next().map(str::parse::<u64>), words.next().map(str::parse::<usize>))
    else {
        return Corpus::Reject;
    };
    let (step, names, body) = (step.max(1), words.collect::<Vec<_>>(), lines.0);

    let whole = decode(ChunkedDecoder::unsigned(length, &names), body, usize::MAX, length);
    let pieces = decode(ChunkedDecoder::unsigned(length, &names), body, step, length);
    assert_eq!(whole, pieces, "the pieces in which a body comes do not matter");
    if let Ok((payload, trailers)) = &whole {
        assert_eq!(payload.len() as u64, length);
        assert!(
            trailers.iter().all(|(name, _)| names.iter().any(|n| n.eq_ignore_ascii_case(name)))
        );
    }
    for verified in [&*PLAIN, &*TRAILED] {
        let decoder = ChunkedDecoder::signed(verified, key(), length, &names);
        decode(decoder, body, step, length).expect_err("nobody signed this");
    }
    check_signed(body, step);
    Corpus::Keep
});

/// Payload and trailers.
type Decoded = (Vec<u8>, Vec<(String, String)>);

fn decode(
    mut decoder: ChunkedDecoder,
    body: &[u8],
    step: usize,
    length: u64,
) -> Result<Decoded, ChunkError> {
    let mut out = Vec::new();
    for piece in body.chunks(step) {
        let fed = decoder.feed(piece, &mut out);
        assert!(out.len() as u64 <= length, "more than was declared");
        if let Err(error) = fed {
            let _ = error.s3_error();
            assert!(decoder.feed(b"0", &mut out).is_err(), "an error is the end");
            return Err(error);
        }
    }
    Ok((out, decoder.finish()?))
}

/// A payload that we sign comes out as it went in, and no other one of its length.
fn check_signed(payload: &[u8], step: usize) {
    let length = payload.len() as u64;
    let size = (CHUNK_BYTES_MIN as usize).saturating_add(step % 4096);
    for (verified, names) in [(&*PLAIN, &[][..]), (&*TRAILED, &["x-amz-checksum-crc32c"][..])] {
        let framed = frame(verified, payload, size, !names.is_empty());
        let signed = || ChunkedDecoder::signed(verified, key(), length, names);
        let (decoded, trailers) = decode(signed(), &framed, step, length).expect("we signed this");
        assert!(decoded == payload && trailers.len() == names.len());
        let mut changed = framed;
        let at = step % changed.len();
        changed[at] ^= 1 << (step % 7);
        // The digits of a size may be in either case.
        if let Ok((decoded, _)) = decode(signed(), &changed, step, length) {
            assert!(decoded == payload, "a changed body");
        }
    }
}

fn frame(verified: &Verified<()>, payload: &[u8], size: usize, trailer: bool) -> Vec<u8> {
    let mut signer = ChunkSigner::of_verified(verified, key());
    let mut framed = Vec::new();
    for chunk in payload.chunks(size).chain([&[][..]]) {
        let signature = signer.sign_chunk(&Sha256::digest(chunk).into());
        framed.extend(format!("{:x};chunk-signature={signature}\r\n", chunk.len()).bytes());
        framed.extend(chunk);
        framed.extend(if chunk.is_empty() { &b""[..] } else { b"\r\n" });
    }
    if trailer {
        let signature = signer.sign_trailer(b"x-amz-checksum-crc32c:sOO8/Q==\n");
        framed.extend(b"x-amz-checksum-crc32c:sOO8/Q==\r\n");
        framed.extend(format!("x-amz-trailer-signature:{signature}\r\n").bytes());
    }
    framed.extend(b"\r\n");
    framed
}

/// The request that bodies belong to.
fn upload(trailer: bool) -> Verified<()> {
    let payload = PayloadHash::StreamingSigned { trailer };
    let (date, hash) = (NOW.amz_date().to_string(), payload.header_value());
    let mut headers = vec![
        Header { name: "host", value: b"s3.amazonaws.com" },
        Header { name: "x-amz-date", value: date.as_bytes() },
        Header { name: "x-amz-content-sha256", value: hash.as_bytes() },
    ];
    let request = Request { method: "PUT", path: b"/bucket/key", query: b"", headers: &headers };
    let authorization = sign(&request, &payload, &SIGNER, REGION, "s3", NOW).unwrap();
    headers.push(Header { name: "authorization", value: authorization.as_bytes() });
    let request = Request { method: "PUT", path: b"/bucket/key", query: b"", headers: &headers };
    verified(&request, b"", Dialect::S3).unwrap()
}

fn key() -> SigningKey {
    SigningKey::derive(&SIGNER.secret_access_key, &PLAIN.scope())
}
