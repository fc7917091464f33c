//! What target pods show of themselves, read by exec: who listens there, and what their kernel counts before and after.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::{CommandError, Session};
use crate::inventory::Inventory;
use crate::objects::Protocol;
use crate::probe::agreement::{Arrived, Hears};
use crate::probe::check::Check;
use crate::probe::plan::Container;
use crate::probe::proc::{self, Counters, Listening, Sockets};
use crate::probe::targets::{Aim, Stop};
use crate::probe::verdict::Verdict;
use crate::probe::wire::Observed;

/// Where kernels tell of sockets.
const SOCKETS: [&str; 4] = ["/proc/net/tcp", "/proc/net/tcp6", "/proc/net/udp", "/proc/net/udp6"];
/// Where they count.
const COUNTERS: [&str; 2] = ["/proc/net/snmp", "/proc/net/snmp6"];
/// Containers of a pod that are asked in turn: the first may have no `cat`.
const MOST: usize = 3;

/// Sockets and counters of pods, by their positions in the inventory.
pub(super) struct Looked {
    sockets: BTreeMap<usize, Result<Sockets, String>>,
    counters: BTreeMap<usize, Result<Counters, String>>,
}

impl Looked {
    /// Looks at the pods of all aims; counters only where datagrams are sent.
    pub(super) fn before(session: &mut Session, inventory: &Inventory, aims: &[Aim<'_>]) -> Result<Self, CommandError> {
        let pods: BTreeSet<usize> =
            aims.iter().flat_map(|aim| &aim.stops).filter(|stop| stop.to.is_some()).filter_map(|stop| stop.pod).collect();
        let mut sockets = BTreeMap::new();
        for (pod, texts) in read(session, inventory, &pods, &SOCKETS)? {
            let [tcp, tcp6, udp, udp6] =
                [0, 1, 2, 3].map(|at| texts.as_ref().ok().and_then(|texts| texts.get(at)).map_or("", String::as_str));
            let parsed = Sockets::parse(tcp, tcp6, udp, udp6);
            sockets.insert(pod, texts.as_ref().map(|_| parsed).map_err(Clone::clone));
        }
        let counters = counters(session, inventory, &receiving(aims))?;
        Ok(Self { sockets, counters })
    }

    /// What became of datagrams, by what the pods count now.
    pub(super) fn arrived(
        &self,
        session: &mut Session,
        inventory: &Inventory,
        aims: &[Aim<'_>],
        observed: &BTreeMap<Check, Observed>,
    ) -> Result<BTreeMap<usize, Arrived>, CommandError> {
        // Only silence leaves a question.
        let silent = |aim: &&Aim<'_>, stop: &Stop| {
            let observed = stop.to.as_ref().and_then(|to| aim.check(to)).and_then(|check| observed.get(&check));
            observed.filter(|observed| observed.verdict == Verdict::UdpSilent).map(|observed| u64::from(observed.attempts))
        };
        let mut sent: BTreeMap<usize, (std::net::IpAddr, u64)> = BTreeMap::new();
        for aim in aims {
            for stop in &aim.stops {
                let address = stop.to.as_ref().and_then(|to| to.host.parse().ok());
                if let (Some(pod), Some(address), Some(attempts)) = (stop.pod, address, silent(&aim, stop)) {
                    sent.entry(pod).or_insert((address, 0)).1 += attempts;
                }
            }
        }
        let after = counters(session, inventory, &sent.keys().copied().collect())?;
        let compared = sent.into_iter().map(|(pod, (address, sent))| {
            let of = |counters: &BTreeMap<usize, Result<Counters, String>>| match counters.get(&pod) {
                Some(Ok(counters)) => Ok(counters.clone()),
                Some(Err(why)) => Err(why.clone()),
                None => Err("it is no pod that could be read".to_owned()),
            };
            let arrived = match (of(&self.counters), of(&after)) {
                (Ok(before), Ok(after)) => match after.difference(&before).arrival(Protocol::Udp, address, sent) {
                    proc::Arrival::Unanswered | proc::Arrival::NoPort => Arrived::Yes,
                    proc::Arrival::Missing { at_least } if at_least >= sent => Arrived::No,
                    proc::Arrival::Missing { at_least } => Arrived::Unknown(format!("{at_least} of {sent} did not")),
                    proc::Arrival::Unknown => Arrived::Unknown("the pod's counters do not tell".to_owned()),
                },
                (Err(why), _) | (_, Err(why)) => Arrived::Unknown(why),
            };
            (pod, arrived)
        });
        Ok(compared.collect())
    }

    /// Who listens at each stop.
    pub(super) fn listening(&self, aims: &[Aim<'_>]) -> BTreeMap<(usize, Protocol, u16), Hears> {
        let mut listening = BTreeMap::new();
        for aim in aims {
            let protocol = aim.how.as_ref().map_or(Protocol::Tcp, |how| how.protocol());
            for stop in &aim.stops {
                let (Some(pod), Some(to)) = (stop.pod, &stop.to) else { continue };
                let hears = match (self.sockets.get(&pod), to.host.parse()) {
                    (Some(Ok(sockets)), Ok(address)) => hears(sockets, to.port, protocol, address),
                    (Some(Err(why)), _) => Hears::Unknown(why.clone()),
                    _ => Hears::Unknown("it was not looked at".to_owned()),
                };
                listening.insert((pod, protocol, to.port), hears);
            }
        }
        listening
    }
}

fn hears(sockets: &Sockets, port: u16, protocol: Protocol, address: std::net::IpAddr) -> Hears {
    let listening = sockets.listening(port, protocol);
    match (listening.hears(address), listening) {
        (Some(true), _) => Hears::Yes,
        (_, Listening::LoopbackOnly) => Hears::OnlyItself,
        (Some(false), _) => Hears::No(sockets.others(protocol)),
        (None, _) if protocol == Protocol::Sctp => Hears::Unknown("kernels do not tell it of SCTP".to_owned()),
        (None, _) => Hears::Unknown("the list of sockets could not be read to its end".to_owned()),
    }
}

/// Pods that datagrams are sent to.
fn receiving(aims: &[Aim<'_>]) -> BTreeSet<usize> {
    let udp = aims.iter().filter(|aim| aim.how.as_ref().is_some_and(|how| how.protocol() == Protocol::Udp));
    udp.flat_map(|aim| &aim.stops).filter_map(|stop| stop.pod).collect()
}

fn counters(
    session: &mut Session,
    inventory: &Inventory,
    pods: &BTreeSet<usize>,
) -> Result<BTreeMap<usize, Result<Counters, String>>, CommandError> {
    let texts = read(session, inventory, pods, &COUNTERS)?;
    let parsed = texts.into_iter().map(|(pod, texts)| {
        let parsed = texts.map(|texts| match texts.as_slice() {
            [snmp, snmp6] => Counters::parse(snmp, snmp6),
            _ => Counters::default(),
        });
        (pod, parsed)
    });
    Ok(parsed.collect())
}

/// Files of pods: of the first container that can be asked. A file of IPv6 that is not there is empty.
fn read(
    session: &mut Session,
    inventory: &Inventory,
    pods: &BTreeSet<usize>,
    paths: &[&'static str],
) -> Result<BTreeMap<usize, Result<Vec<String>, String>>, CommandError> {
    let mut texts: BTreeMap<usize, Result<Vec<String>, String>> = BTreeMap::new();
    for turn in 0..MOST {
        let open: Vec<(usize, Container)> = pods
            .iter()
            .filter(|pod| !matches!(texts.get(pod), Some(Ok(_))))
            .filter_map(|pod| Some((*pod, super::way::containers(&inventory.pods.get(*pod)?.pod).into_iter().nth(turn)?)))
            .collect();
        if open.is_empty() {
            break;
        }
        let files: Vec<(Container, &'static str)> = open.iter().flat_map(|(_, at)| paths.iter().map(|path| (at.clone(), *path))).collect();
        let mut results = session.read_files(&files)?.into_iter();
        for (pod, _) in open {
            let of_pod: Vec<Result<String, CommandError>> = results.by_ref().take(paths.len()).collect();
            let read = match of_pod.iter().find_map(|result| result.as_ref().ok()) {
                Some(_) => Ok(of_pod.into_iter().map(Result::unwrap_or_default).collect()),
                None => Err(of_pod.into_iter().find_map(Result::err).map(|error| why(&error)).unwrap_or_default()),
            };
            texts.insert(pod, read);
        }
    }
    Ok(texts)
}

fn why(error: &CommandError) -> String {
    error.message.strip_prefix("error: ").unwrap_or(&error.message).lines().next().unwrap_or_default().to_owned()
}
