use std::cell::RefCell;

use http::HeaderValue;
use rolecall_identity::Timestamp;

thread_local! {
    /// The dates written last, by their second: many answers of one second have the same.
    static WRITTEN: RefCell<[Option<(i64, HeaderValue)>; PLACES]> = RefCell::default();
}

const PLACES: usize = 8;

/// The value of `Date` and `Last-Modified`.
pub(crate) fn http_date(at: Timestamp) -> HeaderValue {
    let second = at.seconds();
    let place = second.rem_euclid(PLACES as i64) as usize;
    WRITTEN.with_borrow_mut(|written| {
        let Some(place) = written.get_mut(place) else { return write(at) };
        match place {
            Some((known, value)) if *known == second => value.clone(),
            _ => place.insert((second, write(at))).1.clone(),
        }
    })
}

fn write(at: Timestamp) -> HeaderValue {
    // Digits and letters are a value.
    HeaderValue::try_from(at.http_date().to_string()).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_has_its_date() {
        for seconds in [0, 1, 8, 0, -8, 1_800_000_000] {
            let at = Timestamp::from_seconds(seconds);
            assert_eq!(http_date(at), at.http_date().to_string());
        }
    }
}
