//! The query and EC2 protocols. Source: contract/authority.md section 1.

use memchr::{memchr2, memchr3};
use quick_xml::escape::escape;
use rolecall_authority::{ApiError, Body, Element, Service};
use rolecall_identity::RequestId;

/// The document of an answer.
pub(super) fn answer(service: Service, action: &str, output: &[Element], id: RequestId) -> String {
    let mut xml = String::with_capacity(ANSWER_BYTES_USUAL);
    let namespace = namespace(service);
    if service == Service::Ec2 {
        xml.push_str(DECLARATION);
        push(&mut xml, &["<", action, "Response xmlns=\"", namespace, "\">"]);
        push(&mut xml, &["<requestId>", id.as_str(), "</requestId>"]);
        output.iter().for_each(|element| write(&mut xml, element, "item"));
    } else {
        push(&mut xml, &["<", action, "Response xmlns=\"", namespace, "\">"]);
        if !output.is_empty() {
            push(&mut xml, &["<", action, "Result>"]);
            output.iter().for_each(|element| write(&mut xml, element, "member"));
            push(&mut xml, &["</", action, "Result>"]);
        }
        let id = ["<ResponseMetadata><RequestId>", id.as_str(), "</RequestId></ResponseMetadata>"];
        push(&mut xml, &id);
    }
    push(&mut xml, &["</", action, "Response>"]);
    xml
}

/// The document of a refusal.
pub(super) fn refusal(service: Service, error: &ApiError, id: RequestId) -> String {
    let (code, message) = (escape(error.code), escape(error.message.as_str()));
    if service == Service::Ec2 {
        return format!(
            "{DECLARATION}<Response><Errors><Error><Code>{code}</Code><Message>{message}\
             </Message></Error></Errors><RequestID>{id}</RequestID></Response>"
        );
    }
    let (namespace, fault) = (namespace(service), error.fault().as_str());
    let message =
        if message.is_empty() { String::new() } else { format!("<Message>{message}</Message>") };
    format!(
        "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{fault}</Type><Code>{code}</Code>\
         {message}</Error><RequestId>{id}</RequestId></ErrorResponse>"
    )
}

fn write(xml: &mut String, element: &Element, item: &str) {
    push(xml, &["<", element.name, ">"]);
    write_body(xml, &element.body, item);
    push(xml, &["</", element.name, ">"]);
}

fn write_body(xml: &mut String, body: &Body, item: &str) {
    match body {
        Body::Fields(fields) => fields.iter().for_each(|field| write(xml, field, item)),
        Body::Items(items) => {
            for body in items {
                push(xml, &["<", item, ">"]);
                write_body(xml, body, item);
                push(xml, &["</", item, ">"]);
            }
        }
        Body::Secret(text) | Body::Text(text) => push_text(xml, text),
        Body::Time(time) => push(xml, &[&time.iso8601().to_string()]),
    }
}

/// What needs no escape is found out at once: a session token is long, and `escape` reads byte by
/// byte.
fn push_text(xml: &mut String, text: &str) {
    let bytes = text.as_bytes();
    if memchr3(b'<', b'>', b'&', bytes).or_else(|| memchr2(b'"', b'\'', bytes)).is_some() {
        xml.push_str(&escape(text));
    } else {
        xml.push_str(text);
    }
}

fn push(xml: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| xml.push_str(part));
}

const fn namespace(service: Service) -> &'static str {
    match service {
        Service::Ec2 => "http://ec2.amazonaws.com/doc/2016-11-15/",
        Service::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
        Service::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
    }
}

/// Room for an answer with credentials.
const ANSWER_BYTES_USUAL: usize = 2048;
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_value_is_escaped() {
        for (text, written) in [
            ("plain/+=", "plain/+="),
            ("a<b", "a&lt;b"),
            ("a>b", "a&gt;b"),
            ("a&b", "a&amp;b"),
            ("a\"b", "a&quot;b"),
            ("a'b", "a&apos;b"),
            ("", ""),
        ] {
            let mut xml = String::new();
            push_text(&mut xml, text);
            assert_eq!(xml, written);
        }
    }
}
