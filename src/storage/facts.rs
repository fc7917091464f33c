//! What the causes look things up in: classes, volumes, drivers, consumers, events, and what could not be read.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use super::controller::Index;
use super::seen::Seen;
use crate::inventory::{Inventory, Origin};
use crate::objects::{
    BETA_CLASS, CsiDriver, CsiNode, Event, Lease, Node, PersistentVolume, PersistentVolumeClaim, Pod, Resource, StorageClass,
    VolumeAttributesClass, VolumeSnapshot, VolumeSnapshotContent,
};

/// Annotation by which the scheduler tells the provisioner for which node a volume is made.
pub(super) const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
/// Annotation of a binding that is done.
pub(super) const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";
/// Annotation of a binding that the controller made.
pub(super) const BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";
/// Annotations by which the controller hands a claim over to a provisioner.
pub(super) const PROVISIONER: [&str; 2] = ["volume.kubernetes.io/storage-provisioner", "volume.beta.kubernetes.io/storage-provisioner"];
/// The provisioner of classes whose volumes are made by hand.
pub const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";

/// Where a claim's class comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassOrigin {
    /// `spec.storageClassName`.
    Spec,
    /// The annotation, which is stronger.
    Annotation,
    /// The default class, which the claim is given because it names none.
    Default,
    /// It names none, and there is no default.
    Nowhere,
}

/// A claim's class as Kubernetes takes it.
#[derive(Debug, Clone, Copy)]
pub struct ClaimClass<'a> {
    /// Name; empty: none.
    pub name: &'a str,
    /// Where it comes from.
    pub origin: ClassOrigin,
    /// The object of that name, if there is one.
    pub object: Option<&'a StorageClass>,
}

impl ClaimClass<'_> {
    /// Whether binding waits for a pod. Rule: without an object it does not.
    pub fn waits(&self) -> bool {
        self.object.is_some_and(|class| class.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer"))
    }
}

/// An inventory as storage looks at it.
pub struct Facts<'a> {
    pub(super) inventory: &'a Inventory,
    /// The clock: when the objects were read.
    pub(super) now: Option<Timestamp>,
    pub(super) index: Index<'a>,
    pub(super) default_class: Option<&'a StorageClass>,
    classes: HashMap<&'a str, &'a StorageClass>,
    volumes: HashMap<&'a str, &'a PersistentVolume>,
    by_class: HashMap<&'a str, Vec<&'a PersistentVolume>>,
    /// Volumes that differ only in name, size, labels and place; one that a claim has or names is by itself.
    pub(super) alike: Vec<Vec<&'a PersistentVolume>>,
    named: HashSet<&'a str>,
    wanted: HashSet<&'a str>,
    claims: HashMap<(&'a str, &'a str), &'a PersistentVolumeClaim>,
    nodes: BTreeMap<&'a str, &'a Node>,
    csi_nodes: HashMap<&'a str, &'a CsiNode>,
    drivers: HashMap<&'a str, &'a CsiDriver>,
    attributes_classes: HashMap<&'a str, &'a VolumeAttributesClass>,
    consumers: HashMap<&'a str, HashMap<String, Vec<&'a Pod>>>,
    events: HashMap<(&'a str, &'a str, &'a str), Vec<&'a Event>>,
    pub(super) seen: Seen<'a>,
}

