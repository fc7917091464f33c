//! Where objects come from, as flags say.

use std::io::Read;
use std::path::Path;

use super::Source;
use crate::cli::{CommandError, ErrorKind, Globals};
use crate::source::manifests;

/// Decides where objects come from.
pub(super) fn decide(globals: &Globals) -> Result<Source, CommandError> {
    let usage = |message: String| CommandError::new(ErrorKind::Usage, message);
    let selection = &globals.selection;
    let (from, files) = (selection.from.is_some(), !selection.filename.is_empty());
    if from && files {
        return Err(usage("--from and --filename cannot be used together".to_owned())
            .hint("--from answers from a recorded cluster, --filename from manifests"));
    }
    if selection.recursive && !files {
        return Err(usage("--recursive is only for --filename".to_owned()));
    }
    let (flag, source) = match (from, files) {
        (true, _) => ("--from", Source::Snapshot),
        (_, true) => ("--filename", Source::Manifests),
        _ => return Ok(Source::Live(None)),
    };
    // Flags that tune a connection do no harm; those that choose a cluster would be believed.
    let cluster = &globals.connection;
    let chosen = [
        ("--kubeconfig", cluster.kubeconfig.is_some()),
        ("--context", cluster.context.is_some()),
        ("--cluster", cluster.cluster.is_some()),
        ("--user", cluster.user.is_some()),
        ("--server", cluster.server.is_some()),
    ];
    match chosen.iter().find(|(_, given)| *given) {
        Some((other, _)) => {
            Err(usage(format!("{flag} and {other} cannot be used together")).hint(format!("with {flag} no cluster is asked")))
        }
        None => Ok(source),
    }
}

/// One `-f`; `-` is standard input.
pub(super) fn input(path: &Path) -> Result<manifests::Input, CommandError> {
    if path != Path::new("-") {
        return Ok(manifests::Input::Path(path.to_owned()));
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(manifests::Input::Stdin(bytes))
}
