//! `qos --want`: whom the change is for, what it costs, what speaks against it, and that its command does what it says.

use netstore::inventory::{Coverage, Inventory, Origin, State};
use netstore::objects::{QosClass, Resource};
use netstore::qos::{Named, Question, qos};
use netstore::report::qos::Class;
use netstore::report::qos_patch::{Patch, PatchManner};
use netstore::source::manifests::{Input, Options, read};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const UNEVEN: &str = "resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1, memory: 2Gi}}";

/// A Deployment of three pods.
fn deployment(containers: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web, namespace: shop}}, spec: {{replicas: 3, \
         selector: {{matchLabels: {{app: web}}}}, template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{containers}]}}}}}}}}"
    )
}

fn web(resources: &str) -> String {
    format!("{{name: web, image: web, {resources}}}")
}

/// A pod called web-1, and who made it.
fn pod(owner: &str, containers: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: web-1, namespace: shop, labels: {{app: web}}, ownerReferences: [{owner}]}}, \
         spec: {{containers: [{containers}]}}, status: {{phase: Running, qosClass: Burstable}}}}"
    )
}

fn owner(kind: &str, name: &str) -> String {
    format!("{{apiVersion: x/v1, kind: {kind}, name: {name}, uid: u, controller: true}}")
}

/// A Deployment and its three pods.
fn fleet(strategy: &str, resources: &str) -> Vec<String> {
    let owner = owner("Deployment", "web");
    let pods = (1..=3).map(|n| pod(&owner, &web(resources)).replace("name: web-1", &format!("name: web-{n}")));
    let deployment = deployment(&web(resources)).replace("replicas: 3", &format!("replicas: 3, strategy: {strategy}"));
    std::iter::once(deployment).chain(pods).collect()
}

/// What exists in a cluster.
fn cluster(objects: &[String], origin: Origin, unread: &[Resource]) -> Inventory {
    let mut collected = read(&[Input::Stdin(objects.join("\n---\n").into_bytes())], &Options::default()).expect("objects");
    assert!(collected.findings.is_empty(), "{:?}", collected.findings);
    collected.origin = origin;
    let known: Vec<Resource> = Resource::ALL.into_iter().filter(|resource| !unread.contains(resource)).collect();
    collected.coverage = Coverage::complete(&known);
    unread.iter().for_each(|resource| collected.coverage.record(*resource, None, State::Forbidden));
    Inventory::build(collected)
}

fn patch(objects: &[String], origin: Origin, unread: &[Resource], want: QosClass) -> Patch {
    let inventory = cluster(objects, origin, unread);
    // Without a pod there is the Deployment to ask about.
    let deployment = || Named { workloads: vec![("shop".into(), "Deployment".into(), "web".into())], ..Named::default() };
    let question = Question { named: inventory.pods.is_empty().then(deployment), want: Some(want), ..Question::default() };
    let answer = qos(&inventory, &question).0;
    answer.pods.into_iter().find_map(|pod| pod.patch).expect("a patch")
}

fn guaranteed(objects: &[String]) -> Patch {
    patch(objects, Origin::Snapshot, &[], QosClass::Guaranteed)
}

