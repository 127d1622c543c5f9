use http::{HeaderMap, StatusCode};
use rolecall_identity::Timestamp;

use super::transform::S3Request;

/// The conditions of a read. The store does not know them, so they are compared with its answer.
///
/// Source: RFC 9110 section 13; S3 API reference, `GetObject`.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    matches: Option<String>,
    none_match: Option<String>,
    modified_since: Option<Timestamp>,
    unmodified_since: Option<Timestamp>,
}

impl Conditions {
    pub(super) fn of(request: &S3Request) -> Self {
        let text = |name: &str| request.header(name).map(str::to_owned);
        let time = |name: &str| Timestamp::parse_http_date(request.header(name)?).ok();
        Self {
            matches: text("if-match"),
            none_match: text("if-none-match"),
            modified_since: time("if-modified-since"),
            unmodified_since: time("if-unmodified-since"),
        }
    }

    /// The status that stands in for an answer, if a condition is not met.
    ///
    /// A tag decides where it is given; the time decides otherwise.
    pub(super) fn unmet(&self, answer: &HeaderMap) -> Option<StatusCode> {
        let text = |name: &str| answer.get(name)?.to_str().ok();
        let tag = text("etag").unwrap_or_default();
        let modified = text("last-modified").and_then(|at| Timestamp::parse_http_date(at).ok());
        let changed = |since: Timestamp| modified.is_some_and(|at| at > since);
        let failed = match (&self.matches, self.unmodified_since) {
            (Some(wanted), _) => !lists(wanted, tag),
            (None, Some(since)) => changed(since),
            (None, None) => false,
        };
        if failed {
            return Some(StatusCode::PRECONDITION_FAILED);
        }
        let same = match (&self.none_match, self.modified_since) {
            (Some(unwanted), _) => lists(unwanted, tag),
            (None, Some(since)) => !changed(since),
            (None, None) => false,
        };
        same.then_some(StatusCode::NOT_MODIFIED)
    }
}

/// Whether a list of tags holds one; quotes may be left out, as S3 lets them.
fn lists(list: &str, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    list.trim() == "*" || list.split(',').any(|item| bare(item) == bare(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const NEW: &str = "Mon, 07 Nov 1994 08:49:37 GMT";

    fn unmet(matches: &str, none_match: &str, modified: &str, unmodified: &str) -> Option<u16> {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let time = |text: &str| Timestamp::parse_http_date(text).ok();
        let conditions = Conditions {
            matches: text(matches),
            none_match: text(none_match),
            modified_since: time(modified),
            unmodified_since: time(unmodified),
        };
        let mut answer = HeaderMap::new();
        answer.insert("etag", "\"abc\"".parse().unwrap());
        answer.insert("last-modified", OLD.parse().unwrap());
        conditions.unmet(&answer).map(|status| status.as_u16())
    }

    #[test]
    fn a_tag_decides_before_a_time() {
        for (matches, none_match, modified, unmodified, expected) in [
            ("", "", "", "", None),
            ("\"abc\"", "", "", "", None),
            ("abc", "", "", "", None),
            ("*", "", "", "", None),
            ("\"x\"", "", "", "", Some(412)),
            ("\"x\", \"abc\"", "", "", "", None),
            ("", "\"abc\"", "", "", Some(304)),
            ("", "\"x\"", "", "", None),
            ("", "", NEW, "", Some(304)),
            ("", "", "Sat, 05 Nov 1994 08:49:37 GMT", "", None),
            ("", "", "", "Sat, 05 Nov 1994 08:49:37 GMT", Some(412)),
            ("", "", "", NEW, None),
            ("abc", "", "", "Sat, 05 Nov 1994 08:49:37 GMT", None),
            ("", "\"x\"", NEW, "", None),
        ] {
            let got = unmet(matches, none_match, modified, unmodified);
            assert_eq!(got, expected, "{matches} {none_match} {modified} {unmodified}");
        }
    }
}
