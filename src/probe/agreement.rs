//! Whether what was observed is what policies predict, and what it means if it is not.

use super::plan::Way;
use super::verdict::{Shows, Verdict as Observed};
use crate::objects::Protocol;
use crate::report::Verdict;

/// What is known of the socket that a packet would come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hears {
    /// Yes on an address that others reach.
    Yes,
    /// Yes for the pod itself only.
    OnlyItself,
    /// Not open; what is open instead.
    No(Vec<u16>),
    /// Not known, because of this.
    Unknown(String),
}

/// What the counters of the target say of datagrams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrived {
    /// They came.
    Yes,
    /// They did not come.
    No,
    /// Not known, because of this.
    Unknown(String),
}

/// What a check is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// What policies say.
    pub predicted: Verdict,
    /// What came of the check.
    pub observed: Observed,
    /// Over which protocol.
    pub protocol: Protocol,
    /// Whether somebody is known to be at the target: a pod that runs.
    pub present: bool,
    /// Of the target.
    pub listening: &'a Hears,
    /// Of the target.
    pub arrival: &'a Arrived,
    /// How the check got to its place.
    pub way: Way,
    /// The container of the source that takes every connection before it leaves the pod, if there is one.
    pub proxy: Option<&'a str>,
}

/// What comes of comparing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// It is as predicted.
    Agrees,
    /// It passes though it is denied.
    NotEnforced,
    /// It is blocked though it is allowed.
    BlockedBySomethingElse,
    /// They cannot be compared, because of this.
    NotCompared(String),
}

/// Compares.
pub fn judge(evidence: &Evidence<'_>) -> Judged {
    let not = |why: &str| Judged::NotCompared(why.to_owned());
    if evidence.way == Way::PortForward {
        return not("port-forward passes no NetworkPolicy");
    }
    if let Some(proxy) = evidence.proxy.filter(|_| evidence.protocol == Protocol::Tcp) {
        return not(&format!("container {proxy} of the source takes every connection itself"));
    }
    match (passes(evidence), evidence.predicted) {
        (_, Verdict::Unknown) => not("what policies say is not known"),
        (Err(why), _) => Judged::NotCompared(why),
        (Ok(true), Verdict::Allow) | (Ok(false), Verdict::Deny) => Judged::Agrees,
        (Ok(true), Verdict::Deny) => Judged::NotEnforced,
        (Ok(false), Verdict::Allow) => Judged::BlockedBySomethingElse,
    }
}

/// Whether the first packet came to the target, or why that cannot be told.
fn passes(evidence: &Evidence<'_>) -> Result<bool, String> {
    let Evidence { observed, listening, predicted, present, .. } = evidence;
    match observed.shows() {
        Shows::Passes => Ok(true),
        Shows::Blocked if !present && *predicted == Verdict::Allow => {
            Err("it is no pod that could be read, so that there may be nobody at all".to_owned())
        }
        // The source itself gave up: nothing that stands on the way was asked.
        Shows::Blocked if *observed == Observed::NoRoute && *predicted == Verdict::Deny => {
            Err("the source has no route to it, so that no policy was asked".to_owned())
        }
        Shows::Blocked => Ok(false),
        // A host answers a closed port of TCP by a reset; ICMP comes from a rule.
        Shows::Refuses if *observed == Observed::RefusedIcmpPort => Ok(false),
        Shows::Refuses => match (listening, predicted) {
            (Hears::Yes, _) => Ok(false),
            (Hears::No(_) | Hears::OnlyItself, Verdict::Allow) => Ok(true),
            (Hears::No(_) | Hears::OnlyItself, _) => Err("a rule that refuses looks as a port that nobody listens on".to_owned()),
            (Hears::Unknown(_), _) => Err("the target or a rule refused it, and whether anything listens is not known".to_owned()),
        },
        Shows::Nothing => nothing(evidence),
    }
}

