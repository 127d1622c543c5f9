//! Bad input gets a clear, exact error, and nothing that was accepted is lost.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use rolecall_testkit::{Keys, Reply, SignedRequest, TestWorld, Wire};

const IDENTITY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

fn refused(reply: &Reply, status: u16, code: &str, message: &str) {
    let (got_code, got_message) = reply.error();
    assert_eq!((reply.status, got_code.as_str()), (status, code), "{}", reply.text());
    assert!(got_message.contains(message), "expected {message:?} in {got_message:?}");
    assert!(reply.header("date").is_some(), "SDKs set their clock by the date of errors");
}

fn still_answers(world: &TestWorld) {
    let reply = world.query(&world.administrator(), "sts", IDENTITY);
    assert_eq!(reply.element("Arn").as_deref(), Some("arn:aws:iam::123456789012:user/admin"));
}

#[test]
fn a_wrong_secret_is_told_apart_from_nothing() {
    let world = TestWorld::start();
    let keys = Keys { secret: "w".repeat(40), ..world.administrator() };
    let message = "The request signature we calculated does not match the signature you provided.";
    refused(&world.query(&keys, "sts", IDENTITY), 403, "SignatureDoesNotMatch", message);
    let reply = world.s3(&keys, "GET", "/examplebucket/hello.txt", b"");
    refused(&reply, 403, "SignatureDoesNotMatch", "Check your key and signing method.");
    let reply = world.query(&keys, "ec2", "Action=DescribeRegions&Version=2016-11-15");
    let message = "AWS was not able to validate the provided access credentials";
    refused(&reply, 401, "AuthFailure", message);
    still_answers(&world);
}

#[test]
fn an_unknown_key_is_unknown() {
    let world = TestWorld::start();
    let keys = Keys { id: "AKIAIOSFODNN7EXAMPLE".into(), ..world.administrator() };
    let message = "The security token included in the request is invalid.";
    refused(&world.query(&keys, "sts", IDENTITY), 403, "InvalidClientTokenId", message);
    let reply = world.s3(&keys, "GET", "/examplebucket/hello.txt", b"");
    let message = "The AWS Access Key Id you provided does not exist in our records.";
    refused(&reply, 403, "InvalidAccessKeyId", message);
}

#[test]
fn a_changed_body_or_path_is_refused() {
    let world = TestWorld::start();
    let admin = world.administrator();
    let mut request = admin.query(&world.api(), "sts", IDENTITY, world.now());
    request.body = IDENTITY.replace("Identity", "identity").into_bytes();
    refused(&request.send(&world.api()), 403, "SignatureDoesNotMatch", "");

    let mut request = world.s3_request(&admin, "PUT", "/examplebucket/new.txt", b"signed");
    request.body = b"forged".to_vec();
    let message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
    refused(&request.send(&world.api()), 400, "XAmzContentSHA256Mismatch", message);
    let reply = world.s3(&admin, "GET", "/examplebucket/new.txt", b"");
    refused(&reply, 404, "NoSuchKey", "The specified key does not exist.");

    let mut request = world.s3_request(&admin, "GET", "/examplebucket/hello.txt", b"");
    request.path = "/examplebucket/other.txt".into();
    refused(&request.send(&world.api()), 403, "SignatureDoesNotMatch", "");
}

#[test]
fn session_tokens_belong_to_their_key_and_time() {
    let world = TestWorld::start();
    let keys = world.instance_keys();
    let other = session_token(&world);
    let get = |keys: &Keys| world.s3(keys, "GET", "/examplebucket/hello.txt", b"");
    let ask = |keys: &Keys| world.query(keys, "sts", IDENTITY);
    assert_eq!(get(&keys).text(), "Hello from rolecall.\n");

    let swapped = Keys { token: other.token.clone(), ..keys.clone() };
    let message = "The security token included in the request is invalid";
    refused(&ask(&swapped), 403, "InvalidClientTokenId", message);
    refused(&get(&swapped), 400, "InvalidToken", "malformed or otherwise invalid.");

    let missing = Keys { token: None, ..keys.clone() };
    refused(&ask(&missing), 403, "InvalidClientTokenId", message);
    refused(&get(&missing), 403, "InvalidAccessKeyId", "does not exist in our records.");

    let unexpected = Keys { token: keys.token.clone(), ..world.administrator() };
    refused(&ask(&unexpected), 403, "InvalidClientTokenId", message);
    refused(&get(&unexpected), 400, "InvalidToken", "");

    world.advance_seconds(7 * 3600);
    let message = "The security token included in the request is expired";
    refused(&ask(&keys), 403, "ExpiredToken", message);
    refused(&get(&keys), 400, "ExpiredToken", "The provided token has expired.");
    still_answers(&world);
}

