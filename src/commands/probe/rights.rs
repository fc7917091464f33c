//! `probe rights`: what each way of probing takes of the API server, and what of it is there.

use crate::cli::{CommandError, Session};
use crate::commands::Outcome;
use crate::probe::act::{Access, Granted};
use crate::probe::plan::{Right, Way};
use crate::probe::rights;
use crate::report::view::Format;

/// Formats this command has.
pub(in crate::commands) const FORMATS: &[Format] = &[Format::Table, Format::Yaml];

/// All ways, those that leave less first.
const WAYS: [Way; 4] = [Way::Exec, Way::Ephemeral, Way::Pod, Way::PortForward];

/// Which rights each way of probing takes, and which of them you have
///
/// The API server is asked for each of them. With -o yaml there is a Role with all that is needed and useful, to be given to whoever may
/// apply it.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # May I probe in this namespace, and how?
  kubectl netstore probe rights -n shop

  # The smallest Role for one way
  kubectl netstore probe rights -n shop --via exec -o yaml

  # As somebody else
  kubectl netstore probe rights -n shop --as jane")]
pub(super) struct Args {
    /// Only this way
    #[arg(long, value_name = "WAY", value_enum, ignore_case = true)]
    via: Option<Way>,
}

/// Answers the question.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    let format = session.format(FORMATS)?;
    let namespace = session.namespace()?;
    let ways: Vec<Way> = WAYS.into_iter().filter(|way| args.via.is_none_or(|via| via == *way)).collect();
    if format == Format::Yaml {
        let all: Vec<Right> =
            ways.iter().flat_map(|way| [rights::needed(*way, &namespace), rights::useful(*way, &namespace)].concat()).collect();
        session.say(&rights::role("netstore-probe", &namespace, &all))?;
        return Ok(Outcome::Answered);
    }
    let mut asked: Vec<(Way, &str, Right)> = Vec::new();
    for way in ways {
        asked.extend(rights::needed(way, &namespace).into_iter().map(|right| (way, "needed", right)));
        asked.extend(rights::useful(way, &namespace).into_iter().map(|right| (way, "useful", right)));
    }
    let rights: Vec<Right> = asked.iter().map(|(.., right)| right.clone()).collect();
    let granted = session.rights(&rights)?;
    let mut rows = vec![["WAY", "VERB", "RESOURCE", "FOR IT", "YOURS", ""].map(str::to_owned)];
    for ((way, what, right), Granted { access, because, .. }) in asked.iter().zip(granted) {
        let access = match access {
            Access::Yes => "yes",
            Access::No => "no",
            Access::Unknown => "unknown",
        };
        let because = if access == "yes" { String::new() } else { because };
        rows.push([way.to_string(), right.verb.to_owned(), right.resource.to_owned(), (*what).to_owned(), access.to_owned(), because]);
    }
    session.tell(&columns(&rows))?;
    if rows.iter().any(|[.., yours, _]| yours == "no") {
        session.note(&format!("hint: a Role with all of it: kubectl netstore probe rights -n {namespace} -o yaml"))?;
    }
    Ok(Outcome::Answered)
}

/// Rows in columns, as kubectl writes them.
fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().filter_map(|row| Some(row.get(column)?.chars().count())).max().unwrap_or_default();
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |row: &[String; N]| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("   ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}
