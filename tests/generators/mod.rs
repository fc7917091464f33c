//! Small clusters full of corner cases, for property tests.
//!
//! A [`Case`] is read off strings of bytes («genes»), one string for each pod and each policy: every byte decides one
//! thing, zero always decides for the plainest. So proptest shrinks a failing case well (it drops pods and policies and
//! zeroes bytes), and generating costs next to nothing. Objects are made as JSON and go through the decoder, so that
//! absent, `null` and empty are different on the way in.

mod cluster;
mod genes;
mod pods;
mod policies;

use std::fmt;
use std::net::IpAddr;

use netstore::inventory::{Coverage, State};
use netstore::objects::{Objects, Protocol, Resource};
use netstore::source::decode;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use serde_json::{Value, json};

use self::genes::Genes;

/// One question: source, destination, protocol, port. Ends are picked from [`Case::ends`].
pub type Question = (Whom, Whom, Protocol, u16);

/// An end of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// A pod, by its position among the generated pods.
    Pod(usize),
    /// An address.
    Address(IpAddr),
}

/// A cluster and what to ask about it.
#[derive(Clone)]
pub struct Case {
    /// Everything there is, as the API server would send it.
    pub objects: Vec<(Resource, Value)>,
    /// Lists that could not be read; none of their objects is there.
    pub unread: Vec<(Resource, Option<String>)>,
    /// The questions.
    pub questions: Vec<Question>,
}

/// Addresses that belong to nobody, to nodes and into the range of pods.
pub const ADDRESSES: [&str; 8] =
    ["203.0.113.5", "198.51.100.1", "2001:db8::5", "10.0.1.200", "192.168.0.1", "192.168.0.9", "fd00:1::1", "fd00::1:200"];

/// Clusters of 2 to 4 namespaces, 3 to 10 pods, up to 8 policies and up to 5 cluster-wide ones, with 12 questions each.
pub fn cases() -> impl Strategy<Value = Case> {
    let bytes = |length| vec(any::<u8>(), length);
    let parts = (bytes(28), vec(bytes(40), 3..=10), vec(bytes(96), 0..=8), vec(bytes(128), 0..=5), vec(any::<[u8; 4]>(), 12));
    parts.prop_map(|(world, pods, policies, cluster_wide, questions)| {
        let mut genes = Genes::new(&world);
        let cluster = ClusterGenes::read(&mut genes);
        let mut objects = cluster.namespaces_and_nodes(&mut genes);
        for (number, genes) in pods.iter().enumerate() {
            objects.push((Resource::Pods, pods::pod(&cluster, number, &mut Genes::new(genes))));
        }
        for (number, genes) in policies.iter().enumerate() {
            objects.push((Resource::NetworkPolicies, policies::policy(&cluster, number, &mut Genes::new(genes))));
        }
        for (number, genes) in cluster_wide.iter().enumerate() {
            objects.push(cluster::policy(number, &mut Genes::new(genes)));
        }
        let unread = cluster.leave_unread(&mut objects, &mut genes);
        let questions = questions.iter().map(|genes| question(&objects, &mut Genes::new(genes))).collect();
        Case { objects, unread, questions }
    })
}

impl Case {
    /// The objects, decoded.
    pub fn decode(&self) -> Objects {
        let mut objects = Objects::default();
        for (resource, value) in &self.objects {
            decode::add_object(&mut objects, *resource, value.clone()).unwrap_or_else(|error| panic!("{error} in {value}"));
        }
        objects
    }

    /// What was read.
    pub fn coverage(&self) -> Coverage {
        let mut coverage = Coverage::complete(&Resource::ALL);
        for (resource, namespace) in &self.unread {
            coverage.record(*resource, None, State::Forbidden);
            let Some(forbidden) = namespace else { continue };
            for name in NAMESPACES {
                let state = if name == forbidden { State::Forbidden } else { State::Complete };
                coverage.record(*resource, Some(name.to_owned()), state);
            }
        }
        coverage
    }
}

/// A failing case prints as what could be pasted into a file.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (_, value) in &self.objects {
            writeln!(f, "---\n{value}")?;
        }
        writeln!(f, "unread: {:?}\nquestions: {:?}", self.unread, self.questions)
    }
}

const NAMESPACES: [&str; 4] = ["n0", "n1", "n2", "n3"];

