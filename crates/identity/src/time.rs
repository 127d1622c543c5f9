use std::fmt;

use serde::{Deserialize, Serialize};

use crate::short_text::{ShortText, two_digits};

/// A moment: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Writes and reads the four forms of time on AWS's wires. Years 0000 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(i64);

/// The text is not a time in the form that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time: expected {0}")]
pub struct TimestampError(&'static str);

impl Timestamp {
    /// From whole seconds since the epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This moment and `seconds` more.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// Whole seconds from `earlier` to here, negative if `earlier` is later.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.seconds().saturating_sub(earlier.seconds())
    }

    /// The same moment without its fraction of a second.
    #[must_use]
    pub const fn whole_second(self) -> Self {
        Self::from_seconds(self.seconds())
    }

    /// `2015-08-30T12:36:00Z`
    pub fn iso8601(self) -> impl fmt::Display {
        Form(self, |c, f| {
            let mut text = *b"0000-00-00T00:00:00Z";
            c.date_into(&mut text, [0, 5, 8]);
            c.time_into(&mut text, [11, 14, 17]);
            f.write_str(str::from_utf8(&text).unwrap_or_default())
        })
    }

    /// `20150830T123600Z`, the ISO 8601 basic format of `X-Amz-Date`.
    pub fn amz_date(self) -> impl fmt::Display {
        Form(self, |c, f| {
            let mut text = *b"00000000T000000Z";
            c.date_into(&mut text, [0, 4, 6]);
            c.time_into(&mut text, [9, 11, 13]);
            f.write_str(str::from_utf8(&text).unwrap_or_default())
        })
    }

    /// `20150830`, the date of a credential scope.
    pub fn scope_date(self) -> impl fmt::Display {
        Form(self, |c, f| write!(f, "{:04}{:02}{:02}", c.year, c.month, c.day))
    }

    /// `Sun, 30 Aug 2015 12:36:00 GMT`, the form of HTTP's `Date` (RFC 9110 section 5.6.7).
    pub fn http_date(self) -> impl fmt::Display {
        Form(self, |c, f| {
            let weekday = WEEKDAYS.get(c.weekday).copied().unwrap_or_default();
            let month = MONTHS.get(c.month as usize - 1).copied().unwrap_or_default();
            let mut text = *b"___, 00 ___ 0000 00:00:00 GMT";
            for (at, name) in [(0, weekday), (8, month)] {
                if let Some(place) = text.get_mut(at..at + name.len()) {
                    place.copy_from_slice(name.as_bytes());
                }
            }
            digits(&mut text, 5, c.day as u8);
            digits(&mut text, 12, (c.year / 100) as u8);
            digits(&mut text, 14, (c.year % 100) as u8);
            c.time_into(&mut text, [17, 20, 23]);
            f.write_str(str::from_utf8(&text).unwrap_or_default())
        })
    }

    /// `Aug 30, 2015, 12:36:00 PM`, as CloudTrail writes the end of issued credentials.
    pub fn us_locale(self) -> impl fmt::Display {
        Form(self, |c, f| {
            let month = MONTHS.get(c.month as usize - 1).copied().unwrap_or_default();
            let half = if c.hour < 12 { b"AM" } else { b"PM" };
            let mut text = ShortText::<25>::default();
            text.push(month.as_bytes());
            text.push(b" ");
            text.push_number(c.day as u8);
            text.push(b", ");
            text.push_two_digits((c.year / 100) as u8);
            text.push_two_digits((c.year % 100) as u8);
            text.push(b", ");
            text.push_number(((c.hour + 11) % 12 + 1) as u8);
            text.push(b":");
            text.push_two_digits(c.minute as u8);
            text.push(b":");
            text.push_two_digits(c.second as u8);
            text.push(b" ");
            text.push(half);
            f.write_str(text.as_str())
        })
    }

    /// Reads `20150830T123600Z`.
    pub fn parse_amz_date(text: &str) -> Result<Self, TimestampError> {
        let b = text.as_bytes();
        let fields = |b: &[u8]| -> Option<Self> {
            let [y1, y2, y3, y4, mo1, mo2, d1, d2, b'T', h1, h2, m1, m2, s1, s2, b'Z'] = *b else {
                return None;
            };
            let year = number(&[y1, y2, y3, y4])?;
            let (month, day) = (number(&[mo1, mo2])?, number(&[d1, d2])?);
            let (hour, minute, second) =
                (number(&[h1, h2])?, number(&[m1, m2])?, number(&[s1, s2])?);
            from_civil(year, month, day, hour, minute, second)
        };
        fields(b).ok_or(TimestampError("the ISO 8601 basic format `YYYYMMDDTHHMMSSZ`"))
    }

    /// Reads `2015-08-30T12:36:00Z`, with or without a fraction of up to nine digits.
    pub fn parse_iso8601(text: &str) -> Result<Self, TimestampError> {
        const EXPECTED: TimestampError = TimestampError("`YYYY-MM-DDTHH:MM:SSZ`");
        let (head, fraction) = match text.strip_suffix('Z').ok_or(EXPECTED)?.split_once('.') {
            Some((head, fraction)) => (head, fraction),
            None => (text.trim_end_matches('Z'), ""),
        };
        let fields = |b: &[u8]| -> Option<Self> {
            let [
                y1,
                y2,
                y3,
                y4,
                b'-',
                mo1,
                mo2,
                b'-',
                d1,
                d2,
                b'T',
                h1,
                h2,
                b':',
                m1,
                m2,
                b':',
                s1,
                s2,
            ] = *b
            else {
                return None;
            };
            let year = number(&[y1, y2, y3, y4])?;
            let (month, day) = (number(&[mo1, mo2])?, number(&[d1, d2])?);
            let (hour, minute, second) =
                (number(&[h1, h2])?, number(&[m1, m2])?, number(&[s1, s2])?);
            from_civil(year, month, day, hour, minute, second)
        };
        let whole = fields(head.as_bytes()).ok_or(EXPECTED)?;
        let digits = fraction.len() <= 9 && fraction.bytes().all(|b| b.is_ascii_digit());
        if !digits {
            return Err(EXPECTED);
        }
        let millis: String = fraction.chars().chain("000".chars()).take(3).collect();
        Ok(Self(whole.0.saturating_add(millis.parse().unwrap_or(0))))
    }

    /// Reads `Sun, 30 Aug 2015 12:36:00 GMT` (RFC 1123, with two-digit day).
    pub fn parse_http_date(text: &str) -> Result<Self, TimestampError> {
        let fields = |text: &str| -> Option<Self> {
            let (weekday, rest) = text.split_once(", ")?;
            let mut parts = rest.split(' ');
            let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
            let (time, zone) = (parts.next()?, parts.next()?);
            let month = MONTHS.iter().position(|&name| name == month)? as u32 + 1;
            let mut clock = time.split(':');
            let (hour, minute, second) = (clock.next()?, clock.next()?, clock.next()?);
            let well_formed = WEEKDAYS.contains(&weekday)
                && zone == "GMT"
                && parts.next().is_none()
                && clock.next().is_none()
                && day.len() == 2
                && year.len() == 4
                && [hour, minute, second].iter().all(|part| part.len() == 2);
            if !well_formed {
                return None;
            }
            let field = |part: &str| number(part.as_bytes());
            from_civil(
                field(year)?,
                month,
                field(day)?,
                field(hour)?,
                field(minute)?,
                field(second)?,
            )
        };
        fields(text).ok_or(TimestampError("`Sun, 06 Nov 1994 08:49:37 GMT`"))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}ms", self.iso8601(), self.0.rem_euclid(1000))
    }
}

