//! Standard streams that are full, closed or left: an answer that is lost is an error, a reader that has gone is none, and colour is decided
//! for each stream alone.

use std::process::{Command, Output, Stdio};

use super::common::Home;

/// Every command, and what is printed without one: words, and whether something stands on standard error beside the answer.
const RUNS: [&[&str]; 34] = [
    &["who-can-reach", "svc/payments", "-n", "shop"],
    &["reachable-from", "deploy/web", "-n", "shop"],
    &["can-reach", "deploy/web", "svc/payments:443", "-n", "shop"],
    &["effective-policy", "deploy/web", "-n", "shop"],
    &["matrix", "-A"],
    &["matrix", "-A", "-o", "json"],
    &["matrix", "-A", "-o", "yaml"],
    &["matrix", "-A", "-o", "html"],
    &["matrix", "-A", "-o", "csv"],
    &["matrix", "-A", "-o", "dot"],
    &["pvc-why-pending", "-A"],
    &["pvc-why-pending", "-A", "-o", "name"],
    &["volumes", "deploy/web", "-n", "shop"],
    &["storage"],
    &["qos", "-A"],
    &["qos", "deploy/web", "-n", "shop"],
    &["dns", "deploy/web", "payments", "-n", "shop"],
    &["dns", "records", "svc/payments", "-n", "shop"],
    &["dns", "doctor"],
    &["explain"],
    &["explain", "NP-012"],
    &["rbac"],
    &["version"],
    &["version", "--client", "-o", "json"],
    &["completion", "bash"],
    &["completion", "kubectl"],
    &["options"],
    &[],
    &["--help"],
    &["--version"],
    &["help", "matrix"],
    &["dns", "verify", "-h"],
    &["__complete", "m"],
    &["__complete", "who-can-reach", ""],
];

/// A run about the recorded shop.
fn run(home: &Home, words: &[&str]) -> Command {
    let mut command = home.command(words);
    if words.contains(&"-n") || words.contains(&"-A") || matches!(words, ["storage"] | ["dns", "doctor"]) {
        command.args(["--from", concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shop")]);
    }
    command.stdin(Stdio::null());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// How it ended, and what it complained about.
fn end(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), text(&output.stderr))
}

#[test]
#[cfg(target_os = "linux")]
fn an_answer_that_cannot_be_written_is_an_error() {
    let home = Home::new();
    for words in RUNS {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("it is there");
        let output = run(&home, words).stdout(full).output().expect("the binary");
        assert_eq!(end(&output), (Some(1), "error: no space left on device\n".to_owned()), "{words:?}");
    }
}

#[test]
#[cfg(unix)]
fn a_reader_that_leaves_ends_every_command_in_silence() {
    let home = Home::new();
    for words in RUNS {
        let mut child = run(&home, words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary");
        // Nobody reads: the first write fails.
        drop(child.stdout.take());
        assert_eq!(end(&child.wait_with_output().expect("the binary")), (Some(0), String::new()), "{words:?}");
    }
}

/// What cannot be told is not told, and nothing breaks because of it.
#[test]
#[cfg(target_os = "linux")]
fn nothing_breaks_where_streams_are_closed_or_complaints_cannot_be_written() {
    let home = Home::new();
    let failing: [&[&str]; 4] =
        [&["nonsense"], &["matrix", "-f", "missing"], &["matrix", "-v=8", "-s", "http://127.0.0.1:1"], &["explain", "XX-1"]];
    for words in RUNS.iter().chain(&failing) {
        let plain = run(&home, words).output().expect("the binary");
        for redirection in [">&-", "2>&-", "<&-", "<&- >&- 2>&-", "2>/dev/full"] {
            let mut shell = Command::new("sh");
            let asked = run(&home, words);
            shell.args(["-c", &format!("exec \"$@\" {redirection}"), "sh"]).arg(asked.get_program()).args(asked.get_args());
            let output =
                shell.env_clear().env("HOME", home.path()).env("COLUMNS", "80").current_dir(home.path()).output().expect("a shell");
            let code = output.status.code();
            // Warnings that are lost may be what counts in an answer.
            let lost = redirection == "2>/dev/full" && !plain.stderr.is_empty() && code == Some(1);
            assert!(code == plain.status.code() || lost, "{words:?} {redirection}: {output:?}");
            assert!(redirection.contains(">&-") || output.stdout == plain.stdout, "{words:?} {redirection}: {output:?}");
        }
    }
}

#[test]
fn colour_is_what_flags_and_environment_say() {
    let home = Home::new();
    for (flags, environment, wanted) in [
        (&[][..], &[][..], false),
        (&[], &[("TERM", "xterm-256color")], false),
        (&[], &[("CLICOLOR_FORCE", "1")], true),
        (&[], &[("CLICOLOR_FORCE", "0")], false),
        (&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        (&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")], true),
        (&["--color=always"], &[("NO_COLOR", "1"), ("TERM", "dumb")], true),
        (&["--color=never"], &[("CLICOLOR_FORCE", "1")], false),
    ] {
        let output = run(&home, &["matrix", "-A"]).args(flags).envs(environment.iter().copied()).output().expect("the binary");
        let coloured = [&output.stdout, &output.stderr].map(|bytes| text(bytes).contains('\u{1b}'));
        assert_eq!(coloured, [wanted; 2], "{flags:?} {environment:?}");
    }
}

/// A terminal on one stream says nothing about the other.
#[test]
#[cfg(target_os = "linux")]
fn colour_is_for_the_stream_that_is_a_terminal() {
    let home = Home::new();
    for (redirection, environment, wanted) in [
        ("2>file", &[][..], [true, false]),
        (">file", &[], [true, false]),
        ("2>file", &[("NO_COLOR", "1")], [false, false]),
        (">file", &[("TERM", "dumb")], [false, false]),
    ] {
        let asked = run(&home, &["matrix", "-A"]);
        let mut python = Command::new("python3");
        let script = format!("import pty, sys; sys.exit(pty.spawn(['sh', '-c', '\"$@\" {redirection}', 'sh'] + sys.argv[1:]))");
        python.args(["-c", &script]).arg(asked.get_program()).args(asked.get_args());
        python.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", home.path()).env("TERM", "xterm").envs(environment.iter().copied());
        let Ok(output) = python.current_dir(home.path()).stdin(Stdio::null()).output() else {
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "python3 is missing, and with CI=true nothing is skipped");
            return eprintln!("SKIPPED: colour in a terminal: python3 is not installed (tests/tools)");
        };
        let file = std::fs::read(home.path().join("file")).expect("a file");
        assert!(!output.stdout.is_empty() && !file.is_empty(), "{redirection}: {output:?}");
        let coloured = [&output.stdout, &file].map(|bytes| text(bytes).contains('\u{1b}'));
        assert_eq!(coloured, wanted, "{redirection} {environment:?}");
    }
}
