//! The Corefile of CoreDNS: server blocks, their directives, and what is below these, as CoreDNS' own code reads them
//! (`tests/corefile_oracle.rs`).
//!
//! What could not be read is not guessed: an import of files nobody knows stays in its place as a directive `import`, a variable of the
//! environment as the word it is in.

mod files;
mod lexer;
mod parser;
mod redact;

use std::fmt;

pub use files::{Files, Folder};
use lexer::Word;
pub use redact::without_secrets;

/// A Corefile, read.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Corefile {
    /// Server blocks.
    pub blocks: Vec<Block>,
    /// Imports whose files were not read. Those within a block are directives of it, too; the others may hold blocks.
    pub unread: Vec<Import>,
}

/// A server block: where it listens, for which zones, and what it does.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Block {
    /// Where it begins.
    pub at: Place,
    /// Zones, perhaps with scheme and port, as they are written.
    pub keys: Vec<String>,
    /// What is in it.
    pub directives: Vec<Directive>,
}

/// A line of a block, with the lines in braces behind it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Directive {
    /// Where it begins.
    pub at: Place,
    /// First word.
    pub name: String,
    /// The others, up to the brace.
    pub arguments: Vec<String>,
    /// Lines in braces; of braces within them only what they hold.
    pub body: Vec<Vec<String>>,
    /// All words in their order, braces included: what the plugin gets to see.
    pub words: Vec<String>,
}

/// An import that was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Where it stands.
    pub at: Place,
    /// What it names.
    pub pattern: String,
}

/// Where something stands.
#[derive(Debug, Default, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Path of a file that was imported; empty for the Corefile itself.
    pub file: String,
    /// Counted from one.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = if self.file.is_empty() { "Corefile" } else { &self.file };
        write!(f, "{file}:{}", self.line)
    }
}

/// A Corefile with which CoreDNS does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// Where that shows.
    pub at: Place,
    /// What is wrong.
    pub flaw: Flaw,
}

/// What is wrong with a Corefile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// A brace that closes nothing.
    Brace,
    /// Something else stands where a brace must be.
    Expected(&'static str),
    /// A comma with no key behind it.
    Comma,
    /// It ends too early.
    End,
    /// An import without exactly one argument.
    ImportOne,
    /// A file that is not there.
    NoSuchFile(String),
    /// A pattern with several wildcards, or that matches folders.
    Pattern(String),
    /// A snippet with a name that another one has.
    SnippetTwice(String),
    /// Imports without end.
    TooMany,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.at)?;
        match &self.flaw {
            Flaw::Brace => f.write_str("a \"}\" that closes nothing"),
            Flaw::Expected(brace) => write!(f, "a \"{brace}\" is missing"),
            Flaw::Comma => f.write_str("a comma with no key behind it"),
            Flaw::End => f.write_str("it ends too early"),
            Flaw::ImportOne => f.write_str("an import needs one file or pattern"),
            Flaw::NoSuchFile(path) => write!(f, "no file to import at {path:?}"),
            Flaw::Pattern(pattern) => write!(f, "imports may not have the pattern {pattern:?}"),
            Flaw::SnippetTwice(name) => write!(f, "a second snippet ({name})"),
            Flaw::TooMany => f.write_str("imports without end"),
        }
    }
}

/// Reads all server blocks, with what they import.
///
/// # Errors
/// CoreDNS would not start.
pub fn parse(text: &str, files: &Files<'_>) -> Result<Corefile, Malformed> {
    parser::parse(text, files)
}

/// Whether a variable of the environment stands in a word: what the word says is then unknown.
pub fn has_variable(word: &str) -> bool {
    [("{%", "%}"), ("{$", "}")].iter().any(|(open, close)| word.split_once(open).is_some_and(|(_, rest)| rest.find(close) > Some(0)))
}

impl Directive {
    fn of(at: Place, words: &[Word]) -> Self {
        let mut directive = Self { at, words: words.iter().map(|word| word.text.clone()).collect(), ..Self::default() };
        let Some((name, rest)) = words.split_first() else { return directive };
        directive.name.clone_from(&name.text);
        let mut lines: Vec<Vec<String>> = Vec::new();
        let (mut last, mut depth) = ((name.file, name.last_line()), 0_usize);
        for word in rest {
            match word.text.as_str() {
                "{" => depth += 1,
                "}" => depth = depth.saturating_sub(1),
                text if depth == 0 && lines.is_empty() => directive.arguments.push(text.to_owned()),
                text => match lines.last_mut() {
                    Some(line) if last == (word.file, word.line) => line.push(text.to_owned()),
                    _ => lines.push(vec![text.to_owned()]),
                },
            }
            last = (word.file, word.last_line());
        }
        directive.body = lines;
        directive
    }
}

