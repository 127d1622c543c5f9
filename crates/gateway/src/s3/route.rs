use super::error::S3Error;
use super::operation::Operation;
use super::path::S3Path;
use super::query::Query;

/// Finds the operation of a request: method, level, and the parameters that select.
///
/// Whatever is not exactly one of ours is not implemented: a parameter too many selects something
/// that the store might take for another operation. Source: contract/gateway.md section 3.
pub(crate) fn route(
    method: &str,
    path: &S3Path,
    query: &Query,
    copies: bool,
) -> Result<Operation, S3Error> {
    let operation = match (&path.bucket, &path.key) {
        (None, _) => (method == "GET").then_some(Operation::ListBuckets),
        (Some(_), None) => bucket_operation(method, query),
        (Some(_), Some(_)) => object_operation(method, query, copies),
    };
    let operation = operation.ok_or_else(S3Error::not_implemented)?;
    let known = |name: &str| operation.parameters().contains(&name);
    if query.names().all(known) && copies == operation.copies() {
        Ok(operation)
    } else {
        Err(S3Error::not_implemented())
    }
}

fn bucket_operation(method: &str, query: &Query) -> Option<Operation> {
    match method {
        "DELETE" => Some(Operation::DeleteBucket),
        "GET" if query.has("location") => Some(Operation::GetBucketLocation),
        "GET" if query.get("list-type") == Some("2") => Some(Operation::ListObjectsV2),
        "GET" => Some(Operation::ListObjects),
        "HEAD" => Some(Operation::HeadBucket),
        "POST" if query.has("delete") => Some(Operation::DeleteObjects),
        "PUT" => Some(Operation::CreateBucket),
        _ => None,
    }
}

fn object_operation(method: &str, query: &Query, copies: bool) -> Option<Operation> {
    let upload = query.has("uploadId");
    let part = upload && query.has("partNumber");
    match method {
        "DELETE" if upload => Some(Operation::AbortMultipartUpload),
        "DELETE" => Some(Operation::DeleteObject),
        "GET" if upload => Some(Operation::ListParts),
        "GET" => Some(Operation::GetObject),
        "HEAD" => Some(Operation::HeadObject),
        "POST" if query.has("uploads") => Some(Operation::CreateMultipartUpload),
        "POST" if upload => Some(Operation::CompleteMultipartUpload),
        "PUT" if part && copies => Some(Operation::UploadPartCopy),
        "PUT" if part => Some(Operation::UploadPart),
        "PUT" if copies => Some(Operation::CopyObject),
        "PUT" => Some(Operation::PutObject),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routed(method: &str, target: &str, copies: bool) -> Result<&'static str, u16> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (path, query) = (S3Path::parse(path).unwrap(), Query::parse(query).unwrap());
        route(method, &path, &query, copies).map(Operation::name).map_err(|error| error.status)
    }

    #[test]
    fn operations_are_found() {
        for (method, target, copies, expected) in [
            ("GET", "/", false, Ok("ListBuckets")),
            ("GET", "/bucket", false, Ok("ListObjects")),
            ("GET", "/bucket?list-type=2&prefix=a", false, Ok("ListObjectsV2")),
            ("GET", "/bucket?location", false, Ok("GetBucketLocation")),
            ("PUT", "/bucket", false, Ok("CreateBucket")),
            ("HEAD", "/bucket", false, Ok("HeadBucket")),
            ("DELETE", "/bucket", false, Ok("DeleteBucket")),
            ("POST", "/bucket?delete", false, Ok("DeleteObjects")),
            ("GET", "/bucket/key", false, Ok("GetObject")),
            ("GET", "/bucket/key?x-id=GetObject", false, Ok("GetObject")),
            ("PUT", "/bucket/key", false, Ok("PutObject")),
            ("PUT", "/bucket/key", true, Ok("CopyObject")),
            ("PUT", "/bucket/key?partNumber=1&uploadId=u", false, Ok("UploadPart")),
            ("PUT", "/bucket/key?partNumber=1&uploadId=u", true, Ok("UploadPartCopy")),
            ("POST", "/bucket/key?uploads", false, Ok("CreateMultipartUpload")),
            ("POST", "/bucket/key?uploadId=u", false, Ok("CompleteMultipartUpload")),
            ("DELETE", "/bucket/key?uploadId=u", false, Ok("AbortMultipartUpload")),
            ("GET", "/bucket/key?uploadId=u", false, Ok("ListParts")),
            ("DELETE", "/bucket/key", false, Ok("DeleteObject")),
        ] {
            assert_eq!(routed(method, target, copies), expected, "{method} {target}");
        }
    }

    #[test]
    fn anything_else_is_not_implemented() {
        for (method, target, copies) in [
            ("PUT", "/bucket/key?tagging", false),
            ("PUT", "/bucket/key?acl", false),
            ("GET", "/bucket/key?versionId=v", false),
            ("GET", "/bucket/key?acl&tagging", false),
            ("GET", "/bucket?policy", false),
            ("PUT", "/bucket?versioning", false),
            ("GET", "/bucket?list-type=3", false),
            ("GET", "/bucket/key", true),
            ("POST", "/bucket/key", false),
            ("PATCH", "/bucket/key", false),
            ("POST", "/", false),
            ("PUT", "/bucket/key?partNumber=1", false),
        ] {
            assert_eq!(routed(method, target, copies), Err(501), "{method} {target}");
        }
    }
}
