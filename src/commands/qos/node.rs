//! `qos node/NAME`: whom a node evicts or kills first.

use super::{Outcome, all};
use crate::cli::suggest::{either, nearest};
use crate::cli::{CommandError, ErrorKind, Session};
use crate::inventory::Inventory;
use crate::objects::Resource;
use crate::qos;
use crate::report::{self, Answer, Report};

/// Kinds that the answer depends on.
pub(super) const RESOURCES: [Resource; 3] = [Resource::Nodes, Resource::Pods, Resource::PodMetrics];

/// The node that the words name; none if they name something else.
///
/// # Errors
/// If they name a node beside something else.
pub(super) fn named(words: &[String]) -> Result<Option<&str>, CommandError> {
    let is_node = |word: &str| matches!(word.to_lowercase().as_str(), "node" | "nodes" | "no");
    let of = |word: &'_ str| word.split_once('/').is_some_and(|(kind, name)| is_node(kind) && !name.contains('/'));
    match words {
        [word] if of(word) => Ok(word.split_once('/').map(|(_, name)| name)),
        [kind, name] if is_node(kind) => Ok(Some(name)),
        [first, _, ..] if is_node(first) || words.iter().any(|word| of(word)) => {
            let error =
                CommandError::new(ErrorKind::Usage, "there is an answer about one node at a time, and about nothing else beside it");
            Err(error.hint("kubectl netstore qos node/NAME"))
        }
        _ => Ok(None),
    }
}

/// Answers the question.
pub(super) fn run(session: &mut Session, name: &str) -> Result<Outcome, CommandError> {
    session.format(report::Question::QosNode.formats())?;
    let (inventory, noticed) = session.read(&RESOURCES, &[])?;
    let Some(answer) = qos::node(&inventory, name) else {
        session.warn(&noticed);
        return Err(not_found(&inventory, name).asking(&session.globals().connection));
    };
    session.print(&Answer::QosNode(Report::new("QosNode", &inventory, answer, all(noticed, Vec::new()))))?;
    Ok(Outcome::Answered)
}

fn not_found(inventory: &Inventory, name: &str) -> CommandError {
    if !inventory.coverage.is_complete(Resource::Nodes, None) {
        return CommandError::new(ErrorKind::NotFound, format!("nodes \"{name}\" was not found among what could be read"))
            .hint("kubectl auth can-i list nodes");
    }
    let error = CommandError::from_server(ErrorKind::NotFound, "NotFound", &format!("nodes \"{name}\" not found"));
    let near = nearest(name, inventory.objects.nodes.iter().map(|node| node.metadata.name.as_str()));
    let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
    if near.is_empty() { error } else { error.hint(format!("did you mean {}?", either(&near))) }
}
