//! What decides on which nodes a pod may run: taints and tolerations, node affinity.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};

use super::meta::null_default;
use super::{Labels, NodeSelector};

/// A taint of a node.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Taint {
    /// Key.
    #[serde(deserialize_with = "null_default")]
    pub key: String,
    /// Value.
    #[serde(deserialize_with = "null_default")]
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    #[serde(deserialize_with = "null_default")]
    pub effect: String,
}

/// A toleration of a pod.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Toleration {
    /// Key; empty with `Exists`: every key.
    #[serde(deserialize_with = "null_default")]
    pub key: String,
    /// `Equal` (also if empty) or `Exists`.
    #[serde(deserialize_with = "null_default")]
    pub operator: String,
    /// Value.
    #[serde(deserialize_with = "null_default")]
    pub value: String,
    /// Effect; empty: every effect.
    #[serde(deserialize_with = "null_default")]
    pub effect: String,
}

impl Taint {
    /// Whether it keeps pods without a toleration away.
    pub fn repels(&self) -> bool {
        matches!(self.effect.as_str(), "NoSchedule" | "NoExecute")
    }
}

impl Toleration {
    /// Whether the taint does not matter to the pod.
    pub fn tolerates(&self, taint: &Taint) -> bool {
        let effect = self.effect.is_empty() || self.effect == taint.effect;
        let key = (self.key.is_empty() && self.operator == "Exists") || self.key == taint.key;
        let value = match self.operator.as_str() {
            "Exists" => true,
            "" | "Equal" => self.value == taint.value,
            _ => false,
        };
        effect && key && value
    }
}

/// Without the two tolerations every pod is given: the taints they are about come with others that they do not cover.
pub(super) fn own_tolerations<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Toleration>, D::Error> {
    let mut all: Vec<Toleration> = null_default(d)?;
    let given = |t: &Toleration| {
        t.effect == "NoExecute" && matches!(t.key.as_str(), "node.kubernetes.io/not-ready" | "node.kubernetes.io/unreachable")
    };
    all.retain(|toleration| !given(toleration));
    all.shrink_to_fit();
    Ok(all)
}

/// `spec.affinity` of a pod: what it says of nodes, and whether it looks at pods of other namespaces.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Affinity {
    /// About nodes.
    pub node_affinity: Option<PodNodeAffinity>,
    /// Whether it wants to be near pods of other namespaces.
    #[serde(rename = "podAffinity", deserialize_with = "across_namespaces")]
    pub near_other_namespaces: bool,
    /// Whether it wants to be away from pods of other namespaces.
    #[serde(rename = "podAntiAffinity", deserialize_with = "across_namespaces")]
    pub away_from_other_namespaces: bool,
}

/// Whether a term of an affinity to pods names namespaces, or selects them: all that is kept of it.
fn across_namespaces<'de, D: Deserializer<'de>>(d: D) -> Result<bool, D::Error> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Terms {
        #[serde(deserialize_with = "null_default")]
        required_during_scheduling_ignored_during_execution: Vec<Term>,
        #[serde(deserialize_with = "null_default")]
        preferred_during_scheduling_ignored_during_execution: Vec<Weighted>,
    }
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Weighted {
        #[serde(deserialize_with = "null_default")]
        pod_affinity_term: Term,
    }
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Term {
        #[serde(deserialize_with = "null_default")]
        namespaces: Vec<IgnoredAny>,
        namespace_selector: Option<IgnoredAny>,
    }
    let terms: Terms = null_default(d)?;
    let across = |term: &Term| !term.namespaces.is_empty() || term.namespace_selector.is_some();
    let preferred = terms.preferred_during_scheduling_ignored_during_execution;
    Ok(terms.required_during_scheduling_ignored_during_execution.iter().any(across)
        || preferred.iter().any(|weighted| across(&weighted.pod_affinity_term)))
}

/// `spec.affinity.nodeAffinity` of a pod.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodNodeAffinity {
    /// What must hold.
    pub required_during_scheduling_ignored_during_execution: Option<NodeSelector>,
}

/// A scheduling gate.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SchedulingGate {
    /// Name.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
}

/// A volume as a container uses it.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeUse {
    /// Name of the pod's volume.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
    /// Where it is put, if it is a filesystem.
    #[serde(deserialize_with = "null_default")]
    pub mount_path: String,
}

impl super::PodSpec {
    /// Whether the pod may run on a node, as far as the node's taints and the pod's wishes say; else why not.
    pub fn refuses(&self, node: &super::Node) -> Option<String> {
        if node.spec.unschedulable {
            return Some("it is cordoned (spec.unschedulable)".to_owned());
        }
        let repelled = |taint: &&Taint| taint.repels() && !self.tolerations.iter().any(|t| t.tolerates(taint));
        if let Some(taint) = node.spec.taints.iter().find(repelled) {
            return Some(format!("taint {}{}{}:{}", taint.key, if taint.value.is_empty() { "" } else { "=" }, taint.value, taint.effect));
        }
        let labels: &Labels = &node.metadata.labels;
        if let Some((key, value)) = self.node_selector.iter().find(|(key, value)| labels.get(key) != Some(value)) {
            return Some(format!("the pod's nodeSelector wants {key}={value}"));
        }
        let required = self.affinity.as_ref().and_then(|a| a.node_affinity.as_ref());
        let required = required.and_then(|a| a.required_during_scheduling_ignored_during_execution.as_ref());
        match required {
            Some(required) if !required.matches(&node.metadata.name, labels) => {
                Some(format!("the pod's node affinity wants {}", required.describe()))
            }
            _ => None,
        }
    }
}
