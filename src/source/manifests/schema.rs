//! The fields of the kinds we read, as far as strict checking needs them.
//!
//! Closed levels list every field Kubernetes has (1.37), so anything else is unknown. Open levels list what we read:
//! there only a near-misspelling of one of those is worth a word, since Kubernetes has many fields we know nothing of.

mod storage;

use crate::objects::Resource;

/// What a field holds.
pub(super) enum Shape {
    /// Not looked at.
    Any,
    Text,
    Bool,
    /// A 32-bit integer, as all numbers we read are.
    Int,
    IntOrText,
    /// A map of texts.
    Texts,
    List(&'static Self),
    Object(&'static Fields),
}

/// The fields of an object.
pub(super) struct Fields {
    pub(super) known: &'static [(&'static str, Shape)],
    /// Whether `known` is all there is.
    pub(super) closed: bool,
    /// Whether unknown fields stay: the engine then knows that a rule may mean less than it seems to.
    pub(super) kept: bool,
}

impl Fields {
    pub(super) fn get(&self, name: &str) -> Option<&Shape> {
        self.known.iter().find(|(known, _)| *known == name).map(|(_, shape)| shape)
    }
}

pub(super) const fn closed(known: &'static [(&'static str, Shape)]) -> Fields {
    Fields { known, closed: true, kept: false }
}

/// A closed level whose unknown fields stay.
const fn narrowing(known: &'static [(&'static str, Shape)]) -> Fields {
    Fields { known, closed: true, kept: true }
}

pub(super) const fn open(known: &'static [(&'static str, Shape)]) -> Fields {
    Fields { known, closed: false, kept: false }
}

use Shape::{Any, Bool, Int, IntOrText, List, Object, Text, Texts};

/// The fields of a kind.
pub(super) fn of(resource: Resource) -> &'static Fields {
    match resource {
        Resource::Namespaces => &NAMESPACE,
        Resource::Nodes => &NODE,
        Resource::Pods => &POD,
        Resource::Services => &SERVICE,
        Resource::ConfigMaps | Resource::Secrets => &OPAQUE,
        Resource::EndpointSlices => &ENDPOINT_SLICE,
        Resource::NetworkPolicies => &NETWORK_POLICY,
        Resource::AdminNetworkPolicies => &ADMIN_POLICY,
        Resource::BaselineAdminNetworkPolicies => &BASELINE_POLICY,
        Resource::ClusterNetworkPolicies => &CLUSTER_POLICY,
        Resource::Deployments | Resource::ReplicaSets | Resource::StatefulSets | Resource::DaemonSets | Resource::Jobs => &WORKLOAD,
        Resource::CronJobs => &CRON_JOB,
        Resource::ReplicationControllers | Resource::PodDisruptionBudgets => &storage::WITH_SPEC,
        Resource::PersistentVolumeClaims => &storage::CLAIM,
        Resource::PersistentVolumes => &storage::VOLUME,
        Resource::StorageClasses => &storage::STORAGE_CLASS,
        Resource::CsiStorageCapacities => &storage::STORAGE_CAPACITY,
        Resource::VolumeAttributesClasses => &storage::ATTRIBUTES_CLASS,
        Resource::CsiDrivers
        | Resource::CsiNodes
        | Resource::VolumeAttachments
        | Resource::Leases
        | Resource::ResourceQuotas
        | Resource::LimitRanges => &storage::WITH_SPEC,
        Resource::RuntimeClasses => &RUNTIME_CLASS,
        Resource::PriorityClasses => &PRIORITY_CLASS,
        Resource::VolumeSnapshots => &storage::SNAPSHOT,
        Resource::VolumeSnapshotContents => &storage::SNAPSHOT_CONTENT,
        Resource::VolumePopulators => &storage::POPULATOR,
        Resource::ReferenceGrants => &storage::REFERENCE_GRANT,
        Resource::VeleroSchedules | Resource::VeleroBackups => &storage::OF_TOOL,
        Resource::StashConfigurations | Resource::StashBatches | Resource::StashSessions => &storage::OF_TOOL,
        Resource::KubeStashConfigurations | Resource::KubeStashBatches | Resource::KubeStashSessions => &storage::OF_TOOL,
        Resource::PodMetrics => &storage::OF_TOOL,
        Resource::Events => &storage::EVENT,
    }
}