#[test]
fn the_change_is_for_the_top_of_the_chain_of_owners() {
    let spec = format!("{{containers: [{}]}}", web(UNEVEN));
    let template = format!("template: {{metadata: {{labels: {{app: web}}}}, spec: {spec}}}");
    let workload = |api: &str, kind: &str, owners: &str| {
        format!(
            "{{apiVersion: {api}, kind: {kind}, metadata: {{name: web, namespace: shop, ownerReferences: [{owners}]}}, \
             spec: {{selector: {{matchLabels: {{app: web}}}}, {template}}}}}"
        )
    };
    let cron = "{apiVersion: batch/v1, kind: CronJob, metadata: {name: web, namespace: shop}, spec: {schedule: '* * * * *', jobTemplate: \
                {spec: {template: {spec: {restartPolicy: Never, containers: [{name: web, image: web}]}}}}}}";
    for (what, objects, target, starts, says) in [
        (
            "a Deployment",
            vec![
                deployment(&web(UNEVEN)),
                workload("apps/v1", "ReplicaSet", &owner("Deployment", "web")),
                pod(&owner("ReplicaSet", "web"), &web(UNEVEN)),
            ],
            "Deployment web",
            "kubectl patch deployment web -n shop -p '{\"spec\":{\"template\":{\"spec\":{\"containers\":",
            "",
        ),
        (
            "a ReplicaSet nobody owns",
            vec![workload("apps/v1", "ReplicaSet", ""), pod(&owner("ReplicaSet", "web"), &web(UNEVEN))],
            "ReplicaSet web",
            "kubectl patch replicaset web -n shop -p ",
            "leaves the pods it has as they are",
        ),
        (
            "a CronJob",
            vec![cron.to_owned(), workload("batch/v1", "Job", &owner("CronJob", "web")), pod(&owner("Job", "web"), &web(""))],
            "CronJob web",
            "kubectl patch cronjob web -n shop -p '{\"spec\":{\"jobTemplate\":{\"spec\":{\"template\":{\"spec\":{\"containers\":",
            "",
        ),
        (
            "a Job, whose template stays",
            vec![workload("batch/v1", "Job", ""), pod(&owner("Job", "web"), &web(UNEVEN))],
            "Job web",
            "",
            "create the Job anew",
        ),
        (
            "a kind that is not read",
            vec![pod(&owner("Rollout", "web"), &web(UNEVEN))],
            "Rollout web",
            "",
            "Rollout web makes it, whose template is not known here",
        ),
        (
            "a pod nobody owns",
            vec![pod("", &web(UNEVEN))],
            "Pod web-1",
            "kubectl get pod web-1 -n shop -o json | kubectl patch --local -f - -p ",
            "deletes the pod and creates it anew",
        ),
    ] {
        let patch = guaranteed(&objects);
        assert_eq!(format!("{} {}", patch.target.kind, patch.target.name), target, "{what}");
        let command = patch.ways.first().and_then(|way| way.command.clone()).unwrap_or_default();
        assert!(if starts.is_empty() { command.is_empty() } else { command.starts_with(starts) }, "{what}: {command}");
        assert!(patch.note.clone().unwrap_or_default().contains(says), "{what}: {:?}", patch.note);
        assert_eq!(patch.note.is_none(), says.is_empty(), "{what}: {:?}", patch.note);
    }
    let in_a_file = patch(&[deployment(&web(UNEVEN))], Origin::Manifests, &[], QosClass::Guaranteed);
    assert_eq!(in_a_file.note.as_deref(), Some("change the fields in the file"));
    assert!(in_a_file.ways.iter().all(|way| way.command.is_none()));
}

#[test]
fn what_it_costs_is_what_requests_and_limits_change() {
    let patch = guaranteed(&[deployment(&web(UNEVEN))]);
    let [raise, lower, whole] = patch.ways.as_slice() else { panic!("{:?}", patch.ways) };
    assert_eq!((patch.want, patch.pods, patch.already), (Class::Guaranteed, 3, false));
    assert_eq!(raise.requests_added, [("memory".to_owned(), "1Gi".to_owned())].into());
    assert!(raise.limits_lowered.is_empty());
    assert!(lower.requests_added.is_empty());
    assert_eq!(lower.limits_lowered, ["spec.template.spec.containers[0].resources.limits.memory"]);
    assert_eq!(whole.requests_added, raise.requests_added);
    let less = self::patch(&[deployment(&web(UNEVEN))], Origin::Snapshot, &[], QosClass::BestEffort);
    let wanted = [("cpu".to_owned(), "-1".to_owned()), ("memory".to_owned(), "-1Gi".to_owned())].into();
    assert_eq!(less.ways[0].requests_added, wanted);
}

