//! Completion as people meet it: a TAB key in bash and zsh, in a terminal. And how kubectl gets to know of it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use insta::assert_snapshot;

use super::common::Home;
use super::shop;

/// What is said where somebody else's file is in the way.
const FOREIGN: &str = "------- stderr -------\nerror: bin/kubectl_complete-netstore is not ours and stays as it is\n\
                       hint: --install DIR writes into another folder\n[exit 1]";

/// A word of a command line, and what the key makes of it.
const LINES: [(&str, &str); 4] = [
    ("kubectl-netstore who-can-r", "kubectl-netstore who-can-reach"),
    ("kubectl-netstore who-can-reach -f shop.yaml -n shop sts/d", "kubectl-netstore who-can-reach -f shop.yaml -n shop sts/db"),
    ("kubectl-netstore matrix -f shop.yaml -n op", "kubectl-netstore matrix -f shop.yaml -n ops"),
    ("kubectl-netstore matrix --no-h", "kubectl-netstore matrix --no-headers"),
];

/// Presses TAB behind each line; says what the line is then. None if the shell is not there.
fn pressed(home: &Home, shell: &[&str], setup: &str) -> Option<Vec<String>> {
    let there = |program: &str| Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !cfg!(target_os = "linux") || !there(shell[0]) || !there("python3") {
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "{} or python3 is missing, and with CI=true nothing is skipped",
            shell[0]
        );
        eprintln!("SKIPPED: completion in {}: it or python3 is not installed (tests/tools)", shell[0]);
        return None;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/press_tab.py");
    let binaries = crate::common::program::program().parent().expect("a folder");
    let mut command = Command::new("python3");
    command.arg(script).args(shell).env_clear().current_dir(home.path()).env("HOME", home.path()).env("TERM", "dumb");
    command.env("PATH", format!("{}:/usr/bin:/bin", binaries.display())).env("PYTHONDONTWRITEBYTECODE", "1");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3");
    let lines: Vec<&str> = std::iter::once(setup).chain(LINES.iter().map(|(typed, _)| *typed)).collect();
    child.stdin.take().expect("a pipe").write_all(lines.join("\n").as_bytes()).expect("input is read");
    let output = child.wait_with_output().expect("an end");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).lines().map(|line| line.trim_end().to_owned()).collect())
}

#[test]
fn a_tab_completes_in_bash() {
    let home = shop();
    let setup = r#"source <(kubectl-netstore completion bash); show() { printf 'LINE<%s>\n' "$READLINE_LINE"; READLINE_LINE=; }; bind -x '"\C-o": show'"#;
    let Some(lines) = pressed(&home, &["bash", "--norc", "--noprofile", "-i"], setup) else { return };
    assert_eq!(lines, LINES.map(|(_, completed)| completed));
}

#[test]
fn a_tab_completes_in_zsh() {
    let home = shop();
    let setup = r#"autoload -U compinit; compinit -u; source <(kubectl-netstore completion zsh); show() { print -r -- "LINE<$BUFFER>"; BUFFER= }; zle -N show; bindkey '^O' show"#;
    let Some(lines) = pressed(&home, &["zsh", "-f", "-i"], setup) else { return };
    assert_eq!(lines, LINES.map(|(_, completed)| completed));
}

#[test]
#[cfg(unix)]
fn a_folder_that_is_missing_or_takes_no_file_is_named() {
    let home = Home::new();
    home.write("file", "");
    assert_snapshot!(home.run(&["completion", "kubectl", "--install", "a/missing/one"]), @r#"
    ------- stderr -------
    error: there is no folder "a/missing/one"
    hint: --install DIR writes into another folder
    [exit 1]
    "#);
    assert_snapshot!(home.run(&["completion", "kubectl", "--install", "file", "--yes"]), @r#"
    ------- stderr -------
    error: there is no folder "file"
    hint: --install DIR writes into another folder
    [exit 1]
    "#);
    // Not even root can write here.
    if cfg!(target_os = "linux") {
        assert_snapshot!(home.run(&["completion", "kubectl", "--install", "/proc/self", "--yes"]), @r#"
    ------- stderr -------
    error: cannot write to "/proc/self": no such file or directory
    hint: --install DIR writes into another folder
    [exit 1]
    "#);
    }
}

#[test]
#[cfg(unix)]
fn the_file_for_kubectl_is_written_beside_the_plugin_and_never_over_somebody_elses() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let bin = home.path().join("bin");
    std::fs::create_dir(&bin).expect("a folder");
    assert_snapshot!(home.run(&["completion", "kubectl", "--install", "bin"]), @"
    ------- stderr -------
    error: bin/kubectl_complete-netstore would be written, and nobody is there to be asked
    hint: --yes writes it without a question
    [exit 2]
    ");
    assert!(!bin.join("kubectl_complete-netstore").exists());
    assert_snapshot!(home.run(&["completion", "kubectl", "--install", "bin", "--yes"]), @"
    bin/kubectl_complete-netstore written
    kubectl finds it when bin is on the PATH
    [exit 0]
    ");
    let file = bin.join("kubectl_complete-netstore");
    assert_eq!(std::fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o755);
    let written = std::fs::read_to_string(&file).expect("the file");
    assert_eq!(home.run(&["completion", "kubectl"]), format!("{written}[exit 0]"));
    assert_snapshot!(home.run(&["completion", "kubectl", "--install", "bin"]), @"
    bin/kubectl_complete-netstore is there already
    [exit 0]
    ");

    std::fs::write(&file, written.replace("exec ", "exec /old/")).expect("an older one of ours");
    assert_snapshot!(home.run(&["completion", "kubectl", "--install", "bin", "--yes"]), @"
    bin/kubectl_complete-netstore written
    kubectl finds it when bin is on the PATH
    [exit 0]
    ");
    for foreign in ["#!/bin/sh\necho mine\n", ""] {
        std::fs::write(&file, foreign).expect("somebody else's");
        assert_eq!(home.run(&["completion", "kubectl", "--install", "bin", "--yes"]), FOREIGN);
        assert_eq!(std::fs::read_to_string(&file).expect("the file"), foreign);
    }
    std::fs::remove_file(&file).expect("the file");
    std::os::unix::fs::symlink("nowhere", &file).expect("a link");
    assert!(home.run(&["completion", "kubectl", "--install", "bin", "--yes"]).contains("is not ours"));
    assert_snapshot!(home.run(&["completion", "bash", "--install"]), @"
    ------- stderr -------
    error: only `completion kubectl` can be installed
    hint: where a shell looks for completions is its own affair; `completion SHELL` prints the script
    [exit 2]
    ");

    // Beside the link that was called, as krew makes it, not beside the file behind it.
    let link = bin.join("kubectl-netstore");
    std::os::unix::fs::symlink(crate::common::program::program(), &link).expect("a link");
    std::fs::remove_file(&file).expect("the link");
    let mut by_path = Command::new("sh");
    by_path.args(["-c", "kubectl-netstore completion kubectl --install --yes"]).env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    let output = by_path.output().expect("a shell");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{} written\n", file.display()));
}
