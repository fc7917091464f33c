//! What policies say of the connections that are tried, and whether that is what was observed.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::{Case, Found, reported};
use crate::policy::profile::{Recognised, recognise};
use crate::policy::question::{PortName, PortQuery, Resolved};
use crate::policy::{End, questions};
use crate::probe::agreement::{Arrived, Evidence, Hears, Judged, judge};
use crate::probe::check::{Check, To};
use crate::probe::findings::layers as kinds;
use crate::probe::words;
use crate::report::policy::{CanReach, NO_RULE_ALLOWS, Side};
use crate::report::probe::{LayerName, ProbeState};
use crate::report::{Confidence, Direction, Finding, ObjectRef, Peer, Verdict, quoted};

/// What policies say of one place that is tried.
struct Prediction<'a> {
    /// What it is called.
    called: String,
    /// Where; none: it could not be tried.
    to: Option<&'a To>,
    /// What policies see there.
    end: Option<End>,
    /// Whether it is a pod.
    present: bool,
    listening: Hears,
    arrival: Arrived,
    verdict: Verdict,
}

impl Case<'_, '_> {
    /// A layer for each verdict, and what comes of comparing each place with what was observed there.
    pub(super) fn predicted(&self) -> (Vec<Found>, Vec<Judged>) {
        let (Some(port), Some(_)) = (self.aim.port, &self.aim.how) else { return (Vec::new(), Vec::new()) };
        let predictions = self.predictions(port);
        let mut by_verdict: BTreeMap<Verdict, Vec<&Prediction<'_>>> = BTreeMap::new();
        predictions.iter().for_each(|prediction| by_verdict.entry(prediction.verdict).or_default().push(prediction));
        let one = by_verdict.len() == 1;
        let mut judged = Vec::new();
        let mut found = Vec::new();
        for (verdict, of) in by_verdict {
            let names: Vec<String> = of.iter().map(|prediction| prediction.called.clone()).collect();
            let about = if one { String::new() } else { format!("{}: ", words::and(&names)) };
            let answer = of.first().and_then(|first| self.explained(first, port));
            let why = answer.as_ref().map_or_else(|| "no address of it is known".to_owned(), because);
            let state = match verdict {
                Verdict::Allow => ProbeState::Ok,
                Verdict::Deny => ProbeState::Fail,
                Verdict::Unknown => ProbeState::Unknown,
            };
            let mut layer = Found::new(LayerName::Predicted, state, format!("{about}{why}"));
            for prediction in of {
                let Some((to, one)) = prediction.to.and_then(|to| Some((to, self.judged(prediction, to)?))) else { continue };
                if let Some(finding) = self.disagreement(&one, prediction, to, answer.as_ref()) {
                    layer = layer.with(finding);
                }
                judged.push(one);
            }
            found.push(layer);
        }
        (found, judged)
    }

    fn judged(&self, prediction: &Prediction<'_>, to: &To) -> Option<Judged> {
        let (_, observed) = self.at(to)?;
        let Prediction { verdict: predicted, present, listening, arrival, .. } = prediction;
        let (observed, protocol, way, proxy) = (observed.verdict, self.protocol(), self.seen.way, self.proxy());
        Some(judge(&Evidence { predicted: *predicted, observed, protocol, present: *present, listening, arrival, way, proxy }))
    }

