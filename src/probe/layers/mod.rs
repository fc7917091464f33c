//! The layered answer: what stands between a source and a target, what policies say, what was observed; the first failure is the answer.

mod before;
mod observed;
mod predicted;
mod whole;

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::agreement::{Arrived, Hears};
use super::check::{Check, To};
use super::harm::sidecar;
use super::plan::Way;
use super::targets::{Aim, Stop};
use super::wire::Observed;
use crate::inventory::Inventory;
use crate::objects::{Pod, Protocol};
use crate::policy::Model;
use crate::report::probe::{Layer, LayerName, ProbeCheck, ProbeState, Probed};
use crate::report::{Finding, FindingKind, ObjectRef};

/// What is known once the checks have run.
#[derive(Debug, Clone)]
pub struct Seen {
    /// How they got to their place.
    pub way: Way,
    /// What came of each.
    pub observed: BTreeMap<Check, Observed>,
    /// Sockets of targets, by the pod's position in the inventory.
    pub listening: BTreeMap<(usize, Protocol, u16), Hears>,
    /// What became of datagrams that nobody answered, by the address of the pod.
    pub arrivals: BTreeMap<IpAddr, Arrived>,
}

/// The answer about one source and one target.
pub fn answer(model: &Model<'_>, source: usize, aim: &Aim<'_>, seen: &Seen) -> (Probed, Vec<Finding>) {
    let case = Case { model, inventory: model.inventory, source, aim, seen };
    let before = [case.name(), case.service(), case.endpoints(), case.target_port()].into_iter().flatten();
    let layers = before.chain(case.pods()).chain(case.listening());
    let (predicted, judged) = case.predicted();
    let layers: Vec<Found> = layers.chain(predicted).chain(case.at_pods()).chain(case.at_fronts()).collect();
    case.conclude(layers, judged)
}

/// One source and one target.
struct Case<'c, 'm> {
    model: &'c Model<'m>,
    inventory: &'m Inventory,
    source: usize,
    aim: &'c Aim<'c>,
    seen: &'c Seen,
}

/// A layer, and what is to be said of it.
struct Found {
    layer: Layer,
    findings: Vec<Finding>,
}

impl Found {
    fn new(layer: LayerName, state: ProbeState, said: impl Into<String>) -> Self {
        Self { layer: Layer { layer, state, said: said.into(), checks: Vec::new(), codes: Vec::new() }, findings: Vec::new() }
    }

    fn with(mut self, finding: Finding) -> Self {
        if !self.layer.codes.contains(&finding.code) {
            self.layer.codes.push(finding.code);
        }
        self.findings.push(finding);
        self
    }

    fn resting_on(mut self, checks: impl IntoIterator<Item = ProbeCheck>) -> Self {
        self.layer.checks.extend(checks);
        self
    }
}

impl Case<'_, '_> {
    fn pod(&self, at: usize) -> Option<&Pod> {
        self.inventory.pods.get(at).map(|info| &info.pod)
    }

    /// A reference to a pod.
    fn reference(&self, at: usize) -> ObjectRef {
        self.pod(at).map(|pod| ObjectRef::new("Pod", &pod.metadata.namespace, &pod.metadata.name)).unwrap_or_default()
    }

    fn source(&self) -> ObjectRef {
        self.reference(self.source)
    }

    /// The Service, or the pod that is tried first; the source where the target is no object.
    fn target(&self) -> ObjectRef {
        let service = self.aim.service.as_ref().map(|(chain, _)| chain.reference());
        let pod = || self.aim.stops.iter().find_map(|stop| stop.pod).map(|at| self.reference(at));
        service.or_else(pod).unwrap_or_else(|| self.source())
    }

    /// What a stop is called: the pod, or the address.
    fn called(&self, stop: &Stop) -> String {
        let name = stop.pod.and_then(|at| self.pod(at)).map(|pod| pod.metadata.name.clone());
        let address = || stop.to.as_ref().map(|to| to.host.clone());
        name.or_else(address).unwrap_or_default()
    }

    fn protocol(&self) -> Protocol {
        self.aim.how.as_ref().map_or(Protocol::Tcp, |how| how.protocol())
    }

    /// The container that takes connections before they leave the source: it accepts them all, so that «connected» shows only itself. A
    /// pod of its own has none.
    fn proxy(&self) -> Option<&str> {
        let pod =
            self.pod(self.source).filter(|_| matches!(self.seen.way, Way::Exec | Way::Ephemeral) && self.protocol() == Protocol::Tcp)?;
        sidecar(pod)
    }

    /// What came of trying a place.
    fn at(&self, to: &To) -> Option<(Check, &Observed)> {
        let check = self.aim.check(to)?;
        let observed = self.seen.observed.get(&check)?;
        Some((check, observed))
    }

    /// The sockets of a stop.
    fn listens(&self, stop: &Stop) -> Hears {
        let no_pod = || Hears::Unknown("it is no pod that could be read".to_owned());
        let (Some(pod), Some(to)) = (stop.pod, &stop.to) else { return no_pod() };
        self.seen.listening.get(&(pod, self.protocol(), to.port)).cloned().unwrap_or_else(no_pod)
    }

    /// The counters of a stop.
    fn arrival(&self, stop: &Stop) -> Arrived {
        let address = stop.to.as_ref().and_then(|to| to.host.parse::<IpAddr>().ok());
        let known = address.and_then(|address| self.seen.arrivals.get(&address)).cloned();
        known.unwrap_or_else(|| Arrived::Unknown("the counters of the target were not read".to_owned()))
    }

    /// Something about the target.
    fn finding(&self, kind: &'static FindingKind, said: &str) -> Finding {
        kind.on(self.target(), said.to_owned())
    }
}

/// A check with what came of it, for the report.
fn reported(check: &Check, observed: &Observed) -> ProbeCheck {
    let Observed { verdict, detail, attempts, milliseconds } = observed;
    ProbeCheck { check: check.to_string(), verdict: *verdict, detail: detail.clone(), attempts: *attempts, milliseconds: *milliseconds }
}
