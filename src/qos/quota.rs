//! Quotas as Kubernetes applies them to pods: which pods a quota counts, what it counts of them, and what it demands of them.
//!
//! Source: `pkg/quota/v1/evaluator/core/pods.go`, `CheckRequest` of `k8s.io/apiserver/pkg/admission/plugin/resourcequota`.

use super::case::Case;
use super::effective;
use super::shape::{Part, Shape};
use crate::objects::{Amount, PodSpec, PodStatus, QosClass, Quantity, ResourceName, ResourceQuota, ScopeRequirement, Truth};

/// The scope that looks at the PriorityClass.
const PRIORITY_CLASS: &str = "PriorityClass";

/// What scopes look at.
#[derive(Debug, Clone, Copy)]
pub struct Pod<'a> {
    /// Its spec.
    pub spec: &'a PodSpec,
    /// Its class; none: not to be told.
    pub class: Option<QosClass>,
    /// Name of its PriorityClass, empty if it has none; none: not to be told.
    pub priority_class: Option<&'a str>,
}

impl<'p> Pod<'p> {
    /// The pod of a case.
    pub(super) fn of(case: &'p Case<'_, '_>) -> Self {
        Self { spec: case.spec, class: case.class, priority_class: case.facts.priority_class(case.spec, case.predicted) }
    }
}

/// Whether a quota counts a pod.
pub fn counts(quota: &ResourceQuota, pod: &Pod<'_>) -> Truth {
    let best_effort = || pod.class.map_or(Truth::Unknown, |class| (class == QosClass::BestEffort).into());
    let terminating = pod.spec.active_deadline_seconds.is_some_and(|seconds| seconds >= 0);
    let affinity = pod.spec.affinity.as_ref();
    let across = affinity.is_some_and(|affinity| affinity.near_other_namespaces || affinity.away_from_other_namespaces);
    let within = |scope: Scope<'_>| match (scope.name, scope.wanted) {
        ("Terminating", _) => terminating.into(),
        ("NotTerminating", _) => (!terminating).into(),
        ("BestEffort", _) => best_effort(),
        ("NotBestEffort", _) => not(best_effort()),
        ("CrossNamespacePodAffinity", _) => across.into(),
        (PRIORITY_CLASS, wanted) => pod.priority_class.map_or(Truth::Unknown, |name| {
            let name = Some(name).filter(|name| !name.is_empty());
            wanted.map_or_else(|| name.is_some().into(), |wanted| wanted.wanted.holds(name))
        }),
        // Scopes of claims, and those nobody knows.
        _ => Truth::No,
    };
    let any = hard(quota).any(|(name, _)| is_of_pods(name));
    scopes(quota).map(within).fold(any.into(), Truth::and)
}

fn not(truth: Truth) -> Truth {
    match truth {
        Truth::Yes => Truth::No,
        Truth::No => Truth::Yes,
        Truth::Unknown => Truth::Unknown,
    }
}

/// A scope, with the values that are wanted of it if it is not enough that there is one.
#[derive(Clone, Copy)]
struct Scope<'a> {
    name: &'a str,
    wanted: Option<&'a ScopeRequirement>,
}

fn scopes(quota: &ResourceQuota) -> impl Iterator<Item = Scope<'_>> {
    let named = quota.spec.scopes.iter().map(|name| Scope { name, wanted: None });
    let selected = quota.spec.scope_selector.iter().flat_map(|selector| &selector.match_expressions);
    named.chain(selected.map(|wanted| Scope { name: &wanted.scope_name, wanted: Some(wanted) }))
}

/// Whether it depends on the PriorityClass of a pod whether the quota counts it.
pub fn asks_priority_class(quota: &ResourceQuota) -> bool {
    scopes(quota).any(|scope| scope.name == PRIORITY_CLASS)
}

/// What pods are that the quota counts, to be read after «pods that»; none: all are.
pub fn counted(quota: &ResourceQuota) -> Option<String> {
    let words = |scope: Scope<'_>| match scope.name {
        "Terminating" => "have a deadline (activeDeadlineSeconds)".to_owned(),
        "NotTerminating" => "have no deadline (activeDeadlineSeconds)".to_owned(),
        "BestEffort" => "are BestEffort".to_owned(),
        "NotBestEffort" => "are not BestEffort".to_owned(),
        "CrossNamespacePodAffinity" => "look at pods of other namespaces in their affinity".to_owned(),
        PRIORITY_CLASS => match scope.wanted.map(|wanted| (wanted.wanted.operator.as_str(), wanted.wanted.values.join(" or "))) {
            Some(("In", values)) => format!("are of priority class {values}"),
            Some(("NotIn", values)) => format!("are not of priority class {values}"),
            Some(("DoesNotExist", _)) => "have no priority class".to_owned(),
            _ => "have a priority class".to_owned(),
        },
        other => format!("are of scope {other}, which no pod is"),
    };
    let all: Vec<String> = scopes(quota).map(words).collect();
    (!all.is_empty()).then(|| all.join(" and "))
}

