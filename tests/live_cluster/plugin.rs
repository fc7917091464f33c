//! As people call it: `kubectl netstore …`, through the real kubectl.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::cluster::{Cluster, Run, shop};

#[test]
fn kubectl_finds_the_plugin_on_the_path() {
    let Some(cluster) = shop() else { return };
    let folder = crate::program::program().parent().expect("a folder").to_owned();
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
    assert!(help.contains("kubectl netstore COMMAND -h"), "{help}");
}

/// The folders a user has on the PATH: kubectl's, the plugin's, and that of the file which `completion kubectl --install` writes.
fn path(cluster: &Cluster) -> String {
    let folder = |file: &Path| file.parent().expect("a folder").display().to_string();
    let plugin = folder(crate::program::program());
    let completions = cluster.path("completions");
    std::fs::create_dir_all(&completions).expect("a folder");
    let kubectl = folder(&cluster.kubectl_path());
    format!("{kubectl}:{plugin}:{}:/usr/bin:/bin", completions.display())
}

/// kubectl hands words to `kubectl_complete-netstore`, which asks the cluster.
#[test]
fn kubectl_completes_names_of_the_cluster() {
    let Some(cluster) = shop() else { return };
    let path = path(cluster);
    cluster.ask(&["completion", "kubectl", "--install", "completions", "--yes"]).ok();
    let complete = |words: &[&str]| {
        let mut command = cluster.kubectl();
        Run::of(&command.args([&["__complete", "netstore"], words].concat()).env("PATH", &path).output().expect("kubectl")).ok()
    };
    for (words, wanted) in [
        (&["who-can-reach", "-n", "shop", "svc/pay"][..], "svc/payments"),
        (&["who-can-reach", "-n", "sh"], "shop"),
        (&["can-reach", "-n", "shop", "deploy/w"], "deploy/web"),
        (&["volumes", "-n", "data", "sts", "post"], "postgres"),
        (&["pvc-why-pending", "-n", "shop", "upl"], "uploads"),
        (&["qos", "node/"], "node/node-"),
        (&["effective-p"], "effective-policy\tWhat all policies of a pod come to"),
        (&["matrix", "--no-h"], "--no-headers\tTables without their header line"),
    ] {
        let said = complete(words);
        assert!(said.lines().any(|line| line.starts_with(wanted)), "{words:?}: {said}");
        assert!(said.lines().any(|line| line == ":4"), "{words:?}: {said}");
    }
    let pod = complete(&["who-can-reach", "-n", "shop", "web-"]);
    assert!(pod.lines().filter(|line| line.starts_with("web-")).count() == 3, "{pod}");
}

/// The whole way of a TAB key: shell, kubectl's script, kubectl, our file, the plugin, the API server.
#[test]
fn a_tab_in_a_shell_gets_to_the_cluster_through_kubectl() {
    let Some(cluster) = shop() else { return };
    let path = path(cluster);
    cluster.ask(&["completion", "kubectl", "--install", "completions", "--yes"]).ok();
    let bash = r#"source /usr/share/bash-completion/bash_completion; source <(kubectl completion bash); show() { printf 'LINE<%s>\n' "$READLINE_LINE"; READLINE_LINE=; }; bind -x '"\C-o": show'"#;
    let zsh = r#"autoload -U compinit; compinit -u; source <(kubectl completion zsh); show() { print -r -- "LINE<$BUFFER>"; BUFFER= }; zle -N show; bindkey '^O' show"#;
    let lines = ["kubectl netstore who-can-reach -n shop svc/pay", "kubectl netstore effective-p"];
    let wanted = "kubectl netstore who-can-reach -n shop svc/payments\nkubectl netstore effective-policy\n";
    for (shell, setup) in [(&["bash", "--norc", "--noprofile", "-i"][..], bash), (&["zsh", "-f", "-i"], zsh)] {
        let there = Command::new(shell[0]).arg("--version").stdout(Stdio::null()).status().is_ok();
        if !there || !Path::new("/usr/share/bash-completion/bash_completion").exists() {
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{shell:?} or bash-completion is missing");
            eprintln!("SKIPPED: completion through kubectl in {}: it or bash-completion is not installed (tests/tools)", shell[0]);
            continue;
        }
        let mut python = Command::new("python3");
        python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/press_tab.py")).args(shell).env_clear().env("TERM", "dumb");
        python.env("PATH", &path).env("KUBECONFIG", cluster.kubeconfig()).env("HOME", cluster.path("")).stdin(Stdio::piped());
        let mut child = python.stdout(Stdio::piped()).spawn().expect("python3");
        let typed = [setup, lines[0], lines[1]].join("\n");
        child.stdin.take().expect("a pipe").write_all(typed.as_bytes()).expect("input is read");
        let said = Run::of(&child.wait_with_output().expect("an end")).ok();
        let said: String = said.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        assert_eq!(said, wanted, "{shell:?}");
    }
}
