//! Reports full of arbitrary text, for the properties every format has.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::samples::report;
use crate::report::policy::*;
use crate::report::*;

/// Any answer.
pub(super) fn answer() -> BoxedStrategy<Answer> {
    let noticed = (vec(finding(), 0..3), vec(coverage(), 0..4));
    (bare_answer(), noticed)
        .prop_map(|(mut answer, (findings, coverage))| {
            match &mut answer {
                Answer::WhoCanReach(r) => (r.findings, r.coverage) = (findings, coverage),
                Answer::ReachableFrom(r) => (r.findings, r.coverage) = (findings, coverage),
                Answer::CanReach(r) => (r.findings, r.coverage) = (findings, coverage),
                Answer::EffectivePolicy(r) => (r.findings, r.coverage) = (findings, coverage),
                Answer::Matrix(r) => (r.findings, r.coverage) = (findings, coverage),
                // Those of claims belong to them.
                Answer::PvcWhyPending(r) => {
                    r.findings.extend(findings);
                    r.coverage = coverage;
                }
                Answer::Storage(r) => (r.findings, r.coverage) = (findings, coverage),
                Answer::Qos(r) => (r.findings, r.coverage) = (findings, coverage),
                Answer::QosNode(r) => (r.findings, r.coverage) = (findings, coverage),
                Answer::QosNamespace(r) => (r.findings, r.coverage) = (findings, coverage),
                Answer::Dns(r) => (r.findings, r.coverage) = (findings, coverage),
                Answer::DnsVerify(r) => (r.findings, r.coverage) = (findings, coverage),
                Answer::DnsRecords(r) => (r.findings, r.coverage) = (findings, coverage),
                Answer::DnsDoctor(r) => (r.findings, r.coverage) = (findings, coverage),
                Answer::Probe(r) => (r.findings, r.coverage) = (findings, coverage),
                Answer::Verify(r) => (r.findings, r.coverage) = (findings, coverage),
                Answer::Volumes(r) => {
                    r.findings.extend(findings);
                    r.coverage = coverage;
                }
            }
            answer
        })
        .boxed()
}

fn bare_answer() -> BoxedStrategy<Answer> {
    prop_oneof![
        who_can_reach(),
        (peer(), option::of(any::<bool>()), vec(reach(), 0..4), vec(service(), 0..3), option::of(dns()), option::of(api()), rest())
            .prop_map(|(source, isolated, destinations, services, dns, api_server, rest)| {
                let result = ReachableFrom { source, isolated, destinations, services, dns, api_server, rest };
                Answer::ReachableFrom(report("ReachableFrom", result))
            })
            .boxed(),
        ((peer(), peer(), option::of(port()), verdict(), vec(port(), 0..3)), side(), side(), option::of(chain()), texts())
            .prop_map(|((from, to, port, verdict, ports), egress, ingress, service, reasons)| {
                let result = CanReach { from, to, port, verdict, ports, egress, ingress, service, reasons };
                Answer::CanReach(report("CanReach", result))
            })
            .boxed(),
        (peer(), effective(Direction::Ingress), effective(Direction::Egress))
            .prop_map(|(subject, ingress, egress)| {
                Answer::EffectivePolicy(report("EffectivePolicy", EffectivePolicy { subject, ingress, egress }))
            })
            .boxed(),
        super::arbitrary_storage::answer(),
        super::samples_volumes::answer(),
        super::samples_overview::answer(),
        super::samples_node::answer(),
        super::samples_verify::answer(),
        super::samples_qos::answer(),
        super::samples_records::answer(),
        super::samples_dns::answer(),
        super::samples_dns_doctor::answer(),
        super::samples_probe::answer(),
        super::samples_cover::answer(),
        vec(connection(), 0..6)
            .prop_map(|connections| Answer::Matrix(report("Matrix", Matrix { connections, complete: true, cut: false })))
            .boxed(),
    ]
    .boxed()
}

pub(super) fn who_can_reach() -> BoxedStrategy<Answer> {
    (peer(), option::of(chain()), option::of(any::<bool>()), vec(reach(), 0..4), rest())
        .prop_map(|(target, service, isolated, sources, rest)| {
            Answer::WhoCanReach(report("WhoCanReach", WhoCanReach { target, service, isolated, sources, rest }))
        })
        .boxed()
}

