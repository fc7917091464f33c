//! Claims that wait for a pod (W): is there one, may it be scheduled, and do its volumes let it.

use std::collections::BTreeMap;

use super::{Case, Diagnosis, matching, provisioner, said, volumes};
use crate::objects::{Node, PersistentVolumeClaim, Pod, Quantity, Resource, WorkloadKind};
use crate::report::{Confidence, Finding};
use crate::storage::facts::{NO_PROVISIONER, claims_of};
use crate::storage::findings::topology::{
    CLAIMS_COMPETE, CONSUMER_NAMES_ANOTHER, CONSUMER_UNSCHEDULABLE, NO_CONSUMER, NO_VOLUME_ON_ANY_NODE, NOT_ENOUGH_SPACE, SCHEDULER_ABSENT,
    SCHEDULER_BYPASSED, SCHEDULING_GATED, TOPOLOGY_EXCLUDES_NODES,
};
use crate::storage::scheduler::{self, NodeReason, Sorted, Why};
use crate::storage::{changes, words};

/// The label by which a node is chosen by name.
const HOST_NAME: &str = "kubernetes.io/hostname";

pub(super) fn diagnose<'a>(case: &Case<'_, 'a>) -> Diagnosis<'a> {
    let facts = case.facts;
    if !facts.knows(Resource::Pods, Some(case.namespace())) {
        return Diagnosis::unknown(case, Resource::Pods);
    }
    let consumers: Vec<&Pod> = facts.consumers(case.claim).collect();
    let Some(first) = consumers.first().copied() else {
        let mut causes = vec![named_otherwise(case).unwrap_or_else(|| nobody(case))];
        causes.extend(afterwards(case));
        return Diagnosis::of(causes);
    };
    let Some(pod) = consumers.iter().copied().find(|pod| pod.spec.node_name.is_empty()) else {
        return Diagnosis::one(bypassed(case, first));
    };
    if let Some(gate) = pod.spec.scheduling_gates.first() {
        let message = format!("its pod {} has the scheduling gate \"{}\"", pod.metadata.name, gate.name);
        let finding = case.finding(&SCHEDULING_GATED, message).shown_by(&words::pod_ref(pod), "spec.schedulingGates[0].name", &gate.name);
        return Diagnosis::one(finding.remedied_by("whoever set the gate has to remove it", None));
    }
    let own = !matches!(pod.spec.scheduler_name.as_str(), "" | "default-scheduler");
    if own && pod.condition("PodScheduled").is_none() {
        let name = &pod.spec.scheduler_name;
        let message = format!("its pod {} waits for the scheduler \"{name}\", which has not looked at it", pod.metadata.name);
        let finding = case.finding(&SCHEDULER_ABSENT, message).with_confidence(Confidence::Likely);
        return Diagnosis::one(finding.shown_by(&words::pod_ref(pod), "spec.schedulerName", name).remedied_by("see whether it runs", None));
    }
    if !facts.knows(Resource::Nodes, None) {
        return Diagnosis::unknown(case, Resource::Nodes);
    }
    schedule(case, pod)
}

/// No pod: whoever would make one is named.
fn nobody(case: &Case<'_, '_>) -> Finding {
    let (claim, namespace) = (case.claim, case.namespace());
    let uses = |w: &&crate::objects::Workload| {
        w.metadata.namespace == namespace
            && w.template
                .spec
                .volumes
                .iter()
                .any(|v| v.persistent_volume_claim.as_ref().is_some_and(|s| s.claim_name == claim.metadata.name))
    };
    let of_set = |w: &&crate::objects::Workload| {
        w.metadata.namespace == namespace
            && w.claim_templates.iter().any(|t| {
                let prefix = format!("{}-{}-", t.metadata.name, w.metadata.name);
                claim.metadata.name.strip_prefix(&prefix).is_some_and(|n| n.parse::<u32>().is_ok())
            })
    };
    let workload =
        case.facts.inventory.objects.workloads.iter().find(uses).or_else(|| case.facts.inventory.objects.workloads.iter().find(of_set));
    let class = case.class.name;
    let Some(workload) = workload else {
        let finding = case.finding(&NO_CONSUMER, format!("class \"{class}\" waits for the first pod that uses it, and there is none"));
        return case.class_evidence(finding);
    };
    let (kind, name) = (workload.kind.name(), &workload.metadata.name);
    let pods = match workload.replicas {
        _ if workload.suspended => " is suspended",
        Some(0) => " (0 replicas)",
        _ if workload.kind == WorkloadKind::CronJob => " makes one when its time comes",
        _ => " has no pod yet",
    };
    let message = format!("class \"{class}\" waits for the first pod that uses it; {kind} {name}{pods}");
    let owner = crate::report::ObjectRef::new(kind, namespace, name);
    let (field, value) = match workload.kind {
        WorkloadKind::Job | WorkloadKind::CronJob => ("spec.suspend", workload.suspended.to_string()),
        // It has as many pods as there are nodes.
        WorkloadKind::DaemonSet => ("metadata.name", name.clone()),
        _ => ("spec.replicas", workload.replicas.map_or_else(|| "<unset>".to_owned(), |n| n.to_string())),
    };
    case.finding(&NO_CONSUMER, message).shown_by(&owner, field, value)
}

