//! A Kaltura in the process.
