//! Contract section 3: AWS's worked example in both forms, and each way to break a chunked body.

use rolecall_identity::Timestamp;
use rolecall_sigv4::*;
use sha2::{Digest, Sha256};

use crate::support::{Endpoint, Sent};

const CHUNKS: [&str; 3] = [
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
];
const TRAILER_CHUNKS: [&str; 3] = [
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
];
const TRAILER: &str = "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:\
    d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n";
const NAMES: &[&str] = &["x-amz-checksum-crc32c"];
const LENGTH: u64 = 66_560;

fn endpoint() -> Endpoint {
    let mut endpoint = Endpoint::new("s3");
    endpoint.secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned();
    endpoint.now = Timestamp::parse_amz_date("20130524T000000Z").unwrap();
    endpoint
}

/// The request of the example, signed and verified.
fn verified(trailer: bool) -> Verified<()> {
    let mut request = Sent::new("PUT", "/examplebucket/chunkObject.txt")
        .header("content-encoding", "aws-chunked")
        .header("x-amz-decoded-content-length", "66560")
        .header("x-amz-storage-class", "REDUCED_REDUNDANCY");
    request.set("host", "s3.amazonaws.com");
    match trailer {
        true => request.set("x-amz-trailer", NAMES[0]),
        false => request.set("content-length", "66824"),
    }
    let signed = endpoint().sign_payload(&request, PayloadHash::StreamingSigned { trailer });
    endpoint().verify(&signed).unwrap()
}

fn decoder(trailer: bool) -> ChunkedDecoder {
    let verified = verified(trailer);
    let endpoint = endpoint().credentials();
    let key = SigningKey::derive(&endpoint.secret_access_key, &verified.scope());
    ChunkedDecoder::signed(&verified, key, LENGTH, NAMES)
}

/// A signed frame around bytes of `a`.
fn frame(size: usize, signature: &str) -> String {
    let data = "a".repeat(size);
    let end = if size == 0 { "" } else { "\r\n" };
    format!("{size:x};chunk-signature={signature}\r\n{data}{end}")
}

fn body(signatures: [&str; 3], trailer: &str) -> String {
    let [first, second, last] = signatures;
    let frames = [frame(65_536, first), frame(1024, second), frame(0, last)].concat();
    format!("{frames}{trailer}\r\n")
}

fn plain() -> String {
    body(CHUNKS, "")
}

fn trailed() -> String {
    body(TRAILER_CHUNKS, TRAILER)
}

/// The payload and the trailers of a body.
type Decoded = (Vec<u8>, Vec<(String, String)>);

/// Feeds a body in pieces of `step` bytes: the payload and the trailers.
fn decode(mut decoder: ChunkedDecoder, body: &str, step: usize) -> Result<Decoded, ChunkError> {
    let mut out = Vec::new();
    for piece in body.as_bytes().chunks(step) {
        decoder.feed(piece, &mut out)?;
    }
    Ok((out, decoder.finish()?))
}

fn code(trailer: bool, body: &str) -> &'static str {
    decode(decoder(trailer), body, 4096).unwrap_err().s3_error().code
}

#[test]
fn the_seeds_are_awss() {
    for (trailer, seed) in [
        (false, "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"),
        (true, "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"),
    ] {
        assert_eq!(verified(trailer).seed().to_string(), seed);
    }
}

#[test]
fn the_worked_example_in_pieces_of_every_kind() {
    for step in [1, 2, 3, 7, 1000, 65_536, 100_000] {
        let (payload, trailers) = decode(decoder(false), &plain(), step).unwrap();
        assert!(payload.len() as u64 == LENGTH && payload.iter().all(|&byte| byte == b'a'));
        assert_eq!(trailers, []);
        let (payload, trailers) = decode(decoder(true), &trailed(), step).unwrap();
        assert_eq!(payload.len() as u64, LENGTH);
        assert_eq!(trailers, [("x-amz-checksum-crc32c".to_owned(), "sOO8/Q==".to_owned())]);
    }
}

#[test]
fn a_chunk_is_held_back_until_it_is_verified() {
    let (mut decoder, mut out) = (decoder(false), Vec::new());
    let body = plain();
    let first = frame(65_536, CHUNKS[0]).len();
    decoder.feed(&body.as_bytes()[..first - 3], &mut out).unwrap();
    assert_eq!(out.len(), 0);
    decoder.feed(&body.as_bytes()[first - 3..first], &mut out).unwrap();
    assert_eq!(out.len(), 65_536);
}