/// A pod that waits for a claim that does not exist and is called nearly so.
fn named_otherwise(case: &Case<'_, '_>) -> Option<Finding> {
    let (facts, claim, namespace) = (case.facts, case.claim, case.namespace());
    if !facts.knows(Resource::PersistentVolumeClaims, Some(namespace)) {
        return None;
    }
    let pods = facts.inventory.pods.iter().filter(|info| !info.template).map(|info| &info.pod);
    let waiting = pods.filter(|pod| pod.metadata.namespace == namespace && pod.spec.node_name.is_empty());
    let wanted = waiting.flat_map(|pod| claims_of(pod).map(move |name| (pod, name)).collect::<Vec<_>>());
    let missing = wanted.filter(|(_, name)| facts.claim(namespace, name).is_none());
    let renamed = |pod: &Pod, name: &str| {
        // The claim of one template under the pod of a StatefulSet whose template was renamed.
        let of_pod = |claim: &str| claim.strip_suffix(&pod.metadata.name).is_some_and(|head| head.ends_with('-'));
        of_pod(name) && of_pod(&claim.metadata.name)
    };
    let (pod, name) = missing
        .filter(|(pod, name)| renamed(pod, name) || words::near(&claim.metadata.name, [name.as_str()]).is_some())
        .min_by_key(|(_, name)| strsim::osa_distance(name, &claim.metadata.name))?;
    let message = format!("no pod uses it, and pod {} waits for a claim \"{name}\", which does not exist", pod.metadata.name);
    let finding = case.finding(&CONSUMER_NAMES_ANOTHER, message).with_confidence(Confidence::Likely);
    Some(
        finding
            .shown_by(&words::pod_ref(pod), "spec.volumes[].persistentVolumeClaim.claimName", name.clone())
            .remedied_by(format!("let the pod name the claim {}, or create the claim {name}", claim.metadata.name), None),
    )
}

/// What would go wrong once a pod comes.
fn afterwards(case: &Case<'_, '_>) -> Vec<Finding> {
    match case.class.object {
        Some(class) if class.provisioner == NO_PROVISIONER => {
            let nodes = case.facts.all_nodes();
            let fits = matching::closest(case, nodes.as_deref()).is_some_and(|(_, failed)| failed.is_empty());
            if fits { Vec::new() } else { vec![no_volume(case, nodes.as_deref(), "no node")] }
        }
        Some(class) => provisioner::from_objects(case, class),
        None => Vec::new(),
    }
}

