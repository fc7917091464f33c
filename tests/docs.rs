//! What the pages say holds: docs/findings.md is what the tables say, sessions are what the program prints, links lead somewhere.
//!
//! After a change of the findings or of the output, write them anew, read the difference, and commit them:
//!
//! ```text
//! UPDATE_DOCS=1 cargo test --test docs
//! ```

#[path = "docs/help.rs"]
mod help;
#[path = "common/program.rs"]
mod program;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use netstore::cli::ExitCode;
use netstore::report::FindingKind;
use netstore::{dns, policy, probe, qos, source, storage};

const INTRODUCTION: &str = "\
# Findings

<!-- Generated from the tables beside the rules. Do not edit: UPDATE_DOCS=1 cargo test --test docs -->

What netstore says beside an answer. A code is stable: it is never given to something else. `kubectl netstore explain CODE` prints
the same text. *error*: it does not do what it says. *warning*: probably not what was meant. *info*: good to know.
";

/// Pages that lie beside what they are about.
const BESIDE: [&str; 7] = [
    "CHANGELOG.md",
    "agent/README.md",
    "tests/cluster/README.md",
    "tests/oracle/README.md",
    "tests/resolvers/README.md",
    "tests/truth/README.md",
    "tests/truth/storage/README.md",
];

#[test]
fn the_page_of_findings_is_what_the_tables_say() {
    check(&root().join("docs/findings.md"), &findings());
}

#[test]
fn the_page_of_help_is_what_the_program_prints() {
    check(&root().join("docs/help.md"), &help::page(printed));
}

#[test]
fn the_manual_pages_are_what_the_commands_say() {
    let pages = help::manuals();
    for (file, text) in &pages {
        check(&root().join("man").join(file), text);
    }
    let known: BTreeSet<String> = pages.into_iter().map(|(file, _)| file).collect();
    let there = fs::read_dir(root().join("man")).expect("man/ exists");
    let there: BTreeSet<String> = there.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    assert_eq!(there, known);
}

