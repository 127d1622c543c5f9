use rolecall_identity::percent;

use super::error::S3Error;

/// The query of a request without its signature, decoded once. No name stands in it twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
    /// `x-amz-*` parameters, which a presigner moved here from the headers.
    pub(crate) hoisted: Vec<(String, String)>,
    /// Whether a presigned URL says what its payload is.
    pub(crate) declares_payload: bool,
}

impl Query {
    pub(crate) fn parse(raw: &str) -> Result<Self, S3Error> {
        let mut query = Self::default();
        for piece in raw.split('&').filter(|piece| !piece.is_empty()) {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            let (name, value) = (decode_plus(name)?, decode_plus(value)?);
            if query.get(&name).is_some() {
                return Err(S3Error::invalid_argument("A parameter is given more than once")
                    .with("ArgumentName", name));
            }
            query.push(name, value);
        }
        Ok(query)
    }

    fn push(&mut self, name: String, value: String) {
        let lower = name.to_ascii_lowercase();
        if !lower.starts_with("x-amz-") {
            // `x-id` names the operation for people; it decides nothing.
            if lower != "x-id" {
                self.pairs.push((name, value));
            }
            return;
        }
        self.declares_payload |= lower == "x-amz-content-sha256";
        // AWS: a presigner hoists the checksum of an empty body; forwarding it would refuse the
        // real one (contract/sigv4.md section 14).
        let is_checksum =
            lower.starts_with("x-amz-checksum-") || lower == "x-amz-sdk-checksum-algorithm";
        if !SIGNATURE.contains(&lower.as_str()) && !is_checksum {
            self.hoisted.push((lower, value));
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Replaces the value of a parameter.
    pub(crate) fn set(&mut self, name: &str, value: String) {
        if let Some(pair) = self.pairs.iter_mut().find(|(known, _)| known == name) {
            pair.1 = value;
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|(name, _)| name.as_str())
    }

    /// The query as the store is asked: encoded strictly, in the order it came.
    ///
    /// `encoding-type` stays here: the store says that it encodes keys, and does not, so a client
    /// would decode what is plain. Without it the answer says, truly, that keys are plain.
    pub(crate) fn encode(&self) -> String {
        let encode = |text: &str| percent::encode(text, b"");
        let pieces: Vec<String> = self
            .pairs
            .iter()
            .filter(|(name, _)| name != "encoding-type")
            .map(|(name, value)| match value.as_str() {
                "" => encode(name),
                value => format!("{}={}", encode(name), encode(value)),
            })
            .collect();
        pieces.join("&")
    }
}

fn decode_plus(text: &str) -> Result<String, S3Error> {
    let decoded = percent::decode(&text.replace('+', "%20"));
    decoded.ok_or_else(|| S3Error::new(400, "InvalidURI", "Couldn't parse the specified URI."))
}

/// What a presigned URL adds for its signature.
const SIGNATURE: &[&str] = &[
    "x-amz-algorithm",
    "x-amz-content-sha256",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_leaves_the_query_and_hoisted_headers_are_told_apart() {
        let query = Query::parse(
            "X-Amz-Signature=0&X-Amz-Date=d&x-amz-acl=private&x-amz-checksum-crc32=AAAAAA%3D%3D\
             &x-id=PutObject&uploads&prefix=a+b%2F",
        )
        .unwrap();
        assert_eq!(query.names().collect::<Vec<_>>(), ["uploads", "prefix"]);
        assert_eq!(query.hoisted, [("x-amz-acl".to_owned(), "private".to_owned())]);
        assert_eq!(query.get("prefix"), Some("a b/"));
        assert_eq!(query.encode(), "uploads&prefix=a%20b%2F");
    }

    #[test]
    fn a_name_given_twice_is_refused() {
        assert_eq!(Query::parse("prefix=a&prefix=b").unwrap_err().code, "InvalidArgument");
    }
}
