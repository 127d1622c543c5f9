//! The EKS Pod Identity agent. contract/imds.md section 4, rows 111 to 115.

use rolecall_identity::Timestamp;
use rolecall_server::StartError;
use rolecall_testkit::{Imds, Issuer, Pod, Reply, TestWorld};
use serde_json::{Value, json};

use crate::containers::{POD, SEED, issued_by, issuer, json, keys, seed, trust, whoami, world};

fn agent(world: &TestWorld) -> Imds {
    Imds::at(world.settings().pod_identity[0].address)
}

/// Asks as an SDK does: by the address.
fn ask(world: &TestWorld, token: &str) -> Reply {
    let agent = agent(world);
    let host = format!("host: {}", agent.address);
    agent.ask("GET", "/v1/credentials", &[&host, &format!("authorization: {token}")])
}

fn token(world: &TestWorld, pod: &Pod<'_>) -> String {
    issuer().token(pod, world.now())
}

#[test]
fn row_111_a_pod_is_the_role_of_its_service_account() {
    let world = world();
    let reply = ask(&world, &token(&world, &POD));
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    let text = reply.text();
    let names = ["AccessKeyId", "SecretAccessKey", "Token", "AccountId", "Expiration"];
    let places: Vec<_> = names.map(|name| text.find(&format!("\"{name}\":")).unwrap()).into();
    assert!(places.is_sorted(), "{text}");
    let document = json(&reply);
    assert_eq!(document["AccountId"], "123456789012");
    let arn = "arn:aws:sts::123456789012:assumed-role/pod-role/\
               eks-green-app-7d4b9c6-99999999-2222-4333-8444-555555555555";
    assert_eq!(whoami(&world, &keys(&document)), arn);
}

/// One role for two namespaces, and each reads its own.
#[test]
fn a_policy_knows_a_pod_by_its_tags() {
    let world = world();
    let of = |namespace| {
        let token = token(&world, &Pod { namespace, ..POD });
        keys(&json(&ask(&world, &token)))
    };
    let (a, b) = (of("team-a"), of("team-b"));
    for (keys, method, target, status) in [
        (&a, "GET", "/books/team-a/x", 200),
        (&a, "GET", "/books/team-b/x", 403),
        (&b, "GET", "/books/team-b/x", 200),
        (&b, "GET", "/books/team-a/x", 403),
        (&a, "PUT", "/books/new", 200),
        (&b, "PUT", "/books/new", 403),
    ] {
        assert_eq!(world.s3(keys, method, target, b"").status, status, "{method} {target}");
    }
}

#[test]
fn row_112_the_agent_is_called_by_its_addresses_alone() {
    let world = world();
    let (agent, token) = (agent(&world), token(&world, &POD));
    let authorization = format!("authorization: {token}");
    let by = |host: &str| {
        agent.ask("GET", "/v1/credentials", &[&format!("host: {host}"), &authorization])
    };
    for host in
        ["169.254.170.23", "169.254.170.23:80", "[fd00:ec2::23]", "127.0.0.1:1", "localhost"]
    {
        assert_eq!(by(host).status, 200, "{host}");
    }
    for host in ["evil.example", "127.0.0.2", "169.254.170.2", "localhost.evil.example"] {
        let reply = by(host);
        let message = format!(
            "Access Denied. Called agent through invalid address, please use either \
             [169.254.170.23 fd00:ec2::23 127.0.0.1 localhost] address not {host}"
        );
        assert_eq!((reply.status, reply.text()), (403, message));
    }
    let absolute = "http://evil.example/v1/credentials";
    let host = format!("host: {}", agent.address);
    assert_eq!(agent.ask("GET", absolute, &[&host, &authorization]).status, 403);
}

#[test]
fn a_request_has_sixty_four_headers_at_most() {
    let world = world();
    let with = |count: usize| {
        let headers: Vec<String> = (0..count).map(|n| format!("x-{n}: 1")).collect();
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        agent(&world).ask("GET", "/v1/credentials", &headers).status
    };
    assert_eq!(with(63), 400, "the host is there already, and no token");
    assert_eq!(with(64), 431);
}

#[test]
fn row_113_a_token_that_proves_nothing() {
    let world = world();
    let now = world.now();
    let claims = |change: fn(&mut Value)| {
        let mut claims = Issuer::claims(&POD, now);
        change(&mut claims);
        issuer().sign(&claims)
    };
    let (parsed, checked) = ("cannot be parsed: ", "failed basic claim validations: ");
    for (token, status, message) in [
        (String::new(), 400, "Service account token cannot be empty".to_owned()),
        (
            "garbage".to_owned(),
            400,
            format!("{parsed}token contains an invalid number of segments"),
        ),
        (
            format!("Bearer {}", token(&world, &POD)),
            400,
            format!("{parsed}token is malformed: could not decode the header"),
        ),
        (
            Issuer::new(9).token(&POD, now),
            400,
            format!("{parsed}token is unverifiable: its key is not known"),
        ),
        (
            claims(|claims| claims["aud"] = json!("sts.amazonaws.com")),
            400,
            format!("{checked}token has invalid audience"),
        ),
        (
            claims(|claims| claims["iss"] = json!("https://other.example")),
            400,
            format!("{checked}token has invalid issuer"),
        ),
        (
            issuer().token(&POD, now.plus_seconds(-86_400)),
            400,
            format!("{checked}token is expired"),
        ),
        (
            token(&world, &Pod { service_account: "other", ..POD }),
            404,
            "no association was found for service account `other` in namespace `team-a`".to_owned(),
        ),
    ] {
        let reply = ask(&world, &token);
        let text = reply.text();
        assert!(reply.status == status && text.ends_with(&message), "{}: {text}", reply.status);
    }
    assert_eq!(agent(&world).ask("POST", "/v1/credentials", &[]).status, 405);
    assert_eq!(agent(&world).ask("GET", "/v2/credentials/x", &[]).status, 404);
    assert!(issued_by(&world, "pods.eks.amazonaws.com").is_empty());
}

