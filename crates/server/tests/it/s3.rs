//! The gateway over the wire: what is not asked for is not forwarded.

use rolecall_sigv4::PayloadHash;
use rolecall_testkit::{SignedRequest, TestWorld, Wire};

#[test]
fn objects_are_written_read_listed_copied_and_deleted() {
    let world = TestWorld::start();
    let admin = world.administrator();
    let call = |method: &str, target: &str, body: &[u8]| world.s3(&admin, method, target, body);
    assert_eq!(call("PUT", "/newbucket", b"").status, 200);
    assert_eq!(call("HEAD", "/newbucket", b"").status, 200);
    assert_eq!(call("PUT", "/newbucket/dir%20a/k%2B%C3%A9", b"body").status, 200);
    assert_eq!(call("GET", "/newbucket/dir%20a/k%2B%C3%A9", b"").text(), "body");
    let listed = call("GET", "/newbucket?list-type=2&prefix=dir", b"");
    assert_eq!(listed.element("Key").as_deref(), Some("dir a/k+é"));
    assert_eq!(call("DELETE", "/newbucket/dir%20a/k%2B%C3%A9", b"").status, 204);
    assert_eq!(call("DELETE", "/newbucket", b"").status, 204);
    assert_eq!(call("HEAD", "/newbucket", b"").status, 404);
    assert!(call("GET", "/", b"").text().contains("<Name>examplebucket</Name>"));
}

#[test]
fn a_missing_key_is_told_only_to_those_who_may_list() {
    let seed = r#"
        account = "123456789012"
        [[user]]
        name = "reader"
        [[user.access-key]]
        [[user.policy]]
        name = "read"
        document = '''{"Version":"2012-10-17","Statement":
          {"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}'''
        [[bucket]]
        name = "examplebucket"
    "#;
    let world = TestWorld::with_seed(seed);
    let reply = world.s3(&world.administrator(), "GET", "/examplebucket/missing", b"");
    assert_eq!((reply.status, reply.error().0.as_str()), (403, "AccessDenied"));
    let world = TestWorld::start();
    let reply = world.s3(&world.instance_keys(), "GET", "/examplebucket/missing", b"");
    assert_eq!((reply.status, reply.error().0.as_str()), (404, "NoSuchKey"));
}

#[test]
fn a_bucket_policy_counts() {
    let seed = r#"
        account = "123456789012"
        [[user]]
        name = "admin"
        managed-policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
        [[user.access-key]]
        [[user]]
        name = "other"
        account = "210987654321"
        [[user.access-key]]
        id = "AKIAI44QH8DHBEXAMPLE"
        secret = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
        [[user.policy]]
        name = "all"
        document = '''{"Version":"2012-10-17","Statement":
          {"Effect":"Allow","Action":"s3:*","Resource":"*"}}'''
        [[bucket]]
        name = "shared"
        policy = '''{"Version":"2012-10-17","Statement":[
          {"Effect":"Allow","Principal":{"AWS":"210987654321"},"Action":"s3:GetObject",
           "Resource":"arn:aws:s3:::shared/*"},
          {"Effect":"Deny","Principal":"*","Action":"s3:DeleteObject",
           "Resource":"arn:aws:s3:::shared/*"}]}'''
        [[bucket.object]]
        key = "hello.txt"
        content = "hello"
        [[bucket]]
        name = "private"
        [[bucket.object]]
        key = "hello.txt"
        content = "hello"
    "#;
    let world = TestWorld::with_seed(seed);
    let other = rolecall_testkit::Keys {
        id: "AKIAI44QH8DHBEXAMPLE".into(),
        secret: "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY".into(),
        token: None,
    };
    assert_eq!(world.s3(&other, "GET", "/shared/hello.txt", b"").text(), "hello");
    let reply = world.s3(&other, "GET", "/private/hello.txt", b"");
    let message = "User: arn:aws:iam::210987654321:user/other is not authorized to perform: \
                   s3:GetObject on resource: arn:aws:s3:::private/hello.txt";
    assert_eq!((reply.status, reply.error().1.as_str()), (403, message));
    let reply = world.s3(&world.administrator(), "DELETE", "/shared/hello.txt", b"");
    let message = "with an explicit deny in a resource-based policy";
    assert!(reply.error().1.ends_with(message), "{}", reply.text());
}

#[test]
fn operations_that_are_not_mapped_never_reach_the_store() {
    let world = TestWorld::start();
    let admin = world.administrator();
    for (method, target, body) in [
        ("PUT", "/examplebucket/hello.txt?tagging", b"<Tagging/>".as_slice()),
        ("PUT", "/examplebucket/hello.txt?acl", b""),
        ("PUT", "/examplebucket?policy", b"{}"),
        ("GET", "/examplebucket?versions", b""),
        ("GET", "/examplebucket/hello.txt?unknown", b""),
        ("POST", "/examplebucket/hello.txt?select&select-type=2", b""),
    ] {
        let reply = world.s3(&admin, method, target, body);
        assert_eq!((reply.status, reply.error().0.as_str()), (501, "NotImplemented"), "{target}");
    }
    let reply = world.s3(&admin, "GET", "/examplebucket/hello.txt", b"");
    assert_eq!(reply.text(), "Hello from rolecall.\n");
}

