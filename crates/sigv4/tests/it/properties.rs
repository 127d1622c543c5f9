//! verify(sign(x)) holds for our signer and for a plain model; a changed byte is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use aws_sigv4::sign::v4;
use proptest::prelude::*;
use rolecall_sigv4::{Dialect, PayloadHash};
use sha2::{Digest, Sha256};

use crate::support::{Endpoint, Sent};

/// Bytes of a request target: anything a client may send, escapes whole.
fn target_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9._~-]{1,6}",
        1 => "[ !$'()*,:;@+]",
        1 => "%[0-9A-F]{2}",
        1 => Just("é".to_owned()),
        1 => Just("/".to_owned()),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn request() -> impl Strategy<Value = Sent> {
    let query = prop::collection::vec((target_text(), prop::option::of(target_text())), 0..5);
    let headers = prop::collection::vec(("[a-z]{1,8}", "[ -~]{0,20}"), 0..6);
    let method = prop_oneof![Just("GET"), Just("PUT"), Just("POST"), Just("DELETE")];
    (method, target_text(), query, headers, "[ -~]{0,40}").prop_map(
        |(method, path, query, headers, body)| {
            let mut sent = Sent::new(method, "/").body(&body);
            sent.path.extend_from_slice(path.as_bytes());
            for (name, value) in query {
                let value = value.map_or_else(String::new, |value| format!("={value}"));
                sent.append_query(&format!("{name}{value}"));
            }
            headers
                .iter()
                .fold(sent, |sent, (name, value)| sent.header(&format!("x-amz-meta-{name}"), value))
        },
    )
}

fn endpoints() -> [Endpoint; 4] {
    let (s3, sts) = (Endpoint::new("s3"), Endpoint::new("sts"));
    [s3.clone(), sts.clone(), s3.with_session(), sts.with_session()]
}

/// A signer written from the documentation for reading, not for speed, with AWS's own key
/// derivation: it shares no code with ours.
fn sign_by_model(endpoint: &Endpoint, sent: &Sent, presign: bool) -> Sent {
    let (mut signed, date) = (sent.clone(), endpoint.now.amz_date().to_string());
    let scope = format!("{}/{}/{}/aws4_request", &date[..8], endpoint.region, endpoint.service);
    let credential = format!("{}/{scope}", endpoint.key_id);
    let s3 = endpoint.dialect == Dialect::S3;
    let payload =
        if s3 { "UNSIGNED-PAYLOAD".to_owned() } else { hex::encode(Sha256::digest(&sent.body)) };
    if !presign {
        signed.set("x-amz-date", &date);
        signed.set("x-amz-content-sha256", &payload);
        endpoint.token.iter().for_each(|token| signed.set("x-amz-security-token", token));
    }
    let names: BTreeSet<_> = signed.headers.iter().map(|header| header.0.as_str()).collect();
    let names = names.into_iter().collect::<Vec<_>>().join(";");
    if presign {
        let credential = encode(credential.as_bytes());
        signed.append_query(&format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={date}\
             &X-Amz-Expires=900&X-Amz-SignedHeaders={}",
            encode(names.as_bytes())
        ));
        if let Some(token) = &endpoint.token {
            signed.append_query(&format!("X-Amz-Security-Token={}", encode(token.as_bytes())));
        }
    }
    let canonical = [
        &signed.method,
        &model_path(&signed.path, s3),
        &model_query(&signed.query),
        &model_headers(&signed),
        &names,
        &payload,
    ];
    let canonical = canonical.map(String::as_str).join("\n");
    let hash = hex::encode(Sha256::digest(canonical));
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}");
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(endpoint.now.seconds() as u64);
    let key = v4::generate_signing_key(&endpoint.secret, time, &endpoint.region, &endpoint.service);
    let signature = v4::calculate_signature(key, to_sign.as_bytes());
    if presign {
        signed.append_query(&format!("X-Amz-Signature={signature}"));
    } else {
        let value = format!(
            "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, \
             Signature={signature}"
        );
        signed.set("authorization", &value);
    }
    signed
}

fn model_path(path: &[u8], s3: bool) -> String {
    if s3 {
        return encode(&decode(path)).replace("%2F", "/");
    }
    let mut kept: Vec<&[u8]> = Vec::new();
    for segment in path.split(|&byte| byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => drop(kept.pop()),
            name => kept.push(name),
        }
    }
    let last = path.rsplit(|&byte| byte == b'/').next().unwrap();
    let slash = matches!(last, b"" | b"." | b"..") && !kept.is_empty();
    let slash = if slash { "/" } else { "" };
    let names: Vec<_> = kept.iter().map(|segment| encode(segment)).collect();
    format!("/{}{slash}", names.join("/"))
}

