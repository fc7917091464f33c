//! Exit codes: each of them is there, and means what the README says.

use std::process::{Command, Stdio};

use netstore::cli::ExitCode;

use super::common::Home;
use super::shop;

/// A stack that no machine has room for: no thread can be started, which the runtime takes for impossible.
#[cfg(target_os = "linux")]
const NO_THREADS: (&str, &str) = ("RUST_MIN_STACK", "4000000000000000");

/// How it ends, as shells show it.
fn code(command: &mut Command) -> u8 {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the binary");
    u8::try_from(status.code().expect("no signal")).expect("a code")
}

#[test]
fn each_code_is_that_of_a_run() {
    let home = shop();
    let of = |words: &[&str]| code(home.command(words).args(["-n", "shop", "-f", "shop.yaml", "--exit-code"]));
    assert_eq!(of(&["can-reach", "deploy/web", "sts/db:5432"]), ExitCode::Success.code());
    assert_eq!(of(&["can-reach", "deploy/web", "deploy/nothing"]), ExitCode::Error.code());
    assert_eq!(of(&["can-reach", "deploy/web", "sts/db:99999"]), ExitCode::Usage.code());
    assert_eq!(of(&["can-reach", "deploy/web", "sts/db:80"]), ExitCode::No.code());
    assert_eq!(of(&["dns", "deploy/web", "db"]), ExitCode::Undecided.code(), "no DNS server is known");
}

#[test]
#[cfg(unix)]
fn an_interrupt_ends_a_run_at_once_as_shells_expect() {
    use std::os::unix::process::ExitStatusExt;
    // A server that never answers.
    let silence = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = format!("http://{}", silence.local_addr().expect("an address"));
    let mut child = Home::new().command(&["storage", "--server", &server]).spawn().expect("the binary");
    let connection = silence.accept().expect("a connection");
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill").success());
    let signal = child.wait().expect("its end").signal().expect("a signal");
    // Shells show a death by signal 2 as 130.
    assert_eq!(signal + 128, i32::from(ExitCode::Interrupted.code()));
    drop(connection);
}

/// A panic in a thread of a library, of which nothing may be seen but that it is a bug, whatever the build does with panics.
#[test]
#[cfg(target_os = "linux")]
fn a_bug_is_told_as_one_without_words_of_the_language() {
    let home = Home::new();
    let run = |words: &[&str], variables: &[(&str, &str)]| {
        let output = home.command(words).envs([NO_THREADS]).envs(variables.iter().copied()).output().expect("the binary");
        (output.status.code(), [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("text")))
    };
    let (code, [stdout, stderr]) = run(&["storage", "--server", "http://127.0.0.1:1"], &[]);
    assert_eq!((code, stdout.as_str()), (Some(ExitCode::Bug.code().into()), ""));
    let lines: Vec<&str> = stderr.lines().collect();
    assert_eq!(lines[0], "internal error: netstore has come upon something that it took for impossible");
    assert!(
        lines[1].starts_with("hint: this is a bug in netstore: please report it, with what `kubectl netstore version` prints"),
        "{stderr}"
    );
    assert!(lines[2].starts_with("hint: NETSTORE_BACKTRACE=1 shows where it happened") && lines.len() == 3, "{stderr}");

    // Nor is anything said of it in Rust's way where that was asked for.
    assert_eq!(run(&["storage", "--server", "http://127.0.0.1:1"], &[("RUST_BACKTRACE", "full")]).1[1], stderr);
    let (code, [_, stderr]) = run(&["storage", "--server", "http://127.0.0.1:1"], &[("NETSTORE_BACKTRACE", "1")]);
    assert!(stderr.starts_with("internal error: ") && stderr.contains(".rs:"), "{stderr}");
    assert_eq!(code, Some(70));
    // A TAB key shows nothing at all.
    assert_eq!(run(&["__complete", "who-can-reach", ""], &[]).1, ["", ""]);
}
