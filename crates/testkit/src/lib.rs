//! A development world for tests, and drivers of real clients.
