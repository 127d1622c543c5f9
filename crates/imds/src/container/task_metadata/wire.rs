//! Times and numbers as Go writes them.

use rolecall_identity::Timestamp;
use serde::Serializer;

/// RFC 3339 with as much of a fraction as there is: `2020-10-02T00:15:07.62Z`.
pub(super) fn moment<S: Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => to.collect_str(&rfc3339(*at)),
        None => to.serialize_none(),
    }
}

/// A number without `.0`: `2`, `0.25`.
pub(super) fn number<S: Serializer>(value: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
    match value {
        None => to.serialize_none(),
        Some(value) if value.fract() == 0.0 && value.abs() < EXACT_MAX => {
            to.serialize_i64(*value as i64)
        }
        Some(value) => to.serialize_f64(*value),
    }
}

fn rfc3339(at: Timestamp) -> String {
    let whole = at.iso8601().to_string();
    let millis = at.millis().rem_euclid(1000);
    if millis == 0 {
        return whole;
    }
    let fraction = format!("{millis:03}");
    format!("{}.{}Z", whole.trim_end_matches('Z'), fraction.trim_end_matches('0'))
}

/// Up to here a float holds every whole number: 2^53.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_end_without_zeros() {
        for (millis, text) in [
            (1_601_597_707_000, "2020-10-02T00:15:07Z"),
            (1_601_597_707_620, "2020-10-02T00:15:07.62Z"),
            (1_601_597_707_005, "2020-10-02T00:15:07.005Z"),
        ] {
            assert_eq!(rfc3339(Timestamp::from_millis(millis)), text);
        }
    }

    #[test]
    fn whole_numbers_have_no_point() {
        let written = |value| {
            let mut text = Vec::new();
            number(&Some(value), &mut serde_json::Serializer::new(&mut text)).unwrap();
            String::from_utf8(text).unwrap()
        };
        assert_eq!([2.0, 0.25, 0.0].map(written), ["2", "0.25", "0"]);
    }
}
