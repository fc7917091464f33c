//! How property tests run, and which ends they leave to tests of their own.
//!
//! The seed is fixed, so that a run means the same everywhere; `NETSTORE_SEED=N` takes another, `NETSTORE_CASES=N` more or
//! fewer clusters. Failing cases are kept in `*.regressions` beside the test and tried first from then on.

use netstore::objects::{Address, Pod};
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestRunner};

use crate::both::Cluster;
use crate::generators::{Case, cases};
use crate::naive::End;

/// A number from the environment.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

/// Runs the property on generated clusters.
///
/// # Panics
/// With the smallest cluster on which it does not hold.
pub fn on_generated_clusters(
    test_name: &'static str,
    source_file: &'static str,
    seed: u64,
    clusters: u64,
    property: impl Fn(&Case) -> Result<(), TestCaseError>,
) {
    let config = Config {
        cases: u32::try_from(setting("NETSTORE_CASES", clusters)).expect("fewer than four billion"),
        rng_seed: RngSeed::Fixed(setting("NETSTORE_SEED", 0) + seed),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        source_file: Some(source_file),
        test_name: Some(test_name),
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&cases(), |case| property(&case));
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Ends whose reading is settled by tests of their own (`rule_16_…`, `rule_23_…`, `rule_25_…`, `rule_33_…`): hostNetwork pods that name
/// ports, addresses of pods that have or claim more than one, and node addresses that only show as the address of a hostNetwork pod.
pub fn is_contested(cluster: &Cluster, end: End) -> bool {
    let address = match end {
        End::Address(address) => Address::from(address),
        End::Pod(position) => {
            let spec = &cluster.world.objects.pods[position].spec;
            let names_a_port = spec.containers.iter().chain(&spec.init_containers).any(|c| c.ports.iter().any(|p| !p.name.is_empty()));
            return spec.host_network && names_a_port;
        }
    };
    let owners: Vec<&Pod> = cluster.inventory.pods.iter().map(|info| &info.pod).filter(|pod| pod.ips().contains(&address)).collect();
    let is_node = cluster.inventory.nodes.iter().any(|node| node.ips().contains(&address));
    owners.len() > 1 || owners.iter().any(|pod| pod.ips().len() > 1) || (owners.iter().any(|pod| pod.spec.host_network) && !is_node)
}
