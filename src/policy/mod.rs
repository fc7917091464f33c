//! Who can reach whom: NetworkPolicy compiled once and asked by look-up.
pub mod blocks;
pub mod classes;
pub mod compile;
pub mod findings;
pub mod labels;
pub mod lint;
pub mod model;
pub mod ports;
pub mod profile;
pub mod question;
pub mod questions;
pub mod reach;
pub mod validate;
pub use model::{End, Model};
pub use profile::Cni;
