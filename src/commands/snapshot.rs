//! `snapshot`: records what the questions need.

use std::fmt::Write;
use std::path::PathBuf;

use super::Outcome;
use crate::cli::{CommandError, ErrorKind, Session};
use crate::objects::Resource;
use crate::report::view::{escape, reflow};
use crate::source::{Recording, snapshot};

/// Record what the questions need, to ask later or elsewhere
///
/// Every question answers from it with --from as it would have from the cluster. Values of Secrets, ConfigMaps and
/// environment variables are left out; only of the Corefile and of the kubelet's configuration in kube-system is kept what
/// cannot be a secret. What may not be read is noted, and is missing from the answers, too.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # Take a cluster along
  kubectl netstore snapshot shop.tar.gz
  kubectl netstore who-can-reach deploy/db -n shop --from shop.tar.gz")]
pub struct Args {
    /// Folder, or archive if it ends in .tar.gz
    #[arg(value_name = "DIR|FILE.tar.gz", value_hint = clap::ValueHint::AnyPath)]
    path: PathBuf,
    /// Write into a folder that holds something else, or over a file
    #[arg(long)]
    overwrite: bool,
}

/// Records the cluster.
///
/// # Errors
/// If it cannot be read or the snapshot cannot be written.
pub fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    session.format(&[crate::report::view::Format::Table])?;
    let recording = session.record(&Resource::ALL)?;
    snapshot::write(&args.path, &recording, args.overwrite).map_err(|error| {
        let hint = matches!(error, snapshot::SnapshotError::InTheWay(_)).then_some("--overwrite allows it");
        let error = CommandError::new(ErrorKind::Failed, error);
        if let Some(hint) = hint { error.hint(hint) } else { error }
    })?;
    session.say(&summary(args, &recording))?;
    Ok(Outcome::Answered)
}

/// Columns of what is said, whoever reads it.
const COLUMNS: usize = 80;

/// What was stored, and what is missing.
fn summary(args: &Args, recording: &Recording) -> String {
    let total: usize = recording.lists.values().map(Vec::len).sum();
    let version = recording.cluster_version.as_ref().map_or_else(String::new, |version| format!(" of a {version} cluster"));
    let mut text = format!("Recorded {total} objects{version} in {}\n\n", args.path.display());
    let mut rows = vec![("RESOURCE".to_owned(), "OBJECTS".to_owned())];
    let mut none = Vec::new();
    // What most clusters do not have is named where there is something of it.
    let there = |resource: &Resource| !(resource.optional() && recording.coverage.is_absent(*resource));
    for resource in Resource::ALL.into_iter().filter(there) {
        let mut holes: Vec<String> = Vec::new();
        for (_, scope, state) in recording.coverage.holes().filter(|(hole, ..)| *hole == resource) {
            holes.push(scope.map_or_else(|| state.to_string(), |namespace| format!("{state} in {namespace}")));
        }
        let count = recording.lists.get(&resource).map_or(0, Vec::len);
        let missing = if holes.is_empty() { String::new() } else { format!("   {}", escape(&holes.join(", "))) };
        // Several kinds are called `pods` or `schedules`.
        let alone = Resource::ALL.iter().filter(|other| other.plural() == resource.plural()).count() == 1;
        let name = if alone && !resource.is_of_backup_tool() { resource.plural().to_owned() } else { resource.qualified() };
        if count == 0 && missing.is_empty() {
            none.push(name);
        } else {
            rows.push((name, format!("{count}{missing}")));
        }
    }
    let widest = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    // Writing to a String cannot fail.
    rows.iter().for_each(|(name, count)| _ = writeln!(text, "{name:widest$}   {count}"));
    if !none.is_empty() {
        let _ = writeln!(text, "\n{}", reflow(&format!("Nothing of: {}.", none.join(", ")), COLUMNS));
    }
    let _ = writeln!(text, "\nAsk it: kubectl netstore matrix -A --from {}", args.path.display());
    text
}