/// What is counted of a pod under one name: `requests.memory`, `pods`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// As in a quota.
    pub name: String,
    /// What there is an amount of.
    pub resource: ResourceName,
    /// How much.
    pub amount: Amount,
}

/// All that is counted of a pod to come.
pub fn usage(shape: &Shape<'_>) -> Vec<Usage> {
    let one = |name: &str| Usage { name: name.to_owned(), resource: ResourceName::new("pods"), amount: Amount::whole(1) };
    let mut all = vec![one("pods"), one("count/pods")];
    for (resource, amount) in effective::requests(shape, &PodStatus::default()) {
        let name = resource.name();
        let of = |name: String| Usage { name, resource: resource.clone(), amount };
        if is_native(&resource) || resource.is_huge_pages() {
            all.push(of(name.to_owned()));
        }
        if is_native(&resource) || resource.is_huge_pages() || is_extended(name) {
            all.push(of(format!("requests.{name}")));
        }
    }
    for (resource, amount) in effective::limits(shape, &PodStatus::default()).into_iter().filter(|(resource, _)| is_native(resource)) {
        all.push(Usage { name: format!("limits.{resource}"), resource, amount });
    }
    all
}

fn is_native(resource: &ResourceName) -> bool {
    matches!(resource, ResourceName::Cpu | ResourceName::Memory | ResourceName::EphemeralStorage)
}

/// Whether pods are what a quota counts under a name.
fn is_of_pods(name: &str) -> bool {
    let resource = name.strip_prefix("requests.").or_else(|| name.strip_prefix("limits.")).unwrap_or(name);
    let known = ResourceName::new(resource);
    let requested = !name.starts_with("limits.") && (known.is_huge_pages() || name != resource && is_extended(resource));
    matches!(name, "pods" | "count/pods") || is_native(&known) || requested
}

/// Whether it is a resource that somebody has added to Kubernetes, devices of a class included.
fn is_extended(resource: &str) -> bool {
    resource.contains('/') && (!resource.contains("kubernetes.io/") || resource.starts_with("deviceclass.resource.kubernetes.io/"))
}

/// What a quota allows: what is in force, or else what is wanted.
fn hard(quota: &ResourceQuota) -> impl Iterator<Item = (&str, &Quantity)> {
    let hard = if quota.status.hard.is_empty() { &quota.spec.hard } else { &quota.status.hard };
    hard.iter().map(|(name, quantity)| (name.as_str(), quantity))
}

/// What a quota allows of something, and what is in use of it.
pub fn room(quota: &ResourceQuota, name: &str) -> Option<(Amount, Amount)> {
    let (_, most) = hard(quota).find(|(key, _)| *key == name)?;
    Some((Amount::of(most)?, quota.status.used.get(name).and_then(Amount::of).unwrap_or_default()))
}

/// A number that every container must state.
#[derive(Debug, Clone, Copy)]
pub struct Demand<'a> {
    /// As in the quota: `limits.cpu`.
    pub name: &'a str,
    /// Whether it is a limit; else a request.
    pub limit: bool,
    /// Cpu or memory, as written.
    pub resource: &'a str,
}

/// Numbers that a quota demands of every container of the pods it counts: it was a mistake, and ends with cpu and memory.
pub fn demands(quota: &ResourceQuota) -> impl Iterator<Item = Demand<'_>> {
    hard(quota).filter_map(|(name, _)| {
        let (list, resource) = name.split_once('.').unwrap_or(("requests", name));
        let counts = matches!(resource, "cpu" | "memory") && matches!(list, "requests" | "limits");
        counts.then_some(Demand { name, limit: list == "limits", resource })
    })
}

