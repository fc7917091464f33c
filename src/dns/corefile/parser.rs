//! Words to blocks and directives: `caddyfile/parse.go`, whose decisions about lines, braces and imports are kept as they are.

use std::collections::BTreeMap;

use super::files::{Files, Found};
use super::lexer::{Word, words};
use super::{Block, Corefile, Directive, Flaw, Import, Malformed, Place, has_variable};

/// How often snippets and files are imported at most, as in CoreDNS.
const SNIPPETS: usize = 10_000;
const FILES: usize = 100_000;
/// More words than any Corefile has: snippets can import each other.
const WORDS: usize = 1 << 20;

/// Reads all server blocks.
pub(super) fn parse(text: &str, files: &Files<'_>) -> Result<Corefile, Malformed> {
    let mut rest = words(text, 0);
    rest.reverse();
    let mut parser = Parser {
        files,
        paths: vec![String::new()],
        done: Vec::new(),
        rest,
        beyond: false,
        snippets: BTreeMap::new(),
        imported: (0, 0, 0),
        unread: Vec::new(),
    };
    let mut blocks = Vec::new();
    while parser.next() {
        blocks.extend(parser.block()?);
    }
    Ok(Corefile { blocks, unread: parser.unread })
}

struct Parser<'f> {
    files: &'f Files<'f>,
    /// Names of the files that were read, the Corefile first.
    paths: Vec<String>,
    /// Words up to the current one, which is the last.
    done: Vec<Word>,
    /// Words behind it, the next one last.
    rest: Vec<Word>,
    /// Whether the current word would stand behind the last one.
    beyond: bool,
    snippets: BTreeMap<String, Vec<Word>>,
    /// Snippets, files and words that were imported.
    imported: (usize, usize, usize),
    unread: Vec<Import>,
}

/// What became of an import.
enum Imported {
    /// The first of its words is the current one.
    Yes,
    /// It was not read, and its pattern is the current word.
    No,
}

