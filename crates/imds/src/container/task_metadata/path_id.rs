use std::fmt;

use constant_time_eq::constant_time_eq;

/// An id in a path that proves who asks: unguessable, compared as a secret, never printed.
#[derive(Clone, Default)]
pub struct PathId(String);

impl PathId {
    /// Wraps an id, one path segment. An empty one is nobody's.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id in the clear, for the environment of its owner.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is this one that was presented.
    pub fn is(&self, presented: &str) -> bool {
        !self.0.is_empty() && constant_time_eq(self.0.as_bytes(), presented.as_bytes())
    }
}

impl fmt::Debug for PathId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PathId(…)")
    }
}
