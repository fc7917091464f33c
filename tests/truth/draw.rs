//! One policy set: labels for pods and namespaces, and policies about them, drawn from a seed and a number.
//!
//! Every set holds one or two corner cases of [`super::corners`] and some policies of any kind between them, so that in a
//! run of 150 sets each corner comes several times.

use netstore::objects::Protocol;
use serde_json::{Map, Value, json};

use super::blocks::Blocks;
use super::corners;
use super::genes::Genes;
use super::world::{NAMESPACES, World};

/// What one round of the reach suite applies.
pub struct PolicySet {
    /// Its number: with the seed, what it takes to draw it again.
    pub number: usize,
    /// The drawn labels of each pod, in the order of the pods.
    pub pod_labels: Vec<Value>,
    /// The drawn labels of each namespace, in the order of the namespaces.
    pub namespace_labels: Vec<Value>,
    /// The policies, as they are posted.
    pub policies: Vec<Value>,
}

/// Labels that are drawn anew.
pub const POD_LABELS: [&str; 2] = ["app", "env"];
pub const NAMESPACE_LABELS: [&str; 2] = ["team", "env"];

/// What a set is drawn with.
pub struct Draw<'a> {
    pub genes: Genes<'a>,
    pub blocks: &'a Blocks,
}

/// Bytes from a seed: splitmix64, so that they are the same on every machine and in every year.
pub fn bytes(seed: u64, number: usize, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (number as u64).wrapping_mul(0xD134_2543_DE82_EF95);
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (word ^ (word >> 31)).to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

/// Draws something else for a set.
pub fn with_draw<T>(world: &World, seed: u64, number: usize, draw: impl FnOnce(&mut Draw<'_>) -> T) -> T {
    let bytes = bytes(seed, number, 4096);
    let blocks = Blocks::of(world);
    draw(&mut Draw { genes: Genes::new(&bytes), blocks: &blocks })
}

/// Draws a set. The same seed, number and addresses give the same set.
pub fn policy_set(world: &World, seed: u64, number: usize) -> PolicySet {
    let bytes = bytes(seed, number, 4096);
    let blocks = Blocks::of(world);
    let mut draw = Draw { genes: Genes::new(&bytes), blocks: &blocks };
    let pod_labels = world.pods.iter().map(|_| draw.genes.labels(&POD_LABELS)).collect();
    let namespace_labels = NAMESPACES.iter().map(|_| draw.genes.labels(&NAMESPACE_LABELS)).collect();
    let mut specs = corners::specs(number % corners::ALL.len(), &mut draw);
    if draw.genes.one_in(3) {
        let other = draw.genes.below(corners::ALL.len());
        specs.extend(corners::specs(other, &mut draw));
    }
    for _ in 0..2 + draw.genes.below(4) {
        let namespace = draw.namespace();
        specs.push((namespace, draw.spec()));
    }
    let policy = |(at, (namespace, spec)): (usize, (&str, Value))| {
        let metadata = json!({"name": format!("policy{at}"), "namespace": namespace});
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec})
    };
    let policies = specs.into_iter().enumerate().map(policy).collect();
    PolicySet { number, pod_labels, namespace_labels, policies }
}

/// Label keys and the values they may have; `tier` is on no pod.
type Keys = &'static [(&'static str, &'static [&'static str])];
const POD_KEYS: Keys = &[
    ("app", &["a", "b", ""]),
    ("app", &["a", "b"]),
    ("env", &["a", "b", ""]),
    ("set", &["a", "b", "host"]),
    ("pod", &["x0", "y1", "z0"]),
    ("tier", &["a"]),
];
const NAMESPACE_KEYS: Keys =
    &[("team", &["a", "b", ""]), ("kubernetes.io/metadata.name", &NAMESPACES), ("env", &["a", "b", ""]), ("team", &["a", "b"])];
const PORT_NAMES: [&str; 3] = ["web", "dns", "admin"];

