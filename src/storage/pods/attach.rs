//! Attachments (K09–K15, K17, K18): who has the volume, and how far its way to the pod's node is.

use super::{Judgement, PodCase};
use crate::objects::{Node, PersistentVolume, Pod, Resource, VolumeAttachment};
use crate::report::view::human_duration;
use crate::report::{Confidence, DataRisk, Finding, ObjectRef, Severity};
use crate::storage::causes::{lease_names, lives};
use crate::storage::facts::claims_of;
use crate::storage::findings::pod as kinds;
use crate::storage::{changes, words};

/// Seconds after which Kubernetes detaches from a node that does not answer.
const FORCED: u64 = 360;
/// Seconds that attaching may take before anybody is to blame.
const PATIENCE: u64 = 60;
/// gRPC's `ResourceExhausted`.
const EXHAUSTED: i64 = 8;
/// Taint of a node that somebody says is off.
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// The driver of a volume that is attached: its own, or the one that took over its type.
pub(super) fn driver(volume: &PersistentVolume) -> Option<&str> {
    if let Some(csi) = &volume.spec.csi {
        return Some(&csi.driver);
    }
    Some(match volume.in_tree()? {
        "awsElasticBlockStore" => "ebs.csi.aws.com",
        "gcePersistentDisk" => "pd.csi.storage.gke.io",
        "azureDisk" => "disk.csi.azure.com",
        "azureFile" => "file.csi.azure.com",
        "cinder" => "cinder.csi.openstack.org",
        "vsphereVolume" => "csi.vsphere.vmware.com",
        "portworxVolume" => "pxd.portworx.com",
        _ => return None,
    })
}

pub(super) fn judge(case: &PodCase<'_, '_>, volume: &PersistentVolume, judgement: &mut Judgement) {
    let facts = case.facts;
    let Some(driver) = driver(volume) else { return };
    if facts.driver(driver).is_some_and(|object| object.spec.attach_required == Some(false)) {
        return;
    }
    if !facts.knows(Resource::VolumeAttachments, None) {
        judgement.unread.insert(Resource::VolumeAttachments);
        return;
    }
    let same = |other: &PersistentVolume| match (&volume.spec.csi, &other.spec.csi) {
        (Some(a), Some(b)) => a.driver == b.driver && a.volume_handle == b.volume_handle,
        _ => other.metadata.name == volume.metadata.name,
    };
    let of_volume = |attachment: &&VolumeAttachment| {
        let name = attachment.spec.source.persistent_volume_name.as_deref().unwrap_or_default();
        name == volume.metadata.name || facts.volume(name).is_some_and(same)
    };
    let attachments: Vec<&VolumeAttachment> = facts.inventory.objects.volume_attachments.iter().filter(of_volume).collect();
    // Rule: a volume without ReadWriteMany and ReadOnlyMany is attached to one node at a time; one without modes to any number.
    let modes = &volume.spec.access_modes;
    let exclusive = !modes.is_empty() && !modes.iter().any(|mode| matches!(mode.as_str(), "ReadWriteMany" | "ReadOnlyMany"));
    let holds = |a: &&VolumeAttachment| a.spec.node_name != case.node() && (a.status.attached || a.metadata.deletion_timestamp.is_some());
    if exclusive && let Some(elsewhere) = attachments.iter().copied().find(holds) {
        let users = users(case, &same, &elsewhere.spec.node_name);
        held(case, volume, elsewhere, &users, judgement);
        return;
    }
    match attachments.iter().copied().find(|a| a.spec.node_name == case.node()) {
        Some(own) => on_its_way(case, volume, driver, own, judgement),
        None => judgement.causes.extend(full(case, volume, driver)),
    }
}

/// Pods on a node that use the volume, or another PersistentVolume of the same storage. Those that have ended do not count.
fn users<'a>(case: &PodCase<'_, 'a>, same: &dyn Fn(&PersistentVolume) -> bool, node: &str) -> Vec<&'a Pod> {
    let facts = case.facts;
    let uses = |pod: &Pod| {
        claims_of(pod)
            .filter_map(|name| facts.claim(&pod.metadata.namespace, &name))
            .filter_map(|claim| facts.volume(&claim.spec.volume_name))
            .any(same)
    };
    facts
        .inventory
        .pods
        .iter()
        .filter(|info| !info.template)
        .map(|info| &info.pod)
        .filter(|pod| pod.spec.node_name == node && uses(pod))
        .collect()
}

