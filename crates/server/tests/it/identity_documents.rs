//! Identity documents are verified as AWS tells to: with OpenSSL, and the certificates of the admin
//! address. contract/imds.md section 1.13 and section 4, rows 96 to 98.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use rolecall_testkit::TestWorld;
use serde_json::Value;
use tempfile::TempDir;

const IDENTITY: &str = "dynamic/instance-identity";
const DEVELOPMENT: &str = include_str!("../../../rolecall/src/development.toml");

/// What a verifier has in a folder: the document, its proofs, and the three certificates.
struct Verifier(TempDir);

impl Verifier {
    fn of(world: &TestWorld) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).unwrap();
        for name in ["document", "pkcs7", "rsa2048", "signature"] {
            let reply = world.metadata(&format!("{IDENTITY}/{name}"));
            assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/plain")));
            write(name, &reply.body);
            // As AWS tells: the armour is the reader's.
            let armoured =
                format!("-----BEGIN PKCS7-----\n{}\n-----END PKCS7-----\n", reply.text());
            write(&format!("{name}.pem"), armoured.as_bytes());
        }
        for (name, certificate) in ["dsa", "rsa-2048", "rsa-1024"].iter().zip(certificates(world)) {
            write(name, certificate.as_bytes());
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path().join(name)).unwrap()
    }

    /// Whether OpenSSL finds it good; its data.
    fn openssl(&self, arguments: &str) -> (bool, Vec<u8>) {
        let ran = Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(self.path())
            .stdin(Stdio::null())
            .output()
            .expect("openssl runs");
        (ran.status.success(), ran.stdout)
    }

    fn verifies_pkcs7(&self, proof: &str, certificate: &str) -> bool {
        let command = format!(
            "smime -verify -in {proof}.pem -inform PEM -certfile {certificate} -noverify -nointern"
        );
        let (good, document) = self.openssl(&command);
        good && document == self.read("document")
    }

    fn verifies_signature(&self, certificate: &str) -> bool {
        let (_, key) = self.openssl(&format!("x509 -pubkey -noout -in {certificate}"));
        std::fs::write(self.path().join("key"), key).unwrap();
        let (_, raw) = self.openssl("base64 -d -in signature");
        std::fs::write(self.path().join("raw"), raw).unwrap();
        let (good, said) = self.openssl("dgst -sha256 -verify key -signature raw document");
        good && said == b"Verified OK\n"
    }
}

/// The three certificates: of `pkcs7`, `rsa2048` and `signature`.
fn certificates(world: &TestWorld) -> [String; 3] {
    let reply = world.admin_get("/identity-certificates");
    assert_eq!(reply.status, 200);
    let text = reply.text();
    let all: Vec<String> =
        text.split_inclusive("-----END CERTIFICATE-----\n").map(str::to_owned).collect();
    all.try_into().unwrap_or_else(|_| panic!("three certificates: {text}"))
}

#[test]
fn openssl_verifies_all_three_proofs() {
    let world = TestWorld::start();
    let verifier = Verifier::of(&world);
    assert!(verifier.verifies_pkcs7("pkcs7", "dsa"), "pkcs7");
    assert!(verifier.verifies_pkcs7("rsa2048", "rsa-2048"), "rsa2048");
    assert!(verifier.verifies_signature("rsa-1024"), "signature");

    let document: Value = serde_json::from_slice(&verifier.read("document")).unwrap();
    assert_eq!(document["instanceId"], "i-0123456789abcdef0");
    assert_eq!(document["privateIp"], "10.0.0.10");
    let signature = verifier.read("signature");
    assert!(signature.split(|byte| *byte == b'\n').all(|line| line.len() <= 76));
}

#[test]
fn another_key_or_document_does_not_verify() {
    let (world, other) = (TestWorld::start(), TestWorld::start());
    let verifier = Verifier::of(&world);
    for (name, certificate) in ["dsa", "rsa-2048", "rsa-1024"].iter().zip(certificates(&other)) {
        std::fs::write(verifier.path().join(name), certificate).unwrap();
    }
    assert!(!verifier.verifies_pkcs7("pkcs7", "dsa"));
    assert!(!verifier.verifies_pkcs7("rsa2048", "rsa-2048"));
    assert!(!verifier.verifies_signature("rsa-1024"));

    let verifier = Verifier::of(&world);
    let document = String::from_utf8(verifier.read("document")).unwrap();
    let forged = document.replace("i-0123456789abcdef0", "i-0123456789abcdef1");
    std::fs::write(verifier.path().join("document"), forged).unwrap();
    assert!(!verifier.verifies_signature("rsa-1024"));
    assert!(!verifier.verifies_pkcs7("pkcs7", "dsa"), "what it holds is another document");
}

#[test]
fn certificates_stay_with_the_world() {
    let folder = tempfile::tempdir().unwrap();
    let start = || TestWorld::with(DEVELOPMENT, Some(folder.path().to_owned()));
    let world = start();
    let before = certificates(&world);
    let verifier = Verifier::of(&world);
    world.stop();
    let file = folder.path().join("identity-documents.pem");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let world = start();
    assert_eq!(certificates(&world), before);
    assert_eq!(Verifier::of(&world).read("document"), verifier.read("document"));
    assert!(Verifier::of(&world).verifies_pkcs7("rsa2048", "rsa-2048"));
    world.stop();

    // Keys that cannot be read are not replaced by others: there are no proofs.
    std::fs::write(&file, "damaged").unwrap();
    let world = start();
    assert_eq!(world.admin_get("/identity-certificates").status, 500);
    assert_eq!(world.metadata(&format!("{IDENTITY}/pkcs7")).status, 500);
    assert_eq!(world.metadata(&format!("{IDENTITY}/document")).status, 200);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "damaged");
}

#[test]
fn worlds_have_keys_of_their_own() {
    let (one, other) = (TestWorld::start(), TestWorld::start());
    for (one, other) in certificates(&one).iter().zip(certificates(&other)) {
        assert_ne!(*one, other);
    }
}
