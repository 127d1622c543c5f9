use constant_time_eq::constant_time_eq;
use rolecall_token::Keyring;

use super::error::S3Error;

/// The id of a multipart upload as clients know it: the store's, tied to its object.
///
/// The store takes any upload id for any object, so who knows one could complete another's parts
/// into a key of his own.
pub(super) fn seal(keyring: &Keyring, bucket: &str, key: &str, upload: &str) -> String {
    format!("{upload}.{}", keyring.upload_tag(bucket, key, upload))
}

/// The store's id, if it was given out for this object.
pub(super) fn open(
    keyring: &Keyring,
    bucket: &str,
    key: &str,
    presented: &str,
) -> Result<String, S3Error> {
    let upload = presented.split_once('.').filter(|(upload, tag)| {
        constant_time_eq(keyring.upload_tag(bucket, key, upload).as_bytes(), tag.as_bytes())
    });
    upload.map(|(upload, _)| upload.to_owned()).ok_or_else(|| {
        let code = "NoSuchUpload";
        S3Error::known(404, code).with("UploadId", presented)
    })
}
