//! Reports for the tests: the shop of the guide, written by hand.

use std::sync::Arc;

use crate::report::policy::*;
use crate::report::*;

/// A report in which everything was read.
pub(super) fn report<T>(kind: &'static str, result: T) -> Report<T> {
    let complete = |resource: &str| CoverageEntry { resource: resource.into(), scope: "*".into(), state: "complete".into() };
    Report {
        api_version: "netstore/v1",
        kind,
        metadata: Metadata { tool: "0.1.0", source: SourceKind::Live, cluster: Some("v1.36.3".into()), collected_at: None },
        coverage: ["namespaces", "pods", "networkpolicies.networking.k8s.io"].map(complete).into(),
        result,
        findings: Vec::new(),
    }
}

pub(super) fn peer(kind: &str, namespace: &str, name: &str, pods: Option<(usize, usize)>) -> Peer {
    Peer {
        kind: kind.into(),
        namespace: namespace.into(),
        name: name.into(),
        pods: pods.map(|(matched, total)| PodCount { matched, total }),
        ..Peer::default()
    }
}

pub(super) fn block(cidrs: &[&str]) -> Peer {
    Peer { kind: "IPBlock".into(), cidrs: cidrs.iter().map(|&c| c.into()).collect(), ..Peer::default() }
}

pub(super) fn tcp(ports: &str) -> Vec<PortRange> {
    vec![PortRange { protocol: "TCP".into(), ports: ports.into() }]
}

pub(super) fn all_ports() -> Vec<PortRange> {
    ["SCTP", "TCP", "UDP"].map(|p| PortRange { protocol: p.into(), ports: "*".into() }).into()
}

/// `rule` counts from zero.
pub(super) fn rule(direction: Direction, namespace: &str, name: &str, rule: usize) -> RuleRef {
    RuleRef { kind: "NetworkPolicy".into(), namespace: namespace.into(), name: name.into(), direction, rule }
}

fn payments(at: usize) -> RuleRef {
    rule(Direction::Ingress, "shop", "payments-ingress", at)
}

fn netpol(namespace: &str, name: &str) -> ObjectRef {
    ObjectRef::new("NetworkPolicy", namespace, name)
}

fn aged(name: &str, days: u64) -> PolicyAge {
    PolicyAge { namespace: "shop".into(), name: name.into(), age_seconds: Some(days * 86_400) }
}

fn reach(peer: Peer, verdict: Verdict, ports: Vec<PortRange>, because: Vec<RuleRef>, reasons: &[&str]) -> Reach {
    Reach { peer, verdict, ports, because, reasons: reasons.iter().map(|&r| r.into()).collect(), target_pods: None }
}

fn chain() -> ServiceChain {
    ServiceChain {
        service: ObjectRef::new("Service", "shop", "payments"),
        service_type: "ClusterIP".into(),
        ports: vec![ServicePortChain { name: "https".into(), port: 443, target: "https".into(), target_ports: tcp("8443") }],
        ready: 3,
        total: 3,
        resolved_by: ResolvedBy::EndpointSlices,
        notes: Vec::new(),
    }
}

fn unused_rule() -> Finding {
    Finding {
        code: "NP-012",
        name: "rule-matches-nothing",
        severity: Severity::Warning,
        confidence: Confidence::Certain,
        subject: netpol("shop", "payments-ingress"),
        message: "1 rule matches nothing now: shop/payments-ingress #4".into(),
        evidence: vec![Evidence {
            object: netpol("shop", "payments-ingress"),
            field: "spec.ingress[3].from[0]".into(),
            value: "app=legacy".into(),
        }],
        remedy: vec![Remedy {
            description: "look for pods with this label".into(),
            command: Some("kubectl get pods -n shop -l app=legacy".into()),
            data_risk: DataRisk::None,
        }],
    }
}

pub(super) fn who_can_reach() -> Answer {
    let mut report = report(
        "WhoCanReach",
        WhoCanReach {
            target: peer("Service", "shop", "payments", Some((3, 3))),
            service: Some(chain()),
            isolated: Some(true),
            sources: vec![
                reach(
                    peer("Deployment", "shop", "checkout", Some((4, 4))),
                    Verdict::Allow,
                    tcp("8443"),
                    vec![payments(0), payments(1), payments(5), rule(Direction::Egress, "shop", "checkout", 0)],
                    &[],
                ),
                reach(peer("CronJob", "ops", "reconcile", Some((1, 1))), Verdict::Allow, tcp("8443"), vec![payments(1)], &[]),
                Reach {
                    target_pods: Some(PodCount { matched: 2, total: 3 }),
                    ..reach(peer("Pod", "ops", "debug", Some((1, 1))), Verdict::Allow, tcp("8443"), vec![payments(4)], &[])
                },
                reach(
                    peer("Deployment", "shop", "web", Some((0, 6))),
                    Verdict::Deny,
                    vec![],
                    vec![],
                    &["web's egress: netpol shop/web-egress allows 8080 to payments, not 8443"],
                ),
                reach(block(&["10.20.0.0/16"]), Verdict::Allow, tcp("8443"), vec![payments(2)], &[]),
                reach(
                    Peer { kind: "Node".into(), description: "own node".into(), ..Peer::default() },
                    Verdict::Allow,
                    all_ports(),
                    vec![],
                    &["always allowed (kubelet probes)"],
                ),
            ],
            rest: Rest {
                verdict: Verdict::Deny,
                reason: "pods payments-* are isolated for ingress".into(),
                policies: vec![netpol("shop", "payments-ingress"), netpol("shop", "default-deny")],
            },
        },
    );
    report.findings = vec![unused_rule()];
    Answer::WhoCanReach(report)
}

