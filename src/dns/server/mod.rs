//! What the cluster's servers are expected to say of a name: CoreDNS, recomputed from its Corefile and the objects that it reads.
//!
//! `config` is the Corefile as it runs (`zone`, `plugins`); `kubernetes` is the plugin that has the names of the cluster, `index` the objects behind
//! them; `hosts`, `rewrite`, `template` and `local` are plugins beside it. `expected` is what can come of a question. `tests/live_cluster/dns`
//! compares all of it with a real CoreDNS.

mod config;
mod expected;
mod hosts;
mod index;
mod kubernetes;
mod local;
pub(in crate::dns) mod plugins;
mod rewrite;
mod template;
mod zone;

pub use expected::{Because, Expected, Object, Reason};

use super::cluster;
use super::configuration::{self, Configuration, NoCorefile};
use super::name::{Name, longest_zone};
use super::record::{Rcode, RecordType, Response};
use crate::inventory::Inventory;
use crate::objects::{IntOrString, Service};
use config::{Config, Plugin, Surroundings};
use index::Index;
use kubernetes::Kubernetes;

#[cfg(test)]
mod tests;

/// How often the server may ask itself again before it goes round in circles.
const DEPTH: usize = 8;

/// The cluster's servers, as their configuration and the cluster's objects make them.
#[derive(Debug)]
pub struct Servers<'a> {
    index: Index<'a>,
    basis: Basis,
    config: Result<Config, Reason>,
}

/// What the answers rest on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// The Corefile in this ConfigMap.
    ConfigMap(Object),
    /// What nearly every cluster has, because there is no Corefile to be read.
    Usual(NoCorefile),
}

/// An address of an endpoint, with its name below that of the Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointName<'a> {
    /// The first label of its name.
    pub label: String,
    /// The address.
    pub address: &'a str,
    /// The pod behind it.
    pub pod: Option<&'a str>,
    /// Whether somebody gave it that name; else it is made of the address, or is that of the pod.
    pub is_named: bool,
}

impl<'a> Servers<'a> {
    /// From the Corefile that they run with, or from the usual one if it cannot be read.
    pub fn of(inventory: &'a Inventory) -> Self {
        let index = Index::of(inventory);
        match Configuration::of(inventory) {
            Ok(Configuration { map, corefile, .. }) => {
                let basis = Basis::ConfigMap(Object::new(&map.metadata.namespace, &map.metadata.name));
                let config = corefile.map_err(|malformed| Reason::BadCorefile(malformed.to_string()));
                let surroundings = Surroundings { port: port(inventory), map: Some(map), own_hosts: own_hosts(inventory) };
                Self { index, basis, config: config.and_then(|corefile| Config::of(&corefile, &surroundings)) }
            }
            Err(none) => Self { index, basis: Basis::Usual(none), config: Ok(Config::usual()) },
        }
    }

    /// What the answers rest on.
    pub fn basis(&self) -> &Basis {
        &self.basis
    }

    /// The zone of the cluster's names, if its servers have one.
    pub fn domain(&self) -> Option<&str> {
        self.config.as_ref().ok()?.kubernetes()?.primary_zone()
    }

    /// What they say of a name.
    pub fn expected(&self, name: &str, kind: RecordType) -> Expected {
        match Name::parse(name) {
            Ok(name) => self.ask(name.as_str(), kind, DEPTH),
            Err(error) => Expected::Unknown(Reason::NotAName(error)),
        }
    }

    /// Endpoints of a Service by their names below it, those that are not ready included.
    pub fn endpoints(&self, service: &'a Service) -> Vec<EndpointName<'a>> {
        let usual = Kubernetes::default();
        let kubernetes = self.config.as_ref().ok().and_then(Config::kubernetes).unwrap_or(&usual);
        let endpoints = self.index.slices(service).iter().flat_map(|slice| &slice.endpoints);
        let named = endpoints.flat_map(|endpoint| {
            let pod = endpoint.target_ref.as_ref().filter(|target| target.kind == "Pod").map(|target| target.name.as_str());
            let is_named = !endpoint.hostname.is_empty();
            endpoint.addresses.iter().map(move |address| EndpointName {
                label: kubernetes.hostname(endpoint, address),
                address,
                pod,
                is_named,
            })
        });
        named.collect()
    }

    fn ask(&self, name: &str, kind: RecordType, depth: usize) -> Expected {
        let config = match &self.config {
            Ok(config) => config,
            Err(reason) => return Expected::Unknown(reason.clone()),
        };
        let Some(depth) = depth.checked_sub(1) else { return Expected::Unknown(Reason::Loop) };
        match config.block(name) {
            Some(block) if block.listens => self.walk(&block.chain, name, kind, depth),
            _ => says(Rcode::Refused, Because::NoBlock),
        }
    }

    /// What the plugins of a chain say, one after the other.
    fn walk(&self, chain: &[Plugin], name: &str, kind: RecordType, depth: usize) -> Expected {
        for (at, plugin) in chain.iter().enumerate() {
            let behind = |name: &str| self.walk(chain.get(at + 1..).unwrap_or_default(), name, kind, depth);
            let answer = match plugin {
                Plugin::Kubernetes(kubernetes) => kubernetes.answer(&self.index, name, kind, &|name, kind| self.ask(name, kind, depth)),
                Plugin::Hosts(hosts) => hosts.answer(name, kind),
                Plugin::Template(template) => template.answer(name, kind),
                Plugin::Local => local::answer(name, kind),
                Plugin::Rewrite(rewrite) => Some(rewrite.answer(name, &behind)),
                // It goes on only for names that do not exist, in the search list of the pod that asks.
                Plugin::Autopath(zones) => longest_zone(name, zones).map(|_| match behind(name) {
                    found @ Expected::Says { response: Response { rcode: Rcode::NoError, .. }, .. } => found,
                    _ => Expected::Unknown(Reason::Plugin("autopath".to_owned())),
                }),
                Plugin::Upstream { to, zones, except } => {
                    let asked = longest_zone(name, zones).is_some() && longest_zone(name, except).is_none();
                    asked.then(|| Expected::Unknown(Reason::Upstream(to.clone())))
                }
                Plugin::Opaque { reason, zones, only } => {
                    let touched = longest_zone(name, zones).is_some() && only.is_none_or(|only| only == kind);
                    touched.then(|| Expected::Unknown(reason.clone()))
                }
                Plugin::Whoami => Some(says(Rcode::NoError, Because::Plugin("whoami".to_owned()))),
            };
            if let Some(answer) = answer {
                return answer;
            }
        }
        says(Rcode::ServFail, Because::EndOfChain)
    }
}

/// An answer without records.
fn says(rcode: Rcode, because: Because) -> Expected {
    Expected::Says { response: Response { rcode, answers: Vec::new() }, because }
}

/// Whether the servers have an `/etc/hosts` of their own, in which nothing stands but what stands in that of every pod.
fn own_hosts(inventory: &Inventory) -> bool {
    configuration::servers(inventory).all(|pod| !pod.spec.host_network && pod.spec.host_aliases.is_empty())
}

/// The port behind the Service of the cluster's servers, if it is a number.
fn port(inventory: &Inventory) -> Option<u16> {
    let service = cluster::service(inventory)?;
    let port = service.spec.ports.iter().find(|port| port.port == 53)?;
    match &port.target_port {
        Some(IntOrString::Int(number)) => u16::try_from(*number).ok(),
        _ => None,
    }
}
