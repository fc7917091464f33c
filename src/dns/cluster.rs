//! What can be told of the kubelet's `clusterDomain` and `clusterDNS`: no object of the API has them, but others were made to fit them.

use super::configuration::Configuration;
use super::corefile;
use super::kubelet::KubeletConfig;
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
    /// The address of the Service before the cluster's servers.
    Service,
    /// The configuration that kubeadm gives to kubelets.
    KubeletConfig,
    /// The zone of the plugin `kubernetes` in the Corefile.
    Corefile,
    /// Nothing: it is what nearly every cluster has.
    Usual,
}

impl Cluster {
    /// From what kubeadm gave to kubelets, else from the Service of the cluster's servers and from their Corefile.
    pub fn of(inventory: &Inventory) -> Self {
        let kubelet = KubeletConfig::of(inventory).unwrap_or_default();
        let corefile = || Configuration::of(inventory).ok()?.corefile.ok();
        let zone = || corefile().and_then(|corefile| corefile::kubernetes_zones(&corefile.blocks).into_iter().next());
        let domain = kubelet.cluster_domain.map(|domain| (domain, Basis::KubeletConfig));
        let servers = kubelet.cluster_dns.map(|servers| (servers, Basis::KubeletConfig));
        let address = || service(inventory).map(|service| (vec![service.spec.cluster_ip.clone()], Basis::Service));
        Self {
            domain: domain
                .or_else(|| zone().map(|zone| (zone, Basis::Corefile)))
                .unwrap_or_else(|| (USUAL_DOMAIN.to_owned(), Basis::Usual)),
            servers: servers.or_else(address),
        }
    }
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

    fn told(services: &str, maps: &[(&str, &str, &str)]) -> (String, Basis, Option<String>) {
        let services: Vec<Service> = serde_saphyr::from_str(services).unwrap();
        let map = |(name, key, text): &(&str, &str, &str)| {
            Keyed::config_map(serde_json::json!({"metadata": {"namespace": "kube-system", "name": name}, "data": {*key: text}})).unwrap()
        };
        let objects = Objects { services, config_maps: maps.iter().map(map).collect(), ..Objects::default() };
        let cluster = Cluster::of(&Inventory::build(Collected { objects, ..Collected::default() }));
        (cluster.domain.0, cluster.domain.1, cluster.servers.and_then(|(servers, _)| servers.into_iter().next()))
    }

    #[test]
    fn the_domain_is_that_of_the_corefile_and_else_the_usual_one() {
        for (corefile, domain, basis) in [
            (Some(". {\n kubernetes corp.example in-addr.arpa\n}"), "corp.example", Basis::Corefile),
            (Some(". {\n forward . 192.0.2.1\n}"), "cluster.local", Basis::Usual),
            (Some(". {"), "cluster.local", Basis::Usual),
            (None, "cluster.local", Basis::Usual),
        ] {
            let maps: Vec<_> = corefile.map(|text| ("coredns", "Corefile", text)).into_iter().collect();
            assert_eq!(told("[]", &maps), (domain.to_owned(), basis, None));
        }
    }

    #[test]
    fn what_kubelets_are_given_counts_first() {
        let corefile = ("coredns", "Corefile", ". {\n kubernetes corp.example\n}");
        let kubelet = |text| ("kubelet-config", "kubelet", text);
        let whole = kubelet("kind: KubeletConfiguration\nclusterDomain: given.example\nclusterDNS: [10.96.0.12]\nmaxPods: 110\n");
        let given = ("given.example".to_owned(), Basis::KubeletConfig, Some("10.96.0.12".to_owned()));
        assert_eq!(told("[]", &[corefile, whole]), given);
        for nothing in ["kind: KubeletConfiguration", "clusterDNS: 5", "{"] {
            assert_eq!(told("[]", &[corefile, kubelet(nothing)]), ("corp.example".to_owned(), Basis::Corefile, None));
        }
    }

    #[test]
    fn the_server_is_the_address_of_the_service() {
        let service = |name: &str, address: &str| {
            format!("{{metadata: {{namespace: kube-system, name: {name}, labels: {{k8s-app: kube-dns}}}}, spec: {{clusterIP: {address}}}}}")
        };
        for (services, wanted) in [
            (format!("[{}, {}]", service("a", "10.96.0.11"), service("kube-dns", "10.96.0.10")), Some("10.96.0.10")),
            (format!("[{}, {}]", service("a", "None"), service("rke2-coredns", "10.43.0.10")), Some("10.43.0.10")),
            ("[{metadata: {namespace: kube-system, name: other}, spec: {clusterIP: 10.96.0.10}}]".to_owned(), None),
        ] {
            assert_eq!(told(&services, &[]).2.as_deref(), wanted, "{services}");
        }
    }
}
