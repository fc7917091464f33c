//! `pvc-why-pending`: why claims have no volume, or one of no use.

use super::Outcome;
use crate::cli::suggest::{either, nearest};
use crate::cli::{CommandError, ErrorKind, Kept, Session, complete, targets};
use crate::inventory::Inventory;
use crate::objects::{Objects, Resource};
use crate::report::{self, Answer, Report};
use crate::source::Reads;
use crate::storage::{self, Question};

/// Why a claim is pending, lost or of no use
///
/// The decision of Kubernetes' volume controller, scheduler and provisioner is computed again for every claim: the one
/// root cause, what would fail after it, the fields that show it, and what to do. Claims that are well are counted.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # Why does this claim not get its volume?
  kubectl netstore pvc-why-pending data-db-0 -n shop

  # Every claim of the cluster that is not well
  kubectl netstore pvc-why-pending -A

  # Which volume comes closest, and what each one fails
  kubectl netstore pvc-why-pending data-db-0 -n shop --explain

  # And tell when it changes
  kubectl netstore pvc-why-pending -n shop -w

  # Before it is applied
  kubectl netstore pvc-why-pending -f volume.yaml -f claim.yaml")]
pub struct Args {
    /// Claims: NAME, pvc/NAME, pvc NAME… or NAMESPACE/pvc/NAME; none: all that are not well
    #[arg(value_name = "CLAIM", add = complete::claims())]
    claims: Vec<String>,
    /// Show each volume with what it fails, and each node with what keeps the pod from it
    #[arg(long)]
    explain: bool,
    /// Stay, and print what changes, until Ctrl-C
    #[arg(short, long)]
    watch: bool,
}

/// What it reads at most.
pub(super) fn reads() -> Reads {
    Reads::lists(storage::FIRST.into_iter().chain(storage::MORE))
}

/// Answers the question.
///
/// # Errors
/// If it cannot be answered.
pub fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    session.format(report::Question::PvcWhyPending.formats())?;
    if args.watch {
        session.need_watchable()?;
    }
    let selector = session.selector()?;
    if selector.is_some() && !args.claims.is_empty() {
        return Err(CommandError::new(ErrorKind::Usage, "name cannot be provided when a selector is specified"));
    }
    let default = session.namespace()?;
    // `pvc data logs`, as kubectl takes it.
    let words = match args.claims.as_slice() {
        [kind, names @ ..] if is_claim(kind) && !names.is_empty() => names,
        all => all,
    };
    let names: Vec<(Option<String>, String)> = words.iter().map(|word| name(word)).collect::<Result<_, _>>()?;
    if session.globals().selection.all_namespaces && names.iter().any(|(namespace, _)| namespace.is_none()) {
        return Err(CommandError::new(ErrorKind::Usage, "a resource cannot be retrieved by name across all namespaces")
            .hint("say its namespace: -n NAMESPACE, or NAMESPACE/pvc/NAME"));
    }
    let names: Vec<(String, String)> =
        names.into_iter().map(|(namespace, name)| (namespace.unwrap_or_else(|| default.clone()), name)).collect();
    let namespace = session.matrix_scope()?;
    let question = Question { names, namespace, selector, explain: args.explain };
    let (inventory, answer) = ask(session, &question)?;
    let nobody = inventory.coverage.is_complete(Resource::PersistentVolumeClaims, question.namespace.as_deref())
        && matches!(&answer, Answer::PvcWhyPending(report) if report.result.claims.is_empty());
    let outcome = super::print(session, &inventory, &answer, question.namespace.as_deref(), nobody)?;
    if args.watch {
        drop(inventory);
        session.watch(answer, |session| Ok(ask(session, &question)?.1))?;
    } else {
        std::mem::forget(inventory);
    }
    Ok(outcome)
}

fn ask(session: &mut Session, question: &Question) -> Result<(Inventory, Answer), CommandError> {
    let more = |objects: &Objects| {
        let mut more = storage::more_needed(objects, |namespace, name| question.means(namespace, name));
        more.truncate(storage::LISTS - storage::FIRST.len());
        more
    };
    let asked = question.names.iter().map(|(namespace, _)| namespace.clone()).collect();
    let (inventory, noticed) = session.read_in_steps(&storage::FIRST, more, asked)?;
    let inventory = Kept::into_inner(inventory);
    let (result, findings) = storage::why_pending(&inventory, question);
    let answered = |(namespace, name): &&(String, String)| result.claims.iter().any(|c| c.namespace == *namespace && c.name == *name);
    if let Some((namespace, name)) = question.names.iter().find(|name| !answered(name)) {
        session.warn(&noticed);
        return Err(not_found(&inventory, namespace, name).asking(&session.globals().connection));
    }
    let answer = Answer::PvcWhyPending(Report::new("PvcWhyPending", &inventory, result, super::all(noticed, findings)));
    Ok((inventory, answer))
}

/// Whether a word is the type, as kubectl writes it.
fn is_claim(kind: &str) -> bool {
    let kind = kind.split('.').next().unwrap_or_default().to_lowercase();
    matches!(kind.as_str(), "pvc" | "persistentvolumeclaim" | "persistentvolumeclaims")
}

/// Reads the name of a claim.
fn name(word: &str) -> Result<(Option<String>, String), CommandError> {
    let wrong = || {
        CommandError::new(ErrorKind::Usage, format!("{word}: wanted the name of a claim")).hint("say NAME, pvc/NAME or NAMESPACE/pvc/NAME")
    };
    let parts: Vec<&str> = word.split('/').collect();
    match parts.as_slice() {
        [name] if !name.is_empty() => Ok((None, (*name).to_owned())),
        [kind, name] if is_claim(kind) && !name.is_empty() => Ok((None, (*name).to_owned())),
        [namespace, kind, name] if is_claim(kind) && !name.is_empty() => {
            targets::check_namespace(namespace)?;
            Ok((Some((*namespace).to_owned()), (*name).to_owned()))
        }
        _ => Err(wrong()),
    }
}

fn not_found(inventory: &Inventory, namespace: &str, name: &str) -> CommandError {
    let qualified = Resource::PersistentVolumeClaims.qualified();
    if !inventory.coverage.is_complete(Resource::PersistentVolumeClaims, Some(namespace)) {
        return CommandError::new(ErrorKind::NotFound, format!("{qualified} \"{name}\" was not found among what could be read"))
            .hint(format!("kubectl auth can-i list {qualified} -n {namespace}"));
    }
    let error = CommandError::from_server(ErrorKind::NotFound, "NotFound", &format!("{qualified} \"{name}\" not found"));
    let claims = || inventory.objects.claims.iter().map(|claim| &claim.metadata);
    let elsewhere: Vec<&str> = claims().filter(|meta| meta.name == name).map(|meta| meta.namespace.as_str()).collect();
    match elsewhere.as_slice() {
        [] => {}
        [one] => return error.hint(format!("it exists in namespace {one}: add -n {one}")),
        several => return error.hint(format!("it exists in namespaces {}", several.join(", "))),
    }
    let near = nearest(name, claims().filter(|meta| meta.namespace == namespace).map(|meta| meta.name.as_str()));
    let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
    if near.is_empty() { error } else { error.hint(format!("did you mean {}?", either(&near))) }
}
