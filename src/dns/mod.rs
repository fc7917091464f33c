//! DNS: which names a pod really asks for, and what comes of it.
//!
//! `configuration` is the Corefile that the cluster's servers run with, read by `corefile`; `server` is what they are expected to answer because
//! of it. `cluster` is what can be told of the kubelet's configuration; `resolv` is the file that the kubelet writes for a pod, as its own code
//! does (`tests/dns_oracle.rs`); `search` is what glibc, musl and Go make of that file, as they do themselves (`tests/dns_search.rs`).

pub mod cluster;
pub mod configuration;
pub mod corefile;
mod kubelet;
pub mod message;
pub mod name;
pub mod observed;
pub mod record;
pub mod resolv;
pub mod search;
pub mod server;
