//! `qos node/NAME` and `qos namespace/NAME`: whom a node evicts or kills first as far as it can be told, and what a namespace does to
//! the classes of its pods. The orders themselves are compared with Kubernetes' own in `qos_oracle.rs`.

use netstore::inventory::{Coverage, Inventory, Origin, State};
use netstore::objects::Resource;
use netstore::qos::{namespace, node};
use netstore::report::qos::Class;
use netstore::report::qos_node::{Evictee, QosNode};
use netstore::source::manifests::{Input, Options, read};

const NODE: &str = "{apiVersion: v1, kind: Node, metadata: {name: node-1}, status: {capacity: {memory: 1000Mi}, allocatable: {memory: 900Mi}, \
                    conditions: [{type: MemoryPressure, status: 'True'}, {type: DiskPressure, status: 'False'}]}}";

/// A pod on the node: memory it requests and uses, priority and more of its spec.
fn pod(name: &str, request: &str, usage: &str, spec: &str) -> String {
    let resources = if request.is_empty() { String::new() } else { format!("resources: {{requests: {{memory: {request}}}}}") };
    let metrics = format!(
        "{{apiVersion: metrics.k8s.io/v1beta1, kind: PodMetrics, metadata: {{name: {name}, namespace: shop}}, timestamp: '2026-01-01T00:00:00Z', \
         containers: [{{name: main, usage: {{memory: {usage}}}}}]}}"
    );
    let metrics = if usage.is_empty() { String::new() } else { format!("\n---\n{metrics}") };
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: shop}}, spec: {{nodeName: node-1, {spec}containers: [{{name: main, image: i, \
         {resources}}}]}}, status: {{phase: Running, qosClass: Burstable}}}}{metrics}"
    )
}

fn cluster(objects: &[String], holes: &[(Resource, State)]) -> Inventory {
    let mut collected = read(&[Input::Stdin(objects.join("\n---\n").into_bytes())], &Options::default()).expect("objects");
    assert!(collected.findings.is_empty(), "{:?}", collected.findings);
    collected.origin = Origin::Snapshot;
    collected.coverage = Coverage::complete(&Resource::ALL);
    holes.iter().for_each(|(resource, state)| collected.coverage.record(*resource, None, state.clone()));
    Inventory::build(collected)
}

fn ask(objects: &[String], holes: &[(Resource, State)]) -> QosNode {
    let objects: Vec<String> = objects.iter().cloned().chain([NODE.to_owned()]).collect();
    node(&cluster(&objects, holes), "node-1").expect("an answer")
}

/// `1 name`, or `? name`.
fn ranks(pods: &[Evictee]) -> Vec<String> {
    pods.iter().map(|pod| format!("{} {}", pod.rank.map_or_else(|| "?".to_owned(), |rank| rank.to_string()), pod.name)).collect()
}

fn three() -> Vec<String> {
    vec![
        pod("far-above", "10Mi", "90Mi", ""),
        pod("above-but-precious", "10Mi", "500Mi", "priority: 5, "),
        pod("below", "100Mi", "99Mi", ""),
        pod("system", "", "700Mi", "priority: 2000001000, priorityClassName: system-node-critical, "),
    ]
}

#[test]
fn memory_is_taken_by_use_above_the_request_then_priority_then_how_much() {
    let answer = ask(&three(), &[]);
    assert_eq!(ranks(&answer.memory), ["1 far-above", "2 above-but-precious", "3 below"]);
    assert_eq!(answer.memory.iter().map(|pod| pod.exceeds).collect::<Vec<_>>(), [Some(true), Some(true), Some(false)]);
    assert_eq!(answer.pressures.as_deref(), Some(["MemoryPressure".to_owned()].as_slice()));
    assert_eq!(answer.usage_unknown, None);
    assert_eq!(
        answer.never.iter().map(|pod| (pod.name.as_str(), pod.reason.as_str())).collect::<Vec<_>>(),
        [("system", "priority 2000001000 (system-node-critical)")]
    );
}

#[test]
fn process_ids_are_taken_by_priority_and_disks_by_what_only_the_kubelet_knows() {
    let answer = ask(&three(), &[]);
    assert_eq!(ranks(&answer.pids), ["1 below", "1 far-above", "3 above-but-precious"]);
    assert!(answer.disk.iter().all(|pod| pod.rank.is_none() && pod.usage.is_none()));
}

#[test]
fn the_kernel_adds_use_and_oom_score() {
    let answer = ask(&three(), &[]);
    let order: Vec<_> = answer.oom.iter().map(|killed| (killed.rank, killed.pod.as_str(), killed.oom_score_adj, killed.score)).collect();
    // 990 and 500 of 1000 Mi, 990 and 90, 900 and 99, -997 and 700.
    assert_eq!(
        order,
        [
            (Some(1), "above-but-precious", Some(990), Some(1490)),
            (Some(2), "far-above", Some(990), Some(1080)),
            (Some(3), "below", Some(900), Some(999)),
            (Some(4), "system", Some(-997), Some(-297)),
        ]
    );
}

