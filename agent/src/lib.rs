//! What runs checks inside a pod: one static program, a few threads, no file of an image but itself.
//!
//! ```text
//! words ─► Batch ─► run: a thread a check ─► settle: until results agree ─► attempt ─┬─► connect   TCP, SCTP
//!                   lines, termination message                                       ├─► datagram  UDP
//!                                                                                    ├─► http      and TLS
//!                                                                                    └─► names     hosts, resolv.conf, DNS
//! ```
//!
//! - [`check`], [`verdict`], [`wire`]: the words and lines. They are files of netstore, so that both ends speak the same.
//! - [`icmp`]: which word of the network it was: what makes *refused by a rule* another verdict than *refused*.

#![cfg(target_os = "linux")]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable, clippy::indexing_slicing, clippy::string_slice)
)]

#[path = "../../src/probe/check.rs"]
pub mod check;
#[path = "../../src/probe/verdict.rs"]
pub mod verdict;
#[path = "../../src/probe/wire.rs"]
pub mod wire;

pub mod attempt;
pub mod connect;
pub mod datagram;
pub mod dns;
pub mod http;
pub mod icmp;
pub mod limit;
pub mod names;
pub mod run;
pub mod settle;
pub mod tls;
