//! policy
pub mod validate;
pub mod question;
