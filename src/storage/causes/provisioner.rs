//! Who should make the volume (D): what objects show of the provisioner, then what it said itself.

use super::{Case, Diagnosis, matching, said, source};
use crate::objects::{Lease, PersistentVolume, Resource, StorageClass};
use crate::report::{Confidence, Finding, ObjectRef};
use crate::storage::facts::{PROVISIONER, SELECTED_NODE, migrated};
use crate::storage::findings::class::PROVISIONING_OFF;
use crate::storage::findings::provisioner as kinds;
use crate::storage::findings::topology::{
    DRIVER_NOT_ON_NODE, DRIVER_ON_NO_NODE, PINNED_TO_NODE, PINNED_TO_NOTHING, TOPOLOGY_LABELS_MISSING,
};
use crate::storage::scheduler::{self, Sorted};
use crate::storage::words;

/// Parts of Kubernetes that mount volumes and never made any.
const MOUNT_ONLY: [&str; 3] = ["kubernetes.io/nfs", "kubernetes.io/iscsi", "kubernetes.io/fc"];
/// Drivers of disks, which one node at a time can use.
const DISKS: [&str; 5] =
    ["ebs.csi.aws.com", "pd.csi.storage.gke.io", "disk.csi.azure.com", "cinder.csi.openstack.org", "rancher.io/local-path"];
/// Provisioners that make folders and nothing else.
const FOLDERS: [&str; 3] = ["rancher.io/local-path", "k8s.io/minikube-hostpath", "k8s-sigs.io/nfs-subdir-external-provisioner"];
/// Tolerance for clocks that differ.
const SKEW: i64 = 60;

/// The driver that makes the volumes of a class.
fn driver_of(class: &StorageClass) -> &str {
    migrated(&class.provisioner).unwrap_or(&class.provisioner)
}

/// A claim that its class has to have made.
pub(super) fn diagnose<'a>(case: &Case<'_, 'a>, class: &StorageClass) -> Diagnosis<'a> {
    let mut diagnosis = Diagnosis::of(from_objects(case, class));
    if let Some(told) = said::failed(case) {
        match diagnosis.causes.first_mut() {
            // It says what objects show: then it is certain.
            Some(cause) if cause.code == told.code => {
                cause.evidence.extend(told.evidence);
                cause.confidence = Confidence::Certain;
            }
            // What it says itself is worth more than what is guessed from its name.
            Some(cause) if cause.confidence != Confidence::Certain => {
                diagnosis.causes.retain(|cause| cause.code != told.code);
                diagnosis.causes.insert(0, told);
            }
            Some(_) => {}
            None => diagnosis.causes.push(told),
        }
    }
    let about = [Resource::CsiDrivers, Resource::CsiNodes];
    if diagnosis.causes.is_empty() {
        let source = source::judge(case, driver_of(class));
        match source.unread {
            Some(missing) if !case.facts.not_applied(case.claim) => return Diagnosis::unknown(case, missing),
            missing => diagnosis.unread.extend(missing),
        }
        if let Some(populator) = source.populator {
            return Diagnosis::one(populator);
        }
        diagnosis.unread.extend(about.into_iter().filter(|resource| !case.facts.knows(*resource, None)));
        diagnosis.causes.extend(progress(case, class));
    }
    diagnosis
}

