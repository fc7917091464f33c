//! A Corefile without what may be a secret, for snapshots: lines keep their numbers and plugins their names.
//!
//! What is known to be harmless is kept; comments and all the rest go, because any plugin can have a key or a token among its words.

use super::lexer::{Word, words};
use super::{Files, has_variable, parse};

/// Stands for a word that was taken out where there must be one.
const REMOVED: &str = "removed";

/// Plugins whose arguments are kept, each with those of its options of which the arguments are kept, too.
const KEPT: [(&str, &[&str]); 16] = [
    (
        "kubernetes",
        &[
            "pods",
            "ttl",
            "endpoint_pod_names",
            "noendpoints",
            "ignore",
            "fallthrough",
            "namespaces",
            "namespace_labels",
            "labels",
            "multicluster",
            "zonal",
        ],
    ),
    ("forward", &["except", "max_concurrent", "policy", "max_fails", "expire", "health_check", "failover"]),
    ("grpc", &["except", "policy"]),
    ("cache", &["success", "denial", "prefetch", "serve_stale", "servfail", "disable", "keepttl"]),
    ("health", &["lameduck"]),
    ("autopath", &[]),
    ("bind", &["except"]),
    ("errors", &[]),
    ("loadbalance", &[]),
    ("local", &[]),
    ("loop", &[]),
    ("minimal", &[]),
    ("prometheus", &[]),
    ("ready", &[]),
    ("reload", &[]),
    ("whoami", &[]),
];

/// Other plugins: a key of such a name is one of these in the wrong place.
const OTHERS: [&str; 22] = [
    "acl",
    "auto",
    "azure",
    "clouddns",
    "dnssec",
    "dnstap",
    "etcd",
    "file",
    "header",
    "hosts",
    "k8s_external",
    "log",
    "nomad",
    "on",
    "rewrite",
    "route53",
    "secondary",
    "sign",
    "template",
    "tls",
    "trace",
    "tsig",
];

/// The text without secrets; empty if nothing of it is safe. `directives` says that it is imported into a block, and has no keys of its own.
pub fn without_secrets(text: &str, directives: bool) -> String {
    let mut out = Output::default();
    let all = words(text, 0);
    let misplaced =
        |key: &String| matches!(key.as_str(), "{" | "}") || OTHERS.contains(&key.as_str()) || KEPT.iter().any(|(name, _)| key == name);
    match parse(text, &Files::default()) {
        Ok(corefile) if !directives && corefile.blocks.iter().flat_map(|block| &block.keys).any(misplaced) => return String::new(),
        // That it is malformed shows in its braces and imports.
        Err(_) if !directives => all.iter().for_each(|word| out.write(word, &structure(&word.text))),
        _ => Redaction { in_block: directives, ..Redaction::default() }.run(&all, &mut out),
    }
    out.text + "\n"
}

fn structure(word: &str) -> String {
    match word {
        "{" | "}" | "import" | "" => word.to_owned(),
        _ if word.ends_with(',') => format!("{REMOVED},"),
        _ => REMOVED.to_owned(),
    }
}

/// What the words that come next are, as the parser takes them.
#[derive(Default)]
struct Redaction {
    in_block: bool,
    /// Braces within the block.
    depth: usize,
    /// A key that has no comma behind it.
    last_key: bool,
    /// The plugin, if its arguments are kept.
    plugin: Option<&'static (&'static str, &'static [&'static str])>,
    /// Whether the line that was begun is kept.
    keeps: bool,
}

impl Redaction {
    fn run(mut self, all: &[Word], out: &mut Output) {
        let mut before: Option<&Word> = None;
        let mut importing = false;
        for word in all {
            let begins = before.is_none_or(|before| before.last_line() < word.line);
            before = Some(word);
            if begins && word.text == "import" {
                importing = true;
                self.in_block |= std::mem::take(&mut self.last_key);
                out.write(word, "import");
                continue;
            }
            let text = if std::mem::take(&mut importing) { Some(harmless(&word.text, false)) } else { self.word(&word.text, begins) };
            if let Some(text) = text {
                out.write(word, &text);
            }
        }
    }

    /// What stays of a word.
    fn word(&mut self, word: &str, begins: bool) -> Option<String> {
        if !self.in_block {
            let block = word == "{";
            if !(block || self.last_key && begins) {
                self.last_key = !word.is_empty() && !word.ends_with(',');
                return Some(harmless(word, true));
            }
            // Without a brace the directives follow at once.
            (self.in_block, self.last_key) = (true, false);
            if block {
                return Some(word.to_owned());
            }
        }
        match word {
            "{" => self.depth += 1,
            "}" if self.depth == 0 => self.in_block = false,
            "}" => self.depth -= 1,
            name if self.depth == 0 && begins => {
                self.plugin = KEPT.iter().find(|(known, _)| *known == name);
                self.keeps = self.plugin.is_some();
                return Some(if is_name(name) { name.to_owned() } else { variables(name).unwrap_or_else(|| REMOVED.to_owned()) });
            }
            option if begins => {
                self.keeps = self.plugin.is_some_and(|(_, options)| options.contains(&option));
                return if self.plugin.is_some() && is_name(option) { Some(option.to_owned()) } else { variables(option) };
            }
            argument if self.keeps => return Some(harmless(argument, false)),
            argument => return variables(argument),
        }
        Some(word.to_owned())
    }
}

