//! A cause with what shows it and what to do.

use std::io;

use super::super::escape;
use super::super::page::Label;
use super::{Text, grid, words};
use crate::report::storage::Cause;
use crate::report::view::grid::Cell;
use crate::report::{Confidence, DataRisk, Finding};

/// A message with how sure it is.
pub(super) fn said(cause: &Cause) -> String {
    let sure = match cause.confidence {
        Confidence::Certain => "",
        Confidence::Likely => "probably: ",
        Confidence::Possible => "perhaps: ",
    };
    format!("{sure}{}", escape(&cause.message))
}

/// The fields that show it.
pub(super) fn evidence(text: &mut Text<'_>, finding: &Finding) -> io::Result<()> {
    let short = text.is_short();
    let row = |shown: &crate::report::Evidence| -> Vec<Cell<'_>> {
        // Nobody types the name of an event, and it is as long as a line.
        let object = if short && shown.object.kind == "Event" { "event".to_owned() } else { words::object(&shown.object) };
        vec![
            format!("  {object}").into(),
            escape(&shown.field).into_owned().into(),
            if shown.value.is_empty() { "<unset>".into() } else { escape(&shown.value).into_owned().into() },
        ]
    };
    let rows: Vec<Vec<Cell<'_>>> = finding.evidence.iter().map(row).collect();
    grid::write(&mut text.page, &["", "", ""], &rows)
}

/// What to do about the cause.
pub(super) fn remedies(text: &mut Text<'_>, finding: &Finding) -> io::Result<()> {
    for remedy in &finding.remedy {
        let (lead, risk) = match remedy.data_risk {
            DataRisk::None => ("To do:", ""),
            DataRisk::Disclosure => ("To do, with care:", " (what is on the volume becomes readable to the claim's pods)"),
            DataRisk::Loss => ("To do, with care:", " (data may be lost)"),
        };
        let colon = if remedy.command.is_some() { ":" } else { "." };
        let description = escape(&remedy.description).trim_end_matches(['.', ':']).to_owned();
        text.page.labelled(Some(Label::Heading), lead, &format!(" {description}{risk}{colon}"), 2)?;
        if let Some(command) = &remedy.command {
            text.page.command(command, 4)?;
        }
    }
    Ok(())
}
