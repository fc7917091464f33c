//! cli

pub mod connection;
pub mod error;
pub mod exit;
pub mod progress;
