//! As people call it: `kubectl netstore …`, through the real kubectl.

use std::path::Path;

use super::cluster::{Run, shop};

#[test]
fn kubectl_finds_the_plugin_on_the_path() {
    let Some(cluster) = shop() else { return };
    let folder = Path::new(assert_cmd::cargo::cargo_bin!("kubectl-netstore")).parent().expect("a folder").to_owned();
    let run = |args: &[&str]| {
        let mut command = cluster.kubectl();
        let path = format!("{}:/usr/bin:/bin", folder.display());
        Run::of(&command.args(args).env("PATH", path).env("COLUMNS", "200").output().expect("kubectl"))
    };
    let question = ["can-reach", "shop/deploy/web", "shop/svc/payments:443", "--exit-code"];
    let [through, direct] = [run(&[&["netstore"], &question[..]].concat()), cluster.ask(&question)];
    assert_eq!(super::cluster::settled(&through.block()), super::cluster::settled(&direct.block()));
    assert_eq!(through.code, Some(3), "kubectl passes the exit code on");
    let listed = run(&["plugin", "list"]);
    assert!(listed.stdout.contains("kubectl-netstore"), "{}", listed.block());
    let help = run(&["netstore", "--help"]).ok();
    assert!(help.contains("kubectl netstore COMMAND --help"), "{help}");
}

/// kubectl hands words to `kubectl_complete-netstore`, which asks the cluster.
#[test]
fn kubectl_completes_names_of_the_cluster() {
    let Some(cluster) = shop() else { return };
    let folder = Path::new(assert_cmd::cargo::cargo_bin!("kubectl-netstore")).parent().expect("a folder").to_owned();
    let shim = concat!(env!("CARGO_MANIFEST_DIR"), "/completions");
    let mut command = cluster.kubectl();
    command.args(["__complete", "netstore", "who-can-reach", "-n", "shop", "svc/pay"]);
    let output = command.env("PATH", format!("{shim}:{}:/usr/bin:/bin", folder.display())).output().expect("kubectl");
    let run = Run::of(&output);
    assert!(run.stdout.lines().any(|line| line.starts_with("svc/payments")), "{}", run.block());
}