fn model_query(query: &[u8]) -> String {
    let query = String::from_utf8(query.to_vec()).unwrap().replace('+', " ");
    let mut pairs: Vec<_> = query
        .split('&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| piece.split_once('=').unwrap_or((piece, "")))
        .map(|(name, value)| (encode(&decode(name.as_bytes())), encode(&decode(value.as_bytes()))))
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn model_headers(sent: &Sent) -> String {
    let mut lines: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, value) in &sent.headers {
        let text = String::from_utf8(value.clone()).unwrap();
        let words: Vec<_> = text.split(' ').filter(|word| !word.is_empty()).collect();
        lines.entry(name).or_default().push(words.join(" "));
    }
    lines.iter().map(|(name, values)| format!("{name}:{}\n", values.join(","))).collect()
}

fn decode(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let escape = after.get(..2).filter(|_| byte == b'%');
        rest = if escape.is_some() { &after[2..] } else { after };
        let hex = |digits| u8::from_str_radix(str::from_utf8(digits).unwrap(), 16).unwrap();
        decoded.push(escape.map_or(byte, hex));
    }
    decoded
}

fn encode(text: &[u8]) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.iter()
        .map(
            |&byte| {
                if unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
            },
        )
        .collect()
}

proptest! {
    #[test]
    fn what_we_sign_we_verify(sent in request()) {
        for endpoint in endpoints() {
            if endpoint.dialect == Dialect::Query && climbs(&sent) {
                continue;
            }
            for signed in endpoint.both(&sent) {
                let verified = endpoint.verify(&signed);
                prop_assert!(verified.is_ok(), "{signed:?}: {:?}", verified.err());
            }
        }
    }

    #[test]
    fn what_the_model_signs_we_verify(sent in request()) {
        for endpoint in endpoints() {
            if endpoint.dialect == Dialect::Query && climbs(&sent) {
                continue;
            }
            for presign in [false, true] {
                let signed = sign_by_model(&endpoint, &sent, presign);
                let verified = endpoint.verify(&signed);
                prop_assert!(verified.is_ok(), "{signed:?}: {:?}", verified.err());
            }
        }
    }

    /// One bit of one byte: refused wherever the byte has a meaning. What reads the same passes.
    #[test]
    fn a_changed_byte_is_refused(
        sent in request(),
        at in any::<prop::sample::Index>(),
        bit in 0_u8..7,
    ) {
        for endpoint in endpoints() {
            if endpoint.dialect == Dialect::Query && climbs(&sent) {
                continue;
            }
            for signed in endpoint.both(&sent) {
                let mut changed = signed.clone();
                flip(&mut changed, at, bit);
                if endpoint.verify(&changed).is_ok() {
                    prop_assert!(same_meaning(&endpoint, &signed, &changed), "{changed:?}");
                }
            }
        }
    }

    #[test]
    fn no_authorization_header_makes_the_parser_panic(
        value in any::<Vec<u8>>(),
        tail in "[ -~]{0,80}",
    ) {
        for head in [&b""[..], b"AWS4-HMAC-SHA256 ", b"AWS4-HMAC-SHA256 Credential=a/b/c/d/e, "] {
            let mut sent = Sent::new("GET", "/");
            let value = [head, tail.as_bytes(), &value].concat();
            sent.headers.push(("authorization".to_owned(), value));
            for endpoint in endpoints() {
                let error = endpoint.error(&endpoint.verify(&sent).unwrap_err());
                prop_assert!((400..=403).contains(&error.status));
            }
        }
    }

    #[test]
    fn no_query_makes_the_parser_panic(
        query in any::<Vec<u8>>(),
        name in "X-Amz-[A-Za-z-]{0,12}",
    ) {
        let mut sent = Sent::new("GET", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256");
        sent.append_query(&format!("{name}="));
        sent.query.extend_from_slice(&query);
        for endpoint in endpoints() {
            prop_assert!(endpoint.verify(&sent).is_err());
        }
    }
}

/// Whether a path leaves its root, which is refused outside of S3.
fn climbs(sent: &Sent) -> bool {
    let mut depth = 0_i32;
    sent.path.split(|&byte| byte == b'/').any(|segment| {
        depth += match segment {
            b"" | b"." => 0,
            b".." => -1,
            _ => 1,
        };
        depth < 0
    })
}

/// Flips a bit somewhere in path, query, header values or body.
fn flip(sent: &mut Sent, at: prop::sample::Index, bit: u8) {
    let mut bytes: Vec<&mut u8> = sent.path.iter_mut().collect();
    bytes.extend(&mut sent.query);
    bytes.extend(sent.headers.iter_mut().flat_map(|header| &mut header.1));
    bytes.extend(&mut sent.body);
    let index = at.index(bytes.len());
    *bytes[index] ^= 1 << bit;
}

/// Whether both requests have one canonical form: blanks, escapes and cases that do not count.
fn same_meaning(endpoint: &Endpoint, signed: &Sent, changed: &Sent) -> bool {
    let (before, after) = (endpoint.explain(signed), endpoint.explain(changed));
    let unsigned = endpoint.dialect == Dialect::S3
        && before.canonical_request.ends_with(&PayloadHash::Unsigned.header_value());
    let body = unsigned || signed.body == changed.body;
    body && before.canonical_request == after.canonical_request
}