#[test]
fn headers_that_the_store_would_not_keep_are_refused() {
    let world = TestWorld::start();
    let admin = world.administrator();
    for (name, value) in [
        ("x-amz-acl", "public-read"),
        ("x-amz-tagging", "a=b"),
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-object-lock-mode", "GOVERNANCE"),
        ("x-amz-grant-read", "id=1"),
        ("x-amz-storage-class", "GLACIER"),
    ] {
        let mut request = SignedRequest::new("PUT", "/examplebucket/x", "", b"x");
        request.push(name, value);
        request.sign(&admin, &world.api(), "s3", world.now(), None);
        let reply = request.send(&world.api());
        assert_eq!((reply.status, reply.error().0.as_str()), (501, "NotImplemented"), "{name}");
    }
    assert_eq!(world.s3(&admin, "GET", "/examplebucket/x", b"").status, 404);
}

#[test]
fn a_body_that_breaks_its_promise_leaves_no_object() {
    let world = TestWorld::start();
    let admin = world.administrator();
    for (name, value, code) in [
        ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==", "BadDigest"),
        ("x-amz-checksum-crc32", "AAAAAA==", "BadDigest"),
        ("x-amz-checksum-sha256", "AAAA", "BadDigest"),
    ] {
        let mut request = SignedRequest::new("PUT", "/examplebucket/broken", "", b"body");
        request.push(name, value);
        request.sign(&admin, &world.api(), "s3", world.now(), None);
        let reply = request.send(&world.api());
        assert_eq!((reply.status, reply.error().0.as_str()), (400, code), "{name}");
    }
    let mut request = world.s3_request(&admin, "PUT", "/examplebucket/broken", b"body");
    request.push("content-length", "9");
    let mut stream = std::net::TcpStream::connect(world.api()).unwrap();
    std::io::Write::write_all(&mut stream, &request.bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    let _ = std::io::Read::read_to_end(&mut stream, &mut answer);
    assert_eq!(world.s3(&admin, "GET", "/examplebucket/broken", b"").status, 404);
}

#[test]
fn an_unsigned_chunked_body_is_unframed_and_its_trailer_checked() {
    let world = TestWorld::start();
    let admin = world.administrator();
    let put = |trailer: &str| {
        let body = format!("4\r\nbody\r\n0\r\nx-amz-checksum-crc32:{trailer}\r\n\r\n");
        let mut request = SignedRequest::new("PUT", "/examplebucket/chunked", "", body.as_bytes());
        request.push("content-encoding", "aws-chunked");
        request.push("x-amz-decoded-content-length", "4");
        request.push("x-amz-trailer", "x-amz-checksum-crc32");
        let payload = Some(PayloadHash::StreamingUnsignedTrailer);
        request.sign(&admin, &world.api(), "s3", world.now(), payload);
        request.send(&world.api())
    };
    assert_eq!(put("AAAAAA==").error().0, "BadDigest");
    assert_eq!(world.s3(&admin, "GET", "/examplebucket/chunked", b"").status, 404);
    let reply = put("26gLsg==");
    let stored = world.s3(&admin, "GET", "/examplebucket/chunked", b"");
    assert_eq!((reply.status, stored.text().as_str()), (200, "body"), "{}", reply.text());
    assert_eq!(stored.header("content-encoding"), None);
}

#[test]
fn paths_that_a_file_system_would_resolve_are_refused() {
    let world = TestWorld::start();
    let admin = world.administrator();
    for path in ["/examplebucket/../keyring.json", "/examplebucket/%2e%2e/x", "/examplebucket/a//b"]
    {
        let reply = world.s3(&admin, "GET", path, b"");
        assert_eq!((reply.status, reply.error().0.as_str()), (400, "InvalidURI"), "{path}");
    }
    let raw = "GET /../../etc/passwd HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    assert_eq!(Wire::send(&world.api(), raw.as_bytes()).status, 403);
}

#[test]
fn a_bucket_that_holds_objects_is_not_deleted() {
    let world = TestWorld::start();
    let admin = world.administrator();
    let reply = world.s3(&admin, "DELETE", "/examplebucket", b"");
    assert_eq!((reply.status, reply.error().0.as_str()), (409, "BucketNotEmpty"));
    assert_eq!(world.s3(&admin, "GET", "/examplebucket/hello.txt", b"").status, 200);
    assert_eq!(world.s3(&admin, "DELETE", "/examplebucket/hello.txt", b"").status, 204);
    assert_eq!(world.s3(&admin, "DELETE", "/examplebucket", b"").status, 204);
}

#[test]
fn a_range_is_clipped_to_the_object() {
    let world = TestWorld::start();
    let admin = world.administrator();
    let get = |range: &str| {
        let mut request = world.s3_request(&admin, "GET", "/examplebucket/hello.txt", b"");
        request.push("range", range);
        request.send(&world.api())
    };
    for (range, status, body) in [
        ("bytes=0-4", 206, "Hello"),
        ("bytes=-10", 206, "rolecall.\n"),
        ("bytes=-999", 206, "Hello from rolecall.\n"),
        ("bytes=-9223372036854775808", 206, "Hello from rolecall.\n"),
        ("bytes=0-999", 206, "Hello from rolecall.\n"),
    ] {
        let reply = get(range);
        assert_eq!((reply.status, reply.text().as_str()), (status, body), "{range}");
    }
    for range in ["bytes=-0", "bytes=21-"] {
        let reply = get(range);
        assert_eq!((reply.status, reply.error().0.as_str()), (416, "InvalidRange"), "{range}");
    }
}

#[test]
fn conditions_of_reads_are_kept() {
    let world = TestWorld::start();
    let admin = world.administrator();
    let tag = world.s3(&admin, "GET", "/examplebucket/hello.txt", b"");
    let tag = tag.header("etag").unwrap().to_owned();
    for (method, name, value, status) in [
        ("GET", "if-match", tag.as_str(), 200),
        ("GET", "if-match", "\"other\"", 412),
        ("GET", "if-none-match", tag.as_str(), 304),
        ("HEAD", "if-none-match", tag.as_str(), 304),
        ("GET", "if-modified-since", "Fri, 31 Dec 9999 23:59:59 GMT", 304),
        ("GET", "if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT", 412),
        ("DELETE", "if-match", "\"other\"", 501),
        ("PUT", "if-none-match", "*", 412),
        ("PUT", "if-none-match", "\"other\"", 501),
    ] {
        let mut request = world.s3_request(&admin, method, "/examplebucket/hello.txt", b"");
        request.push(name, value);
        assert_eq!(request.send(&world.api()).status, status, "{method} {name}: {value}");
    }
}

#[test]
fn a_client_that_expects_another_owner_is_refused() {
    let world = TestWorld::start();
    let admin = world.administrator();
    for (owner, status) in [("123456789012", 200), ("111111111111", 403)] {
        let mut request = SignedRequest::new("PUT", "/examplebucket/owned", "", b"x");
        request.push("x-amz-expected-bucket-owner", owner);
        request.sign(&admin, &world.api(), "s3", world.now(), None);
        assert_eq!(request.send(&world.api()).status, status, "{owner}");
    }
}

#[test]
fn an_upload_id_is_good_for_its_object_alone() {
    let world = TestWorld::start();
    let admin = world.administrator();
    let call = |method: &str, target: &str, body: &[u8]| world.s3(&admin, method, target, body);
    let id = call("POST", "/examplebucket/mine?uploads", b"").element("UploadId").unwrap();
    let part = format!("partNumber=1&uploadId={id}");
    let put = call("PUT", &format!("/examplebucket/mine?{part}"), b"part");
    assert_eq!(put.status, 200, "{}", put.text());
    let reply = call("PUT", &format!("/examplebucket/yours?{part}"), b"part");
    assert_eq!((reply.status, reply.error().0.as_str()), (404, "NoSuchUpload"));
    let store_id = id.split('.').next().unwrap();
    let reply = call("GET", &format!("/examplebucket/mine?uploadId={store_id}"), b"");
    assert_eq!((reply.status, reply.error().0.as_str()), (404, "NoSuchUpload"));
    let complete = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{}</ETag></Part>\
         </CompleteMultipartUpload>",
        put.header("etag").unwrap()
    );
    let target = format!("/examplebucket/mine?uploadId={id}");
    let done = call("POST", &target, complete.as_bytes());
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(call("GET", "/examplebucket/mine", b"").text(), "part");
}

