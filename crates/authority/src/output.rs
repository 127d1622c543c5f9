use rolecall_identity::Timestamp;

/// One element of an answer, free of any wire form: the codec writes XML, the audit record JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// The name, as the API reference writes it.
    pub name: &'static str,
    /// What it holds.
    pub body: Body,
}

/// What an element holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Fields of a structure.
    Fields(Vec<Element>),
    /// Items of a list; the codec names them.
    Items(Vec<Body>),
    /// A value that must reach its owner and nobody else: never in logs or records.
    Secret(String),
    /// A value.
    Text(String),
    /// A moment: each codec has its own form of it.
    Time(Timestamp),
}

impl Element {
    pub(crate) fn text(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, body: Body::Text(value.into()) }
    }

    pub(crate) fn secret(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, body: Body::Secret(value.into()) }
    }

    pub(crate) const fn time(name: &'static str, value: Timestamp) -> Self {
        Self { name, body: Body::Time(value) }
    }

    pub(crate) const fn fields(name: &'static str, fields: Vec<Self>) -> Self {
        Self { name, body: Body::Fields(fields) }
    }

    pub(crate) fn items(name: &'static str, items: impl IntoIterator<Item = Body>) -> Self {
        Self { name, body: Body::Items(items.into_iter().collect()) }
    }
}
