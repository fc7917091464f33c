//! Policies that cannot be decoded: each was still meant for some pods, and what holds for these is open, not allowed.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::objects::{
    ClusterPolicy, ClusterPolicyKind, ClusterRule, ClusterSubject, Meta, NetworkPolicy, NetworkPolicySpec, Resource, Rule,
};
use crate::report::ObjectRef;

fn part<T: DeserializeOwned>(value: &Value, field: &str) -> Result<T, serde_json::Error> {
    serde_json::from_value(value.get("spec").and_then(|spec| spec.get(field)).cloned().unwrap_or_default())
}

fn is_there(value: &Value, field: &str) -> bool {
    value.get("spec").and_then(|spec| spec.get(field)).is_some_and(|part| !part.is_null())
}

/// What stands for a NetworkPolicy, as far as it could be read whom it was meant for.
pub(super) fn policy(value: &Value, subject: &ObjectRef) -> NetworkPolicy {
    let spec = NetworkPolicySpec {
        pod_selector: part(value, "podSelector").unwrap_or_default(),
        policy_types: match part::<Option<Vec<String>>>(value, "policyTypes") {
            Ok(types) => types.unwrap_or_default(),
            // Types that cannot be read may have been meant for either direction.
            Err(_) => ["Ingress", "Egress"].map(str::to_owned).to_vec(),
        },
        // That there are egress rules is what matters where there are no types.
        egress: if is_there(value, "egress") { vec![Rule::default()] } else { Vec::new() },
        ..NetworkPolicySpec::default()
    };
    let metadata = Meta { name: subject.name.clone(), namespace: subject.namespace.clone(), ..Meta::default() };
    NetworkPolicy { metadata, spec, undecodable: true }
}

/// Whom it was meant for, as far as that can be read.
fn subject_of(kind: ClusterPolicyKind, value: &Value) -> ClusterSubject {
    let subject = value.get("spec").and_then(|spec| spec.get("subject")).cloned().unwrap_or_default();
    let alone = ClusterPolicy::decode(kind, serde_json::json!({"spec": {"subject": subject}}));
    alone.map_or(ClusterSubject::Unreadable, |policy| policy.subject)
}

/// What stands for a cluster-wide policy: for whomever it was meant, anything may happen in the directions it has rules for.
pub(super) fn cluster_policy(resource: Resource, value: &Value, subject: &ObjectRef) -> Option<ClusterPolicy> {
    let kind = match resource {
        Resource::AdminNetworkPolicies => ClusterPolicyKind::Admin,
        Resource::BaselineAdminNetworkPolicies => ClusterPolicyKind::Baseline,
        Resource::ClusterNetworkPolicies => ClusterPolicyKind::Cluster,
        _ => return None,
    };
    let rules = |field: &str| if is_there(value, field) { vec![ClusterRule::default()] } else { Vec::new() };
    Some(ClusterPolicy {
        kind,
        metadata: Meta { name: subject.name.clone(), ..Meta::default() },
        tier: part::<Option<String>>(value, "tier").ok().flatten().unwrap_or_default(),
        priority: part(value, "priority").ok().flatten(),
        subject: subject_of(kind, value),
        ingress: rules("ingress"),
        egress: rules("egress"),
        undecodable: true,
    })
}
