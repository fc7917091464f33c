//! Node selectors: where a volume can be used and where a pod wants to run.
//!
//! Source: `k8s.io/component-helpers/scheduling/corev1/nodeaffinity`. A term that Kubernetes cannot read matches no node.

use serde::Deserialize;

use super::meta::null_default;
use super::{Labels, Requirement};

/// A `NodeSelector`: one of its terms must hold; without terms none does.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSelector {
    /// Alternatives.
    #[serde(deserialize_with = "null_default")]
    pub node_selector_terms: Vec<NodeSelectorTerm>,
}

/// All its requirements must hold; a term without any matches nothing.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSelectorTerm {
    /// About labels.
    #[serde(deserialize_with = "null_default")]
    pub match_expressions: Vec<Requirement>,
    /// About `metadata.name`.
    #[serde(deserialize_with = "null_default")]
    pub match_fields: Vec<Requirement>,
}

impl NodeSelector {
    /// Whether a node of this name and with these labels is meant. Affinity of volumes is evaluated without a name.
    pub fn matches(&self, name: &str, labels: &Labels) -> bool {
        self.node_selector_terms.iter().any(|term| term.matches(name, labels))
    }

    /// As people read it: `zone in (a,b) and disk in (ssd), or zone in (c)`.
    pub fn describe(&self) -> String {
        if self.node_selector_terms.is_empty() {
            return "no node".to_owned();
        }
        self.node_selector_terms.iter().map(NodeSelectorTerm::describe).collect::<Vec<_>>().join(", or ")
    }
}

impl NodeSelectorTerm {
    fn matches(&self, name: &str, labels: &Labels) -> bool {
        let some = !(self.match_expressions.is_empty() && self.match_fields.is_empty());
        some && self.match_expressions.iter().all(|r| holds(r, labels)) && self.match_fields.iter().all(|r| field_holds(r, name))
    }

    fn describe(&self) -> String {
        let requirement = |r: &Requirement| {
            let values = r.values.join(",");
            match r.operator.as_str() {
                "In" => format!("{} in ({values})", r.key),
                "NotIn" => format!("{} not in ({values})", r.key),
                "Exists" => r.key.clone(),
                "DoesNotExist" => format!("no {}", r.key),
                "Gt" => format!("{} > {values}", r.key),
                "Lt" => format!("{} < {values}", r.key),
                other => format!("{} {other} ({values})", r.key),
            }
        };
        let all: Vec<String> = self.match_expressions.iter().chain(&self.match_fields).map(requirement).collect();
        if all.is_empty() { "no node".to_owned() } else { all.join(" and ") }
    }
}

fn holds(requirement: &Requirement, labels: &Labels) -> bool {
    let value = labels.get(&requirement.key);
    let listed = |value: &str| requirement.values.iter().any(|v| v == value);
    let numbers = || match requirement.values.as_slice() {
        [bound] => Some((value?.parse::<i64>().ok()?, bound.parse::<i64>().ok()?)),
        _ => None,
    };
    match requirement.operator.as_str() {
        "In" => value.is_some_and(listed),
        "NotIn" => !requirement.values.is_empty() && !value.is_some_and(listed),
        "Exists" => requirement.values.is_empty() && value.is_some(),
        "DoesNotExist" => requirement.values.is_empty() && value.is_none(),
        "Gt" => numbers().is_some_and(|(have, bound)| have > bound),
        "Lt" => numbers().is_some_and(|(have, bound)| have < bound),
        _ => false,
    }
}

fn field_holds(requirement: &Requirement, name: &str) -> bool {
    let [value] = requirement.values.as_slice() else { return false };
    let have = if requirement.key == "metadata.name" { name } else { "" };
    match requirement.operator.as_str() {
        "In" => have == value,
        "NotIn" => have != value,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selector(json: serde_json::Value) -> NodeSelector {
        serde_json::from_value(json).expect("a selector")
    }

    #[test]
    fn terms_are_alternatives_and_empty_ones_match_nothing() {
        let labels = Labels::from_iter([("zone", "a"), ("cpus", "8"), ("odd", "x")]);
        let one =
            |r: serde_json::Value| selector(serde_json::json!({"nodeSelectorTerms": [{"matchExpressions": [r]}]})).matches("n", &labels);
        let r = |key: &str, operator: &str, values: &[&str]| serde_json::json!({"key": key, "operator": operator, "values": values});
        for (requirement, holds) in [
            (r("zone", "In", &["a", "b"]), true),
            (r("zone", "In", &[]), false),
            (r("zone", "NotIn", &["b"]), true),
            (r("none", "NotIn", &["b"]), true),
            (r("zone", "NotIn", &[]), false),
            (r("zone", "Exists", &[]), true),
            (r("zone", "Exists", &["a"]), false),
            (r("none", "DoesNotExist", &[]), true),
            (r("zone", "DoesNotExist", &[]), false),
            (r("cpus", "Gt", &["7"]), true),
            (r("cpus", "Gt", &["8"]), false),
            (r("cpus", "Lt", &["9"]), true),
            (r("odd", "Lt", &["9"]), false),
            (r("none", "Gt", &["1"]), false),
            (r("cpus", "Gt", &["1", "2"]), false),
            (r("zone", "Equals", &["a"]), false),
        ] {
            assert_eq!(one(requirement.clone()), holds, "{requirement}");
        }
        assert!(!selector(serde_json::json!({})).matches("n", &labels));
        assert!(!selector(serde_json::json!({"nodeSelectorTerms": [{}]})).matches("n", &labels));
        let either = serde_json::json!({"nodeSelectorTerms": [
            {"matchExpressions": [r("zone", "In", &["z"])]}, {"matchFields": [r("metadata.name", "In", &["n"])]}]});
        assert!(selector(either.clone()).matches("n", &labels));
        assert!(!selector(either.clone()).matches("", &labels));
        assert_eq!(selector(either).describe(), "zone in (z), or metadata.name in (n)");
    }
}
