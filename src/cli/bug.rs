//! A bug in netstore, as whoever meets it is told: in words, with what a report of it needs, and with an exit code of its own.

use std::backtrace::Backtrace;
use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::PanicHookInfo;
use std::process;
use std::sync::Once;

use super::{CommandError, ErrorKind, ExitCode};

/// Shows where it happened.
const VARIABLE: &str = "NETSTORE_BACKTRACE";

/// From here on a panic of any thread is told as a bug and ends the process; of questions of a TAB key it is not told at all. Releases
/// abort on a panic, so nobody further up could do that.
pub fn tell_panics(silently: bool) {
    static TOLD: Once = Once::new();
    std::panic::set_hook(Box::new(move |panic| {
        // Threads that panic meanwhile wait here for the end.
        TOLD.call_once(|| {
            if !silently {
                // Nobody is left to hear that telling them failed.
                drop(writeln!(std::io::stderr(), "{}", words(panic)));
            }
            process::exit(ExitCode::Bug.code().into());
        });
    }));
}

/// Where to is known to the builds of a repository on GitHub, to no other.
pub(super) fn please_report() -> String {
    let report = "this is a bug in netstore: please report it, with what `kubectl netstore version` prints";
    match (option_env!("GITHUB_SERVER_URL"), option_env!("GITHUB_REPOSITORY")) {
        (Some(server), Some(repository)) => format!("{report}: {server}/{repository}/issues"),
        _ => report.to_owned(),
    }
}

fn words(panic: &PanicHookInfo<'_>) -> String {
    if std::env::var_os(VARIABLE).is_none_or(|value| value.is_empty() || value == "0") {
        let error = CommandError::new(ErrorKind::Bug, "netstore has come upon something that it took for impossible");
        return error.hint(format!("{VARIABLE}=1 shows where it happened: that helps whoever reads the report")).to_string();
    }
    let payload = panic.payload();
    let what = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let mut what = what.unwrap_or("a panic").to_owned();
    if let Some(place) = panic.location() {
        // Writing to a String cannot fail.
        let _ = write!(what, " ({place})");
    }
    format!("{}\n{}", CommandError::new(ErrorKind::Bug, what), Backtrace::force_capture())
}