impl Draw<'_> {
    /// One with many pods more often than the one with one pod.
    pub fn namespace(&mut self) -> &'static str {
        self.genes.weighted(&[(4, NAMESPACES[1]), (4, NAMESPACES[2]), (3, NAMESPACES[3]), (1, NAMESPACES[0])])
    }

    /// Any policy at all.
    pub fn spec(&mut self) -> Value {
        let mut spec = json!({});
        let subject = (!self.genes.one_in(3)).then(|| self.pods());
        self.genes.set(&mut spec, "podSelector", subject, json!({}));
        let both = json!(["Ingress", "Egress"]);
        let types = self.genes.weighted(&[(4, None), (4, Some(json!(["Ingress"]))), (3, Some(json!(["Egress"]))), (3, Some(both))]);
        self.genes.set(&mut spec, "policyTypes", types, json!([]));
        let ingress = self.rules("from");
        self.genes.set(&mut spec, "ingress", ingress, json!([]));
        let egress = self.rules("to");
        self.genes.set(&mut spec, "egress", egress, json!([]));
        spec
    }

    /// A selector of pods.
    pub fn pods(&mut self) -> Value {
        self.selector(POD_KEYS)
    }

    /// A selector of namespaces.
    pub fn namespaces(&mut self) -> Value {
        self.selector(NAMESPACE_KEYS)
    }

    fn selector(&mut self, keys: Keys) -> Value {
        let mut selector = json!({});
        let genes = &mut self.genes;
        let (labels, expressions) = genes.weighted(&[(2, (0, 0)), (4, (1, 0)), (1, (2, 0)), (4, (0, 1)), (1, (0, 2)), (1, (1, 1))]);
        let equality = |genes: &mut Genes<'_>| {
            let (key, values) = genes.pick(keys);
            (key.to_owned(), json!(genes.pick(values)))
        };
        let equalities: Map<String, Value> = (0..labels).map(|_| equality(genes)).collect();
        genes.set(&mut selector, "matchLabels", (labels > 0).then_some(equalities.into()), json!({}));
        let requirements: Vec<Value> = (0..expressions).map(|_| requirement(keys, genes)).collect();
        genes.set(&mut selector, "matchExpressions", (expressions > 0).then(|| json!(requirements)), json!([]));
        selector
    }

    /// None: absent, null or `[]`.
    fn rules(&mut self, peers: &str) -> Option<Value> {
        let number = self.genes.weighted(&[(1, 0), (4, 1), (3, 2)]);
        (number > 0).then(|| (0..number).map(|_| self.rule(peers)).collect())
    }

    fn rule(&mut self, peers: &str) -> Value {
        let mut rule = json!({});
        let number = self.genes.weighted(&[(2, 0), (4, 1), (4, 2)]);
        let list: Vec<Value> = (0..number).map(|_| self.peer()).collect();
        self.genes.set(&mut rule, peers, (number > 0).then(|| json!(list)), json!([]));
        let number = self.genes.weighted(&[(4, 0), (3, 1), (3, 2)]);
        let list: Vec<Value> = (0..number).map(|_| self.port()).collect();
        self.genes.set(&mut rule, "ports", (number > 0).then(|| json!(list)), json!([]));
        rule
    }

    /// Any peer.
    pub fn peer(&mut self) -> Value {
        match self.genes.weighted(&[(3, 0), (3, 1), (3, 2), (4, 3)]) {
            0 => json!({"podSelector": self.pods()}),
            1 => json!({"namespaceSelector": self.namespaces()}),
            2 => json!({"namespaceSelector": self.namespaces(), "podSelector": self.pods()}),
            _ => json!({"ipBlock": self.blocks.any(&mut self.genes)}),
        }
    }

    /// Any entry of `ports`.
    pub fn port(&mut self) -> Value {
        let mut port = json!({});
        let genes = &mut self.genes;
        let protocol =
            genes.weighted(&[(3, None), (3, Some(json!("TCP"))), (3, Some(json!("UDP"))), (1, Some(json!(Protocol::Sctp.name())))]);
        genes.set(&mut port, "protocol", protocol, Value::Null);
        match genes.weighted(&[(1, 0), (4, 1), (3, 2), (4, 3)]) {
            0 => {}
            1 => port["port"] = json!(genes.pick(&[8080, 8081, 5353, 8090, 18080, 15354, 80])),
            2 => {
                let (first, last) = self.range();
                port["port"] = json!(first);
                port["endPort"] = json!(last);
            }
            _ => port["port"] = json!(genes.pick(&PORT_NAMES)),
        }
        port
    }

    /// A range of ports; its ends are ports that are asked about, or those beside them.
    pub fn range(&mut self) -> (u16, u16) {
        let ranges =
            [(8080, 8081), (8080, 8080), (8081, 8090), (8082, 8089), (1, 8080), (5353, 8080), (8000, 9000), (15000, 20000), (80, 443)];
        self.genes.pick(&ranges)
    }

    /// The name of a port.
    pub fn port_name(&mut self) -> &'static str {
        self.genes.weighted(&[(4, PORT_NAMES[0]), (2, PORT_NAMES[1]), (1, PORT_NAMES[2])])
    }
}

fn requirement(keys: Keys, genes: &mut Genes<'_>) -> Value {
    let (key, values) = genes.pick(keys);
    let operator = genes.pick(&["In", "NotIn", "Exists", "DoesNotExist"]);
    let mut requirement = json!({"key": key, "operator": operator});
    let values: Option<Value> = operator.ends_with("In").then(|| (0..=genes.below(2)).map(|_| json!(genes.pick(values))).collect());
    genes.set(&mut requirement, "values", values, json!([]));
    requirement
}
