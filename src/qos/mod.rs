//! QoS: the class of a pod and what decides it, where each number comes from, and who dies first.
//!
//! `shape` is a pod as far as it counts; `defaults` is what the API server and LimitRanges add to it; `class`, `effective`, `oom`, `cpus`,
//! `resize`, `whole` and `eviction` are Kubernetes' own rules, each tested against its code (`tests/qos_oracle.rs`).

mod answer;
pub mod bounds;
mod case;
pub mod class;
pub mod cpus;
pub mod defaults;
pub mod effective;
pub mod eviction;
mod facts;
pub mod findings;
mod namespace;
mod node;
pub mod oom;
mod patch;
pub mod provenance;
pub mod quota;
pub mod resize;
pub mod rollout;
mod rules;
pub mod shape;
pub mod want;
pub mod whole;
mod words;

pub use answer::{Named, Question, qos};
pub use facts::{MORE, more_needed};
pub use namespace::namespace;
pub use node::node;
