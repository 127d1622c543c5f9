//! Values of headers that many answers have in common.

use std::cell::RefCell;

use http::HeaderValue;
use rolecall_identity::Timestamp;

thread_local! {
    static DATES: RefCell<Written> = RefCell::default();
    static NUMBERS: RefCell<Written> = RefCell::default();
}

/// The values written last, by their second or number.
#[derive(Default)]
struct Written([Option<(u64, HeaderValue)>; PLACES]);

const PLACES: usize = 16;

impl Written {
    fn value(&mut self, key: u64, write: impl FnOnce() -> HeaderValue) -> HeaderValue {
        let place = key as usize % PLACES;
        let Some(place) = self.0.get_mut(place) else { return write() };
        match place {
            Some((known, value)) if *known == key => value.clone(),
            _ => place.insert((key, write())).1.clone(),
        }
    }
}

/// The value of `Date` and `Last-Modified`.
pub(crate) fn http_date(at: Timestamp) -> HeaderValue {
    // Digits and letters are a value.
    let write = || {
        HeaderValue::try_from(at.http_date().to_string()).unwrap_or(HeaderValue::from_static(""))
    };
    DATES.with_borrow_mut(|dates| dates.value(at.seconds().cast_unsigned(), write))
}

/// A number in decimal: a length, or seconds.
pub(crate) fn decimal(number: u64) -> HeaderValue {
    let write = || HeaderValue::from(number);
    NUMBERS.with_borrow_mut(|numbers| numbers.value(number, write))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_has_its_date() {
        for seconds in [0, 1, 16, 0, -16, 1_800_000_000] {
            let at = Timestamp::from_seconds(seconds);
            assert_eq!(http_date(at), at.http_date().to_string());
        }
    }

    #[test]
    fn each_number_is_written() {
        for number in [0, 16, 0, 1, 17, u64::MAX] {
            assert_eq!(decimal(number), number.to_string());
        }
    }
}
