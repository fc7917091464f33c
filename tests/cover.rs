//! What `verify` tries covers the policies: on generated clusters every decided connection that can be tried has exactly one probe
//! that stands for it, with the same verdict.

mod generators;

#[path = "engine_agrees/settings.rs"]
mod settings;

use std::cell::Cell;
use std::collections::BTreeMap;

use netstore::inventory::{Collected, Inventory, Origin};
use netstore::objects::{Phase, Protocol};
use netstore::policy::kinds::kinds;
use netstore::policy::{Cni, End, Model};
use netstore::probe::cover::{Cover, Gap, Probe, cover};
use netstore::report::Verdict;
use proptest::test_runner::TestCaseError;

use self::generators::{Case, cases};
use self::settings::on_generated;

/// As many as there are.
const ALL: usize = usize::MAX;

fn on_clusters(test_name: &'static str, seed: u64, property: impl Fn(&Model<'_>) -> Result<(), TestCaseError>) {
    on_generated(&cases(), test_name, file!(), seed, 300, |case: &Case| {
        let mut objects = case.decode();
        // Generated pods have no phase; some of these do not run.
        for (number, pod) in objects.pods.iter_mut().enumerate().filter(|(_, pod)| !pod.is_finished()) {
            pod.status.phase = if number % 5 == 4 { Phase::Pending } else { Phase::Running };
        }
        let inventory = Inventory::build(Collected { objects, coverage: case.coverage(), origin: Origin::Live, ..Collected::default() });
        property(&Model::compile(&inventory, Cni::Upstream))
    });
}

fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), TestCaseError> {
    if holds { Ok(()) } else { Err(TestCaseError::fail(why())) }
}

/// Kind of each pod.
fn kind_of_pods(model: &Model<'_>) -> BTreeMap<usize, usize> {
    kinds(model).into_iter().enumerate().flat_map(|(kind, of)| of.pods.into_iter().map(move |pod| (pod, kind))).collect()
}

fn runs(inventory: &Inventory, pod: usize) -> bool {
    let pod = &inventory.pods[pod].pod;
    pod.status.phase == Phase::Running && pod.metadata.deletion_timestamp.is_none()
}

fn declares_sctp(inventory: &Inventory, pod: usize, ports: (u16, u16)) -> bool {
    let containers = inventory.pods[pod].pod.spec.containers.iter().chain(&inventory.pods[pod].pod.spec.init_containers);
    let inside = |port: i64| (i64::from(ports.0)..=i64::from(ports.1)).contains(&port);
    containers.flat_map(|container| &container.ports).any(|port| port.protocol == "SCTP" && inside(port.container_port))
}

#[test]
fn every_decided_connection_has_one_probe_that_stands_for_it() {
    let (covered, all) = (Cell::new(0_usize), Cell::new(0_usize));
    on_clusters("one_probe", 11, |model| {
        let (kind_of, inventory) = (kind_of_pods(model), model.inventory);
        let cover = cover(model, None, ALL);
        let mut by_pair: BTreeMap<(usize, usize, bool, Protocol), Vec<&Probe>> = BTreeMap::new();
        for probe in &cover.probes {
            let bond = model.bond(probe.source, probe.target).is_some();
            by_pair.entry((kind_of[&probe.source], kind_of[&probe.target], bond, probe.protocol)).or_default().push(probe);
        }
        for source in 0..inventory.pods.len() {
            for target in (0..inventory.pods.len()).filter(|target| *target != source) {
                for protocol in Protocol::ALL {
                    let bond = model.bond(source, target).is_some();
                    let probes = by_pair.get(&(kind_of[&source], kind_of[&target], bond, protocol)).map_or(&[][..], Vec::as_slice);
                    for port in [1, 53, 79, 80, 81, 443, 8080, 8081, 9000, 65_535] {
                        let verdict = model.connection(End::Pod(source), End::Pod(target), protocol, port);
                        let about: Vec<&&Probe> = probes.iter().filter(|p| (p.ports.0..=p.ports.1).contains(&port)).collect();
                        let what = || format!("{source} -> {target} {port}/{protocol}: {verdict}, probes {about:?}");
                        ensure(about.iter().all(|probe| probe.predicted == verdict), what)?;
                        let can = runs(inventory, source) && !inventory.pods[target].pod.ips().is_empty();
                        let tried = verdict != Verdict::Unknown && can && (protocol != Protocol::Sctp || !about.is_empty());
                        ensure(about.len() == usize::from(tried) || (!can && about.len() <= 1), what)?;
                        covered.set(covered.get() + about.len());
                        all.set(all.get() + 1);
                    }
                }
            }
        }
        Ok(())
    });
    let share = covered.get() * 100 / all.get().max(1);
    assert!(share >= 30, "hardly anything is tried: {share} %");
}

#[test]
fn what_is_not_tried_is_counted_and_nothing_is_counted_twice() {
    on_clusters("counted", 12, |model| {
        let Cover { intervals, probes, gaps, .. } = cover(model, None, ALL);
        let untried: usize = gaps.iter().filter(|(gap, _)| !matches!(gap, Gap::Outside | Gap::OwnNode)).map(|(_, count)| count).sum();
        ensure(probes.len() + untried == intervals, || format!("{} probes, {gaps:?}, {intervals} intervals", probes.len()))?;
        ensure(probes.is_sorted_by(|a, b| a < b), || format!("{probes:?}"))
    });
}

#[test]
fn a_probe_is_of_its_interval_and_sctp_needs_a_declared_port() {
    on_clusters("probes", 13, |model| {
        for probe in cover(model, None, ALL).probes {
            let inside = (probe.ports.0..=probe.ports.1).contains(&probe.port);
            let sctp = probe.protocol != Protocol::Sctp || declares_sctp(model.inventory, probe.target, (probe.port, probe.port));
            ensure(inside && sctp && probe.predicted != Verdict::Unknown, || format!("{probe:?}"))?;
        }
        Ok(())
    });
}

#[test]
fn a_part_is_a_part_of_the_whole_with_every_target_in_it() {
    on_clusters("part", 14, |model| {
        let whole = cover(model, None, ALL);
        let targets = |cover: &Cover| cover.probes.iter().map(|probe| probe.target).collect::<std::collections::BTreeSet<_>>();
        let most = whole.probes.len() / 2;
        let part = cover(model, None, most);
        ensure(part.probes.len() == most && part.probes.iter().all(|probe| whole.probes.contains(probe)), || format!("{part:?}"))?;
        ensure(part.gaps.get(&Gap::TooMany).copied().unwrap_or_default() == whole.probes.len() - most, || format!("{:?}", part.gaps))?;
        let kinds = whole.probes.len().min(whole.kinds);
        ensure(most < kinds || targets(&part).len() + 2 >= targets(&whole).len().min(most), || format!("{part:?}"))
    });
}

#[test]
fn a_namespace_has_what_starts_or_ends_there() {
    on_clusters("namespace", 15, |model| {
        let inventory = model.inventory;
        let name = inventory.namespaces.first().map(|namespace| namespace.name.clone()).unwrap_or_default();
        let inside = |pod: usize| inventory.pods[pod].pod.metadata.namespace == name;
        let whole = cover(model, None, ALL).probes;
        let wanted: Vec<Probe> = whole.into_iter().filter(|probe| inside(probe.source) || inside(probe.target)).collect();
        let part = cover(model, Some(&name), ALL).probes;
        ensure(part == wanted, || format!("{part:?}\n{wanted:?}"))
    });
}
