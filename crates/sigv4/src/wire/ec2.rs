//! EC2: contract/sigv4.md section 11.

use super::WireError;
use crate::rejection::Rejection;

impl Rejection {
    /// What EC2 answers: it tells apart only what the client can act on.
    pub fn ec2_error(&self) -> WireError {
        match self {
            Self::NotCanonical(_) | Self::QueryMalformed(_) => self.query_error(),
            Self::MissingAuthentication => WireError::new(
                400,
                "MissingParameter",
                "The request must contain the parameter AWSAccessKeyId",
            ),
            // AWS: the code for skew is uncertain [?]; SDKs correct their clock on either.
            Self::TokenExpired | Self::Skewed(_) => {
                WireError::new(400, "RequestExpired", "Request has expired.")
            }
            _ => WireError::new(
                401,
                "AuthFailure",
                "AWS was not able to validate the provided access credentials",
            ),
        }
    }
}