/// What a ServiceAccount that sees one namespace is told.
pub(super) fn partial() -> Answer {
    let db = |at| rule(Direction::Ingress, "data", "db", at);
    let mut report = report(
        "WhoCanReach",
        WhoCanReach {
            target: peer("Pod", "data", "db-0", Some((1, 1))),
            service: None,
            isolated: Some(true),
            sources: vec![
                reach(peer("Deployment", "data", "api", Some((2, 2))), Verdict::Allow, tcp("5432"), vec![db(0)], &[]),
                reach(
                    Peer { kind: "UnreadPods".into(), description: "pods in namespaces with team=analytics".into(), ..Peer::default() },
                    Verdict::Unknown,
                    tcp("5432"),
                    vec![db(1)],
                    &["cannot see which namespaces match"],
                ),
            ],
            rest: Rest {
                verdict: Verdict::Deny,
                reason: "pod db-0 is isolated for ingress by data/db".into(),
                policies: vec![netpol("data", "db")],
            },
        },
    );
    let entry =
        |resource: &str, scope: &str, state: &str| CoverageEntry { resource: resource.into(), scope: scope.into(), state: state.into() };
    report.coverage = vec![
        entry("namespaces", "*", "forbidden"),
        entry("pods", "*", "forbidden"),
        entry("pods", "data", "complete"),
        entry("networkpolicies.networking.k8s.io", "*", "forbidden"),
        entry("networkpolicies.networking.k8s.io", "data", "complete"),
    ];
    Answer::WhoCanReach(report)
}

pub(super) fn reachable_from() -> Answer {
    let web = |at| rule(Direction::Egress, "shop", "web-egress", at);
    let all_but_ten = ["0.0.0.0/5", "8.0.0.0/7", "11.0.0.0/8", "12.0.0.0/6", "16.0.0.0/4", "32.0.0.0/3", "64.0.0.0/2", "128.0.0.0/1"];
    Answer::ReachableFrom(report(
        "ReachableFrom",
        ReachableFrom {
            source: peer("Deployment", "shop", "web", Some((6, 6))),
            isolated: Some(true),
            destinations: vec![
                reach(peer("Deployment", "shop", "payments", Some((3, 3))), Verdict::Allow, tcp("8080"), vec![web(0), payments(4)], &[]),
                reach(block(&all_but_ten), Verdict::Allow, tcp("80,443"), vec![web(2)], &[]),
            ],
            services: vec![ServiceReach {
                service: ObjectRef::new("Service", "shop", "payments"),
                verdict: Verdict::Deny,
                ports: tcp("443"),
                reasons: vec!["its pods listen on 8443, web-egress allows 8080".into()],
            }],
            dns: Some(DnsReach {
                service: ObjectRef::new("Service", "kube-system", "kube-dns"),
                port: "53".into(),
                udp: Verdict::Allow,
                tcp: Verdict::Deny,
            }),
            api_server: Some(AddressReach { addresses: vec!["172.18.0.2:6443".into()], verdict: Verdict::Deny, because: vec![] }),
            rest: Rest {
                verdict: Verdict::Deny,
                reason: "pods web-* are isolated for egress".into(),
                policies: vec![netpol("shop", "web-egress"), netpol("shop", "default-deny")],
            },
        },
    ))
}

