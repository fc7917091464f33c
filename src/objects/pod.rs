//! `v1` Pod and Namespace.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::dns::{DnsConfig, DnsPolicy, HostAlias};
use super::meta::{few, lenient_time, null_default, one_line};
use super::pod_volume::{EnvReference, PodVolume, references_only};
use super::resources::{QosClass, Requirements, ResourceList, lenient_class};
use super::scheduling::{Affinity, SchedulingGate, Toleration, VolumeUse, own_tolerations};
use super::{Address, Labels, Meta};

/// A Namespace.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Namespace {
    /// Metadata; the labels are what namespace selectors look at.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
}

/// A Pod.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(from = "Wire")]
pub struct Pod {
    /// Metadata.
    pub metadata: Meta,
    /// Specification.
    pub spec: PodSpec,
    /// Status; resources in force are only kept where they are not those of the spec.
    pub status: PodStatus,
}

/// A pod as it is written.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    #[serde(deserialize_with = "null_default")]
    metadata: Meta,
    #[serde(deserialize_with = "null_default")]
    spec: PodSpec,
    #[serde(deserialize_with = "null_default")]
    status: PodStatus,
}

impl From<Wire> for Pod {
    /// Every container repeats its resources in the status: where no resize is under way, that would be most of the memory they take.
    fn from(wire: Wire) -> Self {
        let Wire { metadata, spec, mut status } = wire;
        let lists = [(&spec.containers, &mut status.container_statuses), (&spec.init_containers, &mut status.init_container_statuses)];
        for (containers, statuses) in lists {
            for status in statuses {
                let Some(container) = containers.iter().find(|container| container.name == status.name) else { continue };
                let resources = &container.resources;
                // Not before the API server has been at it: what it adds would then be no resize.
                let admitted = resources.limits.iter().all(|(resource, _)| resources.requests.get(resource).is_some());
                let in_force = status.resources.as_deref().is_none_or(|in_force| in_force == resources);
                let agreed = &status.allocated_resources;
                if admitted && in_force && (agreed.is_empty() || *agreed == resources.requests) {
                    status.resources = None;
                    status.allocated_resources = ResourceList::default();
                }
            }
        }
        Self { metadata, spec, status }
    }
}

/// `spec` of a Pod or of a template.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    /// Node the pod is bound to; empty while unscheduled.
    #[serde(deserialize_with = "null_default")]
    pub node_name: String,
    /// Whether the pod lives in the node's own network namespace.
    #[serde(deserialize_with = "null_default")]
    pub host_network: bool,
    /// Whose names its own are looked up among.
    pub dns_policy: DnsPolicy,
    /// What it adds to that.
    pub dns_config: Option<Box<DnsConfig>>,
    /// Names that stand in its `/etc/hosts`.
    #[serde(deserialize_with = "few")]
    pub host_aliases: Vec<HostAlias>,
    /// Its name for itself; empty: that of the pod.
    #[serde(deserialize_with = "null_default")]
    pub hostname: String,
    /// The Service below which its name for itself is found; empty: it is found nowhere.
    #[serde(deserialize_with = "null_default")]
    pub subdomain: String,
    /// What it calls itself whatever else is said.
    pub hostname_override: Option<Box<str>>,
    /// Whether its name for itself is the full one.
    #[serde(rename = "setHostnameAsFQDN", deserialize_with = "null_default")]
    pub set_hostname_as_fqdn: bool,
    /// Containers.
    #[serde(deserialize_with = "few")]
    pub containers: Vec<Container>,
    /// Init containers; those with `restartPolicy: Always` are sidecars and stay.
    #[serde(deserialize_with = "few")]
    pub init_containers: Vec<Container>,
    /// Volumes.
    #[serde(deserialize_with = "few")]
    pub volumes: Vec<PodVolume>,
    /// Labels a node must have.
    #[serde(deserialize_with = "null_default")]
    pub node_selector: Labels,
    /// What a node must be.
    pub affinity: Option<Affinity>,
    /// Taints that do not matter.
    #[serde(deserialize_with = "own_tolerations")]
    pub tolerations: Vec<Toleration>,
    /// Who chooses a node; empty: `default-scheduler`.
    #[serde(deserialize_with = "null_default")]
    pub scheduler_name: String,
    /// What keeps the scheduler away.
    #[serde(deserialize_with = "few")]
    pub scheduling_gates: Vec<SchedulingGate>,
    /// Resources of the pod as a whole; present and empty is not the same as absent.
    pub resources: Option<Box<Requirements>>,
    /// What running the pod takes beside its containers.
    #[serde(deserialize_with = "null_default")]
    pub overhead: ResourceList,
    /// Name of the RuntimeClass, from which the API server takes the overhead of a pod that is made.
    #[serde(deserialize_with = "null_default")]
    pub runtime_class_name: String,
    /// Who it is to the API server, and to some network plugins.
    #[serde(deserialize_with = "null_default")]
    pub service_account_name: String,
    /// Priority, once its class is resolved.
    pub priority: Option<i32>,
    /// Name of the PriorityClass.
    #[serde(deserialize_with = "null_default")]
    pub priority_class_name: String,
    /// After how many seconds it is ended.
    pub active_deadline_seconds: Option<i64>,
}

