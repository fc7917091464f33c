//! policy
pub mod validate;