/// The first number that a quota demands and a container does not state. Whoever states resources of the pod as a whole need state
/// none of its containers.
pub fn lacking<'q, 's, 'a>(quota: &'q ResourceQuota, shape: &'s Shape<'a>) -> Option<(&'q str, &'s Part<'a>)> {
    if shape.pod.as_ref().is_some_and(|pod| pod.set_for_pod()) {
        return None;
    }
    demands(quota).find_map(|demand| {
        let resource = ResourceName::new(demand.resource);
        let list = |part: &&Part<'a>| {
            if demand.limit { part.numbers.limits.get(&resource) } else { part.numbers.requests.get(&resource) }.is_none()
        };
        Some((demand.name, shape.parts.iter().find(list)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(spec: &str) -> ResourceQuota {
        serde_saphyr::from_str(&format!("{{metadata: {{name: team}}, spec: {spec}}}")).unwrap()
    }

    #[test]
    fn a_quota_counts_the_pods_of_all_its_scopes() {
        use QosClass::{BestEffort, Burstable};
        use Truth::{No, Unknown, Yes};
        let of_class = |operator: &str| {
            format!("{{hard: {{pods: 1}}, scopeSelector: {{matchExpressions: [{{scopeName: PriorityClass, {operator}}}]}}}}")
        };
        let scoped = |scopes: &str| format!("{{hard: {{pods: 1}}, scopes: [{scopes}]}}");
        for (spec, pod, class, priority, counts) in [
            (scoped(""), "{}", Some(Burstable), Some(""), Yes),
            ("{hard: {services: 1}}".to_owned(), "{}", Some(Burstable), Some(""), No),
            (scoped("Terminating"), "{}", None, Some(""), No),
            (scoped("Terminating"), "{activeDeadlineSeconds: 0}", None, Some(""), Yes),
            (scoped("NotTerminating"), "{activeDeadlineSeconds: 9}", None, Some(""), No),
            (scoped("BestEffort"), "{}", Some(BestEffort), Some(""), Yes),
            (scoped("BestEffort"), "{}", None, Some(""), Unknown),
            (scoped("NotBestEffort"), "{}", Some(BestEffort), Some(""), No),
            (scoped("NotBestEffort, Terminating"), "{}", None, Some(""), No),
            (scoped("PriorityClass"), "{}", None, Some("high"), Yes),
            (scoped("PriorityClass"), "{}", None, Some(""), No),
            (scoped("PriorityClass"), "{}", None, None, Unknown),
            (of_class("operator: In, values: [high]"), "{}", None, Some("high"), Yes),
            (of_class("operator: In, values: [high]"), "{}", None, Some(""), No),
            (of_class("operator: NotIn, values: [high]"), "{}", None, Some(""), Yes),
            (of_class("operator: DoesNotExist"), "{}", None, Some("low"), No),
            (scoped("CrossNamespacePodAffinity"), "{affinity: {podAffinity: {}}}", None, Some(""), No),
            (
                scoped("CrossNamespacePodAffinity"),
                "{affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{namespaces: [x]}]}}}",
                None,
                Some(""),
                Yes,
            ),
            (scoped("VolumeAttributesClass"), "{}", None, Some(""), No),
        ] {
            let parsed: PodSpec = serde_saphyr::from_str(pod).unwrap();
            let of = Pod { spec: &parsed, class, priority_class: priority };
            assert_eq!(super::counts(&quota(&spec), &of), counts, "{spec} {pod} {class:?} {priority:?}");
        }
    }

    #[test]
    fn scopes_are_said_in_words() {
        let selector = "{hard: {pods: 1}, scopes: [Terminating], \
                        scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [a, b]}]}}";
        let said = counted(&quota(selector)).unwrap();
        assert_eq!(said, "have a deadline (activeDeadlineSeconds) and are of priority class a or b");
        assert_eq!(counted(&quota("{hard: {pods: 1}}")), None);
        assert_eq!(counted(&quota("{scopes: [VolumeAttributesClass]}")).unwrap(), "are of scope VolumeAttributesClass, which no pod is");
    }

    #[test]
    fn numbers_are_demanded_of_containers_for_cpu_and_memory_alone() {
        let parsed: PodSpec = serde_saphyr::from_str("{containers: [{name: a, resources: {requests: {cpu: 1}}}, {name: b}]}").unwrap();
        let shape = Shape::of(&parsed);
        let lacks =
            |hard: &str| lacking(&quota(&format!("{{hard: {{{hard}}}}}")), &shape).map(|(name, part)| format!("{} {name}", part.name));
        for (hard, said) in [
            ("cpu: 1", Some("b cpu")),
            ("limits.memory: 1", Some("a limits.memory")),
            ("requests.ephemeral-storage: 1, pods: 3, requests.nvidia.com/gpu: 1, services: 2", None),
        ] {
            assert_eq!(lacks(hard).as_deref(), said, "{hard}");
        }
        let whole: PodSpec = serde_saphyr::from_str("{resources: {limits: {cpu: 1}}, containers: [{name: a}]}").unwrap();
        assert!(lacking(&quota("{hard: {limits.memory: 1}}"), &Shape::of(&whole)).is_none());
    }
}