/// A claim for which the scheduler chose a node.
pub(super) fn selected<'a>(case: &Case<'_, 'a>, node: &str) -> Diagnosis<'a> {
    let field = format!("metadata.annotations[{SELECTED_NODE}]");
    let forget = || Some(format!("kubectl annotate {} {SELECTED_NODE}-", words::pvc(case.claim)));
    if node.is_empty() {
        let finding = case.finding(&PINNED_TO_NOTHING, format!("its annotation {SELECTED_NODE} is empty"));
        return Diagnosis::one(finding.shown_by(&case.me, field, "\"\"").remedied_by("let the scheduler choose", forget()));
    }
    let facts = case.facts;
    if !facts.knows(Resource::Nodes, None) {
        return Diagnosis::unknown(case, Resource::Nodes);
    }
    let Some(object) = facts.node(node) else {
        let finding = case.finding(&PINNED_TO_NODE, format!("it is to be made for node {node}, which does not exist"));
        return Diagnosis::one(finding.shown_by(&case.me, field, node).remedied_by("let the scheduler choose again", forget()));
    };
    let reference = words::node_ref(object);
    let pod = facts.consumers(case.claim).find(|pod| pod.spec.node_name.is_empty());
    let alone = Sorted { delayed: vec![case.claim], ..Sorted::default() };
    let unfit = scheduler::place(facts, &alone, object).reasons.into_iter().next();
    let why = if object.spec.unschedulable {
        Some(("spec.unschedulable", "true".to_owned(), "is cordoned".to_owned()))
    } else if !object.is_ready() {
        Some(("status.conditions[Ready].status", "not True".to_owned(), "is not ready".to_owned()))
    } else if let Some(refusal) = pod.and_then(|pod| pod.spec.refuses(object)) {
        Some(("spec.taints", refusal.clone(), format!("does not take its pod any more: {refusal}")))
    } else {
        unfit.map(|reason| {
            let said = super::consumer::said_of(&reason);
            ("metadata.labels", said.clone(), format!("does not suit it: {said}"))
        })
    };
    if let Some((where_, value, why)) = why {
        let finding = case.finding(&PINNED_TO_NODE, format!("it is to be made for node {node}, which {why}"));
        let finding = finding.shown_by(&case.me, field, node).shown_by(&reference, where_, value);
        return Diagnosis::one(finding.remedied_by("let the scheduler choose again", forget()));
    }
    let Some(class) = case.class.object else { return Diagnosis::default() };
    let mut on_node = registration(case, class, node, object);
    if on_node.is_empty() {
        return diagnose(case, class);
    }
    // A driver that is nowhere is not on this node either: that is the root.
    let elsewhere = from_objects(case, class);
    on_node.splice(0..0, elsewhere);
    Diagnosis::of(on_node)
}

/// Whether the driver is registered on the chosen node, and the node has the labels it goes by.
fn registration(case: &Case<'_, '_>, class: &StorageClass, name: &str, node: &crate::objects::Node) -> Vec<Finding> {
    let facts = case.facts;
    let driver = driver_of(class);
    if !facts.knows(Resource::CsiNodes, None) || facts.driver(driver).is_none() {
        return Vec::new();
    }
    let reference = ObjectRef::new("CSINode", "", name);
    let Some(registered) = facts.csi_node(name).and_then(|csi| csi.driver(driver)) else {
        let finding = case.finding(&DRIVER_NOT_ON_NODE, format!("driver {driver} does not run on node {name}, for which it is to be made"));
        return vec![
            finding
                .shown_by(&reference, "spec.drivers[].name", "not among them")
                .shown_by(&case.me, format!("metadata.annotations[{SELECTED_NODE}]"), name)
                .remedied_by("see that the driver's node plugin runs there: its DaemonSet may not tolerate the node's taints", None),
        ];
    };
    let lacking: Vec<&str> =
        registered.topology_keys.iter().filter(|key| node.metadata.labels.get(key).is_none()).map(String::as_str).collect();
    if lacking.is_empty() {
        return Vec::new();
    }
    let message = format!("node {name} lacks the labels by which driver {driver} knows its place: {}", words::and(&lacking, 4));
    let finding = case.finding(&TOPOLOGY_LABELS_MISSING, message);
    let mut finding = finding.shown_by(&reference, "spec.drivers[].topologyKeys", registered.topology_keys.join(","));
    for key in &lacking {
        finding = finding.shown_by(&words::node_ref(node), format!("metadata.labels[{key}]"), "<unset>");
    }
    vec![finding.remedied_by("restart the driver's node plugin on that node, or label the node", None)]
}

