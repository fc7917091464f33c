//! Corefiles are read as CoreDNS reads them: its own parser answers the same questions about random texts.
//!
//! `NETSTORE_ORACLE_CASES` is how many texts are asked about (12,000).

#[path = "oracle/client.rs"]
mod client;

use std::collections::BTreeMap;

use client::{Dice, answers, cases};
use netstore::dns::corefile::{Block, Directive, Files, Flaw, Folder, parse};
use serde::Deserialize;

#[derive(Deserialize)]
struct Question {
    text: String,
    files: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Reply {
    answer: Option<Answer>,
    refused: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    blocks: Vec<TheirBlock>,
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct TheirBlock {
    keys: Option<Vec<String>>,
    words: BTreeMap<String, Vec<TheirWord>>,
}

#[derive(Debug, Deserialize)]
struct TheirWord {
    text: String,
    line: usize,
    file: String,
}

/// Where the Corefile is.
const HOME: &str = "/home";
const WORDS: [&str; 24] = [
    "errors",
    "log",
    "forward",
    ".",
    "kubernetes",
    "{$A}",
    "x{%ZONE%}y",
    "{$}",
    "{$A",
    "\"two words\"",
    "\"\"",
    "\"a\\\"b\\c\"",
    "\"x\ny\"",
    "a#b",
    "# all",
    "(s)",
    "(t)",
    "a,",
    "{",
    "}",
    "import",
    "\"",
    "a\"b\"",
    "ß\u{a0}",
];
/// What the Corefile imports.
const PATTERNS: &[&str] = &["s", "s", "t", "x/a.server", "x/*.server", "x/*.override", "x/?.server", "none/*.x", "x/*.none"];
/// With these CoreDNS does not start.
const WRONG: &[&str] = &["none", "y", "*/*", "x/[a].server", "../none"];
/// What its snippets import.
const OF_SNIPPETS: &[&str] = &["x/a.server", "x/*.override", "x/*.none"];
/// What its files import: not each other, which would end only after 100,000 of them.
const OF_FILES: &[&str] = &["../y", "../x/*.none"];
const SPACES: [&str; 8] = [" ", " ", " ", "  ", "\t", "\r\n", "\n", " \n"];

/// A line of words that mean nothing together.
fn noise(dice: &mut Dice) -> String {
    (0..1 + dice.roll(6)).map(|_| format!("{}{}", dice.one(&WORDS), dice.one(&SPACES))).collect::<String>() + "\n"
}

fn import(dice: &mut Dice, patterns: &[&str]) -> String {
    let (pattern, more) = (if dice.chance(12) { dice.one(WRONG) } else { dice.one(patterns) }, if dice.chance(30) { " more" } else { "" });
    format!("import {pattern}{more}\n")
}

/// A directive: mostly a line, sometimes with lines in braces.
fn directive(dice: &mut Dice, patterns: &[&str], depth: u64) -> String {
    if dice.chance(6) {
        return import(dice, patterns);
    }
    let name = dice.one(&["errors", "forward", "kubernetes", "log", "log", "{$A}", "cache"]);
    let mut text = (*name).to_owned();
    for _ in 0..dice.roll(4) {
        text += &format!(" {}", dice.one(&["a", "b.example", "{$ZONE}", "\"two words\"", "\"x\ny\"", "/etc/resolv.conf", "{"]));
    }
    if depth < 3 && dice.chance(3) {
        text += " {\n";
        (0..dice.roll(3)).for_each(|_| text += &directive(dice, patterns, depth + 1));
        text += "}";
    }
    text + *dice.one(&["\n", "\n", "\r\n", " # x\n", "#x y\n"])
}

fn block(dice: &mut Dice, patterns: &[&str]) -> String {
    let keys = ["a.example", "b.example:53", "dns://.", "(s)", "(t)", "{$ZONE}", "(s)"];
    let mut text = (0..1 + dice.roll(2)).map(|_| format!("{}{}", dice.one(&keys), dice.one(&[" ", ", ", ",\n"]))).collect::<String>();
    // Snippets that import each other end only after 10,000 of them.
    let patterns = if text.contains('(') && !dice.chance(40) { OF_SNIPPETS } else { patterns };
    text = text.trim_end_matches([',', '\n', ' ']).to_owned();
    text += if dice.chance(12) { "\n" } else { " {\n" };
    (0..dice.roll(4)).for_each(|_| text += &directive(dice, patterns, 0));
    text + if dice.chance(12) { "\n" } else { "}\n" }
}

fn text(dice: &mut Dice, patterns: &[&str]) -> String {
    let mut text = (if dice.chance(9) { "\u{feff}" } else { "" }).to_owned();
    for _ in 0..1 + dice.roll(4) {
        text += &match dice.roll(12) {
            0 => noise(dice),
            1 | 2 => import(dice, patterns),
            _ => block(dice, patterns),
        };
    }
    text
}

fn question(dice: &mut Dice) -> String {
    let mut files = BTreeMap::from([("x/a.server", block(dice, OF_FILES))]);
    if dice.chance(2) {
        files.insert("x/ab.server", text(dice, OF_FILES));
    }
    if dice.chance(2) {
        files.insert("x/c.override", directive(dice, OF_FILES, 0) + &directive(dice, OF_FILES, 0));
    }
    if dice.chance(2) {
        files.insert("y", noise(dice));
    }
    serde_json::json!({ "text": text(dice, PATTERNS), "files": files }).to_string()
}

/// What CoreDNS makes of variables: here each has its own name as its value, and those that are not set have none.
fn filled(word: &str) -> String {
    let mut word = word.to_owned();
    for (open, close) in [("{%", "%}"), ("{$", "}")] {
        while let Some(start) = word.find(open) {
            let Some(length) = word[start..].find(close).filter(|length| *length > open.len()) else { break };
            let name = &word[start + open.len()..start + length];
            let value = if ["A", "ZONE"].contains(&name) { format!("value-of-{name}") } else { String::new() };
            word = word.replace(&word[start..start + length + close.len()].to_owned(), &value);
        }
    }
    word
}

/// Words by the name of their directive; the first of each directive says where it stands, and is as it is written.
type Words = BTreeMap<String, Vec<(String, Option<(String, usize)>)>>;

fn ours(block: &Block) -> (Vec<String>, Words) {
    let mut words = Words::new();
    for Directive { name, words: all, at, .. } in &block.directives {
        let place = (at.file.trim_start_matches(HOME).trim_start_matches('/').to_owned(), at.line);
        let list = words.entry(filled(name)).or_default();
        list.push((name.clone(), Some(place)));
        list.extend(all.iter().skip(1).map(|word| (filled(word), None)));
    }
    (block.keys.iter().map(|key| filled(key)).collect(), words)
}

fn same(ours: &(Vec<String>, Words), theirs: &TheirBlock) -> bool {
    type Word = (String, Option<(String, usize)>);
    let word = |(ours, theirs): (&Word, &TheirWord)| {
        ours.0 == theirs.text && ours.1.as_ref().is_none_or(|(file, line)| (file, *line) == (&theirs.file, theirs.line))
    };
    ours.0 == *theirs.keys.as_deref().unwrap_or_default()
        && ours.1.keys().eq(theirs.words.keys())
        && ours.1.values().zip(theirs.words.values()).all(|(ours, theirs)| ours.len() == theirs.len() && ours.iter().zip(theirs).all(word))
}

#[test]
fn corefiles_are_read_as_coredns_reads_them() {
    let mut dice = Dice(1);
    let questions: Vec<String> = (0..cases(12_000)).map(|_| question(&mut dice)).collect();
    let Some(replies) = answers::<Reply>("corefile", questions.clone()) else { return };
    let (mut seen, mut imported) = (BTreeMap::<&str, usize>::new(), 0);
    for (question, reply) in questions.iter().zip(replies) {
        let theirs = reply.answer.unwrap_or_else(|| panic!("refused: {:?}\n{question}", reply.refused));
        let Question { text, files: beside } = serde_json::from_str(question).expect("a question");
        let mut files = Files::beside(HOME);
        files.add("/", Folder::new());
        for folder in ["", "x", "none"] {
            let inside = beside.iter().filter_map(|(path, text)| {
                let (at, name) = path.rsplit_once('/').unwrap_or(("", path));
                (at == folder).then_some((name, Some(text.as_str())))
            });
            files.add(&format!("{HOME}/{folder}"), inside.collect::<Folder<'_>>());
        }
        let corefile = match (parse(&text, &files), &theirs.error) {
            (Ok(corefile), None) => corefile,
            (Err(malformed), Some(_)) => {
                let flaw = match malformed.flaw {
                    Flaw::Brace => "brace",
                    Flaw::Expected(_) => "expected",
                    Flaw::Comma => "comma",
                    Flaw::End => "end",
                    Flaw::ImportOne => "import",
                    Flaw::NoSuchFile(_) => "no file",
                    Flaw::Pattern(_) => "pattern",
                    Flaw::SnippetTwice(_) => "snippet",
                    Flaw::TooMany => "too many",
                };
                *seen.entry(flaw).or_default() += 1;
                continue;
            }
            // What a variable says is not known here, and strange folders are not.
            (Ok(corefile), _) if !corefile.unread.is_empty() => {
                *seen.entry("unread").or_default() += 1;
                continue;
            }
            (ours, theirs) => panic!("{ours:?}\n{theirs:?}\n{text}\n{beside:?}"),
        };
        if !corefile.unread.is_empty() {
            *seen.entry("unread").or_default() += 1;
            continue;
        }
        let blocks: Vec<_> = corefile.blocks.iter().map(ours).collect();
        let all = blocks.len() == theirs.blocks.len() && blocks.iter().zip(&theirs.blocks).all(|(ours, theirs)| same(ours, theirs));
        assert!(all, "{blocks:#?}\n{:#?}\n{text}\n{beside:?}", theirs.blocks);
        *seen.entry("read").or_default() += 1;
        imported += usize::from(corefile.blocks.iter().flat_map(|block| &block.directives).any(|directive| !directive.at.file.is_empty()));
    }
    eprintln!("corefile: {} texts the same: {seen:?}, {imported} with imports", questions.len());
    assert!(seen["read"] * 3 > questions.len() && imported * 50 > questions.len(), "{seen:?}, {imported}");
    assert!(seen.len() >= 9 && seen.get("unread").is_none_or(|unread| unread * 20 < questions.len()), "{seen:?}");
}