#[test]
fn what_the_store_would_take_for_another_object_is_refused() {
    let world = TestWorld::start();
    let admin = world.administrator();
    assert_eq!(world.s3(&admin, "PUT", "/examplebucket/dir/key", b"x").status, 200);
    let reply = world.s3(&admin, "GET", "/examplebucket/dir", b"");
    assert_eq!((reply.status, reply.error().0.as_str()), (404, "NoSuchKey"), "a folder");
    let reply = world.s3(&admin, "GET", "/examplebucket/hello.txt/", b"");
    assert_eq!((reply.status, reply.error().0.as_str()), (400, "InvalidURI"), "a slash too many");
    let reply = world.s3(&admin, "GET", "/examplebucket?list-type=2&prefix=%2Fhello", b"");
    assert_eq!((reply.status, reply.error().0.as_str()), (400, "InvalidArgument"));
    let reply = world.s3(&admin, "GET", "/examplebucket?list-type=2&delimiter=%C3%A9", b"");
    assert_eq!((reply.status, reply.error().0.as_str()), (501, "NotImplemented"));
    // The file beside an object of `examplebucket` has room for so much of its key.
    let longest = "k".repeat(122);
    assert_eq!(world.s3(&admin, "PUT", &format!("/examplebucket/{longest}"), b"x").status, 200);
    let reply = world.s3(&admin, "PUT", &format!("/examplebucket/{longest}k"), b"x");
    assert_eq!((reply.status, reply.error().0.as_str()), (400, "KeyTooLongError"));
    assert_eq!(reply.element("MaxSizeAllowed").as_deref(), Some("122"));
}

