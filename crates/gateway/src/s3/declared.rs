use std::sync::Arc;

use http::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use rolecall_authority::Caller;
use rolecall_sigv4::{ChunkedDecoder, PayloadHash, SigningKey, Verified};

use super::error::S3Error;
use crate::body::{Checksums, Declared};
use crate::limits::{HEADER_SECTION_BYTES_MAX, OBJECT_BYTES_MAX};

/// Refuses a header section that S3 would not read.
pub(super) fn check_header_section(headers: &HeaderMap) -> Result<(), S3Error> {
    let size: usize = headers.iter().map(|(n, v)| n.as_str().len() + v.len() + 4).sum();
    if size <= HEADER_SECTION_BYTES_MAX {
        return Ok(());
    }
    let message = "Your request header section exceeds the maximum allowed header section size.";
    let error = S3Error::new(400, "RequestHeaderSectionTooLarge", message);
    Err(error.with("MaxSizeAllowed", HEADER_SECTION_BYTES_MAX.to_string()))
}

/// What the headers say of the payload.
pub(super) fn declared(
    headers: &HeaderMap,
    caller: &Verified<Arc<Caller>>,
    key: SigningKey,
) -> Result<Declared, S3Error> {
    let hash = caller.payload();
    let number = |name: &str| headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
    let length = if hash.is_streaming() {
        let length = number("x-amz-decoded-content-length");
        length.ok_or_else(missing_length)?
    } else if headers.contains_key(TRANSFER_ENCODING) {
        return Err(missing_length());
    } else {
        number(CONTENT_LENGTH.as_str()).unwrap_or(0)
    };
    if length > OBJECT_BYTES_MAX {
        let message = "Your proposed upload exceeds the maximum allowed size";
        let error = S3Error::new(400, "EntityTooLarge", message);
        let error = error.with("ProposedSize", length.to_string());
        return Err(error.with("MaxSizeAllowed", OBJECT_BYTES_MAX.to_string()));
    }
    let trailers = trailer_names(headers);
    let mut checksums = Checksums::default();
    for (name, value) in headers {
        checksums.declare(name.as_str(), value.to_str().unwrap_or_default());
    }
    trailers.iter().for_each(|name| checksums.announce(name));
    let names: Vec<&str> = trailers.iter().map(String::as_str).collect();
    let chunks = match hash {
        PayloadHash::StreamingSigned { .. } => {
            Some(ChunkedDecoder::signed(caller, key, length, &names))
        }
        PayloadHash::StreamingUnsignedTrailer => Some(ChunkedDecoder::unsigned(length, &names)),
        PayloadHash::Sha256(_) | PayloadHash::Unsigned => None,
    };
    Ok(Declared { hash, chunks, checksums, length })
}

fn trailer_names(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all("x-amz-trailer").iter();
    let names = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    names.map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty()).collect()
}

fn missing_length() -> S3Error {
    let message = "You must provide the Content-Length HTTP header.";
    S3Error::new(411, "MissingContentLength", message)
}