pub(super) static META: Fields = closed(&[
    ("name", Text),
    ("generateName", Text),
    ("namespace", Text),
    ("labels", Texts),
    ("annotations", Texts),
    ("ownerReferences", List(&Object(&OWNER))),
    ("creationTimestamp", Text),
    ("deletionTimestamp", Text),
    ("deletionGracePeriodSeconds", Any),
    ("finalizers", Any),
    ("generation", Any),
    ("managedFields", Any),
    ("resourceVersion", Any),
    ("selfLink", Any),
    ("uid", Any),
    // Dropped in 1.24, still in old exports.
    ("clusterName", Any),
]);

static OWNER: Fields =
    closed(&[("apiVersion", Text), ("kind", Text), ("name", Text), ("uid", Text), ("controller", Bool), ("blockOwnerDeletion", Bool)]);

static NAMESPACE: Fields = closed(&[("apiVersion", Text), ("kind", Text), ("metadata", Object(&META)), ("spec", Any), ("status", Any)]);

static OPAQUE: Fields = open(&[("metadata", Object(&META))]);

static NODE: Fields = closed(&[
    ("apiVersion", Text),
    ("kind", Text),
    ("metadata", Object(&META)),
    ("spec", Object(&NODE_SPEC)),
    ("status", Object(&NODE_STATUS)),
]);
// `podCIDR`, the old single one, must be listed lest it look like a misspelling.
static NODE_SPEC: Fields =
    open(&[("podCIDRs", List(&Text)), ("podCIDR", Any), ("unschedulable", Bool), ("taints", List(&Object(&storage::TAINT)))]);
static NODE_STATUS: Fields = open(&[("addresses", List(&Object(&NODE_ADDRESS))), ("conditions", List(&Object(&CONDITION)))]);
static NODE_ADDRESS: Fields = open(&[("type", Text), ("address", Text)]);

static POD: Fields = closed(&[
    ("apiVersion", Text),
    ("kind", Text),
    ("metadata", Object(&META)),
    ("spec", Object(&POD_SPEC)),
    ("status", Object(&POD_STATUS)),
]);
static POD_SPEC: Fields = open(&[
    ("nodeName", Text),
    ("hostNetwork", Bool),
    ("dnsPolicy", Text),
    ("dnsConfig", Object(&DNS_CONFIG)),
    ("hostAliases", List(&Object(&HOST_ALIAS))),
    ("hostname", Text),
    ("subdomain", Text),
    ("hostnameOverride", Text),
    ("setHostnameAsFQDN", Bool),
    ("containers", List(&Object(&CONTAINER))),
    ("initContainers", List(&Object(&CONTAINER))),
    ("volumes", List(&Object(&storage::POD_VOLUME))),
    ("nodeSelector", Texts),
    ("affinity", Any),
    ("tolerations", List(&Object(&storage::TOLERATION))),
    ("schedulerName", Text),
    ("schedulingGates", List(&Object(&storage::NAMED))),
    ("resources", Object(&REQUIREMENTS)),
    ("overhead", Object(&AMOUNTS)),
    ("priority", Int),
    ("priorityClassName", Text),
    ("runtimeClassName", Text),
    ("activeDeadlineSeconds", Int),
]);
static DNS_CONFIG: Fields = closed(&[("nameservers", List(&Text)), ("searches", List(&Text)), ("options", List(&Object(&DNS_OPTION)))]);
static HOST_ALIAS: Fields = closed(&[("ip", Text), ("hostnames", List(&Text))]);
static DNS_OPTION: Fields = closed(&[("name", Text), ("value", Text)]);
static REQUIREMENTS: Fields = closed(&[("requests", Object(&AMOUNTS)), ("limits", Object(&AMOUNTS)), ("claims", Any)]);
// Any resource may be there; these are the ones whose names are mistyped.
static AMOUNTS: Fields = open(&[("cpu", Any), ("memory", Any), ("ephemeral-storage", Any)]);
static CONTAINER: Fields = open(&[
    ("name", Text),
    ("image", Text),
    ("ports", List(&Object(&CONTAINER_PORT))),
    ("restartPolicy", Text),
    ("env", List(&Object(&storage::ENV))),
    ("envFrom", List(&Object(&storage::ENV))),
    ("volumeMounts", List(&Object(&storage::NAMED))),
    ("volumeDevices", List(&Object(&storage::NAMED))),
    ("resources", Object(&REQUIREMENTS)),
    // Must be listed lest they look like misspellings.
    ("resizePolicy", Any),
]);
static CONTAINER_PORT: Fields = closed(&[("name", Text), ("containerPort", Int), ("protocol", Text), ("hostPort", Int), ("hostIP", Text)]);
static POD_STATUS: Fields = open(&[
    ("phase", Text),
    ("podIP", Text),
    ("podIPs", List(&Object(&POD_IP))),
    ("hostIP", Text),
    ("hostIPs", Any),
    ("conditions", List(&Object(&CONDITION))),
]);
static POD_IP: Fields = open(&[("ip", Text)]);
static CONDITION: Fields = open(&[("type", Text), ("status", Text), ("reason", Text), ("message", Text)]);

