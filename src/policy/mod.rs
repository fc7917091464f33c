//! Who can reach whom: NetworkPolicy compiled once and asked by look-up.
//!
//! [`classes`] sorts pods into classes that no policy can tell apart ([`labels`] and [`blocks`] say what can be told);
//! [`kinds`] are what policies really tell apart;
//! [`compile`] interns the parts of policies; [`model`] knows who is isolated by what; [`peers`] and [`between`] give the verdict
//! between two ends, [`reach`] between one and all others; [`questions`] turn that into answers, [`lint`] into [`findings`].
//! Every verdict is a pair of [`ports::Bounds`]: what is certainly allowed and what may be, given what could not be read.

pub mod between;
pub mod blocks;
pub mod classes;
pub mod compile;
pub mod findings;
pub mod kinds;
pub mod labels;
pub mod lint;
pub mod model;
pub mod peers;
pub mod ports;
pub mod profile;
pub mod question;
pub mod questions;
pub mod reach;
pub mod tiers;
pub mod validate;

pub use between::End;
pub use model::Model;
pub use profile::Cni;
