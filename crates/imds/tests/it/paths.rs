//! Spellings of a path: none panics, none leaves the tree, and the same path is the same answer.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::bodies::VERSIONS;
use crate::crawl::crawl;
use crate::world::{Reader, Variant};

proptest! {
    /// Anything, and pieces of paths in any order, which find more.
    #[test]
    fn no_target_leaves_the_tree(target in prop_oneof![".{0,64}", pieces()]) {
        let (status, text) = reader().read(&target);
        match status {
            200 => prop_assert!(all_texts().contains(&text), "{target}: {text}"),
            404 => {}
            405 => prop_assert!(target.contains("token")),
            _ => prop_assert!(false, "{target}: {status}"),
        }
    }

    #[test]
    fn a_path_in_any_spelling_is_the_same_path(
        path in prop::sample::select(paths()),
        seed in prop::collection::vec(0_u8..6, 12),
        escaped in prop::collection::vec(any::<bool>(), 128),
        tail in prop::sample::select(vec!["", "/", "//", "/.", "?", "?x=1", "?x=/../..", "/?a"]),
    ) {
        let plain = reader().read(&path);
        let spelled = spell(&path, &seed, &escaped);
        prop_assert_eq!(plain.0, 200, "{}", path);
        prop_assert_eq!(reader().read(&format!("{spelled}{tail}")), plain, "{}{}", spelled, tail);
    }

    /// One step more than there are segments is a step out, however it is written.
    #[test]
    fn who_climbs_out_of_the_root_finds_nothing(
        path in prop::sample::select(paths()),
        up in prop::sample::select(vec!["..", "%2e%2e", ".%2E", "%2E."]),
        more in 1_usize..4,
    ) {
        let depth = path.matches('/').count() + more;
        let climbing = format!("{path}{}{path}", format!("/{up}").repeat(depth));
        prop_assert_eq!(reader().read(&climbing).0, 404, "{}", climbing);
    }
}

/// What is in no version, as a traversal would have it.
#[test]
fn files_of_the_host_are_not_there() {
    for target in [
        "/etc/passwd",
        "/latest/../etc/passwd",
        "/latest/meta-data/..%2f..%2f..%2fetc%2fpasswd",
        "/latest/meta-data/..\\..\\user-data",
        "file:///etc/passwd",
        "/latest/meta-data/%c0%ae%c0%ae/user-data",
    ] {
        assert_eq!(reader().read(target).0, 404, "{target}");
    }
}

fn reader() -> Reader {
    Reader::new(Variant::default().snapshot())
}

/// Paths of the newest version and of an old one, without a last slash.
fn paths() -> Vec<String> {
    let facts = Variant::default().facts();
    let of = |version: &'static str| {
        crawl(&facts, version)
            .into_keys()
            .map(move |path| format!("/{version}/{path}").trim_end_matches('/').to_owned())
    };
    of("latest").chain(of("2012-01-12")).collect()
}

/// Every text a read may answer.
fn all_texts() -> BTreeSet<String> {
    let facts = Variant::default().facts();
    let crawled = VERSIONS.lines().flat_map(|version| crawl(&facts, version).into_values());
    let extended = reader().read("/latest/meta-data/iam/security-credentials-extended/role-x").1;
    crawled.chain([VERSIONS.to_owned(), extended]).collect()
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "/",
        "/",
        "/",
        "//",
        "/./",
        "/../",
        "%2e",
        "%2F",
        "%",
        "?",
        "=",
        "latest",
        "1.0",
        "meta-data",
        "user-data",
        "dynamic",
        "api",
        "token",
        "iam",
        "security-credentials",
        "role-x",
        "instance-id",
        "public-keys",
        "0",
        "http://",
        "é",
        "\0",
        "\\",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Writes each slash in one of six ways, and escapes the letters that `escaped` says.
fn spell(path: &str, seed: &[u8], escaped: &[bool]) -> String {
    let mut slashes = seed.iter().cycle();
    let mut letters = escaped.iter().cycle();
    path.chars()
        .map(|c| match c {
            '/' => match slashes.next() {
                Some(0) => "//".into(),
                Some(1) => "/./".into(),
                Some(2) => "/x/../".into(),
                Some(3) => "%2f".into(),
                Some(4) => "/%2E/".into(),
                _ => "/".to_owned(),
            },
            c if *letters.next().unwrap() => format!("%{:02x}", u32::from(c)),
            c => c.to_string(),
        })
        .collect()
}
