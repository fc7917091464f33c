//! What `--help` looks like: the summary, examples, usage, then flags in groups; kubectl's connection flags last.

use std::ffi::OsString;
use std::path::Path;

use clap::CommandFactory;

use super::Cli;

/// The name users type.
pub const NAME: &str = "kubectl netstore";

/// Commands that read no cluster: the flags for that only cloud their help.
const NO_SOURCE: [&str; 4] = ["explain", "version", "completion", "options"];

const TOP: &str = "{about-section}\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";

/// The parser, named as the user called it: kubectl runs us as `kubectl-netstore`, another name is shown as it is.
pub fn command(argv0: Option<&OsString>) -> clap::Command {
    let called = argv0.and_then(|path| Path::new(path).file_stem()).and_then(|name| name.to_str());
    let name = match called {
        Some(name) if !name.starts_with("kubectl-") => name.to_owned(),
        _ => NAME.to_owned(),
    };
    let mut command = Cli::command().name(name.clone()).bin_name(name.clone()).display_name(name).help_template(TOP);
    command = command.mut_subcommands(|sub| sub.help_template(TOP));
    // Building hands the global flags down; only then can a command hide those it has no use for.
    command.build();
    command.mut_subcommands(|sub| {
        let quiet = NO_SOURCE.contains(&sub.get_name());
        sub.mut_args(|arg| {
            let cluster = matches!(arg.get_help_heading(), Some("Selection" | "Connection"));
            if quiet && cluster { arg.hide(true) } else { arg }
        })
    })
}
