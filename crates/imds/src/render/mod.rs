//! The tree of one instance, from its facts. Source: contract/imds.md sections 1.5 and 1.6.

mod host;
mod iam;
mod instance;
mod network;

use bytes::Bytes;

use crate::facts::InstanceFacts;
use crate::response::ContentType;
use crate::tree::{Leaf, Proof, Tree};
use crate::value;
use crate::version::{Version, since};

/// Renders every leaf and listing.
pub(crate) fn render(facts: &InstanceFacts, document: &str, has_proofs: bool) -> Tree {
    let mut tree = Tree::with_values(&facts.values);
    roots(&mut tree, facts);
    instance::instance(&mut tree, facts);
    network::network(&mut tree, facts);
    instance::placement(&mut tree, facts);
    instance::tags(&mut tree, facts);
    iam::iam(&mut tree, facts);
    iam::identity(&mut tree, facts);
    dynamic(&mut tree, document, has_proofs);
    tree.finish(value::since);
    tree
}

/// The listing above the tree, and the user data beside it.
fn roots(tree: &mut Tree, facts: &InstanceFacts) {
    tree.irregular(Version::FIRST, "", "dynamic\nmeta-data\nuser-data".to_owned(), false);
    if let Some(bytes) = &facts.user_data {
        let content_type = ContentType::OctetStream;
        let leaf = Leaf { content_type, ..Leaf::plain(Bytes::from(bytes.clone())) };
        tree.insert(Version::FIRST, "user-data", leaf, false);
    }
}

fn dynamic(tree: &mut Tree, document: &str, has_proofs: bool) {
    let (since, folder) = (since("2009-04-04"), "dynamic/instance-identity");
    tree.leaf(since, &format!("{folder}/document"), document.to_owned());
    if has_proofs {
        tree.proof(since, &format!("{folder}/pkcs7"), Proof::Pkcs7);
        tree.proof(since, &format!("{folder}/rsa2048"), Proof::Rsa2048);
        tree.proof(since, &format!("{folder}/signature"), Proof::Signature);
    }
}
