//! Values of conditions: truths, bytes, addresses, numbers, dates. Sections 2 and 7, step 3.

use std::cmp::Ordering;
use std::net::IpAddr;

pub(super) fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// The bytes that base64 stands for, in its one usual form.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letters = text.trim_end_matches('=');
    let padding = text.len() - letters.len();
    let mut bits = String::new();
    for letter in letters.chars() {
        bits += &format!("{:06b}", LETTERS.find(letter)?);
    }
    let (bytes, rest) = bits.split_at(bits.len() / 8 * 8);
    let is_usual = text.len().is_multiple_of(4) && padding <= 2 && rest.len() == 2 * padding;
    let eights = bytes.as_bytes().chunks(8).map(|eight| str::from_utf8(eight).unwrap_or_default());
    let bytes = eights.filter_map(|eight| u8::from_str_radix(eight, 2).ok()).collect();
    (is_usual && !rest.contains('1')).then_some(bytes)
}

/// A bare address is a network of one; IPv4 may come dressed as IPv6.
pub(super) fn is_in_network(address: &str, network: &str) -> bool {
    let (network, prefix) = match network.split_once('/') {
        Some((network, prefix)) => (network, prefix.parse().ok()),
        None => (network, None),
    };
    let (Ok(address), Ok(network)) = (address.parse::<IpAddr>(), network.parse::<IpAddr>()) else {
        return false;
    };
    let (address, network) = (binary(address.to_canonical()), binary(network));
    let prefix: usize = prefix.unwrap_or(network.len());
    address.len() == network.len() && address[..prefix] == network[..prefix]
}

fn binary(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => format!("{:032b}", v4.to_bits()),
        IpAddr::V6(v6) => format!("{:0128b}", v6.to_bits()),
    }
}

pub(super) fn compare_numbers(one: &str, other: &str) -> Option<Ordering> {
    let ((sign, digits), (other_sign, other_digits)) = (decimal(one)?, decimal(other)?);
    let same_sign = match sign {
        -1 => other_digits.cmp(&digits),
        _ => digits.cmp(&other_digits),
    };
    Some(sign.cmp(&other_sign).then(same_sign))
}

/// The sign, and the digits as a text in which each has its place.
fn decimal(text: &str) -> Option<(i8, String)> {
    let magnitude = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, "0"));
    let is_digits = |part: &str| {
        (1..=18).contains(&part.len()) && part.chars().all(|digit| digit.is_ascii_digit())
    };
    if !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let digits = format!("{whole:0>18}{fraction:0<18}");
    Some(match (digits.trim_matches('0'), magnitude == text) {
        ("", _) => (0, digits),
        (_, true) => (1, digits),
        (_, false) => (-1, digits),
    })
}

pub(super) fn compare_dates(one: &str, other: &str) -> Option<Ordering> {
    Some(moment(one)?.cmp(&moment(other)?))
}

/// Nanoseconds since 1970. Up to four digits are a year, more are seconds.
fn moment(text: &str) -> Option<i128> {
    const SECOND: i128 = 1_000_000_000;
    if text.len() > 4 && text.chars().all(|digit| digit.is_ascii_digit()) {
        return text.parse::<i64>().ok().map(|seconds| i128::from(seconds) * SECOND);
    }
    let Some(cut) = text.find(['T', 't']) else {
        return Some(days(text)? * 86_400 * SECOND);
    };
    let (date, time) = (&text[..cut], &text[cut + 1..]);
    let (time, offset) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => (&time[..at], offset_seconds(&time[at..])?),
        None => (time, 0),
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let fields: Option<Vec<i128>> = time.split(':').map(digits).collect();
    let (hour, minute, second) = match fields?[..] {
        [hour] if fraction == "0" => (hour, 0, 0),
        [hour, minute] if fraction == "0" => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let nanoseconds = digits(&format!("{fraction:0<9}"))?;
    let seconds = days(date)? * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    Some(seconds * SECOND + nanoseconds)
}

/// `Z`, `+HH` or `+HH:MM`: how far the clock is ahead of UTC.
fn offset_seconds(zone: &str) -> Option<i128> {
    if zone == "Z" || zone == "z" {
        return Some(0);
    }
    let (sign, zone) = (if zone.starts_with('-') { -1 } else { 1 }, &zone[1..]);
    let (hours, minutes) = zone.split_once(':').unwrap_or((zone, "00"));
    let (width, hours, minutes) = ((hours.len(), minutes.len()), digits(hours)?, digits(minutes)?);
    (width == (2, 2) && hours < 24 && minutes < 60).then(|| sign * (hours * 3_600 + minutes * 60))
}

/// Days from 1970-01-01 to `[-]Y[-M[-D]]`, counted year by year and month by month.
fn days(date: &str) -> Option<i128> {
    let (sign, date) = match date.strip_prefix('-') {
        Some(date) => (-1, date),
        None => (1, date),
    };
    let fields: Option<Vec<i128>> = date.split('-').map(digits).collect();
    let (year, month, day) = match fields?[..] {
        [year] => (sign * year, 1, 1),
        [year, month] => (sign * year, month, 1),
        [year, month, day] => (sign * year, month, day),
        _ => return None,
    };
    let is_valid = (-292_275_054..=292_278_993).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day);
    if !is_valid {
        return None;
    }
    let is_leap = |year: i128| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    // The calendar repeats itself after 400 years.
    let cycles = (year - 1970).div_euclid(400);
    let years: i128 =
        (1970 + cycles * 400..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    let february = if is_leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let months: i128 = months.iter().take(usize::try_from(month - 1).ok()?).sum();
    Some(cycles * 146_097 + years + months + day - 1)
}

fn digits(text: &str) -> Option<i128> {
    let is_number = (1..=9).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}
