//! What happens, or will not happen, while a pod runs (R).

use std::collections::HashMap;

use super::Subject;
use crate::objects::{Amount, Pod, QosClass, ResourceName, ResourceQuota, Truth};
use crate::qos::case::Case;
use crate::qos::facts::Facts;
use crate::qos::findings::{FRACTIONAL_CPUS, MEMORY_OVERCOMMITTED, PRIORITY_OUTRANKS, QUOTA_DEMANDS, RESIZE_PENDING};
use crate::qos::shape::{Part, Role, Shape};
use crate::qos::{effective, oom, quota, words};
use crate::report::{Finding, ObjectRef, Severity};

/// What the pods of each node come to.
pub(super) struct Nodes<'a> {
    of: HashMap<&'a str, OnNode<'a>>,
}

#[derive(Default)]
struct OnNode<'a> {
    memory_requested: Amount,
    /// The pod of highest priority that is neither Guaranteed nor critical.
    highest: Option<(i32, &'a Pod)>,
}

impl<'a> Nodes<'a> {
    /// None are known unless all pods are: of what is not read, nobody knows the sum.
    pub(super) fn new(facts: &Facts<'a>) -> Self {
        let mut of: HashMap<&str, OnNode<'_>> = HashMap::new();
        let inventory = facts.inventory;
        let pods = inventory.pods.iter().filter(|info| !info.template && inventory.pods_complete()).map(|info| &info.pod);
        for pod in pods.filter(|pod| !pod.spec.node_name.is_empty()) {
            let node = of.entry(&pod.spec.node_name).or_default();
            let memory = effective::requests(&Shape::of(&pod.spec), &pod.status).get(&ResourceName::Memory).copied();
            node.memory_requested = node.memory_requested.plus(memory.unwrap_or_default());
            let priority = pod.spec.priority.unwrap_or_default();
            let lower = pod.status.qos_class.is_some_and(|class| class != QosClass::Guaranteed);
            let counts = lower && !oom::is_critical(pod.is_static(), pod.spec.priority);
            if counts && node.highest.is_none_or(|(highest, _)| priority > highest) {
                node.highest = Some((priority, pod));
            }
        }
        Self { of }
    }
}

pub(super) fn judge(case: &Case<'_, '_>, nodes: &Nodes<'_>, found: &mut Vec<Finding>) {
    found.extend(case.shape.parts.iter().filter_map(|part| fractional(case, part)));
    found.extend(overcommitted(case, nodes));
    found.extend(case.facts.quotas(&case.me.namespace).iter().filter_map(|quota| demanded(case, quota)));
    found.extend(outranked(case, nodes));
    found.extend(resize(case));
}

/// Whoever requests less than a CPU hardly wants one for itself.
fn fractional(case: &Case<'_, '_>, part: &Part<'_>) -> Option<Finding> {
    let request = part.numbers.requests.amount(&ResourceName::Cpu)?;
    let counts = case.class == Some(QosClass::Guaranteed) && part.role != Role::Init;
    if !counts || request.is_whole() || request < Amount::whole(1) {
        return None;
    }
    let request = request.text(&ResourceName::Cpu);
    let message = format!(
        "{} requests {request} cpu, no whole number: under the static CPU manager policy it shares its CPUs",
        words::container(part)
    );
    let finding = Subject::of(case).finding(&FRACTIONAL_CPUS, &message);
    Some(finding.shown_by(&case.me, case.field(part, "requests", &ResourceName::Cpu), request))
}

fn overcommitted(case: &Case<'_, '_>, nodes: &Nodes<'_>) -> Option<Finding> {
    let memory = ResourceName::Memory;
    let name = case.spec.node_name.as_str();
    let requested = nodes.of.get(name)?.memory_requested;
    let node = case.facts.node(name)?;
    let allocatable = node.status.allocatable.amount(&memory).filter(|amount| amount.is_positive())?;
    let limit = effective::limits(&case.shape, case.status).get(&memory).copied().filter(|limit| limit.is_positive())?;
    let request = effective::requests(&case.shape, case.status).get(&memory).copied().unwrap_or_default();
    let times = |amount: Amount, n: i128| i128::from(amount.value()) * n;
    let full = times(requested, 10) >= times(allocatable, 9);
    if !full || case.predicted || times(limit, 1) < times(request, 2) {
        return None;
    }
    let percent = times(requested, 100) / times(allocatable, 1).max(1);
    let (request, limit) = (request.text(&memory), limit.text(&memory));
    let message = format!(
        "pod {} requests {request} memory and may use {limit}, on node {name}, of whose memory {percent} % are requested",
        case.me.name
    );
    let of_node = ObjectRef::new("Node", "", name);
    Some(
        MEMORY_OVERCOMMITTED
            .on(case.me.clone(), message)
            .shown_by(&case.me, "spec.nodeName", name)
            .shown_by(&of_node, "status.allocatable.memory", allocatable.text(&memory))
            .remedied_by("request what it really uses, or have it run elsewhere", None),
    )
}

/// A quota that counts the pod, and what a container of it does not state.
fn demanded(case: &Case<'_, '_>, quota: &ResourceQuota) -> Option<Finding> {
    // Whether a LimitRange fills it in is not known then.
    if !case.unread.is_empty() || quota::counts(quota, &quota::Pod::of(case)) != Truth::Yes {
        return None;
    }
    let (name, part) = quota::lacking(quota, &case.shape)?;
    let subject = Subject::of(case);
    let refused = if case.predicted { subject.refused() } else { "its like would not be made again" };
    let message =
        format!("{} states nothing for {name}, which ResourceQuota {} demands: {refused}", words::container(part), quota.metadata.name);
    let of_quota = ObjectRef::new("ResourceQuota", &quota.metadata.namespace, &quota.metadata.name);
    let hard = quota.spec.hard.get(name).map_or_else(String::new, ToString::to_string);
    let mut finding = subject.finding(&QUOTA_DEMANDS, &message).shown_by(&of_quota, format!("spec.hard[{name}]"), hard);
    if !case.predicted {
        finding.severity = Severity::Warning;
    }
    Some(finding.remedied_by("state the number, or let a LimitRange give a default", None))
}

fn outranked(case: &Case<'_, '_>, nodes: &Nodes<'_>) -> Option<Finding> {
    let (highest, other) = nodes.of.get(case.spec.node_name.as_str())?.highest?;
    let priority = case.spec.priority.unwrap_or_default();
    let counts = !case.predicted && case.class == Some(QosClass::Guaranteed) && priority < highest;
    let class = other.status.qos_class.filter(|_| counts)?;
    let (namespace, name) = other.metadata.key();
    let message = format!(
        "pod {} is Guaranteed and of priority {priority}; without disk or processes its node evicts it before the {class} pod {namespace}/{name} of \
         priority {highest}",
        case.me.name
    );
    let of_other = ObjectRef::new("Pod", namespace, name);
    let finding = PRIORITY_OUTRANKS.on(case.me.clone(), message).shown_by(&case.me, "spec.priority", priority.to_string());
    Some(finding.shown_by(&of_other, "spec.priority", highest.to_string()))
}

fn resize(case: &Case<'_, '_>) -> Option<Finding> {
    let pending = case.pod?.condition("PodResizePending").filter(|condition| condition.status != "False")?;
    let said = if pending.message.is_empty() { String::new() } else { format!(": {}", pending.message) };
    let message = format!("pod {} waits for a resize ({}){said}", case.me.name, pending.reason);
    Some(RESIZE_PENDING.on(case.me.clone(), message).shown_by(
        &case.me,
        "status.conditions[PodResizePending].reason",
        pending.reason.clone(),
    ))
}