#[test]
fn chunks_that_were_moved_or_changed_are_refused() {
    let [first, second, last] = CHUNKS;
    let (big, small, end) = (frame(65_536, first), frame(1024, second), frame(0, last));
    let mismatch = "SignatureDoesNotMatch";
    assert_eq!(code(false, &[&small, &big, &end, "\r\n"].map(|s| s as &str).concat()), mismatch);
    assert_eq!(code(false, &plain().replacen('a', "b", 70)), "IncompleteBody");
    assert_eq!(code(false, &plain().replace("aaaa\r\n400", "aaab\r\n400")), mismatch);
    assert_eq!(code(false, &plain().replace(last, first)), mismatch);
    assert_eq!(code(false, &plain().replace(first, &first.to_uppercase())), mismatch);
    assert_eq!(code(false, &plain().replace(&format!(";chunk-signature={first}"), "")), mismatch);
    assert_eq!(code(false, &plain().replace(first, "")), mismatch);
    assert_eq!(code(false, &plain().replace("chunk-signature", "signature")), "IncompleteBody");
}

#[test]
fn bodies_that_end_elsewhere_are_refused() {
    let body = plain();
    let end = frame(0, CHUNKS[2]);
    for cut in [0, 1, 100, 65_700, body.len() - end.len() - 2, body.len() - 2, body.len() - 1] {
        assert_eq!(code(false, &body[..cut]), "IncompleteBody", "{cut}");
    }
    assert_eq!(code(false, &format!("{body}x")), "IncompleteBody");
    assert_eq!(code(false, &format!("{body}\r\n")), "IncompleteBody");
    // The final chunk too early: 1024 bytes are missing.
    let early = [frame(65_536, CHUNKS[0]), frame(0, CHUNKS[2])].concat() + "\r\n";
    assert_eq!(code(false, &early), "IncompleteBody");
}

#[test]
fn sizes_that_are_none_are_refused() {
    for bad in ["", "-1", "+10", "0x10", " 10", "1g", "fffffffffffffffff"] {
        let body = plain().replacen("10000;", &format!("{bad};"), 1);
        assert_eq!(code(false, &body), "IncompleteBody", "{bad}");
    }
    for bad in ["10401", "1000001", "ffffffffffffffff"] {
        let body = plain().replacen("10000;", &format!("{bad};"), 1);
        assert_eq!(code(false, &body), "InvalidChunkSizeError", "{bad}");
    }
    let long = format!("{};", "0".repeat(CHUNK_LINE_BYTES_MAX + 10));
    assert_eq!(code(false, &long), "IncompleteBody");
}

#[test]
fn trailers_are_exactly_the_declared_ones() {
    let body = trailed();
    let line = "x-amz-checksum-crc32c:sOO8/Q==\r\n";
    assert_eq!(code(true, &body.replace("sOO8", "sOO9")), "SignatureDoesNotMatch");
    assert_eq!(code(true, &body.replace(line, "")), "MalformedTrailerError");
    assert_eq!(code(true, &body.replace(line, &line.repeat(2))), "MalformedTrailerError");
    let other = body.replace(line, &format!("x-amz-meta-q:1\r\n{line}"));
    assert_eq!(code(true, &other), "MalformedTrailerError");
    let no_colon = body.replace(line, "x-amz-checksum-crc32c\r\n");
    assert_eq!(code(true, &no_colon), "MalformedTrailerError");
    let unsigned = body.replace(TRAILER, line);
    assert_eq!(code(true, &unsigned), "SignatureDoesNotMatch");
    let after = body.replace(TRAILER, &format!("{TRAILER}x-amz-checksum-crc32c:sOO8/Q==\r\n"));
    assert_eq!(code(true, &after), "MalformedTrailerError");
    let (checksum, signature) = TRAILER.split_at(line.len());
    let reversed = body.replace(TRAILER, &format!("{signature}{checksum}"));
    assert_eq!(code(true, &reversed), "MalformedTrailerError");
    assert_eq!(code(true, &body[..body.len() - 2]), "IncompleteBody");
    // Trailers after a body that was not declared with any.
    assert_eq!(code(false, &body_with_trailer()), "MalformedTrailerError");
}

fn body_with_trailer() -> String {
    body(CHUNKS, "x-amz-checksum-crc32c:sOO8/Q==\r\n")
}