static RUNTIME_CLASS: Fields = closed(&[
    ("apiVersion", Text),
    ("kind", Text),
    ("metadata", Object(&META)),
    ("handler", Text),
    ("overhead", Object(&OVERHEAD)),
    ("scheduling", Any),
]);
static OVERHEAD: Fields = closed(&[("podFixed", Object(&AMOUNTS))]);
static PRIORITY_CLASS: Fields = closed(&[
    ("apiVersion", Text),
    ("kind", Text),
    ("metadata", Object(&META)),
    ("value", Int),
    ("globalDefault", Bool),
    ("description", Text),
    ("preemptionPolicy", Text),
]);

static SERVICE: Fields = closed(&[
    ("apiVersion", Text),
    ("kind", Text),
    ("metadata", Object(&META)),
    ("spec", Object(&SERVICE_SPEC)),
    ("status", Object(&SERVICE_STATUS)),
]);
static SERVICE_SPEC: Fields = open(&[
    ("type", Text),
    ("selector", Texts),
    ("ports", List(&Object(&SERVICE_PORT))),
    ("clusterIP", Text),
    ("clusterIPs", List(&Text)),
    ("externalIPs", List(&Text)),
    ("externalName", Text),
    ("externalTrafficPolicy", Text),
    ("internalTrafficPolicy", Text),
    ("publishNotReadyAddresses", Bool),
]);
static SERVICE_PORT: Fields =
    closed(&[("name", Text), ("port", Int), ("targetPort", IntOrText), ("protocol", Text), ("nodePort", Int), ("appProtocol", Text)]);
static SERVICE_STATUS: Fields = open(&[("loadBalancer", Object(&LOAD_BALANCER))]);
static LOAD_BALANCER: Fields = open(&[("ingress", List(&Object(&LOAD_BALANCER_INGRESS)))]);
static LOAD_BALANCER_INGRESS: Fields = open(&[("ip", Text), ("hostname", Text)]);

static ENDPOINT_SLICE: Fields = closed(&[
    ("apiVersion", Text),
    ("kind", Text),
    ("metadata", Object(&META)),
    ("addressType", Text),
    ("endpoints", List(&Object(&ENDPOINT))),
    ("ports", List(&Object(&ENDPOINT_PORT))),
]);
static ENDPOINT: Fields =
    open(&[("addresses", List(&Text)), ("conditions", Object(&ENDPOINT_CONDITIONS)), ("targetRef", Object(&TARGET_REF))]);
static ENDPOINT_CONDITIONS: Fields = open(&[("ready", Bool), ("serving", Bool), ("terminating", Bool)]);
static TARGET_REF: Fields = open(&[("kind", Text), ("namespace", Text), ("name", Text)]);
static ENDPOINT_PORT: Fields = open(&[("name", Text), ("port", Int), ("protocol", Text)]);

static WORKLOAD: Fields =
    closed(&[("apiVersion", Text), ("kind", Text), ("metadata", Object(&META)), ("spec", Object(&WORKLOAD_SPEC)), ("status", Any)]);