/// Whether somebody said that the node is off.
fn is_out_of_service(node: &Node) -> bool {
    node.spec.taints.iter().any(|taint| taint.key == OUT_OF_SERVICE)
}

/// How a node is, and since when.
fn node_state(case: &PodCase<'_, '_>, name: &str) -> (String, bool) {
    let facts = case.facts;
    let Some(node) = facts.node(name) else {
        let known = facts.knows(Resource::Nodes, None);
        return (if known { "which does not exist any more".to_owned() } else { "whose state is unknown".to_owned() }, !known);
    };
    if is_out_of_service(node) {
        return ("which is out of service".to_owned(), false);
    }
    if node.is_ready() {
        return ("which is ready".to_owned(), true);
    }
    let since = node.condition("Ready").and_then(|c| c.since);
    let ago = since.zip(facts.now).map(|(since, now)| u64::try_from(now.as_second() - since.as_second()).unwrap_or_default());
    (ago.map_or_else(|| "which is not ready".to_owned(), |ago| format!("which has not been ready for {}", human_duration(ago))), false)
}

/// Attached to another node.
fn held(case: &PodCase<'_, '_>, volume: &PersistentVolume, attachment: &VolumeAttachment, users: &[&Pod], judgement: &mut Judgement) {
    let node = attachment.spec.node_name.as_str();
    let (state, works) = node_state(case, node);
    let name = &volume.metadata.name;
    let reference = ObjectRef::new("VolumeAttachment", "", &attachment.metadata.name);
    let shown = |finding: Finding| {
        let mut finding = finding
            .shown_by(&words::volume_ref(volume), "spec.accessModes", words::list(&volume.spec.access_modes))
            .shown_by(&reference, "spec.nodeName", node)
            .shown_by(&reference, "status.attached", attachment.status.attached.to_string());
        if let Some(ready) = case.facts.node(node).and_then(|object| object.condition("Ready")) {
            finding = finding.shown_by(&ObjectRef::new("Node", "", node), "status.conditions[Ready].status", &ready.status);
        }
        for user in users.iter().take(4) {
            finding = finding.shown_by(&words::pod_ref(user), "spec.nodeName", node);
            if let Some(time) = user.metadata.deletion_timestamp {
                finding = finding.shown_by(&words::pod_ref(user), "metadata.deletionTimestamp", time.to_string());
            }
        }
        finding
    };
    judgement.causes.extend(stuck(case, attachment));
    if let Some((_, deployment)) = case.group.filter(|(kind, _)| *kind == "Deployment")
        && case.workload.is_none_or(|w| w.strategy.kind != "Recreate")
        && let Some(old) = users.iter().find(|user| is_sibling(case, user))
        && old.metadata.deletion_timestamp.is_none()
    {
        let message = format!(
            "Deployment {deployment} starts pods before it stops old ones, and pod {} on node {node} has volume \"{name}\", which one node at a time can have",
            old.metadata.name
        );
        let owner = ObjectRef::new("Deployment", case.namespace(), deployment);
        let strategy = case.workload.map_or("", |w| w.strategy.kind.as_str());
        let finding = shown(case.finding(&kinds::ROLLING_UPDATE, message)).shown_by(
            &owner,
            "spec.strategy.type",
            if strategy.is_empty() { "RollingUpdate" } else { strategy },
        );
        let patch = r#"{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}"#;
        judgement.causes.push(finding.remedied_by(
            "stop the old pod before the new one starts",
            Some(format!(
                "kubectl patch deployment {} -n {} -p {}",
                words::quoted(deployment),
                words::quoted(case.namespace()),
                words::quoted(patch)
            )),
        ));
    }
    let (own, others): (Vec<&&Pod>, Vec<&&Pod>) = users.iter().partition(|user| user.metadata.namespace == case.namespace());
    let leaving = |user: &&Pod| user.metadata.deletion_timestamp.is_some();
    let named: Vec<String> = own
        .iter()
        .map(|user| if leaving(user) { format!("{} (being deleted)", user.metadata.name) } else { user.metadata.name.clone() })
        .collect();
    let finding = if !named.is_empty() {
        let pods = if named.len() == 1 { "pod" } else { "pods" };
        let uses = if named.len() == 1 { "uses" } else { "use" };
        let message =
            format!("volume \"{name}\" is attached to node {node}, {state}, and {pods} {} {uses} it there", words::and(&named, 4));
        case.finding(&kinds::ATTACHED_ELSEWHERE, message)
    } else if !others.is_empty() {
        let named: Vec<String> = others.iter().map(|user| format!("{}/{}", user.metadata.namespace, user.metadata.name)).collect();
        let message = format!(
            "the storage of volume \"{name}\" is attached to node {node}, {state}, for {} in another namespace: {}",
            words::count(named.len(), "pod", "pods"),
            words::and(&named, 4)
        );
        case.finding(&kinds::ATTACHED_FOR_OTHERS, message)
    } else {
        left(case, volume, attachment, &state, works)
    };
    let finding = shown(finding);
    let finding = way_out(case, judgement, finding, node, works, users);
    judgement.causes.push(finding);
}