impl Parser<'_> {
    /// Makes the next word the current one, if there is one.
    fn next(&mut self) -> bool {
        match self.rest.pop() {
            Some(word) => {
                self.done.push(word);
                true
            }
            None => false,
        }
    }

    /// Takes the last step back.
    fn back(&mut self) {
        if std::mem::take(&mut self.beyond) {
            return;
        }
        self.rest.extend(self.done.pop());
    }

    fn current(&self) -> &str {
        if self.beyond { "" } else { self.done.last().map_or("", |word| &word.text) }
    }

    fn place(&self) -> Place {
        let word = self.done.last();
        let file = self.paths.get(word.map_or(0, |word| word.file)).cloned().unwrap_or_default();
        Place { file, line: word.map_or(0, |word| word.line) }
    }

    fn flaw(&self, flaw: Flaw) -> Malformed {
        Malformed { at: self.place(), flaw }
    }

    /// Whether the current word is the first of its line.
    fn begins_line(&self) -> bool {
        match self.done.as_slice() {
            _ if self.beyond => false,
            [.., before, word] => before.file != word.file || before.last_line() < word.line,
            _ => true,
        }
    }

    /// Whether the next word is in the line of the current one.
    fn line_goes_on(&self) -> bool {
        let (Some(word), Some(next)) = (self.done.last(), self.rest.last()) else { return false };
        !self.beyond && word.file == next.file && word.last_line() == next.line
    }

    /// A server block; none if it was a snippet, or nothing but imports.
    fn block(&mut self) -> Result<Option<Block>, Malformed> {
        let at = self.place();
        let Some(keys) = self.keys()? else { return Ok(None) };
        let (keys, ended) = keys;
        let mut directives = Vec::new();
        if !ended {
            if let [key] = keys.as_slice()
                && let Some(name) = key.strip_prefix('(').and_then(|name| name.strip_suffix(')'))
            {
                let name = name.to_owned();
                self.snippet(name)?;
                return Ok(None);
            }
            let braces = self.current() == "{";
            if !braces {
                self.back();
            }
            directives = self.directives()?;
            if braces && self.current() != "}" {
                return Err(self.flaw(Flaw::Expected("}")));
            }
        }
        Ok((!keys.is_empty()).then_some(Block { at, keys, directives }))
    }

    /// The keys of a block, up to its brace or the line behind them, and whether the file ends with them.
    fn keys(&mut self) -> Result<Option<(Vec<String>, bool)>, Malformed> {
        let (mut keys, mut another) = (Vec::new(), false);
        loop {
            if self.current() == "import" && self.begins_line() {
                if matches!(self.import()?, Imported::Yes) {
                    continue;
                }
                // Nothing is known to have come of it.
                self.done.pop();
                self.done.pop();
                if !self.next() {
                    self.beyond = true;
                }
                continue;
            }
            let word = self.current();
            if word == "{" {
                if another {
                    return Err(self.flaw(Flaw::Comma));
                }
                return Ok(Some((keys, false)));
            }
            if !word.is_empty() {
                let key = word.strip_suffix(',');
                another = key.is_some();
                keys.push(key.unwrap_or(word).to_owned());
            }
            if !self.next() {
                return if another { Err(self.flaw(Flaw::End)) } else { Ok(Some((keys, true))) };
            }
            if !another && self.begins_line() {
                return Ok(Some((keys, false)));
            }
        }
    }

    /// Keeps the words of a snippet.
    fn snippet(&mut self, name: String) -> Result<(), Malformed> {
        if self.snippets.contains_key(&name) {
            return Err(self.flaw(Flaw::SnippetTwice(name)));
        }
        if self.current() != "{" {
            return Err(self.flaw(Flaw::Expected("{")));
        }
        let (mut depth, mut body) = (1_usize, Vec::new());
        while self.next() {
            match self.current() {
                "}" => depth -= 1,
                "{" => depth += 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            body.extend(self.done.last().cloned());
        }
        if depth > 0 {
            return Err(self.flaw(Flaw::Expected("}")));
        }
        let first = |at: usize| {
            let before = at.checked_sub(1).and_then(|at| body.get(at));
            before.is_none_or(|before| body.get(at).is_some_and(|word| before.file != word.file || before.line != word.line))
        };
        let imports_itself = |(at, pair): (usize, &[Word])| match pair {
            [import, of] => import.text == "import" && of.text == name && first(at),
            _ => false,
        };
        if body.windows(2).enumerate().any(imports_itself) {
            return Err(self.flaw(Flaw::TooMany));
        }
        self.snippets.insert(name, body);
        Ok(())
    }

    /// The directives up to the brace that ends the block, or to the end.
    fn directives(&mut self) -> Result<Vec<Directive>, Malformed> {
        let mut directives = Vec::new();
        while self.next() {
            match self.current() {
                "}" => break,
                "import" => match self.import()? {
                    Imported::Yes => self.back(),
                    Imported::No => {
                        let pattern = self.done.last().cloned();
                        directives.extend(pattern.map(|pattern| {
                            let import = Word { text: "import".to_owned(), ..pattern.clone() };
                            Directive::of(self.place(), &[import, pattern])
                        }));
                    }
                },
                _ => directives.push(self.directive()?),
            }
        }
        Ok(directives)
    }

    /// A directive: its line, and what is in its braces.
    fn directive(&mut self) -> Result<Directive, Malformed> {
        let at = self.place();
        let mut all: Vec<Word> = self.done.last().cloned().into_iter().collect();
        let mut depth = 0_usize;
        while self.next() {
            match self.current() {
                "{" => depth += 1,
                _ if depth == 0 && self.begins_line() => {
                    self.back();
                    break;
                }
                "}" => depth = depth.checked_sub(1).ok_or_else(|| self.flaw(Flaw::Brace))?,
                "import" if self.begins_line() => match self.import()? {
                    Imported::Yes => {
                        self.back();
                        continue;
                    }
                    Imported::No => {
                        all.extend(self.done.iter().rev().nth(1).cloned());
                    }
                },
                _ => {}
            }
            all.extend(self.done.last().cloned());
        }
        if depth > 0 { Err(self.flaw(Flaw::End)) } else { Ok(Directive::of(at, &all)) }
    }

    /// Puts what is imported in the place of the word `import` and its argument.
    fn import(&mut self) -> Result<Imported, Malformed> {
        if !self.line_goes_on() {
            return Err(self.flaw(Flaw::ImportOne));
        }
        let at = self.place();
        self.next();
        let pattern = self.current().to_owned();
        if pattern.is_empty() || self.line_goes_on() {
            return Err(self.flaw(Flaw::ImportOne));
        }
        let words = match self.snippets.get(&pattern) {
            Some(body) => {
                self.imported.0 += 1;
                body.clone()
            }
            None => {
                self.imported.1 += 1;
                match self.file(&pattern)? {
                    Some(words) => words,
                    None => {
                        self.unread.push(Import { at, pattern });
                        return Ok(Imported::No);
                    }
                }
            }
        };
        self.imported.2 += words.len();
        let (snippets, files, all) = self.imported;
        if snippets > SNIPPETS || files > FILES || all > WORDS {
            return Err(self.flaw(Flaw::TooMany));
        }
        self.done.pop();
        self.done.pop();
        self.rest.extend(words.into_iter().rev());
        if !self.next() {
            self.beyond = true;
        }
        Ok(Imported::Yes)
    }

    /// The words of the files that a pattern means; none if they were not read.
    fn file(&mut self, pattern: &str) -> Result<Option<Vec<Word>>, Malformed> {
        let from = self.done.last().filter(|word| word.file > 0).and_then(|word| self.paths.get(word.file));
        let from = from.and_then(|path| path.rsplit_once('/')).map(|(folder, _)| folder);
        let found = if has_variable(pattern) { Found::Unread } else { self.files.find(pattern, from) };
        let texts = match found {
            Found::Unread => return Ok(None),
            Found::Missing => return Err(self.flaw(Flaw::NoSuchFile(pattern.to_owned()))),
            Found::Refused => return Err(self.flaw(Flaw::Pattern(pattern.to_owned()))),
            Found::Texts(texts) => texts,
        };
        let mut all = Vec::new();
        for (path, text) in texts {
            let file = self.paths.iter().position(|known| *known == path).unwrap_or(self.paths.len());
            if file == self.paths.len() {
                self.paths.push(path);
            }
            all.extend(words(text, file));
        }
        Ok(Some(all))
    }
}
