//! AWS's own signing test suite, which the aws-sigv4 package ships: contract/sigv4.md section 19.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rolecall_identity::Timestamp;
use rolecall_sigv4::Dialect;
use serde_json::Value;

use crate::support::{Endpoint, Sent};

/// One case in one form.
struct Case {
    name: String,
    endpoint: Endpoint,
    request: Sent,
    canonical: String,
    string_to_sign: String,
}

/// Where cargo keeps the suite.
fn suite() -> PathBuf {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "aws-sigv4").unwrap();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().join("aws-signing-test-suite/v4")
}

/// Every case with its context, in both forms. Two have none: their files contradict each other.
fn cases() -> Vec<Case> {
    let mut directories: Vec<PathBuf> =
        fs::read_dir(suite()).unwrap().map(|entry| entry.unwrap().path()).collect();
    directories.sort();
    let complete = directories.iter().filter(|path| path.join("context.json").exists());
    complete.flat_map(|path| ["header", "query"].map(|form| read_case(path, form))).collect()
}

fn read_case(directory: &Path, form: &str) -> Case {
    let read = |name: &str| fs::read(directory.join(name)).unwrap();
    let text = |name: &str| String::from_utf8(read(&format!("{form}-{name}.txt"))).unwrap();
    let context: Value = serde_json::from_slice(&read("context.json")).unwrap();
    Case {
        name: format!("{} {form}", directory.file_name().unwrap().to_string_lossy()),
        endpoint: endpoint(&context),
        request: parse(&text("signed-request")),
        canonical: text("canonical-request"),
        string_to_sign: text("string-to-sign"),
    }
}

/// Unnormalised cases follow S3's rule for paths; none of them holds an escape.
fn endpoint(context: &Value) -> Endpoint {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let credentials = &context["credentials"];
    let mut endpoint = Endpoint::new(context["service"].as_str().unwrap());
    endpoint.region = text(&context["region"]);
    endpoint.now = Timestamp::parse_iso8601(&text(&context["timestamp"])).unwrap();
    endpoint.key_id = text(&credentials["access_key_id"]);
    endpoint.secret = text(&credentials["secret_access_key"]);
    endpoint.token = credentials["token"].as_str().map(str::to_owned);
    if context["normalize"] == false {
        (endpoint.dialect, endpoint.hash_body) = (Dialect::S3, true);
    }
    endpoint
}

/// Reads a request as it stood on the wire; a folded line counts as one space.
fn parse(text: &str) -> Sent {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let (method, target) = lines.next().unwrap().split_once(' ').unwrap();
    let mut sent = Sent::new(method, target.strip_suffix(" HTTP/1.1").unwrap());
    sent.headers.clear();
    for line in lines {
        match line.split_once(':').filter(|_| !line.starts_with(' ')) {
            Some((name, value)) => sent = sent.header(&name.to_lowercase(), value),
            None => {
                let (_, value) = sent.headers.last_mut().unwrap();
                value.extend_from_slice(format!(" {}", line.trim()).as_bytes());
            }
        }
    }
    sent.body(body.trim_end())
}

#[test]
fn every_case_is_accepted() {
    let cases = cases();
    assert!(cases.len() >= 76, "only {} cases", cases.len());
    for case in cases {
        let verified = case.endpoint.verify(&case.request);
        assert!(verified.is_ok(), "{}: {:?}", case.name, verified.err());
    }
}

#[test]
fn every_intermediate_is_awss() {
    // The late token of a presigned URL is explained as signed: that is how it is tried first.
    for case in cases().iter().filter(|case| case.name != "post-sts-header-after query") {
        let explained = case.endpoint.explain(&case.request);
        assert_eq!(explained.canonical_request, case.canonical.trim_end(), "{}", case.name);
        assert_eq!(explained.string_to_sign, case.string_to_sign.trim_end(), "{}", case.name);
    }
}