#[test]
fn no_rank_is_guessed() {
    let one_unmeasured: Vec<String> = three().into_iter().chain([pod("new", "10Mi", "", "")]).collect();
    let answer = ask(&one_unmeasured, &[]);
    assert_eq!(ranks(&answer.memory), ["? far-above", "? above-but-precious", "? below", "? new"], "the kubelet has measured the new one");
    assert!(answer.oom.iter().all(|killed| killed.rank.is_none()));

    let pods: Vec<String> = ["a", "b"].iter().map(|name| pod(name, "10Mi", "", "")).collect();
    for (state, says) in [
        (State::NotServed, "metrics.k8s.io is not served: there is no metrics-server"),
        (State::Forbidden, "pods.metrics.k8s.io: forbidden"),
        (State::Complete, "metrics.k8s.io has nothing of its pods"),
    ] {
        let answer = ask(&pods, &[(Resource::PodMetrics, state)]);
        assert_eq!(answer.usage_unknown.as_deref(), Some(says));
        assert_eq!(ranks(&answer.memory), ["? a", "? b"]);
        assert_eq!(ranks(&answer.pids), ["1 a", "1 b"]);
    }

    let answer = ask(&three(), &[(Resource::Pods, State::Forbidden)]);
    assert!(answer.pods_missing);
    let all = [&answer.memory, &answer.disk, &answer.pids];
    assert!(all.iter().all(|pods| pods.iter().all(|pod| pod.rank.is_none())), "others may be on the node");
}

#[test]
fn a_node_nobody_has_read_is_known_by_its_pods() {
    let pods = [pod("a", "10Mi", "20Mi", "")];
    let inventory = cluster(&pods, &[(Resource::Nodes, State::Forbidden)]);
    let answer = node(&inventory, "node-1").expect("an answer");
    assert_eq!(ranks(&answer.memory), ["1 a"]);
    assert_eq!(answer.pressures, None, "no pressure is a reading, too");
    assert_eq!((answer.oom[0].oom_score_adj, answer.oom[0].score, answer.oom[0].rank), (None, None, None));
    assert!(node(&inventory, "other").is_none());
}

#[test]
fn what_limit_ranges_and_quotas_do_is_said() {
    let range =
        |items: &str| format!("{{apiVersion: v1, kind: LimitRange, metadata: {{name: r, namespace: shop}}, spec: {{limits: [{items}]}}}}");
    for (items, bare, says) in [
        (
            "{type: Container, max: {cpu: 2}}",
            Class::Burstable,
            "a container without a cpu limit gets 2, its maximum, because it has no default",
        ),
        (
            "{type: Container, max: {cpu: 2, memory: 1Gi}}",
            Class::Guaranteed,
            "request and limit alike in cpu and memory, as Guaranteed demands",
        ),
        ("{type: Container, default: {cpu: 1}}", Class::Burstable, "requests 1, its default limit, because it has no default request"),
        ("{type: Container, min: {memory: 1Gi}}", Class::Burstable, "requests 1Gi, its minimum, because it has no default request"),
        ("{type: Container, min: {memory: 1Gi}}", Class::Burstable, "a container that requests less than 1Gi memory is refused"),
        ("{type: Pod, max: {memory: 1Gi}}", Class::BestEffort, "a pod that may use more than 1Gi memory is refused"),
        (
            "{type: Container, maxLimitRequestRatio: {cpu: 4}}",
            Class::BestEffort,
            "a container whose cpu limit is more than 4 times its request is refused",
        ),
    ] {
        let (answer, _) = namespace(&cluster(&[range(items), pod("a", "", "", "")], &[]), "shop");
        assert_eq!(answer.bare, Some(bare), "{items}");
        assert!(answer.limit_ranges[0].effects.iter().any(|effect| effect.contains(says)), "{items}: {:?}", answer.limit_ranges[0].effects);
        assert_eq!(answer.counts, [("Burstable".to_owned(), 1)].into());
    }
    let quota = "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q, namespace: shop}, spec: {hard: {limits.cpu: 4, pods: 3}, \
                 scopes: [NotBestEffort]}, status: {used: {pods: 1}}}";
    let (answer, _) = namespace(&cluster(&[quota.to_owned(), pod("a", "", "", "")], &[(Resource::LimitRanges, State::Forbidden)]), "shop");
    assert_eq!(
        answer.quotas[0].effects,
        ["it counts only pods that are not BestEffort", "a pod it counts of which a container does not state a cpu limit is refused"]
    );
    let amounts: Vec<(&str, Option<&str>)> = answer.quotas[0].amounts.iter().map(|a| (a.resource.as_str(), a.used.as_deref())).collect();
    assert_eq!(amounts, [("limits.cpu", None), ("pods", Some("1"))]);
    assert_eq!((answer.bare, answer.unread), (None, vec!["limitranges".to_owned()]));
}
