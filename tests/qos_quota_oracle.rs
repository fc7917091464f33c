//! Which pods quotas count, what they count of them and whom they refuse, overhead of RuntimeClasses, and how far a rollout goes at a time are
//! Kubernetes': both answer the same questions.

#[path = "oracle/client.rs"]
mod client;
#[path = "oracle/pods.rs"]
mod pods;

use std::collections::BTreeMap;

use client::{Dice, answers, cases};
use netstore::objects::{Amount, Pod, Quantity, ResourceList, ResourceQuota, RuntimeClass, Truth, Workload, WorkloadKind};
use netstore::qos::rollout::{Rollout, fenceposts};
use netstore::qos::shape::Shape;
use netstore::qos::{class, defaults, quota};
use pods::{Reply, pod, requirements};
use serde::Deserialize;
use serde_json::Value;

/// What a quota can be of; some of it is nothing that pods take.
const COUNTED: [(&str, &str); 19] = [
    ("pods", "cpu"),
    ("count/pods", "cpu"),
    ("cpu", "cpu"),
    ("memory", "memory"),
    ("requests.cpu", "cpu"),
    ("requests.memory", "memory"),
    ("limits.cpu", "cpu"),
    ("limits.memory", "memory"),
    ("ephemeral-storage", "memory"),
    ("requests.ephemeral-storage", "memory"),
    ("limits.ephemeral-storage", "memory"),
    ("hugepages-2Mi", "memory"),
    ("requests.hugepages-2Mi", "memory"),
    ("requests.example.com/gpu", "example.com/gpu"),
    ("limits.hugepages-2Mi", "memory"),
    ("example.com/gpu", "example.com/gpu"),
    ("services", "cpu"),
    ("requests.storage", "memory"),
    ("requests.deviceclass.resource.kubernetes.io/gpu", "example.com/gpu"),
];

const SCOPES: [&str; 7] =
    ["Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity", "VolumeAttributesClass"];

