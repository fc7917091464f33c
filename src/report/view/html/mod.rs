//! `-o html`: one page that holds all of itself: no script, no picture, nothing that is fetched.
//!
//! The drawing, if there is one to make; the answer as `-o wide` writes it, with its tables as tables; the findings with what
//! shows them; what was read. Every text is escaped twice: as for a terminal, and as HTML.

mod drawing;
mod markup;
mod sources;

use std::io::{self, Write};

use super::{Style, escape, escape::escape_hidden, table, warnings, words};
use crate::report::{Answer, CoverageEntry, DataRisk, Finding, Metadata, SourceKind};

pub(super) use markup::Markup;

pub(super) const STYLE: &str = include_str!("style.css");

/// Writes the page.
pub(super) fn write(answer: &Answer, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let question = answer.question().name();
    writeln!(out, "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>")?;
    // Even if an escape were missing, nothing would run and nothing would be fetched.
    writeln!(out, "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'\">")?;
    writeln!(out, "<meta name=viewport content=\"width=device-width\">\n<title>netstore {}</title>", text(question))?;
    writeln!(
        out,
        "<style>\n{STYLE}</style>\n<h1>kubectl netstore {}</h1>\n<p class=about>{}</p>",
        text(question),
        text(&about(answer.metadata()))
    )?;
    if let Some(drawing) = sources::of(answer) {
        drawing::write(&drawing, out)?;
    }
    out.write_all(b"<main>\n")?;
    table::write_html(answer, style, out)?;
    out.write_all(b"</main>\n")?;
    findings(&warnings::untold(answer), out)?;
    coverage(answer.coverage(), out)
}

/// `A recorded cluster, v1.36.3, read 2026-11-01T10:00:00Z · netstore 0.1.0`
fn about(metadata: &Metadata) -> String {
    let source = match metadata.source {
        SourceKind::Live => "A running cluster",
        SourceKind::Snapshot => "A recorded cluster",
        SourceKind::Manifests => "Manifests",
    };
    let version = metadata.cluster.as_ref().map(|version| format!(", {}", escape(version))).unwrap_or_default();
    let read = metadata.collected_at.as_ref().map(|read| format!(", read {}", escape(read))).unwrap_or_default();
    format!("{source}{version}{read} · netstore {}", metadata.tool)
}

fn findings(findings: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    out.write_all(b"<h2>Findings</h2>\n")?;
    for finding in findings {
        let subject = words::object(&finding.subject);
        writeln!(
            out,
            "<section class={}>\n<h3>{} {} <small>{}</small></h3>",
            finding.severity,
            finding.code,
            finding.name,
            text(&subject)
        )?;
        writeln!(out, "<p>{}</p>", text(&escape(&finding.message)))?;
        if !finding.evidence.is_empty() {
            out.write_all(b"<table>\n")?;
            for shown in &finding.evidence {
                let (object, field) = (words::object(&shown.object), escape(&shown.field));
                let value = if shown.value.is_empty() { "<unset>".into() } else { escape_hidden(&shown.value) };
                writeln!(out, "<tr><td>{}</td><td>{}</td><td>{}</td></tr>", text(&object), text(&field), text(&value))?;
            }
            out.write_all(b"</table>\n")?;
        }
        for remedy in &finding.remedy {
            let risk = match remedy.data_risk {
                DataRisk::None => "",
                DataRisk::Disclosure => " (data may become readable to others)",
                DataRisk::Loss => " (data may be lost)",
            };
            writeln!(out, "<p>To do: {}{risk}</p>", text(&escape(&remedy.description)))?;
            if let Some(command) = &remedy.command {
                writeln!(out, "<pre>{}</pre>", text(&escape_hidden(command)))?;
            }
        }
        out.write_all(b"</section>\n")?;
    }
    Ok(())
}

fn coverage(coverage: &[CoverageEntry], out: &mut dyn Write) -> io::Result<()> {
    if coverage.is_empty() {
        return Ok(());
    }
    let holes = coverage.iter().filter(|entry| warnings::is_hole(entry)).count();
    let (open, told) = if holes > 0 {
        (" open", format!(": {holes} of {} lists are not complete", coverage.len()))
    } else {
        ("", ": all of it".to_owned())
    };
    writeln!(
        out,
        "<details{open}><summary>What was read{told}</summary>\n<table>\n<tr><th scope=col>KIND</th><th scope=col>NAMESPACE</th><th scope=col>STATE</th></tr>"
    )?;
    for CoverageEntry { resource, scope, state } in coverage {
        writeln!(out, "<tr><td>{}</td><td>{}</td><td>{}</td></tr>", text(&escape(resource)), text(&escape(scope)), text(&escape(state)))?;
    }
    out.write_all(b"</table>\n</details>\n")
}

/// Text as HTML, also inside quotes. It is escaped for terminals already.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
