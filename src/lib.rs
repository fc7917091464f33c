//! `kubectl netstore`: who can reach whom in a Kubernetes cluster, why a claim is pending, and why, recomputed from its own objects.
//!
//! ```text
//! argv ─► commands/<question> ─► Needs ─► source ──► Inventory ──► engine ──► Report ──► view ──► terminal
//!         arguments = help        kinds   live API    + Coverage    pure,      answer     table | wide
//!                                 scope   snapshot                  sync,      findings   json | yaml | name
//!                                         manifests                 no clock   evidence   dot | mermaid | csv | md
//! ```
//!
//! One direction, no way back: nothing right of an arrow knows anything left of it (`tests/architecture.rs` holds the walls).
//!
//! - [`commands`]: one file a question, its arguments and its wiring; [`cli`]: kubectl's manners.
//! - [`source`]: where objects come from; [`objects`]: objects as questions need them.
//! - [`inventory`]: what is known, and what could not be read; the only thing engines look at.
//! - [`policy`], [`service`], [`storage`], [`qos`], [`dns`]: the engines.
//! - [`probe`]: the only room that writes to a cluster, when asked to; [`report`]: answers, and how they are written down.

// Whatever a cluster or a file holds, it is answered or refused in words, never with a panic.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable, clippy::indexing_slicing, clippy::string_slice)
)]

pub mod cli;
pub mod commands;
pub mod dns;
pub mod inventory;
pub mod objects;
pub mod policy;
pub mod probe;
pub mod qos;
pub mod report;
pub mod service;
pub mod source;
pub mod storage;
