//! The change log on disk, with a twin in memory.