fn bypassed(case: &Case<'_, '_>, pod: &Pod) -> Finding {
    let node = &pod.spec.node_name;
    let message = format!("its pod {} names node {node} itself, so that no scheduler looks at it and its claims", pod.metadata.name);
    let finding = case.finding(&SCHEDULER_BYPASSED, message);
    let finding = finding.shown_by(&words::pod_ref(pod), "spec.nodeName", node).shown_by(
        &case.me,
        "metadata.annotations[volume.kubernetes.io/selected-node]",
        "<unset>",
    );
    let host = case.facts.node(node).and_then(|node| node.metadata.labels.get(HOST_NAME)).unwrap_or(node);
    let description = format!("replace spec.nodeName by nodeSelector: {{{HOST_NAME}: {host}}} and create the pod anew");
    let patch = format!(r#"{{"spec":{{"nodeName":null,"nodeSelector":{{"{HOST_NAME}":{}}}}}}}"#, words::json(host));
    changes::pod_anew(pod, &description, &patch, finding)
}

/// A pod's claims, or why they are not all there.
fn claims<'a>(case: &Case<'_, 'a>, pod: &Pod) -> Result<Vec<&'a PersistentVolumeClaim>, String> {
    let mut claims = Vec::new();
    for name in claims_of(pod) {
        match case.facts.claim(case.namespace(), &name) {
            None => return Err(format!("it also waits for claim \"{name}\", which does not exist")),
            Some(other) if other.metadata.deletion_timestamp.is_some() => {
                return Err(format!("it also waits for claim \"{name}\", which is being deleted"));
            }
            Some(other) => claims.push(other),
        }
    }
    Ok(claims)
}

fn schedule<'a>(case: &Case<'_, 'a>, pod: &'a Pod) -> Diagnosis<'a> {
    let facts = case.facts;
    let claims = match claims(case, pod) {
        Ok(claims) => claims,
        Err(why) => return Diagnosis::one(unschedulable(case, pod, &why)),
    };
    let sorted = scheduler::sort(facts, &claims);
    if let Some(other) = sorted.immediate.first() {
        let why = format!(
            "its claim \"{}\" is not bound and does not wait for it (unbound immediate PersistentVolumeClaims)",
            other.metadata.name
        );
        return Diagnosis::one(unschedulable(case, pod, &why));
    }
    let mut refusals: BTreeMap<String, usize> = BTreeMap::new();
    let mut eligible: Vec<&Node> = Vec::new();
    let mut by_volumes: BTreeMap<NodeReason, Vec<&Node>> = BTreeMap::new();
    let mut volumes_fit_somewhere = false;
    let mut binding = None;
    let mut fits = 0_usize;
    for node in facts.nodes() {
        let placement = scheduler::place(facts, &sorted, node);
        volumes_fit_somewhere |= placement.reasons.is_empty();
        if let Some(refusal) = pod.spec.refuses(node) {
            *refusals.entry(refusal).or_default() += 1;
            continue;
        }
        eligible.push(node);
        match placement.reasons.into_iter().next() {
            Some(reason) => by_volumes.entry(reason).or_default().push(node),
            None => {
                fits += 1;
                binding = binding.or_else(|| placement.bindings.into_iter().find(|(c, _)| std::ptr::eq(*c, case.claim)).map(|(_, v)| v));
            }
        }
    }
    if fits > 0 {
        return waiting(case, pod, binding);
    }
    if eligible.is_empty() && volumes_fit_somewhere || facts.nodes().next().is_none() {
        let why: Vec<String> = refusals.iter().map(|(refusal, n)| format!("{}: {refusal}", words::count(*n, "node", "nodes"))).collect();
        let why = if why.is_empty() { "there is no node".to_owned() } else { format!("no node takes it ({})", words::and(&why, 4)) };
        return Diagnosis::one(unschedulable(case, pod, &why));
    }
    // Where no node takes the pod at all, its volumes still are judged: both must be mended.
    if eligible.is_empty() {
        for node in facts.nodes() {
            if let Some(reason) = scheduler::place(facts, &sorted, node).reasons.into_iter().next() {
                by_volumes.entry(reason).or_default().push(node);
            }
        }
        eligible = facts.nodes().collect();
    }
    let mut causes = vec![by_reason(case, pod, &sorted, &by_volumes, &eligible)];
    if !refusals.is_empty() && eligible.len() == facts.nodes().count() && !volumes_fit_somewhere {
        let why: Vec<String> = refusals.iter().map(|(refusal, n)| format!("{}: {refusal}", words::count(*n, "node", "nodes"))).collect();
        causes.push(unschedulable(case, pod, &format!("no node takes it ({})", words::and(&why, 4))));
    }
    if case.class.object.is_some_and(|class| class.provisioner != NO_PROVISIONER)
        && let Some(class) = case.class.object
    {
        causes.extend(provisioner::from_objects(case, class));
    }
    Diagnosis::of(causes)
}

