//! Pods that cannot use a bound claim: node by node, what takes the last one away.

use super::super::Case;
use crate::objects::{Node, PersistentVolume, Pod, Resource};
use crate::report::{Finding, ObjectRef, Severity};
use crate::storage::facts::claims_of;
use crate::storage::findings::bound as kinds;
use crate::storage::scheduler;
use crate::storage::words;

/// Labels by which volumes were bound to places before they had node affinity.
const ZONES: [&str; 4] = [
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
];

/// A block device used as a filesystem, or the other way round.
pub(super) fn misused(case: &Case<'_, '_>, pod: &Pod) -> Option<Finding> {
    let block = case.claim.mode() == "Block";
    let own = |volume: &&crate::objects::PodVolume| match (&volume.persistent_volume_claim, &volume.ephemeral) {
        (Some(source), _) => source.claim_name == case.claim.metadata.name,
        (None, Some(_)) => format!("{}-{}", pod.metadata.name, volume.name) == case.claim.metadata.name,
        (None, None) => false,
    };
    for volume in pod.spec.volumes.iter().filter(own) {
        for container in pod.spec.containers.iter().chain(&pod.spec.init_containers) {
            let (uses, field) =
                if block { (&container.volume_mounts, "volumeMounts") } else { (&container.volume_devices, "volumeDevices") };
            if uses.iter().any(|used| used.name == volume.name) {
                let mode = case.claim.mode();
                let message =
                    format!("its volumeMode is {mode}, and container {} of pod {} has it in {field}", container.name, pod.metadata.name);
                let finding = case.finding(&kinds::VOLUME_MODE_MISUSED, message).shown_by(&case.me, "spec.volumeMode", mode);
                let other = if block { "volumeDevices" } else { "volumeMounts" };
                let field = format!("spec.containers[{}].{field}", container.name);
                return Some(
                    finding
                        .shown_by(&words::pod_ref(pod), field, &volume.name)
                        .remedied_by(format!("name the volume in {other} and create the pod anew"), None),
                );
            }
        }
    }
    None
}

/// The first unscheduled pod that its volume keeps from every node.
pub(super) fn unschedulable(case: &Case<'_, '_>, volume: &PersistentVolume) -> Option<Finding> {
    let facts = case.facts;
    let waiting = facts.consumers(case.claim).find(|pod| pod.spec.node_name.is_empty() && pod.spec.scheduling_gates.is_empty());
    let Some(pod) = waiting else {
        // Nobody wants it now; who will is told before.
        let nowhere = facts.nodes().next().is_some() && !facts.nodes().any(|node| volume.usable_on(&node.metadata.labels));
        return nowhere.then(|| {
            let mut finding = on_no_node(case, volume, &[], "no node satisfies its node affinity");
            finding.severity = Severity::Warning;
            finding
        });
    };
    if let Some(finding) = for_one_pod(case, pod) {
        return Some(finding);
    }
    let usable: Vec<&Node> = facts.nodes().filter(|node| volume.usable_on(&node.metadata.labels)).collect();
    if usable.is_empty() {
        let all: Vec<&Node> = facts.nodes().collect();
        return (!all.is_empty()).then(|| on_no_node(case, volume, &all, "no node satisfies its node affinity"));
    }
    let eligible: Vec<&Node> = usable.iter().copied().filter(|node| pod.spec.refuses(node).is_none()).collect();
    if eligible.is_empty() {
        // A volume that every node can use keeps nobody away.
        let everywhere = usable.len() == facts.nodes().count();
        let why: Vec<String> =
            usable.iter().filter_map(|node| Some(format!("{}: {}", node.metadata.name, pod.spec.refuses(node)?))).collect();
        let why = format!("pod {} may not run where it lies ({})", pod.metadata.name, words::and(&why, 3));
        return (!everywhere).then(|| on_no_node(case, volume, &usable, &why));
    }
    let in_zone: Vec<&Node> = eligible.iter().copied().filter(|node| zone_fits(volume, node)).collect();
    if in_zone.is_empty() {
        return Some(zone(case, volume, &eligible));
    }
    let together: Vec<&Node> = in_zone.iter().copied().filter(|node| others_fit(case, pod, node)).collect();
    if together.is_empty() {
        return apart(case, pod);
    }
    let csi = volume.spec.csi.as_ref()?;
    drivers(case, &csi.driver, &csi.volume_handle, &together)
}