fn quota_of(dice: &mut Dice, at: u64) -> String {
    let names: Vec<&(&str, &str)> = (0..1 + dice.roll(3)).map(|_| dice.one(&COUNTED)).collect();
    let amounts = |dice: &mut Dice| {
        let entries: BTreeMap<&str, &str> = names.iter().map(|(name, like)| (*name, pods::amount(dice, like))).collect();
        serde_json::to_string(&entries).expect("JSON")
    };
    let (hard, used) = (amounts(dice), amounts(dice));
    let scopes: Vec<String> = (0..dice.roll(3)).map(|_| format!(r#""{}""#, dice.one(&SCOPES))).collect();
    let selector = match dice.roll(8) {
        0 => r#","scopeSelector":{"matchExpressions":[{"scopeName":"PriorityClass","operator":"In","values":["high","low"]}]}"#,
        1 => r#","scopeSelector":{"matchExpressions":[{"scopeName":"PriorityClass","operator":"NotIn","values":["high"]}]}"#,
        2 => r#","scopeSelector":{"matchExpressions":[{"scopeName":"PriorityClass","operator":"DoesNotExist"}]}"#,
        3 => {
            r#","scopeSelector":{"matchExpressions":[{"scopeName":"PriorityClass","operator":"Exists"},{"scopeName":"NotBestEffort","operator":"Exists"}]}"#
        }
        _ => "",
    };
    let scopes = scopes.join(",");
    format!(
        r#"{{"metadata":{{"name":"q{at}","namespace":"n"}},"spec":{{"hard":{hard},"scopes":[{scopes}]{selector}}},"status":{{"hard":{hard},"used":{used}}}}}"#
    )
}

/// What scopes look at, at the start of a spec.
fn looked_at(dice: &mut Dice) -> String {
    let term =
        dice.one(&[r#""topologyKey":"z""#, r#""topologyKey":"z","namespaces":["x"]"#, r#""topologyKey":"z","namespaceSelector":{}"#]);
    let deadline = dice.one(&["", "", r#""activeDeadlineSeconds":0,"#, r#""activeDeadlineSeconds":60,"#]);
    let kind = dice.one(&["podAffinity", "podAntiAffinity"]);
    let affinity = match dice.roll(6) {
        0 => format!(r#""affinity":{{"{kind}":{{"requiredDuringSchedulingIgnoredDuringExecution":[{{{term}}}]}}}},"#),
        1 => {
            format!(
                r#""affinity":{{"{kind}":{{"preferredDuringSchedulingIgnoredDuringExecution":[{{"weight":1,"podAffinityTerm":{{{term}}}}}]}}}},"#
            )
        }
        _ => String::new(),
    };
    format!("{deadline}{affinity}")
}

#[derive(Deserialize)]
struct QuotaQuestion {
    pod: Pod,
    quotas: Vec<ResourceQuota>,
}

#[derive(Deserialize)]
struct QuotaAnswer {
    counts: Vec<bool>,
    usage: BTreeMap<String, Quantity>,
    error: Option<String>,
}

#[test]
fn quotas_count_and_refuse_pods_as_those_of_kubernetes_do() {
    let mut dice = Dice(11);
    let questions: Vec<String> = (0..cases(30_000))
        .map(|_| {
            let mut pod = pod(&mut dice, "p", requirements);
            pod.truncate(pod.find(r#","status":{"#).unwrap_or(pod.len()));
            let pod = pod.replacen(r#""spec":{"#, &format!(r#""spec":{{{}"#, looked_at(&mut dice)), 1);
            let quotas: Vec<String> = (0..1 + dice.roll(2)).map(|at| quota_of(&mut dice, at)).collect();
            format!(r#"{{"pod":{pod}}},"quotas":[{}]}}"#, quotas.join(","))
        })
        .collect();
    let Some(replies) = answers::<Reply<QuotaAnswer>>("podQuota", questions.clone()) else { return };
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for (question, reply) in questions.iter().zip(replies) {
        let theirs = reply.answer(question);
        let asked: QuotaQuestion = serde_json::from_str(question).expect("a question");
        let spec = &asked.pod.spec;
        let mut shape = Shape::of(spec);
        defaults::by_api(&mut shape);
        let pod = quota::Pod { spec, class: class::certain(&shape), priority_class: Some(&spec.priority_class_name) };
        let counts: Vec<bool> = asked.quotas.iter().map(|quota| quota::counts(quota, &pod) == Truth::Yes).collect();
        assert_eq!(counts, theirs.counts, "{question}");
        let usage = quota::usage(&shape);
        let ours: BTreeMap<String, Option<Amount>> = usage.iter().map(|usage| (usage.name.clone(), Some(usage.amount))).collect();
        let theirs_used: BTreeMap<String, Option<Amount>> =
            theirs.usage.iter().map(|(name, amount)| (name.clone(), Amount::of(amount))).collect();
        assert_eq!(ours, theirs_used, "usage\n{question}");
        let refuses = |quota: &ResourceQuota| {
            let exceeds = |usage: &quota::Usage| quota::room(quota, &usage.name).is_some_and(|(hard, used)| used.plus(usage.amount) > hard);
            let exceeded = usage.iter().filter(|usage| usage.amount.is_positive()).any(exceeds);
            if quota::lacking(quota, &shape).is_some() { Some("must specify") } else { exceeded.then_some("exceeded quota") }
        };
        let mut said: Vec<&str> =
            asked.quotas.iter().filter(|quota| quota::counts(quota, &pod) == Truth::Yes).filter_map(refuses).collect();
        // All quotas are asked what they demand before any is asked what it has.
        said.sort_by_key(|said| *said != "must specify");
        let ours = said.first().copied();
        let error = theirs.error.as_deref().unwrap_or_default();
        assert_eq!(ours.is_some(), theirs.error.is_some(), "{error} {ours:?}\n{question}");
        assert!(error.contains(ours.unwrap_or_default()), "{error} {ours:?}\n{question}");
        *outcomes.entry(ours.unwrap_or("allowed")).or_default() += 1;
    }
    eprintln!("podQuota: {outcomes:?} the same");
    assert!(outcomes.len() == 3 && outcomes.values().all(|count| count * 20 > questions.len()), "{outcomes:?}");
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OverheadQuestion {
    pod: Pod,
    runtime_class: Option<RuntimeClass>,
}

#[derive(Deserialize)]
struct OverheadAnswer {
    overhead: Option<ResourceList>,
    error: Option<String>,
}

fn some_overhead(dice: &mut Dice) -> String {
    let entries: Vec<&&str> =
        [r#""cpu":"250m""#, r#""cpu":"0.25""#, r#""memory":"64Mi""#].iter().filter(|_| dice.chance(2)).take(1).collect();
    format!("{{{}}}", entries.into_iter().copied().collect::<Vec<_>>().join(","))
}

#[test]
fn overhead_is_that_of_the_runtime_class_or_the_pod_is_refused() {
    let mut dice = Dice(12);
    let questions: Vec<String> = (0..cases(5_000))
        .map(|_| {
            let overhead = some_overhead(&mut dice);
            let own = match dice.roll(3) {
                0 => String::new(),
                1 => format!(r#","overhead":{overhead}"#),
                _ => format!(r#","overhead":{}"#, some_overhead(&mut dice)),
            };
            let class = match dice.roll(4) {
                0 => "null".to_owned(),
                1 => r#"{"metadata":{"name":"c"},"handler":"h"}"#.to_owned(),
                _ => format!(r#"{{"metadata":{{"name":"c"}},"handler":"h","overhead":{{"podFixed":{overhead}}}}}"#),
            };
            let own = own.replace(r#","overhead":{}"#, "");
            format!(r#"{{"pod":{{"spec":{{"containers":[{{"name":"c"}}],"runtimeClassName":"c"{own}}}}},"runtimeClass":{class}}}"#)
        })
        .collect();
    let Some(replies) = answers::<Reply<OverheadAnswer>>("podOverhead", questions.clone()) else { return };
    let mut refused = 0;
    for (question, reply) in questions.iter().zip(replies) {
        let theirs = reply.answer(question);
        let asked: OverheadQuestion = serde_json::from_str(question).expect("a question");
        let class = asked.runtime_class.as_ref();
        assert_eq!(
            class.map_or(!asked.pod.spec.overhead.is_empty(), |class| class.refuses(&asked.pod.spec)),
            theirs.error.is_some(),
            "{question}"
        );
        refused += usize::from(theirs.error.is_some());
        if theirs.error.is_none() {
            let overhead = class.and_then(|class| class.overhead.as_ref()).map(|overhead| overhead.pod_fixed.clone()).unwrap_or_default();
            let text = |list: &ResourceList| {
                list.iter().map(|(name, _)| (name.clone(), list.amount(name).map(Amount::rounded))).collect::<Vec<_>>()
            };
            assert_eq!(text(&overhead), text(&theirs.overhead.unwrap_or_default()), "{question}");
        }
    }
    eprintln!("podOverhead: {} the same, {refused} refused", questions.len());
    assert!(refused * 5 > questions.len() && refused * 5 < questions.len() * 4, "{refused}");
}

#[derive(Deserialize)]
struct RolloutAnswer {
    surge: i64,
    unavailable: i64,
}

#[test]
fn rollouts_go_as_far_at_a_time_as_controllers_let_them() {
    let mut dice = Dice(13);
    let limits = ["0", "1", "3", "50", r#""0%""#, r#""1%""#, r#""25%""#, r#""34%""#, r#""100%""#, r#""150%""#];
    let mut asked = Vec::new();
    for _ in 0..cases(5_000) {
        let pods = *dice.one(&[0_i64, 1, 2, 3, 4, 7, 10, 100, 333]);
        let mut step = Vec::new();
        for field in ["maxSurge", "maxUnavailable"] {
            if !dice.chance(3) {
                step.push(format!(r#""{field}":{}"#, dice.one(&limits)));
            }
        }
        let strategy = match dice.roll(5) {
            0 => "{}".to_owned(),
            1 => r#"{"type":"OTHER"}"#.to_owned(),
            2 => format!(r#"{{"type":"RollingUpdate","rollingUpdate":{{{}}}}}"#, step.join(",")),
            _ => format!(r#"{{"rollingUpdate":{{{}}}}}"#, step.join(",")),
        };
        if dice.chance(2) {
            let spec = format!(r#"{{"replicas":{pods},"strategy":{}}}"#, strategy.replace("OTHER", "Recreate"));
            asked.push((WorkloadKind::Deployment, pods, spec.clone(), format!(r#"{{"deployment":{{"spec":{spec}}}}}"#)));
        } else {
            let spec = format!(r#"{{"updateStrategy":{}}}"#, strategy.replace("OTHER", "OnDelete"));
            asked.push((WorkloadKind::DaemonSet, pods, spec.clone(), format!(r#"{{"daemonSet":{{"spec":{spec}}},"nodes":{pods}}}"#)));
        }
    }
    let questions: Vec<String> = asked.iter().map(|(.., question)| question.clone()).collect();
    let Some(replies) = answers::<Reply<RolloutAnswer>>("rollout", questions) else { return };
    let mut one_by_one = 0;
    for ((kind, pods, spec, question), reply) in asked.iter().zip(replies) {
        let theirs = reply.answer(question);
        let object: Value = serde_json::from_str(&format!(r#"{{"spec":{spec}}}"#)).expect("JSON");
        let workload = Workload::decode(*kind, object).expect("a workload");
        // No rolling update: what may be missing is another matter.
        let rolling = matches!(workload.strategy.kind.as_str(), "" | "RollingUpdate");
        let ours = Rollout::of(&workload, *pods, *pods).unavailable;
        if rolling && *kind == WorkloadKind::Deployment {
            assert_eq!(fenceposts(&workload, *pods).0, theirs.surge, "{question}");
        }
        if rolling && *pods > 0 {
            assert_eq!(ours, theirs.unavailable.min(*pods), "{question}");
            one_by_one += usize::from(ours == 0);
        }
    }
    eprintln!("rollout: {} the same, {one_by_one} in which no pod may be missing", asked.len());
    assert!(one_by_one * 10 > asked.len(), "{one_by_one}");
}
