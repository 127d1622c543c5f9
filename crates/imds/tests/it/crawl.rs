//! Row 73: what is listed is there, in every version, and nothing vanishes in a later one.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rolecall_imds::InstanceFacts;
use serde_json::{Value, json};

use crate::bodies::VERSIONS;
use crate::world::{Reader, Variant, snapshot};

#[test]
fn row_73_each_listed_name_answers() {
    for variant in variants() {
        for version in VERSIONS.lines() {
            let tree = crawl(&variant.facts(), version);
            assert!(tree.contains_key("meta-data/instance-id"), "{version} {variant:?}");
        }
    }
}

/// The requests of cloud-init and more: nothing that I has is hidden from a crawler, save the role's
/// credentials under the path that newer SDKs try first.
#[test]
fn the_crawler_finds_the_whole_of_i() {
    let tree = crawl(&Variant::default().facts(), "latest");
    assert_eq!(tree.len(), 75, "{:#?}", tree.keys());
    assert!(!tree.keys().any(|path| path.contains("extended")));
}

#[test]
fn latest_is_the_newest_version() {
    let facts = Variant::default().facts();
    assert_eq!(crawl(&facts, "latest"), crawl(&facts, "2026-04-15"));
}

#[test]
fn a_later_version_has_all_of_an_earlier_one() {
    let facts = Variant::default().facts();
    let trees: Vec<_> = VERSIONS.lines().map(|version| crawl(&facts, version)).collect();
    for pair in trees.windows(2) {
        for (path, earlier) in &pair[0] {
            let later = pair[1].get(path).unwrap_or_else(|| panic!("{path} is gone"));
            assert!(is_listing(path) || later == earlier, "{path} is another value");
        }
    }
}

proptest! {
    /// Tag keys as EC2 lets them be where tags are shown; any value.
    #[test]
    fn any_facts_make_a_tree_that_can_be_crawled(
        tags in prop::collection::btree_map("[a-zA-Z0-9+=.,_:@-]{1,12}", ".{0,16}", 0..8),
        role in "[a-zA-Z0-9+=,@_-]{1,64}",
        groups in prop::collection::vec("[a-zA-Z0-9 ._-]{1,20}", 1..4),
    ) {
        prop_assume!(!tags.contains_key(".") && !tags.contains_key(".."));
        let mut facts = Variant::default().facts();
        facts.tags = tags.clone().into_iter().collect();
        facts.interfaces[0].security_groups = groups;
        if let rolecall_imds::IamFacts::Role {
            role: rolecall_imds::RoleFacts::Ready(sets), ..
        } = &mut facts.iam {
            sets.role_name.clone_from(&role);
        }
        let tree = crawl(&facts, "latest");
        let credentials = format!("meta-data/iam/security-credentials/{role}");
        prop_assert!(tree.contains_key(&credentials));
        for (key, value) in &tags {
            prop_assert_eq!(tree.get(&format!("meta-data/tags/instance/{key}")), Some(value));
        }
    }
}

/// Everything below a version that its listings name, by path; directories end with `/`.
pub(crate) fn crawl(facts: &InstanceFacts, version: &str) -> BTreeMap<String, String> {
    let reader = Reader::new(snapshot(facts));
    let mut found = BTreeMap::new();
    let mut waiting = vec![String::new()];
    while let Some(path) = waiting.pop() {
        let (status, text) = reader.read(&format!("/{version}/{path}"));
        if status == 404 && may_be_missing(facts, version, &path) {
            continue;
        }
        assert_eq!(status, 200, "/{version}/{path}");
        if is_listing(&path) {
            assert_orderly(&path, &text);
            waiting.extend(text.split('\n').map(|name| format!("{path}{}", child(&path, name))));
        }
        assert!(found.insert(path.clone(), text).is_none(), "/{version}/{path} twice");
    }
    found
}

/// The listing of a version is the same in all of them: contract/imds.md section 1.4.
fn may_be_missing(facts: &InstanceFacts, version: &str, path: &str) -> bool {
    match path {
        "dynamic/" => version < "2009-04-04",
        "user-data" => facts.user_data.is_none(),
        _ => false,
    }
}

fn is_listing(path: &str) -> bool {
    path.is_empty() || path.ends_with('/')
}

/// The path below a directory that a line of its listing names.
fn child(directory: &str, line: &str) -> String {
    match (directory, line.split_once('=')) {
        ("", _) if line != "user-data" => format!("{line}/"),
        ("meta-data/public-keys/", Some((index, _name))) => format!("{index}/"),
        _ => line.to_owned(),
    }
}

/// Names in byte order, each once, none empty.
fn assert_orderly(path: &str, listing: &str) {
    let lines: Vec<&str> = listing.split('\n').collect();
    let bare = |line: &str| line.trim_end_matches('/').to_owned();
    assert!(lines.iter().all(|line| !line.is_empty()), "{path}: {listing:?}");
    assert!(lines.windows(2).all(|pair| bare(pair[0]) < bare(pair[1])), "{path}: {listing:?}");
}

/// Every variant of I that answers.
pub(crate) fn variants() -> Vec<Variant> {
    let profiles = ["gone", "no-role", "none", "ready", "unauthorized", "unavailable"];
    let read = |value: Value| serde_json::from_value(value).unwrap();
    let mut variants: Vec<Variant> =
        profiles.map(|profile| read(json!({ "profile": profile }))).to_vec();
    for (key, value) in [("tags", "off"), ("tags", "empty"), ("key", "none"), ("user-data", "none")]
    {
        variants.push(read(json!({ key: value })));
    }
    variants.push(read(json!({
        "profile": "none", "tags": "off", "key": "none", "user-data": "none"
    })));
    variants
}
