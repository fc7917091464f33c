//! cli
pub mod terminal;
