use std::cell::RefCell;

use http::header::{
    ACCEPT_RANGES, ALLOW, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderMap, HeaderName,
    HeaderValue, LAST_MODIFIED, SERVER,
};
use http::{Response, StatusCode};
use rolecall_identity::Timestamp;
use rolecall_imds::{ContentType, Response as Answer};

use super::body::WholeBody;
use crate::http_date::http_date;
use crate::recent::Recent;

/// Writes an answer after which the connection may ask again.
pub(super) fn write(answer: Answer, now: Timestamp) -> Response<WholeBody> {
    write_with(Head::of(&answer, now, false).headers(), answer)
}

/// Writes an answer that is the last of its connection.
pub(super) fn write_last(answer: Answer, now: Timestamp) -> Response<WholeBody> {
    write_with(Head::of(&answer, now, true).headers(), answer)
}

fn write_with(headers: HeaderMap, answer: Answer) -> Response<WholeBody> {
    let mut response = Response::new(match answer.head_only {
        true => WholeBody::withheld(),
        false => WholeBody::new(answer.body.into_bytes()),
    });
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers;
    response
}

/// What the headers of an answer say.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Head {
    token_ttl_seconds: Option<u32>,
    content_type: ContentType,
    allow: Option<&'static str>,
    last_modified: Option<Timestamp>,
    length: usize,
    /// The second it is written.
    date: Timestamp,
    /// Whether the connection ends after it.
    is_last: bool,
}

thread_local! {
    /// Most answers of a second have been given before: to copy their headers costs half as much.
    static HEADS: RefCell<Recent<Head, HeaderMap>> = RefCell::default();
}

impl Head {
    fn of(answer: &Answer, now: Timestamp, is_last: bool) -> Self {
        Self {
            token_ttl_seconds: answer.token_ttl_seconds,
            content_type: answer.content_type,
            allow: answer.allow,
            last_modified: answer.last_modified,
            length: answer.body.as_bytes().len(),
            date: now.whole_second(),
            is_last,
        }
    }

    fn headers(self) -> HeaderMap {
        // Answers of other lengths stand beside each other.
        HEADS.with_borrow_mut(|heads| heads.value(self.length, self, || self.write()))
    }

    /// AWS's headers in AWS's order. Source: contract/imds.md section 1.1.
    fn write(self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(8);
        if let Some(seconds) = self.token_ttl_seconds {
            headers.insert(TOKEN_TTL, seconds.into());
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type.as_str()));
        if let Some(methods) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(methods));
        }
        if let Some(at) = self.last_modified {
            headers.insert(ACCEPT_RANGES, HeaderValue::from_static("none"));
            headers.insert(LAST_MODIFIED, http_date(at));
        }
        headers.insert(CONTENT_LENGTH, self.length.into());
        headers.insert(DATE, http_date(self.date));
        headers.insert(SERVER, HeaderValue::from_static("EC2ws"));
        if self.is_last {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        headers
    }
}

pub(super) const TOKEN_TTL: HeaderName =
    HeaderName::from_static("x-aws-ec2-metadata-token-ttl-seconds");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_one_length_that_differ_are_told_apart() {
        let plain = Head::of(&Answer::not_found(), Timestamp::from_seconds(1_800_000_000), true);
        let others = [
            Head { token_ttl_seconds: Some(7), ..plain },
            Head { content_type: ContentType::Json, ..plain },
            Head { allow: Some("GET"), ..plain },
            Head { last_modified: Some(plain.date), ..plain },
            Head { date: plain.date.plus_seconds(1), ..plain },
            Head { is_last: false, ..plain },
            Head { length: plain.length + 16, ..plain },
        ];
        for other in others {
            assert_ne!(other.write(), plain.write());
            for head in [plain, plain, other, other, plain] {
                assert_eq!(head.headers(), head.write());
            }
        }
    }
}
