//! `qos namespace/NAME`: what a namespace does to the classes of its pods.

use super::{Outcome, RESOURCES, all};
use crate::cli::targets::{self, Target, TargetArg};
use crate::cli::{CommandError, ErrorKind, Session};
use crate::objects::Resource;
use crate::qos;
use crate::report::{self, Answer, Report};

/// The namespace that is asked about; none if something else is.
pub(super) fn named(targets: &[Target]) -> Option<&str> {
    match targets {
        [Target { end: TargetArg::Namespace(name), port: None }] => Some(name),
        _ => None,
    }
}

/// Answers the question.
pub(super) fn run(session: &mut Session, target: &[Target], name: &str) -> Result<Outcome, CommandError> {
    session.format(report::Question::QosNamespace.formats())?;
    let (inventory, noticed) = session.read_with(&RESOURCES, qos::more_needed, target)?;
    let known = inventory.namespace(name).is_some();
    if !known && inventory.coverage.is_complete(Resource::Namespaces, None) {
        session.warn(&noticed);
        let error = CommandError::from_server(ErrorKind::NotFound, "NotFound", &format!("namespaces \"{name}\" not found"));
        let near = targets::similar_namespace(&inventory, name);
        return Err(near.map_or(error.clone(), |near| error.hint(near)));
    }
    let (answer, findings) = qos::namespace(&inventory, name);
    session.print(&Answer::QosNamespace(Report::new("QosNamespace", &inventory, answer, all(noticed, findings))))?;
    Ok(Outcome::Answered)
}
