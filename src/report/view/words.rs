//! The vocabulary of all text formats: peers, ports, rules and lists of them in words.
//!
//! Every string of the report passes [`escape()`] here.

use super::{escape, human_duration, ranges};
use crate::report::policy::PolicyAge;
use crate::report::{Direction, ObjectRef, Peer, PodCount, PortRange, RuleRef, Verdict};

/// Protocols a policy can name; «all» means all ports of each.
const PROTOCOLS: usize = 3;

/// The word people and kubectl use for a kind: `deploy`, `svc`, `netpol`.
pub(super) fn kind_word(kind: &str) -> String {
    match kind {
        "Deployment" => "deploy".to_owned(),
        "ReplicaSet" => "rs".to_owned(),
        "StatefulSet" => "sts".to_owned(),
        "DaemonSet" => "ds".to_owned(),
        "Service" => "svc".to_owned(),
        "Namespace" => "ns".to_owned(),
        "NetworkPolicy" => "netpol".to_owned(),
        "PersistentVolume" => "pv".to_owned(),
        "PersistentVolumeClaim" => "pvc".to_owned(),
        "StorageClass" => "sc".to_owned(),
        "AdminNetworkPolicy" => "anp".to_owned(),
        "BaselineAdminNetworkPolicy" => "banp".to_owned(),
        "ClusterNetworkPolicy" => "cnp".to_owned(),
        other => escape(other).to_lowercase(),
    }
}

/// How a peer was described: a thing with a name, ranges of addresses, or words.
///
/// `shop/deploy/checkout`, `node/worker-1`, `10.20.0.0/16 (outside)`, `pods in namespaces with team=analytics`. More than
/// `most` ranges are cut, and it says so.
pub(super) fn peer(peer: &Peer, most: usize) -> String {
    if !peer.name.is_empty() {
        let kind = kind_word(&peer.kind);
        return match peer.namespace.is_empty() {
            true => format!("{kind}/{}", escape(&peer.name)),
            false => format!("{}/{kind}/{}", escape(&peer.namespace), escape(&peer.name)),
        };
    }
    if !peer.cidrs.is_empty() {
        let what = if peer.description.is_empty() { "outside".into() } else { escape(&peer.description) };
        return format!("{} ({what})", ranges(peer, most));
    }
    match (peer.description.is_empty(), peer.kind.is_empty()) {
        (false, _) => escape(&peer.description).into_owned(),
        (true, false) => kind_word(&peer.kind),
        (true, true) => "<unknown>".to_owned(),
    }
}

/// A peer, with how many of its pods are meant where it is not all of them: `shop/deploy/web (1/3)`.
pub(super) fn counted(subject: &Peer, most: usize) -> String {
    let name = peer(subject, most);
    match subject.pods.filter(|count| count.matched < count.total) {
        Some(count) => format!("{name} ({})", pods(count)),
        None => name,
    }
}

/// The ranges of a peer, folded.
pub(super) fn ranges(peer: &Peer, most: usize) -> String {
    cut(ranges::fold(&peer.cidrs), most).join(", ")
}

/// `Deployment shop/payments`, for the beginning of a sentence.
pub(super) fn subject(subject: &Peer) -> String {
    match (subject.name.is_empty(), subject.namespace.is_empty()) {
        (true, _) => peer(subject, usize::MAX),
        (false, true) => format!("{} {}", escape(&subject.kind), escape(&subject.name)),
        (false, false) => format!("{} {}/{}", escape(&subject.kind), escape(&subject.namespace), escape(&subject.name)),
    }
}

/// `shop/payments`.
pub(super) fn full_name(namespace: &str, name: &str) -> String {
    match namespace.is_empty() {
        true => escape(name).into_owned(),
        false => format!("{}/{}", escape(namespace), escape(name)),
    }
}

