//! `dns records` in words: how many names there are, which, and which that may be expected are not.

use std::io;

use super::super::escape;
use super::{Text, dns_verify, grid, words};
use crate::report::Report;
use crate::report::dns_records::{DnsMiss, DnsRecords};
use crate::report::view::grid::Cell;
use crate::report::view::page::Label;

/// Writes the answer.
pub(super) fn write(report: &Report<DnsRecords>, text: &mut Text<'_>) -> io::Result<()> {
    let answer = &report.result;
    text.partial(&report.coverage)?;
    headline(text, answer)?;
    if !answer.records.is_empty() {
        text.page.blank()?;
        let records = answer.records.iter().map(|record| {
            let values: Vec<String> = record.values.iter().map(|value| escape(value).into_owned()).collect();
            let values = words::cut(values, text.at_most(4)).join(", ");
            let mut row: Vec<Cell<'_>> = vec![escape(&record.name).into_owned().into(), record.kind.into(), values.into()];
            row.extend(text.wide.then(|| escape(&record.because).into_owned().into()));
            row
        });
        let rows: Vec<Vec<Cell<'_>>> = records.collect();
        let columns = ["NAME", "TYPE", "VALUE", "BECAUSE"];
        grid::write(&mut text.page, columns.get(..if text.wide { 4 } else { 3 }).unwrap_or_default(), &rows)?;
    }
    missed(text, "NOT THERE", Label::Deny, &answer.missing)?;
    missed(text, "UNKNOWN", Label::Unknown, &answer.unknown)?;
    if let Some(verified) = &answer.verified {
        text.page.blank()?;
        dns_verify::verified(verified, text)?;
    }
    if !answer.assumed.is_empty() {
        text.page.blank()?;
    }
    for assumed in &answer.assumed {
        text.page.labelled(Some(Label::Unknown), "Assumed:", &format!(" {}", words::sentence(assumed)), 2)?;
    }
    Ok(())
}

/// `Service shop/db: 4 names exist, 1 does not that may be expected.`
fn headline(text: &mut Text<'_>, answer: &DnsRecords) -> io::Result<()> {
    let subject = words::object(&answer.subject);
    let names = |names: Vec<&str>| {
        let mut names = names;
        names.sort_unstable();
        names.dedup();
        names.len()
    };
    let there = names(answer.records.iter().map(|record| record.name.as_str()).collect());
    let missing = names(answer.missing.iter().map(|miss| miss.name.as_str()).collect());
    let unknown = names(answer.unknown.iter().map(|miss| miss.name.as_str()).collect());
    let exist = if there == 1 { "exists" } else { "exist" };
    let mut said = format!(" {} {exist} because of it", words::count(there, "name", "names"));
    if missing > 0 {
        said.push_str(&format!(", {missing} that may be expected {}", if missing == 1 { "does not" } else { "do not" }));
    }
    if unknown > 0 {
        said.push_str(&format!(", of {unknown} it cannot be told"));
    }
    text.page.labelled(Some(Label::Heading), &format!("{subject}:"), &format!("{said}."), 0)
}

fn missed(text: &mut Text<'_>, heading: &'static str, label: Label, names: &[DnsMiss]) -> io::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    text.page.blank()?;
    let row = |miss: &DnsMiss| {
        vec![Cell::labelled(escape(&miss.name).into_owned(), label), miss.kind.into(), escape(&miss.because).into_owned().into()]
    };
    let rows: Vec<Vec<Cell<'_>>> = names.iter().map(row).collect();
    grid::write(&mut text.page, &[heading, "TYPE", "BECAUSE"], &rows)
}
