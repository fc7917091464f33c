//! netstore.
pub mod cli;
pub mod commands;
pub mod inventory;
pub mod objects;
pub mod policy;
pub mod report;
pub mod service;
pub mod source;
