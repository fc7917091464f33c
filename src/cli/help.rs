//! What `--help` looks like: the summary, examples, usage, then flags in groups; kubectl's connection flags last.

use std::ffi::OsString;
use std::path::Path;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, Args, Command, CommandFactory};

use super::{Cli, Globals};
use crate::commands;
use crate::report::view::Format;

/// The name users type.
const NAME: &str = "kubectl netstore";

/// Examples come first: most people read no further.
const TEMPLATE: &str = "{about-section}\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";

/// The commands, so that all of them, and a prompt, fit a terminal of 24 lines.
const OVERVIEW: &str = "{about}\n{usage-heading} {usage}\n\n{subcommands}{after-help}";

/// Said once: kubectl's connection flags would bury everything else in the short help.
const CONNECTION: &str = "Connection flags as in kubectl (--context, …): \"kubectl netstore options\".";

/// The parser, named as the user called it: kubectl runs us as `kubectl-netstore`, another name is shown as it is.
pub fn command(argv0: Option<&OsString>) -> Command {
    let called = argv0.and_then(|path| Path::new(path).file_stem()).and_then(|name| name.to_str());
    let name = called.filter(|name| !name.starts_with("kubectl-")).unwrap_or(NAME).to_owned();
    let command = Cli::command().name(name.clone()).bin_name(name.clone()).display_name(name).help_template(OVERVIEW);
    let mut command = command.mut_subcommands(dressed);
    // Building hands the global flags down; only then can commands be rid of those they have no use for.
    command.build();
    command
        .mut_subcommands(|sub| {
            let name = sub.get_name().to_owned();
            // -h is said below the list.
            let said = name == "help";
            with_useful_flags(sub, &name).hide(said)
        })
        // The command without a command is there to choose one.
        .mut_args(|arg| if arg.is_global_set() && arg.get_id() != "help" { arg.hide(true) } else { arg })
}

/// A command, and those below it, in the shape of our help.
fn dressed(command: Command) -> Command {
    let connects = connects(command.get_name());
    let command = command.help_template(TEMPLATE).mut_subcommands(dressed);
    if connects { command.after_help(CONNECTION) } else { command }
}

/// A command, and those below it, without the flags it has no use for. Its name is the whole of it: `dns records`.
fn with_useful_flags(command: Command, name: &str) -> Command {
    let formats = commands::formats(name);
    command.mut_args(|arg| if is_of_use(&arg, name) { with_formats(arg, formats) } else { arg.hide(true) }).mut_subcommands(|sub| {
        let name = format!("{name} {}", sub.get_name());
        with_useful_flags(sub, &name)
    })
}

/// The flags every command takes, in long form.
pub fn globals() -> String {
    let flags = Globals::augment_args(Command::new(NAME)).disable_help_flag(true);
    flags.help_template("{all-args}").render_long_help().to_string()
}

/// Whether a command may talk to a cluster; the others only talk.
fn connects(command: &str) -> bool {
    !matches!(command, "explain" | "rbac" | "completion" | "options" | "help")
}

/// Whether a command reads what the flag is about.
fn is_of_use(arg: &Arg, command: &str) -> bool {
    if !arg.is_global_set() {
        return true;
    }
    match (command, arg.get_id().as_str()) {
        (_, "help") => true,
        ("rbac", "namespace") => true,
        (command, _) if !connects(command) => false,
        ("version", id) => id == "output" || is_connection(arg),
        ("dns verify", id) => !matches!(id, "from" | "filename" | "recursive" | "selector" | "cni"),
        ("snapshot", id) => id == "namespace" || is_connection(arg),
        _ => true,
    }
}

fn is_connection(arg: &Arg) -> bool {
    arg.get_help_heading() == Some("Connection options")
}

/// Names the formats that the command has; another one is refused with the list of them.
fn with_formats(arg: Arg, formats: &'static [Format]) -> Arg {
    if arg.get_id() != "output" || formats.is_empty() {
        return arg;
    }
    let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
    let help = format!("Format of the answer: {}", names.join(", "));
    arg.value_parser(PossibleValuesParser::new(names).try_map(|name| name.parse::<Format>())).help(help).hide_possible_values(true)
}