struct Civil {
    year: i64,
    month: u32,
    day: u32,
    hour: i64,
    minute: i64,
    second: i64,
    weekday: usize,
}

/// By hand: times are written five times per request, and the formatter takes ten times as long.
impl Civil {
    fn date_into(&self, text: &mut [u8], [year, month, day]: [usize; 3]) {
        digits(text, year, (self.year / 100) as u8);
        digits(text, year + 2, (self.year % 100) as u8);
        digits(text, month, self.month as u8);
        digits(text, day, self.day as u8);
    }

    fn time_into(&self, text: &mut [u8], [hour, minute, second]: [usize; 3]) {
        digits(text, hour, self.hour as u8);
        digits(text, minute, self.minute as u8);
        digits(text, second, self.second as u8);
    }
}

/// Writes a number below 100 over two bytes.
fn digits(text: &mut [u8], at: usize, number: u8) {
    if let Some(place) = text.get_mut(at..at + 2) {
        place.copy_from_slice(&two_digits(number));
    }
}

/// A time and how to write it.
struct Form(Timestamp, fn(&Civil, &mut fmt::Formatter<'_>) -> fmt::Result);

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.1)(&civil(self.0.seconds()), f)
    }
}

/// The proleptic Gregorian date of a second: days are counted from March, so that the leap day is
/// the last of its year, in eras of 400 years.
fn civil(seconds: i64) -> Civil {
    let (days, time) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let since_march = days + EPOCH_DAYS;
    let (era, of_era) = (since_march.div_euclid(ERA_DAYS), since_march.rem_euclid(ERA_DAYS));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    Civil {
        year: year_of_era + era * 400 + i64::from(month <= 2),
        month: month as u32,
        day: (of_year - (153 * march_month + 2) / 5 + 1) as u32,
        hour: time / 3600,
        minute: time / 60 % 60,
        second: time % 60,
        weekday: (days + 4).rem_euclid(7) as usize,
    }
}

