/// The operations that are mapped to actions and that the store carries out. Nothing else is
/// forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    AbortMultipartUpload,
    CompleteMultipartUpload,
    CopyObject,
    CreateBucket,
    CreateMultipartUpload,
    DeleteBucket,
    DeleteObject,
    DeleteObjects,
    GetBucketLocation,
    GetObject,
    HeadBucket,
    HeadObject,
    ListBuckets,
    ListObjects,
    ListObjectsV2,
    ListParts,
    PutObject,
    UploadPart,
    UploadPartCopy,
}

impl Operation {
    /// CloudTrail's `eventName`: the name in the S3 API reference.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::AbortMultipartUpload => "AbortMultipartUpload",
            Self::CompleteMultipartUpload => "CompleteMultipartUpload",
            Self::CopyObject => "CopyObject",
            Self::CreateBucket => "CreateBucket",
            Self::CreateMultipartUpload => "CreateMultipartUpload",
            Self::DeleteBucket => "DeleteBucket",
            Self::DeleteObject => "DeleteObject",
            Self::DeleteObjects => "DeleteObjects",
            Self::GetBucketLocation => "GetBucketLocation",
            Self::GetObject => "GetObject",
            Self::HeadBucket => "HeadBucket",
            Self::HeadObject => "HeadObject",
            Self::ListBuckets => "ListBuckets",
            Self::ListObjects => "ListObjects",
            Self::ListObjectsV2 => "ListObjectsV2",
            Self::ListParts => "ListParts",
            Self::PutObject => "PutObject",
            Self::UploadPart => "UploadPart",
            Self::UploadPartCopy => "UploadPartCopy",
        }
    }

    /// The action on the bucket or object that the path names.
    /// Source: data/s3_actions.tsv, from the S3 API reference.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::AbortMultipartUpload => "s3:AbortMultipartUpload",
            Self::CompleteMultipartUpload
            | Self::CopyObject
            | Self::CreateMultipartUpload
            | Self::PutObject
            | Self::UploadPart
            | Self::UploadPartCopy => "s3:PutObject",
            Self::CreateBucket => "s3:CreateBucket",
            Self::DeleteBucket => "s3:DeleteBucket",
            Self::DeleteObject | Self::DeleteObjects => "s3:DeleteObject",
            Self::GetBucketLocation => "s3:GetBucketLocation",
            Self::GetObject | Self::HeadObject => "s3:GetObject",
            Self::HeadBucket | Self::ListObjects | Self::ListObjectsV2 => "s3:ListBucket",
            Self::ListBuckets => "s3:ListAllMyBuckets",
            Self::ListParts => "s3:ListMultipartUploadParts",
        }
    }

    /// Query parameters of the operation; any other is of an operation that is not built.
    pub(crate) const fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::AbortMultipartUpload | Self::CompleteMultipartUpload => &["uploadId"],
            Self::CreateMultipartUpload => &["uploads"],
            Self::DeleteObjects => &["delete"],
            Self::GetBucketLocation => &["location"],
            Self::GetObject | Self::HeadObject => &[
                "response-cache-control",
                "response-content-disposition",
                "response-content-encoding",
                "response-content-language",
                "response-content-type",
                "response-expires",
            ],
            Self::ListBuckets => &["max-buckets"],
            Self::ListObjects => &["prefix", "delimiter", "marker", "max-keys", "encoding-type"],
            Self::ListObjectsV2 => &[
                "list-type",
                "prefix",
                "delimiter",
                "max-keys",
                "continuation-token",
                "start-after",
                "fetch-owner",
                "encoding-type",
            ],
            Self::ListParts => &["uploadId", "max-parts", "part-number-marker"],
            Self::UploadPart | Self::UploadPartCopy => &["partNumber", "uploadId"],
            Self::CopyObject
            | Self::CreateBucket
            | Self::DeleteBucket
            | Self::DeleteObject
            | Self::HeadBucket
            | Self::PutObject => &[],
        }
    }

    /// Whether the operation can change nothing.
    pub(crate) const fn is_read_only(self) -> bool {
        matches!(
            self,
            Self::GetBucketLocation
                | Self::GetObject
                | Self::HeadBucket
                | Self::HeadObject
                | Self::ListBuckets
                | Self::ListObjects
                | Self::ListObjectsV2
                | Self::ListParts
        )
    }

    /// Whether the path's object is another afterwards, or once an upload is complete.
    pub(crate) const fn changes_object(self) -> bool {
        matches!(
            self,
            Self::CompleteMultipartUpload
                | Self::CopyObject
                | Self::CreateMultipartUpload
                | Self::DeleteObject
                | Self::PutObject
        )
    }

    /// Whether a copy source names a second object.
    pub(crate) const fn copies(self) -> bool {
        matches!(self, Self::CopyObject | Self::UploadPartCopy)
    }
}
