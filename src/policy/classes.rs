//! Classes of pods: pods that no policy of this cluster can tell apart are one.
//!
//! A class is (namespace, labels, named ports, place), where the place is the elementary address interval of each family
//! or, for pods on the host network, the node. Policies are evaluated between classes, never between pods.

use std::collections::{BTreeMap, HashMap};

use roaring::RoaringBitmap;

use super::blocks::Blocks;
use crate::inventory::Inventory;
use crate::objects::{Address, ContainerPort, Family, Labels, Pod, Protocol};

/// Identity of a class; classes are numbered namespace by namespace.
pub type ClassId = u32;

/// Pods that no policy can tell apart.
#[derive(Debug, Clone)]
pub struct Class {
    /// Position of the namespace in the inventory.
    pub namespace: usize,
    /// Its set of labels.
    pub labels: u32,
    /// Its named ports.
    pub named: u32,
    /// Node, for pods on the host network.
    pub host: Option<u32>,
    /// Elementary interval of the IPv4 address.
    pub v4: Option<u32>,
    /// Elementary interval of the IPv6 address.
    pub v6: Option<u32>,
    /// Family of the primary address; none while there is no address.
    pub primary: Option<Family>,
    /// The pods, by position in the inventory.
    pub pods: Vec<usize>,
}

impl Class {
    /// Elementary interval of the address of a family.
    pub fn interval(&self, family: Family) -> Option<u32> {
        match family {
            Family::V4 => self.v4,
            Family::V6 => self.v6,
        }
    }
}

/// A named port of a pod.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NamedPort {
    /// Name.
    pub name: String,
    /// Protocol.
    pub protocol: Protocol,
    /// Number.
    pub number: i64,
    /// Whether only a sidecar declares it: plugins differ on these (rule 19).
    pub sidecar: bool,
}

/// All classes and what they are made of.
#[derive(Debug, Default)]
pub struct Classes {
    /// The classes.
    pub list: Vec<Class>,
    /// Class of each pod.
    pub of_pod: Vec<ClassId>,
    /// Range of class ids of each namespace.
    pub of_namespace: Vec<std::ops::Range<ClassId>>,
    /// Classes carrying each set of labels.
    pub of_labels: Vec<Vec<ClassId>>,
    /// Named ports by their id.
    pub named: Vec<Vec<NamedPort>>,
    /// Classes on the host network.
    pub host: RoaringBitmap,
    /// A pod of each set of labels, by position in the inventory: where the labels can be read.
    pub labels: Vec<usize>,
    /// Node names by their id.
    pub nodes: Vec<String>,
}

impl Classes {
    /// Sorts the pods of the inventory into classes.
    pub fn new(inventory: &Inventory, blocks: &Blocks) -> Self {
        let mut classes = Self::default();
        let mut label_ids: HashMap<&Labels, u32> = HashMap::new();
        let mut named_ids: HashMap<Vec<NamedPort>, u32> = HashMap::new();
        let mut node_ids: HashMap<&str, u32> = HashMap::new();
        type Key = (usize, u32, u32, Option<u32>, Option<u32>, Option<u32>, Option<Family>);
        let mut keys: Vec<Key> = Vec::with_capacity(inventory.pods.len());
        for (position, info) in inventory.pods.iter().enumerate() {
            let pod = &info.pod;
            let labels = next_id(&mut label_ids, &pod.metadata.labels);
            if labels as usize == classes.labels.len() {
                classes.labels.push(position);
            }
            let ports = named_ports(pod);
            let named = match named_ids.get(&ports) {
                Some(id) => *id,
                None => {
                    let id = next_id(&mut named_ids, ports.clone());
                    classes.named.push(ports);
                    id
                }
            };
            let host = pod.spec.host_network.then(|| {
                let id = next_id(&mut node_ids, pod.spec.node_name.as_str());
                if id as usize == classes.nodes.len() {
                    classes.nodes.push(pod.spec.node_name.clone());
                }
                id
            });
            let ips = addresses_of(inventory, pod);
            let of = |family| ips.iter().find(|ip| ip.family == family).map(|ip| blocks.interval(*ip));
            keys.push((info.namespace, labels, named, host, of(Family::V4), of(Family::V6), ips.first().map(|ip| ip.family)));
        }
        classes.of_labels = vec![Vec::new(); classes.labels.len()];
        let mut members: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
        for (position, key) in keys.into_iter().enumerate() {
            members.entry(key).or_default().push(position);
        }
        classes.of_pod = vec![0; inventory.pods.len()];
        classes.of_namespace = vec![0..0; inventory.namespaces.len()];
        for (id, ((namespace, labels, named, host, v4, v6, primary), pods)) in (0_u32..).zip(members) {
            for pod in &pods {
                if let Some(class) = classes.of_pod.get_mut(*pod) {
                    *class = id;
                }
            }
            if let Some(range) = classes.of_namespace.get_mut(namespace) {
                *range = if range.start == range.end { id..id + 1 } else { range.start..id + 1 };
            }
            if host.is_some() {
                classes.host.insert(id);
            }
            if let Some(carriers) = classes.of_labels.get_mut(labels as usize) {
                carriers.push(id);
            }
            classes.list.push(Class { namespace, labels, named, host, v4, v6, primary, pods });
        }
        classes
    }
}

/// The id of a key, the next free one if it is new.
fn next_id<K: std::hash::Hash + Eq>(ids: &mut HashMap<K, u32>, key: K) -> u32 {
    let next = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    *ids.entry(key).or_insert(next)
}

/// The named ports of a pod, sorted. Ordinary init containers are gone when the pod serves; their ports do not count.
fn named_ports(pod: &Pod) -> Vec<NamedPort> {
    let sidecars = pod.spec.init_containers.iter().filter(|c| c.restart_policy == "Always");
    let declared = (pod.spec.containers.iter().map(|c| (c, false))).chain(sidecars.map(|c| (c, true)));
    let mut ports: Vec<NamedPort> =
        declared.flat_map(|(container, sidecar)| container.ports.iter().filter_map(move |port| named_port(port, sidecar))).collect();
    ports.sort();
    ports.dedup_by(|later, earlier| (&later.name, later.protocol, later.number) == (&earlier.name, earlier.protocol, earlier.number));
    ports
}

fn named_port(port: &ContainerPort, sidecar: bool) -> Option<NamedPort> {
    let protocol = Protocol::parse(&port.protocol)?;
    let valid = !port.name.is_empty() && (1..=65_535).contains(&port.container_port);
    valid.then(|| NamedPort { name: port.name.clone(), protocol, number: port.container_port, sidecar })
}

/// The addresses a pod's traffic carries: its own, or those of its node if it lives there.
pub fn addresses_of(inventory: &Inventory, pod: &Pod) -> Vec<Address> {
    let own = pod.ips();
    if !own.is_empty() || !pod.spec.host_network {
        return own;
    }
    if let Some(host) = Address::parse(&pod.status.host_ip) {
        return vec![host];
    }
    inventory.objects.nodes.iter().find(|n| n.metadata.name == pod.spec.node_name).map(|n| n.ips()).unwrap_or_default()
}