impl<'a> Facts<'a> {
    /// Indexes an inventory.
    pub fn new(inventory: &'a Inventory) -> Self {
        let mut consumers: HashMap<&str, HashMap<String, Vec<&Pod>>> = HashMap::new();
        let pods = inventory.pods.iter().filter(|info| !info.template).map(|info| &info.pod).chain(&inventory.finished_pods);
        for pod in pods {
            for claim in claims_of(pod) {
                let users = consumers.entry(&pod.metadata.namespace).or_default().entry(claim).or_default();
                // A pod that mounts a claim twice uses it once.
                if users.last().is_none_or(|last| !std::ptr::eq(*last, pod)) {
                    users.push(pod);
                }
            }
        }
        let mut events: HashMap<(&str, &str, &str), Vec<&Event>> = HashMap::new();
        for event in &inventory.objects.events {
            let about = &event.involved_object;
            events.entry((&about.kind, &about.namespace, &about.name)).or_default().push(event);
        }
        events.values_mut().for_each(|events| events.sort_by_key(|event| std::cmp::Reverse(event.time())));
        // Rule: of several default classes the newest counts, of equally old ones the first by name.
        let defaults = inventory.objects.storage_classes.iter().filter(|class| class.is_default());
        let default_class = defaults.max_by(|a, b| {
            let age = a.metadata.creation_timestamp.cmp(&b.metadata.creation_timestamp);
            age.then_with(|| b.metadata.name.cmp(&a.metadata.name))
        });
        let mut by_class: HashMap<&str, Vec<&PersistentVolume>> = HashMap::new();
        for volume in &inventory.objects.volumes {
            by_class.entry(volume.class()).or_default().push(volume);
        }
        let named = inventory.objects.claims.iter().map(|claim| claim.spec.volume_name.as_str()).collect();
        Self {
            inventory,
            by_class,
            wanted: inventory.objects.claims.iter().filter(|claim| claim.spec.volume_name.is_empty()).map(|claim| claim.class()).collect(),
            alike: alike(inventory, &named),
            named,
            now: inventory.collected_at,
            index: Index::new(&inventory.objects.volumes),
            default_class,
            classes: inventory.objects.storage_classes.iter().map(|class| (class.metadata.name.as_str(), class)).collect(),
            volumes: inventory.objects.volumes.iter().map(|volume| (volume.metadata.name.as_str(), volume)).collect(),
            claims: inventory.objects.claims.iter().map(|c| (c.metadata.key(), c)).collect(),
            nodes: inventory.objects.nodes.iter().map(|node| (node.metadata.name.as_str(), node)).collect(),
            csi_nodes: inventory.objects.csi_nodes.iter().map(|node| (node.metadata.name.as_str(), node)).collect(),
            drivers: inventory.objects.csi_drivers.iter().map(|driver| (driver.metadata.name.as_str(), driver)).collect(),
            attributes_classes: inventory.objects.attributes_classes.iter().map(|class| (class.metadata.name.as_str(), class)).collect(),
            consumers,
            events,
            seen: Seen::default(),
        }
    }