/// A container: its declared ports, which volumes it uses how, and its resources.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    /// Name.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
    /// What runs in it.
    #[serde(deserialize_with = "null_default")]
    pub image: String,
    /// Declared ports.
    #[serde(deserialize_with = "few")]
    pub ports: Vec<ContainerPort>,
    /// `Always` makes an init container a sidecar.
    #[serde(deserialize_with = "null_default")]
    pub restart_policy: String,
    /// Variables that come from ConfigMaps and Secrets.
    #[serde(deserialize_with = "references_only")]
    pub env: Vec<EnvReference>,
    /// ConfigMaps and Secrets all keys of which are variables.
    #[serde(deserialize_with = "references_only")]
    pub env_from: Vec<EnvReference>,
    /// Volumes it uses as filesystems.
    #[serde(deserialize_with = "few")]
    pub volume_mounts: Vec<VolumeUse>,
    /// Volumes it uses as devices.
    #[serde(deserialize_with = "few")]
    pub volume_devices: Vec<VolumeUse>,
    /// Requests and limits.
    #[serde(deserialize_with = "null_default")]
    pub resources: Requirements,
}

impl Container {
    /// Whether, as an init container, it is a sidecar: it runs as long as the pod.
    pub fn is_sidecar(&self) -> bool {
        self.restart_policy == "Always"
    }
}

/// A declared port. Declaring opens nothing; it only gives named ports their numbers.
#[derive(Debug, Default, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerPort {
    /// Name; empty if it has none.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
    /// Number, 1 to 65535 (others are refused by Kubernetes and match nothing here).
    #[serde(deserialize_with = "null_default")]
    pub container_port: i64,
    /// `TCP`, `UDP` or `SCTP`; empty: TCP.
    #[serde(deserialize_with = "null_default")]
    pub protocol: String,
}

/// `status` of a Pod.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatus {
    /// Phase.
    #[serde(deserialize_with = "null_default")]
    pub phase: Phase,
    /// Primary address; empty while there is none.
    #[serde(rename = "podIP", deserialize_with = "null_default")]
    pub pod_ip: String,
    /// All addresses, at most one of each family, the primary one first.
    #[serde(rename = "podIPs", deserialize_with = "few")]
    pub pod_ips: Vec<PodIp>,
    /// Address of the pod's node.
    #[serde(rename = "hostIP", deserialize_with = "null_default")]
    pub host_ip: String,
    /// Conditions.
    #[serde(deserialize_with = "few")]
    pub conditions: Vec<PodCondition>,
    /// Why it is in its phase, in one word.
    #[serde(deserialize_with = "null_default")]
    pub reason: String,
    /// The same in a sentence.
    #[serde(deserialize_with = "one_line")]
    pub message: String,
    /// How its containers are.
    #[serde(deserialize_with = "few")]
    pub container_statuses: Vec<ContainerStatus>,
    /// How its init containers are.
    #[serde(deserialize_with = "few")]
    pub init_container_statuses: Vec<ContainerStatus>,
    /// Its class, decided when it was made.
    #[serde(deserialize_with = "lenient_class")]
    pub qos_class: Option<QosClass>,
    /// Resources of the pod as a whole that are in force.
    pub resources: Option<Box<Requirements>>,
    /// Requests of the pod as a whole that the node has agreed to.
    #[serde(deserialize_with = "null_default")]
    pub allocated_resources: ResourceList,
}

