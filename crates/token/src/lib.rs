//! Sealed session tokens and metadata tokens, and the key ring that holds their keys.
