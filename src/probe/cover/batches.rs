//! Probes as checks, and the batches in which these are run.

use std::collections::BTreeMap;

use super::Probe;
use crate::objects::{Address, Family, Pod, Protocol};
use crate::policy::Model;
use crate::probe::check::{Check, To};
use crate::probe::harm;

/// Checks that are run together: their words fit into a URL, and their verdicts into a termination message.
const TOGETHER: usize = 100;

/// Probes of one source that are run together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Together {
    /// The pod, by position in the inventory.
    pub source: usize,
    /// The probes, by their position.
    pub probes: Vec<usize>,
}

/// These probes by their source, as many at a time as can be run together.
pub fn together(all: &[Probe], which: impl Iterator<Item = usize>) -> Vec<Together> {
    let mut by_source: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in which {
        if let Some(probe) = all.get(at) {
            by_source.entry(probe.source).or_default().push(at);
        }
    }
    let split = |(source, probes): (usize, Vec<usize>)| {
        probes.chunks(TOGETHER).map(|probes| Together { source, probes: probes.to_vec() }).collect::<Vec<_>>()
    };
    by_source.into_iter().flat_map(split).collect()
}

/// What a probe tries, at the address that the policies were asked about; none if the target has no such address.
pub fn check(model: &Model<'_>, probe: &Probe) -> Option<Check> {
    let (source, target) = (model.class_of(probe.source)?.1, model.class_of(probe.target)?.1);
    let family: Family = Model::family(source, target);
    let status = &model.inventory.pods.get(probe.target)?.pod.status;
    let mut written = status.pod_ips.iter().map(|entry| entry.ip.as_str()).chain([status.pod_ip.as_str()]);
    let to = To::new(written.find(|text| Address::parse(text).is_some_and(|address| address.family == family))?, probe.port);
    Some(match probe.protocol {
        Protocol::Tcp => Check::Tcp(to),
        Protocol::Udp => Check::Udp(to),
        Protocol::Sctp => Check::Sctp(to),
    })
}

/// The containers of a pod that run, the sidecars of meshes last.
pub fn containers(pod: &Pod) -> Vec<&str> {
    let status = |name: &str| pod.status.container_statuses.iter().find(|status| status.name == name);
    let runs = |name: &&str| status(name).is_none_or(|status| status.state.running.is_some());
    let mut names: Vec<&str> = pod.spec.containers.iter().map(|container| container.name.as_str()).filter(runs).collect();
    names.sort_by_key(|name| harm::sidecar(pod) == Some(*name));
    names
}
