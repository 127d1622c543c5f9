//! What the certificates say, and that they are sound.

use crate::support::{KEYS, Openssl};

fn certificates() -> [(&'static str, &'static str); 3] {
    let certificates = KEYS.certificates();
    [
        ("pkcs7", certificates.pkcs7),
        ("rsa2048", certificates.rsa2048),
        ("signature", certificates.signature),
    ]
}

#[test]
fn certificates_are_self_signed() {
    for (_, certificate) in certificates() {
        let openssl = Openssl::new().file("CERT.pem", certificate);
        let printed = openssl.prints("verify -check_ss_sig -CAfile CERT.pem CERT.pem");
        assert_eq!(printed, b"CERT.pem: OK\n");
    }
}

#[test]
fn certificates_say_what_they_are_for() {
    let algorithms = [
        ("dsaWithSHA1", "Public-Key: (1024 bit)"),
        ("sha256WithRSAEncryption", "Public-Key: (2048 bit)"),
        ("sha256WithRSAEncryption", "Public-Key: (1024 bit)"),
    ];
    for ((proof, certificate), (signature, key)) in certificates().into_iter().zip(algorithms) {
        let openssl = Openssl::new().file("CERT.pem", certificate);
        let text = String::from_utf8(openssl.prints("x509 -noout -text -in CERT.pem")).unwrap();
        for expected in [
            "Version: 3 (0x2)",
            &format!("Signature Algorithm: {signature}"),
            &format!("Issuer: O = rolecall, CN = instance identity {proof}"),
            "Not Before: Aug 30 12:36:00 2015 GMT",
            "Not After : Dec 31 23:59:59 9999 GMT",
            &format!("Subject: O = rolecall, CN = instance identity {proof}"),
            key,
            "X509v3 Basic Constraints: critical",
            "CA:FALSE",
            "X509v3 Key Usage: critical",
            "Digital Signature",
        ] {
            assert!(text.contains(expected), "`{expected}` is not in {text}");
        }
    }
}
