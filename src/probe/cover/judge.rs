//! Whether what came of probes is what the policies say, or shows nothing.
//!
//! That something answers shows that packets pass. That nothing answers, or somebody says no, has two readings: the network says it, or
//! the target, where nothing listens. What the other probes of the same run heard decides between them:
//!
//! - A port that answered one probe is open: a refusal or silence there comes from the network.
//! - On a port that answered nobody, a refusal shows that packets pass if this network has been seen to deny otherwise (it drops, or
//!   says «prohibited»), and never to refuse. Plugins differ in how they deny; a cluster mostly has one.
//! - A target that is not ready and answered nobody may just be gone.
//!
//! What stays open is undecided, with the reason. It is never counted as agreement.

use std::collections::HashSet;

use super::Probe;
use crate::objects::Protocol;
use crate::probe::verdict::{Shows, Verdict as Observed};
use crate::report::Verdict;

/// A probe and what came of it.
#[derive(Debug, Clone, Copy)]
pub struct Tried<'a> {
    /// The probe.
    pub probe: &'a Probe,
    /// What came of it.
    pub observed: Observed,
    /// Whether the kubelet says that the target serves.
    pub ready: bool,
    /// Whether a proxy in the source's own pod takes its connections, and answers in the target's place.
    pub proxied: bool,
}

/// What a probe shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// It is as the policies say.
    Agrees,
    /// It is not.
    Differs(Shown),
    /// It shows nothing.
    Undecided(Undecided),
}

/// What shows whether packets pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The target answered.
    Answered,
    /// It said that nothing listens, which this network does not say in its place.
    Closed,
    /// The network refused it, or let nothing come back.
    Blocked,
    /// The port answers others.
    AnswersOthers,
}

/// Why a probe shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Undecided {
    /// It could not be run.
    NotRun,
    /// Attempts ended differently.
    Flapping,
    /// The source has no route, whatever policies say.
    NoRoute,
    /// Refused by whom?
    WhoRefused,
    /// No answer to a datagram.
    Silent,
    /// Nothing shows that the target would answer anybody.
    TargetGone,
    /// A proxy in the source's pod answered.
    Proxied,
    /// When it was looked at again, the policies or the pods were others.
    Changed,
}

impl Undecided {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotRun => "the probe could not be run",
            Self::Flapping => "attempts ended differently",
            Self::NoRoute => "the source has no route to the target, whatever policies say",
            Self::WhoRefused => "refused, by the target because nothing listens there or by the network: nothing tells them apart",
            Self::Silent => "no answer to a datagram: lost, or to a server that does not answer what it does not understand",
            Self::TargetGone => "no answer, and the target is not ready and answered nobody",
            Self::Proxied => "a proxy in the source's own pod answers in the target's place",
            Self::Changed => "the policies or the pods have changed meanwhile",
        }
    }
}