#[test]
fn what_speaks_against_it_is_said() {
    let quota = |hard: &str, used: &str, more: &str| {
        format!(
            "{{apiVersion: v1, kind: ResourceQuota, metadata: {{name: team, namespace: shop}}, spec: {{hard: {hard}{more}}}, \
             status: {{hard: {hard}, used: {used}}}}}"
        )
    };
    let range = |items: &str| {
        format!("{{apiVersion: v1, kind: LimitRange, metadata: {{name: bounds, namespace: shop}}, spec: {{limits: [{items}]}}}}")
    };
    let node = |memory: &str, more: &str| {
        format!(
            "{{apiVersion: v1, kind: Node, metadata: {{name: node-1}}, spec: {{{more}}}, \
             status: {{allocatable: {{cpu: 4, memory: {memory}}}}}}}"
        )
    };
    let memory = "{requests.memory: 8Gi}";
    let (raise, empty) = (QosClass::Guaranteed, QosClass::BestEffort);
    for (what, object, want, says) in [
        (
            "a quota without room",
            quota(memory, "{requests.memory: 6Gi}", ""),
            raise,
            "has 6Gi of 8Gi requests.memory in use: 3Gi more do not fit",
        ),
        ("a quota with room", quota(memory, "{requests.memory: 5Gi}", ""), raise, ""),
        ("a quota of the short name", quota("{memory: 8Gi}", "{memory: 6Gi}", ""), raise, "6Gi of 8Gi memory in use"),
        ("a quota for pods of another sort", quota(memory, "{requests.memory: 6Gi}", ", scopes: [Terminating]"), raise, ""),
        ("a quota for such pods", quota(memory, "{requests.memory: 6Gi}", ", scopes: [NotBestEffort]"), raise, "do not fit"),
        (
            "a quota that wants numbers",
            quota("{limits.cpu: 10}", "{limits.cpu: 3}", ""),
            empty,
            "ResourceQuota team refuses pods of which a container does not state limits.cpu: container web",
        ),
        ("a bound for pods", range("{type: Pod, max: {memory: 1Gi}}"), raise, "LimitRange bounds lets a pod have at most 1Gi memory"),
        ("a least for pods", range("{type: Pod, min: {cpu: 2}}"), raise, "wants a pod to request at least 2 cpu"),
        (
            "a ratio without numbers",
            range("{type: Container, maxLimitRequestRatio: {cpu: 2}}"),
            empty,
            "wants the cpu limit of a container to be at most 2 times its request: container web",
        ),
        ("a ratio of one", range("{type: Container, maxLimitRequestRatio: {memory: 1}}"), raise, ""),
        (
            "a ratio for pods",
            range("{type: Pod, maxLimitRequestRatio: {cpu: 2}}"),
            empty,
            "wants the cpu limit of a pod to be at most 2 times its request",
        ),
        (
            "no pods of that class",
            quota("{pods: 0}", "{pods: 0}", ", scopes: [BestEffort]"),
            empty,
            "has 0 of 0 pods in use: 3 more do not fit",
        ),
        ("room for pods of that class", quota("{pods: 3}", "{pods: 0}", ", scopes: [BestEffort]"), empty, ""),
        (
            "a node that is too small",
            node("1536Mi", ""),
            raise,
            "no node the pod may run on holds it: it would request 2Gi memory, and the largest has 1536Mi",
        ),
        ("a node that is cordoned", node("8Gi", "unschedulable: true"), raise, ""),
        ("a node that holds it", node("8Gi", ""), raise, ""),
    ] {
        let patch = patch(&[fleet("{rollingUpdate: {maxUnavailable: 1}}", UNEVEN), vec![object]].concat(), Origin::Snapshot, &[], want);
        let said: Vec<&str> = patch.ways[0].breaks.iter().map(|obstacle| obstacle.message.as_str()).collect();
        let right = if says.is_empty() { said.is_empty() } else { said.iter().any(|message| message.contains(says)) };
        assert!(right, "{what}: {said:?}");
    }
}

#[test]
fn a_container_that_a_webhook_adds_keeps_the_class_away() {
    let set = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: web, namespace: shop}, spec: {selector: {matchLabels: {app: web}}, \
               template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}}}";
    let injected = format!("{}, {{name: proxy, image: proxy}}", web(""));
    let patch = guaranteed(&[set.to_owned(), pod(&owner("StatefulSet", "web"), &injected)]);
    let said = |at: usize| patch.ways[at].breaks.iter().map(|o| o.message.clone()).collect::<Vec<_>>();
    assert_eq!(said(0), ["container proxy, which a webhook adds, keeps its pods from being Guaranteed: its resources are set where it is"]);
    assert!(said(1).is_empty(), "for a pod as a whole its containers do not count: {:?}", said(1));
}

