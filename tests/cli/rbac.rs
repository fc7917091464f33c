//! `rbac`: what is printed, and that every command that reads is known to it.

use insta::assert_snapshot;

use super::COMMANDS;
use super::common::Home;

#[test]
fn rights_of_one_question_are_a_cluster_role() {
    let home = Home::new();
    assert_snapshot!("rbac_who_can_reach", home.run(&["rbac", "who-can-reach"]));
    assert_snapshot!("rbac_dns_verify", home.run(&["rbac", "dns", "verify"]));
}

#[test]
fn in_one_namespace_they_are_a_role_and_what_lives_in_none_is_apart() {
    assert_snapshot!("rbac_volumes_shop", Home::new().run(&["rbac", "volumes", "-n", "shop"]));
}

#[test]
fn rights_to_watch_are_printed_for_what_can_be_watched() {
    let home = Home::new();
    assert_snapshot!("rbac_watch", home.run(&["rbac", "who-can-reach", "--watch"]));
    assert_snapshot!(home.run(&["rbac", "matrix", "--watch"]), @"
    ------- stderr -------
    error: `matrix` has no --watch
    hint: these have: `who-can-reach`, `pvc-why-pending`
    [exit 2]
    ");
    assert!(home.run(&["rbac", "--watch"]).ends_with("[exit 2]"), "all rights to watch are nobody's need");
}

#[test]
fn a_command_that_reads_nothing_is_refused_with_its_neighbour() {
    let home = Home::new();
    assert_snapshot!(home.run(&["rbac", "dns", "verfy"]), @"
    ------- stderr -------
    error: `dns verfy` reads nothing of a cluster
    hint: did you mean `dns verify`?
    [exit 2]
    ");
    assert_snapshot!(home.run(&["rbac", "probe", "gc"]), @"
    ------- stderr -------
    error: `probe gc` is not only about reading
    hint: what probing takes, and a Role with it: kubectl netstore probe rights -o yaml
    [exit 2]
    ");
    assert_snapshot!(home.run(&["rbac", "explain"]), @"
    ------- stderr -------
    error: `explain` reads nothing of a cluster
    [exit 2]
    ");
}

/// What a session of a debug build, as this one is, holds commands to.
#[test]
fn every_command_that_takes_a_cluster_has_rights() {
    let home = Home::new();
    let below_dns = ["dns records", "dns doctor", "dns verify"];
    for command in COMMANDS.iter().chain(&below_dns) {
        let words: Vec<&str> = command.split(' ').collect();
        let help = home.run(&[&words[..], &["--help"]].concat());
        let known = home.run(&[&["rbac"], &words[..]].concat()).ends_with("[exit 0]");
        // The version of a server is told to everybody.
        let reads = help.contains("--kubeconfig") && *command != "version";
        assert_eq!(known, reads, "{command}");
    }
}