/// What plugins and options are called.
fn is_name(word: &str) -> bool {
    word.len() <= 32
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// A word without passwords and paths of URLs; a key without what no zone has.
fn harmless(word: &str, key: bool) -> String {
    if has_variable(word) {
        return variables(word).unwrap_or_default();
    }
    let odd = |c: char| !(c.is_ascii_alphanumeric() || ".-_:/*,()=!".contains(c) || (!key && "@? []".contains(c)));
    if word.len() > 255 || word.contains(odd) {
        return structure(word);
    }
    let Some((scheme, rest)) = word.split_once("://") else {
        return if word.trim_start_matches('@').contains('@') { REMOVED.to_owned() } else { word.to_owned() };
    };
    let host = rest.split('/').next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    format!("{scheme}://{host}{}", if key && rest.ends_with(',') && !host.ends_with(',') { "," } else { "" })
}

/// The variables in a word: their names say nothing of what they hold.
fn variables(word: &str) -> Option<String> {
    let mut found = String::new();
    for (open, close) in [("{%", "%}"), ("{$", "}")] {
        for part in word.split(open).skip(1) {
            let name = part.split_once(close).map(|(name, _)| name).filter(|name| !name.is_empty() && name.len() <= 64);
            if let Some(name) = name.filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')) {
                found += &format!("{open}{name}{close}");
            }
        }
    }
    (!found.is_empty()).then_some(found)
}

/// Text in which words stand in the lines they came from.
#[derive(Default)]
struct Output {
    text: String,
    line: usize,
}

impl Output {
    fn write(&mut self, word: &Word, text: &str) {
        if self.line == 0 {
            self.line = 1;
        }
        while self.line < word.line {
            self.text.push('\n');
            self.line += 1;
        }
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push(' ');
        }
        if text.is_empty() || text.contains(' ') { self.text += &format!("\"{text}\"") } else { self.text += text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::corefile::Corefile;

    #[test]
    fn words_of_plugins_go_unless_they_are_known_to_be_harmless() {
        for (text, kept) in [
            (
                "# SECRET\n.:53 {\n  errors\n  kubernetes a.example SECRET@x {\n    pods insecure # SECRET\n    endpoint https://u:SECRET@x\n  }\n}\n",
                "\n.:53 {\nerrors\nkubernetes a.example removed {\npods insecure\nendpoint\n}\n}\n",
            ),
            (
                "a.example,\nb.example {\n  forward . tls://u:SECRET@192.0.2.1:853/SECRET /etc/resolv.conf {\n    tls_servername SECRET\n    max_concurrent 5\n  }\n}",
                "a.example,\nb.example {\nforward . tls://192.0.2.1:853 /etc/resolv.conf {\ntls_servername\nmax_concurrent 5\n}\n}\n",
            ),
            (
                ".\nroute53 x:SECRET {\n  aws_access_key SECRET SECRET\n  import custom/*.override\n}\ncache 30",
                ".\nroute53 {\n\nimport custom/*.override\n}\ncache 30\n",
            ),
            (". {\n  etcd SECRET{$USER}SECRET {\n    \"SECRET\nSECRET\" {%P%}\n  }\n}", ". {\netcd {$USER} {\n\n{%P%}\n}\n}\n"),
            (". {\n  }\n}\nSECRET SECRET {\n SECRET\n}", ""),
            (
                "(s) {\n  hosts {\n    192.0.2.1 SECRET\n  }\n}\n. {\n  import s\n  SECRET\n}",
                "(s) {\nhosts {\n\n}\n}\n. {\nimport s\nremoved\n}\n",
            ),
            (". {\n  tsig {", "removed {\nremoved {\n"),
        ] {
            let redacted = without_secrets(text, false);
            assert_eq!(redacted, kept, "{text}");
        }
        assert_eq!(without_secrets("log SECRET\nerrors {\n x SECRET\n}\n", true), "log\nerrors {\nx\n}\n");
    }

    /// Names of plugins by block and line, and what is wrong.
    fn told(text: &str) -> Result<Vec<(Vec<String>, Vec<String>)>, String> {
        let names = |corefile: Corefile| {
            let of = |block: &super::super::Block| block.directives.iter().map(|d| format!("{} {}", d.name, d.at.line)).collect();
            corefile.blocks.iter().map(|block| (block.keys.clone(), of(block))).collect()
        };
        parse(text, &Files::default()).map(names).map_err(|malformed| malformed.to_string())
    }

    proptest::proptest! {
        #[test]
        fn blocks_and_plugins_are_those_of_the_whole_text(
            text in "((a\\.example|b:53) ?\\{?\n( (errors|forward \\. SECRET|etcd|custom SECRET) ?(\\{\n  (except x|token SECRET)\n })?\n){0,3}\\}?\n){0,4}"
        ) {
            let redacted = without_secrets(&text, false);
            proptest::prop_assert!(!redacted.contains("SECRET") || redacted.contains("forward . SECRET"), "{redacted}");
            let whole = told(&text);
            if whole.is_err() || !(redacted.is_empty() || redacted.contains("removed")) {
                proptest::prop_assert_eq!(told(&redacted), whole, "{}", redacted);
            }
        }

        #[test]
        fn what_was_taken_out_is_not_missed(text in "([a-z{}(),.\"\\\\#\n ]|import |\\{\n|\\}\n|forward )*") {
            let once = without_secrets(&text, false);
            proptest::prop_assert_eq!(parse(&text, &Files::default()).is_ok(), parse(&once, &Files::default()).is_ok(), "{}", once);
        }
    }
}
