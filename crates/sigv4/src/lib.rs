//! AWS Signature Version 4: parse, verify, sign, presign, chunked bodies.