    /// What policies say of each place; of the addresses of a Service they say nothing: they see its pods.
    fn predictions(&self, port: u16) -> Vec<Prediction<'_>> {
        let asked = |end: End, port: u16| self.model.connection(End::Pod(self.source), end, self.protocol(), port);
        let stops = self.aim.stops.iter().filter_map(|stop| {
            let to = stop.to.as_ref()?;
            let end = match (stop.pod, to.host.parse::<IpAddr>()) {
                // The address of a pod on the host network is its node's, and says nothing of the pod.
                (Some(pod), Ok(ip)) => {
                    if self.pod(pod).is_some_and(|pod| pod.spec.host_network) {
                        End::Pod(pod)
                    } else {
                        End::Address(ip)
                    }
                }
                (Some(pod), Err(_)) => End::Pod(pod),
                (None, Ok(ip)) => End::Address(ip),
                (None, Err(_)) => return None,
            };
            let (listening, arrival, verdict) = (self.listens(stop), self.arrival(stop), asked(end, to.port));
            let (called, present) = (self.called(stop), stop.pod.is_some());
            Some(Prediction { called, to: Some(to), end: Some(end), present, listening, arrival, verdict })
        });
        let is_virtual = self.aim.service.as_ref().is_some_and(|(chain, _)| !chain.service.is_external_name());
        let fronts = self.aim.fronts.iter().filter(|_| !is_virtual).map(|to| {
            let resolved = self.resolved(to);
            let verdicts: Vec<Verdict> = resolved.iter().map(|ip| asked(End::Address(*ip), port)).collect();
            let verdict =
                verdicts.first().copied().filter(|first| verdicts.iter().all(|verdict| verdict == first)).unwrap_or(Verdict::Unknown);
            let unknown = || "it is no pod that could be read".to_owned();
            let (listening, arrival) = (Hears::Unknown(unknown()), Arrived::Unknown(unknown()));
            Prediction {
                called: to.host.clone(),
                to: Some(to),
                end: resolved.first().copied().map(End::Address),
                present: false,
                listening,
                arrival,
                verdict,
            }
        });
        stops.chain(fronts).collect()
    }

    /// The addresses of a host: what the source was told.
    fn resolved(&self, to: &To) -> Vec<IpAddr> {
        if let Ok(ip) = to.host.parse() {
            return vec![ip];
        }
        let name = self.aim.name.as_ref().map(|named| Check::Name(named.name.clone()));
        name.and_then(|check| self.seen.observed.get(&check)).map(words::addresses).unwrap_or_default()
    }

    /// Rule by rule, as `can-reach` explains it.
    fn explained(&self, prediction: &Prediction<'_>, port: u16) -> Option<CanReach> {
        let pods = |at: usize| {
            let ObjectRef { kind, namespace, name } = self.reference(at);
            Resolved::Pods { label: Peer { kind, namespace, name, ..Peer::default() }, pods: vec![at] }
        };
        let target = match prediction.end? {
            End::Pod(at) => pods(at),
            End::Address(ip) => Resolved::Address(ip),
        };
        let port = prediction.to.map_or(port, |to| to.port);
        let query = PortQuery { protocol: Some(self.protocol()), port: PortName::Range(port, port) };
        Some(questions::can_reach(self.model, &pods(self.source), &target, Some(&query)).0)
    }

    /// What it means that something else was observed than predicted.
    fn disagreement(&self, judged: &Judged, prediction: &Prediction<'_>, to: &To, answer: Option<&CanReach>) -> Option<Finding> {
        let (check, observed) = self.at(to)?;
        let (source, called) = (self.source(), &prediction.called);
        let port = format!("{} {}", self.protocol(), to.port);
        let shown = |finding: Finding| {
            let reported = reported(&check, observed);
            finding.shown_by(&source, format!("probe {}", reported.check), words::observed(observed))
        };
        match judged {
            Judged::Agrees | Judged::NotCompared(_) => None,
            Judged::NotEnforced => {
                let plugin = match recognise(self.inventory) {
                    Recognised::DoesNotEnforce(name) => format!("{name} does not enforce NetworkPolicy"),
                    Recognised::Enforces(cni) => format!("{} is expected to enforce them, and did not enforce this", cni.name()),
                    _ => "this network plugin does not enforce them, or not this".to_owned(),
                };
                let message = format!("{} connects to {called} ({port}), which policies deny: {plugin}", source.name);
                let isolating = answer.into_iter().flat_map(|answer| [(&answer.egress, "spec.egress"), (&answer.ingress, "spec.ingress")]);
                let denying = isolating.filter(|(side, _)| side.verdict == Verdict::Deny);
                let policies = denying.flat_map(|(side, field)| side.isolated_by.iter().map(move |policy| (policy, field)));
                let finding = policies.fold(shown(kinds::NOT_ENFORCED.on(self.target(), message)), |finding, (policy, field)| {
                    finding.shown_by(&ObjectRef::new("NetworkPolicy", &policy.namespace, &policy.name), field, "allows no such connection")
                });
                Some(finding.remedied_by("see which rules are not followed", Some(self.can_reach(prediction, to))))
            }
            Judged::BlockedBySomethingElse => {
                let message = format!(
                    "{} does not connect to {called} ({port}: {}), though policies allow it: something else blocks it",
                    source.name,
                    words::verdict(observed.verdict)
                );
                let finding = shown(kinds::BLOCKED_BY_SOMETHING_ELSE.on(self.target(), message)).with_confidence(Confidence::Likely);
                let finding = finding.remedied_by("see why policies allow it", Some(self.can_reach(prediction, to)));
                Some(match own_policies(recognise(self.inventory)) {
                    Some(command) => finding.remedied_by("look at the policies of the plugin's own kinds", Some(command.to_owned())),
                    None => finding,
                })
            }
        }
    }

    fn can_reach(&self, prediction: &Prediction<'_>, to: &To) -> String {
        let source = self.source();
        let target = match prediction.end {
            Some(End::Pod(at)) => Some(self.reference(at)),
            _ => self.aim.stops.iter().find(|stop| stop.to.as_ref() == Some(to)).and_then(|stop| stop.pod).map(|at| self.reference(at)),
        };
        let target = match (target, prediction.end) {
            (Some(pod), _) => format!("{}/pod/{}", pod.namespace, pod.name),
            (None, Some(End::Address(IpAddr::V6(ip)))) => format!("[{ip}]"),
            (None, Some(End::Address(ip))) => ip.to_string(),
            (None, _) => to.host.clone(),
        };
        let port = format!("{}/{}", to.port, self.protocol());
        format!(
            "kubectl netstore can-reach {}/pod/{} {}",
            quoted(&source.namespace),
            quoted(&source.name),
            quoted(&format!("{target}:{port}"))
        )
    }
}