/// What a verdict that shows nothing shows together with the counters of the target.
fn nothing(evidence: &Evidence<'_>) -> Result<bool, String> {
    match (evidence.observed, evidence.arrival) {
        (Observed::UdpSilent, Arrived::Yes) => Ok(true),
        (Observed::UdpSilent, Arrived::No) => Ok(false),
        (Observed::UdpSilent, Arrived::Unknown(why)) => {
            Err(format!("nothing came back, and whether the datagrams arrived is not known: {why}"))
        }
        (Observed::Flapping, _) => Err("it connects at times".to_owned()),
        _ => Err("it was not observed".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A check over TCP by exec; nothing known of the target.
    fn judged(predicted: Verdict, observed: Observed, listening: &Hears, arrival: &Arrived) -> Judged {
        let (protocol, way) = (Protocol::Tcp, Way::Exec);
        judge(&Evidence { predicted, observed, protocol, present: true, listening, arrival, way, proxy: None })
    }

    #[test]
    fn what_passes_and_what_is_blocked_is_compared_with_what_policies_say() {
        use Judged::{Agrees, BlockedBySomethingElse, NotEnforced};
        use Observed::{
            Connected, HttpStatus, LocalReject, NoRoute, RefusedIcmpPort, RefusedIcmpProhibited, TimedOut, UdpAnswered, UdpSilent,
        };
        use Verdict::{Allow, Deny};
        let (unknown, silent) = (Hears::Unknown("no right".into()), Arrived::Unknown("no right".into()));
        for (predicted, observed, wanted) in [
            (Allow, Connected, Agrees),
            (Allow, HttpStatus, Agrees),
            (Allow, UdpAnswered, Agrees),
            (Deny, Connected, NotEnforced),
            (Deny, UdpAnswered, NotEnforced),
            (Deny, Observed::Reset, NotEnforced),
            (Deny, TimedOut, Agrees),
            (Deny, LocalReject, Agrees),
            (Deny, RefusedIcmpPort, Agrees),
            (Allow, TimedOut, BlockedBySomethingElse),
            (Allow, NoRoute, BlockedBySomethingElse),
            (Allow, RefusedIcmpPort, BlockedBySomethingElse),
            (Allow, RefusedIcmpProhibited, BlockedBySomethingElse),
        ] {
            assert_eq!(judged(predicted, observed, &unknown, &silent), wanted, "{predicted} {observed:?}");
        }
        for (predicted, arrival, wanted) in [
            (Allow, Arrived::Yes, Agrees),
            (Deny, Arrived::Yes, NotEnforced),
            (Allow, Arrived::No, BlockedBySomethingElse),
            (Deny, Arrived::No, Agrees),
        ] {
            assert_eq!(judged(predicted, UdpSilent, &unknown, &arrival), wanted, "{predicted} {arrival:?}");
        }
    }

    #[test]
    fn a_refusal_counts_by_what_is_known_of_the_socket() {
        use Hears::{No, OnlyItself, Unknown, Yes};
        use Verdict::{Allow, Deny};
        let not_compared = |judged: &Judged| matches!(judged, Judged::NotCompared(_));
        for observed in [Observed::RefusedRst, Observed::Refused, Observed::UdpUnreachable] {
            let of = |predicted, listening: Hears| judged(predicted, observed, &listening, &Arrived::Yes);
            assert_eq!(of(Allow, No(vec![80])), Judged::Agrees);
            assert_eq!(of(Allow, OnlyItself), Judged::Agrees);
            assert_eq!(of(Allow, Yes), Judged::BlockedBySomethingElse);
            assert_eq!(of(Deny, Yes), Judged::Agrees);
            for (predicted, listening) in
                [(Deny, No(vec![])), (Deny, OnlyItself), (Deny, Unknown(String::new())), (Allow, Unknown(String::new()))]
            {
                assert!(not_compared(&of(predicted, listening.clone())), "{predicted} {listening:?}");
            }
        }
    }

    #[test]
    fn what_says_nothing_is_not_compared() {
        use Observed::{CouldNotRun, DnsTimeout, Flapping, NoRoute, NxDomain, TimedOut, UdpSilent};
        let (open, unknown) = (Hears::Yes, Arrived::Unknown("counters could not be read".into()));
        let says = |judged: Judged, words: &str| match judged {
            Judged::NotCompared(why) => assert!(why.contains(words), "{why}"),
            other => panic!("{other:?}"),
        };
        says(judged(Verdict::Allow, UdpSilent, &open, &unknown), "counters could not be read");
        says(judged(Verdict::Deny, NoRoute, &open, &unknown), "no route");
        says(judged(Verdict::Deny, Flapping, &open, &unknown), "at times");
        says(judged(Verdict::Unknown, TimedOut, &open, &unknown), "policies say");
        for observed in [CouldNotRun, NxDomain, DnsTimeout] {
            says(judged(Verdict::Deny, observed, &open, &unknown), "not observed");
        }
        let base = Evidence {
            predicted: Verdict::Deny,
            observed: Observed::Connected,
            protocol: Protocol::Tcp,
            present: true,
            listening: &open,
            arrival: &unknown,
            way: Way::Exec,
            proxy: None,
        };
        says(judge(&Evidence { way: Way::PortForward, ..base }), "port-forward");
        says(judge(&Evidence { present: false, predicted: Verdict::Allow, observed: TimedOut, ..base }), "nobody at all");
        says(judge(&Evidence { proxy: Some("istio-proxy"), ..base }), "istio-proxy");
        let udp = Evidence { proxy: Some("istio-proxy"), protocol: Protocol::Udp, observed: Observed::UdpAnswered, ..base };
        assert_eq!(judge(&udp), Judged::NotEnforced);
    }
}