fn session_token(world: &TestWorld) -> Keys {
    let form = "Action=GetSessionToken&Version=2011-06-15";
    TestWorld::keys_of(&world.query(&world.administrator(), "sts", form))
}

#[test]
fn a_token_in_header_and_query_is_refused() {
    let world = TestWorld::start();
    let keys = world.instance_keys();
    let token: String = keys.token.iter().flat_map(|token| token.bytes()).map(escape).collect();
    let mut request = SignedRequest::new(
        "GET",
        "/examplebucket/hello.txt",
        &format!("X-Amz-Security-Token={token}"),
        b"",
    );
    request.sign(&keys, &world.api(), "s3", world.now(), None);
    refused(&request.send(&world.api()), 400, "InvalidArgument", "");
}

fn escape(byte: u8) -> String {
    format!("%{byte:02X}")
}

#[test]
fn a_clock_sixteen_minutes_off_is_refused_either_way() {
    let world = TestWorld::start();
    let admin = world.administrator();
    for (offset, accepted) in [(-961, false), (-899, true), (899, true), (961, false)] {
        let now = world.now().plus_seconds(offset);
        let query = admin.query(&world.api(), "sts", IDENTITY, now).send(&world.api());
        let object = admin.s3(&world.api(), "GET", "/examplebucket/hello.txt", b"", now);
        let object = object.send(&world.api());
        if accepted {
            assert_eq!((query.status, object.status), (200, 200), "{offset}");
        } else {
            let message =
                if offset < 0 { "Signature expired: " } else { "Signature not yet current: " };
            refused(&query, 403, "SignatureDoesNotMatch", message);
            let message = "The difference between the request time and the current time is too";
            refused(&object, 403, "RequestTimeTooSkewed", message);
            assert_eq!(object.element("MaxAllowedSkewMilliseconds").as_deref(), Some("900000"));
        }
    }
}

#[test]
fn an_unsigned_copy_source_does_not_turn_an_upload_into_a_read() {
    let world = TestWorld::start();
    let mut request =
        world.s3_request(&world.administrator(), "PUT", "/examplebucket/mine.txt", b"");
    request.push("x-amz-copy-source", "/examplebucket/hello.txt");
    let reply = request.send(&world.api());
    let message = "There were headers present in the request which were not signed";
    refused(&reply, 403, "AccessDenied", message);
    assert_eq!(reply.element("HeadersNotSigned").as_deref(), Some("x-amz-copy-source"));
    let mine = world.s3(&world.administrator(), "GET", "/examplebucket/mine.txt", b"");
    assert_eq!(mine.status, 404);
}

#[test]
fn malformed_documents_say_so() {
    let world = TestWorld::start();
    let admin = world.administrator();
    let reply = world.s3(&admin, "POST", "/examplebucket?delete", b"<Delete><Object>");
    refused(&reply, 400, "MalformedXML", "The XML you provided was not well-formed");

    for (policy, code, message) in [
        ("{", "MalformedPolicyDocument", "This policy contains invalid Json"),
        ("%7B%7D", "MalformedPolicyDocument", "Syntax errors in policy."),
        (
            "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow\
             %22%2C%22Principal%22%3A%7B%22AWS%22%3A%22arn%3Aaws%3Aiam%3A%3A123456789012%3Auser%2F\
             nobody%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D",
            "MalformedPolicyDocument",
            "Invalid principal in policy: \"AWS\":\"arn:aws:iam::123456789012:user/nobody\"",
        ),
    ] {
        let form = format!(
            "Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument={policy}"
        );
        refused(&world.query(&admin, "iam", &form), 400, code, message);
    }
    let form = "Action=GetRole&Version=2010-05-08&RoleName=r";
    refused(&world.query(&admin, "iam", form), 404, "NoSuchEntity", "The role with name r");
    let form = "Action=GetRole&Version=2010-05-08&RoleName=%zz";
    refused(&world.query(&admin, "iam", form), 400, "MalformedQueryString", "illegal escape");
}

#[test]
fn an_action_that_is_not_there_says_so() {
    let world = TestWorld::start();
    let admin = world.administrator();
    let reply = world.query(&admin, "sts", "Action=Nonsense&Version=2011-06-15");
    let message = "Could not find operation Nonsense for version 2011-06-15";
    refused(&reply, 400, "InvalidAction", message);
    let reply = world.query(&admin, "dynamodb", "{}");
    refused(&reply, 501, "NotImplemented", "The service 'dynamodb' is not served here.");
}

#[test]
fn a_request_without_a_signature_is_refused() {
    let world = TestWorld::start();
    let form = "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                content-length: 43\r\nconnection: close\r\n\r\n";
    let reply = Wire::send(&world.api(), format!("{form}{IDENTITY}").as_bytes());
    refused(&reply, 403, "MissingAuthenticationToken", "Request is missing Authentication Token");
    let get = "GET /examplebucket/hello.txt HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    refused(&Wire::send(&world.api(), get.as_bytes()), 403, "AccessDenied", "Access Denied");
}