/// The zones that the plugin `kubernetes` answers for, without those of addresses; lower case, without the dot at the end.
pub fn kubernetes_zones(blocks: &[Block]) -> Vec<String> {
    let mut zones = Vec::new();
    for block in blocks {
        for directive in block.directives.iter().filter(|directive| directive.name == "kubernetes") {
            let named = if directive.arguments.is_empty() { &block.keys } else { &directive.arguments };
            zones.extend(named.iter().filter_map(|key| zone(key)));
        }
    }
    zones
}

fn zone(key: &str) -> Option<String> {
    let (_, host) = key.split_once("://").unwrap_or(("", key));
    let (host, _) = host.split_once(':').unwrap_or((host, ""));
    let zone = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let of_addresses = zone.contains('/') || ["in-addr.arpa", "ip6.arpa"].iter().any(|suffix| zone.ends_with(suffix));
    let written_out = !zone.is_empty() && !zone.contains(['{', '$', '%']);
    (written_out && !of_addresses).then_some(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones(text: &str) -> Option<Vec<String>> {
        parse(text, &Files::default()).ok().map(|corefile| kubernetes_zones(&corefile.blocks))
    }

    #[test]
    fn zones_are_those_of_the_plugin_or_else_of_its_block() {
        for (text, wanted) in [
            (
                ".:53 {\n  errors\n  kubernetes cluster.local in-addr.arpa ip6.arpa {\n    pods insecure\n  }\n  cache 30\n}\n",
                Some(vec!["cluster.local"]),
            ),
            ("dns://Corp.Example.:1053, 10.0.0.0/8 {\n kubernetes\n}", Some(vec!["corp.example"])),
            ("a.example,\nb.example {\n kubernetes # all of them\n}", Some(vec!["a.example", "b.example"])),
            (". {\n kubernetes \"c.example\"\n}\nd.example {\n whoami\n}", Some(vec!["c.example"])),
            ("# nothing\n", Some(vec![])),
            (". {\n kubernetes {$ZONE}\n}", Some(vec![])),
            // CoreDNS takes the last brace twice.
            (". {\n kubernetes a.example {\n}", Some(vec!["a.example"])),
            (". {\n kubernetes a.example {\n", None),
            (". { kubernetes a.example }", None),
            ("a.example\nkubernetes", Some(vec!["a.example"])),
        ] {
            assert_eq!(zones(text), wanted.map(|zones| zones.into_iter().map(str::to_owned).collect()), "{text}");
        }
    }

    #[test]
    fn bodies_belong_to_their_directive() {
        let text = ". {\n  forward . /etc/resolv.conf {\n    max_concurrent 1000\n    inner {\n      x\n    }\n  }\n}";
        let corefile = parse(text, &Files::default()).unwrap();
        let forward = corefile.blocks.first().and_then(|block| block.directives.first()).cloned().unwrap();
        assert_eq!((forward.name.as_str(), forward.arguments.len(), forward.body.len()), ("forward", 2, 3));
    }

    #[test]
    fn what_is_imported_stands_in_the_place_of_the_import() {
        let mut files = Files::beside("/etc/coredns");
        files.add("/etc/coredns/custom", Folder::from([("a.server", Some("a.example {\n whoami\n}")), ("b.override", Some("log"))]));
        let text = "(s) {\n errors\n import custom/*.override\n}\n. {\n import s\n import /other/*.override\n}\nimport custom/*.server\nimport {$X}\n";
        let corefile = parse(text, &files).unwrap();
        let told = |block: &Block| {
            let names: Vec<String> = block.directives.iter().map(|directive| format!("{} {}", directive.name, directive.at)).collect();
            format!("{}: {}", block.keys.join(" "), names.join(", "))
        };
        let blocks: Vec<String> = corefile.blocks.iter().map(told).collect();
        let wanted = [
            ".: errors Corefile:2, log /etc/coredns/custom/b.override:1, import Corefile:7",
            "a.example: whoami /etc/coredns/custom/a.server:2",
        ];
        assert_eq!(blocks, wanted);
        let unread: Vec<&str> = corefile.unread.iter().map(|import| import.pattern.as_str()).collect();
        assert_eq!(unread, ["/other/*.override", "{$X}"]);
    }

    #[test]
    fn snippets_that_import_each_other_end() {
        let text = "(a) {\n import b\n import b\n}\n(b) {\n import a\n}\n. {\n import a\n}";
        assert_eq!(parse(text, &Files::default()).unwrap_err().flaw, Flaw::TooMany);
    }

    proptest::proptest! {
        #[test]
        fn whatever_it_says_it_is_read_or_refused(text in "([a-c.:,(){}$%#\"\\\\ \n\r\u{0}\u{a0}ß\u{feff}]|import |\n| )*") {
            drop(parse(&text, &Files::default()).map(|corefile| kubernetes_zones(&corefile.blocks)));
        }
    }
}
