//! policy
pub mod question;