/// Names as they are, names as they should not be, and anything.
pub(super) fn text() -> BoxedStrategy<String> {
    prop_oneof![
        4 => "[a-z]{1,12}(-[a-z0-9]{1,8}){0,3}",
        1 => "[a-z]{30,90}",
        1 => "([a-z]{1,9}[ ,]){1,20}",
        1 => any::<String>(),
        1 => "[\\x00-\\x20\\x7f-\\u{a0}\u{202e}\u{200b}\u{feff}\u{e0041}\"'|,;:#\\[\\]{}<>\\\\`*_=+@\\-]{0,12}",
    ]
    .boxed()
}

pub(super) fn command() -> BoxedStrategy<String> {
    text().prop_map(|text| format!("kubectl {text}")).boxed()
}

fn texts() -> BoxedStrategy<Vec<String>> {
    vec(text(), 0..3).boxed()
}

fn peer() -> BoxedStrategy<Peer> {
    let kind = prop_oneof![Just("Deployment".to_owned()), Just("IPBlock".to_owned()), Just("UnreadPods".to_owned()), text()];
    let cidr = prop_oneof![
        4 => (any::<[u8; 4]>(), 0u8..=32).prop_map(|(ip, len)| format!("{}.{}.{}.{}/{len}", ip[0], ip[1], ip[2], ip[3])),
        1 => (any::<u128>(), 0u8..=128).prop_map(|(ip, len)| format!("{}/{len}", std::net::Ipv6Addr::from_bits(ip))),
        1 => text(),
    ];
    let pods = option::of((0usize..9, 0usize..9).prop_map(|(matched, total)| PodCount { matched, total }));
    let name = prop_oneof![2 => text(), 1 => Just(String::new())];
    (kind, name.clone(), name.clone(), pods, vec(cidr, 0..4), name)
        .prop_map(|(kind, namespace, name, pods, cidrs, description)| Peer { kind, namespace, name, pods, cidrs, description })
        .boxed()
}

fn verdict() -> BoxedStrategy<Verdict> {
    prop_oneof![Just(Verdict::Allow), Just(Verdict::Deny), Just(Verdict::Unknown)].boxed()
}

pub(super) fn port() -> BoxedStrategy<PortRange> {
    let ports = prop_oneof!["[0-9]{1,5}(,[0-9]{1,5}){0,30}", Just("*".to_owned()), text()];
    (prop_oneof![Just("TCP".to_owned()), Just("UDP".to_owned()), text()], ports)
        .prop_map(|(protocol, ports)| PortRange { protocol, ports })
        .boxed()
}

fn rule() -> BoxedStrategy<RuleRef> {
    let direction = prop_oneof![Just(Direction::Ingress), Just(Direction::Egress)];
    (text(), text(), direction, 0usize..20)
        .prop_map(|(namespace, name, direction, rule)| RuleRef { kind: "NetworkPolicy".into(), namespace, name, direction, rule })
        .boxed()
}

fn object() -> BoxedStrategy<ObjectRef> {
    (text(), text(), text()).prop_map(|(kind, namespace, name)| ObjectRef { kind, namespace, name }).boxed()
}

fn reach() -> BoxedStrategy<Reach> {
    let target_pods = option::of(Just(PodCount { matched: 1, total: 3 }));
    (peer(), verdict(), vec(port(), 0..3), vec(rule(), 0..5), texts(), target_pods)
        .prop_map(|(peer, verdict, ports, because, reasons, target_pods)| Reach { peer, verdict, ports, because, reasons, target_pods })
        .boxed()
}

fn rest() -> BoxedStrategy<Rest> {
    (verdict(), text(), vec(object(), 0..4)).prop_map(|(verdict, reason, policies)| Rest { verdict, reason, policies }).boxed()
}

fn chain() -> BoxedStrategy<ServiceChain> {
    let port = (text(), any::<i64>(), text(), vec(port(), 0..2)).prop_map(|(name, port, target, target_ports)| ServicePortChain {
        name,
        port,
        target,
        target_ports,
    });
    let by = prop_oneof![Just(ResolvedBy::EndpointSlices), Just(ResolvedBy::Selector), Just(ResolvedBy::Nothing)];
    (object(), text(), vec(port, 0..3), by, texts())
        .prop_map(|(service, service_type, ports, resolved_by, notes)| ServiceChain {
            service,
            service_type,
            ports,
            ready: 1,
            total: 2,
            resolved_by,
            notes,
        })
        .boxed()
}

fn service() -> BoxedStrategy<ServiceReach> {
    (object(), verdict(), vec(port(), 0..3), texts())
        .prop_map(|(service, verdict, ports, reasons)| ServiceReach { service, verdict, ports, reasons })
        .boxed()
}

