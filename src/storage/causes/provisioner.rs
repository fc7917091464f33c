//! Who should make the volume (D): what objects show of the provisioner, then what it said itself.

use super::{Case, Diagnosis, matching, said, source};
use crate::objects::{Lease, PersistentVolume, Resource, StorageClass};
use crate::report::{Confidence, Finding, ObjectRef};
use crate::storage::facts::{Facts, PROVISIONER, SELECTED_NODE, migrated};
use crate::storage::findings::class::PROVISIONING_OFF;
use crate::storage::findings::provisioner as kinds;
use crate::storage::findings::topology::{
    DRIVER_NOT_ON_NODE, DRIVER_ON_NO_NODE, PINNED_TO_NODE, PINNED_TO_NOTHING, TOPOLOGY_LABELS_MISSING,
};
use crate::storage::scheduler::{self, Sorted};
use crate::storage::{changes, words};

/// Parts of Kubernetes that mount volumes and never made any.
const MOUNT_ONLY: [&str; 3] = ["kubernetes.io/nfs", "kubernetes.io/iscsi", "kubernetes.io/fc"];
/// Drivers of disks, which one node at a time can use.
const DISKS: [&str; 5] =
    ["ebs.csi.aws.com", "pd.csi.storage.gke.io", "disk.csi.azure.com", "cinder.csi.openstack.org", "rancher.io/local-path"];
/// Provisioners that make folders and nothing else.
const FOLDERS: [&str; 3] = ["rancher.io/local-path", "k8s.io/minikube-hostpath", "k8s-sigs.io/nfs-subdir-external-provisioner"];
/// What to do where a class's provisioner makes nothing.
const OTHER_CLASS: &str = "create the claim anew with the class of another provisioner";
const HOST_PATH: &str =
    "create the claim anew with the class of another provisioner, or start kube-controller-manager with --enable-hostpath-provisioner";
/// Tolerance for clocks that differ.
const SKEW: i64 = 60;

