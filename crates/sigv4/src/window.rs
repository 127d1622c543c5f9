//! Time: skew for headers, lifetime for presigned URLs. Source: contract/sigv4.md section 6.

use rolecall_identity::Timestamp;

use crate::presented::{AuthForm, PresentedAuth};
use crate::rejection::{ExpiresFault, Rejection, Skew};
use crate::request::{Dialect, Rules};

/// Longest life of a presigned URL: seven days.
pub const PRESIGN_SECONDS_MAX: i64 = 604_800;

/// Refuses a request outside its time.
pub(crate) fn check(
    presented: &PresentedAuth<'_>,
    rules: &Rules<'_>,
    now: Timestamp,
) -> Result<(), Rejection> {
    match (presented.form(), rules.dialect) {
        (AuthForm::Query, Dialect::S3) => check_presigned_s3(presented, rules, now),
        // AWS: presigned STS requests live for the skew, whatever X-Amz-Expires says [n].
        _ => check_skew(presented, rules, now),
    }
}

fn check_skew(
    presented: &PresentedAuth<'_>,
    rules: &Rules<'_>,
    now: Timestamp,
) -> Result<(), Rejection> {
    let age = now.seconds_since(presented.signed_at());
    let is_near = |age: i64| age.saturating_abs() <= rules.skew_seconds_max;
    if is_near(age) || is_near(age.saturating_sub(rules.behind_seconds)) {
        return Ok(());
    }
    Err(Rejection::Skewed(Box::new(Skew {
        sent: presented.date.sent.to_owned(),
        signed_at: presented.signed_at(),
        now,
        skew_seconds_max: rules.skew_seconds_max,
    })))
}

fn check_presigned_s3(
    presented: &PresentedAuth<'_>,
    rules: &Rules<'_>,
    now: Timestamp,
) -> Result<(), Rejection> {
    let sent = presented.query.expires.ok_or_else(crate::rejection::missing_expires)?;
    let seconds = parse_expires(sent).map_err(Rejection::ExpiresMalformed)?;
    let age = now.seconds_since(presented.signed_at());
    if age < -rules.skew_seconds_max {
        return Err(Rejection::PresignedNotYetValid);
    }
    if age > seconds {
        let expires_at = presented.signed_at().plus_seconds(seconds);
        return Err(Rejection::PresignedExpired { sent: sent.to_owned(), expires_at, now });
    }
    Ok(())
}

/// Reads X-Amz-Expires: digits only, 0 to seven days. A number of any length is a number.
fn parse_expires(text: &str) -> Result<i64, ExpiresFault> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ExpiresFault::NotANumber);
    }
    if negative {
        return Err(ExpiresFault::Negative);
    }
    match digits.parse() {
        Ok(seconds) if seconds <= PRESIGN_SECONDS_MAX => Ok(seconds),
        _ => Err(ExpiresFault::TooLong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_at_the_limit_and_one_past_it() {
        use ExpiresFault::{Negative, NotANumber, TooLong};
        for (text, expected) in [
            ("0", Ok(0)),
            ("60", Ok(60)),
            ("604800", Ok(604_800)),
            ("604801", Err(TooLong)),
            ("18446744073709551616", Err(TooLong)),
            ("-1", Err(Negative)),
            ("1e99", Err(NotANumber)),
            ("+60", Err(NotANumber)),
            ("", Err(NotANumber)),
            ("-", Err(NotANumber)),
            (" 60", Err(NotANumber)),
        ] {
            assert_eq!(parse_expires(text), expected, "{text}");
        }
    }
}