fn dns() -> BoxedStrategy<DnsReach> {
    (object(), text(), verdict(), verdict()).prop_map(|(service, port, udp, tcp)| DnsReach { service, port, udp, tcp }).boxed()
}

fn api() -> BoxedStrategy<AddressReach> {
    (texts(), verdict(), vec(rule(), 0..3)).prop_map(|(addresses, verdict, because)| AddressReach { addresses, verdict, because }).boxed()
}

fn policy_age() -> BoxedStrategy<PolicyAge> {
    (text(), text(), option::of(any::<u64>())).prop_map(|(namespace, name, age_seconds)| PolicyAge { namespace, name, age_seconds }).boxed()
}

fn matched() -> BoxedStrategy<Matched> {
    let yes_no = prop_oneof![Just(YesNo::Yes), Just(YesNo::No), Just(YesNo::Unknown)];
    (yes_no, text()).prop_map(|(matched, detail)| Matched { matched, detail }).boxed()
}

fn side() -> BoxedStrategy<Side> {
    let turn = (text(), vec(port(), 0..2)).prop_map(|(action, decides)| RuleTurn { tier: PolicyTier::Admin, action, decides });
    let trace = (rule(), matched(), matched(), option::of(turn)).prop_map(|(rule, peer, port, turn)| RuleTrace { rule, peer, port, turn });
    let miss = (rule(), text(), option::of(command())).prop_map(|(rule, what, command)| NearestMiss { rule, what, command });
    let lists = (vec(rule(), 0..4), vec(policy_age(), 0..4), vec(trace, 0..4), option::of(miss));
    (option::of(any::<bool>()), verdict(), lists)
        .prop_map(|(isolated, verdict, (because, isolated_by, rules, nearest_miss))| Side {
            isolated,
            verdict,
            because,
            isolated_by,
            decided_by: Vec::new(),
            rules,
            nearest_miss,
        })
        .boxed()
}

fn effective(direction: Direction) -> BoxedStrategy<EffectiveDirection> {
    let allowance = (peer(), vec(port(), 0..3), verdict(), vec(rule(), 0..4)).prop_map(|(peer, ports, verdict, because)| Allowance {
        peer,
        ports,
        verdict,
        because,
    });
    let note = || vec((rule(), text()).prop_map(|(rule, note)| RuleNote { rule, note }), 0..2);
    let ordered = (rule(), text(), texts(), vec(port(), 0..2)).prop_map(|(rule, action, peers, ports)| ClusterRuleRow {
        tier: PolicyTier::Baseline,
        rule,
        action,
        peers,
        ports,
    });
    (option::of(any::<bool>()), vec(policy_age(), 0..3), vec(ordered, 0..3), vec(allowance, 0..3), note(), note(), texts())
        .prop_map(move |(isolated, policies, cluster_rules, allowed, adds_nothing, matches_nothing, notes)| EffectiveDirection {
            direction,
            isolated,
            policies,
            cluster_rules,
            allowed,
            adds_nothing,
            matches_nothing,
            notes,
        })
        .boxed()
}

fn connection() -> BoxedStrategy<Connection> {
    (peer(), peer(), verdict(), vec(port(), 0..3))
        .prop_map(|(from, to, verdict, ports)| Connection { from: Arc::new(from), to: Arc::new(to), verdict, ports: Arc::new(ports) })
        .boxed()
}

fn finding() -> BoxedStrategy<Finding> {
    let severity = prop_oneof![Just(Severity::Error), Just(Severity::Warning), Just(Severity::Info)];
    let remedy =
        (text(), option::of(command())).prop_map(|(description, command)| Remedy { description, command, data_risk: DataRisk::Loss });
    (severity, object(), text(), vec(remedy, 0..2))
        .prop_map(|(severity, subject, message, remedy)| Finding {
            code: "NP-000",
            name: "sample",
            severity,
            confidence: Confidence::Certain,
            subject,
            message,
            evidence: Vec::new(),
            remedy,
        })
        .boxed()
}

fn coverage() -> BoxedStrategy<CoverageEntry> {
    let scope = prop_oneof![Just("*".to_owned()), text()];
    let state = prop_oneof![Just("complete".to_owned()), Just("forbidden".to_owned()), text()];
    (text(), scope, state).prop_map(|(resource, scope, state)| CoverageEntry { resource, scope, state }).boxed()
}
