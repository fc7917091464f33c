//! What the cluster's servers are expected to say of a name: CoreDNS, recomputed from its Corefile and the objects that it reads.
//!
//! `config` is the Corefile as it runs (`zone`, `plugins`), `kubernetes` the plugin that has the names of the cluster, `index` the objects behind them;
//! `expected` is what can come of a question. `tests/live_cluster/dns.rs` compares all of it with a real CoreDNS.

mod config;
mod expected;
mod index;
mod kubernetes;
mod plugins;
mod zone;

pub use expected::{Because, Expected, Object, Reason};

use super::cluster;
use super::configuration::{Configuration, NoCorefile};
use super::name::{Name, longest_zone};
use super::record::{Rcode, RecordType, Response};
use crate::inventory::Inventory;
use crate::objects::IntOrString;
use config::{Config, Plugin};
use index::Index;

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

impl<'a> Servers<'a> {
    /// From the Corefile that they run with, or from the usual one if it cannot be read.
    pub fn of(inventory: &'a Inventory) -> Self {
        let index = Index::of(inventory);
        match Configuration::of(inventory) {
            Ok(Configuration { map, corefile, .. }) => {
                let basis = Basis::ConfigMap(Object::new(&map.metadata.namespace, &map.metadata.name));
                let config = corefile.map_err(|malformed| Reason::BadCorefile(malformed.to_string()));
                Self { index, basis, config: config.and_then(|corefile| Config::of(&corefile, port(inventory))) }
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

    fn ask(&self, name: &str, kind: RecordType, depth: usize) -> Expected {
        let config = match &self.config {
            Ok(config) => config,
            Err(reason) => return Expected::Unknown(reason.clone()),
        };
        let Some(depth) = depth.checked_sub(1) else { return Expected::Unknown(Reason::Loop) };
        let says = |rcode, because| Expected::Says { response: Response { rcode, answers: Vec::new() }, because };
        let Some(block) = config.block(name) else { return says(Rcode::Refused, Because::NoBlock) };
        for plugin in &block.chain {
            let answer = match plugin {
                Plugin::Kubernetes(kubernetes) => kubernetes.answer(&self.index, name, kind, &|name, kind| self.ask(name, kind, depth)),
                Plugin::Upstream { to, zones, except } => {
                    let asked = longest_zone(name, zones).is_some() && longest_zone(name, except).is_none();
                    asked.then(|| Expected::Unknown(Reason::Upstream(to.clone())))
                }
                Plugin::Opaque { reason, zones } => longest_zone(name, zones).map(|_| Expected::Unknown(reason.clone())),
                Plugin::Whoami => Some(says(Rcode::NoError, Because::Plugin("whoami".to_owned()))),
            };
            if let Some(answer) = answer {
                return answer;
            }
        }
        if block.listens { says(Rcode::ServFail, Because::EndOfChain) } else { says(Rcode::Refused, Because::NoBlock) }
    }
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