/// The reverse of [`civil`]; `None` for a date that does not exist.
fn from_civil(
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
) -> Option<Timestamp> {
    let (y, m, d) = (i64::from(year) - i64::from(month <= 2), i64::from(month), i64::from(day));
    let (era, of_era) = (y.div_euclid(400), y.rem_euclid(400));
    let of_year = (153 * (if m > 2 { m - 3 } else { m + 9 }) + 2) / 5 + d - 1;
    let days = era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_DAYS;
    let seconds = days * DAY + i64::from(hour * 3600 + minute * 60 + second);
    let back = civil(seconds);
    let exists = (1..=12).contains(&month)
        && (back.year, back.month, back.day) == (i64::from(year), month, day)
        && hour < 24
        && minute < 60
        && second < 60;
    exists.then(|| Timestamp::from_seconds(seconds))
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |value, digit| {
        digit.is_ascii_digit().then(|| value * 10 + u32::from(digit - b'0'))
    })
}

const DAY: i64 = 86_400;
/// Days in 400 years.
const ERA_DAYS: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: i64 = 719_468;
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_written_and_read_back() {
        for (seconds, iso, basic, http) in [
            (0, "1970-01-01T00:00:00Z", "19700101T000000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            (
                784_111_777,
                "1994-11-06T08:49:37Z",
                "19941106T084937Z",
                "Sun, 06 Nov 1994 08:49:37 GMT",
            ),
            (
                951_782_399,
                "2000-02-28T23:59:59Z",
                "20000228T235959Z",
                "Mon, 28 Feb 2000 23:59:59 GMT",
            ),
            (
                951_782_400,
                "2000-02-29T00:00:00Z",
                "20000229T000000Z",
                "Tue, 29 Feb 2000 00:00:00 GMT",
            ),
            (
                1_440_938_160,
                "2015-08-30T12:36:00Z",
                "20150830T123600Z",
                "Sun, 30 Aug 2015 12:36:00 GMT",
            ),
            (
                253_402_300_799,
                "9999-12-31T23:59:59Z",
                "99991231T235959Z",
                "Fri, 31 Dec 9999 23:59:59 GMT",
            ),
        ] {
            let time = Timestamp::from_seconds(seconds);
            assert_eq!(time.iso8601().to_string(), iso);
            assert_eq!(time.amz_date().to_string(), basic);
            assert_eq!(time.http_date().to_string(), http);
            assert_eq!(Timestamp::parse_iso8601(iso), Ok(time));
            assert_eq!(Timestamp::parse_amz_date(basic), Ok(time));
            assert_eq!(Timestamp::parse_http_date(http), Ok(time));
        }
    }

    #[test]
    fn the_us_form_counts_hours_from_twelve() {
        for (basic, shown) in [
            ("20240921T071027Z", "Sep 21, 2024, 7:10:27 AM"),
            ("20240921T000000Z", "Sep 21, 2024, 12:00:00 AM"),
            ("20240901T120000Z", "Sep 1, 2024, 12:00:00 PM"),
            ("20240901T230500Z", "Sep 1, 2024, 11:05:00 PM"),
        ] {
            let time = Timestamp::parse_amz_date(basic).unwrap();
            assert_eq!(time.us_locale().to_string(), shown);
        }
    }

    #[test]
    fn a_fraction_is_kept_to_the_millisecond() {
        let time = Timestamp::parse_iso8601("2026-11-22T10:00:00.1239Z").unwrap();
        assert_eq!(time.millis() % 1000, 123);
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        for bad in [
            "20150229T000000Z",
            "20151301T000000Z",
            "20150100T000000Z",
            "20150101T240000Z",
            "20150101T006000Z",
            "20150101T000060Z",
            "20150101T000000",
            "20150101T000000z",
            "2015-01-01T00:00:00Z",
            "",
            "+0150101T000000Z",
        ] {
            assert!(Timestamp::parse_amz_date(bad).is_err(), "{bad}");
        }
    }
}
