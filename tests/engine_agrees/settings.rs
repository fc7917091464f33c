//! How property tests run.
//!
//! The seed is fixed, so that a run means the same everywhere; `NETSTORE_SEED=N` takes another, `NETSTORE_CASES=N` more or
//! fewer clusters. Failing cases are kept in `*.regressions` beside the test and tried first from then on.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestRunner};

/// A number from the environment.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

/// Runs the property on generated clusters.
///
/// # Panics
/// With the smallest cluster on which it does not hold.
pub fn on_generated<S: Strategy>(
    worlds: &S,
    test_name: &'static str,
    source_file: &'static str,
    seed: u64,
    clusters: u64,
    property: impl Fn(&S::Value) -> Result<(), TestCaseError>,
) {
    let config = Config {
        cases: u32::try_from(setting("NETSTORE_CASES", clusters)).expect("fewer than four billion"),
        rng_seed: RngSeed::Fixed(setting("NETSTORE_SEED", 0) + seed),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        source_file: Some(source_file),
        test_name: Some(test_name),
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(worlds, |world| property(&world));
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
