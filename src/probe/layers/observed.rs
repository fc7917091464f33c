//! What came of the checks: at the pods themselves, then at the address of the Service or at whatever else was named.

use std::collections::BTreeMap;

use super::{Case, Found, reported};
use crate::probe::agreement::Arrived;
use crate::probe::check::To;
use crate::probe::findings::layers as kinds;
use crate::probe::targets::Stop;
use crate::probe::wire::Observed;
use crate::probe::words;
use crate::report::probe::{LayerName, ProbeState, Verdict};

impl Case<'_, '_> {
    /// Pods that answered alike together.
    pub(super) fn at_pods(&self) -> Vec<Found> {
        let tried = self.aim.stops.iter().filter_map(|stop| Some((stop, self.at(stop.to.as_ref()?)?)));
        let tried: Vec<_> = tried.map(|(stop, (check, observed))| (stop, check, observed, self.arrival(stop))).collect();
        let mut groups: BTreeMap<(ProbeState, Verdict), Vec<_>> = BTreeMap::new();
        for one in &tried {
            groups.entry((self.state(one.2, &one.3), one.2.verdict)).or_default().push(one);
        }
        let mixed = groups.keys().any(|(state, _)| *state == ProbeState::Ok) && groups.keys().any(|(state, _)| *state == ProbeState::Fail);
        let mut found: Vec<Found> = Vec::new();
        for ((state, _), of) in groups {
            let Some((_, _, observed, arrival)) = of.first() else { continue };
            let names: Vec<String> = of.iter().map(|(stop, ..)| self.named(stop)).collect();
            let said = format!("{}: {}", words::and(&names), self.said(observed, arrival));
            let layer = Found::new(LayerName::PodAddress, state, said)
                .resting_on(of.iter().map(|(_, check, observed, _)| reported(check, observed)));
            found.push(self.told(layer, observed, arrival));
        }
        if mixed && let Some(first) = found.pop() {
            let failing: Vec<String> =
                tried.iter().filter(|one| self.state(one.2, &one.3) == ProbeState::Fail).map(|(stop, ..)| self.called(stop)).collect();
            let said = format!("{} of {} pods tried do not answer: {}", failing.len(), tried.len(), words::and(&failing));
            found.push(first.with(self.finding(&kinds::ENDPOINTS_DIFFER, &said)));
        }
        found
    }

    /// `payments-0 (10.244.1.9:8443)`.
    fn named(&self, stop: &Stop) -> String {
        let place = stop.to.as_ref().map(place).unwrap_or_default();
        if stop.pod.is_some() { format!("{} ({place})", self.called(stop)) } else { place }
    }

    /// The addresses of the Service, or the address or host that was named.
    pub(super) fn at_fronts(&self) -> Vec<Found> {
        let of_service = self.aim.service.as_ref().is_some_and(|(chain, _)| !chain.service.is_external_name());
        let layer = if of_service { LayerName::ServiceAddress } else { LayerName::Address };
        let unknown = Arrived::Unknown("the counters of the target were not read".to_owned());
        let found = self.aim.fronts.iter().filter_map(|to| {
            let (check, observed) = self.at(to)?;
            let state = self.state(observed, &unknown);
            let found = Found::new(layer, state, format!("{}: {}", place(to), self.said(observed, &unknown)))
                .resting_on([reported(&check, observed)]);
            let found = self.told(found, observed, &unknown);
            let pods_answer = || {
                let mut pods = self.aim.stops.iter().filter_map(|stop| stop.to.as_ref()).filter_map(|to| self.at(to)).peekable();
                pods.peek().is_some() && pods.all(|(_, observed)| self.state(observed, &unknown) == ProbeState::Ok)
            };
            let only_here = of_service && state == ProbeState::Fail && self.has_endpoint() && pods_answer();
            Some(if only_here {
                let said = format!("the pods behind it answer, {} does not: {}", place(to), words::verdict(observed.verdict));
                found.with(self.finding(&kinds::SERVICE_ADDRESS_FAILS, &said))
            } else {
                found
            })
        });
        found.collect()
    }

    /// Whether the address of the Service leads to any endpoint from here.
    fn has_endpoint(&self) -> bool {
        self.endpoints().is_none_or(|endpoints| endpoints.layer.state != ProbeState::Fail)
    }

    /// What a single verdict has to say beside itself.
    fn told(&self, found: Found, observed: &Observed, arrival: &Arrived) -> Found {
        match (observed.verdict, arrival) {
            (Verdict::Reset | Verdict::TlsError | Verdict::NoHttp, _) => {
                let said = format!("what was asked for is not spoken there: {}", words::observed(observed));
                found.with(self.finding(&kinds::OTHER_PROTOCOL, &said))
            }
            (Verdict::UdpSilent, Arrived::Yes) => {
                found.with(self.finding(&kinds::UNANSWERED, "datagrams arrived, and no answer came back"))
            }
            _ => found,
        }
    }

    /// How it is, given the counters of the target and who may have answered in its place.
    fn state(&self, observed: &Observed, arrival: &Arrived) -> ProbeState {
        match (observed.verdict, arrival) {
            (Verdict::UdpSilent, Arrived::Yes) => ProbeState::Ok,
            (Verdict::UdpSilent, Arrived::No) => ProbeState::Fail,
            (verdict, _) if state_of(verdict) == ProbeState::Ok && self.proxy().is_some() => ProbeState::Unknown,
            (verdict, _) => state_of(verdict),
        }
    }

    fn said(&self, observed: &Observed, arrival: &Arrived) -> String {
        let said = words::observed(observed);
        match (observed.verdict, arrival, self.proxy()) {
            (Verdict::UdpSilent, Arrived::Yes, _) => format!("{said}, but the datagrams arrived"),
            (Verdict::UdpSilent, Arrived::No, _) => format!("{said}: the datagrams never arrived"),
            (Verdict::UdpSilent, Arrived::Unknown(why), _) => format!("{said}; whether the datagrams arrived is not known: {why}"),
            (verdict, _, Some(proxy)) if state_of(verdict) == ProbeState::Ok => {
                format!("{said}, perhaps to container {proxy} of the source only, which accepts every connection")
            }
            _ => said,
        }
    }
}

/// `10.244.1.9:8443`, `[fd00::1]:53`.
fn place(to: &To) -> String {
    if to.host.contains(':') { format!("[{}]:{}", to.host, to.port) } else { format!("{}:{}", to.host, to.port) }
}

fn state_of(verdict: Verdict) -> ProbeState {
    match verdict {
        Verdict::Connected | Verdict::HttpStatus | Verdict::UdpAnswered | Verdict::Resolved => ProbeState::Ok,
        Verdict::UdpSilent | Verdict::CouldNotRun => ProbeState::Unknown,
        _ => ProbeState::Fail,
    }
}
