//! netstore.
// Whatever a cluster or a file holds, it is answered or refused in words, never with a panic.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable, clippy::indexing_slicing, clippy::string_slice)
)]

pub mod cli;
pub mod commands;
pub mod inventory;
pub mod objects;
pub mod policy;
pub mod report;
pub mod service;
pub mod source;
