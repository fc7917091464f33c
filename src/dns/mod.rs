//! DNS: which names a pod really asks for, and what comes of it.
//!
//! `cluster` is what can be told of the kubelet's configuration; `resolv` is the file that the kubelet writes for a pod, as its own code does
//! (`tests/dns_oracle.rs`).

pub mod cluster;
pub mod corefile;
pub mod resolv;
