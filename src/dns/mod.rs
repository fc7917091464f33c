//! DNS: which names a pod really asks for, and what comes of it.
//!
//! `configuration` is the Corefile that the cluster's servers run with, read by `corefile`; `cluster` is what can be told of the kubelet's
//! configuration; `resolv` is the file that the kubelet writes for a pod, as its own code does (`tests/dns_oracle.rs`); `search` is what glibc,
//! musl and Go make of that file, as they do themselves (`tests/dns_search.rs`); `server` is what the cluster's servers are expected to answer.
//! `records` is which names exist because of an object. `hosts` is the pod's `/etc/hosts`, `lookup` what a library makes of all this, `answer` the
//! report of it, `advice` what is to be changed. `message` is how servers are asked, `observed` what they really say, and `verify` compares.
//! `doctor` looks at all of it for what is wrong.

mod advice;
mod answer;
pub mod cluster;
pub mod configuration;
pub mod corefile;
pub mod doctor;
pub mod findings;
pub mod hosts;
pub mod kubelet;
pub mod lookup;
pub mod message;
pub mod name;
pub mod observed;
mod owner;
pub mod record;
pub mod records;
pub mod resolv;
pub mod search;
pub mod server;
mod similar;
pub mod verify;
mod words;

pub use answer::{Question, Subject, ask};
