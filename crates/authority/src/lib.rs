//! Accounts and what STS, IAM and EC2 do to them.
