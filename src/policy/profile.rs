//! What differs between the network plugins that enforce NetworkPolicy.

use crate::inventory::Inventory;
use crate::objects::{Resource, Truth};

/// A network plugin, as far as verdicts depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cni {
    /// The reading of Kubernetes' own end-to-end tests: ipBlock matches pod addresses.
    #[default]
    Upstream,
    /// The strict text of the API: ipBlock is meant for addresses outside the cluster.
    Spec,
    /// Cilium: ipBlock never matches pods.
    Cilium,
    /// Calico.
    Calico,
    /// Antrea.
    Antrea,
    /// OVN-Kubernetes, OpenShift.
    OvnKubernetes,
    /// AWS VPC CNI with its network policy agent.
    AwsVpcCni,
    /// kube-router.
    KubeRouter,
    /// kube-network-policies (also in kindnet).
    KubeNetworkPolicies,
    /// A plugin that does not enforce NetworkPolicy.
    None,
}

/// Whether an ipBlock matches the addresses of pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlocksMatchPods {
    /// As any other address.
    Yes,
    /// Never.
    No,
    /// The documentation leaves it open.
    Undefined,
}

impl Cni {
    /// Every plugin with the name `--cni` knows it by.
    pub const NAMES: [(&'static str, Self); 10] = [
        ("upstream", Self::Upstream),
        ("spec", Self::Spec),
        ("cilium", Self::Cilium),
        ("calico", Self::Calico),
        ("antrea", Self::Antrea),
        ("ovn-kubernetes", Self::OvnKubernetes),
        ("aws-vpc-cni", Self::AwsVpcCni),
        ("kube-router", Self::KubeRouter),
        ("kube-network-policies", Self::KubeNetworkPolicies),
        ("none", Self::None),
    ];

    /// Name as in `--cni`.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, cni)| *cni == self).map_or("upstream", |(name, _)| *name)
    }

    /// The plugin of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, cni)| *cni)
    }

    /// Rule 22: ipBlock against pod addresses.
    pub fn blocks_match_pods(self) -> BlocksMatchPods {
        match self {
            Self::Cilium => BlocksMatchPods::No,
            Self::Spec => BlocksMatchPods::Undefined,
            _ => BlocksMatchPods::Yes,
        }
    }

    /// Rule 19: whether a port name that only a sidecar declares is found.
    ///
    /// kube-network-policies 1.1.1 looks at ordinary containers only (`api.NewPodInfo`), and packets confirm it (tests/truth).
    pub fn finds_sidecar_ports(self) -> Truth {
        match self {
            Self::KubeNetworkPolicies => Truth::No,
            _ => Truth::Unknown,
        }
    }

    /// Rule 40: whether policies have any effect.
    pub fn enforces(self) -> bool {
        self != Self::None
    }
}

/// What kube-system shows of the network plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognised {
    /// A plugin that enforces NetworkPolicy.
    Enforces(Cni),
    /// A plugin known not to enforce NetworkPolicy.
    DoesNotEnforce(&'static str),
    /// Pods of kube-system were read, none is of a plugin we know.
    Unrecognised,
    /// The pods of kube-system could not be read, or the objects are manifests.
    NotVisible,
}

/// Workloads by which plugins show, by the beginning of their names.
const SIGNS: [(&str, Recognised); 17] = [
    // Canal runs flannel for the network and Calico for policies: Calico's sign comes first.
    ("canal", Recognised::Enforces(Cni::Calico)),
    ("calico-node", Recognised::Enforces(Cni::Calico)),
    ("cilium", Recognised::Enforces(Cni::Cilium)),
    ("antrea-agent", Recognised::Enforces(Cni::Antrea)),
    ("kube-router", Recognised::Enforces(Cni::KubeRouter)),
    ("ovnkube-node", Recognised::Enforces(Cni::OvnKubernetes)),
    ("ovnkube", Recognised::Enforces(Cni::OvnKubernetes)),
    ("kube-ovn-cni", Recognised::Enforces(Cni::Upstream)),
    ("weave-net", Recognised::Enforces(Cni::Upstream)),
    ("azure-npm", Recognised::Enforces(Cni::Upstream)),
    ("kube-network-policies", Recognised::Enforces(Cni::KubeNetworkPolicies)),
    // kindnet carries kube-network-policies since 2024.
    ("kindnet", Recognised::Enforces(Cni::KubeNetworkPolicies)),
    ("aws-node", Recognised::Enforces(Cni::AwsVpcCni)),
    ("anetd", Recognised::Enforces(Cni::Cilium)),
    ("terway", Recognised::Enforces(Cni::Upstream)),
    ("kube-flannel", Recognised::DoesNotEnforce("flannel")),
    ("flannel", Recognised::DoesNotEnforce("flannel")),
];

/// Namespaces plugins run in.
const SYSTEM_NAMESPACES: [&str; 8] = [
    "kube-system",
    "calico-system",
    "kube-flannel",
    "cilium",
    "openshift-ovn-kubernetes",
    "ovn-kubernetes",
    "antrea-system",
    "kube-router",
];

/// Recognises the network plugin from the workloads of the system namespaces.
pub fn recognise(inventory: &Inventory) -> Recognised {
    let system = || inventory.groups.iter().filter(|g| SYSTEM_NAMESPACES.contains(&g.namespace.as_str()));
    let found = SIGNS.iter().find(|(sign, _)| system().any(|g| g.kind.name() == "DaemonSet" && g.name.starts_with(sign)));
    if let Some((_, recognised)) = found {
        return *recognised;
    }
    let visible =
        inventory.origin != crate::inventory::Origin::Manifests && inventory.coverage.is_complete(Resource::Pods, Some("kube-system"));
    if visible { Recognised::Unrecognised } else { Recognised::NotVisible }
}
