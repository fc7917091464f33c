//! Class, defaults, effective requests and limits, oom_score_adj, exclusive CPUs, resizes and the order of eviction are Kubernetes': both
//! answer the same questions about random pods.
//!
//! `NETSTORE_ORACLE_CASES` is how many pods are asked about (50,000).

#[path = "oracle/client.rs"]
mod client;
#[path = "oracle/pods.rs"]
mod pods;

use std::collections::BTreeMap;

use client::{Dice, answers, cases};
use netstore::objects::{LimitRange, Pod, QosClass, Requirements, ResourceList, ResourceName};
use netstore::qos::bounds::{self, Refusal};
use netstore::qos::defaults::{self, Defaults};
use netstore::qos::effective::{self, Totals};
use netstore::qos::eviction::{self, Candidate, Signal, Usage};
use netstore::qos::resize::{self, Objection};
use netstore::qos::shape::{Amounts, Shape};
use netstore::qos::{class, cpus, oom};
use pods::{NAMES, Reply, list, pod, requirements};
use serde::Deserialize;

fn limit_range(dice: &mut Dice, name: &str) -> String {
    let item = |dice: &mut Dice| {
        let mut fields = vec![format!(r#""type":"{}""#, dice.one(&["Container", "Container", "Container", "Pod"]))];
        for field in ["default", "defaultRequest", "max", "min", "maxLimitRequestRatio"] {
            if dice.chance(3) {
                fields.push(format!(r#""{field}":{}"#, list(dice, &NAMES[..4])));
            }
        }
        format!("{{{}}}", fields.join(","))
    };
    let items: Vec<String> = (0..1 + dice.roll(2)).map(|_| item(dice)).collect();
    format!(r#"{{"metadata":{{"namespace":"n","name":"{name}"}},"spec":{{"limits":[{}]}}}}"#, items.join(","))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodQuestion {
    pod: Pod,
    limit_ranges: Vec<LimitRange>,
    memory_capacity: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodAnswer {
    admitted_class: String,
    class: String,
    refusals: Vec<String>,
    resources: Option<Requirements>,
    containers: Vec<ContainerAnswer>,
    requests: ResourceList,
    limits: ResourceList,
    critical: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContainerAnswer {
    requests: Option<ResourceList>,
    limits: Option<ResourceList>,
    oom_score_adj: i64,
    exclusive_cpus: i64,
}

/// A refusal as Kubernetes begins to tell it: `minimum cpu usage per Container`, `cpu max limit to request ratio per Pod`.
fn objection(refusal: &Refusal<'_, '_>) -> String {
    let what = if refusal.part.is_some() { "Container" } else { "Pod" };
    let resource = &refusal.resource;
    match refusal.field {
        "min" => format!("minimum {resource} usage per {what}"),
        "max" => format!("maximum {resource} usage per {what}"),
        _ => format!("{resource} max limit to request ratio per {what}"),
    }
}

fn shortened(error: &str) -> String {
    error.split_once(" is ").map_or(error, |(start, _)| start).to_owned()
}

fn totals(list: &ResourceList) -> Totals {
    list.iter().map(|(name, _)| (name.clone(), list.amount(name).expect("an amount"))).collect()
}

fn of_amounts(amounts: &Amounts<'_>) -> Totals {
    amounts.iter().map(|entry| (entry.resource.clone(), entry.amount)).collect()
}

#[test]
fn pods_are_what_kubernetes_makes_of_them() {
    let mut dice = Dice(1);
    let questions: Vec<String> = (0..cases(50_000))
        .map(|_| {
            let ranges: Vec<String> = (0..dice.roll(5).saturating_sub(2)).map(|n| limit_range(&mut dice, &format!("l{n}"))).collect();
            let mut pod = pod(&mut dice, "p", requirements);
            if !ranges.is_empty() {
                // Whom LimitRanges are about to give something has no status yet.
                pod.truncate(pod.find(r#","status":{"#).unwrap_or(pod.len()));
                pod.push('}');
            }
            format!(r#"{{"memoryCapacity":{},"limitRanges":[{}],"pod":{pod}}}"#, dice.one(&["8589934592", "3000000001"]), ranges.join(","))
        })
        .collect();
    let Some(replies) = answers::<Reply<PodAnswer>>("podQOS", questions.clone()) else { return };
    let mut classes: BTreeMap<String, usize> = BTreeMap::new();
    let (mut critical, mut refused) = (0, 0);
    for (question, reply) in questions.iter().zip(replies) {
        let theirs = reply.answer(question);
        let asked: PodQuestion = serde_json::from_str(question).expect("a question");
        let ranges: Vec<Defaults<'_>> = asked.limit_ranges.iter().map(Defaults::of).collect();
        let mut shape = Shape::of(&asked.pod.spec);
        assert!(shape.unreadable.is_empty(), "{question}");
        defaults::by_api(&mut shape);
        for range in &ranges {
            range.apply(&mut shape);
        }
        let all: Vec<&LimitRange> = asked.limit_ranges.iter().collect();
        let mut ours: Vec<String> = bounds::refusals(&all, &shape).iter().map(objection).collect();
        let mut refusals: Vec<String> = theirs.refusals.iter().map(|error| shortened(error)).collect();
        ours.sort();
        refusals.sort();
        assert_eq!(ours, refusals, "refused\n{question}");
        refused += usize::from(!ours.is_empty());
        assert_eq!(class::of(&shape).name(), theirs.admitted_class, "admitted\n{question}");
        defaults::by_api(&mut shape);
        let ours = class::of(&shape);
        assert_eq!(ours.name(), theirs.class, "{question}");
        let pod_level = |requirements: &Requirements| (totals(&requirements.requests), totals(&requirements.limits));
        let ours_of_pod = shape.pod.as_ref().map(|pod| (of_amounts(&pod.requests), of_amounts(&pod.limits)));
        assert_eq!(ours_of_pod, theirs.resources.as_ref().map(pod_level), "of the pod\n{question}");
        let is_static = asked.pod.is_static();
        let node_critical = oom::is_node_critical(is_static, &asked.pod.spec);
        for (part, theirs) in shape.parts.iter().zip(&theirs.containers) {
            let name = part.name;
            assert_eq!(
                of_amounts(&part.numbers.requests),
                theirs.requests.as_ref().map(totals).unwrap_or_default(),
                "requests of {name}\n{question}"
            );
            assert_eq!(
                of_amounts(&part.numbers.limits),
                theirs.limits.as_ref().map(totals).unwrap_or_default(),
                "limits of {name}\n{question}"
            );
            let score = oom::score(&shape, part, ours, node_critical, Some(asked.memory_capacity));
            assert_eq!(score, Some(theirs.oom_score_adj), "oom_score_adj of {name}\n{question}");
            assert_eq!(cpus::exclusive(ours, part), theirs.exclusive_cpus, "CPUs of {name}\n{question}");
        }
        assert_eq!(effective::requests(&shape, &asked.pod.status), totals(&theirs.requests), "effective requests\n{question}");
        assert_eq!(effective::limits(&shape, &asked.pod.status), totals(&theirs.limits), "effective limits\n{question}");
        assert_eq!(oom::is_critical(is_static, asked.pod.spec.priority), theirs.critical, "{question}");
        *classes.entry(theirs.class).or_default() += 1;
        critical += usize::from(theirs.critical);
    }
    eprintln!("podQOS: {classes:?} the same, {critical} critical, {refused} refused by LimitRanges");
    assert!(classes.values().all(|count| count * 100 > questions.len()) && classes.len() == 3, "{classes:?}");
}

#[derive(Deserialize)]
struct ResizeAnswer {
    errors: Vec<String>,
}

#[derive(Deserialize)]
struct ResizeQuestion {
    old: Pod,
    new: Pod,
}

#[test]
fn resizes_are_refused_as_kubernetes_refuses_them() {
    let mut dice = Dice(2);
    let plain = |dice: &mut Dice| match dice.roll(4) {
        0 => "{}".to_owned(),
        1 => format!(r#"{{"requests":{}}}"#, list(dice, &NAMES[..2])),
        _ => {
            let same = list(dice, &NAMES[..2]);
            format!(r#"{{"requests":{same},"limits":{same}}}"#)
        }
    };
    let questions: Vec<String> = (0..cases(10_000))
        .map(|_| {
            let old = pod(&mut dice, "p", plain);
            let changes = [
                (r#""cpu":"1""#, r#""cpu":"3""#),
                (r#""memory":"64Mi""#, r#""memory":"2Gi""#),
                (r#""requests":{"cpu":"2""#, r#""requests":{"cpu":"1""#),
                (r#""cpu":"2","memory""#, r#""memory""#),
                (r#""resources":{}"#, r#""resources":{"requests":{"cpu":"1"}}"#),
                (r#""limits":{"memory":"1G"}"#, r#""limits":{"memory":"1G","cpu":"3"}"#),
            ];
            let new = changes.iter().fold(old.clone(), |new, (from, to)| if dice.chance(3) { new.replace(from, to) } else { new });
            format!(r#"{{"old":{old},"new":{new}}}"#)
        })
        .collect();
    let Some(replies) = answers::<Reply<ResizeAnswer>>("podResize", questions.clone()) else { return };
    let mut refused: BTreeMap<Objection, usize> = BTreeMap::new();
    for (question, reply) in questions.iter().zip(replies) {
        let errors = reply.answer(question).errors;
        if errors.iter().any(|error| error.contains("static pods")) {
            continue;
        }
        let asked: ResizeQuestion = serde_json::from_str(question).expect("a question");
        let (mut old, mut new) = (Shape::of(&asked.old.spec), Shape::of(&asked.new.spec));
        defaults::by_api(&mut old);
        defaults::by_api(&mut new);
        let ours = resize::objections(&old, class::of(&old), &new);
        let said = |text: &str| errors.iter().any(|error| error.contains(text));
        let theirs = [
            (Objection::Class, said("Pod QOS Class may not change")),
            (Objection::Removed, errors.iter().any(|error| error.contains("cannot be removed") && !error.contains("pod-level"))),
            (Objection::RemovedFromPod, said("pod-level resource")),
        ];
        for (objection, theirs) in theirs {
            assert_eq!(ours.contains(&objection), theirs, "{objection:?}: {errors:?}\n{question}");
        }
        for objection in ours {
            *refused.entry(objection).or_default() += 1;
        }
    }
    eprintln!("podResize: {} the same, refused: {refused:?}", questions.len());
    assert!(refused.len() >= 2, "{refused:?}");
}

#[derive(Deserialize)]
struct OrderAnswer {
    order: Vec<String>,
    critical: Vec<String>,
}

#[derive(Deserialize)]
struct OrderQuestion {
    pods: Vec<Pod>,
}

#[test]
fn pods_are_evicted_in_the_order_of_kubernetes() {
    let mut dice = Dice(3);
    let signals = [
        ("memory.available", Signal::Memory),
        ("nodefs.available", Signal::Disk),
        ("nodefs.inodesFree", Signal::Inodes),
        ("pid.available", Signal::Pids),
    ];
    let sizes: [u64; 7] = [0, 1, 100, 64 << 20, 1 << 30, 1_000_000_000, 2 << 30];
    let mut usages = Vec::new();
    let questions: Vec<String> = (0..cases(50_000) / 5)
        .map(|n| {
            let mut of_pods: BTreeMap<String, Usage> = BTreeMap::new();
            let (mut pods, mut stats) = (Vec::new(), Vec::new());
            for at in 0..2 + dice.roll(7) {
                let name = format!("p{at}");
                pods.push(pod(&mut dice, &name, requirements));
                if dice.chance(6) {
                    continue;
                }
                let (memory, root, logs, inodes, processes) =
                    (*dice.one(&sizes), *dice.one(&sizes), *dice.one(&sizes), dice.roll(3), dice.roll(3));
                stats.push(format!(
                    r#"{{"podRef":{{"uid":"{name}"}},"memory":{{"workingSetBytes":{memory}}},"process_stats":{{"process_count":{processes}}},"containers":[{{"name":"c0","rootfs":{{"usedBytes":{root},"inodesUsed":{inodes}}},"logs":{{"usedBytes":{logs}}}}}]}}"#
                ));
                let whole = |n: u64| netstore::objects::Amount::whole(i64::try_from(n).expect("small"));
                of_pods.insert(name, Usage { memory: whole(memory), disk: whole(root + logs), inodes: whole(inodes), processes });
            }
            usages.push(of_pods);
            let signal = signals[n % signals.len()].0;
            format!(r#"{{"signal":"{signal}","pods":[{}],"stats":[{}]}}"#, pods.join(","), stats.join(","))
        })
        .collect();
    let Some(replies) = answers::<Reply<OrderAnswer>>("evictionOrder", questions.clone()) else { return };
    let mut moved = 0;
    for (n, (question, reply)) in questions.iter().zip(replies).enumerate() {
        let theirs = reply.answer(question);
        let asked: OrderQuestion = serde_json::from_str(question).expect("a question");
        let candidate = |pod: &Pod| {
            let shape = Shape::of(&pod.spec);
            Candidate {
                priority: pod.spec.priority.unwrap_or_default(),
                memory_request: effective::eviction_request(&shape, &ResourceName::Memory),
                storage_request: effective::eviction_request(&shape, &ResourceName::EphemeralStorage),
                usage: usages[n].get(&pod.metadata.name).copied(),
            }
        };
        let mut ours: Vec<(&str, Candidate)> = asked.pods.iter().map(|pod| (pod.metadata.name.as_str(), candidate(pod))).collect();
        ours.sort_by(|(_, a), (_, b)| eviction::compare(signals[n % signals.len()].1, a, b));
        let order: Vec<&str> = ours.iter().map(|(name, _)| *name).collect();
        assert_eq!(order, theirs.order, "{question}");
        moved += usize::from(!order.is_sorted());
        let critical = |pod: &&Pod| oom::is_critical(pod.is_static(), pod.spec.priority);
        let mut spared: Vec<&str> = asked.pods.iter().filter(critical).map(|pod| pod.metadata.name.as_str()).collect();
        let mut theirs = theirs.critical;
        spared.sort_unstable();
        theirs.sort();
        assert_eq!(spared, theirs, "{question}");
    }
    eprintln!("evictionOrder: {} orders the same, {moved} of them not as asked", questions.len());
    assert!(moved * 2 > questions.len());
}

#[test]
fn a_class_that_a_status_has_is_read() {
    let pod: Pod = serde_json::from_str(r#"{"status":{"qosClass":"Burstable"}}"#).expect("a pod");
    assert_eq!(pod.status.qos_class, Some(QosClass::Burstable));
}