/// The driver that makes the volumes of a class.
pub(super) fn driver_of(class: &StorageClass) -> &str {
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
        let (kind, why, advice) = if MOUNT_ONLY.contains(&class.provisioner.as_str()) {
            (&kinds::PLUGIN_CANNOT_PROVISION, "mounts volumes and cannot make any", OTHER_CLASS)
        } else if class.provisioner == "kubernetes.io/host-path" {
            (&kinds::HOST_PATH_PROVISIONER, "is off unless kube-controller-manager is told otherwise", HOST_PATH)
        } else {
            (&kinds::PLUGIN_REMOVED, "is not part of Kubernetes any more", OTHER_CLASS)
        };
        let finding =
            provisioner(case.finding(kind, format!("provisioner {} of class \"{}\" {why}", class.provisioner, class.metadata.name)));
        // Whether the flag is set does not show in objects.
        let confidence = if std::ptr::eq(kind, &kinds::HOST_PATH_PROVISIONER) { Confidence::Likely } else { Confidence::Certain };
        return vec![finding.with_confidence(confidence).remedied_by(advice, None)];
    }
    findings.extend(source::judge(case, driver).cause);
    if case.claim.spec.selector.is_some() && (case.facts.driver(driver).is_some() || migrated(&class.provisioner).is_some()) {
        let finding =
            case.finding(&kinds::SELECTOR_UNSUPPORTED, format!("it has a selector, and {driver} makes no volumes for such claims"));
        let wanted = case.claim.spec.selector.as_ref().map(crate::objects::LabelSelector::describe).unwrap_or_default();
        let finding = provisioner(finding.shown_by(&case.me, "spec.selector", wanted));
        findings.push(case.anew(finding, "create the claim anew without selector", r#""selector":null"#));
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
            let finding = finding.shown_by(&case.me, field, name);
            let finding = finding.remedied_by(format!("create a VolumeAttributesClass named {name}"), None);
            Some(case.anew(finding, "or create the claim anew without it", r#""volumeAttributesClassName":null"#))
        }
        Some(class) if class.driver_name != driver => {
            let message =
                format!("VolumeAttributesClass \"{name}\" is for driver {}, and the volume is made by {driver}", class.driver_name);
            let finding = case.finding(&kinds::ATTRIBUTES_CLASS_WRONG, message).shown_by(&case.me, field, name);
            let reference = ObjectRef::new("VolumeAttributesClass", "", name);
            let finding = finding.shown_by(&reference, "driverName", &class.driver_name);
            Some(case.anew(finding, "create the claim anew without it", r#""volumeAttributesClassName":null"#))
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
        case.finding(&kinds::PARAMETERS_WRONG, message).shown_by(&words::class_ref(class), format!("parameters[{key}]"), value)
    };
    let without = |key: &str| format!(r#"{{"parameters":{{{}:null}}}}"#, words::json(key));
    let known = |rest: &str| {
        rest == "fstype"
            || SECRETS.iter().any(|of| rest == format!("{of}-secret-name") || rest == format!("{of}-secret-namespace"))
            || matches!(rest, "secret-name" | "secret-namespace")
    };
    for key in class.parameters.keys() {
        if let Some(rest) = key.strip_prefix(PREFIX)
            && !known(rest)
        {
            let finding = wrong(key, format!("there is no parameter {key}"));
            return Some(class_anew(class, "create the class anew without it", &without(key), finding));
        }
    }
    let fstype = format!("{PREFIX}fstype");
    if class.parameters.contains_key("fstype") && class.parameters.contains_key(&fstype) {
        let finding = wrong("fstype", format!("the file system type is in both fstype and {fstype}"));
        return Some(class_anew(class, "create the class anew with one of them", &without("fstype"), finding));
    }
    for of in SECRETS {
        let (name, namespace) = (format!("{PREFIX}{of}-secret-name"), format!("{PREFIX}{of}-secret-namespace"));
        if class.parameters.contains_key(&name) != class.parameters.contains_key(&namespace) {
            let there = if class.parameters.contains_key(&name) { &name } else { &namespace };
            let finding = wrong(there, format!("only one of {name} and {namespace} is given"));
            return Some(finding.remedied_by("create the class anew with both", None));
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
    let spoke = |component: &str| component == driver || component.strip_prefix(driver).is_some_and(|rest| rest.starts_with('_'));
    if shows(facts, driver) || inventory.objects.events.iter().any(|event| spoke(event.component())) {
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
    let finding = finding.shown_by(&reference, "metadata.name", "does not exist");
    Some(match near.filter(|_| migrated(&class.provisioner).is_none()) {
        Some(near) => {
            let patch = format!(r#"{{"provisioner":{}}}"#, words::json(near));
            class_anew(class, &format!("create the class anew with provisioner {near}"), &patch, finding)
        }
        None => {
            finding.remedied_by(format!("install {driver}, or create the claim anew with the class of a provisioner that is there"), None)
        }
    })
}

/// Whether an object shows that a provisioner is there, or was.
pub(in crate::storage) fn shows(facts: &Facts<'_>, driver: &str) -> bool {
    let objects = &facts.inventory.objects;
    let made = |volume: &PersistentVolume| volume.metadata.annotations.get("pv.kubernetes.io/provisioned-by") == Some(driver);
    facts.driver(driver).is_some()
        || objects.csi_nodes.iter().any(|node| node.driver(driver).is_some())
        || !facts.leases(&lease_names(driver)).is_empty()
        || objects.volumes.iter().any(made)
        || has_pod(facts, driver)
}

/// Whether a pod runs what has the name of a provisioner that is no CSI driver: `rancher/local-path-provisioner:v0.0.30` is that of
/// `rancher.io/local-path`. It need not show in any other object.
fn has_pod(facts: &Facts<'_>, driver: &str) -> bool {
    let Some((_, name)) = driver.split_once('/').filter(|(_, name)| !name.is_empty()) else { return false };
    let image = |image: &str| image.rsplit('/').next().is_some_and(|last| last.contains(name));
    let pods = facts.inventory.pods.iter().filter(|info| !info.template).map(|info| &info.pod);
    pods.flat_map(|pod| &pod.spec.containers).any(|container| image(&container.image))
}

/// Adds that the class be created anew: most of it cannot be changed. Claims that are bound do not need it.
pub(super) fn class_anew(class: &StorageClass, description: &str, patch: &str, finding: Finding) -> Finding {
    let object = format!("storageclass {}", words::quoted(&class.metadata.name));
    finding.remedied_by(description, Some(changes::again(&object, patch)))
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
        let finding = finding.with_confidence(Confidence::Likely).shown_by(&case.me, "spec.volumeMode", "Block");
        return Some(case.anew(finding, "create the claim anew as a filesystem", r#""volumeMode":"Filesystem""#));
    }
    let many = claim.spec.access_modes.iter().find(|mode| matches!(mode.as_str(), "ReadWriteMany"))?;
    if claim.mode() != "Filesystem" || !DISKS.contains(&driver) {
        return None;
    }
    let finding = case.finding(&kinds::ACCESS_MODE_UNSUPPORTED, format!("{driver} offers no {many} for filesystems"));
    let finding = finding.with_confidence(Confidence::Likely);
    let finding = finding.shown_by(&case.me, "spec.accessModes", words::list(&claim.spec.access_modes));
    let description = "create the claim anew with ReadWriteOnce, or with the class of a shared filesystem";
    Some(case.anew(finding, description, r#""accessModes":["ReadWriteOnce"]"#))
}

/// Nothing is wrong that shows: how far it is.
fn progress(case: &Case<'_, '_>, class: &StorageClass) -> Option<Finding> {
    let (facts, claim) = (case.facts, case.claim);
    if facts.not_applied(claim) {
        return None;
    }
    let driver = driver_of(class);
    // Nobody was asked before there was a class.
    let of_class = facts.now.and_then(|now| class.metadata.age_seconds(now));
    let age = facts.age(claim).map(|age| of_class.map_or(age, |of_class| age.min(of_class)));
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