#[test]
fn buckets_are_listed_to_their_owner_alone() {
    let seed = r#"
        account = "123456789012"
        [[user]]
        name = "stranger"
        account = "210987654321"
        managed-policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
        [[user.access-key]]
        [[bucket]]
        name = "private"
    "#;
    let world = TestWorld::with_seed(seed);
    let stranger = world.administrator();
    let reply = world.s3(&stranger, "GET", "/", b"");
    assert_eq!((reply.status, reply.error().0.as_str()), (403, "AccessDenied"));
    assert_eq!(world.s3(&stranger, "PUT", "/mine", b"").status, 403);
}

#[test]
fn a_key_that_can_be_no_file_is_never_the_stores_failure() {
    let world = TestWorld::start();
    let admin = world.administrator();
    assert_eq!(world.s3(&admin, "PUT", "/examplebucket/folder/key", b"x").status, 200);
    let answer = |method: &str, path: &str, query: &str, source: Option<&str>| {
        let mut request = SignedRequest::new(method, path, query, b"");
        if let Some(source) = source {
            request.push("x-amz-copy-source", source);
        }
        request.sign(&admin, &world.api(), "s3", world.now(), None);
        request.send(&world.api())
    };
    let folder_and_below =
        ["/examplebucket/folder", "/examplebucket/hello.txt/below", "/examplebucket/hello.txt/a/b"];
    for path in folder_and_below {
        for (query, method, source) in [
            ("", "PUT", None),
            ("", "PUT", Some("examplebucket/hello.txt")),
            ("uploads", "POST", None),
        ] {
            let reply = answer(method, path, query, source);
            assert_eq!((reply.status, reply.error().0.as_str()), (501, "NotImplemented"), "{path}");
        }
        let copied = answer("PUT", "/examplebucket/copy", "", Some(path));
        assert_eq!((copied.status, copied.error().0.as_str()), (404, "NoSuchKey"), "{path}");
        assert_eq!(answer("GET", path, "", None).status, 404, "{path}");
        assert_eq!(answer("DELETE", path, "", None).status, 204, "{path}");
    }
    assert_eq!(world.s3(&admin, "GET", "/examplebucket/folder/key", b"").text(), "x");
}

#[test]
fn a_list_of_keys_is_deleted_whatever_is_among_them() {
    let world = TestWorld::start();
    let admin = world.administrator();
    for path in ["/examplebucket/folder/key", "/examplebucket/last"] {
        assert_eq!(world.s3(&admin, "PUT", path, b"x").status, 200);
    }
    let keys = ["hello.txt/below", "folder", "no&such", "../keyring.json", "last"];
    let delete = |quiet: bool| {
        let objects =
            keys.map(|key| format!("<Object><Key>{}</Key></Object>", key.replace('&', "&amp;")));
        let body = format!("<Delete>{}<Quiet>{quiet}</Quiet></Delete>", objects.concat());
        let mut request = SignedRequest::new("POST", "/examplebucket", "delete", body.as_bytes());
        request.sign(&admin, &world.api(), "s3", world.now(), None);
        request.send(&world.api())
    };
    let reply = delete(false);
    assert_eq!(reply.status, 200, "{}", reply.text());
    for key in ["hello.txt/below", "folder", "no&amp;such", "last"] {
        assert!(reply.text().contains(&format!("<Key>{key}</Key>")), "{}", reply.text());
    }
    assert_eq!(reply.text().matches("<Deleted>").count(), 4, "{}", reply.text());
    let refused = "<Error><Key>../keyring.json</Key><Code>InvalidURI</Code>";
    assert!(reply.text().contains(refused), "{}", reply.text());
    assert_eq!(world.s3(&admin, "GET", "/examplebucket/last", b"").status, 404);
    assert_eq!(world.s3(&admin, "GET", "/examplebucket/folder/key", b"").status, 200);
    assert!(!delete(true).text().contains("<Key>folder</Key>"));
}
