//! What can be told of the kubelet's `clusterDomain` and `clusterDNS`: no object of the API has them, but others were made to fit them.

use serde::Deserialize;

use crate::inventory::Inventory;
use crate::objects::Service;

/// The domain of nearly every cluster.
const USUAL_DOMAIN: &str = "cluster.local";

/// The kubelet's configuration, as far as it can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// `clusterDomain`; empty if the kubelet has none.
    pub domain: (String, Basis),
    /// `clusterDNS`; none if it cannot be told, empty if the kubelet has none.
    pub servers: Option<(Vec<String>, Basis)>,
}

/// What a value is concluded from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The configuration that kubeadm gives to kubelets: each has a copy of its own, made when its node joined.
    KubeletConfig,
    /// The address of the Service before the cluster's servers.
    Service,
    /// The zone of the plugin `kubernetes` in the Corefile.
    Corefile,
    /// Nothing: it is what nearly every cluster has.
    Usual,
}

/// What the kubelet's configuration says about names.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct KubeletConfig {
    #[serde(rename = "clusterDNS")]
    cluster_dns: Option<Vec<String>>,
    cluster_domain: Option<String>,
    resolv_conf: Option<String>,
}

impl KubeletConfig {
    /// That of kubeadm; empty if it was not read, or cannot be.
    fn of(inventory: &Inventory) -> Self {
        let text = inventory.config_map("kube-system", "kubelet-config").and_then(|map| map.text("kubelet"));
        text.and_then(|text| serde_saphyr::from_str(text).ok()).unwrap_or_default()
    }
}

impl Cluster {
    /// From the kubelets' configuration if kubeadm left one; else from the Service of the cluster's servers, and from the zone in their
    /// Corefile if that could be read.
    pub fn of(inventory: &Inventory, zone: Option<&str>) -> Self {
        let KubeletConfig { cluster_dns, cluster_domain, .. } = KubeletConfig::of(inventory);
        let configured = cluster_domain.filter(|domain| !domain.is_empty()).map(|domain| (domain, Basis::KubeletConfig));
        let domain = configured.or_else(|| zone.map(|zone| (zone.to_owned(), Basis::Corefile)));
        let configured = cluster_dns.filter(|servers| !servers.is_empty()).map(|servers| (servers, Basis::KubeletConfig));
        let address = || service(inventory).map(|service| (vec![service.spec.cluster_ip.clone()], Basis::Service));
        Self { domain: domain.unwrap_or_else(|| (USUAL_DOMAIN.to_owned(), Basis::Usual)), servers: configured.or_else(address) }
    }
}

/// The file of nodes that their pods get, as far as it can be told: where systemd-resolved runs, kubeadm names its file.
pub fn node_file(inventory: &Inventory) -> Option<String> {
    KubeletConfig::of(inventory).resolv_conf.filter(|path| !path.is_empty())
}

/// The Service before the cluster's servers: `kube-dns` whatever answers behind it, else another one with its label.
pub fn service(inventory: &Inventory) -> Option<&Service> {
    let has_address = |service: &&Service| !matches!(service.spec.cluster_ip.as_str(), "" | "None");
    let labelled =
        |service: &&Service| service.metadata.namespace == "kube-system" && service.metadata.labels.get("k8s-app") == Some("kube-dns");
    let named = inventory.service("kube-system", "kube-dns").filter(has_address);
    named.or_else(|| inventory.objects.services.iter().find(|service| labelled(service) && has_address(service)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Collected;
    use crate::objects::{Keyed, Objects};

    fn told(services: &str, kubelet: Option<&str>, zone: Option<&str>) -> (String, Basis, Option<(Vec<String>, Basis)>) {
        let services: Vec<Service> = serde_saphyr::from_str(services).unwrap();
        let map = |text: &str| {
            let map = serde_json::json!({"metadata": {"namespace": "kube-system", "name": "kubelet-config"}, "data": {"kubelet": text}});
            Keyed::config_map(&map).unwrap()
        };
        let objects = Objects { services, config_maps: kubelet.map(map).into_iter().collect(), ..Objects::default() };
        let cluster = Cluster::of(&Inventory::build(Collected { objects, ..Collected::default() }), zone);
        (cluster.domain.0, cluster.domain.1, cluster.servers)
    }

    #[test]
    fn the_domain_is_that_of_the_kubelets_then_that_of_the_corefile_and_else_the_usual_one() {
        for (kubelet, zone, domain, basis) in [
            (Some("clusterDomain: kube.example"), Some("corp.example"), "kube.example", Basis::KubeletConfig),
            (Some("clusterDomain: ''"), Some("corp.example"), "corp.example", Basis::Corefile),
            (Some("}"), Some("corp.example"), "corp.example", Basis::Corefile),
            (None, None, "cluster.local", Basis::Usual),
        ] {
            assert_eq!(told("[]", kubelet, zone), (domain.to_owned(), basis, None), "{kubelet:?} {zone:?}");
        }
    }

    #[test]
    fn the_server_is_that_of_the_kubelets_and_else_the_address_of_the_service() {
        let service = |name: &str, address: &str| {
            format!("{{metadata: {{namespace: kube-system, name: {name}, labels: {{k8s-app: kube-dns}}}}, spec: {{clusterIP: {address}}}}}")
        };
        let one = |address: &str, basis| Some((vec![address.to_owned()], basis));
        let kubelet = Some("apiVersion: kubelet.config.k8s.io/v1beta1\nclusterDNS:\n- 169.254.20.10\n");
        let two = format!("[{}, {}]", service("a", "10.96.0.11"), service("kube-dns", "10.96.0.10"));
        for (services, kubelet, wanted) in [
            (two.clone(), None, one("10.96.0.10", Basis::Service)),
            (two, kubelet, one("169.254.20.10", Basis::KubeletConfig)),
            (format!("[{}, {}]", service("a", "None"), service("rke2-coredns", "10.43.0.10")), None, one("10.43.0.10", Basis::Service)),
            ("[{metadata: {namespace: kube-system, name: other}, spec: {clusterIP: 10.96.0.10}}]".to_owned(), None, None),
        ] {
            assert_eq!(told(&services, kubelet, None).2, wanted, "{services}");
        }
    }
}