/// Where there is a reader of manual pages, it has nothing to complain about.
#[test]
fn a_reader_of_manual_pages_understands_them() {
    for (file, _) in help::manuals() {
        let mut man = Command::new("man");
        let output = man.args(["--warnings", "-l", "-Tutf8"]).arg(root().join("man").join(&file)).env("MANWIDTH", "100").output();
        let Ok(output) = output else { return eprintln!("SKIPPED: man is not installed") };
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && output.stderr.is_empty(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(text.contains(file.trim_end_matches(".1")), "{file}: {text}");
    }
}

#[test]
fn every_session_is_what_the_program_prints() {
    for page in pages() {
        let text = read(&page);
        check(&page, &with_sessions(&text));
    }
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for page in pages().into_iter().chain(BESIDE.map(|page| root().join(page))) {
        let folder = page.parent().expect("a page lies in a folder");
        for target in links(&read(&page)) {
            let (path, anchor) = target.split_once('#').unwrap_or((target.as_str(), ""));
            let file = if path.is_empty() { page.clone() } else { folder.join(path) };
            let leads = file.exists() && (anchor.is_empty() || anchors(&read(&file)).contains(anchor));
            if !leads {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

#[test]
fn the_readme_lists_every_exit_code() {
    let readme = read(&root().join("README.md"));
    let (_, section) = readme.split_once("\n## Exit codes\n").expect("the section");
    let table = section.lines().skip_while(|line| !line.starts_with("| --- ")).skip(1).take_while(|line| line.starts_with('|'));
    let listed: Vec<u8> = table.map(|row| row.split('|').nth(1).expect("a cell").trim().parse().expect("a code")).collect();
    assert_eq!(listed, ExitCode::ALL.map(ExitCode::code));
}

#[test]
fn the_readme_mentions_every_command() {
    let readme = read(&root().join("README.md"));
    let listed = printed(&["__complete", ""]);
    let commands: Vec<&str> = listed.lines().filter(|line| !line.starts_with(':')).filter_map(|line| line.split('\t').next()).collect();
    assert!(commands.contains(&"who-can-reach"), "no commands in: {listed}");
    for command in commands {
        assert!(readme.contains(&format!("`{command}`")), "README.md does not mention `{command}`");
    }
}

/// Compares a page with what it should be, or writes it.
fn check(page: &Path, wanted: &str) {
    let found = if page.exists() { read(page) } else { String::new() };
    // Tests run side by side: what is right is not written again.
    if found == wanted {
        return;
    }
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        fs::write(page, wanted).expect("the page can be written");
        return;
    }
    let first = found.lines().zip(wanted.lines()).position(|(is, should)| is != should);
    let line = first.unwrap_or_else(|| found.lines().count().min(wanted.lines().count()));
    let of = |text: &str| text.lines().nth(line).unwrap_or("(the end)").to_owned();
    panic!(
        "{} is not up to date: run UPDATE_DOCS=1 cargo test --test docs\nline {}\n   is: {}\n  now: {}",
        page.display(),
        line + 1,
        of(&found),
        of(wanted)
    );
}

fn findings() -> String {
    let policies: Vec<&FindingKind> = policy::findings::ALL.to_vec();
    let mut input: Vec<&FindingKind> = source::manifests::findings::ALL.to_vec();
    input.push(&source::live::UNDECODABLE_OBJECT);
    let storage: Vec<&FindingKind> = storage::findings::all();
    let qos: Vec<&FindingKind> = qos::findings::ALL.to_vec();
    let dns: Vec<&FindingKind> = dns::findings::all();
    let probes: Vec<&FindingKind> = probe::findings::all();
    let mut text = INTRODUCTION.to_owned();
    let headings =
        [("Network policies", &policies), ("Storage", &storage), ("QoS", &qos), ("DNS", &dns), ("Probes", &probes), ("Input", &input)];
    for (heading, kinds) in headings {
        text.push_str(&format!("\n## {heading}\n\n| code | name | severity |\n| --- | --- | --- |\n"));
        for kind in kinds {
            text.push_str(&format!("| [{}](#{}) | {} | {} |\n", kind.code, kind.code.to_lowercase(), kind.name, kind.severity));
        }
        for kind in kinds {
            let explanation = kind.explanation.trim_end();
            text.push_str(&format!("\n### {}\n\n`{}`, {}\n\n{explanation}\n", kind.code, kind.name, kind.severity));
        }
    }
    text
}

/// The page with every session as it runs today: blocks of a `$ kubectl netstore …` that asks files of this repository.
fn with_sessions(page: &str) -> String {
    let mut text = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        text.push_str(line);
        text.push('\n');
        if line != "```console" {
            continue;
        }
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        match block.first().and_then(|first| first.strip_prefix("$ kubectl netstore ")).filter(|words| can_be_repeated(words)) {
            Some(words) => {
                let words: Vec<&str> = words.split_whitespace().collect();
                text.push_str(&format!("$ kubectl netstore {}\n{}\n", words.join(" "), printed(&words).trim_end()));
            }
            None => block.iter().for_each(|line| text.push_str(&format!("{line}\n"))),
        }
        text.push_str("```\n");
    }
    text
}

fn can_be_repeated(words: &str) -> bool {
    words.starts_with("explain ")
        || words.starts_with("rbac")
        || [" examples/shop", " tests/cluster/shop", " tests/fixtures/"].iter().any(|files| words.contains(files))
}

/// What the program prints: the answer, then what stands on standard error.
fn printed(words: &[&str]) -> String {
    let mut command = Command::new(program::program());
    command.args(words).current_dir(root()).env("NO_COLOR", "1").env_remove("KUBECONFIG");
    let output = command.output().expect("the program runs");
    let [answer, remarks] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    answer + &remarks
}

/// Targets of links into this repository: `](target)` and `[name]: target`.
fn links(page: &str) -> Vec<String> {
    let inline = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let named = page.lines().filter(|line| line.starts_with('[')).filter_map(|line| line.split_once("]: ")).map(|(_, target)| target);
    inline.chain(named).filter(|target| !target.contains("://") && !target.contains(' ')).map(str::to_owned).collect()
}

/// Names that headings have in links, as GitHub makes them.
fn anchors(page: &str) -> BTreeSet<String> {
    let name = |heading: &str| -> String {
        let kept = heading.trim().to_lowercase();
        kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    page.lines().filter(|line| line.starts_with('#')).map(|line| name(line.trim_start_matches('#'))).collect()
}

/// Every page of docs/, and those beside it.
fn pages() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("docs")).expect("docs/ exists");
    let mut pages: Vec<PathBuf> = entries.map(|entry| entry.expect("docs/ can be listed").path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.extend(["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(|page| root().join(page)));
    pages.sort();
    pages
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.replace("\r\n", "\n")
}
