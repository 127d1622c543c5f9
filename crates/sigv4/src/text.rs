use std::fmt;

/// A short text held inline, so that a verified request needs no allocation.
#[derive(Clone, Copy)]
pub(crate) struct Inline<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Inline<N> {
    /// Holds `text`, or nothing if it is longer than `N` bytes.
    pub(crate) fn try_new(text: &str) -> Option<Self> {
        let mut bytes = [0; N];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self { bytes, len: text.len() })
    }

    pub(crate) fn as_str(&self) -> &str {
        // INVARIANT: the bytes were copied from a whole `str`, so the fallback is never taken.
        self.bytes.get(..self.len).and_then(|b| str::from_utf8(b).ok()).unwrap_or_default()
    }
}

impl<const N: usize> fmt::Debug for Inline<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_held() {
        assert_eq!(Inline::<4>::try_new("é!!").unwrap().as_str(), "é!!");
        assert!(Inline::<4>::try_new("12345").is_none());
    }
}
