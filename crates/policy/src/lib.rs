//! IAM policy documents: parse, compile, evaluate, explain.
