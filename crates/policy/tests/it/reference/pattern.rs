//! Wildcards and policy variables: sections 1 and 2.1.

use super::{Key, lower};

/// What stands at one place of a pattern.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sign {
    Char(char),
    /// `?`
    One,
    /// `*`
    Any,
}

/// Whether a text fits a pattern of wildcards alone.
pub(super) fn is_like(pattern: &str, text: &str) -> bool {
    matches(pattern, text, None)
}

/// Whether a text fits a pattern of wildcards and, with keys, of variables.
pub(super) fn matches(pattern: &str, text: &str, variables: Option<&[Key]>) -> bool {
    signs(pattern, true, variables).is_some_and(|signs| fits(&signs, &chars(text)))
}

/// What a value without wildcards says; `None` if a variable in it is null.
pub(super) fn plain(pattern: &str, variables: Option<&[Key]>) -> Option<String> {
    let signs = signs(pattern, false, variables)?;
    let char = |sign: &Sign| if let Sign::Char(c) = sign { Some(*c) } else { None };
    Some(signs.iter().filter_map(char).collect())
}

/// Whether an ARN fits: each of six parts by itself. A value that has fewer, as `*` or
/// `${aws:PrincipalArn}`, is compared as a whole.
pub(super) fn matches_arn(pattern: &str, text: &str, variables: Option<&[Key]>) -> bool {
    let (wanted, asked) = (arn_parts(pattern, variables.is_some()), arn_parts(text, false));
    asked.len() == 6
        && match wanted.len() {
            6 => wanted.iter().zip(&asked).all(|(w, a)| matches(w, a, variables)),
            _ => matches(pattern, text, variables),
        }
}

/// Splits at the first five colons that stand outside of variables.
fn arn_parts(text: &str, variables: bool) -> Vec<&str> {
    let (mut parts, mut from, mut at) = (Vec::new(), 0, 0);
    while at < text.len() && parts.len() < 5 {
        let rest = &text[at..];
        at += match variable(rest).filter(|_| variables) {
            Some((_, length)) => length,
            None => rest.chars().next().map_or(1, char::len_utf8),
        };
        if rest.starts_with(':') {
            parts.push(&text[from..at - 1]);
            from = at;
        }
    }
    parts.push(&text[from..]);
    parts
}

fn signs(pattern: &str, wildcards: bool, variables: Option<&[Key]>) -> Option<Vec<Sign>> {
    let (mut signs, mut rest) = (Vec::new(), pattern);
    while let Some(c) = rest.chars().next() {
        if let (Some(keys), Some((inside, length))) = (variables, variable(rest)) {
            // What is substituted is literal: a `*` in it is no wildcard.
            signs.extend(value(inside, keys)?.chars().map(Sign::Char));
            rest = &rest[length..];
            continue;
        }
        signs.push(match c {
            '*' if wildcards => Sign::Any,
            '?' if wildcards => Sign::One,
            c => Sign::Char(c),
        });
        rest = &rest[c.len_utf8()..];
    }
    Some(signs)
}

/// The inside of the variable a text begins with, and the length of the whole.
fn variable(text: &str) -> Option<(&str, usize)> {
    let inside = text.strip_prefix("${")?;
    let mut quoted = false;
    for (at, c) in inside.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '}' if !quoted => return Some((&inside[..at], at + 3)),
            _ => {}
        }
    }
    None
}

/// The value of a variable: an escaped sign, the single value of a key, or the default.
fn value(inside: &str, keys: &[Key]) -> Option<String> {
    if ["*", "?", "$"].contains(&inside) {
        return Some(inside.to_owned());
    }
    let (name, default) = match inside.split_once(", '") {
        Some((name, quoted)) => (name, quoted.strip_suffix('\'')),
        None => (inside, None),
    };
    let key = keys.iter().find(|key| lower(&key.name) == lower(name) && !key.multivalued);
    key.map(|key| key.values[0].as_str()).or(default).map(str::to_owned)
}

fn fits(pattern: &[Sign], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([Sign::Any, rest @ ..], []) => fits(rest, text),
        ([Sign::Any, rest @ ..], [_, tail @ ..]) => fits(rest, text) || fits(pattern, tail),
        ([Sign::One, rest @ ..], [_, tail @ ..]) => fits(rest, tail),
        ([Sign::Char(c), rest @ ..], [d, tail @ ..]) => c == d && fits(rest, tail),
        _ => false,
    }
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}
