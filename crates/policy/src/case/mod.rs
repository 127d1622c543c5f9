//! Cases: a request with every policy that applies, as one JSON object, and the decision as another.
//!
//! The format is described in docs/policy-tools.md. A case that is not understood is an error, not a
//! guess: unknown and repeated fields, values of another type, ARNs that contradict an account and
//! policies that IAM would refuse are all told, with their place.
//!
//! Nothing here reads a file. The crate's own JSON reader is used because it refuses repeated keys,
//! which the usual readers let pass.
//!
//! ```
//! use rolecall_policy::case::CaseReader;
//!
//! let mut reader = CaseReader::default();
//! let case = reader.read(r#"{"name": "own bucket",
//!     "principal": {"type": "user", "arn": "arn:aws:iam::123456789012:user/ana"},
//!     "action": "s3:GetObject",
//!     "resource": {"arn": "arn:aws:s3:::ana/notes.txt", "account": "123456789012"},
//!     "context": {},
//!     "policies": {"identity": [{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
//!         "Action": "s3:Get*", "Resource": "arn:aws:s3:::${aws:username}/*"}}]}}"#)?;
//! let line = case.judge(|judgement| judgement.to_json());
//! assert_eq!(line, r#"{"name":"own bucket","decision":"allowed","decided_by":"identity","#.to_owned()
//!     + r#""reasons":[{"type":"identity","policy":"identity[0]","statement":0,"sid":null,"#
//!     + r#""why":"applies"}]}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod cache;
mod error;
mod judgement;
mod policies;
mod principal;
mod reader;
mod request;
mod scan;

pub use error::CaseError;
pub use judgement::Judgement;
pub use reader::{CASE_BYTES_MAX, CaseReader, Files, KEYS_MAX};
pub use request::Outcome;

use principal::CasePrincipal;

/// A case that was understood.
#[derive(Debug, Clone)]
pub struct Case {
    name: String,
    principal: CasePrincipal,
    request: request::CaseRequest,
    policies: policies::CasePolicies,
    expected: Option<Outcome>,
}

impl Case {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a test expects.
    pub fn expected(&self) -> Option<Outcome> {
        self.expected
    }
}