/// One entry of `status.containerStatuses`.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStatus {
    /// Name of the container.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
    /// Resources that are in force.
    pub resources: Option<Box<Requirements>>,
    /// Requests that the node has agreed to.
    #[serde(deserialize_with = "null_default")]
    pub allocated_resources: ResourceList,
    /// Its state.
    #[serde(deserialize_with = "null_default")]
    pub state: ContainerState,
}

/// `state` of a container: one of these.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct ContainerState {
    /// What it waits for.
    pub waiting: Option<Box<Waiting>>,
    /// Whether it runs.
    pub running: Option<IgnoredAny>,
    /// Whether it has ended.
    pub terminated: Option<IgnoredAny>,
}

/// `state.waiting` of a container.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Waiting {
    /// Such as `ContainerCreating`.
    #[serde(deserialize_with = "null_default")]
    pub reason: String,
    /// A sentence.
    #[serde(deserialize_with = "one_line")]
    pub message: String,
}

/// One entry of `status.podIPs`.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct PodIp {
    /// The address.
    #[serde(deserialize_with = "null_default")]
    pub ip: String,
}

/// One entry of `status.conditions` of a Pod or a Node.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct PodCondition {
    /// Such as `Ready`.
    #[serde(rename = "type", deserialize_with = "null_default")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    #[serde(deserialize_with = "null_default")]
    pub status: String,
    /// One word.
    #[serde(deserialize_with = "null_default")]
    pub reason: String,
    /// A sentence.
    #[serde(deserialize_with = "one_line")]
    pub message: String,
    /// Since when it is so.
    #[serde(rename = "lastTransitionTime", deserialize_with = "lenient_time")]
    pub since: Option<Timestamp>,
}

/// Phase of a pod.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
pub enum Phase {
    /// Accepted, not running yet.
    Pending,
    /// At least one container runs.
    Running,
    /// All containers ended well.
    Succeeded,
    /// All containers ended, one at least badly.
    Failed,
    /// Not told, or told in a word we do not know.
    #[default]
    #[serde(other)]
    Unknown,
}

impl PodSpec {
    /// The containers that run as long as the pod: its own, then its sidecars.
    pub fn lasting_containers(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().chain(self.init_containers.iter().filter(|container| container.is_sidecar()))
    }
}

impl Pod {
    /// Whether the pod has ended: it is no endpoint any more, and its address may belong to another pod.
    pub fn is_finished(&self) -> bool {
        matches!(self.status.phase, Phase::Succeeded | Phase::Failed)
    }

    /// Whether a file on its node made it, and no API server.
    pub fn is_static(&self) -> bool {
        let annotations = &self.metadata.annotations;
        annotations.get("kubernetes.io/config.mirror").is_some()
            || annotations.get("kubernetes.io/config.source").is_some_and(|source| source != "api")
    }

    /// A condition.
    pub fn condition(&self, kind: &str) -> Option<&PodCondition> {
        self.status.conditions.iter().find(|c| c.kind == kind)
    }

    /// Whether the `Ready` condition holds.
    pub fn is_ready(&self) -> bool {
        self.status.conditions.iter().any(|c| c.kind == "Ready" && c.status == "True")
    }

    /// The pod's addresses, the primary one first, each once; those that cannot be read are left out.
    pub fn ips(&self) -> Vec<Address> {
        let texts = std::iter::once(&self.status.pod_ip).chain(self.status.pod_ips.iter().map(|p| &p.ip));
        let mut ips: Vec<Address> = Vec::with_capacity(2);
        for ip in texts.filter_map(|text| Address::parse(text)) {
            if !ips.contains(&ip) {
                ips.push(ip);
            }
        }
        ips
    }
}

/// Transport protocol of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// SCTP.
    Sctp,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// All protocols a NetworkPolicy can name, in the order of their names.
    pub const ALL: [Self; 3] = [Self::Sctp, Self::Tcp, Self::Udp];

    /// Name as in Kubernetes objects.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sctp => "SCTP",
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        }
    }

    /// The protocol of this exact name; the empty name is TCP, as everywhere in the API.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "" | "TCP" => Some(Self::Tcp),
            "UDP" => Some(Self::Udp),
            "SCTP" => Some(Self::Sctp),
            _ => None,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
