//! The plugin `kubernetes`: names of Services, endpoints and pods, as CoreDNS makes them.
//!
//! Source: `plugin/kubernetes` and `plugin/backend_lookup.go` of CoreDNS 1.14.7, with which `tests/live_cluster/dns` compares every answer.
//! This file reads its options; `request` takes names apart, `find` looks for what they mean, `answer` makes records of it.

mod answer;
mod find;
mod request;

pub(super) use answer::record_of;
pub(super) use find::{AddressName, address_of};

use super::expected::Reason;
use super::index::selected;
use super::zone::zones;
use crate::dns::corefile::{Block, Directive};
use crate::objects::{LabelSelector, Meta, parse_selector};

/// What its lines in the Corefile say.
#[derive(Debug, Default)]
pub(super) struct Kubernetes {
    /// Zones that it answers for, those of addresses included.
    pub(super) zones: Vec<String>,
    /// Names of pods; none if the Corefile could not be read.
    pub(super) pods: Option<Pods>,
    /// The only namespaces that have names; all if empty.
    namespaces: Vec<String>,
    namespace_labels: Option<LabelSelector>,
    labels: Option<LabelSelector>,
    endpoint_pod_names: bool,
    no_endpoints: bool,
    ignore_empty_service: bool,
    multicluster: Vec<String>,
    zonal: bool,
    /// Zones in which the next plugin is asked for what does not exist.
    fallthrough: Vec<String>,
}

/// `pods`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pods {
    #[default]
    Disabled,
    Insecure,
    Verified,
}

impl Kubernetes {
    pub(super) fn read(directive: &Directive, block: &Block) -> Result<Self, Reason> {
        let bad = |what: String| Reason::BadCorefile(format!("{}: plugin kubernetes: {what}", directive.at));
        let named = if directive.arguments.is_empty() { &block.keys } else { &directive.arguments };
        let mut options = Self { zones: zones(named), pods: Some(Pods::Disabled), ..Self::default() };
        for line in &directive.body {
            let Some((option, arguments)) = line.split_first() else { continue };
            let selector = || parse_selector(&arguments.join(" ")).map(Some).map_err(|_| bad(format!("{option} is no selector")));
            match (option.as_str(), arguments) {
                ("pods", [mode]) => {
                    options.pods = Some(match mode.as_str() {
                        "disabled" => Pods::Disabled,
                        "insecure" => Pods::Insecure,
                        "verified" => Pods::Verified,
                        other => return Err(bad(format!("pods {other}"))),
                    });
                }
                ("namespaces", [_, ..]) => options.namespaces.extend_from_slice(arguments),
                ("namespace_labels", [_, ..]) => options.namespace_labels = selector()?,
                ("labels", [_, ..]) => options.labels = selector()?,
                ("endpoint_pod_names", []) => options.endpoint_pod_names = true,
                ("noendpoints", []) => options.no_endpoints = true,
                ("zonal", []) => options.zonal = true,
                ("ignore", [what, ..]) if what == "empty_service" => options.ignore_empty_service = true,
                ("multicluster", _) => options.multicluster = zones(arguments),
                ("fallthrough", []) => options.fallthrough = vec![String::new()],
                ("fallthrough", _) => options.fallthrough = zones(arguments),
                // Where its objects come from, and how often it asks for them.
                (
                    "endpoint"
                    | "tls"
                    | "kubeconfig"
                    | "ttl"
                    | "startup_timeout"
                    | "apiserver_qps"
                    | "apiserver_burst"
                    | "apiserver_max_inflight"
                    | "ignore",
                    _,
                ) => {}
                (other, _) => return Err(bad(other.to_owned())),
            }
        }
        if options.primary_zone().is_none() {
            return Err(bad("it has no zone but those of addresses".to_owned()));
        }
        Ok(options)
    }

    /// The zone that names of addresses are in.
    pub(super) fn primary_zone(&self) -> Option<&str> {
        let of_addresses = |zone: &str| zone.ends_with(".in-addr.arpa") || zone.ends_with(".ip6.arpa");
        self.zones.iter().map(String::as_str).find(|zone| !of_addresses(zone))
    }

    /// Whether it looks at an object of this kind at all.
    fn takes(&self, metadata: &Meta) -> bool {
        selected(self.labels.as_ref(), &metadata.labels)
    }
}
