//! What is created for a probe: a pod of its own, or a container in a pod that is there. Both pass restricted Pod Security.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{
    Affinity, Capabilities, Container, EnvVar, EphemeralContainer, HostAlias, LocalObjectReference, NodeAffinity, NodeSelector,
    NodeSelectorRequirement, NodeSelectorTerm, Pod, PodDNSConfig, PodDNSConfigOption, PodReadinessGate, PodSecurityContext, PodSpec, Probe,
    ResourceRequirements, SeccompProfile, SecurityContext, TCPSocketAction, Toleration,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::harm::Clone as PodClone;
use super::image::Image;
use super::wire::Batch;
use crate::objects::{self, DnsPolicy};

/// The label of every pod that a probe creates: `probe gc` looks for it.
pub const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "kubectl-netstore");

/// When a pod that a probe created is of no use to anybody, in RFC 3339.
pub const EXPIRES_AT: &str = "netstore.dev/expires-at";

/// Labels that keep the sidecars of service meshes out, and pods out of meshes that have none.
pub const WITHOUT_MESH: [(&str, &str); 3] =
    [("istio.io/dataplane-mode", "none"), ("kuma.io/sidecar-injection", "disabled"), ("sidecar.istio.io/inject", "false")];

/// Annotations that do the same.
const WITHOUT_MESH_ANNOTATIONS: [(&str, &str); 4] = [
    ("consul.hashicorp.com/connect-inject", "false"),
    ("kuma.io/sidecar-injection", "disabled"),
    ("linkerd.io/inject", "disabled"),
    ("sidecar.istio.io/inject", "false"),
];

/// Nobody sets this condition, so the pod is never ready, and no Service sends anything to it.
const NEVER: &str = "netstore.dev/never";

/// Nobody in particular: the number that distroless images use.
const USER: i64 = 65_532;

/// Name of the container in a probe pod; in another pod it has the nonce behind it.
const CONTAINER: &str = "netstore-probe";

/// What is run, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// Where.
    pub image: &'a Image,
    /// The program, without the words of the batch: the same for every probe, so that a list of what may run can name it.
    pub command: &'a [String],
    /// Its environment.
    pub environment: &'a [(String, String)],
    /// What it does.
    pub batch: &'a Batch,
}

/// A pod that runs a batch and then ends: with the labels of `clone`, and otherwise where and as whom the pod runs that it is like.
///
/// `start` is how many seconds it may take until it runs; `now` the time from which `expires-at` is counted.
pub fn pod(clone: &PodClone<'_>, task: Task<'_>, pull_secrets: &[String], start: u32, now: Timestamp) -> Pod {
    let lifetime = i64::from(start) + i64::from(task.batch.deadline);
    let like = clone.like.map(|pod| &pod.spec);
    let annotations = [
        (EXPIRES_AT.to_owned(), expiry(now, lifetime)),
        // A pod without a controller would keep a node from being removed.
        ("cluster-autoscaler.kubernetes.io/safe-to-evict".to_owned(), "true".to_owned()),
    ];
    let without_mesh = WITHOUT_MESH_ANNOTATIONS.map(|(key, value)| (key.to_owned(), value.to_owned()));
    Pod {
        metadata: ObjectMeta {
            name: Some(name(task.batch)),
            namespace: Some(clone.namespace.clone()),
            labels: Some(clone.labels.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()),
            annotations: Some(annotations.into_iter().chain(without_mesh).collect()),
            ..ObjectMeta::default()
        },
        spec: Some(PodSpec {
            containers: vec![container(task, lifetime)],
            restart_policy: Some("Never".to_owned()),
            active_deadline_seconds: Some(lifetime),
            termination_grace_period_seconds: Some(1),
            readiness_gates: Some(vec![PodReadinessGate { condition_type: NEVER.to_owned() }]),
            automount_service_account_token: Some(false),
            enable_service_links: Some(false),
            security_context: Some(PodSecurityContext {
                run_as_non_root: Some(true),
                run_as_user: Some(USER),
                run_as_group: Some(USER),
                seccomp_profile: Some(runtime_default()),
                ..PodSecurityContext::default()
            }),
            image_pull_secrets: some(pull_secrets.iter().map(|name| LocalObjectReference { name: name.clone() }).collect()),
            service_account_name: like.map(|spec| spec.service_account_name.clone()).filter(|name| !name.is_empty()),
            runtime_class_name: like.map(|spec| spec.runtime_class_name.clone()).filter(|name| !name.is_empty()),
            affinity: like.and_then(same_node),
            tolerations: like.and_then(|spec| some(spec.tolerations.iter().map(toleration).collect())),
            dns_policy: like.and_then(|spec| dns_policy(spec.dns_policy)),
            dns_config: like.and_then(|spec| spec.dns_config.as_deref()).map(dns_config),
            host_aliases: like.and_then(|spec| some(spec.host_aliases.iter().map(host_alias).collect())),
            ..PodSpec::default()
        }),
        status: None,
    }
}

