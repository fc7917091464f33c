//! What all layers come to: whether it connects, the first failure, and whether policies predict it.

use super::{Case, Found};
use crate::probe::agreement::Judged;
use crate::report::probe::{Agreement, Layer, LayerName, ProbeState, Probed};
use crate::report::{Finding, PortRange};

impl Case<'_, '_> {
    /// The answer.
    pub(super) fn conclude(&self, found: Vec<Found>, judged: Vec<Judged>) -> (Probed, Vec<Finding>) {
        let mut findings = Vec::new();
        let mut layers = Vec::new();
        for Found { layer, findings: of_layer } in found {
            layers.push(layer);
            findings.extend(of_layer);
        }
        let (state, said) = match (&self.aim.how, layers.as_slice()) {
            // A name that is only looked up.
            (None, [name]) => (name.state, name.said.clone()),
            (_, layers) => whole(layers),
        };
        let (agreement, agreement_reason) = compared(judged);
        let port = self.aim.port.map(|port| PortRange { protocol: self.protocol().to_string(), ports: port.to_string() });
        let (from, way, target) = (self.source(), self.seen.way.name(), self.aim.text.clone());
        (Probed { from, way, target, port, state, said, agreement, agreement_reason, layers }, findings)
    }
}

fn is_observed(layer: &&Layer) -> bool {
    matches!(layer.layer, LayerName::PodAddress | LayerName::ServiceAddress | LayerName::Address)
}

/// Whether it connects, and what the layer says that tells why not. What was observed counts more than what is concluded from objects:
/// something may accept in the place of the target, and endpoints may be newer than what was read.
fn whole(layers: &[Layer]) -> (ProbeState, String) {
    let observed = || layers.iter().filter(is_observed);
    let failing = |wanted: &dyn Fn(&Layer) -> bool| layers.iter().find(|layer| layer.state == ProbeState::Fail && wanted(layer));
    let last = || observed().next_back().map(|layer| layer.said.clone()).unwrap_or_default();
    let (state, said) = match observed().map(|layer| layer.state).max() {
        Some(ProbeState::Ok) => (ProbeState::Ok, failing(&|layer| layer.layer == LayerName::Name)),
        Some(ProbeState::Fail) => (ProbeState::Fail, failing(&|_| true)),
        // What policies say was not observed; what the target itself shows needs no packet.
        Some(ProbeState::Unknown) | None => (ProbeState::Unknown, failing(&|layer| layer.layer != LayerName::Predicted)),
    };
    match said {
        Some(failing) => (ProbeState::Fail, failing.said.clone()),
        None if state == ProbeState::Ok => (state, last()),
        None => {
            let unknown = observed().find(|layer| layer.state == ProbeState::Unknown);
            (ProbeState::Unknown, unknown.map_or_else(|| "nothing could be tried".to_owned(), |layer| layer.said.clone()))
        }
    }
}

/// One difference makes the whole differ; what could not be compared counts only if nothing could.
fn compared(judged: Vec<Judged>) -> (Agreement, String) {
    let differs = judged.iter().find_map(|one| match one {
        Judged::NotEnforced => Some("it connects, and policies deny it"),
        Judged::BlockedBySomethingElse => Some("it does not connect, and policies allow it"),
        Judged::Agrees | Judged::NotCompared(_) => None,
    });
    if let Some(differs) = differs {
        return (Agreement::Differs, differs.to_owned());
    }
    if judged.contains(&Judged::Agrees) {
        return (Agreement::Agrees, String::new());
    }
    let reason = judged.into_iter().find_map(|one| match one {
        Judged::NotCompared(why) => Some(why),
        _ => None,
    });
    (Agreement::NotCompared, reason.unwrap_or_else(|| "nothing was observed that policies speak of".to_owned()))
}