/// The two cases without a context still tell how a path is encoded.
#[test]
fn paths_are_encoded_twice_as_awss() {
    for name in ["double-encode-path", "double-url-encode"] {
        let read = |file: &str| fs::read_to_string(suite().join(name).join(file)).unwrap();
        let request = parse(&read("request.txt"));
        let endpoint = Endpoint::new("service");
        let explained = endpoint.explain(&endpoint.sign(&request)).canonical_request;
        let canonical = read("header-canonical-request.txt");
        assert_eq!(explained.lines().nth(1), canonical.lines().nth(1), "{name}");
    }
}

/// A name for a change, the change, and the code of contract/sigv4.md section 10.
type Mutation = (&'static str, fn(&mut Sent), &'static str);

const MUTATIONS: &[Mutation] = &[
    ("method", |r| r.method = "PATCH".into(), "SignatureDoesNotMatch"),
    ("path", |r| r.path.extend_from_slice(b"x"), "SignatureDoesNotMatch"),
    ("query added", |r| r.append_query("added=1"), "SignatureDoesNotMatch"),
    ("signature twice", |r| r.append_query("X-Amz-Signature=0"), "SignatureDoesNotMatch"),
    ("host", |r| r.set("host", "other.amazonaws.com"), "SignatureDoesNotMatch"),
    ("host gone", |r| r.headers.retain(|h| h.0 != "host"), "SignatureDoesNotMatch"),
    ("body", |r| r.body.push(b'x'), "SignatureDoesNotMatch"),
    (
        "unsigned amz header",
        |r| r.headers.push(("x-amz-acl".into(), b"public-read".to_vec())),
        "SignatureDoesNotMatch",
    ),
];

#[test]
fn every_common_mutation_is_refused() {
    for case in cases().iter().filter(|case| case.endpoint.dialect == Dialect::Query) {
        for (what, mutate, code) in MUTATIONS {
            let mut changed = case.request.clone();
            mutate(&mut changed);
            assert_eq!(case.endpoint.code(&changed), *code, "{}: {what}", case.name);
        }
    }
}

/// Changes of the Authorization header: from, to, code.
const HEADER_EDITS: &[(&str, &str, &str)] = &[
    ("/20150830/", "/20150831/", "SignatureDoesNotMatch"),
    ("/us-east-1/", "/us-west-1/", "SignatureDoesNotMatch"),
    ("/service/", "/sts/", "SignatureDoesNotMatch"),
    ("/aws4_request", "/aws5_request", "SignatureDoesNotMatch"),
    ("/aws4_request", "", "IncompleteSignature"),
    ("AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA512 ", "IncompleteSignature"),
    ("AWS4-HMAC-SHA256 ", "AWS4-ECDSA-P256-SHA256 ", "IncompleteSignature"),
    ("Credential=", "Credentials=", "IncompleteSignature"),
    ("Signature=", "Signatur=", "IncompleteSignature"),
    ("SignedHeaders=", "Headers=", "IncompleteSignature"),
    ("SignedHeaders=", "SignedHeaders=z;", "SignatureDoesNotMatch"),
    ("SignedHeaders=", "SignedHeaders=;", "SignatureDoesNotMatch"),
    ("host", "hostess", "SignatureDoesNotMatch"),
    ("host", "host;host", "SignatureDoesNotMatch"),
    ("AKIDEXAMPLE", "AKIDEXAMPLF", "InvalidClientTokenId"),
];

#[test]
fn every_edit_of_the_header_form_is_refused() {
    for case in cases().iter().filter(|case| case.name.ends_with(" header")) {
        if case.endpoint.dialect == Dialect::S3 {
            continue;
        }
        for (from, to, code) in HEADER_EDITS {
            let mut changed = case.request.clone();
            changed.replace_authorization(from, to);
            assert_eq!(case.endpoint.code(&changed), *code, "{}: {from} -> {to}", case.name);
        }
        signature_edits(case, |request, edit| {
            let value = request.get("authorization");
            let (head, signature) = value.split_at(value.len() - 64);
            request.set("authorization", &format!("{head}{}", edit(signature)));
        });
    }
}