#[test]
fn a_header_of_ten_megabytes_is_answered_and_read_to_its_end() {
    let world = TestWorld::start();
    let mut request = b"GET /examplebucket/hello.txt HTTP/1.1\r\nhost: x\r\nx-long: ".to_vec();
    request.extend(std::iter::repeat_n(b'a', 10 * 1024 * 1024));
    request.extend_from_slice(b"\r\n\r\n");
    assert_eq!(Wire::send(&world.api(), &request).status, 431);
    assert_eq!(Wire::send(&world.imds(), &request).status, 431);
    still_answers(&world);
}

/// The connection waited for nobody after the first answer; now it must.
#[test]
fn a_long_header_after_a_good_request_is_answered_too() {
    let world = TestWorld::start();
    let mut stream = TcpStream::connect(world.settings().addresses.api).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(b"GET /examplebucket/hello.txt HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut first = [0];
    stream.read_exact(&mut first).unwrap();
    let mut request = b"GET / HTTP/1.1\r\nhost: x\r\nx-long: ".to_vec();
    request.extend(std::iter::repeat_n(b'a', 10 * 1024 * 1024));
    request.extend_from_slice(b"\r\n\r\n");
    stream.write_all(&request).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    assert!(answers.contains("HTTP/1.1 431 "), "{answers}");
}

#[test]
fn a_header_section_has_a_largest_size_at_s3() {
    let world = TestWorld::start();
    let admin = world.administrator();
    let with = |length: usize| {
        let mut request = SignedRequest::new("GET", "/examplebucket/hello.txt", "", b"");
        request.push("x-long", &"a".repeat(length));
        request.sign(&admin, &world.api(), "s3", world.now(), None);
        request.send(&world.api())
    };
    let message = "Your request header section exceeds the maximum allowed header section size.";
    refused(&with(8192), 400, "RequestHeaderSectionTooLarge", message);
    assert_eq!(with(7000).status, 200);
}

#[test]
fn a_body_over_the_limit_is_refused() {
    let world = TestWorld::start();
    let admin = world.administrator();
    let most = 1024 * 1024;
    let form = format!("{IDENTITY}&X-Amz-={}", "a".repeat(most - IDENTITY.len() - 8));
    assert_eq!(world.query(&admin, "sts", &form).status, 200);
    let reply = world.query(&admin, "sts", &format!("{form}a"));
    refused(&reply, 413, "RequestEntityTooLarge", "The request body exceeds 1048576 bytes");

    let mut request = world.s3_request(&admin, "PUT", "/examplebucket/huge", b"");
    request.push("content-length", &(5 * 1024 * 1024 * 1024_u64 + 1).to_string());
    let message = "Your proposed upload exceeds the maximum allowed size";
    refused(&request.send(&world.api()), 400, "EntityTooLarge", message);
    still_answers(&world);
}

#[test]
fn a_parameter_of_many_dots_ends_nothing() {
    let world = TestWorld::start();
    let body = format!("Action=x&{}b=1", "a.".repeat(100_000));
    let request = format!(
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let reply = Wire::send(&world.api(), request.as_bytes());
    refused(&reply, 403, "MissingAuthenticationToken", "");
    let signed = world.query(&world.administrator(), "sts", &body);
    assert_eq!(signed.status, 400);
    still_answers(&world);
}

#[test]
fn a_claimed_region_names_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let seed = include_str!("../../../rolecall/src/development.toml");
    let world = TestWorld::with(seed, Some(folder.path().to_owned()));
    for region in ["%00", "..%2F..%2F..%2Fescaped", "us-east-9"] {
        let target = format!(
            "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261122%2F{region}%2Fsts%2Faws4_request\
             &X-Amz-Date=20261122T100000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0"
        );
        let request = format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        assert!(Wire::send(&world.api(), request.as_bytes()).status >= 400, "{region}");
    }
    world.stop();
    let trail = folder.path().join("audit/AWSLogs/123456789012/CloudTrail");
    let regions: Vec<_> =
        std::fs::read_dir(trail).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(regions, ["us-east-1"]);
    assert_eq!(std::fs::metadata(folder.path().join("audit/journal.ndjson")).unwrap().len(), 0);
    TestWorld::with(seed, Some(folder.path().to_owned())).stop();
}

#[test]
fn other_methods_have_no_answer() {
    let world = TestWorld::start();
    let mut request = world.administrator().query(&world.api(), "sts", IDENTITY, world.now());
    request.method = "DELETE".into();
    let reply = request.send(&world.api());
    assert_eq!((reply.status, reply.text().as_str()), (302, ""));
}