#[test]
fn of_a_template_nothing_is_promised_that_a_webhook_takes_back() {
    let set = |resources: &str| {
        format!(
            "{{apiVersion: apps/v1, kind: StatefulSet, metadata: {{name: web, namespace: shop}}, spec: {{selector: {{matchLabels: {{app: web}}}}, \
             template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{}]}}}}}}}}",
            web(resources)
        )
    };
    let of_template = |resources: &str| {
        let injected = format!("{}, {{name: proxy, image: proxy, resources: {{requests: {{cpu: 10m, memory: 16Mi}}}}}}", web(resources));
        let inventory = cluster(&[set(resources), pod(&owner("StatefulSet", "web"), &injected)], Origin::Snapshot, &[]);
        let named = Named { workloads: vec![("shop".into(), "StatefulSet".into(), "web".into())], ..Named::default() };
        let question = Question { named: Some(named), want: Some(QosClass::Guaranteed), ..Question::default() };
        qos(&inventory, &question).0.pods.into_iter().find_map(|pod| pod.patch).expect("a patch")
    };
    let even = of_template("resources: {limits: {cpu: 1, memory: 1Gi}}");
    assert!(!even.already);
    let offered: Vec<(PatchManner, bool)> = even.ways.iter().map(|way| (way.manner, way.breaks.is_empty())).collect();
    assert_eq!(offered, [(PatchManner::PodLevel, true)], "containers of the template are even already");
    assert!(
        even.note.clone().unwrap_or_default().contains("container proxy, which a webhook adds, keeps its pods from"),
        "{:?}",
        even.note
    );
    let tight = of_template("resources: {requests: {cpu: 1, memory: 1Gi}}");
    let said: Vec<&str> = tight.ways.iter().flat_map(|way| &way.breaks).map(|obstacle| obstacle.message.as_str()).collect();
    let keeps = "container proxy, which a webhook adds, keeps its pods from being Guaranteed: its resources are set where it is";
    assert_eq!(said, [keeps]);
    // Numbers of the pod as a whole hold what the webhook adds, too.
    let whole = tight.ways.iter().find(|way| way.manner == PatchManner::PodLevel).expect("a way");
    let numbers: Vec<&str> = whole.edits.iter().filter_map(|edit| edit.to.as_deref()).collect();
    assert_eq!(numbers, ["1010m", "1010m", "1040Mi", "1040Mi"], "requests and limits");
}

#[test]
fn a_rollout_that_makes_pods_before_old_ones_go_needs_room_for_one_more() {
    let quota = "{apiVersion: v1, kind: ResourceQuota, metadata: {name: team, namespace: shop}, spec: {hard: {requests.memory: 4Gi, pods: 4}}, \
                 status: {hard: {requests.memory: 4Gi, pods: 4}, used: {requests.memory: 3Gi, pods: 3}}}";
    let stuck = |hard: &str, more: &str| {
        format!(
            "ResourceQuota team has {hard} in use: {more} more do not fit, since a new pod is made before an old one goes: the rollout gets stuck"
        )
    };
    for (strategy, hard, said) in [
        ("{}", "4Gi", None),
        ("{}", "3584Mi", Some(stuck("3Gi of 3584Mi requests.memory", "1Gi"))),
        ("{rollingUpdate: {maxUnavailable: 33%}}", "3584Mi", Some(stuck("3Gi of 3584Mi requests.memory", "1Gi"))),
        ("{rollingUpdate: {maxUnavailable: 34%}}", "3584Mi", None),
        ("{rollingUpdate: {maxSurge: 0, maxUnavailable: 1%}}", "3584Mi", None),
        ("{type: Recreate}", "3Gi", None),
    ] {
        let objects = [fleet(strategy, UNEVEN), vec![quota.replace("requests.memory: 4Gi", &format!("requests.memory: {hard}"))]].concat();
        let patch = guaranteed(&objects);
        let lower = patch.ways.iter().find(|way| way.manner == PatchManner::LowerLimits).expect("a way");
        let breaks: Vec<String> = lower.breaks.iter().map(|obstacle| obstacle.message.clone()).collect();
        assert_eq!(breaks, said.into_iter().collect::<Vec<_>>(), "{strategy} {hard}");
    }
}

