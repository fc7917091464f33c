//! The walls of the house, as `src/lib.rs` draws them: who may know whom, who may touch the world, and how long a file is.

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms that think: the same objects give the same answer, whatever machine and hour it is.
const PURE: [&str; 8] = ["policy", "storage", "qos", "dns", "service", "report", "inventory", "objects"];

/// What makes an answer depend on more than its question: paths, each with all that is below it.
const WORLD: [&str; 19] = [
    "kube",
    "k8s_openapi",
    "tokio",
    "hyper",
    "hyper_util",
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
    "std::net::TcpStream",
    "std::net::TcpListener",
    "std::net::UdpSocket",
    "std::net::ToSocketAddrs",
    "std::time::SystemTime",
    "std::time::Instant",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
    "std::collections::hash_map::RandomState",
];

/// Words that do the same without a path of their own.
const CLOCKS: [&str; 3] = ["Timestamp::now", "Zoned::now", "SystemTime::now"];

const PRINTING: [&str; 5] = ["println!", "eprintln!", "print!", "eprint!", "dbg!"];

/// Longest file: what is longer has two subjects.
const LINES: usize = 450;

/// A source file without comments, texts and tests.
struct Source {
    path: PathBuf,
    code: String,
    lines: usize,
}

impl Source {
    /// Whether it lies in this room.
    fn in_room(&self, room: &str) -> bool {
        self.path.starts_with(room) || self.path == Path::new(&format!("{room}.rs"))
    }

    /// The forbidden words of a list that stand in the code: whole words, so `eprintln!` is not also `println!`.
    fn words<'a>(&'a self, forbidden: &'a [&str]) -> impl Iterator<Item = String> + 'a {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let stands = move |needle: &&&str| {
            self.code.match_indices(**needle).any(|(at, found)| {
                let (before, after) = (self.code[..at].chars().next_back(), self.code[at + found.len()..].chars().next());
                let inside_another = before.is_some_and(word) || (found.ends_with(word) && after.is_some_and(word));
                !inside_another
            })
        };
        forbidden.iter().filter(stands).map(|needle| format!("{}: {needle}", self.path.display()))
    }

    /// The forbidden paths that are imported or written out.
    fn paths<'a>(&'a self, forbidden: &'a [&str]) -> impl Iterator<Item = String> + 'a {
        let imported: Vec<String> = self.code.split(';').filter_map(import).flat_map(|tree| leaves("", tree)).collect();
        let below = |path: &str, wall: &str| path == wall || path.strip_prefix(wall).is_some_and(|rest| rest.starts_with("::"));
        let imports = forbidden.iter().filter(move |wall| imported.iter().any(|path| below(path, wall)));
        let written = forbidden.iter().filter(|wall| {
            let needle = format!("{wall}::");
            self.code.match_indices(&needle).any(|(at, _)| {
                let before = self.code[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
            })
        });
        let mut violations: Vec<String> = imports.chain(written).map(|wall| format!("{}: {wall}", self.path.display())).collect();
        violations.sort();
        violations.dedup();
        violations.into_iter()
    }
}

/// The tree of a `use` statement that ends here.
fn import(statement: &str) -> Option<&str> {
    let start = statement.rfind("use ").filter(|at| !statement[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))?;
    Some(statement[start + 4..].trim())
}

/// `a::{b, c::{d}}` → `a::b`, `a::c::d`.
fn leaves(prefix: &str, tree: &str) -> Vec<String> {
    let tree = tree.trim().trim_start_matches("::");
    let Some((head, group)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default().trim().trim_end_matches("::self").trim_end_matches("::*");
        return if path == "self" { vec![prefix.trim_end_matches("::").to_owned()] } else { vec![format!("{prefix}{path}")] };
    };
    let group = group.strip_suffix('}').unwrap_or(group);
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    let prefix = format!("{prefix}{}", head.trim());
    parts.into_iter().filter(|part| !part.trim().is_empty()).flat_map(|part| leaves(&prefix, part)).collect()
}

/// Code without comments and without the insides of texts, up to the tests at its end.
fn code(text: &str) -> String {
    let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut out = String::new();
    for line in text.lines() {
        let mut rest = line;
        let mut in_text = false;
        while let Some(at) = rest.find(['"', '/', '\\', '\'']) {
            let (before, from) = rest.split_at(at);
            if !in_text {
                out.push_str(before);
            }
            rest = &from[1..];
            match from.as_bytes() {
                // An escaped character, in a text or in a character literal.
                [b'\\', ..] => rest = rest.get(1..).unwrap_or_default(),
                [b'\'', b'"', b'\'', ..] if !in_text => rest = &from[3..],
                [b'"', ..] => in_text = !in_text,
                [b'/', b'/', ..] if !in_text => rest = "",
                [other, ..] if !in_text => out.push(char::from(*other)),
                _ => {}
            }
        }
        if !in_text {
            out.push_str(rest);
        }
        out.push('\n');
    }
    out
}

fn sources() -> Vec<Source> {
    let sources = sources_of("src");
    assert!(sources.len() > 50, "{}", sources.len());
    sources
}

fn sources_of(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).expect("UTF-8");
                let path = path.strip_prefix(&root).expect("below src").to_owned();
                sources.push(Source { path, code: code(&text), lines: text.lines().count() });
            }
        }
    }
    sources
}

