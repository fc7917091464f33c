//! The configuration that kubeadm gives to kubelets: the ConfigMap `kubelet-config` of kube-system.

use serde::Deserialize;

use crate::inventory::Inventory;

/// What it says about names. A kubelet may have been given something else since.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KubeletConfig {
    /// Addresses of the cluster's servers.
    #[serde(rename = "clusterDNS")]
    pub cluster_dns: Option<Vec<String>>,
    /// The cluster's domain.
    pub cluster_domain: Option<String>,
    /// The file of the node that pods are given.
    pub resolv_conf: Option<String>,
}

impl KubeletConfig {
    /// If it is there and can be read.
    pub fn of(inventory: &Inventory) -> Option<Self> {
        let text = inventory.config_map("kube-system", "kubelet-config")?.text("kubelet")?;
        serde_saphyr::from_str(text).ok()
    }
}
