//! `--via portforward`: whether target pods answer at all, past all policies and past the source.

use std::collections::BTreeMap;

use crate::cli::{CommandError, Session};
use crate::inventory::Inventory;
use crate::objects::Protocol;
use crate::probe::check::Check;
use crate::probe::targets::Aim;
use crate::probe::wire::Observed;
use crate::source::live::PodPort;

/// Connects to each port of TCP of each pod; nothing else can be tried this way.
pub(super) fn observed(session: &mut Session, inventory: &Inventory, aims: &[Aim<'_>]) -> Result<BTreeMap<Check, Observed>, CommandError> {
    let mut observed = BTreeMap::new();
    for aim in aims {
        let by_tcp = aim.how.as_ref().is_some_and(|how| how.protocol() == Protocol::Tcp);
        for stop in aim.stops.iter().filter(|_| by_tcp) {
            let pod = stop.pod.and_then(|at| inventory.pods.get(at)).map(|info| info.pod.metadata.key());
            let (Some((namespace, pod)), Some(to)) = (pod, &stop.to) else { continue };
            let Some(check) = aim.check(to) else { continue };
            let to = PodPort { namespace: namespace.to_owned(), pod: pod.to_owned(), port: to.port };
            observed.insert(check, session.connect(&to)?);
        }
        for check in aim.checks() {
            observed.entry(check).or_insert_with(|| Observed::could_not_run("port-forward leads to TCP ports of pods only"));
        }
    }
    Ok(observed)
}
