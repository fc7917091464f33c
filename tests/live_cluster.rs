//! The binary on a real API server, seen from outside: what it prints and how it ends.
//!
//! The clusters are those of `tests/cluster`, booted by the first test that needs them and ended with the test run. They
//! need Linux and Go (or binaries built earlier); elsewhere the tests say that they are skipped, but never with CI=true.

#[path = "live_cluster/answers.rs"]
mod answers;
#[path = "live_cluster/cluster.rs"]
mod cluster;
#[path = "live_cluster/dns/mod.rs"]
mod dns;
#[path = "live_cluster/doctor.rs"]
mod doctor;
#[path = "live_cluster/many.rs"]
mod many;
#[path = "live_cluster/partial.rs"]
mod partial;
#[path = "live_cluster/plugin.rs"]
mod plugin;
#[path = "live_cluster/probe/mod.rs"]
mod probe;
#[path = "live_cluster/probe_harm.rs"]
mod probe_harm;
#[path = "common/program.rs"]
mod program;
#[path = "live_cluster/qos/mod.rs"]
mod qos;
#[path = "live_cluster/rbac.rs"]
mod rbac;
#[path = "live_cluster/refusals.rs"]
mod refusals;
#[path = "live_cluster/remedies.rs"]
mod remedies;
#[path = "live_cluster/secrets.rs"]
mod secrets;
#[path = "live_cluster/sources.rs"]
mod sources;
#[path = "live_cluster/storage.rs"]
mod storage;
