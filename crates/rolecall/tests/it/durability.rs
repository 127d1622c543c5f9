//! What was acknowledged is there after the process was killed.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use rolecall_testkit::{Dev, Keys, Reply, Signal};

use crate::{dev, now, program};

/// Acknowledged writes after which the process is killed, while others are on their way.
const WRITES: usize = 200;
const WRITERS: usize = 4;

#[test]
fn every_acknowledged_write_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--data", folder.path().to_str().unwrap()];
    let world = dev(&arguments);
    let administrator = world.administrator();
    iam(&world, &administrator, "Action=CreateUser&UserName=second");
    let policy = "arn:aws:iam::aws:policy/AdministratorAccess";
    let attach = format!("Action=AttachUserPolicy&UserName=second&PolicyArn={policy}");
    iam(&world, &administrator, &attach);
    let created = iam(&world, &administrator, "Action=CreateAccessKey&UserName=second");
    let second = Keys {
        id: created.element("AccessKeyId").unwrap(),
        secret: created.element("SecretAccessKey").unwrap(),
        token: None,
    };
    let put = administrator.s3(world.api(), "PUT", "/examplebucket/kept", b"kept", now());
    assert_eq!(put.send(world.api()).status, 200);

    let acknowledged = burst(world, &administrator);
    assert!(acknowledged.len() >= WRITES, "{}", acknowledged.len());

    let world = dev(&arguments);
    assert_eq!(world.administrator().id, administrator.id);
    assert_eq!(world.administrator().secret, administrator.secret);
    // The key that was made before is as good as the one of the seed.
    let users = all_users(&world, &second);
    for write in &acknowledged {
        match write {
            Write::User(name) => assert!(users.contains(name), "{name}"),
            Write::Role(name) => {
                let form = format!("Action=GetRole&RoleName={name}");
                let role = iam(&world, &second, &form);
                assert_eq!(role.element("RoleName").as_ref(), Some(name));
            }
        }
    }
    for (key, content) in [("kept", "kept"), ("hello.txt", "Hello from rolecall.\n")] {
        let target = format!("/examplebucket/{key}");
        let got = administrator.s3(world.api(), "GET", &target, b"", now()).send(world.api());
        assert_eq!((got.status, &*got.text()), (200, content));
    }
    // And the world goes on.
    let form = "Action=CreateUser&UserName=after";
    assert_eq!(iam(&world, &administrator, form).element("UserName").unwrap(), "after");
}

#[test]
fn a_second_process_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let world = dev(&["--data", data]);
    let second = Dev::command(program(), &["--data", data]).output().unwrap();
    let expected = format!(
        "error: `{data}/rolecall.db` is in use by another process\n\
         \n\
         hint: a data folder has one user at a time\n"
    );
    let said = String::from_utf8(second.stderr).unwrap();
    assert_eq!((second.status.code(), &*said, &*second.stdout), (Some(1), &*expected, b"" as &[_]));
    // The first is not disturbed, and the folder is free when it ends.
    let users = all_users(&world, &world.administrator());
    assert_eq!(users, BTreeSet::from(["admin".to_owned()]));
    assert_eq!(world.end(Signal::TERM).code, Some(0));
    assert_eq!(dev(&["--data", data]).end(Signal::TERM).code, Some(0));
}

#[test]
fn what_a_folder_keeps_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("made");
    let world = dev(&["--data", data.to_str().unwrap()]);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for name in ["keyring.json", "audit/journal.ndjson"] {
        assert_eq!(mode(&data.join(name)), 0o600, "{name}");
    }
    drop(world);
}

enum Write {
    Role(String),
    User(String),
}

/// Writes from several threads until the process is gone; gives what it had acknowledged.
fn burst(world: Dev, keys: &Keys) -> Vec<Write> {
    let host = world.api().to_owned();
    let (acknowledged, count) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    let (enough, is_enough) = channel();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (host, enough, acknowledged, count) =
                (&host, enough.clone(), &acknowledged, &count);
            scope.spawn(move || {
                for number in 0.. {
                    let (write, form) = next(writer, number);
                    let request = keys.query(host, "iam", &form, now());
                    let Ok(reply) = request.try_send(host) else { return };
                    assert_eq!(reply.status, 200, "{}", reply.text());
                    acknowledged.lock().unwrap().push(write);
                    if count.fetch_add(1, Ordering::SeqCst) + 1 == WRITES {
                        enough.send(()).unwrap();
                    }
                }
            });
        }
        is_enough.recv().unwrap();
        world.kill();
    });
    acknowledged.into_inner().unwrap()
}

fn next(writer: usize, number: usize) -> (Write, String) {
    let name = format!("burst-{writer}-{number}");
    let version = "Version=2010-05-08";
    if number.is_multiple_of(2) {
        let form = format!("Action=CreateUser&{version}&UserName={name}");
        return (Write::User(name), form);
    }
    let trust = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow\
                 %22%2C%22Principal%22%3A%7B%22Service%22%3A%22ec2.amazonaws.com%22%7D%2C%22Action\
                 %22%3A%22sts%3AAssumeRole%22%7D%7D";
    let form =
        format!("Action=CreateRole&{version}&RoleName={name}&AssumeRolePolicyDocument={trust}");
    (Write::Role(name), form)
}

fn iam(world: &Dev, keys: &Keys, form: &str) -> Reply {
    let form = format!("{form}&Version=2010-05-08");
    let reply = keys.query(world.api(), "iam", &form, now()).send(world.api());
    assert_eq!(reply.status, 200, "{form}: {}", reply.text());
    reply
}

/// The names of all pages.
fn all_users(world: &Dev, keys: &Keys) -> BTreeSet<String> {
    let (mut names, mut form) = (BTreeSet::new(), "Action=ListUsers".to_owned());
    loop {
        let page = iam(world, keys, &form);
        let text = page.text();
        let found = text.split("<UserName>").skip(1).filter_map(|rest| rest.split('<').next());
        names.extend(found.map(str::to_owned));
        match page.element("Marker") {
            Some(marker) => form = format!("Action=ListUsers&Marker={marker}"),
            None => return names,
        }
    }
}