/// At least one node suits pod and volumes: the scheduler has not come to it, or sees something that objects do not show here.
fn waiting<'a>(case: &Case<'_, 'a>, pod: &Pod, binding: Option<&'a crate::objects::PersistentVolume>) -> Diagnosis<'a> {
    let refused = pod.condition("PodScheduled").filter(|c| c.status == "False" && c.reason == "Unschedulable");
    let mut diagnosis = Diagnosis { would_bind: binding, ..Diagnosis::default() };
    if let Some(condition) = refused {
        let mut finding = unschedulable(case, pod, &format!("the scheduler says: {}", condition.message));
        finding = finding.with_confidence(Confidence::Likely);
        finding = finding.shown_by(&words::pod_ref(pod), "status.conditions[PodScheduled].message", &condition.message);
        // Pods' own requests are for the scheduler to add up.
        diagnosis.causes.push(said::retried(case).unwrap_or(finding));
    } else if let Some(class) = case.class.object.filter(|class| class.provisioner != NO_PROVISIONER) {
        diagnosis.causes = provisioner::from_objects(case, class);
    }
    diagnosis
}

fn unschedulable(case: &Case<'_, '_>, pod: &Pod, why: &str) -> Finding {
    let message = format!("its pod {} cannot be scheduled: {why}", pod.metadata.name);
    let finding = case.finding(&CONSUMER_UNSCHEDULABLE, message).shown_by(&words::pod_ref(pod), "spec.nodeName", "<unset>");
    finding.remedied_by(
        "see what the scheduler says of the pod",
        Some(format!("kubectl describe pod {} -n {}", words::quoted(&pod.metadata.name), words::quoted(case.namespace()))),
    )
}

/// The reason that keeps the pod from most nodes, among those about this claim.
fn by_reason<'a>(
    case: &Case<'_, 'a>,
    pod: &Pod,
    sorted: &Sorted<'a>,
    by_volumes: &BTreeMap<NodeReason, Vec<&Node>>,
    eligible: &[&'a Node],
) -> Finding {
    let own = by_volumes.iter().filter(|(reason, _)| reason.claim == case.claim.metadata.name);
    let Some((reason, nodes)) = own.max_by_key(|(_, nodes)| nodes.len()) else {
        let others: Vec<String> =
            by_volumes.iter().map(|(r, n)| format!("{}: {}", words::count(n.len(), "node", "nodes"), said_of(r))).collect();
        // This claim by itself could be had: what is missing went to another one of the pod.
        return unschedulable(case, pod, &words::and(&others, 4));
    };
    match &reason.why {
        Why::NoVolume => {
            let alone = Sorted { delayed: vec![case.claim], ..Sorted::default() };
            let by_itself =
                sorted.delayed.len() > 1 && eligible.iter().any(|node| scheduler::place(case.facts, &alone, node).reasons.is_empty());
            if by_itself { compete(case, pod, sorted) } else { no_volume(case, Some(eligible), &place_words(eligible.len())) }
        }
        Why::Topology => topology(case, nodes),
        Why::NoSpace => no_space(case, nodes),
        _ => unschedulable(case, pod, &said_of(reason)),
    }
}

fn place_words(nodes: usize) -> String {
    format!("none of {}", words::count(nodes, "node", "nodes"))
}

/// A reason in words.
pub(in crate::storage) fn said_of(reason: &NodeReason) -> String {
    let claim = &reason.claim;
    match &reason.why {
        Why::VolumeMissing(volume) => format!("volume \"{volume}\" of claim \"{claim}\" does not exist"),
        Why::VolumeElsewhere(volume) => format!("volume \"{volume}\" of claim \"{claim}\" cannot be used there"),
        Why::SelectedElsewhere(node) => format!("claim \"{claim}\" is to be made for node {node}"),
        Why::NoVolume => format!("no volume for claim \"{claim}\""),
        Why::Topology => format!("outside of the allowedTopologies of the class of claim \"{claim}\""),
        Why::NoSpace => format!("not enough room for claim \"{claim}\""),
        Why::NoClass => format!("claim \"{claim}\" has no class"),
        Why::ClassMissing => format!("the class of claim \"{claim}\" does not exist"),
    }
}

fn compete(case: &Case<'_, '_>, pod: &Pod, sorted: &Sorted<'_>) -> Finding {
    let names: Vec<&str> = sorted.delayed.iter().map(|claim| claim.metadata.name.as_str()).collect();
    let message =
        format!("a volume fits it, but not all claims of pod {} ({}) at once on one node", pod.metadata.name, words::and(&names, 6));
    let mut finding = case.finding(&CLAIMS_COMPETE, message);
    for volume in case.facts.volumes_of_class(case.class.name).filter(|v| volumes::failures(case, v, None).is_empty()).take(5) {
        finding = finding.shown_by(&words::volume_ref(volume), "status.phase", &volume.status.phase);
    }
    finding.remedied_by("add a volume where the pod can run: each serves one claim", None)
}

