//! The Corefile of CoreDNS, as far as it can be read: server blocks, their directives, and what is below these.
//!
//! What stands elsewhere (imports, variables of the environment) is not filled in: whoever reads a value has to look for it.

/// A server block: where it listens, for which zones, and what it does.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Block {
    /// Zones, perhaps with scheme and port, as they are written.
    pub keys: Vec<String>,
    /// What is in it.
    pub directives: Vec<Directive>,
}

/// A line of a block, with the lines in braces behind it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Directive {
    /// First word.
    pub name: String,
    /// The others.
    pub arguments: Vec<String>,
    /// Lines in braces.
    pub body: Vec<Vec<String>>,
}

/// A Corefile with which CoreDNS would not start: the line at which that shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    /// Counted from one.
    pub line: usize,
}

/// Reads all server blocks.
pub fn parse(text: &str) -> Result<Vec<Block>, Malformed> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut block, mut depth, mut last) = (Block::default(), 0_usize, 0);
    for (line, mut words) in lines(text) {
        last = line;
        let opens = words.last().is_some_and(|word| word == "{");
        if opens {
            words.pop();
        }
        let closes = words == ["}"];
        match depth {
            _ if words.iter().any(|word| word == "{") => return Err(Malformed { line }),
            0 if closes => return Err(Malformed { line }),
            0 => block.keys.extend(words.iter().map(|key| key.trim_end_matches(',').to_owned()).filter(|key| !key.is_empty())),
            1 if closes => blocks.push(std::mem::take(&mut block)),
            1 => {
                let mut words = words.into_iter();
                let name = words.next().ok_or(Malformed { line })?;
                block.directives.push(Directive { name, arguments: words.collect(), body: Vec::new() });
            }
            _ if closes => {}
            _ => {
                let directive = block.directives.last_mut().ok_or(Malformed { line })?;
                directive.body.push(words);
            }
        }
        depth = if closes { depth.saturating_sub(1) } else { depth + usize::from(opens) };
    }
    if depth > 0 || !block.keys.is_empty() { Err(Malformed { line: last }) } else { Ok(blocks) }
}

/// Lines that have words, with their numbers. Quotes keep blanks together; a `#` begins a comment where a word would begin.
fn lines(text: &str) -> Vec<(usize, Vec<String>)> {
    let (mut all, mut words, mut word) = (Vec::new(), Vec::new(), None::<String>);
    let (mut line, mut quoted, mut comment) = (1, false, false);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' if quoted && characters.peek() == Some(&'"') => word.get_or_insert_default().extend(characters.next()),
            '"' if quoted => quoted = false,
            _ if quoted => word.get_or_insert_default().push(c),
            '\n' => {
                words.extend(word.take());
                if !words.is_empty() {
                    all.push((line, std::mem::take(&mut words)));
                }
                comment = false;
            }
            _ if comment => {}
            _ if c.is_whitespace() => words.extend(word.take()),
            '#' if word.is_none() => comment = true,
            '"' if word.is_none() => {
                quoted = true;
                word = Some(String::new());
            }
            _ => word.get_or_insert_default().push(c),
        }
        line += usize::from(c == '\n');
    }
    words.extend(word);
    if !words.is_empty() {
        all.push((line, words));
    }
    all
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
        parse(text).ok().map(|blocks| kubernetes_zones(&blocks))
    }

    #[test]
    fn zones_are_those_of_the_plugin_or_else_of_its_block() {
        for (text, wanted) in [
            (
                ".:53 {\n  errors\n  kubernetes cluster.local in-addr.arpa ip6.arpa {\n    pods insecure\n  }\n  cache 30\n}\n",
                Some(vec!["cluster.local"]),
            ),
            ("dns://Corp.Example.:1053, 10.0.0.0/8 {\n kubernetes\n}", Some(vec!["corp.example"])),
            ("a.example\nb.example {\n kubernetes # all of them\n}", Some(vec!["a.example", "b.example"])),
            (". {\n kubernetes \"c.example\"\n}\nd.example {\n whoami\n}", Some(vec!["c.example"])),
            ("# nothing\n", Some(vec![])),
            (". {\n kubernetes {$ZONE}\n}", Some(vec![])),
            (". {\n kubernetes a.example {\n}", None),
            ("}", None),
            (". {\n} }", None),
            (". { kubernetes a.example }", None),
            ("a.example", None),
        ] {
            assert_eq!(zones(text), wanted.map(|zones| zones.into_iter().map(str::to_owned).collect()), "{text}");
        }
    }

    #[test]
    fn bodies_belong_to_their_directive() {
        let blocks = parse(". {\n  forward . /etc/resolv.conf {\n    max_concurrent 1000\n    inner {\n      x\n    }\n  }\n}").unwrap();
        let forward = blocks.first().and_then(|block| block.directives.first()).cloned().unwrap();
        assert_eq!((forward.name.as_str(), forward.arguments.len(), forward.body.len()), ("forward", 2, 3));
    }

    proptest::proptest! {
        #[test]
        fn whatever_it_says_it_is_read_or_refused(text in "[a-z.:{}#\"\\\\ \n\u{0}\u{a0}ß]{0,60}") {
            drop(parse(&text).map(|blocks| kubernetes_zones(&blocks)));
        }
    }
}
