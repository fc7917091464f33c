//! What every format looks like, and what no format may ever write.

use super::*;
use crate::report::Answer;

fn text(answer: &Answer, format: Format, width: Option<usize>) -> String {
    let style = Style { width, ..Style::default() };
    let mut out = Vec::new();
    render(answer, format, &style, &mut out).unwrap();
    if matches!(format, Format::Table | Format::Wide) {
        let mut err = Vec::new();
        render_warnings(answer, &style, &mut err).unwrap();
        if !err.is_empty() {
            out.extend_from_slice(b"--- stderr ---\n");
            out.extend(err);
        }
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn looks_like_this() {
    for (name, answer) in samples::all() {
        for format in answer.formats() {
            insta::assert_snapshot!(format!("{name}.{format}"), text(&answer, *format, Some(80)));
        }
        insta::assert_snapshot!(format!("{name}.table.wide_terminal"), text(&answer, Format::Table, Some(140)));
        insta::assert_snapshot!(format!("{name}.table.pipe"), text(&answer, Format::Table, None));
    }
}