static WORKLOAD_SPEC: Fields = open(&[
    ("replicas", Int),
    ("parallelism", Int),
    ("selector", Object(&SELECTOR)),
    ("template", Object(&TEMPLATE)),
    ("volumeClaimTemplates", List(&Object(&storage::CLAIM))),
    ("ordinals", Any),
    ("strategy", Object(&STRATEGY)),
    ("updateStrategy", Object(&STRATEGY)),
]);
static STRATEGY: Fields = open(&[("type", Text), ("rollingUpdate", Object(&ROLLING_UPDATE))]);
static ROLLING_UPDATE: Fields = open(&[("maxSurge", IntOrText), ("maxUnavailable", IntOrText), ("partition", Int)]);
static TEMPLATE: Fields = closed(&[("metadata", Object(&META)), ("spec", Object(&POD_SPEC))]);

static CRON_JOB: Fields =
    closed(&[("apiVersion", Text), ("kind", Text), ("metadata", Object(&META)), ("spec", Object(&CRON_JOB_SPEC)), ("status", Any)]);
static CRON_JOB_SPEC: Fields = open(&[("jobTemplate", Object(&JOB_TEMPLATE))]);
static JOB_TEMPLATE: Fields = closed(&[("metadata", Object(&META)), ("spec", Object(&WORKLOAD_SPEC))]);

static NETWORK_POLICY: Fields = closed(&[
    ("apiVersion", Text),
    ("kind", Text),
    ("metadata", Object(&META)),
    ("spec", Object(&POLICY_SPEC)),
    // Alpha in 1.24, dropped in 1.28, still in old exports.
    ("status", Any),
]);
static POLICY_SPEC: Fields = closed(&[
    ("podSelector", Object(&SELECTOR)),
    ("ingress", List(&Object(&INGRESS_RULE))),
    ("egress", List(&Object(&EGRESS_RULE))),
    ("policyTypes", List(&Text)),
]);
static INGRESS_RULE: Fields = narrowing(&[("from", List(&Object(&PEER))), ("ports", List(&Object(&POLICY_PORT)))]);
static EGRESS_RULE: Fields = narrowing(&[("to", List(&Object(&PEER))), ("ports", List(&Object(&POLICY_PORT)))]);
static PEER: Fields =
    narrowing(&[("podSelector", Object(&SELECTOR)), ("namespaceSelector", Object(&SELECTOR)), ("ipBlock", Object(&IP_BLOCK))]);
pub(super) static SELECTOR: Fields = closed(&[("matchLabels", Texts), ("matchExpressions", List(&Object(&REQUIREMENT)))]);
static REQUIREMENT: Fields = closed(&[("key", Text), ("operator", Text), ("values", List(&Text))]);
static IP_BLOCK: Fields = closed(&[("cidr", Text), ("except", List(&Text))]);
static POLICY_PORT: Fields = narrowing(&[("protocol", Text), ("port", IntOrText), ("endPort", Int)]);

static ADMIN_POLICY: Fields =
    closed(&[("apiVersion", Text), ("kind", Text), ("metadata", Object(&META)), ("spec", Object(&ADMIN_SPEC)), ("status", Any)]);
static ADMIN_SPEC: Fields = closed(&[
    ("priority", Int),
    ("subject", Object(&SUBJECT)),
    ("ingress", List(&Object(&ADMIN_INGRESS_RULE))),
    ("egress", List(&Object(&ADMIN_EGRESS_RULE))),
]);
static BASELINE_POLICY: Fields =
    closed(&[("apiVersion", Text), ("kind", Text), ("metadata", Object(&META)), ("spec", Object(&BASELINE_SPEC)), ("status", Any)]);
static BASELINE_SPEC: Fields = closed(&[
    ("subject", Object(&SUBJECT)),
    ("ingress", List(&Object(&ADMIN_INGRESS_RULE))),
    ("egress", List(&Object(&ADMIN_EGRESS_RULE))),
]);
static CLUSTER_POLICY: Fields =
    closed(&[("apiVersion", Text), ("kind", Text), ("metadata", Object(&META)), ("spec", Object(&CLUSTER_SPEC)), ("status", Any)]);