/// Tests may touch what they like.
fn is_test(source: &Source) -> bool {
    let name = source.path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    matches!(name, "tests" | "samples" | "samples_storage" | "samples_volumes" | "samples_overview" | "arbitrary" | "arbitrary_storage")
        || source.path.components().any(|part| part.as_os_str() == "tests")
}

#[track_caller]
fn none(violations: &[String]) {
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn rooms_that_think_do_not_touch_the_world() {
    let mut violations = Vec::new();
    for source in sources().iter().filter(|source| !is_test(source) && PURE.iter().any(|room| source.in_room(room))) {
        violations.extend(source.paths(&WORLD));
        violations.extend(source.words(&CLOCKS));
        violations.extend(source.words(&PRINTING));
    }
    none(&violations);
}

/// Nothing right of an arrow knows anything left of it.
#[test]
fn rooms_that_think_do_not_know_who_asks() {
    let outside = ["crate::cli", "crate::commands", "crate::source", "crate::probe", "clap"];
    let pure = |source: &&Source| !is_test(source) && PURE.iter().any(|room| source.in_room(room));
    none(&sources().iter().filter(pure).flat_map(|source| source.paths(&outside).collect::<Vec<_>>()).collect::<Vec<_>>());
    let below_report = ["crate::policy", "crate::storage", "crate::qos", "crate::dns", "crate::service"];
    let facts = |source: &&Source| !is_test(source) && ["report", "inventory", "objects"].iter().any(|room| source.in_room(room));
    none(&sources().iter().filter(facts).flat_map(|source| source.paths(&below_report).collect::<Vec<_>>()).collect::<Vec<_>>());
}

#[test]
fn only_source_and_probe_touch_a_cluster() {
    let cluster = ["kube", "k8s_openapi", "hyper", "hyper_util", "rustls"];
    let others = |source: &&Source| !is_test(source) && !source.in_room("source") && !source.in_room("probe");
    none(&sources().iter().filter(others).flat_map(|source| source.paths(&cluster).collect::<Vec<_>>()).collect::<Vec<_>>());
}

#[test]
fn only_the_command_line_prints() {
    let others = |source: &&Source| !is_test(source) && !source.in_room("cli") && source.path != Path::new("main.rs");
    let mut violations = Vec::new();
    for source in sources().iter().filter(others) {
        violations.extend(source.words(&PRINTING));
        violations.extend(source.paths(&["std::io::stdout", "std::io::stderr"]));
    }
    none(&violations);
}

#[test]
fn no_file_has_two_subjects() {
    let long = |source: &Source| source.lines > LINES;
    none(
        &sources()
            .iter()
            .chain(&sources_of("agent/src"))
            .filter(|s| long(s))
            .map(|s| format!("{}: {} lines, at most {LINES}", s.path.display(), s.lines))
            .collect::<Vec<_>>(),
    );
}

/// The walls hold only if these functions see what they should.
#[test]
fn imports_and_words_are_found() {
    let source = |text: &str| Source { path: PathBuf::from("policy/x.rs"), code: code(text), lines: 1 };
    for (text, found) in [
        ("use std::fs;", 1),
        ("use std::{fmt, fs::{self, File}};", 1),
        ("pub use std::fs::read as r;\n", 1),
        ("fn f() { let x = std::env::var(\"A\"); }", 1),
        ("fn f() { kube::Client::new() }", 1),
        ("use std::net::{IpAddr, Ipv4Addr};", 0),
        ("use crate::kube::x;", 0),
        ("// use std::fs;\n", 0),
        ("const X: &str = \"std::fs::read\"; const V: &str = env!(\"X\");", 0),
        ("use std::fmt;\nuse std::time::{Duration, Instant};", 1),
        ("#[cfg(test)]\nmod x;\n#[cfg(test)]\nmod tests {\nuse std::fs;\n}", 0),
    ] {
        assert_eq!(source(text).paths(&WORLD).count(), found, "{text}");
    }
    assert_eq!(source("fn f() { eprintln!(); }").words(&PRINTING).collect::<Vec<_>>(), ["policy/x.rs: eprintln!"]);
    assert_eq!(source("let c = '\"'; println!(\"//\"); // dbg!()").words(&PRINTING).count(), 1);
    assert_eq!(source("let t = Timestamp::now();").words(&CLOCKS).count(), 1);
    assert_eq!(source("let t = Timestamp::nowhere();").words(&CLOCKS).count(), 0);
}