/// Where policies that only one plugin knows are listed.
fn own_policies(recognised: Recognised) -> Option<&'static str> {
    use crate::policy::Cni;
    match recognised {
        Recognised::Enforces(Cni::Cilium) => Some("kubectl get ciliumnetworkpolicies,ciliumclusterwidenetworkpolicies -A"),
        Recognised::Enforces(Cni::Calico) => {
            Some("kubectl get networkpolicies.crd.projectcalico.org,globalnetworkpolicies.crd.projectcalico.org -A")
        }
        Recognised::Enforces(Cni::Antrea) => Some("kubectl get networkpolicies.crd.antrea.io,clusternetworkpolicies.crd.antrea.io -A"),
        _ => None,
    }
}

/// Why policies say so, in one clause.
fn because(answer: &CanReach) -> String {
    let sides = [(Direction::Egress, &answer.egress, &answer.from), (Direction::Ingress, &answer.ingress, &answer.to)];
    let clauses: Vec<String> = sides.iter().filter_map(|(direction, side, end)| of_side(answer.verdict, *direction, side, end)).collect();
    match (clauses.is_empty(), answer.reasons.is_empty(), answer.verdict) {
        (false, _, _) => clauses.join("; "),
        (true, false, _) => answer.reasons.join("; "),
        (true, true, Verdict::Allow) => "no policy isolates either of them".to_owned(),
        (true, true, _) => "the policies do not decide it".to_owned(),
    }
}

/// What a side adds to the verdict.
fn of_side(verdict: Verdict, direction: Direction, side: &Side, end: &Peer) -> Option<String> {
    if side.verdict != verdict {
        return None;
    }
    let rules: Vec<String> = side.because.iter().take(2).map(|rule| format!("{} #{}", rule.name, rule.rule.saturating_add(1))).collect();
    let policies: Vec<String> = side.isolated_by.iter().take(3).map(|policy| policy.name.clone()).collect();
    let of = format!("{direction} of {}", end.name);
    match verdict {
        Verdict::Allow if rules.is_empty() => None,
        Verdict::Allow => Some(format!("{direction} by {}", words::and(&rules))),
        Verdict::Deny => {
            let isolated = if policies.is_empty() { of } else { format!("{of} is isolated by {}", words::and(&policies)) };
            Some(match &side.nearest_miss {
                Some(miss) => format!("{isolated}; nearest rule {} #{}: {}", miss.rule.name, miss.rule.rule.saturating_add(1), miss.what),
                None => format!("{isolated}{NO_RULE_ALLOWS}"),
            })
        }
        Verdict::Unknown => None,
    }
}
