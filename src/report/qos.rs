//! The answer to «which class is this pod of, and why».

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use super::qos_patch::Patch;

/// Pods, what they are of, and why.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Qos {
    /// The pods the question was about, and what templates will make; by namespace and name.
    pub pods: Vec<PodQos>,
}

/// A class of pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub enum Class {
    /// Requests equal limits, for cpu and memory, in every container.
    Guaranteed,
    /// Something between.
    Burstable,
    /// No container has a request or a limit.
    BestEffort,
}

/// A pod, or what a template will make.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodQos {
    /// `Pod`, or the kind of the template.
    pub kind: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Whether this is what will be, because no API server has made it yet.
    pub predicted: bool,
    /// The class: that of the status where there is one; null: not to be told.
    pub class: Option<Class>,
    /// The class computed from the spec; null: not to be told.
    pub computed_class: Option<Class>,
    /// What decides it.
    pub decided_by: Decision,
    /// Kinds that could not be read and on which the class depends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
    /// Its node; null: none yet.
    pub node: Option<String>,
    /// Its priority; null: not resolved yet.
    pub priority: Option<i32>,
    /// Whether no kubelet evicts it.
    pub critical: bool,
    /// What the scheduler counts, by resource: sidecars, the largest init container, pod-level resources, a resize under way and overhead.
    pub effective_requests: ByResource<String>,
    /// Its limits, added up the same way.
    pub effective_limits: ByResource<String>,
    /// What running it takes beside its containers; counted above.
    #[serde(skip_serializing_if = "ByResource::is_empty")]
    pub overhead: ByResource<String>,
    /// Resources of the pod as a whole, by resource; null: it has none.
    pub pod_resources: Option<ByResource<NumberPair>>,
    /// Init containers and sidecars in their order, then the others.
    pub containers: Vec<ContainerQos>,
    /// What may be changed while it runs.
    pub resize: Resize,
    /// The smallest change that gives the wanted class; null: none was asked for.
    pub patch: Option<Patch>,
}

/// Something for each resource, by name: a map that takes little room, since there are thousands of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByResource<T>(Vec<(Cow<'static, str>, T)>);

impl<T> Default for ByResource<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ByResource<T> {
    /// That of a resource.
    pub fn get(&self, resource: &str) -> Option<&T> {
        self.iter().find(|(name, _)| *name == resource).map(|(_, value)| value)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> FromIterator<(Cow<'static, str>, T)> for ByResource<T> {
    fn from_iter<I: IntoIterator<Item = (Cow<'static, str>, T)>>(entries: I) -> Self {
        let sorted: BTreeMap<Cow<'static, str>, T> = entries.into_iter().collect();
        Self(sorted.into_iter().collect())
    }
}

impl<T: Serialize> Serialize for ByResource<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<T: JsonSchema> JsonSchema for ByResource<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        BTreeMap::<String, T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeMap::<String, T>::json_schema(generator)
    }
}

/// What decides a class.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Decision {
    /// The container; null: all of them, or the pod as a whole.
    pub container: Option<String>,
    /// The resource; null: both.
    pub resource: Option<String>,
    /// A sentence without its subject's class.
    pub reason: String,
}

/// What a container is to its pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ContainerType {
    /// It is why the pod is there.
    Container,
    /// An init container that stays.
    Sidecar,
    /// An init container that ends before the others start.
    Init,
}

/// A container.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContainerQos {
    /// Name.
    pub name: String,
    /// What it is.
    #[serde(rename = "type")]
    pub role: ContainerType,
    /// The class a pod of this container alone would have; null: its numbers cannot be read.
    pub class: Option<Class>,
    /// Numbers by resource; cpu and memory are always there.
    pub resources: ByResource<NumberPair>,
    /// `oom_score_adj` of its processes; null: a Burstable one without a node that could be read.
    pub oom_score_adj: Option<i64>,
    /// CPUs for itself where the kubelet's CPU manager policy is `static`; null: not to be told.
    pub exclusive_cpus: Option<i64>,
}

/// A request and a limit, and where they come from.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NumberPair {
    /// The request; null: none.
    pub request: Option<String>,
    /// The limit; null: none.
    pub limit: Option<String>,
    /// Where the request comes from.
    pub request_source: Option<NumberSource>,
    /// Where the limit comes from.
    pub limit_source: Option<NumberSource>,
}

/// Where a number comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NumberSource {
    /// Who states it.
    pub from: SourceKind,
    /// Name of the LimitRange, if it can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// LimitRanges each of which would give the number, where it cannot be told which one did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub possible: Vec<String>,
}

/// Who states a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SourceKind {
    /// The spec of the pod or its template.
    Spec,
    /// The API server: where there is no request, it is the limit.
    Limit,
    /// The API server: what the containers take together.
    Containers,
    /// A LimitRange.
    LimitRange,
    /// A webhook that added the container.
    Webhook,
    /// Somebody after the template: a webhook, a resize, or an older template.
    Changed,
}

/// What may be changed while a pod runs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Resize {
    /// Whether anything may.
    pub allowed: bool,
    /// What may, in words.
    pub rule: String,
}