/// Which addresses pods get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stack {
    V4,
    V6,
    /// Both, the primary one of this version.
    Dual {
        v6_first: bool,
    },
    /// Each pod as it likes.
    Mixed,
}

/// What all objects of one cluster share.
struct ClusterGenes {
    namespaces: usize,
    stack: Stack,
}

impl ClusterGenes {
    fn read(genes: &mut Genes<'_>) -> Self {
        let stacks =
            [(6, Stack::V4), (1, Stack::V6), (2, Stack::Dual { v6_first: false }), (1, Stack::Dual { v6_first: true }), (1, Stack::Mixed)];
        Self { namespaces: 2 + genes.below(3), stack: genes.weighted(&stacks) }
    }

    fn namespace(&self, genes: &mut Genes<'_>) -> &'static str {
        NAMESPACES[genes.below(self.namespaces)]
    }

    /// Nodes `w0` and `w1`; some namespaces are only seen as the namespace of something else.
    fn namespaces_and_nodes(&self, genes: &mut Genes<'_>) -> Vec<(Resource, Value)> {
        let mut objects = Vec::new();
        for name in &NAMESPACES[..self.namespaces] {
            if genes.one_in(6) {
                continue;
            }
            let mut labels = genes.labels(&["team", "env"]);
            // The API server sets it; in files it is missing.
            if genes.one_in(2) {
                labels["kubernetes.io/metadata.name"] = json!(name);
            }
            objects.push((
                Resource::Namespaces,
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}),
            ));
        }
        for number in 0..2 {
            if genes.one_in(5) {
                continue;
            }
            let addresses: Vec<Value> = pods::node_ips(number).iter().map(|ip| json!({"type": "InternalIP", "address": ip})).collect();
            let metadata = json!({"name": format!("w{number}"), "labels": genes.labels(&["zone"])});
            objects.push((
                Resource::Nodes,
                json!({"apiVersion": "v1", "kind": "Node", "metadata": metadata, "status": {"addresses": addresses}}),
            ));
        }
        objects
    }

    /// Now and then namespaces, or the policies of one namespace, could not be read.
    fn leave_unread(&self, objects: &mut Vec<(Resource, Value)>, genes: &mut Genes<'_>) -> Vec<(Resource, Option<String>)> {
        let mut unread = Vec::new();
        if genes.one_in(12) {
            objects.retain(|(resource, _)| *resource != Resource::Namespaces);
            unread.push((Resource::Namespaces, None));
        }
        for resource in [Resource::Nodes, Resource::AdminNetworkPolicies, Resource::ClusterNetworkPolicies] {
            if genes.one_in(24) {
                objects.retain(|(r, _)| *r != resource);
                unread.push((resource, None));
            }
        }
        if genes.one_in(12) {
            // One that all can name: with a truncated list, some of its policies may be there all the same.
            let name = self.namespace(genes);
            let keep_some = genes.one_in(2);
            objects
                .retain(|(resource, value)| keep_some || *resource != Resource::NetworkPolicies || value["metadata"]["namespace"] != name);
            unread.push((Resource::NetworkPolicies, Some(name.to_owned())));
        }
        unread
    }
}

/// Mostly pods and ports that something is said about.
fn question(objects: &[(Resource, Value)], genes: &mut Genes<'_>) -> Question {
    let pods: Vec<&Value> = objects.iter().filter(|(r, _)| *r == Resource::Pods).map(|(_, pod)| pod).collect();
    let mut end = |weight: usize| {
        let pick = genes.below(pods.len() * weight + 10);
        if pick < pods.len() * weight {
            return Whom::Pod(pick % pods.len());
        }
        match pick - pods.len() * weight {
            // Not every pod has an address.
            at @ 0..2 => pods[at]["status"]["podIP"].as_str().and_then(|ip| ip.parse().ok()).map_or(Whom::Pod(at), Whom::Address),
            at => Whom::Address(ADDRESSES[at - 2].parse().expect("an address")),
        }
    };
    let (source, mut destination) = (end(3), end(4));
    // Two addresses no policy is about: ask about a pod instead.
    if let (Whom::Address(_), Whom::Address(_)) = (source, destination) {
        destination = Whom::Pod(0);
    }
    let protocol = genes.weighted(&[(4, Protocol::Tcp), (2, Protocol::Udp), (1, Protocol::Sctp)]);
    (source, destination, protocol, 80 + u16::try_from(genes.below(5)).expect("small"))
}
