//! A Corefile without what may be a secret, for snapshots: lines keep their numbers and plugins their names.
//!
//! What is known to be harmless is kept; comments and all the rest go, because any plugin can have a key or a token among its words.

use super::lexer::{Word, words};
use super::{Files, has_variable, parse};

/// Stands for words that were taken out: like those of a variable, what they say is unknown.
const NOT_RECORDED: &str = "{$NOT_RECORDED}";
/// The same where there is no more to be told than that there is a word.
const REMOVED: &str = "removed";
/// Every line in the braces is kept.
const ALL: &[&str] = &["*"];

/// Plugins whose arguments are kept, each with those of its options of which the arguments are kept, too: what they say, the servers tell to
/// anybody who asks.
const KEPT: [(&str, &[&str]); 22] = [
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
    ("acl", ALL),
    ("autopath", ALL),
    ("dns64", ALL),
    ("hosts", ALL),
    ("k8s_external", ALL),
    ("rewrite", ALL),
    ("template", ALL),
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
const OTHERS: [&str; 16] = [
    "auto",
    "azure",
    "clouddns",
    "dnssec",
    "dnstap",
    "etcd",
    "file",
    "header",
    "log",
    "nomad",
    "route53",
    "secondary",
    "sign",
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
    /// Whether it shows that words of the plugin were taken out.
    told: bool,
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
            match text {
                Some(text) => out.write(word, &text),
                // What follows in its last line would begin one.
                None if word.text.contains('\n') => out.write(word, NOT_RECORDED),
                None => {}
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
                self.told = self.keeps;
                return Some(if is_name(name) { name.to_owned() } else { variables(name).unwrap_or_else(|| REMOVED.to_owned()) });
            }
            option if begins => {
                let all = self.plugin.is_some_and(|(_, options)| *options == ALL);
                self.keeps = all || self.plugin.is_some_and(|(_, options)| options.contains(&option));
                return match self.plugin {
                    Some(_) if all => Some(harmless(option, false)),
                    Some(_) if is_name(option) => Some(option.to_owned()),
                    _ => self.taken_out(option),
                };
            }
            argument if self.keeps => return Some(harmless(argument, false)),
            argument => return self.taken_out(argument),
        }
        Some(word.to_owned())
    }
}

impl Redaction {
    /// Once for each plugin that there was something.
    fn taken_out(&mut self, word: &str) -> Option<String> {
        variables(word).or_else(|| (!std::mem::replace(&mut self.told, true)).then(|| NOT_RECORDED.to_owned()))
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
    // Text in quotes with a backslash cannot be told from one that escapes.
    let quoted = word.contains(' ') && word.contains('\\');
    let odd = |c: char| {
        if key { !(c.is_ascii_alphanumeric() || ".-_:/*,()".contains(c)) } else { !(' '..='~').contains(&c) || "\"#".contains(c) }
    };
    if word.is_empty() || matches!(word, "{" | "}" | "import") {
        return word.to_owned();
    }
    if word.len() > 255 || quoted || word.contains(odd) {
        return NOT_RECORDED.to_owned();
    }
    let Some((scheme, rest)) = word.split_once("://") else {
        return if word.trim_start_matches('@').contains('@') { NOT_RECORDED.to_owned() } else { word.to_owned() };
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
        let lines = word.last_line() - word.line - text.matches('\n').count().min(word.last_line() - word.line);
        let quoted = text.is_empty() || text.contains([' ', '\n']) || lines > 0;
        self.text += &if quoted { format!("\"{}{text}\"", "\n".repeat(lines)) } else { text.to_owned() };
        self.line = word.last_line();
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
                "\n.:53 {\nerrors\nkubernetes a.example {$NOT_RECORDED} {\npods insecure\nendpoint\n}\n}\n",
            ),
            (
                "a.example,\nb.example {\n  forward . tls://u:SECRET@192.0.2.1:853/SECRET /etc/resolv.conf {\n    tls_servername SECRET\n    max_concurrent 5\n  }\n}",
                "a.example,\nb.example {\nforward . tls://192.0.2.1:853 /etc/resolv.conf {\ntls_servername\nmax_concurrent 5\n}\n}\n",
            ),
            (
                ".\nroute53 x:SECRET {\n  aws_access_key SECRET SECRET\n  import custom/*.override\n}\ncache 30",
                ".\nroute53 {$NOT_RECORDED} {\n\nimport custom/*.override\n}\ncache 30\n",
            ),
            (
                ". {\n  etcd SECRET{$USER}SECRET {\n    \"SECRET\nSECRET\" {%P%}\n  }\n}",
                ". {\netcd {$USER} {\n\"\n{$NOT_RECORDED}\" {%P%}\n}\n}\n",
            ),
            (". {\n  }\n}\nSECRET SECRET {\n SECRET\n}", ""),
            (
                "(s) {\n  tsig {\n    secret SECRET\n  }\n}\n. {\n  import s\n  SECRET\n}",
                "(s) {\ntsig {\n{$NOT_RECORDED}\n}\n}\n. {\nimport s\nremoved\n}\n",
            ),
            (
                ". {\n  rewrite name regex (.*)\\.a {1}.b\n  template IN A {\n    answer \"{{ .Name }} 60 IN A 192.0.2.1\"\n  }\n}\n",
                ". {\nrewrite name regex (.*)\\.a {1}.b\ntemplate IN A {\nanswer \"{{ .Name }} 60 IN A 192.0.2.1\"\n}\n}\n",
            ),
            (". {\n  tsig {", "removed {\nremoved {\n"),
        ] {
            let redacted = without_secrets(text, false);
            assert_eq!(redacted, kept, "{text}");
        }
        assert_eq!(without_secrets("log SECRET\nerrors {\n x SECRET\n}\n", true), "log {$NOT_RECORDED}\nerrors {\nx\n}\n");
    }

    /// Names of plugins by block and line, and what is wrong.
    fn told(text: &str) -> Result<Vec<String>, String> {
        let names = |corefile: Corefile| {
            let of = |block: &super::super::Block| -> Vec<String> {
                block.directives.iter().map(|directive| format!("{} {}", directive.name, directive.at.line)).collect()
            };
            corefile.blocks.iter().map(|block| format!("{}: {}", block.keys.join(" "), of(block).join(", "))).collect()
        };
        parse(text, &Files::default()).map(names).map_err(|malformed| malformed.to_string())
    }

    proptest::proptest! {
        #[test]
        fn blocks_and_plugins_are_those_of_the_whole_text(
            text in "((a\\.example|b:53)( \\{)?\n( (errors|forward \\. SECRET|etcd|custom SECRET)( \\{\n  (except x|token SECRET)\n })?\n){0,3}\\}?\n){0,4}"
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