fn on_no_node(case: &Case<'_, '_>, volume: &PersistentVolume, nodes: &[&Node], why: &str) -> Finding {
    let affinity = volume.required_nodes().map_or_else(|| "every node".to_owned(), crate::objects::NodeSelector::describe);
    let message = format!("its volume \"{}\" can be used on no node ({affinity}): {why}", volume.metadata.name);
    let mut finding =
        case.finding(&kinds::VOLUME_ON_NO_NODE, message).shown_by(&words::volume_ref(volume), "spec.nodeAffinity.required", affinity);
    let keys: Vec<&str> = volume
        .required_nodes()
        .into_iter()
        .flat_map(|nodes| &nodes.node_selector_terms)
        .flat_map(|term| &term.match_expressions)
        .map(|r| r.key.as_str())
        .collect();
    for node in nodes.iter().take(5) {
        for key in &keys {
            let value = node.metadata.labels.get(key).unwrap_or("<unset>");
            finding = finding.shown_by(&words::node_ref(node), format!("metadata.labels[{key}]"), value);
        }
        if node.spec.unschedulable {
            finding = finding.shown_by(&words::node_ref(node), "spec.unschedulable", "true");
        }
    }
    let cordoned = nodes.iter().find(|node| node.spec.unschedulable);
    match cordoned {
        Some(node) => {
            finding.remedied_by("let pods on the node again", Some(format!("kubectl uncordon {}", words::quoted(&node.metadata.name))))
        }
        None => finding.remedied_by("bring back a node that satisfies it, or restore the data to a volume elsewhere", None),
    }
}

/// Rule: a node without any of the labels takes every volume; a label of several zones is written `a__b`.
fn zone_fits(volume: &PersistentVolume, node: &Node) -> bool {
    let labels = &node.metadata.labels;
    if !ZONES.iter().any(|key| labels.get(key).is_some()) {
        return true;
    }
    let legacy = |key: &str| key.replace("failure-domain.beta.kubernetes.io", "topology.kubernetes.io");
    ZONES.iter().all(|key| {
        volume.metadata.labels.get(key).is_none_or(|zones| {
            let have = labels.get(key).or_else(|| labels.get(&legacy(key)));
            have.is_some_and(|have| zones.split("__").any(|zone| zone == have))
        })
    })
}

fn zone(case: &Case<'_, '_>, volume: &PersistentVolume, nodes: &[&Node]) -> Finding {
    let own: Vec<(&str, &str)> = ZONES.iter().filter_map(|key| Some((*key, volume.metadata.labels.get(key)?))).collect();
    let wanted: Vec<String> = own.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let message = format!("its volume \"{}\" is in {}, and no node for its pod is", volume.metadata.name, words::and(&wanted, 4));
    let mut finding = case.finding(&kinds::VOLUME_ZONE_DIFFERS, message);
    for (key, value) in &own {
        finding = finding.shown_by(&words::volume_ref(volume), format!("metadata.labels[{key}]"), *value);
        for node in nodes.iter().take(5) {
            let have = node.metadata.labels.get(key).unwrap_or("<unset>");
            finding = finding.shown_by(&words::node_ref(node), format!("metadata.labels[{key}]"), have);
        }
    }
    finding.remedied_by("add a node there, or restore the data to a volume elsewhere", None)
}

/// Whether the node can use the volumes of the pod's other claims that are bound.
fn others_fit(case: &Case<'_, '_>, pod: &Pod, node: &Node) -> bool {
    claims_of(pod).filter_map(|name| case.facts.claim(case.namespace(), &name)).filter(|claim| scheduler::fully_bound(claim)).all(|claim| {
        let volume = case.facts.volume(&claim.spec.volume_name);
        volume.is_none_or(|volume| volume.usable_on(&node.metadata.labels))
    })
}

fn apart(case: &Case<'_, '_>, pod: &Pod) -> Option<Finding> {
    let claims: Vec<_> = claims_of(pod).filter_map(|name| case.facts.claim(case.namespace(), &name)).collect();
    let volumes: Vec<&PersistentVolume> = claims.iter().filter_map(|claim| case.facts.volume(&claim.spec.volume_name)).collect();
    // One that no node can use is named at its own claim.
    let lonely = volumes.iter().any(|volume| !case.facts.nodes().any(|node| volume.usable_on(&node.metadata.labels)));
    if lonely {
        return None;
    }
    let places: Vec<String> =
        volumes.iter().filter_map(|volume| Some(format!("{} on {}", volume.metadata.name, volume.required_nodes()?.describe()))).collect();
    let message = format!("pod {} uses volumes that no node can use together: {}", pod.metadata.name, words::and(&places, 5));
    let mut finding = case.finding(&kinds::VOLUMES_APART, message);
    for volume in &volumes {
        if let Some(nodes) = volume.required_nodes() {
            finding = finding.shown_by(&words::volume_ref(volume), "spec.nodeAffinity.required", nodes.describe());
        }
    }
    Some(finding.remedied_by("make one of the volumes anew with a class that waits for the pod (WaitForFirstConsumer)", None))
}