/// A pod of the same workload.
fn is_sibling(case: &PodCase<'_, '_>, pod: &Pod) -> bool {
    let inventory = case.facts.inventory;
    let group =
        |pod: &Pod| inventory.pod(&pod.metadata.namespace, &pod.metadata.name).and_then(|at| inventory.pods.get(at)).map(|info| info.group);
    group(pod).is_some() && group(pod) == group(case.pod)
}

/// Attached where nobody uses it: what the clock says.
fn left(case: &PodCase<'_, '_>, volume: &PersistentVolume, attachment: &VolumeAttachment, state: &str, works: bool) -> Finding {
    let (name, node) = (&volume.metadata.name, attachment.spec.node_name.as_str());
    let handle = volume.spec.csi.as_ref().map(|csi| format!("kubernetes.io/csi/{}^{}", csi.driver, csi.volume_handle));
    let object = case.facts.node(node);
    let mounted = handle.as_ref().is_some_and(|handle| object.is_some_and(|node| node.status.volumes_in_use.contains(handle)));
    let waited = case.age();
    let clock = match (works, mounted, waited) {
        (true, true, _) => "its kubelet still has it mounted".to_owned(),
        (true, false, Some(waited)) if waited < FORCED => "it is being detached".to_owned(),
        (true, false, _) => "and should have been detached".to_owned(),
        // Nobody tells when the last pod went; not later than when this one came.
        (false, _, Some(waited)) if waited < FORCED => {
            format!("it is detached by force in {} at the latest", human_duration(FORCED - waited))
        }
        (false, _, Some(waited)) => {
            format!("this pod has waited for {}, and it was not detached by force after 6 minutes", human_duration(waited))
        }
        (false, _, None) => "it is detached by force 6 minutes after the last pod went".to_owned(),
    };
    let mut finding = case.finding(
        &kinds::LEFT_ATTACHED,
        format!("volume \"{name}\" is still attached to node {node}, {state}, where no pod uses it: {clock}"),
    );
    if waited.is_some_and(|waited| waited < FORCED) {
        finding.severity = Severity::Warning;
    }
    if mounted && let (Some(handle), Some(object)) = (handle, object) {
        finding = finding.shown_by(&words::node_ref(object), "status.volumesInUse", handle);
    }
    finding
}

