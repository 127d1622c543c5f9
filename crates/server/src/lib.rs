//! Listeners, AWS protocol codecs and the admin address.
