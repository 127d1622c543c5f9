use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rolecall_identity::Timestamp;

use crate::response::ContentType;
use crate::version::Version;

/// The nodes of a metadata tree by path, below a version: `meta-data/instance-id`.
#[derive(Default)]
pub(crate) struct Tree {
    nodes: HashMap<String, Node>,
}

/// A node, and the version it appeared in.
pub(crate) struct Node {
    since: Version,
    kind: Kind,
}

enum Kind {
    Directory(Directory),
    Leaf(Leaf),
}

#[derive(Default)]
struct Directory {
    children: BTreeMap<String, Child>,
    /// The listing in the newest version.
    latest: Arc<str>,
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
    pub(crate) text: Arc<str>,
    /// For reads without one, where that is another value.
    pub(crate) without_token: Option<Arc<str>>,
    /// When credentials end: from then on they are not delivered, whoever forgot to renew them.
    pub(crate) ends: Option<Timestamp>,
}

impl Leaf {
    /// A value that is the same for every reader and does not end.
    pub(crate) fn plain(text: impl Into<Arc<str>>) -> Self {
        let (content_type, text) = (ContentType::Text, text.into());
        Self { content_type, text, without_token: None, ends: None }
    }
}

/// What a path holds in a version.
pub(crate) enum Found<'a> {
    Leaf(&'a Leaf),
    Listing(Arc<str>),
}

impl Tree {
    /// Adds a value, and its directories.
    pub(crate) fn leaf(&mut self, since: Version, path: &str, text: impl Into<Arc<str>>) {
        self.insert(since, path, Leaf::plain(text), true);
    }

    /// Adds a leaf; an unlisted one can be read by those who know its name.
    pub(crate) fn insert(&mut self, since: Version, path: &str, leaf: Leaf, listed: bool) {
        self.nodes.insert(path.to_owned(), Node { since, kind: Kind::Leaf(leaf) });
        if listed {
            self.list(since, path, false);
        }
    }

    /// Answers a directory with a text of its own instead of the names below it.
    pub(crate) fn irregular(&mut self, since: Version, path: &str, listing: &str, listed: bool) {
        if listed {
            self.list(since, path, true);
        }
        if let Some(directory) = self.directory(since, path) {
            directory.latest = listing.into();
            directory.irregular = true;
        }
    }

    fn directory(&mut self, since: Version, path: &str) -> Option<&mut Directory> {
        let empty = || Node { since, kind: Kind::Directory(Directory::default()) };
        let node = self.nodes.entry(path.to_owned()).or_insert_with(empty);
        node.since = node.since.min(since);
        match &mut node.kind {
            Kind::Directory(directory) => Some(directory),
            Kind::Leaf(_) => None,
        }
    }

    /// Names `path` in its directory, and that in its own.
    fn list(&mut self, since: Version, path: &str, is_directory: bool) {
        let Some((parent, name)) = path.rsplit_once('/') else { return };
        let Some(directory) = self.directory(since, parent) else { return };
        let child = directory.children.entry(name.to_owned());
        let child = child.or_insert(Child { since, is_directory });
        child.since = child.since.min(since);
        if !directory.irregular {
            directory.latest = listing(&directory.children, Version::LATEST).into();
        }
        self.list(since, parent, true);
    }

    /// What `path` holds in `version`.
    pub(crate) fn find(&self, version: Version, path: &str) -> Option<Found<'_>> {
        let node = self.nodes.get(path).filter(|node| node.since <= version)?;
        Some(match &node.kind {
            Kind::Leaf(leaf) => Found::Leaf(leaf),
            Kind::Directory(directory) if directory.irregular || version == Version::LATEST => {
                Found::Listing(Arc::clone(&directory.latest))
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
