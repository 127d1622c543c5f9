//! CloudTrail records: the model, and reading and writing their files.
