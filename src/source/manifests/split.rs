//! Cuts a file into its YAML documents, so that one broken document does not take the others with it.

/// One document: its text and the line (from 1) on which that text begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    pub(super) text: &'a str,
    pub(super) line: usize,
}

impl Chunk<'_> {
    /// The line of the first content, behind blank lines and comments.
    pub(super) fn content_line(&self) -> usize {
        let skipped = self.text.lines().take_while(|line| is_filler(line)).count();
        self.line.saturating_add(skipped)
    }
}

/// The documents of a file that hold more than blank lines, comments and directives.
///
/// A line that begins with `---` always starts a document and one that begins with `...` always ends it, also inside
/// what looks like a quoted or block text: YAML says so.
pub(super) fn documents(text: &str) -> Vec<Chunk<'_>> {
    let mut chunks = Vec::new();
    let (mut start, mut start_line) = (0, 1);
    let mut offset = 0;
    let mut push = |from: usize, to: usize, line: usize| {
        let text = text.get(from..to).unwrap_or_default();
        if !text.lines().all(is_filler) {
            chunks.push(Chunk { text, line });
        }
    };
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if is_marker(line, "---") {
            push(start, offset, start_line);
            // What follows on the same line belongs to the document: `--- {kind: Pod}`.
            (start, start_line) = (offset + 3, index + 1);
        } else if is_marker(line, "...") {
            push(start, offset, start_line);
            (start, start_line) = (offset + line.len(), index + 2);
        }
        offset += line.len();
    }
    push(start, text.len(), start_line);
    chunks
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

/// Blank, a comment or a directive such as `%YAML 1.1`.
fn is_filler(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#') || line.starts_with('%')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(&str, usize)> {
        documents(text).into_iter().map(|c| (c.text, c.content_line())).collect()
    }

    #[test]
    fn documents_and_their_lines() {
        assert_eq!(cut(""), []);
        assert_eq!(cut("# only\n\n---\n---\n# comments\n"), []);
        assert_eq!(cut("a: 1\n---\nb: 2\n"), [("a: 1\n", 1), ("\nb: 2\n", 3)]);
        assert_eq!(cut("%YAML 1.1\n---\r\na: 1\r\n---"), [("\r\na: 1\r\n", 3)]);
        assert_eq!(cut("--- {a: 1}\n--- # next\n# c\nb: 2"), [(" {a: 1}\n", 1), (" # next\n# c\nb: 2", 4)]);
        assert_eq!(cut("a: 1\n...\n# c\nb: 2\n"), [("a: 1\n", 1), ("# c\nb: 2\n", 4)]);
        assert_eq!(cut("a: |\n  ---\n  b\n---x: 1\n"), [("a: |\n  ---\n  b\n---x: 1\n", 1)]);
    }
}
