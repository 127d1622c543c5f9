//! A client on the AWS SDK for Rust for the end-to-end tests; `../README.md` has its commands.
//!
//! Nothing is configured here but an HTTP client without TLS. Endpoint, region and credentials come
//! from the SDK's default chain, so a run shows what an unmodified program would do.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier};
use aws_sdk_sts::config::ProvideCredentials as _;
use sha2::{Digest, Sha256};

const MEBIBYTE: usize = 1024 * 1024;
const PART_BYTES: usize = 5 * MEBIBYTE;

const EXIT_FAILED: u8 = 1;
const EXIT_NOT_SUPPORTED: u8 = 2;
const EXIT_SERVICE_ERROR: u8 = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(run(&arguments)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn run(arguments: &[&str]) -> Result<(), Failure> {
    match arguments {
        ["whoami"] => whoami(&environment().await).await,
        ["metadata"] => metadata().await,
        ["get", bucket, key] => get(bucket, key).await,
        ["put", bucket, key, file] => put(bucket, key, file).await,
        ["list", bucket] => list(bucket, None).await,
        ["list", bucket, prefix] => list(bucket, Some(prefix)).await,
        ["delete", bucket, keys @ ..] if !keys.is_empty() => delete(bucket, keys).await,
        ["copy", bucket, source, destination] => copy(bucket, source, destination).await,
        ["multipart", bucket, key, mebibytes] => multipart(bucket, key, mebibytes.parse()?).await,
        ["stream", bucket, key, mebibytes] => stream(bucket, key, mebibytes.parse()?).await,
        ["assume", role_arn, session] => assume(role_arn, session).await,
        ["presign-get", bucket, key, seconds] => presign_get(bucket, key, seconds.parse()?).await,
        ["create-role", _] => Err(Failure::NotSupported),
        _ => Err("unknown command or wrong number of arguments; see README.md".into()),
    }
}

/// What the SDK's default chain finds.
async fn environment() -> SdkConfig {
    let http = aws_smithy_http_client::Builder::new().build_http();
    aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await
}

async fn s3() -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::new(&environment().await)
}

async fn whoami(config: &SdkConfig) -> Result<(), Failure> {
    let identity = aws_sdk_sts::Client::new(config).get_caller_identity().send().await?;
    println!("{}", identity.arn().unwrap_or_default());
    Ok(())
}

async fn metadata() -> Result<(), Failure> {
    let config = environment().await;
    let region = config.region().ok_or("no region")?;
    let provider = config.credentials_provider().ok_or("no credentials")?;
    let credentials = provider
        .provide_credentials()
        .await
        .map_err(|error| Failure::Other(DisplayErrorContext(error).to_string()))?;
    println!("region {region}\naccess-key-id {}", credentials.access_key_id());
    Ok(())
}

async fn get(bucket: &str, key: &str) -> Result<(), Failure> {
    let mut object = s3().await.get_object().bucket(bucket).key(key).send().await?;
    let mut stdout = io::stdout().lock();
    while let Some(chunk) = object.body.try_next().await? {
        stdout.write_all(&chunk)?;
    }
    Ok(stdout.flush()?)
}

async fn put(bucket: &str, key: &str, file: &str) -> Result<(), Failure> {
    let body = ByteStream::from(fs::read(file)?);
    s3().await.put_object().bucket(bucket).key(key).body(body).send().await?;
    println!("ok");
    Ok(())
}

async fn list(bucket: &str, prefix: Option<&str>) -> Result<(), Failure> {
    let request = s3().await.list_objects_v2().bucket(bucket);
    let mut pages = request.set_prefix(prefix.map(String::from)).into_paginator().send();
    while let Some(page) = pages.next().await {
        for entry in page?.contents() {
            println!("{}", entry.key().unwrap_or_default());
        }
    }
    Ok(())
}

async fn delete(bucket: &str, keys: &[&str]) -> Result<(), Failure> {
    let objects: Result<_, _> =
        keys.iter().map(|key| ObjectIdentifier::builder().key(*key).build()).collect();
    let request = Delete::builder().set_objects(Some(objects?)).build()?;
    let answer = s3().await.delete_objects().bucket(bucket).delete(request).send().await?;
    for entry in answer.deleted() {
        println!("{}", entry.key().unwrap_or_default());
    }
    for entry in answer.errors() {
        let fields = [entry.key(), entry.code(), entry.message()].map(Option::unwrap_or_default);
        println!("ERROR {}", fields.join(" "));
    }
    if answer.errors().is_empty() { Ok(()) } else { Err(Failure::Keys) }
}

async fn copy(bucket: &str, source: &str, destination: &str) -> Result<(), Failure> {
    let source = format!("{bucket}/{}", percent_encode(source));
    s3().await.copy_object().bucket(bucket).key(destination).copy_source(source).send().await?;
    println!("ok");
    Ok(())
}

async fn multipart(bucket: &str, key: &str, mebibytes: usize) -> Result<(), Failure> {
    let sent = pseudo_random_bytes(mebibytes * MEBIBYTE);
    let s3 = s3().await;
    let upload = s3.create_multipart_upload().bucket(bucket).key(key).send().await?;
    let id = upload.upload_id().unwrap_or_default();
    if let Err(failure) = upload_parts(&s3, bucket, key, id, &sent).await {
        // The first failure is the one to tell, whatever becomes of the abort.
        let abort = s3.abort_multipart_upload().bucket(bucket).key(key).upload_id(id);
        drop(abort.send().await);
        return Err(failure);
    }
    compare(&s3, bucket, key, &sent).await
}

