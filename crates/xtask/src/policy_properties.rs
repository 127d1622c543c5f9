use anyhow::Result;

use crate::process::{self, cargo};

/// Tests the laws of the policy engine, and the engine against its reference, on many cases.
pub(crate) fn run(cases: u32) -> Result<()> {
    process::run(
        cargo()
            .args(["test", "--release", "--locked", "--package", "rolecall-policy"])
            .args(["--test", "it", "--", "properties::"])
            .env("PROPTEST_CASES", cases.to_string()),
    )
}
