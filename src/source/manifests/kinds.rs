//! What kind of thing a document is: read, a policy we cannot evaluate, an old version, or none of our business.

use crate::objects::Resource;

/// What an `apiVersion` and `kind` mean to us.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A kind we read.
    Read(Resource),
    /// A kind that can change the answer and is not evaluated.
    Policy,
    /// One of our kinds under a version Kubernetes does not serve.
    NotServed {
        /// The version that is served.
        served: String,
        /// The release that dropped the other one, if there ever was one.
        since: Option<&'static str>,
    },
    /// No kind of its group, but nearly one of ours.
    Misspelt(&'static str),
    /// Anything else.
    Other,
}

/// (group, kind) of policies that are not evaluated; those of `policy.networking.k8s.io` in versions nobody knows yet.
const POLICIES: [(&str, &str); 13] = [
    ("policy.networking.k8s.io", "AdminNetworkPolicy"),
    ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"),
    ("policy.networking.k8s.io", "ClusterNetworkPolicy"),
    ("cilium.io", "CiliumNetworkPolicy"),
    ("cilium.io", "CiliumClusterwideNetworkPolicy"),
    ("projectcalico.org", "NetworkPolicy"),
    ("projectcalico.org", "GlobalNetworkPolicy"),
    ("projectcalico.org", "StagedNetworkPolicy"),
    ("crd.projectcalico.org", "NetworkPolicy"),
    ("crd.projectcalico.org", "GlobalNetworkPolicy"),
    ("crd.antrea.io", "NetworkPolicy"),
    ("crd.antrea.io", "ClusterNetworkPolicy"),
    ("networking.aws", "ApplicationNetworkPolicy"),
];

/// (version, kind, release that stopped serving it), from the deprecated API migration guide.
const DROPPED: [(&str, &str, &str); 11] = [
    ("extensions/v1beta1", "NetworkPolicy", "1.16"),
    ("extensions/v1beta1", "Deployment", "1.16"),
    ("extensions/v1beta1", "DaemonSet", "1.16"),
    ("extensions/v1beta1", "ReplicaSet", "1.16"),
    ("apps/v1beta1", "Deployment", "1.16"),
    ("apps/v1beta1", "StatefulSet", "1.16"),
    ("apps/v1beta2", "Deployment", "1.16"),
    ("apps/v1beta2", "StatefulSet", "1.16"),
    ("apps/v1beta2", "DaemonSet", "1.16"),
    ("apps/v1beta2", "ReplicaSet", "1.16"),
    ("batch/v1beta1", "CronJob", "1.25"),
];

/// Kinds of the same groups that are not ours but resemble ours.
const LOOKALIKES: [&str; 2] = ["EndpointSlices", "PodTemplate"];

/// Recognises a kind.
pub(super) fn classify(api_version: &str, kind: &str) -> Kind {
    if let Some(resource) = Resource::of(api_version, kind) {
        return Kind::Read(resource);
    }
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    if POLICIES.contains(&(group, kind)) {
        return Kind::Policy;
    }
    let ours = Resource::ALL.into_iter().filter(|r| !matches!(r, Resource::ConfigMaps | Resource::Secrets));
    if !is_builtin(group) {
        return Kind::Other;
    }
    if let Some(resource) = ours.clone().find(|r| r.kind() == kind) {
        let since = DROPPED.iter().find(|(v, k, _)| *v == api_version && *k == kind).map(|(.., since)| *since);
        return Kind::NotServed { served: resource.api_version(), since };
    }
    if LOOKALIKES.contains(&kind) {
        return Kind::Other;
    }
    let near = |meant: &str| kind.eq_ignore_ascii_case(meant) || (meant.len() > 4 && strsim::osa_distance(kind, meant) <= 2);
    ours.map(Resource::kind).find(|meant| near(meant)).map_or(Kind::Other, Kind::Misspelt)
}

/// Kubernetes' own groups: custom resources have a domain of someone else's in theirs.
fn is_builtin(group: &str) -> bool {
    matches!(
        group,
        "" | "apps" | "batch" | "extensions" | "networking.k8s.io" | "discovery.k8s.io" | "storage.k8s.io" | "coordination.k8s.io"
    )
}

/// `Kind.group`, as kubectl writes kinds; just the kind in the core group.
pub(super) fn qualified(api_version: &str, kind: &str) -> String {
    api_version.split_once('/').map_or_else(|| kind.to_owned(), |(group, _)| format!("{kind}.{group}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart() {
        let not_served = |served: &str, since| Kind::NotServed { served: served.to_owned(), since };
        for (api_version, kind, want) in [
            ("v1", "Pod", Kind::Read(Resource::Pods)),
            ("networking.k8s.io/v1", "NetworkPolicy", Kind::Read(Resource::NetworkPolicies)),
            ("extensions/v1beta1", "NetworkPolicy", not_served("networking.k8s.io/v1", Some("1.16"))),
            ("v1", "NetworkPolicy", not_served("networking.k8s.io/v1", None)),
            ("v1", "Deployment", not_served("apps/v1", None)),
            ("projectcalico.org/v3", "NetworkPolicy", Kind::Policy),
            ("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy", Kind::Read(Resource::AdminNetworkPolicies)),
            ("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy", Kind::Read(Resource::ClusterNetworkPolicies)),
            ("policy.networking.k8s.io/v1beta1", "ClusterNetworkPolicy", Kind::Policy),
            ("cilium.io/v2", "CiliumNetworkPolicy", Kind::Policy),
            ("networking.k8s.io/v1", "networkpolicy", Kind::Misspelt("NetworkPolicy")),
            ("networking.k8s.io/v1", "NetworkPolcy", Kind::Misspelt("NetworkPolicy")),
            ("apps/v1", "Deploment", Kind::Misspelt("Deployment")),
            ("serving.knative.dev/v1", "Service", Kind::Other),
            ("v1", "ConfigMap", Kind::Read(Resource::ConfigMaps)),
            ("v1", "ServiceAccount", Kind::Other),
            ("networking.k8s.io/v1", "Ingress", Kind::Other),
            ("v1", "Node", Kind::Read(Resource::Nodes)),
        ] {
            assert_eq!(classify(api_version, kind), want, "{api_version} {kind}");
        }
        assert_eq!(qualified("v1", "Pod"), "Pod");
        assert_eq!(qualified("apps/v1", "Deployment"), "Deployment.apps");
    }
}
