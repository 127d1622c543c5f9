/// A text of ASCII up to `N` bytes, put together without an allocation. What goes past its end is
/// left out.
pub(crate) struct ShortText<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Default for ShortText<N> {
    fn default() -> Self {
        Self { bytes: [0; N], length: 0 }
    }
}

impl<const N: usize> ShortText<N> {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        if let Some(place) = self.bytes.get_mut(self.length..end) {
            place.copy_from_slice(bytes);
            self.length = end;
        }
    }

    /// A number without zeros before it.
    pub(crate) fn push_number(&mut self, number: u8) {
        if number >= 100 {
            self.push(&[b'0' + number / 100]);
        }
        match number {
            0..10 => self.push(&[b'0' + number]),
            _ => self.push_two_digits(number % 100),
        }
    }

    /// A number below 100.
    pub(crate) fn push_two_digits(&mut self, number: u8) {
        self.push(&two_digits(number));
    }

    pub(crate) fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default()
    }
}

/// The digits of a number below 100.
pub(crate) const fn two_digits(number: u8) -> [u8; 2] {
    [b'0' + number / 10 % 10, b'0' + number % 10]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_zeros_before_them() {
        for number in 0..=u8::MAX {
            let mut text = ShortText::<3>::default();
            text.push_number(number);
            assert_eq!(text.as_str(), number.to_string());
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let mut text = ShortText::<3>::default();
        text.push(b"ab");
        text.push(b"cd");
        text.push(b"e");
        assert_eq!(text.as_str(), "abe");
    }
}
