//! The engine and the naive evaluator agree on tens of thousands of generated clusters.
//!
//! Two halves with different seeds, so that they run side by side.

mod both;
mod generators;
mod naive;

#[path = "engine_agrees/questions.rs"]
mod questions;
#[path = "engine_agrees/settings.rs"]
mod settings;

use std::cell::RefCell;
use std::collections::BTreeMap;

use netstore::inventory::Origin;
use netstore::report::Verdict;
use proptest::test_runner::TestCaseError;

use self::both::Cluster;
use self::generators::{Case, Whom, cases};
use self::naive::End;
use self::settings::on_generated;

fn end(whom: Whom) -> End {
    match whom {
        Whom::Pod(position) => End::Pod(position),
        Whom::Address(address) => End::Address(address),
    }
}

/// How often each verdict was given, and how often only because of cluster-wide policies.
#[derive(Default)]
struct Seen {
    verdicts: BTreeMap<Verdict, usize>,
    by_tiers: usize,
}

/// Each question of the case to both.
fn same_answers(case: &Case, seen: &RefCell<Seen>) -> Result<(), TestCaseError> {
    let cluster = Cluster::partly_read(Origin::Manifests, case.decode(), case.coverage());
    let mut without = cluster.world.clone();
    without.objects.cluster_policies.clear();
    let both = cluster.both();
    for &(source, destination, protocol, port) in &case.questions {
        let naive = both.naive(end(source), end(destination), protocol, port);
        let Some(engine) = both.engine(end(source), end(destination), protocol, port) else { continue };
        let packet = naive::Packet { source: end(source), destination: end(destination), protocol, port };
        let mut seen = seen.borrow_mut();
        *seen.verdicts.entry(naive).or_default() += 1;
        seen.by_tiers += usize::from(naive::verdict(&without, &packet) != naive);
        if engine != naive {
            let question = format!("{source:?} -> {destination:?} {port}/{protocol}");
            return Err(TestCaseError::fail(format!("{question}: engine {engine}, naive evaluator {naive}")));
        }
    }
    Ok(())
}

/// One half of the run. Both verdicts must be frequent, and cluster-wide policies must matter, or the agreement means little.
fn half(test_name: &'static str, seed: u64) {
    let seen = RefCell::new(Seen::default());
    on_generated(&cases(), test_name, file!(), seed, 10_000, |case| same_answers(case, &seen));
    let Seen { verdicts, by_tiers } = seen.into_inner();
    let all: usize = verdicts.values().sum();
    let share = |verdict| verdicts.get(&verdict).copied().unwrap_or_default() * 100 / all.max(1);
    let (allow, deny, unknown) = (share(Verdict::Allow), share(Verdict::Deny), share(Verdict::Unknown));
    let by_tiers = by_tiers * 100 / all.max(1);
    println!("{all} questions: {allow} % allow, {deny} % deny, {unknown} % unknown; {by_tiers} % by cluster-wide policies");
    assert!(by_tiers >= 6, "cluster-wide policies hardly matter: {by_tiers} %");
    assert!(allow >= 20 && deny >= 20 && unknown >= 1, "too lopsided: {allow} % allow, {deny} % deny, {unknown} % unknown");
}

#[test]
fn engine_and_naive_evaluator_agree_on_one_half() {
    half("one_half", 1);
}

#[test]
fn engine_and_naive_evaluator_agree_on_the_other_half() {
    half("other_half", 2);
}