pub(super) fn can_reach() -> Answer {
    let matched = |matched, detail: &str| Matched { matched, detail: detail.into() };
    let web = |at| rule(Direction::Egress, "shop", "web-egress", at);
    Answer::CanReach(report(
        "CanReach",
        CanReach {
            from: peer("Deployment", "shop", "web", Some((6, 6))),
            to: peer("Service", "shop", "payments", Some((3, 3))),
            port: tcp("8443").pop(),
            verdict: Verdict::Deny,
            ports: vec![],
            egress: Side {
                isolated: Some(true),
                verdict: Verdict::Deny,
                because: vec![],
                isolated_by: vec![aged("web-egress", 12), aged("default-deny", 200)],
                decided_by: vec![],
                rules: vec![
                    RuleTrace {
                        rule: web(0),
                        peer: matched(YesNo::Yes, "app=payments"),
                        port: matched(YesNo::No, "8443 wanted, 8080 allowed"),
                        turn: None,
                    },
                    RuleTrace {
                        rule: web(1),
                        peer: matched(YesNo::No, "label k8s-app missing, wanted kube-dns"),
                        port: matched(YesNo::No, "8443 wanted, 53 allowed"),
                        turn: None,
                    },
                ],
                nearest_miss: Some(NearestMiss {
                    rule: web(0),
                    what: "change port 8080 to 8443 (or to the name \"https\")".into(),
                    command: Some(
                        r#"kubectl patch netpol web-egress -n shop --type=json -p '[{"op":"replace","path":"/spec/egress/0/ports/0/port","value":8443}]'"#
                            .into(),
                    ),
                }),
            },
            ingress: Side {
                isolated: Some(true),
                verdict: Verdict::Allow,
                because: vec![payments(4)],
                isolated_by: vec![aged("payments-ingress", 12)],
                decided_by: vec![],
                rules: vec![RuleTrace { rule: payments(4), peer: matched(YesNo::Yes, "app=web"), port: matched(YesNo::Yes, "8443"), turn: None }],
                nearest_miss: None,
            },
            service: Some(chain()),
            reasons: vec![],
        },
    ))
}

pub(super) fn effective_policy() -> Answer {
    Answer::EffectivePolicy(report(
        "EffectivePolicy",
        EffectivePolicy {
            subject: peer("Deployment", "shop", "payments", Some((3, 3))),
            ingress: EffectiveDirection {
                direction: Direction::Ingress,
                isolated: Some(true),
                policies: vec![aged("default-deny", 200), aged("payments-ingress", 12)],
                cluster_rules: vec![],
                allowed: vec![
                    Allowance {
                        peer: Peer { description: "pods with app=checkout in namespace shop".into(), ..Peer::default() },
                        ports: tcp("8443"),
                        verdict: Verdict::Allow,
                        because: vec![payments(0)],
                    },
                    Allowance {
                        peer: block(&["10.20.0.0/16"]),
                        ports: tcp("8443,9000-9010"),
                        verdict: Verdict::Allow,
                        because: vec![payments(2), payments(5), payments(6)],
                    },
                ],
                adds_nothing: vec![RuleNote { rule: payments(6), note: "rule #3 of the same policy allows all of it".into() }],
                matches_nothing: vec![RuleNote { rule: payments(3), note: "no pod in shop has app=legacy".into() }],
                notes: vec!["a port without protocol is TCP only: rule #2 does not allow UDP".into()],
            },
            egress: EffectiveDirection {
                direction: Direction::Egress,
                isolated: Some(false),
                policies: vec![],
                cluster_rules: vec![],
                allowed: vec![],
                adds_nothing: vec![],
                matches_nothing: vec![],
                notes: vec![],
            },
        },
    ))
}

pub(super) fn matrix() -> Answer {
    let deploy = |ns: &str, name: &str, pods| Arc::new(peer("Deployment", ns, name, Some((pods, pods))));
    let (web, checkout, pay) = (deploy("shop", "web", 6), deploy("shop", "checkout", 4), deploy("shop", "payments", 3));
    let reconcile = Arc::new(peer("CronJob", "ops", "reconcile", Some((1, 1))));
    let outside = Arc::new(block(&["10.20.0.0/16"]));
    let unread = Arc::new(Peer {
        kind: "UnreadPods".into(),
        description: "pods in namespaces with team=\"analytics\" | qa".into(),
        ..Peer::default()
    });
    let (https, http) = (Arc::new(tcp("8443")), Arc::new(tcp("80,8000-8080")));
    let connection = |from: &Arc<Peer>, to: &Arc<Peer>, ports: &Arc<Vec<PortRange>>, verdict| Connection {
        from: Arc::clone(from),
        to: Arc::clone(to),
        verdict,
        ports: Arc::clone(ports),
    };
    let connections = vec![
        connection(&reconcile, &pay, &https, Verdict::Allow),
        connection(&checkout, &pay, &https, Verdict::Allow),
        connection(&web, &checkout, &Arc::new(all_ports()), Verdict::Allow),
        connection(&outside, &web, &http, Verdict::Allow),
        connection(&unread, &pay, &https, Verdict::Unknown),
    ];
    Answer::Matrix(report("Matrix", Matrix { connections, complete: true, cut: false }))
}

/// One of each question.
pub(super) fn all() -> Vec<(&'static str, Answer)> {
    vec![
        ("who_can_reach", who_can_reach()),
        ("partial", partial()),
        ("reachable_from", reachable_from()),
        ("can_reach", can_reach()),
        ("effective_policy", effective_policy()),
        ("matrix", matrix()),
    ]
}
