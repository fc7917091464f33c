//! Asking the replicas of the cluster's servers: what every `--verify` does between reading objects and comparing.

use crate::cli::{CommandError, ErrorKind, Session};
use crate::dns::observed::{Asked, Said};
use crate::dns::server::Servers;
use crate::dns::verify::{Checked, Contact, Replica, replicas};
use crate::inventory::Inventory;
use crate::objects::{Resource, Service};
use crate::source::SYSTEM_NAMESPACE;
use crate::source::live::PodPort;

/// The replicas and what they said.
pub(super) struct Heard {
    /// Those that were not asked are among them.
    pub(super) replicas: Vec<Replica>,
    /// Of each that was asked.
    pub(super) contacts: Vec<Contact>,
    /// The questions, with what is expected and what was said.
    pub(super) checked: Vec<Checked>,
}

impl Heard {
    /// Positions of the questions that are worth a second look.
    pub(super) fn in_doubt(&self) -> Vec<usize> {
        self.checked.iter().enumerate().filter(|(_, checked)| checked.is_in_doubt()).map(|(at, _)| at).collect()
    }

    /// The same with what a second look at some of the questions brought. That both are about the same replicas is for the caller to know.
    pub(super) fn looked_again(mut self, doubtful: &[usize], again: Self) -> Self {
        for (at, checked) in doubtful.iter().zip(again.checked) {
            if let Some(place) = self.checked.get_mut(*at) {
                *place = checked;
            }
        }
        for (contact, again) in self.contacts.iter_mut().zip(again.contacts) {
            contact.connections += again.connections;
            contact.refused = again.refused;
        }
        self
    }
}

/// The Service of the cluster's servers.
///
/// # Errors
/// If there is none, or none could be read.
pub(super) fn service(inventory: &Inventory) -> Result<&Service, CommandError> {
    crate::dns::cluster::service(inventory).ok_or_else(|| {
        let error =
            CommandError::new(ErrorKind::NotFound, format!("no Service of the cluster's DNS servers in namespace {SYSTEM_NAMESPACE}"));
        if inventory.coverage.is_complete(Resource::Services, Some(SYSTEM_NAMESPACE)) {
            return error.hint("it is called kube-dns, or has the label k8s-app=kube-dns, and has an address");
        }
        error.hint(format!("kubectl auth can-i list services -n {SYSTEM_NAMESPACE}"))
    })
}

/// Asks every replica all questions.
///
/// # Errors
/// If there is no cluster to ask, or if no replica may be asked.
pub(super) fn ask(session: &mut Session, inventory: &Inventory, questions: &[Asked]) -> Result<Heard, CommandError> {
    let replicas = replicas(inventory).map(|(_, replicas)| replicas).unwrap_or_default();
    let asked = replicas.iter().filter(|replica| replica.spared.is_none());
    let to: Vec<PodPort> = asked
        .filter_map(|replica| Some(PodPort { namespace: replica.namespace.clone(), pod: replica.name.clone(), port: replica.port? }))
        .collect();
    let mut replies = session.ask_servers(&to, questions)?;
    // Where nobody can be asked, the first refusal says it all.
    if replies.iter().all(|replies| replies.refused.is_some())
        && let Some(refused) = replies.first_mut().and_then(|replies| replies.refused.take())
    {
        return Err(refused.into());
    }
    let contacts = replies
        .iter()
        .map(|replies| Contact { connections: replies.connections, refused: replies.refused.as_ref().map(ToString::to_string) })
        .collect();
    let mut said: Vec<_> = replies.into_iter().map(|replies| replies.said.into_iter()).collect();
    let servers = Servers::of(inventory);
    let checked = questions
        .iter()
        .map(|asked| Checked {
            asked: asked.clone(),
            expected: servers.expected(&asked.name, asked.kind),
            said: said.iter_mut().map(|said| said.next().unwrap_or_else(|| Said::Nothing("it was not asked".to_owned()))).collect(),
        })
        .collect();
    Ok(Heard { replicas, contacts, checked })
}
