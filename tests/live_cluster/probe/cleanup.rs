//! However a probe ends, nothing is left of it: at once where it can still act, else after `probe gc`.

use std::thread;
use std::time::Duration;

use super::process::Probe;
use super::proxy::Proxy;
use super::{Cluster, apply, cluster, kubectl, node, probes, world};

const MADE: &str = " created";
/// The first look at the pod that was made.
const WAITS: &str = "/pods/netstore-probe-x";

/// Removes what is left and says how much it was.
#[track_caller]
fn swept(cluster: &Cluster, namespace: &str) -> usize {
    let left = probes(cluster, namespace).len();
    cluster.ask(&["probe", "gc", "--running", "-n", namespace]).ok();
    assert_eq!(probes(cluster, namespace), [""; 0]);
    left
}

#[test]
fn a_probe_that_is_killed_leaves_nothing_that_gc_does_not_find() {
    let Some(cluster) = cluster() else { return };
    world(cluster, "killed", "node-1");
    let points = [
        ("GET ", 0),
        ("selfsubjectaccessreviews", 0),
        ("dryRun=All", 0),
        ("dryRun=All", 2),
        ("dryRun=All", 10),
        (MADE, 0),
        (MADE, 20),
        (WAITS, 0),
        (WAITS, 300),
        (WAITS, 1500),
    ];
    let mut left = 0;
    for (words, milliseconds) in points {
        let mut probe = Probe::begin(cluster, &cluster.kubeconfig(), "killed");
        probe.says(words);
        thread::sleep(Duration::from_millis(milliseconds));
        probe.signal("KILL");
        let (status, said) = probe.ends();
        assert_eq!(status.code(), None, "{said}");
        left += swept(cluster, "killed");
    }
    assert!(left >= 5, "a process that is killed removes nothing itself, so there was something to find: {left}");
}

#[test]
fn a_probe_that_is_asked_to_end_removes_its_pod_first() {
    let Some(cluster) = cluster() else { return };
    world(cluster, "stopped", "node-1");
    for (signal, words) in [("INT", MADE), ("INT", WAITS), ("TERM", MADE), ("TERM", WAITS), ("HUP", WAITS)] {
        let mut probe = Probe::begin(cluster, &cluster.kubeconfig(), "stopped");
        probe.says(words);
        probe.signal(signal);
        let (status, said) = probe.ends();
        assert_eq!(status.code(), Some(130), "{signal}: {said}");
        assert!(said.contains(" deleted"), "{signal}: {said}");
        assert_eq!(probes(cluster, "stopped"), [""; 0], "{signal}: {said}");
    }
}

#[test]
fn whoever_does_not_want_to_wait_for_that_asks_twice() {
    let Some(cluster) = cluster() else { return };
    world(cluster, "hurried", "node-1");
    let proxy = Proxy::to(cluster, "hurried");
    let mut probe = Probe::begin(cluster, &proxy.kubeconfig, "hurried");
    probe.says(WAITS);
    proxy.cut();
    probe.signal("INT");
    thread::sleep(Duration::from_millis(500));
    probe.signal("INT");
    let (status, said) = probe.ends();
    assert_eq!(status.code(), Some(130), "{said}");
    assert_eq!(swept(cluster, "hurried"), 1);
}

#[test]
fn a_probe_that_loses_its_way_for_a_while_removes_its_pod_afterwards() {
    let Some(cluster) = cluster() else { return };
    world(cluster, "cut", "node-1");
    let proxy = Proxy::to(cluster, "cut");
    let mut probe = Probe::begin(cluster, &proxy.kubeconfig, "cut");
    probe.says(WAITS);
    proxy.cut();
    thread::sleep(Duration::from_secs(1));
    probe.signal("INT");
    thread::sleep(Duration::from_secs(2));
    proxy.mend();
    let (status, said) = probe.ends();
    assert_eq!((status.code(), probes(cluster, "cut").len()), (Some(130), 0), "{said}");
}

#[test]
fn a_probe_that_loses_its_way_for_good_says_what_it_leaves() {
    let Some(cluster) = cluster() else { return };
    world(cluster, "lost", "node-1");
    let proxy = Proxy::to(cluster, "lost");
    let mut probe = Probe::begin(cluster, &proxy.kubeconfig, "lost");
    probe.says(WAITS);
    proxy.cut();
    probe.signal("INT");
    let (_, said) = probe.ends();
    assert!(said.contains("could not be deleted") && said.contains("kubectl netstore probe gc -n lost"), "{said}");
    assert_eq!(swept(cluster, "lost"), 1);
}

#[test]
fn a_probe_whose_token_expires_says_what_it_leaves() {
    let Some(cluster) = cluster() else { return };
    world(cluster, "expired", "node-1");
    let role = ["create", "clusterrolebinding", "expired", "--clusterrole=cluster-admin", "--serviceaccount=expired:prober"];
    kubectl(cluster, &role);
    let kubeconfig = cluster.account("expired", "prober", "8s");
    let mut probe = Probe::begin(cluster, &kubeconfig, "expired");
    probe.says(MADE);
    let (status, said) = probe.ends();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("You must be logged in to the server") && said.contains("probe gc -n expired"), "{said}");
    assert_eq!(swept(cluster, "expired"), 1);
}

#[test]
fn a_probe_whose_node_goes_away_removes_its_pod() {
    let Some(cluster) = cluster() else { return };
    apply(cluster, &[node("node-gone")]);
    world(cluster, "gone", "node-gone");
    let mut probe = Probe::begin(cluster, &cluster.kubeconfig(), "gone");
    probe.says(WAITS);
    thread::sleep(Duration::from_secs(2));
    kubectl(cluster, &["delete", "node", "node-gone"]);
    let (status, said) = probe.ends();
    assert_eq!((status.code(), probes(cluster, "gone").len()), (Some(0), 0), "{said}");
}