/// `netpol shop/payments`.
pub(super) fn object(object: &ObjectRef) -> String {
    format!("{} {}", kind_word(&object.kind), full_name(&object.namespace, &object.name))
}

/// `4/4`.
pub(super) fn pods(count: PodCount) -> String {
    format!("{}/{}", count.matched, count.total)
}

/// `TCP 80,8000-8080, UDP 53`, `all` for every port of every protocol, `-` for none.
pub(super) fn ports(ports: &[PortRange]) -> String {
    if ports.is_empty() {
        return "-".to_owned();
    }
    if ports.len() == PROTOCOLS && ports.iter().all(|p| p.ports == "*") {
        return "all".to_owned();
    }
    let numbers = |p: &PortRange| if p.ports == "*" { "all".to_owned() } else { escape(&p.ports).into_owned() };
    let text: Vec<String> = ports.iter().map(|p| format!("{} {}", escape(&p.protocol), numbers(p))).collect();
    text.join(", ")
}

/// Rules, those of one policy together: `netpol shop/payments #1,#2, egress netpol shop/web #1`.
///
/// Rules of the direction the question looks in need no word for it. More than `most` are cut; the first rule of each
/// direction stays, because a connection needs both.
pub(super) fn rules(rules: &[RuleRef], question: Direction, most: usize) -> Vec<String> {
    let mut shown: Vec<&RuleRef> = rules.iter().take(most).collect();
    let other = |rule: &&RuleRef| Some(rule.direction) != rules.first().map(|first| first.direction);
    if most > 1
        && !shown.iter().any(other)
        && let (Some(opposite), Some(last)) = (rules.iter().find(other), shown.last_mut())
    {
        *last = opposite;
    }
    let left = rules.len().saturating_sub(shown.len());
    let mut words: Vec<String> = Vec::new();
    let mut before: Option<&RuleRef> = None;
    for rule in shown {
        let same = before
            .is_some_and(|b| (b.direction, &b.kind, &b.namespace, &b.name) == (rule.direction, &rule.kind, &rule.namespace, &rule.name));
        match words.last_mut() {
            Some(last) if same => last.push_str(&format!(",#{}", rule.rule.saturating_add(1))),
            _ => words.push(rule_ref(rule, question)),
        }
        before = Some(rule);
    }
    if left > 0 {
        words.push(format!("+{left} more"));
    }
    words
}

/// `netpol shop/payments #1`: counted from one; the report counts from zero.
pub(super) fn rule_ref(rule: &RuleRef, question: Direction) -> String {
    let direction = if rule.direction == question { String::new() } else { format!("{} ", rule.direction) };
    let policy = full_name(&rule.namespace, &rule.name);
    format!("{direction}{} {policy} #{}", kind_word(&rule.kind), rule.rule.saturating_add(1))
}

/// `shop/web-egress (12d)`.
pub(super) fn policy_age(policy: &PolicyAge) -> String {
    let name = full_name(&policy.namespace, &policy.name);
    policy.age_seconds.map_or(name.clone(), |age| format!("{name} ({})", human_duration(age)))
}

/// `yes`, `NO`, `unknown`.
pub(super) fn yes_no(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "yes",
        Verdict::Deny => "NO",
        Verdict::Unknown => "unknown",
    }
}

/// `1 pod`, `3 pods`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn and(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// The first `most`, and how many are left out.
pub(super) fn cut(mut items: Vec<String>, most: usize) -> Vec<String> {
    let left = items.len().saturating_sub(most);
    // «+1 more» is no shorter than the one.
    if left > 1 {
        items.truncate(most);
        items.push(format!("+{left} more"));
    }
    items
}

/// With an upper-case first letter.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A clause as a sentence: with a full stop.
pub(super) fn sentence(clause: &str) -> String {
    let clause = escape(clause);
    let clause = clause.trim();
    if clause.is_empty() || clause.ends_with(['.', '!', '?']) { clause.to_owned() } else { format!("{clause}.") }
}
