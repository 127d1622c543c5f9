//! Finds credentials, runs commands with them.
