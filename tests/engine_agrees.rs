//! The engine and the naive evaluator agree on tens of thousands of generated clusters.
//!
//! The seed is fixed, so that a run means the same everywhere; `NETSTORE_SEED=N` takes another, `NETSTORE_CASES=N` more or
//! fewer clusters. Failing cases are kept in `engine_agrees.regressions` and tried first from then on.

mod both;
mod generators;
mod naive;

use std::cell::RefCell;
use std::collections::BTreeMap;

use netstore::objects::{Address, Pod};
use netstore::report::Verdict;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestRunner};

use self::both::Cluster;
use self::generators::{Case, Whom, cases};
use self::naive::End;

/// A number from the environment.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

/// Runs the property on generated clusters; the halves of the run have different seeds and run side by side.
fn on_generated_clusters(test_name: &'static str, seed: u64, cases_per_run: u64, property: impl Fn(&Case) -> Result<(), TestCaseError>) {
    let config = Config {
        cases: u32::try_from(setting("NETSTORE_CASES", cases_per_run)).expect("fewer than four billion"),
        rng_seed: RngSeed::Fixed(setting("NETSTORE_SEED", 0) + seed),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        source_file: Some(file!()),
        test_name: Some(test_name),
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&cases(), |case| property(&case));
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

fn end(whom: Whom) -> End {
    match whom {
        Whom::Pod(position) => End::Pod(position),
        Whom::Address(address) => End::Address(address),
    }
}

/// Ends whose reading is settled by tests of their own (`rule_16_…`, `rule_23_…`, `rule_25_…`, `rule_33_…`): hostNetwork pods that name
/// ports, addresses of pods that have or claim more than one, and node addresses that only show as the address of a hostNetwork pod.
fn is_contested(cluster: &Cluster, whom: Whom) -> bool {
    let address = match whom {
        Whom::Address(address) => Address::from(address),
        Whom::Pod(position) => {
            let spec = &cluster.world.objects.pods[position].spec;
            let names_a_port = spec.containers.iter().chain(&spec.init_containers).any(|c| c.ports.iter().any(|p| !p.name.is_empty()));
            return spec.host_network && names_a_port;
        }
    };
    let owners: Vec<&Pod> = cluster.inventory.pods.iter().map(|info| &info.pod).filter(|pod| pod.ips().contains(&address)).collect();
    let is_node = cluster.inventory.nodes.iter().any(|node| node.ips().contains(&address));
    owners.len() > 1 || owners.iter().any(|pod| pod.ips().len() > 1) || (owners.iter().any(|pod| pod.spec.host_network) && !is_node)
}

/// Each question of the case to both.
fn same_answers(case: &Case, seen: &RefCell<BTreeMap<Verdict, usize>>) -> Result<(), TestCaseError> {
    let cluster = Cluster::partly_read(case.decode(), case.coverage());
    let both = cluster.both();
    for &(source, destination, protocol, port) in &case.questions {
        if [source, destination].iter().any(|whom| is_contested(&cluster, *whom)) {
            continue;
        }
        let naive = both.naive(end(source), end(destination), protocol, port);
        let Some(engine) = both.engine(end(source), end(destination), protocol, port) else { continue };
        *seen.borrow_mut().entry(naive).or_default() += 1;
        if engine != naive {
            let question = format!("{source:?} -> {destination:?} {port}/{protocol}");
            return Err(TestCaseError::fail(format!("{question}: engine {engine}, naive evaluator {naive}")));
        }
    }
    Ok(())
}

/// One half of the run. Both verdicts must be frequent, or the agreement means little.
fn half(test_name: &'static str, seed: u64) {
    let seen = RefCell::new(BTreeMap::new());
    on_generated_clusters(test_name, seed, 10_000, |case| same_answers(case, &seen));
    let seen = seen.into_inner();
    let all: usize = seen.values().sum();
    let share = |verdict| seen.get(&verdict).copied().unwrap_or_default() * 100 / all.max(1);
    let (allow, deny, unknown) = (share(Verdict::Allow), share(Verdict::Deny), share(Verdict::Unknown));
    println!("{all} questions: {allow} % allow, {deny} % deny, {unknown} % unknown");
    assert!(allow >= 25 && deny >= 25 && unknown >= 2, "too lopsided: {allow} % allow, {deny} % deny, {unknown} % unknown");
}

#[test]
fn engine_and_naive_evaluator_agree_on_one_half() {
    half("one_half", 1);
}

#[test]
fn engine_and_naive_evaluator_agree_on_the_other_half() {
    half("other_half", 2);
}
