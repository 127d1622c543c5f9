//! The instance metadata service and the container credential endpoint as pure functions.
