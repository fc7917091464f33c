//! Reports on nodes and namespaces for the tests: some written by hand, some of arbitrary text.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::arbitrary::text;
use super::samples::report;
use crate::report::Answer;
use crate::report::qos::Class;
use crate::report::qos_namespace::*;
use crate::report::qos_node::*;

fn amounts(list: &[(&str, &str)]) -> BTreeMap<String, String> {
    list.iter().map(|(name, amount)| ((*name).to_owned(), (*amount).to_owned())).collect()
}

fn evictee(rank: Option<usize>, name: &str, class: Class, request: &str, usage: Option<&str>) -> Evictee {
    Evictee {
        rank,
        namespace: "shop".to_owned(),
        name: name.to_owned(),
        class: Some(class),
        priority: 0,
        request: request.to_owned(),
        usage: usage.map(str::to_owned),
        exceeds: usage.map(|_| class != Class::Guaranteed),
    }
}

fn killed(rank: Option<usize>, pod: &str, adj: i64, usage: Option<&str>) -> Killed {
    Killed {
        rank,
        namespace: "shop".to_owned(),
        pod: pod.to_owned(),
        container: "main".to_owned(),
        class: Some(Class::Burstable),
        oom_score_adj: Some(adj),
        usage: usage.map(str::to_owned),
        score: usage.map(|_| adj + 12),
    }
}

fn node() -> QosNode {
    QosNode {
        node: "worker-1".to_owned(),
        pressures: Some(vec!["MemoryPressure".to_owned()]),
        capacity: amounts(&[("memory", "32Gi")]),
        allocatable: amounts(&[("memory", "30Gi")]),
        thresholds: amounts(&[("memory.available", "100Mi"), ("nodefs.available", "10%"), ("imagefs.available", "15%")]),
        usage_unknown: None,
        measured_at: "2026-01-01T00:00:00Z".parse().ok(),
        pods_missing: false,
        memory: vec![
            evictee(Some(1), "cache-0", Class::Burstable, "64Mi", Some("300Mi")),
            evictee(Some(2), "batch-x", Class::BestEffort, "0", Some("12Mi")),
            evictee(Some(3), "api-1", Class::Guaranteed, "1Gi", Some("900Mi")),
        ],
        disk: vec![evictee(None, "cache-0", Class::Burstable, "1Gi", None)],
        pids: Vec::new(),
        oom: (0..12).map(|n| killed(Some(n + 1), &format!("batch-{n}"), 988, Some("20Mi"))).collect(),
        never: vec![Spared {
            namespace: "kube-system".to_owned(),
            name: "etcd".to_owned(),
            reason: "static: a file of the node makes it".to_owned(),
        }],
    }
}

fn namespace() -> QosNamespace {
    let range = Influence {
        name: "maxima".to_owned(),
        effects: vec!["a container without a cpu limit gets 2, its maximum, because it has no default".to_owned()],
        amounts: Vec::new(),
    };
    let amount = |resource: &str, used: Option<&str>| QuotaAmount {
        resource: resource.to_owned(),
        hard: "10".to_owned(),
        used: used.map(str::to_owned),
    };
    let quota =
        Influence { name: "team".to_owned(), effects: Vec::new(), amounts: vec![amount("pods", Some("3")), amount("requests.cpu", None)] };
    QosNamespace {
        namespace: "shop".to_owned(),
        counts: [("Burstable".to_owned(), 3), ("BestEffort".to_owned(), 1)].into(),
        bare: Some(Class::Burstable),
        limit_ranges: vec![range],
        quotas: vec![quota],
        unread: Vec::new(),
    }
}

pub(super) fn all() -> Vec<(&'static str, Answer)> {
    let blind = QosNode {
        pressures: Some(Vec::new()),
        usage_unknown: Some("metrics.k8s.io is not served: there is no metrics-server".to_owned()),
        measured_at: None,
        pods_missing: true,
        memory: vec![Evictee { class: None, ..evictee(None, "batch-x", Class::BestEffort, "0", None) }],
        oom: vec![Killed { oom_score_adj: None, ..killed(None, "batch-x", 0, None) }],
        never: Vec::new(),
        ..node()
    };
    let dark = QosNamespace { bare: None, unread: vec!["limitranges".to_owned()], counts: BTreeMap::new(), ..namespace() };
    vec![
        ("qos_node", Answer::QosNode(report("QosNode", node()))),
        ("qos_node_blind", Answer::QosNode(report("QosNode", blind))),
        ("qos_namespace", Answer::QosNamespace(report("QosNamespace", namespace()))),
        ("qos_namespace_dark", Answer::QosNamespace(report("QosNamespace", dark))),
    ]
}

/// An answer about a node or a namespace full of arbitrary text.
pub(super) fn answer() -> BoxedStrategy<Answer> {
    let pods = vec((text(), option::of(text())), 0..4);
    (text(), option::of(text()), pods, any::<bool>())
        .prop_map(|(name, why, pods, of_node)| {
            let evictees = || pods.iter().map(|(name, usage)| evictee(None, name, Class::Burstable, name, usage.as_deref())).collect();
            if of_node {
                let oom = pods.iter().map(|(name, usage)| killed(None, name, 3, usage.as_deref())).collect();
                let never =
                    pods.iter().map(|(name, _)| Spared { namespace: name.clone(), name: name.clone(), reason: name.clone() }).collect();
                let answer = QosNode {
                    node: name,
                    pressures: why.clone().map(|why| vec![why]),
                    usage_unknown: why,
                    memory: evictees(),
                    disk: evictees(),
                    pids: evictees(),
                    oom,
                    never,
                    ..node()
                };
                return Answer::QosNode(report("QosNode", answer));
            }
            let influence = |(name, used): &(String, Option<String>)| Influence {
                name: name.clone(),
                effects: vec![name.clone()],
                amounts: vec![QuotaAmount { resource: name.clone(), hard: name.clone(), used: used.clone() }],
            };
            let quotas: Vec<Influence> = pods.iter().map(influence).collect();
            let answer = QosNamespace { namespace: name, limit_ranges: quotas.clone(), quotas, ..namespace() };
            Answer::QosNamespace(report("QosNamespace", answer))
        })
        .boxed()
}
