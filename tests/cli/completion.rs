//! Completion: kubectl's protocol, and the scripts for shells.

use insta::assert_snapshot;

use super::common::Home;
use super::shop;

#[test]
fn completion_speaks_kubectls_protocol() {
    let home = shop();
    let from = ["-f", "shop.yaml", "-n", "shop"];
    let ask = |words: &[&str]| home.run(&[&["__completeNoDesc"], words].concat());
    let with = |words: &[&str], last: &str| ask(&[words, &from, &[last]].concat());
    for (answer, wanted) in [
        (ask(&["wh"]), "who-can-reach\n:4\n"),
        (ask(&["matrix", "--no-h"]), "--no-headers\n:4\n"),
        (ask(&["matrix", "-o", "m"]), "md\nmermaid\n:4\n"),
        (ask(&["who-can-reach", "-o", "m"]), ":4\n"),
        (ask(&["completion", "b"]), "bash\n:4\n"),
        (ask(&["rbac", "s"]), "storage\nsnapshot\n:4\n"),
        (ask(&["rbac", "d"]), "dns\n:4\n"),
        (ask(&["rbac", "dns", ""]), "records\ndoctor\nverify\n:4\n"),
        (ask(&["rbac", "dns", "v"]), "verify\n:4\n"),
        (ask(&["rbac", "-n", "shop", "dns", "v"]), "verify\n:4\n"),
        (ask(&["rbac", "matrix", ""]), ":4\n"),
        (ask(&["rbac", "dns", "verify", ""]), ":4\n"),
        (ask(&["dns", "v"]), "verify\n:4\n"),
        (ask(&["probe", "g"]), "gc\n:4\n"),
        (ask(&["help", "dns", "r"]), "records\n:4\n"),
        (ask(&["matrix", "--cni", "ci"]), "cilium\n:4\n"),
        (with(&["who-can-reach"], "svc/"), "svc/db\n:4\n"),
        (with(&["who-can-reach"], "deploy/w"), "deploy/web\n:4\n"),
        (with(&["who-can-reach"], "sv"), "svc/\n:6\n"),
        (with(&["can-reach", "deploy/web"], "sts/"), "sts/db\n:4\n"),
        (with(&["who-can-reach"], "nonsense/"), ":4\n"),
        (ask(&["who-can-reach", "-f", "shop.yaml", "-n", "o"]), "ops\n:4\n"),
        (ask(&["who-can-reach", "-f", "missing.yaml", "svc/"]), ":4\n"),
        (ask(&["who-can-reach", "svc/"]), ":4\n"),
        (ask(&["who-can-reach", "--bogus", "po"]), "pod/\n:6\n"),
    ] {
        assert_eq!(answer, format!("{wanted}[exit 0]"));
    }
    assert_snapshot!(home.run(&["__complete", "m"]), @"
    matrix	All connections between workloads
    :4
    [exit 0]
    ");
    assert!(!home.run(&["__complete", "matrix", ""]).contains("--"), "flags only for a dash");
}

#[test]
fn completion_files_are_those_the_binary_prints() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    let home = Home::new();
    for (shell, file) in [
        ("bash", "kubectl-netstore.bash"),
        ("zsh", "_kubectl-netstore"),
        ("fish", "kubectl-netstore.fish"),
        ("powershell", "kubectl-netstore.ps1"),
        ("kubectl", "kubectl_complete-netstore"),
    ] {
        let printed = home.run(&["completion", shell]);
        let printed = printed.strip_suffix("[exit 0]").expect("completion is printed");
        let path = folder.join(file);
        if std::env::var_os("NETSTORE_BLESS").is_some() {
            std::fs::write(&path, printed).expect("a file");
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == printed, "{} is out of date: run this test with NETSTORE_BLESS=1", path.display());
    }
}
