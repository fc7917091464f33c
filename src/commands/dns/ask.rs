//! Asking the replicas of the cluster's servers: what every `--verify` does between reading objects and comparing.

use std::time::Duration;

use crate::cli::{CommandError, ErrorKind, Kept, Session};
use crate::dns::observed::{Asked, Said};
use crate::dns::server::Servers;
use crate::dns::verify::{self, Checked, Contact, Replica, Told, replicas};
use crate::inventory::Inventory;
use crate::objects::{Resource, Service};
use crate::report::Finding;
use crate::report::dns_verify::DnsVerify;
use crate::source::SYSTEM_NAMESPACE;
use crate::source::live::PodPort;

/// What is just being changed has become the same everywhere after that.
const SETTLING: Duration = Duration::from_secs(1);

/// Objects, and what the source had to say of them.
type Read = (Kept, Vec<Finding>);

/// What was read, and what the replicas said to the questions about it.
pub(super) struct Inquiry {
    pub(super) inventory: Kept,
    pub(super) noticed: Vec<Finding>,
    heard: Heard,
}

impl Inquiry {
    /// Asks every replica. Where something is not right, objects are read and it is asked once more: what is just being changed is not told.
    ///
    /// # Errors
    /// If there is no server to ask, or none may be asked.
    pub(super) fn make(
        session: &mut Session,
        (inventory, noticed): Read,
        read: &dyn Fn(&mut Session) -> Result<Read, CommandError>,
        questions: &dyn Fn(&Inventory) -> Result<Vec<Asked>, CommandError>,
    ) -> Result<Self, CommandError> {
        let heard = questions(&inventory).and_then(|asked| ask(session, &inventory, &asked)).inspect_err(|_| session.warn(&noticed))?;
        let doubtful = heard.in_doubt();
        if doubtful.is_empty() {
            return Ok(Self { inventory, noticed, heard });
        }
        std::thread::sleep(SETTLING);
        let (inventory, noticed) = read(session)?;
        let asked: Vec<Asked> = doubtful.iter().filter_map(|at| heard.checked.get(*at)).map(|checked| checked.asked.clone()).collect();
        let again = ask(session, &inventory, &asked)?;
        // If other replicas are there by now, all has to be asked of them.
        let same = again.replicas == heard.replicas;
        let heard = if same { heard.looked_again(&doubtful, again) } else { ask(session, &inventory, &questions(&inventory)?)? };
        Ok(Self { inventory, noticed, heard })
    }

    /// What is to be said of it; all questions are shown if they were `named`.
    ///
    /// # Errors
    /// If the Service has gone meanwhile.
    pub(super) fn tell(&self, named: bool) -> Result<(DnsVerify, Vec<Finding>), CommandError> {
        let Heard { replicas, contacts, checked } = &self.heard;
        Ok(verify::tell(&Told { service: service(&self.inventory)?, replicas, contacts, checked, named }))
    }
}

/// The replicas and what they said.
struct Heard {
    /// Those that were not asked are among them.
    replicas: Vec<Replica>,
    /// Of each that was asked.
    contacts: Vec<Contact>,
    /// The questions, with what is expected and what was said.
    checked: Vec<Checked>,
}

impl Heard {
    /// Positions of the questions that are worth a second look.
    fn in_doubt(&self) -> Vec<usize> {
        self.checked.iter().enumerate().filter(|(_, checked)| checked.is_in_doubt()).map(|(at, _)| at).collect()
    }

    /// The same with what a second look at some of the questions brought, at the same replicas.
    fn looked_again(mut self, doubtful: &[usize], again: Self) -> Self {
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
fn service(inventory: &Inventory) -> Result<&Service, CommandError> {
    crate::dns::cluster::service(inventory).ok_or_else(|| {
        if inventory.coverage.is_complete(Resource::Services, Some(SYSTEM_NAMESPACE)) {
            let none = format!("no Service of the cluster's DNS servers in namespace {SYSTEM_NAMESPACE}");
            let error = CommandError::new(ErrorKind::NotFound, none);
            return error.hint("it is called kube-dns, or has the label k8s-app=kube-dns, and has an address");
        }
        let unread =
            format!("services of namespace {SYSTEM_NAMESPACE} could not be read: the cluster's DNS servers are behind one of them");
        CommandError::new(ErrorKind::Failed, unread).hint(format!("kubectl auth can-i list services -n {SYSTEM_NAMESPACE}"))
    })
}

/// Asks every replica all questions.
///
/// # Errors
/// If there is no cluster to ask, or if no replica may be asked.
fn ask(session: &mut Session, inventory: &Inventory, questions: &[Asked]) -> Result<Heard, CommandError> {
    service(inventory).map_err(|error| error.asking(&session.globals().connection))?;
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
        .map(|asked| {
            let said = said.iter_mut().map(|said| said.next().unwrap_or_else(|| Said::Nothing("it was not asked".to_owned())));
            Checked::new(asked.clone(), servers.expected(&asked.name, asked.kind), said.collect(), servers.basis())
        })
        .collect();
    Ok(Heard { replicas, contacts, checked })
}