/// What JS v3 sends inside HTTP chunked: contract section 3.
#[test]
fn unsigned_chunks_pass_as_they_come() {
    let data = "a".repeat(70_000);
    let body = format!("11170\r\n{data}\r\n0\r\nx-amz-checksum-crc32:EiniBA==\r\n\r\n");
    let names = ["x-amz-checksum-crc32"];
    for step in [1, 100, 100_000] {
        let (payload, trailers) =
            decode(ChunkedDecoder::unsigned(70_000, &names), &body, step).unwrap();
        assert_eq!(payload.len(), 70_000);
        assert_eq!(trailers, [("x-amz-checksum-crc32".to_owned(), "EiniBA==".to_owned())]);
    }
    let refused = |length, names: &[&str], body: &str| {
        let decoded = decode(ChunkedDecoder::unsigned(length, names), body, 4096);
        decoded.unwrap_err().s3_error().code
    };
    assert_eq!(refused(70_001, &names, &body), "IncompleteBody");
    assert_eq!(refused(69_999, &names, &body), "InvalidChunkSizeError");
    assert_eq!(refused(70_000, &[], &body), "MalformedTrailerError");
    assert_eq!(refused(70_000, &names, &body[..body.len() - 1]), "IncompleteBody");
    assert_eq!(refused(70_000, &names, &format!("{body}x")), "IncompleteBody");
    let (mut decoder, mut out) = (ChunkedDecoder::unsigned(70_000, &names), Vec::new());
    decoder.feed(b"11170\r\naaa", &mut out).unwrap();
    assert_eq!(out, b"aaa");
}

/// A body of chunks with any sizes, signed by our own chain.
fn signed_body(sizes: &[usize]) -> (ChunkedDecoder, String) {
    let (endpoint, length) = (endpoint(), sizes.iter().sum::<usize>());
    let payload = PayloadHash::StreamingSigned { trailer: false };
    let signed = endpoint.sign_payload(&Sent::new("PUT", "/b/k"), payload);
    let verified = endpoint.verify(&signed).unwrap();
    let secret = endpoint.credentials().secret_access_key;
    let key = SigningKey::derive(&secret, &verified.scope());
    let mut signer = ChunkSigner::of_verified(&verified, key.clone());
    let mut body = String::new();
    for &size in sizes.iter().chain([&0]) {
        let signature = signer.sign_chunk(&Sha256::digest("a".repeat(size)).into());
        body += &frame(size, &signature.to_string());
    }
    (ChunkedDecoder::signed(&verified, key, length as u64, &[]), body + "\r\n")
}

#[test]
fn chunks_at_the_limits_and_one_past_them() {
    let (min, max) = (CHUNK_BYTES_MIN as usize, CHUNK_BYTES_MAX as usize);
    for (sizes, expected) in [
        (vec![], Ok(0)),
        (vec![1], Ok(1)),
        (vec![min, 1], Ok(min + 1)),
        (vec![max], Ok(max)),
        (vec![min, min - 1, 1], Err(ChunkError::ChunkTooSmall { chunk: 2, size: min as u64 - 1 })),
        (vec![max + 1], Err(ChunkError::ChunkTooLarge { chunk: 1, size: max as u64 + 1 })),
    ] {
        let (decoder, body) = signed_body(&sizes);
        let decoded = decode(decoder, &body, 1 << 20).map(|(payload, _)| payload.len());
        assert_eq!(decoded, expected, "{sizes:?}");
    }
    let small = ChunkError::ChunkTooSmall { chunk: 2, size: 8191 }.s3_error();
    assert_eq!(small.code, "InvalidChunkSizeError");
    assert_eq!(small.extra, [("Chunk", "2".to_owned()), ("BadChunkSize", "8191".to_owned())]);
}

#[test]
fn trailer_bytes_at_the_limit_and_one_past_it() {
    let body = |value: usize| format!("0\r\nx-t:{}\r\n\r\n", "v".repeat(value));
    let fits = TRAILER_BYTES_MAX - "x-t:".len();
    for step in [1, 1 << 20] {
        let decoder = || ChunkedDecoder::unsigned(0, &["x-t"]);
        assert!(decode(decoder(), &body(fits), step).is_ok());
        let past = decode(decoder(), &body(fits + 1), step);
        assert_eq!(past, Err(ChunkError::TrailerMalformed));
    }
}

#[test]
fn after_an_error_nothing_is_accepted() {
    let (mut decoder, mut out) = (decoder(false), Vec::new());
    assert!(decoder.feed(b"nonsense\r\n", &mut out).is_err());
    assert!(decoder.feed(plain().as_bytes(), &mut out).is_err());
    assert!(out.is_empty() && decoder.finish().is_err());
}
