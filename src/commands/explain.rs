//! `explain`: what a finding means, from the tables beside the rules that raise it.

use std::fmt::Write;

use super::Outcome;
use crate::cli::suggest::{either, nearest};
use crate::cli::terminal::Stream;
use crate::cli::{CommandError, ErrorKind, Session};
use crate::report::FindingKind;
use crate::report::view::reflow;
use crate::{dns, policy, probe, qos, source, storage};

/// Columns of a text that nobody looks at yet.
const PIPED: usize = 80;

/// What a finding means
///
/// Findings end in a code such as (NP-012). Without a code, all of them are listed.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # Why was this said, and what is to be done about it?
  kubectl netstore explain NP-012")]
pub struct Args {
    /// Codes or names of findings: NP-012, unknown-field
    #[arg(value_name = "CODE", add = clap_complete::engine::ArgValueCandidates::new(candidates))]
    codes: Vec<String>,
}

/// Prints the explanations.
///
/// # Errors
/// If there is no such finding.
pub fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    let kinds = all();
    if args.codes.is_empty() {
        session.say(&list(&kinds))?;
        return Ok(Outcome::Answered);
    }
    let width = session.style(Stream::Stdout).width.unwrap_or(PIPED);
    let texts = args.codes.iter().map(|code| find(&kinds, code).map(|kind| text(kind, width))).collect::<Result<Vec<String>, _>>()?;
    session.say(&texts.join("\n"))?;
    Ok(Outcome::Answered)
}

/// Every kind of finding, by code.
fn all() -> Vec<&'static FindingKind> {
    let mut kinds: Vec<&FindingKind> = policy::findings::ALL.to_vec();
    kinds.extend(storage::findings::all());
    kinds.extend(qos::findings::ALL);
    kinds.extend(dns::findings::all());
    kinds.extend(probe::findings::all());
    kinds.extend(source::manifests::findings::ALL);
    kinds.push(&source::live::UNDECODABLE_OBJECT);
    kinds.sort_by_key(|kind| kind.code);
    kinds
}

fn find(kinds: &[&'static FindingKind], code: &str) -> Result<&'static FindingKind, CommandError> {
    let known = kinds.iter().find(|kind| kind.code.eq_ignore_ascii_case(code) || kind.name.eq_ignore_ascii_case(code));
    known.copied().ok_or_else(|| {
        let near: Vec<String> =
            nearest(code, kinds.iter().flat_map(|kind| [kind.code, kind.name])).into_iter().map(str::to_owned).collect();
        let error = CommandError::new(ErrorKind::NotFound, format!("there is no finding \"{code}\""));
        if near.is_empty() {
            error.hint("kubectl netstore explain lists all of them")
        } else {
            error.hint(format!("did you mean {}?", either(&near)))
        }
    })
}

fn text(kind: &FindingKind, width: usize) -> String {
    format!("{} {} ({})\n\n{}\n", kind.code, kind.name, kind.severity, reflow(kind.explanation.trim_end(), width))
}

fn list(kinds: &[&FindingKind]) -> String {
    let width = kinds.iter().map(|kind| kind.name.len()).max().unwrap_or_default();
    let mut text = format!("{:6}   {:width$}   SEVERITY\n", "CODE", "NAME");
    for kind in kinds {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:6}   {:width$}   {}", kind.code, kind.name, kind.severity);
    }
    text
}

fn candidates() -> Vec<clap_complete::engine::CompletionCandidate> {
    let candidate = |kind: &FindingKind| clap_complete::engine::CompletionCandidate::new(kind.code).help(Some(kind.name.into()));
    all().into_iter().map(candidate).collect()
}