/// What each of these shows, given all of them.
pub fn judge(tried: &[Tried<'_>]) -> Vec<Judgement> {
    let run = Run::of(tried);
    let first: Vec<Result<Shown, Undecided>> = tried.iter().map(|tried| run.shown(tried)).collect();
    // A port that is known to refuse what passes answers everybody whom the network lets through.
    let reached: HashSet<Port> =
        (tried.iter().zip(&first)).filter(|(_, shown)| passes(**shown)).map(|(tried, _)| port(tried.probe)).collect();
    let shown = tried.iter().zip(first).map(|(tried, shown)| match shown {
        Err(Undecided::Silent) if reached.contains(&port(tried.probe)) => Ok(Shown::AnswersOthers),
        shown => shown,
    });
    shown
        .zip(tried)
        .map(|(shown, tried)| match shown {
            Err(why) => Judgement::Undecided(why),
            Ok(_) if (tried.probe.predicted == Verdict::Allow) == passes(shown) => Judgement::Agrees,
            Ok(shown) => Judgement::Differs(shown),
        })
        .collect()
}

fn passes(shown: Result<Shown, Undecided>) -> bool {
    matches!(shown, Ok(Shown::Answered | Shown::Closed))
}

/// A port of a pod.
type Port = (usize, Protocol, u16);

fn port(probe: &Probe) -> Port {
    (probe.target, probe.protocol, probe.port)
}

/// What all probes of a run heard.
struct Run {
    /// Ports that answered somebody.
    open: HashSet<Port>,
    /// Pods that answered somebody.
    alive: HashSet<usize>,
    /// Protocols in which this network refuses on open ports.
    refuses: HashSet<Protocol>,
    /// Protocols in which this network was seen to deny otherwise.
    denies: HashSet<Protocol>,
}

impl Run {
    fn of(tried: &[Tried<'_>]) -> Self {
        let answered = || tried.iter().filter(|tried| !tried.proxied && tried.observed.shows() == Shows::Passes);
        let open: HashSet<Port> = answered().map(|tried| port(tried.probe)).collect();
        let protocols = |what: &dyn Fn(&&Tried<'_>) -> bool| tried.iter().filter(what).map(|tried| tried.probe.protocol).collect();
        Self {
            alive: answered().map(|tried| tried.probe.target).collect(),
            refuses: protocols(&|tried| refused(tried) && open.contains(&port(tried.probe))),
            denies: protocols(&|tried| tried.probe.predicted == Verdict::Deny && says_no(tried)),
            open,
        }
    }

    fn shown(&self, tried: &Tried<'_>) -> Result<Shown, Undecided> {
        let port = port(tried.probe);
        let open = self.open.contains(&port);
        let there = tried.ready || self.alive.contains(&tried.probe.target);
        match tried.observed.shows() {
            Shows::Passes if tried.proxied => Err(Undecided::Proxied),
            Shows::Passes => Ok(Shown::Answered),
            Shows::Refuses if !refused(tried) => Ok(Shown::Blocked),
            Shows::Refuses if open => Ok(Shown::AnswersOthers),
            Shows::Refuses if !self.refuses.contains(&port.1) && self.denies.contains(&port.1) => Ok(Shown::Closed),
            Shows::Refuses => Err(Undecided::WhoRefused),
            Shows::Blocked if tried.observed == Observed::NoRoute && tried.probe.predicted == Verdict::Deny => Err(Undecided::NoRoute),
            Shows::Blocked if there || says_no(tried) => Ok(Shown::Blocked),
            Shows::Blocked => Err(Undecided::TargetGone),
            Shows::Nothing => match tried.observed {
                Observed::UdpSilent if open => Ok(Shown::AnswersOthers),
                Observed::UdpSilent => Err(Undecided::Silent),
                Observed::Flapping => Err(Undecided::Flapping),
                _ => Err(Undecided::NotRun),
            },
        }
    }
}

/// Whether the target itself may have said that nothing listens. Hosts answer TCP with a reset, never with ICMP.
fn refused(tried: &Tried<'_>) -> bool {
    let icmp = tried.observed == Observed::RefusedIcmpPort && tried.probe.protocol == Protocol::Tcp;
    tried.observed.shows() == Shows::Refuses && !icmp
}

/// Whether a rule said no in so many words, or dropped what a ready target would have answered.
fn says_no(tried: &Tried<'_>) -> bool {
    match tried.observed {
        Observed::RefusedIcmpProhibited | Observed::LocalReject | Observed::RefusedIcmpPort => !refused(tried),
        Observed::TimedOut | Observed::Unreachable | Observed::RefusedIcmpHost | Observed::RefusedIcmpNet => tried.ready,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: u16 = 80;
    const CLOSED: u16 = 81;

    fn probe(source: usize, protocol: Protocol, port: u16, predicted: Verdict) -> Probe {
        Probe { source, target: 9, protocol, port, ports: (port, port), predicted }
    }

    /// Judges probes from pods 0, 1, … to one target: what comes of them, in words.
    #[track_caller]
    fn check(ready: bool, tried: &[(Protocol, u16, Verdict, Observed)], expected: &[Judgement]) {
        let probes: Vec<Probe> =
            (0..).zip(tried).map(|(source, (protocol, port, predicted, _))| probe(source, *protocol, *port, *predicted)).collect();
        let all: Vec<Tried<'_>> =
            (probes.iter().zip(tried)).map(|(probe, (.., observed))| Tried { probe, observed: *observed, ready, proxied: false }).collect();
        assert_eq!(judge(&all), expected);
    }

    use Judgement::{Agrees, Differs};
    use Protocol::{Tcp, Udp};
    use Verdict::{Allow, Deny};

    const fn undecided(why: Undecided) -> Judgement {
        Judgement::Undecided(why)
    }

    #[test]
    fn an_answer_shows_that_packets_pass() {
        for observed in [Observed::Connected, Observed::HttpStatus, Observed::Reset, Observed::TlsError, Observed::NoHttp] {
            check(true, &[(Tcp, WEB, Allow, observed), (Tcp, WEB, Deny, observed)], &[Agrees, Differs(Shown::Answered)]);
        }
        check(true, &[(Udp, 53, Allow, Observed::UdpAnswered)], &[Agrees]);
    }

    #[test]
    fn what_a_rule_says_in_so_many_words_shows_that_it_is_blocked() {
        for observed in [Observed::RefusedIcmpProhibited, Observed::LocalReject, Observed::RefusedIcmpPort] {
            check(false, &[(Tcp, WEB, Deny, observed), (Tcp, WEB, Allow, observed)], &[Agrees, Differs(Shown::Blocked)]);
        }
    }

    #[test]
    fn no_answer_shows_that_it_is_blocked_only_if_the_target_is_there() {
        for observed in [Observed::TimedOut, Observed::Unreachable, Observed::RefusedIcmpHost] {
            check(true, &[(Tcp, WEB, Deny, observed), (Tcp, WEB, Allow, observed)], &[Agrees, Differs(Shown::Blocked)]);
            check(false, &[(Tcp, WEB, Deny, observed)], &[undecided(Undecided::TargetGone)]);
            check(false, &[(Tcp, WEB, Deny, observed), (Tcp, WEB, Allow, Observed::Connected)], &[Agrees, Agrees]);
        }
    }

    #[test]
    fn without_a_route_a_denial_is_not_confirmed() {
        let tried = [(Tcp, WEB, Deny, Observed::NoRoute), (Tcp, WEB, Allow, Observed::NoRoute)];
        check(true, &tried, &[undecided(Undecided::NoRoute), Differs(Shown::Blocked)]);
    }

    #[test]
    fn a_refusal_on_a_port_that_answers_others_comes_from_the_network() {
        let tried = |refused| [(Tcp, WEB, Allow, Observed::Connected), (Tcp, WEB, Deny, refused), (Tcp, WEB, Allow, refused)];
        for refused in [Observed::RefusedRst, Observed::Refused] {
            check(true, &tried(refused), &[Agrees, Agrees, Differs(Shown::AnswersOthers)]);
        }
    }

    #[test]
    fn a_refusal_on_another_port_shows_nothing_unless_the_network_denies_otherwise() {
        let refused = [(Tcp, CLOSED, Allow, Observed::RefusedRst), (Tcp, CLOSED, Deny, Observed::RefusedRst)];
        check(true, &refused, &[undecided(Undecided::WhoRefused); 2]);
        // It drops, so it was the target that refused.
        let with = |other| [refused[0], refused[1], other];
        check(true, &with((Tcp, WEB, Deny, Observed::TimedOut)), &[Agrees, Differs(Shown::Closed), Agrees]);
        check(true, &with((Tcp, WEB, Deny, Observed::RefusedIcmpProhibited)), &[Agrees, Differs(Shown::Closed), Agrees]);
        // How it denies datagrams says nothing of connections.
        let silent = undecided(Undecided::WhoRefused);
        check(true, &with((Udp, WEB, Deny, Observed::RefusedIcmpProhibited)), &[silent, silent, Agrees]);
    }

    #[test]
    fn a_network_that_refuses_leaves_refusals_on_closed_ports_open() {
        let tried = [
            (Tcp, WEB, Allow, Observed::Connected),
            (Tcp, WEB, Deny, Observed::RefusedRst),
            (Tcp, WEB, Deny, Observed::TimedOut),
            (Tcp, CLOSED, Allow, Observed::RefusedRst),
        ];
        check(true, &tried, &[Agrees, Agrees, Agrees, undecided(Undecided::WhoRefused)]);
    }

    #[test]
    fn silence_on_a_port_that_answers_others_comes_from_the_network() {
        check(true, &[(Udp, 53, Deny, Observed::UdpSilent)], &[undecided(Undecided::Silent)]);
        check(true, &[(Udp, 53, Deny, Observed::UdpSilent), (Udp, 53, Allow, Observed::UdpAnswered)], &[Agrees, Agrees]);
        // A closed port says so to whom it hears.
        let tried = [
            (Udp, 53, Deny, Observed::RefusedIcmpProhibited),
            (Udp, CLOSED, Allow, Observed::UdpUnreachable),
            (Udp, CLOSED, Allow, Observed::UdpSilent),
            (Udp, CLOSED, Deny, Observed::UdpSilent),
        ];
        check(true, &tried, &[Agrees, Agrees, Differs(Shown::AnswersOthers), Agrees]);
    }

    #[test]
    fn a_datagram_refused_by_icmp_may_be_a_rule() {
        check(true, &[(Udp, CLOSED, Allow, Observed::UdpUnreachable)], &[undecided(Undecided::WhoRefused)]);
        let tried = [
            (Udp, 53, Allow, Observed::UdpAnswered),
            (Udp, 53, Deny, Observed::UdpUnreachable),
            (Udp, CLOSED, Deny, Observed::UdpUnreachable),
        ];
        check(true, &tried, &[Agrees, Agrees, undecided(Undecided::WhoRefused)]);
    }

    #[test]
    fn what_was_not_tried_or_not_twice_the_same_shows_nothing() {
        check(true, &[(Tcp, WEB, Allow, Observed::CouldNotRun)], &[undecided(Undecided::NotRun)]);
        check(true, &[(Tcp, WEB, Allow, Observed::Flapping)], &[undecided(Undecided::Flapping)]);
    }

    #[test]
    fn a_proxy_in_the_source_answers_for_everybody() {
        let probe = probe(0, Tcp, WEB, Allow);
        let tried = Tried { probe: &probe, observed: Observed::Connected, ready: true, proxied: true };
        assert_eq!(judge(&[tried]), [undecided(Undecided::Proxied)]);
        let blocked = Tried { observed: Observed::TimedOut, ..tried };
        assert_eq!(judge(&[blocked]), [Differs(Shown::Blocked)]);
    }
}