#[test]
fn a_deployment_without_pods_gives_no_room_back() {
    let quota = "{apiVersion: v1, kind: ResourceQuota, metadata: {name: team, namespace: shop}, spec: {hard: {requests.memory: 8Gi}}, \
                 status: {hard: {requests.memory: 8Gi}, used: {requests.memory: 6Gi}}}";
    let patch = guaranteed(&[deployment(&web(UNEVEN)), quota.to_owned()]);
    let said: Vec<&str> = patch.ways[0].breaks.iter().map(|obstacle| obstacle.message.as_str()).collect();
    assert_eq!(said, ["ResourceQuota team has 6Gi of 8Gi requests.memory in use: 6Gi more do not fit"]);
}

#[test]
fn another_class_is_counted_by_other_quotas() {
    let quota = |scopes: &str, priority: &str| {
        format!(
            "{{apiVersion: v1, kind: ResourceQuota, metadata: {{name: team, namespace: shop}}, spec: {{hard: {{pods: 0}}, scopes: [{scopes}]{priority}}}}}"
        )
    };
    let class = ", scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: Exists}]}";
    let default = "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: usual}, value: 1, globalDefault: true}";
    for (what, objects, unread, want, refused, open) in [
        ("BestEffort no more", vec![quota("NotBestEffort", "")], vec![], QosClass::Burstable, true, false),
        ("still not BestEffort", vec![quota("BestEffort", "")], vec![], QosClass::Burstable, false, false),
        ("another scope fails", vec![quota("NotBestEffort, Terminating", "")], vec![], QosClass::Burstable, false, false),
        ("no priority class", vec![quota("NotBestEffort", class)], vec![], QosClass::Burstable, false, false),
        ("the usual priority class", vec![quota("NotBestEffort", class), default.to_owned()], vec![], QosClass::Burstable, true, false),
        ("nobody knows", vec![quota("NotBestEffort", class)], vec![Resource::PriorityClasses], QosClass::Burstable, false, true),
    ] {
        let patch = patch(&[vec![deployment(&web(""))], objects].concat(), Origin::Snapshot, &unread, want);
        assert_eq!(!patch.ways[0].breaks.is_empty(), refused, "{what}: {:?}", patch.ways[0].breaks);
        assert_eq!(patch.unread == ["priorityclasses.scheduling.k8s.io"], open, "{what}: {:?}", patch.unread);
    }
}

#[test]
fn pods_without_containers_are_none_of_any_class() {
    let patch = guaranteed(&[deployment("")]);
    assert!(patch.ways.is_empty() && !patch.already);
    assert_eq!(patch.note.as_deref(), Some("it has no containers, and Kubernetes refuses its pods"));
}

#[test]
fn overhead_of_a_runtime_class_counts_for_quotas() {
    let boxed =
        "{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: boxed}, handler: boxed, overhead: {podFixed: {memory: 100Mi}}}";
    let quota = "{apiVersion: v1, kind: ResourceQuota, metadata: {name: team, namespace: shop}, spec: {hard: {requests.memory: 6Gi}}}";
    let of = |more: &str| deployment(&web(UNEVEN)).replace("spec: {containers", &format!("spec: {{{more}containers"));
    let said = |objects: &[String]| guaranteed(objects).ways[0].breaks.iter().map(|obstacle| obstacle.message.clone()).collect::<Vec<_>>();
    assert!(said(&[of(""), quota.to_owned()]).is_empty());
    let boxed = said(&[of("runtimeClassName: boxed, "), quota.to_owned(), boxed.to_owned()]);
    assert_eq!(boxed, ["ResourceQuota team has 0 of 6Gi requests.memory in use: 6444Mi more do not fit"]);
}

