use std::hint::black_box;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use rolecall_identity::{Entropy, Timestamp};
use rolecall_server::OsEntropy;
use sha2::Sha256;

use crate::{Session, Workload, forever};

pub(crate) fn workloads() -> Vec<Workload> {
    let session = forever(Session::new(Timestamp::from_seconds(1_795_341_600)).0);
    let (id, now) = (session.credentials.access_key_id, session.now);
    let open = move || {
        black_box(session.keyring.open_session(id, session.token(), now).unwrap());
    };
    let seal = move || {
        let sealed = session.keyring.seal_session(id, &session.claims, 0, &mut OsEntropy);
        black_box(sealed.unwrap());
    };
    let primitives = Primitives::new(session.token());
    vec![
        Workload::new("open a session token", open).floor(primitives.opening()),
        Workload::new("seal a session token", seal).floor(primitives.sealing()),
    ]
}

/// The cipher and the encoding, on as many bytes as our token has.
struct Primitives {
    text: String,
    sealed: Vec<u8>,
    tag: [u8; 16],
}

impl Primitives {
    fn new(token: &str) -> Self {
        let length = STANDARD.decode(token).unwrap().len() - HEADER - 16;
        let mut sealed = vec![b'x'; length];
        let tag = cipher()
            .encrypt_inout_detached(
                &XNonce::from([1; 24]),
                &[0; HEADER + 20],
                sealed.as_mut_slice().into(),
            )
            .unwrap();
        Self { text: token.to_owned(), sealed, tag: tag.into() }
    }

    fn opening(&self) -> impl FnMut() + use<> {
        let (text, sealed, tag) = (self.text.clone(), self.sealed.clone(), self.tag);
        let mut buffer = sealed.clone();
        move || {
            let mut decoded = [0; 2048];
            black_box(STANDARD.decode_slice(black_box(&text), &mut decoded).unwrap());
            buffer.copy_from_slice(&sealed);
            let nonce = XNonce::from([1; 24]);
            let opened = cipher().decrypt_inout_detached(
                &nonce,
                &[0; HEADER + 20],
                buffer.as_mut_slice().into(),
                (&tag).into(),
            );
            opened.unwrap();
        }
    }

    /// With the session's secret, which is derived by HKDF, and a nonce.
    fn sealing(&self) -> impl FnMut() + use<> {
        let mut blob = STANDARD.decode(&self.text).unwrap();
        move || {
            let mut nonce = [0; 24];
            OsEntropy.fill(&mut nonce);
            let end = blob.len() - 16;
            let sealed = &mut blob[HEADER..end];
            let tag = cipher()
                .encrypt_inout_detached(&XNonce::from(nonce), &[0; HEADER + 20], sealed.into())
                .unwrap();
            blob[end..].copy_from_slice(&tag);
            let mut text = [0; 2048];
            black_box(STANDARD.encode_slice(&blob, &mut text).unwrap());
            let mut secret = [0; 30];
            Hkdf::<Sha256>::from_prk(&[7; 32]).unwrap().expand(&nonce, &mut secret).unwrap();
            black_box(STANDARD.encode_slice(secret, &mut text).unwrap());
        }
    }
}

fn cipher() -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(black_box(&[7; 32]).into())
}

/// Bytes in front of what is encrypted.
const HEADER: usize = 32;
