//! `-o yaml`: the same fields as `-o json`, in the same order, nothing folded or wrapped.

use std::fmt;
use std::io;

use erased_serde::Serialize;
use serde_saphyr::ser_options;

use super::escape;
use crate::report::Answer;

/// Writes the report.
pub(super) fn write(answer: &Answer, out: &mut dyn io::Write) -> io::Result<()> {
    document(answer.document(), out)
}

pub(super) fn document(report: &dyn Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    let options = ser_options! { prefer_block_scalars: false };
    let mut printable = Printable { out, failure: None };
    let result = serde_saphyr::to_fmt_writer_with_options(&mut printable, &report, options);
    match (result, printable.failure) {
        (_, Some(failure)) => Err(failure),
        (Err(error), None) => Err(io::Error::other(error)),
        (Ok(()), None) => Ok(()),
    }
}

/// The serialiser quotes and escapes control characters, but writes bidirectional overrides and invisible characters as
/// they are; here they become `\u202e`, which a double-quoted string reads back as the character and any other shows.
struct Printable<'a> {
    out: &'a mut dyn io::Write,
    failure: Option<io::Error>,
}

impl fmt::Write for Printable<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let hidden = |c: char| c != '\n' && escape::is_hidden(c);
        let written = if text.contains(hidden) {
            let mut escaped = String::with_capacity(text.len() + 8);
            for c in text.chars() {
                match u32::from(c) {
                    // YAML has no surrogates.
                    code if hidden(c) && code > 0xffff => _ = write!(escaped, "\\U{code:08x}"),
                    code if hidden(c) => _ = write!(escaped, "\\u{code:04x}"),
                    _ => escaped.push(c),
                }
            }
            self.out.write_all(escaped.as_bytes())
        } else {
            self.out.write_all(text.as_bytes())
        };
        written.map_err(|error| {
            self.failure = Some(error);
            fmt::Error
        })
    }
}