/// A container that runs a batch in a pod that is there.
pub fn ephemeral(task: Task<'_>) -> EphemeralContainer {
    EphemeralContainer {
        name: format!("{CONTAINER}-{}", task.batch.nonce),
        image: Some(task.image.name.clone()),
        image_pull_policy: Some(task.image.pull.name().to_owned()),
        command: some(task.command.to_vec()),
        args: Some(task.batch.words()),
        env: environment(task),
        security_context: Some(security()),
        termination_message_policy: Some("File".to_owned()),
        ..EphemeralContainer::default()
    }
}

/// `netstore-probe-x` and the nonce: what follows the last hyphen is never a number, so no StatefulSet takes the pod for one of its own.
fn name(batch: &Batch) -> String {
    format!("{CONTAINER}-x{}", batch.nonce)
}

fn container(task: Task<'_>, lifetime: i64) -> Container {
    let amount = |text: &str| Quantity(text.to_owned());
    let resources: BTreeMap<String, Quantity> = [("cpu".to_owned(), amount("50m")), ("memory".to_owned(), amount("64Mi"))].into();
    Container {
        name: CONTAINER.to_owned(),
        image: Some(task.image.name.clone()),
        image_pull_policy: Some(task.image.pull.name().to_owned()),
        command: some(task.command.to_vec()),
        args: Some(task.batch.words()),
        env: environment(task),
        resources: Some(ResourceRequirements {
            requests: Some(resources.clone()),
            limits: Some(resources),
            ..ResourceRequirements::default()
        }),
        security_context: Some(security()),
        termination_message_policy: Some("File".to_owned()),
        // Some load balancers look at containers instead of the pod. This probe is not made before the pod is gone, and a container
        // is not ready before its first probe.
        readiness_probe: Some(Probe {
            tcp_socket: Some(TCPSocketAction { port: IntOrString::Int(1), ..TCPSocketAction::default() }),
            initial_delay_seconds: Some(i32::try_from(lifetime.saturating_mul(2)).unwrap_or(i32::MAX)),
            ..Probe::default()
        }),
        ..Container::default()
    }
}

/// What restricted Pod Security wants, said of the container, because a pod that is there may say something else. The user is a number:
/// of a name in an image the kubelet cannot tell whether it is root.
fn security() -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), ..Capabilities::default() }),
        privileged: Some(false),
        read_only_root_filesystem: Some(true),
        run_as_non_root: Some(true),
        run_as_user: Some(USER),
        run_as_group: Some(USER),
        seccomp_profile: Some(runtime_default()),
        ..SecurityContext::default()
    }
}

fn runtime_default() -> SeccompProfile {
    SeccompProfile { type_: "RuntimeDefault".to_owned(), ..SeccompProfile::default() }
}

fn environment(task: Task<'_>) -> Option<Vec<EnvVar>> {
    let variable = |(name, value): &(String, String)| EnvVar { name: name.clone(), value: Some(value.clone()), ..EnvVar::default() };
    some(task.environment.iter().map(variable).collect())
}

/// The same node through the scheduler: one that is named in the spec is not asked whether it has room.
fn same_node(spec: &objects::PodSpec) -> Option<Affinity> {
    let requirement = NodeSelectorRequirement {
        key: "metadata.name".to_owned(),
        operator: "In".to_owned(),
        values: Some(vec![Some(spec.node_name.clone()).filter(|name| !name.is_empty())?]),
    };
    let term = NodeSelectorTerm { match_fields: Some(vec![requirement]), ..NodeSelectorTerm::default() };
    let required = Some(NodeSelector { node_selector_terms: vec![term] });
    let node_affinity = NodeAffinity {
        required_during_scheduling_ignored_during_execution: required,
        preferred_during_scheduling_ignored_during_execution: None,
    };
    Some(Affinity { node_affinity: Some(node_affinity), ..Affinity::default() })
}

fn toleration(toleration: &objects::Toleration) -> Toleration {
    let word = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Toleration {
        key: word(&toleration.key),
        operator: word(&toleration.operator),
        value: word(&toleration.value),
        effect: word(&toleration.effect),
        toleration_seconds: None,
    }
}

fn dns_policy(policy: DnsPolicy) -> Option<String> {
    let word = match policy {
        DnsPolicy::ClusterFirst => "ClusterFirst",
        DnsPolicy::ClusterFirstWithHostNet => "ClusterFirstWithHostNet",
        DnsPolicy::Default => "Default",
        DnsPolicy::None => "None",
        DnsPolicy::Invalid => return None,
    };
    Some(word.to_owned())
}

fn dns_config(config: &objects::DnsConfig) -> PodDNSConfig {
    let option = |option: &objects::DnsOption| PodDNSConfigOption {
        name: Some(option.name.clone()),
        value: Some(option.value.clone()).filter(|value| !value.is_empty()),
    };
    PodDNSConfig {
        nameservers: some(config.nameservers.clone()),
        searches: some(config.searches.clone()),
        options: some(config.options.iter().map(option).collect()),
    }
}

fn host_alias(alias: &objects::HostAlias) -> HostAlias {
    HostAlias { ip: alias.ip.clone(), hostnames: some(alias.hostnames.clone()) }
}

fn expiry(now: Timestamp, lifetime: i64) -> String {
    now.checked_add(SignedDuration::from_secs(lifetime)).unwrap_or(now).to_string()
}

fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}
