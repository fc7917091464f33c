//! Clusters as YAML and connections as words, for tests that are read as tables.

pub mod text;

use std::net::IpAddr;

use netstore::inventory::{Coverage, Origin};
use netstore::objects::{Meta, Protocol, Resource};
use netstore::report::Verdict;

use crate::both::{Both, Cluster};
use crate::naive::End;

/// A cluster from the text of its objects, all of them read, from files or from an API server.
///
/// # Panics
/// If it is no YAML or no Kubernetes objects.
pub fn read(origin: Origin, yaml: &str) -> Cluster {
    Cluster::partly_read(origin, text::objects(yaml), Coverage::complete(&Resource::ALL))
}

/// What the two say of `namespace/pod` or an address, to another, on `80/TCP`: the naive evaluator first.
///
/// # Panics
/// If there is no such pod.
pub fn opinions(both: &Both<'_>, from: &str, to: &str, port: &str) -> (Verdict, Option<Verdict>) {
    let (number, protocol) = port.split_once('/').unwrap_or((port, "TCP"));
    let (number, protocol) = (number.parse().expect("a port number"), Protocol::parse(protocol).expect("a protocol"));
    let (source, destination) = (end(both.cluster, from), end(both.cluster, to));
    (both.naive(source, destination, protocol, number), both.engine(source, destination, protocol, number))
}

fn end(cluster: &Cluster, text: &str) -> End {
    if let Ok(address) = text.parse::<IpAddr>() {
        return End::Address(address);
    }
    let is_it = |meta: &Meta| format!("{}/{}", meta.namespace, meta.name) == text;
    let position = cluster.world.objects.pods.iter().position(|pod| is_it(&pod.metadata));
    End::Pod(position.unwrap_or_else(|| panic!("no pod {text}")))
}