    pub(super) fn class(&self, name: &str) -> Option<&'a StorageClass> {
        self.classes.get(name).copied()
    }

    pub(super) fn class_names(&self) -> impl Iterator<Item = &'a str> {
        self.inventory.objects.storage_classes.iter().map(|class| class.metadata.name.as_str())
    }

    /// Classes that volumes carry.
    pub(super) fn classes_of_volumes(&self) -> impl Iterator<Item = &'a str> {
        self.by_class.keys().copied()
    }

    pub(super) fn volume(&self, name: &str) -> Option<&'a PersistentVolume> {
        self.volumes.get(name).copied()
    }

    /// Volumes of a class, by name.
    pub(super) fn volumes_of_class(&self, class: &str) -> impl Iterator<Item = &'a PersistentVolume> + use<'a, '_> {
        self.by_class.get(class).into_iter().flatten().copied()
    }

    /// Whether a claim names the volume, or one without a volume has its class.
    pub(super) fn is_wanted(&self, volume: &PersistentVolume) -> bool {
        self.named.contains(volume.metadata.name.as_str()) || self.wanted.contains(volume.class())
    }

    pub(super) fn claim(&self, namespace: &str, name: &str) -> Option<&'a PersistentVolumeClaim> {
        self.claims.get(&(namespace, name)).copied()
    }

    pub(super) fn node(&self, name: &str) -> Option<&'a Node> {
        self.nodes.get(name).copied()
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = &'a Node> {
        self.inventory.objects.nodes.iter()
    }

    /// All nodes, where these are known.
    pub(super) fn all_nodes(&self) -> Option<Vec<&'a Node>> {
        self.knows(Resource::Nodes, None).then(|| self.nodes().collect())
    }

    pub(super) fn csi_node(&self, name: &str) -> Option<&'a CsiNode> {
        self.csi_nodes.get(name).copied()
    }

    pub(super) fn driver(&self, name: &str) -> Option<&'a CsiDriver> {
        self.drivers.get(name).copied()
    }

    pub(super) fn attributes_class(&self, name: &str) -> Option<&'a VolumeAttributesClass> {
        self.attributes_classes.get(name).copied()
    }

    /// Pods that use a claim, finished ones included.
    pub(super) fn users(&self, namespace: &str, claim: &str) -> &[&'a Pod] {
        self.consumers.get(namespace).and_then(|claims| claims.get(claim)).map_or(&[], Vec::as_slice)
    }

    /// Pods that use a claim and have not ended.
    pub(super) fn consumers(&self, claim: &PersistentVolumeClaim) -> impl Iterator<Item = &'a Pod> + use<'a, '_> {
        self.users(&claim.metadata.namespace, &claim.metadata.name).iter().copied().filter(|pod| !pod.is_finished())
    }

    /// Events about an object, the newest first. Those about an earlier object of the name are left out.
    pub(super) fn events(&self, kind: &str, namespace: &str, name: &str, uid: &str) -> impl Iterator<Item = &'a Event> + use<'a> {
        let events = self.events.get(&(kind, namespace, name)).cloned().unwrap_or_default();
        let uid = uid.to_owned();
        let same = move |event: &&Event| {
            let about = &event.involved_object.uid;
            about.is_empty() || uid.is_empty() || *about == uid
        };
        events.into_iter().filter(same)
    }

    pub(super) fn events_of(&self, claim: &PersistentVolumeClaim) -> impl Iterator<Item = &'a Event> + use<'a> {
        let meta = &claim.metadata;
        self.events("PersistentVolumeClaim", &meta.namespace, &meta.name, &meta.uid)
    }

    /// The lease of a driver's component, wherever it lives.
    pub(super) fn leases(&self, names: &[String]) -> Vec<&'a Lease> {
        self.inventory.objects.leases.iter().filter(|lease| names.contains(&lease.metadata.name)).collect()
    }

    /// Whether all objects of the kind in this namespace (none: in the cluster) are known.
    ///
    /// Manifests without any node say nothing of nodes, and those without any driver nothing of what drivers bring along; the same
    /// goes for snapshots and their like.
    pub(super) fn knows(&self, resource: Resource, namespace: Option<&str>) -> bool {
        let inventory = self.inventory;
        if inventory.origin == Origin::Manifests {
            let objects = &inventory.objects;
            let drivers = !objects.csi_nodes.is_empty() || !objects.csi_drivers.is_empty();
            // Nobody writes snapshots down beside what is made of them: files without any show none.
            match resource {
                Resource::Nodes if objects.nodes.is_empty() => return false,
                Resource::CsiNodes | Resource::CsiDrivers | Resource::CsiStorageCapacities | Resource::Leases if !drivers => return false,
                Resource::VolumeSnapshots if objects.volume_snapshots.is_empty() => return false,
                Resource::VolumeSnapshotContents if objects.snapshot_contents.is_empty() => return false,
                Resource::VolumePopulators if objects.volume_populators.is_empty() => return false,
                Resource::ReferenceGrants if objects.reference_grants.is_empty() => return false,
                _ => {}
            }
        }
        inventory.coverage.is_complete(resource, namespace)
    }

    /// Whether the cluster does not have the kind.
    pub(super) fn lacks(&self, resource: Resource) -> bool {
        self.inventory.coverage.is_absent(resource)
    }

    pub(super) fn snapshot(&self, namespace: &str, name: &str) -> Option<&'a VolumeSnapshot> {
        let snapshots = &self.inventory.objects.volume_snapshots;
        snapshots.binary_search_by(|s| s.metadata.key().cmp(&(namespace, name))).ok().and_then(|at| snapshots.get(at))
    }

    pub(super) fn snapshot_content(&self, name: &str) -> Option<&'a VolumeSnapshotContent> {
        let contents = &self.inventory.objects.snapshot_contents;
        contents.binary_search_by(|c| c.metadata.key().cmp(&("", name))).ok().and_then(|at| contents.get(at))
    }

    /// The class that counts. Rule: the annotation is stronger than the field; who names none is given the default one,
    /// manifests at admission, claims that exist at the controller's next look.
    pub fn class_of(&self, claim: &'a PersistentVolumeClaim) -> ClaimClass<'a> {
        let annotation = claim.metadata.annotations.get(BETA_CLASS);
        let (name, origin) = match (annotation, &claim.spec.storage_class_name, self.default_class) {
            (Some(name), ..) => (name, ClassOrigin::Annotation),
            (None, Some(name), _) => (name.as_str(), ClassOrigin::Spec),
            (None, None, Some(class)) => (class.metadata.name.as_str(), ClassOrigin::Default),
            (None, None, None) => ("", ClassOrigin::Nowhere),
        };
        ClaimClass { name, origin, object: self.class(name) }
    }

    /// Whether the claim exists only in a file: admission will still complete it.
    pub(super) fn not_applied(&self, claim: &PersistentVolumeClaim) -> bool {
        self.inventory.origin == Origin::Manifests && claim.status.phase.is_empty() && claim.metadata.uid.is_empty()
    }

    /// Whether a claim stands in a file without any class: which ones the cluster has, nobody says.
    pub(super) fn shows_no_class(&self, claim: &PersistentVolumeClaim) -> bool {
        self.not_applied(claim) && self.inventory.objects.storage_classes.is_empty()
    }

    /// Whether the snapshot exists only in a file: it will be taken once it is applied.
    pub(super) fn not_applied_snapshot(&self, snapshot: &VolumeSnapshot) -> bool {
        self.inventory.origin == Origin::Manifests && snapshot.status.is_none() && snapshot.metadata.uid.is_empty()
    }

    /// Seconds since the object was made; none without a clock.
    pub(super) fn age(&self, claim: &PersistentVolumeClaim) -> Option<u64> {
        claim.metadata.age_seconds(self.now?)
    }
}