/// Changes of the query form: from, to, code.
const QUERY_EDITS: &[(&str, &str, &str)] = &[
    ("%2F20150830%2F", "%2F20150831%2F", "SignatureDoesNotMatch"),
    ("us-east-1", "us-west-1", "SignatureDoesNotMatch"),
    ("%2Fservice%2F", "%2Fsts%2F", "SignatureDoesNotMatch"),
    ("aws4_request", "aws5_request", "SignatureDoesNotMatch"),
    ("%2Faws4_request", "", "IncompleteSignature"),
    ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512", "MissingAuthenticationToken"),
    ("X-Amz-Algorithm=", "X-Amz-Algo=", "MissingAuthenticationToken"),
    ("X-Amz-Credential=", "X-Amz-Cred=", "IncompleteSignature"),
    ("X-Amz-Signature=", "X-Amz-Sig=", "IncompleteSignature"),
    ("X-Amz-SignedHeaders=", "X-Amz-Signed=", "IncompleteSignature"),
    ("X-Amz-Date=2015", "X-Amz-Date=201", "IncompleteSignature"),
    ("X-Amz-Date=20150830T123600Z", "X-Amz-Date=20150830T123601Z", "SignatureDoesNotMatch"),
    ("X-Amz-Expires=3600", "X-Amz-Expires=3601", "SignatureDoesNotMatch"),
    ("X-Amz-SignedHeaders=", "X-Amz-SignedHeaders=%3B", "SignatureDoesNotMatch"),
    ("host", "hostess", "SignatureDoesNotMatch"),
    ("host", "host%3Bhost", "SignatureDoesNotMatch"),
    ("AKIDEXAMPLE", "AKIDEXAMPLF", "InvalidClientTokenId"),
];

#[test]
fn every_edit_of_the_query_form_is_refused() {
    for case in cases().iter().filter(|case| case.name.ends_with(" query")) {
        if case.endpoint.dialect == Dialect::S3 {
            continue;
        }
        for (from, to, code) in QUERY_EDITS {
            let mut changed = case.request.clone();
            changed.replace_query(from, to);
            assert_eq!(case.endpoint.code(&changed), *code, "{}: {from} -> {to}", case.name);
        }
        signature_edits(case, |request, edit| {
            let query = String::from_utf8(request.query.clone()).unwrap();
            let (head, rest) = query.split_once("X-Amz-Signature=").unwrap();
            let (signature, tail) = rest.split_at(64);
            request.query = format!("{head}X-Amz-Signature={}{tail}", edit(signature)).into();
        });
    }
}

/// Every kind of wrong signature.
fn signature_edits(case: &Case, apply: impl Fn(&mut Sent, &dyn Fn(&str) -> String)) {
    let edits: &[&dyn Fn(&str) -> String] = &[
        &|signature| signature.to_uppercase(),
        &|signature| signature[1..].to_owned(),
        &|signature| format!("{signature}0"),
        &|signature| "0".repeat(signature.len()),
        &|signature| {
            if let Some(rest) = signature.strip_prefix('0') {
                format!("1{rest}")
            } else {
                format!("0{}", &signature[1..])
            }
        },
    ];
    for edit in edits {
        let mut changed = case.request.clone();
        apply(&mut changed, edit);
        assert_eq!(case.endpoint.code(&changed), "SignatureDoesNotMatch", "{}", case.name);
    }
}

#[test]
fn every_signed_header_is_bound() {
    for case in cases().iter().filter(|case| case.endpoint.dialect == Dialect::Query) {
        let explained = case.endpoint.explain(&case.request);
        let signed = explained.canonical_request.lines().rev().nth(1).unwrap();
        for name in signed.split(';').filter(|name| *name != "x-amz-security-token") {
            let mut changed = case.request.clone();
            let (_, value) = changed.headers.iter_mut().find(|h| h.0 == name).unwrap();
            value.extend_from_slice(b"x");
            let code =
                if name == "x-amz-date" { "IncompleteSignature" } else { "SignatureDoesNotMatch" };
            assert_eq!(case.endpoint.code(&changed), code, "{}: {name}", case.name);
        }
    }
}
