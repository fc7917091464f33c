//! The configuration that kubeadm gives to kubelets: the ConfigMap `kubelet-config` of kube-system.

use serde::{Deserialize, Serialize};

use crate::inventory::Inventory;

/// What it says about names. A kubelet may have been given something else since.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
        Self::read(inventory.config_map("kube-system", "kubelet-config")?.text("kubelet")?)
    }

    fn read(text: &str) -> Option<Self> {
        serde_saphyr::from_str(text).ok()
    }

    /// The text with what is read of it and nothing else; empty if it cannot be read.
    pub fn nothing_else(text: &str) -> String {
        Self::read(text).and_then(|config| serde_json::to_string(&config).ok()).unwrap_or_default()
    }
}
