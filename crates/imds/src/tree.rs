use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use rolecall_identity::Timestamp;

use crate::response::ContentType;
use crate::version::Version;

/// The nodes of a metadata tree by path, below a version: `meta-data/instance-id`.
#[derive(Default)]
pub(crate) struct Tree {
    /// Clients look up and add nothing, so the hash need not be proof against chosen keys.
    nodes: HashMap<String, Node, foldhash::fast::RandomState>,
    /// Values that were set and wait to take a leaf's place.
    texts: BTreeMap<String, String>,
    /// Leaves, and directories with all that is in them, that are to be kept out.
    absent: BTreeSet<String>,
}

/// A node, and the version it appeared in.
pub(crate) struct Node {
    since: Version,
    kind: Kind,
}

enum Kind {
    Directory(Directory),
    Leaf(Leaf),
    Proof(Proof),
}

/// A proof of the identity document: made when somebody asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    Pkcs7,
    Rsa2048,
    Signature,
}

#[derive(Default)]
struct Directory {
    children: BTreeMap<String, Child>,
    /// The listing in the newest version.
    latest: Bytes,
    /// The listing is a text of its own, in every version.
    irregular: bool,
}

struct Child {
    since: Version,
    is_directory: bool,
}

/// A value.
pub(crate) struct Leaf {
    pub(crate) content_type: ContentType,
    /// For reads with a token.
    pub(crate) text: Bytes,
    /// For reads without one, where that is another value.
    pub(crate) without_token: Option<Bytes>,
    /// When credentials end: from then on they are not delivered, whoever forgot to renew them.
    pub(crate) ends: Option<Timestamp>,
}

impl Leaf {
    /// A value that is the same for every reader and does not end.
    pub(crate) fn plain(text: impl Into<Bytes>) -> Self {
        let (content_type, text) = (ContentType::Text, text.into());
        Self { content_type, text, without_token: None, ends: None }
    }
}

/// What a path holds in a version.
pub(crate) enum Found<'a> {
    Leaf(&'a Leaf),
    Listing(Bytes),
    Proof(Proof),
}

impl Tree {
    /// An empty tree, in which `values` take the place of what will be added, and nothing that of
    /// what has none.
    pub(crate) fn with_values(values: &BTreeMap<String, Option<String>>) -> Self {
        let mut tree = Self::default();
        for (path, value) in values {
            match value {
                Some(text) => drop(tree.texts.insert(path.clone(), text.clone())),
                None => drop(tree.absent.insert(path.clone())),
            }
        }
        tree
    }

    /// Adds a value, and its directories; the value that was set for the path, if there is one.
    pub(crate) fn leaf(&mut self, since: Version, path: &str, text: impl Into<Bytes>) {
        let text = self.texts.remove(path).map_or_else(|| text.into(), Bytes::from);
        self.insert(since, path, Leaf::plain(text), true);
    }

    /// Adds what was set and nothing else had a place for, and writes the listings. A directory
    /// cannot have a value.
    pub(crate) fn finish(&mut self, since: impl Fn(&str) -> Version) {
        for (path, text) in std::mem::take(&mut self.texts) {
            if !self.nodes.contains_key(&path) {
                self.insert(since(&path), &path, Leaf::plain(text), true);
            }
        }
        for node in self.nodes.values_mut() {
            if let Kind::Directory(directory) = &mut node.kind
                && !directory.irregular
            {
                directory.latest = listing(&directory.children, Version::LATEST).into();
            }
        }
    }

    /// Adds a leaf; an unlisted one can be read by those who know its name.
    pub(crate) fn insert(&mut self, since: Version, path: &str, leaf: Leaf, listed: bool) {
        self.put(since, path, Kind::Leaf(leaf), listed);
    }

    /// Adds a proof of the identity document.
    pub(crate) fn proof(&mut self, since: Version, path: &str, proof: Proof) {
        self.put(since, path, Kind::Proof(proof), true);
    }

    fn put(&mut self, since: Version, path: &str, kind: Kind, listed: bool) {
        if self.is_absent(path) {
            return;
        }
        self.nodes.insert(path.to_owned(), Node { since, kind });
        if listed {
            self.list(since, path, false);
        }
    }

    /// Answers a directory with a text of its own instead of the names below it.
    pub(crate) fn irregular(&mut self, since: Version, path: &str, listing: String, listed: bool) {
        if self.is_absent(path) {
            return;
        }
        if listed {
            self.list(since, path, true);
        }
        if let Some(directory) = self.directory(since, path) {
            directory.latest = listing.into();
            directory.irregular = true;
        }
    }

    /// Whether it is kept out, or a directory above it.
    fn is_absent(&self, path: &str) -> bool {
        let above = path.match_indices('/').filter_map(|(slash, _)| path.get(..slash));
        above.chain([path]).any(|path| self.absent.contains(path))
    }

    fn directory(&mut self, since: Version, path: &str) -> Option<&mut Directory> {
        let empty = || Node { since, kind: Kind::Directory(Directory::default()) };
        let node = self.nodes.entry(path.to_owned()).or_insert_with(empty);
        node.since = node.since.min(since);
        match &mut node.kind {
            Kind::Directory(directory) => Some(directory),
            Kind::Leaf(_) | Kind::Proof(_) => None,
        }
    }

    /// Names `path` in its directory, and that in its own.
    fn list(&mut self, since: Version, path: &str, is_directory: bool) {
        let Some((parent, name)) = path.rsplit_once('/') else { return };
        let Some(directory) = self.directory(since, parent) else { return };
        let child = directory.children.entry(name.to_owned());
        let child = child.or_insert(Child { since, is_directory });
        child.since = child.since.min(since);
        self.list(since, parent, true);
    }

    /// What `path` holds in `version`.
    pub(crate) fn find(&self, version: Version, path: &str) -> Option<Found<'_>> {
        let node = self.nodes.get(path).filter(|node| node.since <= version)?;
        Some(match &node.kind {
            Kind::Leaf(leaf) => Found::Leaf(leaf),
            Kind::Proof(proof) => Found::Proof(*proof),
            Kind::Directory(directory) if directory.irregular || version == Version::LATEST => {
                Found::Listing(directory.latest.clone())
            }
            Kind::Directory(directory) => {
                Found::Listing(listing(&directory.children, version).into())
            }
        })
    }
}

/// Names in byte order, directories with a slash, without a last newline.
fn listing(children: &BTreeMap<String, Child>, version: Version) -> String {
    let shown = children.iter().filter(|(_, child)| child.since <= version);
    let names: Vec<String> = shown
        .map(|(name, child)| format!("{name}{}", if child.is_directory { "/" } else { "" }))
        .collect();
    names.join("\n")
}
