//! Which rights a probe takes, as a real API server counts them.

use std::io::Write as _;
use std::process::Stdio;

use insta::assert_snapshot;

use super::{cluster, kubectl, world};

#[test]
fn the_role_that_is_printed_gives_every_right_that_was_missing() {
    let Some(cluster) = cluster() else { return };
    world(cluster, "rights", "node-1");
    let reader = cluster.account("rights", "reader", "10m");
    let ask = |args: &[&str]| cluster.ask_as(&reader, &[&["probe", "rights"], args].concat());
    assert_snapshot!("rights_of_a_reader", ask(&["-n", "rights"]).block());
    let role = ask(&["-n", "rights", "-o", "yaml"]).ok();
    assert_snapshot!("role_for_all_ways", role);
    let mut child = cluster.kubectl().args(["apply", "-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("kubectl");
    child.stdin.take().expect("its input").write_all(role.as_bytes()).expect("it reads");
    assert!(child.wait().expect("an end").success());
    kubectl(cluster, &["create", "rolebinding", "probe", "--role=netstore-probe", "--serviceaccount=rights:reader", "-n", "rights"]);
    assert_snapshot!("rights_of_a_prober", ask(&["-n", "rights", "--via", "pod"]).block());
}