/// What can be done about a volume that another node has.
fn way_out(case: &PodCase<'_, '_>, judgement: &Judgement, finding: Finding, node: &str, works: bool, users: &[&Pod]) -> Finding {
    if works && judgement.causes.iter().any(|cause| cause.code == kinds::ROLLING_UPDATE.code) {
        return finding.remedied_by("let the Deployment stop the old pod first", None);
    }
    if works {
        let stays = users.iter().find(|user| user.metadata.deletion_timestamp.is_none());
        return match stays.or_else(|| users.first()) {
            Some(user) => changes::end(case.facts, user, case.pod, "when it is gone from there, this pod starts", finding),
            None => finding.remedied_by("wait; then look at the kubelet of that node", None),
        };
    }
    let Some(object) = case.facts.node(node) else {
        return finding.remedied_by("wait up to 6 minutes; the volume is detached by force", None);
    };
    if is_out_of_service(object) {
        return finding.remedied_by("wait: Kubernetes detaches what is on a node that is out of service", None);
    }
    let soon = users.is_empty() && case.age().is_some_and(|waited| waited < FORCED);
    let finding = if soon { finding.remedied_by("wait: it is detached by force then", None) } else { finding };
    changes::at_risk(
        finding,
        DataRisk::Loss,
        format!("only if node {node} is certainly off: say so, and its volumes are detached at once"),
        Some(format!("kubectl taint node {} {OUT_OF_SERVICE}=nodeshutdown:NoExecute", words::quoted(node))),
    )
}

/// An attachment that is being deleted and does not go.
fn stuck(case: &PodCase<'_, '_>, attachment: &VolumeAttachment) -> Option<Finding> {
    let deleted = attachment.metadata.deletion_timestamp?;
    let ago = case.facts.now.map(|now| u64::try_from(now.as_second() - deleted.as_second()).unwrap_or_default());
    let own = attachment.spec.node_name == case.node();
    let error = attachment.status.detach_error.as_ref();
    if error.is_none() && !own && ago.is_none_or(|ago| ago < FORCED) {
        return None;
    }
    let since = ago.map_or_else(String::new, |ago| format!(" for {}", human_duration(ago)));
    let why = error.map_or_else(String::new, |error| format!(": {}", error.message));
    let message = format!("its attachment to node {} has been being deleted{since}{why}", attachment.spec.node_name);
    let reference = ObjectRef::new("VolumeAttachment", "", &attachment.metadata.name);
    let mut finding = case
        .finding(&kinds::ATTACHMENT_STUCK, message)
        .shown_by(&reference, "metadata.deletionTimestamp", deleted.to_string())
        .shown_by(&reference, "metadata.finalizers", words::list(&attachment.metadata.finalizers));
    if let Some(error) = error {
        finding = finding.shown_by(&reference, "status.detachError.message", &error.message);
    }
    Some(finding.remedied_by(format!("look at the attacher of driver {}", attachment.spec.attacher), None))
}

/// The attachment to the pod's own node.
fn on_its_way(case: &PodCase<'_, '_>, volume: &PersistentVolume, driver: &str, own: &VolumeAttachment, judgement: &mut Judgement) {
    let reference = ObjectRef::new("VolumeAttachment", "", &own.metadata.name);
    let name = &volume.metadata.name;
    if own.metadata.deletion_timestamp.is_some() {
        judgement.causes.extend(stuck(case, own));
        return;
    }
    if own.status.attached {
        judgement.causes.extend(unknown_to_node(case, volume, &reference));
        return;
    }
    if let Some(error) = &own.status.attach_error {
        let exhausted = error.error_code == Some(EXHAUSTED) || error.message.contains("ResourceExhausted");
        let (kind, said) = if exhausted {
            (&kinds::NODE_IS_FULL, format!("node {} can attach no more volumes of driver {driver}: {}", case.node(), error.message))
        } else {
            (&kinds::ATTACH_FAILS, format!("driver {driver} cannot attach volume \"{name}\" to node {}: {}", case.node(), error.message))
        };
        let finding = case.finding(kind, said).shown_by(&reference, "status.attachError.message", &error.message);
        judgement.causes.push(if exhausted {
            finding.remedied_by("move pods with volumes away, or let this one be made anew elsewhere", None)
        } else {
            finding.remedied_by("read the log of the driver's controller, and what its message asks for", None)
        });
        return;
    }
    judgement.causes.extend(nobody_attaches(case, driver, own, &reference));
    if !case.facts.knows(Resource::Leases, None) {
        judgement.unread.insert(Resource::Leases);
    }
}