#[test]
fn numbers_of_the_pod_as_a_whole_are_enough_for_a_quota() {
    let quota = "{apiVersion: v1, kind: ResourceQuota, metadata: {name: team, namespace: shop}, spec: {hard: {limits.cpu: 10}}}";
    let patch = patch(&[deployment(&web("")), quota.to_owned()], Origin::Snapshot, &[], QosClass::Burstable);
    let refused: Vec<bool> = patch.ways.iter().map(|way| !way.breaks.is_empty()).collect();
    assert_eq!(refused, [true, false], "{:?}", patch.ways);
}

#[test]
fn a_pod_that_is_created_anew_takes_no_class_from_its_old_status() {
    let patch = guaranteed(&[pod("", &web(UNEVEN))]);
    assert!(
        patch.ways.iter().all(|way| way.command.as_deref().is_some_and(|command| command.contains(r#""status":null"#))),
        "{:?}",
        patch.ways
    );
}

#[test]
fn what_could_not_be_read_is_said() {
    let unread = [Resource::LimitRanges, Resource::ResourceQuotas, Resource::Nodes];
    let patch = patch(&[deployment(&web(UNEVEN))], Origin::Snapshot, &unread, QosClass::Guaranteed);
    assert_eq!(patch.unread, ["limitranges", "resourcequotas", "nodes"]);
}

/// A strategic merge as far as patches of pods need it: containers merge by name, null takes away.
fn merge(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Array(list), Value::Array(changes)) => {
            for change in changes {
                let same = |entry: &&mut Value| entry["name"] == change["name"];
                merge(list.iter_mut().find(same).expect("a container of that name"), change);
            }
        }
        (Value::Object(object), Value::Object(changes)) => {
            for (key, change) in changes {
                if change.is_null() {
                    object.remove(key);
                } else if change.is_object() || change.is_array() {
                    let empty = if change.is_array() { json!([]) } else { json!({}) };
                    merge(object.entry(key.clone()).or_insert(empty), change);
                } else {
                    object.insert(key.clone(), change.clone());
                }
            }
        }
        (target, patch) => panic!("{patch} does not go into {target}"),
    }
}

fn resources() -> impl Strategy<Value = Value> {
    let number = || prop::sample::select(vec![None, None, Some(1_u32), Some(2)]);
    (number(), number(), number(), number()).prop_map(|(cpu, cpu_limit, memory, memory_limit)| {
        let list = |cpu: Option<u32>, memory: Option<u32>| {
            let memory = memory.map(|m| json!(format!("{m}Gi")));
            let entries = [("cpu", cpu.map(|c| json!(c))), ("memory", memory)];
            entries.into_iter().filter_map(|(name, amount)| Some((name.to_owned(), amount?))).collect::<Map<_, _>>()
        };
        let at_most = |request: Option<u32>, limit: Option<u32>| request.map(|r| limit.map_or(r, |l| r.min(l)));
        json!({"requests": list(at_most(cpu, cpu_limit), at_most(memory, memory_limit)), "limits": list(cpu_limit, memory_limit)})
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn every_command_gives_the_class(containers in prop::collection::vec(resources(), 1..4), init in prop::collection::vec(resources(), 0..3)) {
        let named = |prefix: &str, list: &[Value]| -> Vec<Value> {
            let one = |(at, resources): (usize, &Value)| json!({"name": format!("{prefix}{at}"), "image": "i", "resources": resources});
            list.iter().enumerate().map(one).collect()
        };
        let mut object: Value = serde_saphyr::from_str(&deployment("")).unwrap();
        object["spec"]["template"]["spec"] = json!({"containers": named("c", &containers), "initContainers": named("i", &init)});
        for want in [QosClass::Guaranteed, QosClass::Burstable, QosClass::BestEffort] {
            for way in patch(&[object.to_string()], Origin::Snapshot, &[], want).ways {
                let command = way.command.expect("a command");
                let change = command.split_once(" -p ").expect("a patch").1.trim_matches('\'');
                let mut changed = object.clone();
                merge(&mut changed, &serde_json::from_str(change).unwrap());
                let after = patch(&[changed.to_string()], Origin::Snapshot, &[], want);
                prop_assert!(after.already, "{} on {}", command, object);
            }
        }
    }
}
