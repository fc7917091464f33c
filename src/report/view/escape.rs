//! Untrusted text: names, labels and messages come from whoever may write to the cluster, and must not steer a terminal.
//!
//! Every string of a report that reaches text goes through here; each format adds its own quoting. JSON and YAML keep the
//! characters, escaped by their own rules, and use [`is_hidden`] to know which.

use std::borrow::Cow;
use std::fmt::Write;

/// Escapes what must not reach a terminal, and cuts at the first line break.
///
/// As kubectl's own tables do: ESC becomes `^[`, and a text with line breaks ends in `...`. Other control characters, the
/// bidirectional overrides and invisible characters become `\u202e`.
pub fn escape(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    match text.split_once(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']) {
        None => escape_hidden(text),
        Some((line, _)) => Cow::Owned(format!("{}...", escape_hidden(line))),
    }
}

/// The same without cutting: line breaks are escaped, too.
pub(super) fn escape_hidden(text: &str) -> Cow<'_, str> {
    if is_plain(text) || !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\u{1b}' => escaped.push_str("^["),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            c if is_hidden(c) => push_escaped(&mut escaped, c),
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// Whether a text is printable ASCII, as nearly every text of a cluster is: told without decoding it.
pub(super) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Whether a character has no visible form of its own but changes what is seen: C0, C1, DEL, line separators, bidirectional
/// controls, zero-width and filler characters, tags.
pub(super) fn is_hidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    matches!(c,
        '\u{80}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// `\u202e`; two escapes of UTF-16, as in JSON, beyond the basic plane.
pub(super) fn push_escaped(out: &mut String, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        // Writing to a String cannot fail.
        let _ = write!(out, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_as_kubectl_does() {
        for (text, escaped) in [
            ("shop/payments", "shop/payments"),
            ("größer → ok", "größer → ok"),
            ("\u{1b}[31mred", "^[[31mred"),
            ("one\ntwo", "one..."),
            ("one\r\ntwo", "one..."),
            ("one\u{2028}two", "one..."),
            ("bell\u{7}", "bell\\u0007"),
            ("del\u{7f}", "del\\u007f"),
            ("c1\u{9b}31m", "c1\\u009b31m"),
            ("a\u{202e}b\u{200b}c", "a\\u202eb\\u200bc"),
            ("tag\u{e0041}", "tag\\udb40\\udc41"),
            ("a\tb", "a\\tb"),
        ] {
            assert_eq!(escape(text), escaped, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_hidden_comes_out(text in any::<String>()) {
            let once = escape(&text);
            prop_assert!(!once.chars().any(|c| is_hidden(c) || c.is_control()));
            prop_assert_eq!(escape(&once), once.clone());
        }
    }
}