static CLUSTER_SPEC: Fields = closed(&[
    ("tier", Text),
    ("priority", Int),
    ("subject", Object(&SUBJECT)),
    ("ingress", List(&Object(&CLUSTER_INGRESS_RULE))),
    ("egress", List(&Object(&CLUSTER_EGRESS_RULE))),
]);
static SUBJECT: Fields = narrowing(&[("namespaces", Object(&SELECTOR)), ("pods", Object(&NAMESPACED_PODS))]);
static NAMESPACED_PODS: Fields = closed(&[("namespaceSelector", Object(&SELECTOR)), ("podSelector", Object(&SELECTOR))]);
static ADMIN_INGRESS_RULE: Fields =
    narrowing(&[("name", Text), ("action", Text), ("from", List(&Object(&ADMIN_INGRESS_PEER))), ("ports", List(&Object(&ADMIN_PORT)))]);
static ADMIN_EGRESS_RULE: Fields =
    narrowing(&[("name", Text), ("action", Text), ("to", List(&Object(&ADMIN_EGRESS_PEER))), ("ports", List(&Object(&ADMIN_PORT)))]);
static ADMIN_INGRESS_PEER: Fields = narrowing(&[("namespaces", Object(&ADMIN_NAMESPACES)), ("pods", Object(&ADMIN_PODS))]);
static ADMIN_EGRESS_PEER: Fields = narrowing(&[
    ("namespaces", Object(&ADMIN_NAMESPACES)),
    ("pods", Object(&ADMIN_PODS)),
    ("nodes", Object(&SELECTOR)),
    ("networks", List(&Text)),
    ("domainNames", List(&Text)),
]);
// v1alpha1 had two schemas: a selector of namespaces, and before it one inside of a list of choices.
static ADMIN_NAMESPACES: Fields = closed(&[
    ("matchLabels", Texts),
    ("matchExpressions", List(&Object(&REQUIREMENT))),
    ("namespaceSelector", Object(&SELECTOR)),
    ("sameLabels", List(&Text)),
    ("notSameLabels", List(&Text)),
]);
static ADMIN_PODS: Fields =
    closed(&[("namespaceSelector", Object(&SELECTOR)), ("podSelector", Object(&SELECTOR)), ("namespaces", Object(&ADMIN_NAMESPACES))]);
static ADMIN_PORT: Fields = narrowing(&[("portNumber", Object(&PORT_NUMBER)), ("portRange", Object(&PORT_RANGE)), ("namedPort", Text)]);
static PORT_NUMBER: Fields = closed(&[("protocol", Text), ("port", Int)]);
static PORT_RANGE: Fields = closed(&[("protocol", Text), ("start", Int), ("end", Int)]);
static CLUSTER_INGRESS_RULE: Fields = narrowing(&[
    ("name", Text),
    ("action", Text),
    ("from", List(&Object(&CLUSTER_INGRESS_PEER))),
    ("protocols", List(&Object(&CLUSTER_PROTOCOL))),
]);
static CLUSTER_EGRESS_RULE: Fields = narrowing(&[
    ("name", Text),
    ("action", Text),
    ("to", List(&Object(&CLUSTER_EGRESS_PEER))),
    ("protocols", List(&Object(&CLUSTER_PROTOCOL))),
]);
static CLUSTER_INGRESS_PEER: Fields = narrowing(&[("namespaces", Object(&SELECTOR)), ("pods", Object(&NAMESPACED_PODS))]);
static CLUSTER_EGRESS_PEER: Fields = narrowing(&[
    ("namespaces", Object(&SELECTOR)),
    ("pods", Object(&NAMESPACED_PODS)),
    ("nodes", Object(&SELECTOR)),
    ("networks", List(&Text)),
    ("domainNames", List(&Text)),
]);
static CLUSTER_PROTOCOL: Fields =
    narrowing(&[("tcp", Object(&ATTRIBUTES)), ("udp", Object(&ATTRIBUTES)), ("sctp", Object(&ATTRIBUTES)), ("destinationNamedPort", Text)]);
static ATTRIBUTES: Fields = narrowing(&[("destinationPort", Object(&DESTINATION))]);
static DESTINATION: Fields = narrowing(&[("number", Int), ("range", Object(&DESTINATION_RANGE))]);
static DESTINATION_RANGE: Fields = closed(&[("start", Int), ("end", Int)]);
