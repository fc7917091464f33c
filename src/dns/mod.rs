//! DNS: which names a pod really asks for, and what comes of it.
//!
//! `cluster` is what can be told of the kubelet's configuration, with the help of the Corefile; `resolv` is the file that the kubelet
//! writes for a pod, as its own code does (`tests/dns_oracle.rs`); `search` is what glibc, musl and Go make of that file, as they do themselves
//! (`tests/dns_search.rs`); `server` is what the cluster's servers are expected to answer; `answer` puts it
//! together. `message` is how servers are asked, `observed` what they really say, and `verify` compares.

mod answer;
pub mod cluster;
pub mod corefile;
pub mod findings;
pub mod message;
pub mod name;
pub mod observed;
pub mod record;
pub mod resolv;
pub mod search;
pub mod server;
pub mod verify;

pub use answer::{Question, Subject, ask};
