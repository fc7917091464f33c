//! Words of a Corefile: `caddyfile/lexer.go`, with its oddities.

/// A word, and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// Counted from one.
    pub(super) line: usize,
    /// Which of the files that were read.
    pub(super) file: usize,
}

impl Word {
    /// The line it ends in: quotes may hold several.
    pub(super) fn last_line(&self) -> usize {
        self.line + self.text.matches('\n').count()
    }
}

/// All words of a file. What stands in quotes is one; a `#` begins a comment even inside a word.
pub(super) fn words(text: &str, file: usize) -> Vec<Word> {
    let mut lexer = Lexer { rest: text.strip_prefix('\u{feff}').unwrap_or(text).chars(), line: 1 };
    std::iter::from_fn(|| lexer.next().map(|(text, line)| Word { text, line, file })).collect()
}

struct Lexer<'a> {
    rest: std::str::Chars<'a>,
    line: usize,
}

impl Lexer<'_> {
    fn next(&mut self) -> Option<(String, usize)> {
        let (mut word, mut begins) = (String::new(), self.line);
        // A comment that follows a word without a blank ends with that word: what comes after the next blank is read again.
        let mut comment = false;
        while let Some(c) = self.rest.next() {
            match c {
                '\r' => {}
                _ if c.is_whitespace() => {
                    if c == '\n' {
                        self.line += 1;
                        comment = false;
                    }
                    if !word.is_empty() {
                        return Some((word, begins));
                    }
                }
                '#' => comment = true,
                _ if comment => {}
                '"' if word.is_empty() => return self.quoted(),
                _ => {
                    if word.is_empty() {
                        begins = self.line;
                    }
                    word.push(c);
                }
            }
        }
        (!word.is_empty()).then_some((word, begins))
    }

    /// Up to the closing quotes; only quotes can be escaped. What is not closed counts if there is anything in it.
    fn quoted(&mut self) -> Option<(String, usize)> {
        let (mut word, begins, mut escaped) = (String::new(), self.line, false);
        for c in self.rest.by_ref() {
            match c {
                '\\' if !escaped => {
                    escaped = true;
                    continue;
                }
                '"' if !escaped => return Some((word, begins)),
                _ => {}
            }
            self.line += usize::from(c == '\n');
            if escaped && c != '"' {
                word.push('\\');
            }
            word.push(c);
            escaped = false;
        }
        (!word.is_empty()).then_some((word, begins))
    }
}
