//! Dates of conditions: epoch seconds or ISO 8601. Source: contract/policy.md section 7, step 3.

/// A moment in nanoseconds since 1970-01-01T00:00:00Z.
///
/// The years go far past those of `rolecall_identity::Timestamp`: IAM takes what Java's calendar
/// takes, and a day past the end of its month runs on into the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date(i128);

impl Date {
    /// Reads an epoch integer or `[-]Y[-M[-D]]` with an optional time; without zone it is UTC.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() > 4 {
            return text.parse::<i64>().ok().map(|seconds| Self(i128::from(seconds) * NANOS));
        }
        let (date, time) = match text.split_once(['T', 't']) {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let day_nanos = match time {
            Some(time) => clock(time)?,
            None => 0,
        };
        Some(Self(days(date)? * DAY_SECONDS * NANOS + day_nanos))
    }
}

/// Days from the epoch to a date.
fn days(date: &str) -> Option<i128> {
    let (negative, fields) = match date.strip_prefix('-') {
        Some(fields) => (true, fields),
        None => (false, date),
    };
    let mut fields = fields.split('-');
    let year = number(fields.next()?)?;
    let year = if negative { -year } else { year };
    let month = fields.next().map_or(Some(1), number)?;
    let day = fields.next().map_or(Some(1), number)?;
    let valid = fields.next().is_none()
        && (YEAR_MIN..=YEAR_MAX).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day);
    valid.then(|| days_to_month(year, month) + day - 1)
}

/// Days from the epoch to the first of a month, in the proleptic Gregorian calendar.
fn days_to_month(year: i128, month: i128) -> i128 {
    // Years begin in March here, so that the leap day is a year's last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (153 * month + 2) / 5 - EPOCH_DAYS
}

/// Nanoseconds of `HH[:MM[:SS[.f]]]` and its zone.
fn clock(text: &str) -> Option<i128> {
    let (time, offset) = split_zone(text)?;
    let mut fields = time.split(':');
    let hour = within(fields.next()?, 23)?;
    let minute = fields.next().map_or(Some(0), |minute| within(minute, 59))?;
    let (second, nanos) = fields.next().map_or(Some((0, 0)), second)?;
    if fields.next().is_some() {
        return None;
    }
    Some((hour * 3600 + minute * 60 + second - offset) * NANOS + nanos)
}

/// The time without its zone, and the zone's offset in seconds.
fn split_zone(text: &str) -> Option<(&str, i128)> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let Some((time, zone)) = text.split_once(['+', '-']) else { return Some((text, 0)) };
    let (hours, minutes) = zone.split_once(':').unwrap_or((zone, "00"));
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let offset = within(hours, 23)? * 3600 + within(minutes, 59)? * 60;
    let west = text.get(time.len()..).is_some_and(|zone| zone.starts_with('-'));
    Some((time, if west { -offset } else { offset }))
}

/// Whole seconds and nanoseconds.
fn second(text: &str) -> Option<(i128, i128)> {
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (text, "0"),
    };
    let missing = u32::try_from(FRACTION_DIGITS_MAX.checked_sub(fraction.len())?).ok()?;
    Some((within(whole, 59)?, number(fraction)? * 10_i128.pow(missing)))
}

fn within(text: &str, max: i128) -> Option<i128> {
    number(text).filter(|&value| value <= max)
}

fn number(text: &str) -> Option<i128> {
    let digits = (1..=FIELD_DIGITS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

const YEAR_MIN: i128 = -292_275_054;
const YEAR_MAX: i128 = 292_278_993;
const FRACTION_DIGITS_MAX: usize = 9;
const FIELD_DIGITS_MAX: usize = 9;
const NANOS: i128 = 1_000_000_000;
const DAY_SECONDS: i128 = 86_400;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: i128 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_moment_are_equal() {
        let moments: [&[&str]; 6] = [
            &["1440938160", "2015-08-30T12:36:00Z", "2015-08-30t12:36", "2015-08-30T14:36+02"],
            &["2015", "2015-01", "2015-01-01", "2015-01-01T00:00:00.000Z", "2014-12-31T23-01:00"],
            &["2015-03-03", "2015-02-31", "2015-03-03T00:00:00+00:00"],
            &["1440938160", "2015-08-30T18:06:00+05:30", "2015-08-30T09:06-03:30"],
            &["-0001-03-01", "-1-3-1"],
            &["0", "0000", "0-1-1"],
        ];
        for forms in moments {
            let dates: Vec<_> = forms.iter().map(|form| Date::parse(form).unwrap()).collect();
            assert!(dates.iter().all(|date| *date == dates[0]), "{forms:?} {dates:?}");
        }
        assert_eq!(Date::parse("1970-01-01T00:00:01.5Z"), Some(Date(1_500_000_000)));
        assert!(Date::parse("2000-02-29").unwrap() < Date::parse("2000-03-01").unwrap());
    }

    #[test]
    fn bounds_are_those_of_iam() {
        for good in [
            "9223372036854775807",
            "-292275054-01-01",
            "292278993-12-31",
            "2013-12-31T23:59:59Z",
            "2013-01-01T00:00:00.123456789Z",
            "2013-01-01T00:00:00+23:59",
        ] {
            assert!(Date::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "9223372036854775808",
            "-292275055",
            "292278994-01",
            "2013-13",
            "2013-00",
            "2013-01-32",
            "2013-01-00",
            "2013-01-01-01",
            "2013-01-01T24",
            "2013-01-01T00:60",
            "2013-01-01T00:00:60",
            "2013-01-01T00:00:00.1234567890Z",
            "2013-01-01T",
            "tomorrow",
            "2013-01-01T00:00:00+24",
            "2013-01-01T00:00:00+1",
            "2013-01-01T00:00:00+01:60",
            "2013-01-01T00:00:00ZZ",
            "2013/01/01",
            "+2013",
            "2013-01-01 00:00:00",
            "1.5",
        ] {
            assert!(Date::parse(bad).is_none(), "{bad}");
        }
    }
}