#[test]
fn row_114_a_hundred_at_once_are_answered_with_one() {
    let world = world();
    let token = token(&world, &POD);
    let texts: Vec<String> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..100)
            .map(|_| {
                scope.spawn(|| {
                    let reply = ask(&world, &token);
                    assert_eq!(reply.status, 200, "{}", reply.text());
                    reply.text()
                })
            })
            .collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(texts.iter().all(|text| *text == texts[0]));
    let issued = issued_by(&world, "pods.eks.amazonaws.com");
    let [issued] = issued.as_slice() else { panic!("{issued:#?}") };
    let asked = &issued["requestParameters"];
    assert_eq!(asked["roleArn"], "arn:aws:iam::123456789012:role/pod-role");
    assert_eq!(asked["tags"].as_array().unwrap().len(), 6);
    assert_eq!(asked["tags"][2], json!({"key": "kubernetes-namespace", "value": "team-a"}));
    assert_eq!(asked["transitiveTagKeys"].as_array().unwrap().len(), 6);
}

/// Another pod is another session; another token of the same pod is not.
#[test]
fn a_session_is_of_a_pod() {
    let world = world();
    let key = |token: &str| json(&ask(&world, token))["AccessKeyId"].clone();
    let first = key(&token(&world, &POD));
    let later = issuer().token(&POD, world.now().plus_seconds(-60));
    assert_eq!(key(&later), first);
    let uid = "88888888-2222-4333-8444-555555555555";
    let other = key(&token(&world, &Pod { uid, ..POD }));
    assert_ne!(other, first);
}

#[test]
fn row_115_keys_are_never_short_however_the_time_passes() {
    for step in [601, 1801, 6 * 3600 + 299, 9 * 3600] {
        let world = world();
        for _ in 0..(18 * 3600 / step).min(40) {
            let document = json(&ask(&world, &token(&world, &POD)));
            let end = document["Expiration"].as_str().unwrap();
            let end = Timestamp::parse_iso8601(end).unwrap();
            assert!(end.seconds_since(world.now()) > 29 * 60, "step {step}: {document}");
            world.advance_seconds(step);
        }
    }
}

#[test]
fn a_role_that_does_not_trust_eks_is_not_given() {
    let world = world();
    let refused = "ServiceUnavailableException: credentials are not available yet";
    let reply = ask(&world, &token(&world, &Pod { namespace: "team-c", ..POD }));
    assert_eq!((reply.status, &*reply.text()), (503, refused));
    assert_eq!(ask(&world, &token(&world, &POD)).status, 200);
    trust(&world, "pod-role", "ec2.amazonaws.com");
    let reply = ask(&world, &token(&world, &POD));
    assert_eq!((reply.status, &*reply.text()), (503, refused), "what was minted is not served");
}

#[test]
fn the_keys_of_the_issuer_may_change_while_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    std::fs::write(&path, Issuer::new(7).jwks()).unwrap();
    let world = TestWorld::with_seed(&SEED.replace("JWKS", path.to_str().unwrap()));
    let status = |number| ask(&world, &Issuer::new(number).token(&POD, world.now())).status;
    assert_eq!((status(7), status(8)), (200, 400));
    let beside = folder.path().join("new");
    std::fs::write(&beside, Issuer::new(8).jwks()).unwrap();
    std::fs::rename(&beside, &path).unwrap();
    assert_eq!((status(7), status(8)), (400, 200));
}

#[test]
fn an_agent_without_keys_does_not_start() {
    for keys in ["{}", "no-such-file.json"] {
        let started = TestWorld::try_start(&SEED.replace("JWKS", keys));
        let Err(StartError::PodIdentity { cluster, .. }) = started else { panic!("{keys}") };
        assert_eq!(cluster, "green");
    }
}

/// What listens is configuration; whom to believe is in the data folder.
#[test]
fn a_cluster_that_the_data_folder_does_not_have_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let started = |seed: &str| TestWorld::with(seed, Some(folder.path().to_owned()));
    started("account = \"123456789012\"").stop();
    let world = started(&seed());
    let reply = ask(&world, &token(&world, &POD));
    assert!(reply.status == 400 && reply.text().ends_with("token has invalid issuer"));
}

#[test]
fn the_first_agent_listens_where_it_is_told() {
    let world = TestWorld::configured(&seed(), |config| {
        config.pod_identity = Some("127.0.0.9:0".parse().unwrap());
    });
    assert_eq!(world.settings().pod_identity[0].address.ip().to_string(), "127.0.0.9");
    assert_eq!(ask(&world, &token(&world, &POD)).status, 200);
    assert!(TestWorld::start().settings().pod_identity.is_empty());
}