/// Rule: a claim for one pod is refused to a second one, on whatever node.
fn for_one_pod(case: &Case<'_, '_>, pod: &Pod) -> Option<Finding> {
    if !case.claim.spec.access_modes.iter().any(|mode| mode == "ReadWriteOncePod") {
        return None;
    }
    let user =
        case.facts.consumers(case.claim).find(|other| !other.spec.node_name.is_empty() && other.metadata.name != pod.metadata.name)?;
    let message =
        format!("it is for one pod only (ReadWriteOncePod), pod {} uses it, and pod {} waits", user.metadata.name, pod.metadata.name);
    let finding = case.finding(&kinds::CLAIM_FOR_ONE_POD_IN_USE, message).shown_by(&case.me, "spec.accessModes", "ReadWriteOncePod");
    let finding = finding.shown_by(&words::pod_ref(user), "spec.nodeName", &user.spec.node_name);
    Some(finding.remedied_by(
        "when the other pod is gone, this one is scheduled",
        Some(format!("kubectl delete pod {} -n {}", words::quoted(&user.metadata.name), words::quoted(case.namespace()))),
    ))
}

/// Nodes without the driver, if it asks not to be missed; nodes with no room for another volume.
fn drivers(case: &Case<'_, '_>, driver: &str, handle: &str, nodes: &[&Node]) -> Option<Finding> {
    let facts = case.facts;
    if !facts.knows(Resource::CsiNodes, None) {
        return None;
    }
    let registered = |node: &Node| facts.csi_node(&node.metadata.name).and_then(|csi| csi.driver(driver));
    let needed = facts.driver(driver).is_some_and(|object| object.spec.prevent_pod_scheduling_if_missing == Some(true));
    if needed && nodes.iter().all(|node| registered(node).is_none()) {
        let message = format!(
            "driver {driver} of its volume runs on none of the {} where its pod may run",
            words::count(nodes.len(), "node", "nodes")
        );
        let finding = case.finding(&kinds::DRIVER_MISSING_ON_NODES, message);
        let reference = ObjectRef::new("CSIDriver", "", driver);
        return Some(
            finding
                .shown_by(&reference, "spec.preventPodSchedulingIfMissing", "true")
                .remedied_by("see that the driver's node plugin runs there", None),
        );
    }
    let full = |node: &&&Node| {
        let limit = registered(node).and_then(|driver| driver.allocatable.count);
        limit.is_some_and(|limit| {
            let used = attached(case, driver, node);
            !used.contains(&handle) && i64::try_from(used.len()).is_ok_and(|used| used >= limit)
        })
    };
    if nodes.iter().filter(full).count() < nodes.len() {
        return None;
    }
    let message =
        format!("{} where its pod may run can attach no more volumes of driver {driver}", words::count(nodes.len(), "node", "nodes"));
    let mut finding = case.finding(&kinds::ATTACH_LIMIT, message);
    for node in nodes.iter().take(5) {
        let limit = registered(node).and_then(|driver| driver.allocatable.count).unwrap_or_default();
        let reference = ObjectRef::new("CSINode", "", &node.metadata.name);
        let used = attached(case, driver, node).len();
        finding = finding.shown_by(&reference, format!("spec.drivers[{driver}].allocatable.count"), format!("{limit}, in use {used}"));
    }
    Some(finding.remedied_by("add a node, or move pods with volumes away", None))
}

/// The handles of a driver's volumes that pods on a node use, each once.
fn attached<'a>(case: &Case<'_, 'a>, driver: &str, node: &Node) -> std::collections::BTreeSet<&'a str> {
    let facts = case.facts;
    let on_node = facts.inventory.pods.iter().map(|info| &info.pod).filter(|pod| pod.spec.node_name == node.metadata.name);
    let claims = on_node.flat_map(|pod| claims_of(pod).filter_map(|name| facts.claim(&pod.metadata.namespace, &name)).collect::<Vec<_>>());
    let volumes = claims.filter_map(|claim| facts.volume(&claim.spec.volume_name));
    let handles = volumes.filter_map(|volume| volume.spec.csi.as_ref()).filter(|csi| csi.driver == driver);
    let mut handles: std::collections::BTreeSet<&str> = handles.map(|csi| csi.volume_handle.as_str()).collect();
    let attachments =
        facts.inventory.objects.volume_attachments.iter().filter(|a| a.spec.node_name == node.metadata.name && a.spec.attacher == driver);
    let by_name = attachments.filter_map(|a| facts.volume(a.spec.source.persistent_volume_name.as_deref()?));
    handles.extend(by_name.filter_map(|volume| volume.spec.csi.as_ref()).map(|csi| csi.volume_handle.as_str()));
    handles
}