/// What follows from objects alone.
pub(super) fn from_objects(case: &Case<'_, '_>, class: &StorageClass) -> Vec<Finding> {
    let driver = driver_of(class);
    let of_class = words::class_ref(class);
    let provisioner = |finding: Finding| case.class_evidence(finding).shown_by(&of_class, "provisioner", &class.provisioner);
    let mut findings: Vec<Finding> = Vec::new();
    if class.provisioner.starts_with("kubernetes.io/") && migrated(&class.provisioner).is_none() {
        let (kind, why) = if MOUNT_ONLY.contains(&class.provisioner.as_str()) {
            (&kinds::PLUGIN_CANNOT_PROVISION, "mounts volumes and cannot make any")
        } else if class.provisioner == "kubernetes.io/host-path" {
            (&kinds::HOST_PATH_PROVISIONER, "is off unless kube-controller-manager is told otherwise")
        } else {
            (&kinds::PLUGIN_REMOVED, "is not part of Kubernetes any more")
        };
        let finding =
            provisioner(case.finding(kind, format!("provisioner {} of class \"{}\" {why}", class.provisioner, class.metadata.name)));
        // Whether the flag is set does not show in objects.
        let confidence = if std::ptr::eq(kind, &kinds::HOST_PATH_PROVISIONER) { Confidence::Likely } else { Confidence::Certain };
        return vec![finding.with_confidence(confidence).remedied_by("create the claim anew with the class of another provisioner", None)];
    }
    findings.extend(source::judge(case, driver).cause);
    if case.claim.spec.selector.is_some() && (case.facts.driver(driver).is_some() || migrated(&class.provisioner).is_some()) {
        let finding =
            case.finding(&kinds::SELECTOR_UNSUPPORTED, format!("it has a selector, and {driver} makes no volumes for such claims"));
        let wanted = case.claim.spec.selector.as_ref().map(crate::objects::LabelSelector::describe).unwrap_or_default();
        findings.push(
            provisioner(finding.shown_by(&case.me, "spec.selector", wanted))
                .remedied_by("create the claim anew without selector", Some(words::recreate(case.claim, r#"{"spec":{"selector":null}}"#))),
        );
    }
    findings.extend(attributes(case, driver));
    findings.extend(parameters(case, class));
    let presence = presence(case, class, driver);
    let absent = presence.is_some();
    findings.extend(presence.map(provisioner));
    if !absent {
        findings.extend(dead(case, driver));
        findings.extend(on_no_node(case, driver));
    }
    findings.extend(known_limits(case, driver));
    findings
}

fn attributes(case: &Case<'_, '_>, driver: &str) -> Option<Finding> {
    let name = case.claim.attributes_class();
    if name.is_empty() || !case.facts.knows(Resource::VolumeAttributesClasses, None) {
        return None;
    }
    let field = "spec.volumeAttributesClassName";
    match case.facts.attributes_class(name) {
        None => {
            let finding = case.finding(&kinds::ATTRIBUTES_CLASS_WRONG, format!("VolumeAttributesClass \"{name}\" does not exist"));
            Some(finding.shown_by(&case.me, field, name).remedied_by(format!("create a VolumeAttributesClass named {name}"), None))
        }
        Some(class) if class.driver_name != driver => {
            let message =
                format!("VolumeAttributesClass \"{name}\" is for driver {}, and the volume is made by {driver}", class.driver_name);
            let finding = case.finding(&kinds::ATTRIBUTES_CLASS_WRONG, message).shown_by(&case.me, field, name);
            let reference = ObjectRef::new("VolumeAttributesClass", "", name);
            Some(finding.shown_by(&reference, "driverName", &class.driver_name).remedied_by(
                "create the claim anew without it",
                Some(words::recreate(case.claim, r#"{"spec":{"volumeAttributesClassName":null}}"#)),
            ))
        }
        Some(_) => None,
    }
}

/// Parameters that every CSI provisioner refuses.
fn parameters(case: &Case<'_, '_>, class: &StorageClass) -> Option<Finding> {
    const PREFIX: &str = "csi.storage.k8s.io/";
    const SECRETS: [&str; 6] = ["provisioner", "controller-publish", "node-stage", "node-publish", "controller-expand", "node-expand"];
    let is_csi = case.facts.driver(driver_of(class)).is_some();
    if !is_csi {
        return None;
    }
    let wrong = |key: &str, why: String| {
        let message = format!("class \"{}\" has wrong parameters: {why}", class.metadata.name);
        let value = class.parameters.get(key).map_or("<unset>", String::as_str);
        let finding = case.finding(&kinds::PARAMETERS_WRONG, message);
        finding.shown_by(&words::class_ref(class), format!("parameters[{key}]"), value).remedied_by("create the class anew", None)
    };
    let known = |rest: &str| {
        rest == "fstype"
            || SECRETS.iter().any(|of| rest == format!("{of}-secret-name") || rest == format!("{of}-secret-namespace"))
            || matches!(rest, "secret-name" | "secret-namespace")
    };
    for key in class.parameters.keys() {
        if let Some(rest) = key.strip_prefix(PREFIX)
            && !known(rest)
        {
            return Some(wrong(key, format!("there is no parameter {key}")));
        }
    }
    let fstype = format!("{PREFIX}fstype");
    if class.parameters.contains_key("fstype") && class.parameters.contains_key(&fstype) {
        return Some(wrong("fstype", format!("the file system type is in both fstype and {fstype}")));
    }
    for of in SECRETS {
        let (name, namespace) = (format!("{PREFIX}{of}-secret-name"), format!("{PREFIX}{of}-secret-namespace"));
        if class.parameters.contains_key(&name) != class.parameters.contains_key(&namespace) {
            let there = if class.parameters.contains_key(&name) { &name } else { &namespace };
            return Some(wrong(there, format!("only one of {name} and {namespace} is given")));
        }
    }
    None
}

/// Nothing in the cluster shows the provisioner.
fn presence(case: &Case<'_, '_>, class: &StorageClass, driver: &str) -> Option<Finding> {
    let facts = case.facts;
    if !facts.knows(Resource::CsiDrivers, None) || !facts.knows(Resource::CsiNodes, None) {
        return None;
    }
    let inventory = facts.inventory;
    let on_a_node = inventory.objects.csi_nodes.iter().any(|node| node.driver(driver).is_some());
    let made = |volume: &PersistentVolume| volume.metadata.annotations.get("pv.kubernetes.io/provisioned-by") == Some(driver);
    let spoke = |component: &str| component == driver || component.strip_prefix(driver).is_some_and(|rest| rest.starts_with('_'));
    let shown = facts.driver(driver).is_some()
        || on_a_node
        || !facts.leases(&lease_names(driver)).is_empty()
        || inventory.objects.volumes.iter().any(made)
        || inventory.objects.events.iter().any(|event| spoke(event.component()));
    if shown {
        return None;
    }
    let drivers: Vec<&str> = inventory.objects.csi_drivers.iter().map(|driver| driver.metadata.name.as_str()).collect();
    let near = words::near(driver, drivers.iter().copied());
    let there = if drivers.is_empty() { "none is installed".to_owned() } else { format!("installed: {}", words::and(&drivers, 4)) };
    let finding = match migrated(&class.provisioner) {
        Some(driver) => case.finding(
            &kinds::MIGRATED_DRIVER_MISSING,
            format!("provisioner {} is the CSI driver {driver} now, which is not installed", class.provisioner),
        ),
        None => {
            let meant = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            case.finding(&kinds::PROVISIONER_MISSING, format!("nothing in the cluster is the provisioner {driver} ({there}){meant}"))
        }
    };
    // A provisioner that is no CSI driver need not show in any object; its lease would, if it holds one.
    let certain = !driver.contains('/') && facts.knows(Resource::Leases, None);
    let finding = finding.with_confidence(if certain { Confidence::Certain } else { Confidence::Likely });
    let reference = ObjectRef::new("CSIDriver", "", driver);
    Some(
        finding
            .shown_by(&reference, "metadata.name", "does not exist")
            .remedied_by(format!("install {driver}, or create the claim anew with the class of a provisioner that is there"), None),
    )
}

/// Names a provisioner's lease may have: of CSI sidecars, and of the library for others.
pub(in crate::storage) fn lease_names(driver: &str) -> Vec<String> {
    let slashes = driver.replace('/', "-");
    let mut sanitized: String = slashes.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).collect();
    if sanitized.ends_with('-') {
        sanitized.push('X');
    }
    vec![sanitized, slashes]
}

/// Whether a lease has not run out.
pub(in crate::storage) fn lives(lease: &Lease, now: jiff::Timestamp) -> bool {
    let until = |time: jiff::Timestamp| time.as_second() + lease.spec.lease_duration_seconds.unwrap_or(15) + SKEW;
    lease.spec.renew_time.is_none_or(|time| until(time) >= now.as_second())
}

/// All its leases have run out.
fn dead(case: &Case<'_, '_>, driver: &str) -> Option<Finding> {
    let now = case.facts.now?;
    let leases = case.facts.leases(&lease_names(driver));
    let last = leases.iter().max_by_key(|lease| lease.spec.renew_time)?;
    if leases.iter().any(|lease| lives(lease, now)) {
        return None;
    }
    let renewed = last.spec.renew_time?;
    let ago = u64::try_from(now.as_second() - renewed.as_second()).unwrap_or_default();
    let message = format!("provisioner {driver} has stopped: it renewed its lease {} ago", crate::report::view::human_duration(ago));
    let reference = ObjectRef::new("Lease", &last.metadata.namespace, &last.metadata.name);
    let finding = case.finding(&kinds::PROVISIONER_DEAD, message).shown_by(&reference, "spec.renewTime", renewed.to_string());
    let holder = last.spec.holder_identity.clone();
    Some(
        finding.shown_by(&reference, "spec.holderIdentity", holder).remedied_by(
            "look at the provisioner's pods",
            Some(format!("kubectl get pods -n {}", words::quoted(&last.metadata.namespace))),
        ),
    )
}

/// Installed, and registered nowhere.
fn on_no_node(case: &Case<'_, '_>, driver: &str) -> Option<Finding> {
    let facts = case.facts;
    let nodes = &facts.inventory.objects.csi_nodes;
    if facts.driver(driver).is_none() || nodes.is_empty() || nodes.iter().any(|node| node.driver(driver).is_some()) {
        return None;
    }
    let message = format!("driver {driver} is installed, and runs on none of {}", words::count(nodes.len(), "node", "nodes"));
    let mut finding = case.finding(&DRIVER_ON_NO_NODE, message).with_confidence(Confidence::Likely);
    for node in nodes.iter().take(4) {
        let names: Vec<&str> = node.spec.drivers.iter().map(|driver| driver.name.as_str()).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(",") };
        finding = finding.shown_by(&ObjectRef::new("CSINode", "", &node.metadata.name), "spec.drivers[].name", names);
    }
    Some(finding.remedied_by("look at the pods of the driver's node plugin", None))
}

/// What is known of some provisioners and stands in no object.
fn known_limits(case: &Case<'_, '_>, driver: &str) -> Option<Finding> {
    let claim = case.claim;
    if claim.mode() == "Block" && FOLDERS.contains(&driver) {
        let finding = case.finding(&kinds::BLOCK_UNSUPPORTED, format!("{driver} makes folders, not block devices"));
        return Some(finding.with_confidence(Confidence::Likely).shown_by(&case.me, "spec.volumeMode", "Block").remedied_by(
            "create the claim anew as a filesystem",
            Some(words::recreate(claim, r#"{"spec":{"volumeMode":"Filesystem"}}"#)),
        ));
    }
    let many = claim.spec.access_modes.iter().find(|mode| matches!(mode.as_str(), "ReadWriteMany"))?;
    if claim.mode() != "Filesystem" || !DISKS.contains(&driver) {
        return None;
    }
    let finding = case.finding(&kinds::ACCESS_MODE_UNSUPPORTED, format!("{driver} offers no {many} for filesystems"));
    Some(
        finding
            .with_confidence(Confidence::Likely)
            .shown_by(&case.me, "spec.accessModes", words::list(&claim.spec.access_modes))
            .remedied_by(
                "create the claim anew with ReadWriteOnce, or with the class of a shared filesystem",
                Some(words::recreate(claim, r#"{"spec":{"accessModes":["ReadWriteOnce"]}}"#)),
            ),
    )
}

/// Nothing is wrong that shows: how far it is.
fn progress(case: &Case<'_, '_>, class: &StorageClass) -> Option<Finding> {
    let (facts, claim) = (case.facts, case.claim);
    if facts.not_applied(claim) {
        return None;
    }
    let driver = driver_of(class);
    let age = facts.age(claim);
    let waited = age.map_or_else(String::new, |age| format!(" for {}", crate::report::view::human_duration(age)));
    let events = facts.knows(Resource::Events, Some(case.namespace()));
    if let Some(event) = facts.events_of(claim).find(|event| event.reason == "Provisioning") {
        let finding = case.finding(&kinds::PROVISIONING, format!("{driver} is making the volume{waited}"));
        return Some(said::quoted(finding, case, event));
    }
    let annotation = PROVISIONER.iter().find_map(|key| claim.metadata.annotations.get(key).map(|value| (key, value)));
    let Some((key, value)) = annotation else {
        // Without a clock nothing can be late.
        let late = age.is_some_and(|age| age > matching::A_WHILE);
        if !late || !events || facts.events_of(claim).any(|event| event.reason.contains("Provisioning")) {
            return None;
        }
        let message = format!("it was not handed over to {driver}{waited}: the volume controller does not run, or may not provision");
        let finding = case.finding(&PROVISIONING_OFF, message).with_confidence(Confidence::Possible);
        let key = PROVISIONER.first().copied().unwrap_or_default();
        return Some(finding.shown_by(&case.me, format!("metadata.annotations[{key}]"), "<unset>").remedied_by(
            "look at the flags of kube-controller-manager",
            Some("kubectl get pods -n kube-system -l component=kube-controller-manager -o yaml | grep -- --".to_owned()),
        ));
    };
    let field = format!("metadata.annotations[{key}]");
    let late = age.is_some_and(|age| age > matching::A_WHILE);
    if !late {
        let finding = case.finding(&kinds::PROVISIONING, format!("it was handed over to {driver}"));
        return Some(finding.with_confidence(Confidence::Possible).shown_by(&case.me, field, value));
    }
    let alive = facts.now.is_some_and(|now| facts.leases(&lease_names(driver)).iter().any(|lease| lives(lease, now)));
    let finding = case.finding(&kinds::PROVISIONER_SILENT, format!("it was handed over to {driver}, which has said nothing of it{waited}"));
    let finding = finding.with_confidence(if alive && events { Confidence::Likely } else { Confidence::Possible });
    Some(finding.shown_by(&case.me, field, value).remedied_by("read the provisioner's log", None))
}