async fn upload_parts(
    s3: &aws_sdk_s3::Client,
    bucket: &str,
    key: &str,
    id: &str,
    sent: &[u8],
) -> Result<(), Failure> {
    let mut parts = CompletedMultipartUpload::builder();
    for (number, bytes) in (1..).zip(sent.chunks(PART_BYTES)) {
        let body = ByteStream::from(bytes.to_vec());
        let request = s3.upload_part().bucket(bucket).key(key).upload_id(id).part_number(number);
        let part = request.body(body).send().await?;
        let completed = CompletedPart::builder()
            .part_number(number)
            .set_e_tag(part.e_tag)
            .set_checksum_crc32(part.checksum_crc32);
        parts = parts.parts(completed.build());
    }
    let request = s3.complete_multipart_upload().bucket(bucket).key(key).upload_id(id);
    request.multipart_upload(parts.build()).send().await?;
    Ok(())
}

async fn stream(bucket: &str, key: &str, mebibytes: usize) -> Result<(), Failure> {
    let sent = pseudo_random_bytes(mebibytes * MEBIBYTE);
    let s3 = s3().await;
    let file = env::temp_dir().join(format!("conformance-client-{}", std::process::id()));
    fs::write(&file, &sent)?;
    let answer = match ByteStream::from_path(&file).await {
        Ok(body) => {
            s3.put_object().bucket(bucket).key(key).body(body).send().await.map_err(Failure::from)
        }
        Err(error) => Err(error.into()),
    };
    fs::remove_file(&file)?;
    answer?;
    compare(&s3, bucket, key, &sent).await
}

async fn compare(
    s3: &aws_sdk_s3::Client,
    bucket: &str,
    key: &str,
    sent: &[u8],
) -> Result<(), Failure> {
    let object = s3.get_object().bucket(bucket).key(key).send().await?;
    let received = object.body.collect().await?.into_bytes();
    if received != sent {
        return Err("the bytes that came back differ from those sent".into());
    }
    let mut digest = String::new();
    for byte in Sha256::digest(&received) {
        let _ = write!(digest, "{byte:02x}");
    }
    println!("sha256 {digest} {}", received.len());
    Ok(())
}

async fn assume(role_arn: &str, session: &str) -> Result<(), Failure> {
    let config = environment().await;
    let request = aws_sdk_sts::Client::new(&config).assume_role();
    let answer = request.role_arn(role_arn).role_session_name(session).send().await?;
    let issued = answer.credentials().ok_or("the answer has no credentials")?;
    let credentials = aws_sdk_sts::config::Credentials::new(
        issued.access_key_id(),
        issued.secret_access_key(),
        Some(issued.session_token().to_owned()),
        None,
        "AssumeRole",
    );
    let provider = aws_sdk_sts::config::SharedCredentialsProvider::new(credentials);
    whoami(&config.into_builder().credentials_provider(provider).build()).await
}

async fn presign_get(bucket: &str, key: &str, seconds: u64) -> Result<(), Failure> {
    let lifetime = PresigningConfig::expires_in(Duration::from_secs(seconds))?;
    let url = s3().await.get_object().bucket(bucket).key(key).presigned(lifetime).await?;
    println!("{}", url.uri());
    Ok(())
}

/// The first bytes of xorshift64* with seed 42, each word least significant byte first.
///
/// `length` is a multiple of eight. The same in all clients, so the digests compare.
fn pseudo_random_bytes(length: usize) -> Vec<u8> {
    let mut state: u64 = 42;
    let mut output = Vec::with_capacity(length);
    while output.len() < length {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        output.extend_from_slice(&state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
    }
    output
}

/// A key as the `x-amz-copy-source` header wants it: the SDK leaves the encoding to its caller.
fn percent_encode(key: &str) -> String {
    let mut encoded = String::new();
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                encoded.push(char::from(byte));
            }
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

fn json_string(text: &str) -> String {
    let mut json = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '\0'..='\x1f' => {
                let _ = write!(json, "\\u{:04x}", u32::from(character));
            }
            _ => json.push(character),
        }
    }
    json + "\""
}

/// Why a command did not succeed.
enum Failure {
    /// `DeleteObjects` reported errors for some keys; they are printed already.
    Keys,
    /// This client does not know the command.
    NotSupported,
    /// Anything on our side: usage, files, network, no credentials.
    Other(String),
    /// The service answered an error.
    Service { code: String, status: u16, message: String },
}

impl Failure {
    fn report(self) -> ExitCode {
        let status = match self {
            Failure::Keys => EXIT_SERVICE_ERROR,
            Failure::NotSupported => {
                eprintln!("not supported");
                EXIT_NOT_SUPPORTED
            }
            Failure::Other(message) => {
                eprintln!("error: {message}");
                EXIT_FAILED
            }
            Failure::Service { code, status, message } => {
                let (code, message) = (json_string(&code), json_string(&message));
                eprintln!(r#"{{"code":{code},"status":{status},"message":{message}}}"#);
                EXIT_SERVICE_ERROR
            }
        };
        ExitCode::from(status)
    }
}

impl<E> From<SdkError<E, HttpResponse>> for Failure
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        match error {
            SdkError::ServiceError(answer) => Failure::Service {
                code: answer.err().code().unwrap_or_default().to_owned(),
                status: answer.raw().status().as_u16(),
                message: answer.err().message().unwrap_or_default().to_owned(),
            },
            ours => Failure::Other(DisplayErrorContext(ours).to_string()),
        }
    }
}

impl From<&str> for Failure {
    fn from(message: &str) -> Self {
        Failure::Other(message.to_owned())
    }
}

macro_rules! from_errors {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Failure::Other(error.to_string())
            }
        })*
    };
}

from_errors!(
    aws_sdk_s3::error::BuildError,
    aws_sdk_s3::presigning::PresigningConfigError,
    aws_sdk_s3::primitives::ByteStreamError,
    io::Error,
    std::num::ParseIntError
);