fn no_volume<'a>(case: &Case<'_, 'a>, nodes: Option<&[&'a Node]>, place: &str) -> Finding {
    let class = case.class.name;
    let closest = matching::closest(case, nodes).filter(|(volume, _)| volume.class() == class);
    let Some((volume, failed)) = closest else {
        let message = format!("there is no volume of class \"{class}\", and nothing makes one");
        let finding = case.class_evidence(case.finding(&NO_VOLUME_ON_ANY_NODE, message));
        return finding.remedied_by(format!("create a volume with storageClassName: {class} that a node of the pod can use"), None);
    };
    let differences: Vec<String> = failed.iter().map(|p| volumes::difference(case, volume, p)).collect();
    let message =
        format!("{place} has a volume that fits; the closest is \"{}\": {}", volume.metadata.name, words::and(&differences, usize::MAX));
    let finding = case.finding(&NO_VOLUME_ON_ANY_NODE, message);
    let finding = failed.iter().fold(finding, |finding, p| volumes::evidence(case, volume, p, finding));
    let failed: Vec<_> = failed.iter().collect();
    volumes::recreation(case, volume, &failed, finding)
}

fn topology(case: &Case<'_, '_>, nodes: &[&Node]) -> Finding {
    let Some(class) = case.class.object else { return case.finding(&TOPOLOGY_EXCLUDES_NODES, "its class allows no node") };
    let requirements = class.allowed_topologies.iter().flat_map(|term| &term.match_label_expressions);
    let wanted: Vec<String> = requirements.clone().map(|r| format!("{} in ({})", r.key, r.values.join(","))).collect();
    let message = format!(
        "class \"{}\" allows only {}, and {} of {} has it",
        class.metadata.name,
        words::and(&wanted, 4),
        "none",
        words::count(nodes.len(), "node", "nodes")
    );
    let mut finding = case.finding(&TOPOLOGY_EXCLUDES_NODES, message);
    finding = finding.shown_by(&words::class_ref(class), "allowedTopologies", wanted.join(" or "));
    let mut keys: Vec<&str> = requirements.map(|r| r.key.as_str()).collect();
    keys.dedup();
    for node in nodes.iter().take(5) {
        for key in &keys {
            let value = node.metadata.labels.get(key).unwrap_or("<unset>");
            finding = finding.shown_by(&words::node_ref(node), format!("metadata.labels[{key}]"), value);
        }
    }
    let description = "add a node there, or create the class anew: with places that have nodes, or for all places";
    provisioner::class_anew(class, description, r#"{"allowedTopologies":null}"#, finding)
}

fn no_space(case: &Case<'_, '_>, nodes: &[&Node]) -> Finding {
    let want = case.claim.request().map_or("none", |request| request.text());
    let rooms: Vec<_> = nodes.iter().map(|node| (*node, scheduler::room(case.facts, case.class.name, node))).collect();
    let most = rooms.iter().filter_map(|(_, room)| room.clone()).max();
    let have = most.as_ref().map_or_else(|| "none is told of".to_owned(), |most| format!("at most {most} is"));
    let message = format!("it asks for {want}, and {have} free on {}", words::count(nodes.len(), "node", "nodes"));
    let mut finding = case.finding(&NOT_ENOUGH_SPACE, message).shown_by(&case.me, "spec.resources.requests.storage", want);
    for capacity in case.facts.inventory.objects.storage_capacities.iter().filter(|c| c.storage_class_name == case.class.name).take(8) {
        let limit = capacity.maximum_volume_size.as_ref().or(capacity.capacity.as_ref());
        let reference = crate::report::ObjectRef::new("CSIStorageCapacity", &capacity.metadata.namespace, &capacity.metadata.name);
        finding = finding.shown_by(&reference, "capacity", limit.map_or("<unset>", |limit| limit.text()));
    }
    match most.filter(Quantity::is_positive) {
        Some(most) => {
            let spec = format!(r#""resources":{{"requests":{{"storage":{}}}}}"#, words::json(most.text()));
            case.anew(finding, "create the claim anew with a request for which there is room, or add storage", &spec)
        }
        None => finding.remedied_by("add storage, or see that the driver tells of it", None),
    }
}
