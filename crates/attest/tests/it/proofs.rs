//! EC2 user guide, "Verify the instance identity document"; contract/imds.md section 1.13.

use std::process::Output;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rolecall_attest::IdentityKeys;
use rolecall_identity::Timestamp;

use crate::support::{DOCUMENT, KEYS, NOW, Openssl, Seeded, proof};

/// Documents that a careless signer or printer would change.
const DOCUMENTS: [&str; 6] = ["", "\n", "{}\r\n", " ä\u{2028}€ \t", "last\n\n", DOCUMENT];

fn armoured(pkcs7: &str) -> String {
    format!("-----BEGIN PKCS7-----\n{pkcs7}\n-----END PKCS7-----\n")
}

fn smime_verify(pkcs7: &str, certificate: &str) -> Output {
    let openssl = Openssl::new().file("FILE", armoured(pkcs7)).file("CERT.pem", certificate);
    openssl.run("smime -verify -in FILE -inform PEM -certfile CERT.pem -noverify")
}

fn dgst_verify(signature: &[u8], document: &str, certificate: &str) -> Output {
    let openssl = Openssl::new()
        .file("CERT.pem", certificate)
        .file("signature", signature)
        .file("document", document);
    let key = openssl.prints("x509 -pubkey -noout -in CERT.pem");
    openssl.file("key", key).run("dgst -sha256 -verify key -signature signature document")
}

fn decode(lines: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(lines.replace('\n', "")).unwrap()
}

/// The same PKCS #7 with one byte of its document changed.
fn changed(pkcs7: &str) -> String {
    let mut der = decode(pkcs7);
    let at = der.windows(DOCUMENT.len()).position(|bytes| bytes == DOCUMENT.as_bytes()).unwrap();
    der[at + DOCUMENT.len() / 2] ^= 1;
    let lines: Vec<_> = der.chunks(48).map(|line| BASE64_STANDARD.encode(line)).collect();
    lines.join("\n")
}

#[test]
fn pkcs7_and_rsa2048_give_the_document_back_byte_for_byte() {
    let certificates = KEYS.certificates();
    for document in DOCUMENTS {
        let proof = proof(document);
        for (pkcs7, certificate) in
            [(&proof.pkcs7, certificates.pkcs7), (&proof.rsa2048, certificates.rsa2048)]
        {
            let output = smime_verify(pkcs7, certificate);
            assert!(output.status.success(), "{document:?}: {output:?}");
            assert_eq!(output.stdout, document.as_bytes());
            assert_eq!(output.stderr, b"Verification successful\n");
        }
    }
}

#[test]
fn signature_verifies() {
    for document in DOCUMENTS {
        let signature = decode(&proof(document).signature);
        let output = dgst_verify(&signature, document, KEYS.certificates().signature);
        assert!(output.status.success(), "{document:?}: {output:?}");
        assert_eq!(output.stdout, b"Verified OK\n");
    }
}

/// More than consumers do: the certificate as the trust anchor of a chain of one.
#[test]
fn certificates_are_trust_anchors() {
    let (proof, certificates) = (proof(DOCUMENT), KEYS.certificates());
    for (pkcs7, certificate) in
        [(&proof.pkcs7, certificates.pkcs7), (&proof.rsa2048, certificates.rsa2048)]
    {
        let openssl = Openssl::new().file("FILE", armoured(pkcs7)).file("CERT.pem", certificate);
        openssl.prints("smime -verify -in FILE -inform PEM -certfile CERT.pem -CAfile CERT.pem");
    }
}

#[test]
fn a_changed_document_is_refused() {
    let (proof, certificates) = (proof(DOCUMENT), KEYS.certificates());
    for (pkcs7, certificate) in
        [(&proof.pkcs7, certificates.pkcs7), (&proof.rsa2048, certificates.rsa2048)]
    {
        let output = smime_verify(&changed(pkcs7), certificate);
        assert!(!output.status.success(), "{output:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains("digest failure"));
    }
    let other = DOCUMENT.replace("t3.micro", "t3.macro");
    let output = dgst_verify(&decode(&proof.signature), &other, certificates.signature);
    assert!(!output.status.success(), "{output:?}");
    assert!(output.stdout.starts_with(b"Verification failure\n"));
}

#[test]
fn the_proof_of_other_keys_is_refused() {
    let keys = IdentityKeys::generate(NOW, &mut Seeded::new(4)).unwrap();
    let other = keys.sign(DOCUMENT, NOW, &mut Seeded::new(5)).unwrap();
    let certificates = KEYS.certificates();
    assert!(!smime_verify(&other.pkcs7, certificates.pkcs7).status.success());
    assert!(!smime_verify(&other.rsa2048, certificates.rsa2048).status.success());
    let signature = decode(&other.signature);
    assert!(!dgst_verify(&signature, DOCUMENT, certificates.signature).status.success());
}

#[test]
fn entropy_leaves_no_trace_and_time_does_in_pkcs7_alone() {
    let first = KEYS.sign(DOCUMENT, NOW, &mut Seeded::new(2)).unwrap();
    assert_eq!(KEYS.sign(DOCUMENT, NOW, &mut Seeded::new(3)).unwrap(), first);
    let later = KEYS.sign(DOCUMENT, NOW.plus_seconds(1), &mut Seeded::new(2)).unwrap();
    assert_ne!(later.pkcs7, first.pkcs7);
    assert_ne!(later.rsa2048, first.rsa2048);
    assert_eq!(later.signature, first.signature);
}

#[test]
fn times_that_x509_does_not_know_are_refused() {
    for seconds in [-1, 253_402_300_800] {
        let at = Timestamp::from_seconds(seconds);
        assert!(KEYS.sign(DOCUMENT, at, &mut Seeded::new(0)).is_err(), "{seconds}");
    }
    for seconds in [0, 253_402_300_799] {
        let at = Timestamp::from_seconds(seconds);
        let proof = KEYS.sign(DOCUMENT, at, &mut Seeded::new(0)).unwrap();
        assert!(smime_verify(&proof.pkcs7, KEYS.certificates().pkcs7).status.success());
    }
}

/// contract/imds.md section 1.7: EC2's have 174, 1167 and 1487 bytes. The last two follow from the
/// length of the document and of the names in the certificate.
#[test]
fn proofs_have_the_shape_of_ec2() {
    let proof = proof(DOCUMENT);
    assert_eq!(proof.signature.len(), 174);
    // A DSA signature is two numbers of 20 bytes, now and then a little more or less.
    assert!((1045..=1055).contains(&proof.pkcs7.len()), "{}", proof.pkcs7.len());
    assert_eq!(proof.rsa2048.len(), 1373);
    for text in [proof.pkcs7, proof.rsa2048, proof.signature] {
        let lines: Vec<&str> = text.split('\n').collect();
        let (last, full) = lines.split_last().unwrap();
        assert!(full.iter().all(|line| line.len() == 76), "{text}");
        assert!((1..=76).contains(&last.len()), "{text}");
    }
}
