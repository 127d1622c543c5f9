//! The file of the keys.

use rolecall_attest::{IdentityKeys, IdentityPemError};

use crate::support::{DOCUMENT, KEYS, NOW, Openssl, Seeded, proof};

fn refusal(text: &str) -> IdentityPemError {
    IdentityKeys::from_pem(text).unwrap_err()
}

#[test]
fn keys_survive_their_file() {
    let text = KEYS.to_pem().unwrap();
    let restored = IdentityKeys::from_pem(&text).unwrap();
    assert_eq!(*restored.to_pem().unwrap(), *text);
    assert_eq!(restored.certificates(), KEYS.certificates());
    assert_eq!(restored.sign(DOCUMENT, NOW, &mut Seeded::new(9)).unwrap(), proof(DOCUMENT));
}

#[test]
fn line_ends_and_spaces_of_an_editor_do_no_harm() {
    let text = KEYS.to_pem().unwrap().replace('\n', "\r\n");
    IdentityKeys::from_pem(&format!("\r\n{text}\r\n# end")).unwrap();
}

#[test]
fn openssl_finds_the_keys_sound() {
    let text = KEYS.to_pem().unwrap();
    for block in text.split_inclusive("-----END PRIVATE KEY-----\n").take(3) {
        let openssl = Openssl::new().file("key", block);
        let printed = openssl.prints("pkey -in key -check -noout");
        assert_eq!(printed, b"Key is valid\n");
    }
}

#[test]
fn what_is_missing_is_named() {
    let text = KEYS.to_pem().unwrap();
    let blocks = ["", "# pkcs7 (DSA)\n"]
        .into_iter()
        .chain(text.match_indices("-----END CERTIFICATE-----").map(|(at, _)| &text[..at]));
    let expected = [
        "expected `-----BEGIN PRIVATE KEY-----` for `pkcs7`, and its end",
        "expected `-----BEGIN PRIVATE KEY-----` for `pkcs7`, and its end",
        "expected `-----BEGIN CERTIFICATE-----` for `pkcs7`, and its end",
        "expected `-----BEGIN CERTIFICATE-----` for `rsa2048`, and its end",
        "expected `-----BEGIN CERTIFICATE-----` for `signature`, and its end",
    ];
    for (text, expected) in blocks.zip(expected) {
        assert_eq!(refusal(text).to_string(), expected);
    }
}

#[test]
fn what_is_damaged_is_named() {
    let text = KEYS.to_pem().unwrap();
    let first_line = |label: &str| format!("-----BEGIN {label}-----\nMII");
    let damaged = |label: &str, base64: &str| {
        text.replacen(&first_line(label), &format!("-----BEGIN {label}-----\n{base64}"), 1)
    };
    assert_eq!(
        refusal(&damaged("PRIVATE KEY", "AII")).to_string(),
        "the private key of `pkcs7` is damaged or is not DSA"
    );
    assert_eq!(
        refusal(&damaged("CERTIFICATE", "M*I")).to_string(),
        "the certificate of `pkcs7` is damaged"
    );
}

#[test]
fn blocks_in_another_order_are_refused() {
    let text = KEYS.to_pem().unwrap();
    let parts: Vec<&str> = text.split_inclusive("-----END CERTIFICATE-----\n").collect();
    let [pkcs7, rsa2048, signature] = parts[..] else { panic!("{parts:?}") };
    assert_eq!(
        refusal(&[rsa2048, pkcs7, signature].concat()).to_string(),
        "the private key of `pkcs7` is damaged or is not DSA"
    );
    assert_eq!(
        refusal(&[pkcs7, signature, rsa2048].concat()).to_string(),
        "the private key of `rsa2048` is damaged or is not RSA-2048"
    );
    assert_eq!(
        refusal(&[pkcs7, rsa2048, signature, signature].concat()).to_string(),
        "unexpected block after the certificate of `signature`"
    );
}

#[test]
fn the_certificate_of_another_key_is_refused() {
    let other = IdentityKeys::generate(NOW, &mut Seeded::new(6)).unwrap();
    let text = KEYS.to_pem().unwrap();
    let (ours, theirs) = (KEYS.certificates(), other.certificates());
    for (proof, ours, theirs) in [
        ("pkcs7", ours.pkcs7, theirs.pkcs7),
        ("rsa2048", ours.rsa2048, theirs.rsa2048),
        ("signature", ours.signature, theirs.signature),
    ] {
        assert_eq!(
            refusal(&text.replace(ours, theirs)).to_string(),
            format!("the certificate of `{proof}` was not signed by the private key before it")
        );
    }
}

#[test]
fn no_changed_character_changes_the_keys() {
    let text = KEYS.to_pem().unwrap();
    for at in (0..text.len()).step_by(13) {
        let with = if text.as_bytes()[at] == b'B' { "C" } else { "B" };
        let mut changed = text.to_string();
        changed.replace_range(at..=at, with);
        // PKCS #1 repeats what follows from the other numbers of RSA; that part is not used.
        if let Ok(keys) = IdentityKeys::from_pem(&changed) {
            assert!(*keys.to_pem().unwrap() == *text, "{at}");
        }
    }
}

#[test]
fn the_text_has_room() {
    let text = KEYS.to_pem().unwrap();
    assert!(text.len() < text.capacity() / 2, "{}", text.len());
}

#[test]
fn keys_do_not_print() {
    assert_eq!(format!("{:?}", *KEYS), "IdentityKeys(…)");
}
