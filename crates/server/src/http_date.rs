use std::cell::RefCell;

use http::HeaderValue;
use rolecall_identity::Timestamp;

use crate::recent::Recent;

thread_local! {
    static DATES: RefCell<Recent<i64, HeaderValue>> = RefCell::default();
}

/// The value of `Date` and `Last-Modified`.
pub(crate) fn http_date(at: Timestamp) -> HeaderValue {
    // Digits and letters are a value.
    let write = || {
        HeaderValue::try_from(at.http_date().to_string()).unwrap_or(HeaderValue::from_static(""))
    };
    let second = at.seconds();
    DATES.with_borrow_mut(|dates| dates.value(second as usize, second, write))
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
}
