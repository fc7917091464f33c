//! `matrix`: all connections between workloads.

use super::{Outcome, reach};
use crate::cli::{CommandError, Session};
use crate::inventory::Inventory;
use crate::objects::{Resource, Truth};
use crate::policy::question::MatrixScope;
use crate::policy::{Model, questions};
use crate::report::{Answer, Question, Report};

/// All connections between workloads
///
/// One line for each pair of workloads that may connect, with the ports; a pair that is not listed is denied. With
/// --namespace or --selector, only connections that start or end there. A cluster is asked about the namespace of the
/// context unless --all-namespaces says otherwise, files and snapshots about everything in them.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # Everything that can happen in a namespace
  kubectl netstore matrix -n shop

  # The whole cluster as a picture
  kubectl netstore matrix -A -o dot | dot -Tsvg > cluster.svg

  # What changes with these manifests?
  diff <(kubectl netstore matrix -f old/ -o csv) <(kubectl netstore matrix -f new/ -o csv)")]
pub struct Args {
    /// Stop after about this many connections, and say so; 0 for no limit
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    limit: usize,
}

/// Answers the question.
///
/// # Errors
/// If it cannot be answered.
pub fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    session.format(Question::Matrix.formats())?;
    let limit = Some(args.limit).filter(|limit| *limit > 0);
    let scope = MatrixScope { namespace: session.matrix_scope()?, selector: session.selector()?, limit };
    let (inventory, noticed) = reach::read(session, &[])?;
    let model = Model::compile(&inventory, session.cni(&inventory));
    let (result, findings) = questions::matrix(&model, &scope);
    let nobody = result.connections.is_empty() && !anybody(&inventory, &scope);
    let answer = Answer::Matrix(Report::new("Matrix", &inventory, result, super::all(noticed, findings)));
    super::print(session, &inventory, &answer, scope.namespace.as_deref(), nobody)
}

/// Whether the question is about any pod at all, or may be: pods that could not be read are not known to be absent.
fn anybody(inventory: &Inventory, scope: &MatrixScope) -> bool {
    let asked = |namespace: &str| scope.namespace.as_deref().is_none_or(|wanted| wanted == namespace);
    !inventory.coverage.is_complete(Resource::Pods, scope.namespace.as_deref())
        || inventory
            .pods
            .iter()
            .map(|info| &info.pod.metadata)
            .any(|pod| asked(&pod.namespace) && scope.selector.as_ref().is_none_or(|selector| selector.matches(&pod.labels) == Truth::Yes))
}