fn alike<'a>(inventory: &'a Inventory, named: &HashSet<&str>) -> Vec<Vec<&'a PersistentVolume>> {
    let mut alike: BTreeMap<_, Vec<&PersistentVolume>> = BTreeMap::new();
    for volume in &inventory.objects.volumes {
        let name = volume.metadata.name.as_str();
        let by_itself = volume.spec.claim_ref.is_some() || named.contains(name);
        let sort = (volume.class(), volume.mode(), volume.attributes_class(), &volume.spec.access_modes);
        let state = (volume.status.phase.as_str(), volume.metadata.deletion_timestamp.is_some());
        alike.entry((sort, state, by_itself.then_some(name))).or_default().push(volume);
    }
    alike.into_values().collect()
}

/// Names of the claims a pod uses; generic ephemeral volumes are claims named after pod and volume.
pub(super) fn claims_of(pod: &Pod) -> impl Iterator<Item = String> {
    pod.spec.volumes.iter().filter_map(|volume| match (&volume.persistent_volume_claim, &volume.ephemeral) {
        (Some(source), _) => Some(source.claim_name.clone()),
        (None, Some(_)) => Some(format!("{}-{}", pod.metadata.name, volume.name)),
        (None, None) => None,
    })
}

/// The CSI driver that stands in for a provisioner that was part of Kubernetes.
pub(super) fn migrated(provisioner: &str) -> Option<&'static str> {
    Some(match provisioner {
        "kubernetes.io/aws-ebs" => "ebs.csi.aws.com",
        "kubernetes.io/gce-pd" => "pd.csi.storage.gke.io",
        "kubernetes.io/azure-disk" => "disk.csi.azure.com",
        "kubernetes.io/azure-file" => "file.csi.azure.com",
        "kubernetes.io/cinder" => "cinder.csi.openstack.org",
        "kubernetes.io/vsphere-volume" => "csi.vsphere.vmware.com",
        "kubernetes.io/portworx-volume" => "pxd.portworx.com",
        _ => return None,
    })
}
