//! The help of every command as a page, and as manual pages.

use std::fmt::Write;

use clap::Command;
use clap_mangen::Man;
use netstore::cli::help;

const INTRODUCTION: &str = "\
# Help

<!-- Generated from the commands. Do not edit: UPDATE_DOCS=1 cargo test --test docs -->

What `kubectl netstore COMMAND -h` prints; `--help` says more about some flags. The same as manual pages: `man/`.
";

/// Every command with its whole name, `dns records`, those below others included.
fn commands() -> Vec<(String, Command)> {
    fn below(command: &Command, name: &str, all: &mut Vec<(String, Command)>) {
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
            let name = format!("{name} {}", sub.get_name()).trim().to_owned();
            all.push((name.clone(), sub.clone()));
            below(sub, &name, all);
        }
    }
    let mut all = Vec::new();
    below(&help::command(None), "", &mut all);
    all
}

/// docs/help.md.
pub fn page(program: fn(&[&str]) -> String) -> String {
    let mut page = INTRODUCTION.to_owned();
    let mut section = |heading: &str, text: &str| {
        let _ = write!(page, "\n## {heading}\n\n```text\n{}\n```\n", text.trim_end());
    };
    section("kubectl netstore", &program(&["-h"]));
    for (name, _) in commands() {
        let words: Vec<&str> = name.split(' ').chain(["-h"]).collect();
        section(&name, &program(&words));
    }
    section("Flags of every command", &program(&["options"]));
    page
}

/// The manual pages: file and text.
pub fn manuals() -> Vec<(String, String)> {
    let main = help::command(None);
    let names: Vec<String> = commands().iter().map(|(name, _)| file(name)).collect();
    let mut pages = vec![("kubectl-netstore.1".to_owned(), manual(main, "", &names))];
    for (name, command) in commands() {
        pages.push((format!("{}.1", file(&name)), manual(command, &name, &["kubectl-netstore".to_owned()])));
    }
    pages
}

fn file(name: &str) -> String {
    format!("kubectl-netstore-{}", name.replace(' ', "-")).trim_end_matches('-').to_owned()
}

fn manual(command: Command, name: &str, others: &[String]) -> String {
    let mut command = command;
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let examples = command.get_before_help().map(ToString::to_string).unwrap_or_default();
    let bin = format!("kubectl netstore {name}").trim_end().to_owned();
    // Twenty flags of kubectl would bury the others on every page; they have their own.
    let connection = |arg: clap::Arg| {
        let own = arg.get_help_heading() == Some("Connection options") && name != "options";
        if own { arg.hide(true) } else { arg }
    };
    let command = command.mut_args(connection).override_usage(usage).display_name(file(name)).bin_name(bin);
    let man = Man::new(command).title(file(name).to_uppercase()).source("netstore").manual("kubectl plugins");
    let mut text = Vec::new();
    man.render_title(&mut text).unwrap();
    man.render_name_section(&mut text).unwrap();
    man.render_synopsis_section(&mut text).unwrap();
    man.render_description_section(&mut text).unwrap();
    if !examples.is_empty() {
        let lines = examples.lines().skip_while(|line| *line == "Examples:").map(|line| plain(line.trim_start()));
        text.extend(format!(".SH EXAMPLES\n.nf\n{}\n.fi\n", lines.collect::<Vec<_>>().join("\n")).into_bytes());
    }
    man.render_options_section(&mut text).unwrap();
    if name == "options" {
        let globals = help::globals();
        let lines: Vec<String> = globals.lines().map(plain).collect();
        text.extend(format!(".SH FLAGS\n.nf\n{}\n.fi\n", lines.join("\n")).into_bytes());
    }
    let mut others: Vec<&str> = others.iter().map(String::as_str).collect();
    if !name.is_empty() && name != "options" {
        others.push("kubectl-netstore-options");
    }
    let others: Vec<String> = others.into_iter().map(|other| format!("{}(1)", plain(other))).collect();
    text.extend(format!(".SH SEE ALSO\n{}\n", others.join(",\n")).into_bytes());
    String::from_utf8(text).unwrap()
}

/// A line that is no instruction to roff, whatever it begins with.
fn plain(line: &str) -> String {
    let line = line.replace('\\', "\\e").replace('-', "\\-");
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
}