/// No word of an attacher.
fn nobody_attaches(case: &PodCase<'_, '_>, driver: &str, own: &VolumeAttachment, reference: &ObjectRef) -> Option<Finding> {
    let facts = case.facts;
    let waited = own.metadata.age_seconds(facts.now?).unwrap_or_default();
    if !facts.knows(Resource::Leases, None) || waited < PATIENCE {
        return None;
    }
    let names: Vec<String> = lease_names(driver).into_iter().map(|name| format!("external-attacher-leader-{name}")).collect();
    let leases = facts.leases(&names);
    let now = facts.now?;
    if leases.iter().any(|lease| lives(lease, now)) {
        return None;
    }
    let last = leases.iter().max_by_key(|lease| lease.spec.renew_time);
    let why = match last.and_then(|lease| lease.spec.renew_time) {
        Some(renewed) => {
            let ago = u64::try_from(now.as_second() - renewed.as_second()).unwrap_or_default();
            format!("its attacher renewed its lease {} ago", human_duration(ago))
        }
        None => "its attacher has no lease".to_owned(),
    };
    let message = format!("nobody has attached the volume for {}: driver {driver} was asked, and {why}", human_duration(waited));
    // Not every attacher holds a lease.
    let sure = if last.is_some() { Confidence::Certain } else { Confidence::Likely };
    let mut finding = case.finding(&kinds::ATTACHER_ABSENT, message).with_confidence(sure).shown_by(reference, "status.attached", "false");
    if let Some(lease) = last {
        let renewed = lease.spec.renew_time.map_or_else(|| "<unset>".to_owned(), |time| time.to_string());
        finding = finding.shown_by(&ObjectRef::new("Lease", &lease.metadata.namespace, &lease.metadata.name), "spec.renewTime", renewed);
    }
    Some(finding.remedied_by("look at the pods of the driver's controller: its external-attacher does not run", None))
}

/// Attached, and not yet in the list that the kubelet waits for.
fn unknown_to_node(case: &PodCase<'_, '_>, volume: &PersistentVolume, reference: &ObjectRef) -> Option<Finding> {
    let node = case.facts.node(case.node())?;
    let csi = volume.spec.csi.as_ref()?;
    let unique = format!("kubernetes.io/csi/{}^{}", csi.driver, csi.volume_handle);
    if node.status.volumes_attached.iter().any(|attached| attached.name == unique) {
        return None;
    }
    let message = format!("volume \"{}\" is attached, and node {} does not know it yet", volume.metadata.name, case.node());
    let listed: Vec<&str> = node.status.volumes_attached.iter().map(|attached| attached.name.as_str()).collect();
    let finding =
        case.finding(&kinds::NODE_STATUS_LAGS, message).with_confidence(Confidence::Likely).shown_by(reference, "status.attached", "true");
    let listed = if listed.is_empty() { "none".to_owned() } else { words::and(&listed, 4) };
    Some(
        finding
            .shown_by(&words::node_ref(node), "status.volumesAttached", listed)
            .remedied_by("see whether kube-controller-manager runs: it writes that list", None),
    )
}

/// No room on the node, and so no attachment.
fn full(case: &PodCase<'_, '_>, volume: &PersistentVolume, driver: &str) -> Option<Finding> {
    let facts = case.facts;
    let limit = facts.csi_node(case.node())?.driver(driver)?.allocatable.count?;
    let of_driver = |a: &&VolumeAttachment| a.spec.node_name == case.node() && a.spec.attacher == driver;
    let attached = facts.inventory.objects.volume_attachments.iter().filter(of_driver).count();
    if i64::try_from(attached).is_ok_and(|attached| attached < limit) {
        return None;
    }
    let message = format!(
        "node {} has {attached} of at most {limit} volumes of driver {driver}, and \"{}\" is none of them",
        case.node(),
        volume.metadata.name
    );
    let reference = ObjectRef::new("CSINode", "", case.node());
    let finding = case.finding(&kinds::NODE_IS_FULL, message);
    Some(
        finding
            .shown_by(&reference, format!("spec.drivers[{driver}].allocatable.count"), format!("{limit}, in use {attached}"))
            .remedied_by("move pods with volumes away, or let this one be made anew elsewhere", None),
    )
}
