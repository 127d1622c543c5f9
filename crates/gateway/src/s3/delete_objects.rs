//! `DeleteObjects`: a decision for each key, and one answer. Source: contract/gateway.md 2.2.

use bytes::Bytes;
use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::Event;

use super::error::S3Error;

/// Most keys of one request. Source: S3 API reference, `DeleteObjects`.
const KEYS_MAX: usize = 1000;

/// The keys of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Deletion {
    pub(super) keys: Vec<String>,
    pub(super) quiet: bool,
}

impl Deletion {
    /// Reads the body. Elements that change what is deleted and are not built are refused.
    pub(super) fn parse(body: &[u8]) -> Result<Self, S3Error> {
        let text = str::from_utf8(body).map_err(|_| S3Error::malformed_xml())?;
        let mut reader = Reader::from_str(text);
        let (mut deletion, mut path) = (Self::default(), Vec::<String>::new());
        let mut value = String::new();
        loop {
            match reader.read_event().map_err(|_| S3Error::malformed_xml())? {
                Event::Start(tag) => {
                    path.push(tag.local_name().as_ref().to_owned());
                    value.clear();
                }
                Event::Text(text) => value.push_str(&text),
                Event::GeneralRef(reference) => value.push(resolve(&reference)?),
                Event::End(_) => {
                    deletion.element(&path, &value)?;
                    path.pop();
                    value.clear();
                }
                Event::Empty(tag) if tag.local_name().as_ref() == "Key" => {
                    return Err(S3Error::malformed_xml());
                }
                Event::DocType(_) => return Err(S3Error::malformed_xml()),
                Event::Eof => break,
                _ => {}
            }
        }
        if !path.is_empty() || deletion.keys.is_empty() || deletion.keys.len() > KEYS_MAX {
            return Err(S3Error::malformed_xml());
        }
        Ok(deletion)
    }

    fn element(&mut self, path: &[String], value: &str) -> Result<(), S3Error> {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["Delete"] | ["Delete", "Object"] => {}
            ["Delete", "Object", "Key"] => self.keys.push(value.to_owned()),
            ["Delete", "Quiet"] => self.quiet = value.trim() == "true",
            ["Delete", "Object", _] => return Err(S3Error::not_implemented()),
            _ => return Err(S3Error::malformed_xml()),
        }
        Ok(())
    }

    /// The body as the store gets it.
    pub(super) fn write(keys: &[String], quiet: bool) -> Bytes {
        let objects: Vec<String> = keys
            .iter()
            .map(|key| format!("<Object><Key>{}</Key></Object>", escape(key.as_str())))
            .collect();
        format!("<Delete xmlns=\"{NAMESPACE}\">{}<Quiet>{quiet}</Quiet></Delete>", objects.concat())
            .into()
    }
}

/// What an answer says of a key that was not there.
pub(super) fn deleted(key: &str) -> String {
    format!("<Deleted><Key>{}</Key></Deleted>", escape(key))
}

/// What an answer says of a key that was refused.
pub(super) fn refused(key: &str, error: &S3Error) -> String {
    format!(
        "<Error><Key>{}</Key><Code>{}</Code><Message>{}</Message></Error>",
        escape(key),
        escape(error.code.as_str()),
        escape(error.message.as_str())
    )
}

/// The store's answer, and what is to be said of the keys that never got there.
pub(super) fn merge(answer: &str, told: &str) -> String {
    match answer.rfind("</DeleteResult>") {
        Some(end) => {
            let (head, tail) = answer.split_at(end);
            format!("{head}{told}{tail}")
        }
        None => format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DeleteResult xmlns=\"{NAMESPACE}\">{told}\
             </DeleteResult>"
        ),
    }
}

/// `&amp;`, `&#13;` and their kin.
fn resolve(reference: &quick_xml::events::BytesRef<'_>) -> Result<char, S3Error> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Ok(character);
    }
    match reference.as_ref() {
        "amp" => Ok('&'),
        "apos" => Ok('\''),
        "gt" => Ok('>'),
        "lt" => Ok('<'),
        "quot" => Ok('"'),
        _ => Err(S3Error::malformed_xml()),
    }
}

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_written_back() {
        let body =
            br#"<?xml version="1.0"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
            <Object><Key>a &amp; b/&#233;</Key></Object><Object><Key>c</Key></Object>
            <Quiet>true</Quiet></Delete>"#;
        let deletion = Deletion::parse(body).unwrap();
        assert_eq!(deletion, Deletion { keys: vec!["a & b/é".into(), "c".into()], quiet: true });
        let written = Deletion::write(&deletion.keys, deletion.quiet);
        assert_eq!(Deletion::parse(&written).unwrap(), deletion);
    }

    #[test]
    fn other_documents_are_refused() {
        for (body, code) in [
            ("", "MalformedXML"),
            ("<Delete>", "MalformedXML"),
            ("<Delete></Delete>", "MalformedXML"),
            ("<Delete><Object><Key>a</Key></Delete>", "MalformedXML"),
            ("<!DOCTYPE x><Delete><Object><Key>a</Key></Object></Delete>", "MalformedXML"),
            ("<Delete><Object><Key>&x;</Key></Object></Delete>", "MalformedXML"),
            (
                "<Delete><Object><Key>a</Key><VersionId>v</VersionId></Object></Delete>",
                "NotImplemented",
            ),
        ] {
            assert_eq!(Deletion::parse(body.as_bytes()).unwrap_err().code, code, "{body}");
        }
        let keys = vec!["k".to_owned(); KEYS_MAX];
        assert!(Deletion::parse(&Deletion::write(&keys, false)).is_ok());
        let past = vec!["k".to_owned(); KEYS_MAX + 1];
        assert!(Deletion::parse(&Deletion::write(&past, false)).is_err());
    }

    #[test]
    fn keys_that_the_store_was_not_asked_for_join_the_answer() {
        let denied = S3Error::new(403, "AccessDenied", "no");
        let answer = "<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>";
        assert_eq!(
            merge(answer, &(refused("b", &denied) + &deleted("c&"))),
            "<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key>\
             <Code>AccessDenied</Code><Message>no</Message></Error>\
             <Deleted><Key>c&amp;</Key></Deleted></DeleteResult>"
        );
    }
}
