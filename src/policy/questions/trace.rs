//! Why: what each rule of each policy says of one connection, and what missed. Recomputed only for what is printed.

use super::can_reach::{Point, isolated};
use super::turns::Turns;
use super::words::{policy_ages, rule_ref};
use crate::objects::{Address, Family, LabelSelector, Labels, Truth};
use crate::policy::classes::Class;
use crate::policy::compile::{CompiledPeer, CompiledPeers, CompiledRule, PolicyId, Scope};
use crate::policy::model::Model;
use crate::policy::peers::Other;
use crate::policy::ports::{Bounds, PortsId};
use crate::policy::tiers::Tier;
use crate::report::policy::{Matched, NearestMiss, RuleTrace, Side, YesNo};
use crate::report::{Direction, PortRange, Verdict};

/// One side of a connection between two points, on the ports asked about.
pub(super) fn side(
    model: &Model<'_>,
    direction: Direction,
    (from, to): (Point, Point),
    family: Option<Family>,
    (wanted, port_asked): (PortsId, bool),
    home: bool,
) -> Side {
    let (near, far) = match direction {
        Direction::Ingress => (to, from),
        Direction::Egress => (from, to),
    };
    let Point::Pod(pod) = near else { return super::can_reach::open_side(Verdict::Allow) };
    let Some((id, class)) = model.class_of(pod) else { return super::can_reach::open_side(Verdict::Unknown) };
    let subject = model.subject_of(direction, id);
    let connection = Connection { model, direction, class, far, family, wanted, port_asked };
    let (other, destination) = (connection.other(), connection.destination());
    // Rule 33: at home no NetworkPolicy has a say.
    let rules = if home { Vec::new() } else { model.rules(direction, subject).collect() };
    let traced: Vec<Traced<'_>> = rules.into_iter().map(|rule| connection.trace(rule)).collect();
    let bounds = if home {
        model.side_at_home(direction, subject, &other, destination)
    } else {
        let allowed = traced.iter().fold(Bounds::NONE, |all, t| all.or(t.allowed, &model.ports));
        model.side_with(direction, subject, allowed, &other, destination)
    };
    let bounds = bounds.and(Bounds::exactly(wanted), &model.ports);
    let turns = Turns::new(&connection, subject);
    let verdict = if port_asked {
        model.verdict(bounds, wanted)
    } else if !bounds.certain.is_none() {
        Verdict::Allow
    } else if bounds.possible.is_none() {
        Verdict::Deny
    } else {
        Verdict::Unknown
    };
    let overlaps = |t: &&Traced<'_>| !model.ports.intersection(t.allowed.possible, wanted).is_none();
    let allowing =
        traced.iter().filter(overlaps).filter(|_| turns.reach(Tier::Admin)).map(|t| rule_ref(model.inventory, direction, t.rule));
    let because = turns.accepting(Tier::Admin).chain(allowing).chain(turns.accepting(Tier::Baseline)).collect();
    let nearest_miss = if verdict == Verdict::Allow || !turns.reach(Tier::Admin) { None } else { connection.nearest(&traced) };
    let plain = traced.into_iter().map(|t| RuleTrace {
        rule: rule_ref(model.inventory, direction, t.rule),
        peer: t.peer.matched,
        port: t.port,
        turn: None,
    });
    let rules = turns.traces(&connection, Tier::Admin).into_iter().chain(plain).chain(turns.traces(&connection, Tier::Baseline)).collect();
    Side {
        isolated: isolated(subject.isolated()),
        verdict,
        because,
        isolated_by: if home { Vec::new() } else { policy_ages(model.inventory, subject) },
        decided_by: turns.deciding(subject, home),
        rules,
        nearest_miss,
    }
}

/// What one rule says.
pub(super) struct Traced<'m> {
    rule: &'m CompiledRule,
    peer: PeerMatch,
    port: Matched,
    allowed: Bounds,
}

/// Whether the peers of a rule matched, and how many requirements the closest one missed.
pub(super) struct PeerMatch {
    pub(super) matched: Matched,
    misses: usize,
}

/// The connection being explained, seen from the pod whose policies are asked.
pub(super) struct Connection<'m> {
    pub(super) model: &'m Model<'m>,
    pub(super) direction: Direction,
    class: &'m Class,
    far: Point,
    family: Option<Family>,
    pub(super) wanted: PortsId,
    port_asked: bool,
}

impl<'m> Connection<'m> {
    fn far_class(&self) -> Option<&'m Class> {
        match self.far {
            Point::Pod(pod) => self.model.class_of(pod).map(|(_, class)| class),
            Point::Address(_) => None,
        }
    }

    pub(super) fn destination(&self) -> Option<&'m Class> {
        match self.direction {
            Direction::Ingress => Some(self.class),
            Direction::Egress => self.far_class(),
        }
    }

    pub(super) fn other(&self) -> Other<'m> {
        match (self.far_class(), self.far) {
            (Some(class), _) => {
                let (source, target) = match self.direction {
                    Direction::Ingress => (class, self.class),
                    Direction::Egress => (self.class, class),
                };
                Other::Pods(class, self.family.unwrap_or_else(|| Model::family(source, target)), self.model.cni.blocks_match_pods())
            }
            (None, Point::Address(address)) => Other::Address(address),
            (None, Point::Pod(_)) => Other::Address(Address { family: Family::V4, bits: 0 }),
        }
    }

    fn trace(&self, rule: &'m CompiledRule) -> Traced<'m> {
        let other = self.other();
        Traced {
            rule,
            peer: self.peer(rule, &other),
            port: self.port(rule),
            allowed: self.model.rule_allows(rule, &other, self.destination()),
        }
    }

    pub(super) fn peer(&self, rule: &CompiledRule, other: &Other<'_>) -> PeerMatch {
        let truth = self.model.peers_contain(rule, other);
        let CompiledPeers::Any(peers) = &rule.peers else {
            return PeerMatch { matched: Matched { matched: yes_no(truth), detail: "everyone".to_owned() }, misses: 0 };
        };
        let peers = peers.iter().filter_map(|id| self.model.compiled.peers.get(*id));
        let described = peers.map(|peer| {
            let truth = self.model.peer_contains(peer, other);
            let misses = if truth == Truth::No { self.misses(peer) } else { Vec::new() };
            let detail = if misses.is_empty() { describe_peer(self.model, peer) } else { misses.join("; ") };
            (std::cmp::Reverse(truth), misses.len(), detail)
        });
        let (_, misses, detail) = described.min().unwrap_or((std::cmp::Reverse(Truth::No), 1, "no peer".to_owned()));
        PeerMatch { matched: Matched { matched: yes_no(truth), detail }, misses }
    }

    /// Everything by which the far end misses a peer.
    fn misses(&self, peer: &CompiledPeer) -> Vec<String> {
        match (peer, self.far_class(), self.far) {
            (CompiledPeer::Block(id), _, _) => {
                let Some(block) = self.model.compiled.blocks.get(*id) else { return Vec::new() };
                let addresses = self.far_addresses();
                let shown = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let hole = block.except.iter().find(|hole| addresses.iter().any(|ip| hole.contains(Address::from(*ip))));
                vec![match hole {
                    Some(hole) => format!("address {shown} is in the exception {hole} of {}", block.cidr),
                    None if self
                        .far_class()
                        .is_some_and(|c| c.host.is_none() && addresses.iter().any(|ip| block.contains(Address::from(*ip)))) =>
                    {
                        format!("ipBlock {} does not match pods under this network plugin", block.cidr)
                    }
                    None => format!("address {shown}, wanted {}", block.cidr),
                }]
            }
            (CompiledPeer::Pods { .. }, None, _) => vec!["an address outside, wanted pods".to_owned()],
            (CompiledPeer::Pods { .. }, Some(class), _) if class.host.is_some() => {
                vec!["a pod on the host network, which selectors never match".to_owned()]
            }
            (CompiledPeer::Pods { scope, pods }, Some(class), _) => {
                let mut misses = Vec::new();
                let namespace = self.model.inventory.namespaces.get(class.namespace);
                match scope {
                    Scope::One(wanted) if class.namespace != *wanted => {
                        let wanted = self.model.inventory.namespaces.get(*wanted).map_or("", |n| n.name.as_str());
                        let have = namespace.map_or("", |n| n.name.as_str());
                        misses.push(format!("namespace {have}, wanted {wanted} (a podSelector alone is about the policy's own namespace)"));
                    }
                    Scope::One(_) => {}
                    Scope::Selected(selector) => {
                        if let (Some(selector), Some(namespace)) = (self.model.compiled.namespace_selectors.get(*selector), namespace) {
                            misses.extend(missed(selector, &namespace.labels, "namespace label"));
                        }
                    }
                }
                let labels = class.pods.first().and_then(|p| self.model.inventory.pods.get(*p)).map(|p| &p.pod.metadata.labels);
                if let (Some(selector), Some(labels)) = (self.model.compiled.pod_selectors.get(*pods), labels) {
                    misses.extend(missed(selector, labels, "label"));
                }
                misses
            }
            (CompiledPeer::Network(id), ..) => {
                let shown = self.far_addresses().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let wanted = self.model.compiled.blocks.get(*id).map_or_else(String::new, |block| block.cidr.to_string());
                vec![format!("address {shown}, wanted {wanted}")]
            }
            (CompiledPeer::Nodes(_), ..) => vec!["not the address of such a node".to_owned()],
            (CompiledPeer::Domains(_), ..) => vec!["a pod, wanted domain names".to_owned()],
            (CompiledPeer::Unreadable, ..) => Vec::new(),
        }
    }

    fn far_addresses(&self) -> Vec<std::net::IpAddr> {
        let addresses = match self.far {
            Point::Address(address) => vec![address],
            Point::Pod(pod) => {
                let info = self.model.inventory.pods.get(pod);
                info.map(|p| crate::policy::classes::addresses_of(self.model.inventory, &p.pod)).unwrap_or_default()
            }
        };
        addresses.into_iter().map(to_ip).collect()
    }

    pub(super) fn port(&self, rule: &CompiledRule) -> Matched {
        let allowed = self.model.rule_ports(rule, self.destination());
        let asked = self.model.ports.intersection(self.wanted, allowed.certain);
        let perhaps = self.model.ports.intersection(self.wanted, allowed.possible);
        let some = self.port_asked || self.wanted != PortsId::ALL;
        let all = |ports: PortsId| if some { self.model.ports.contains(ports, self.wanted) } else { !ports.is_none() };
        let matched = if all(asked) {
            YesNo::Yes
        } else if perhaps.is_none() || (some && asked == perhaps) {
            YesNo::No
        } else {
            YesNo::Unknown
        };
        let allows = words(&self.model.ports.describe(allowed.possible));
        let detail = match matched {
            _ if allowed == Bounds::ALL => "all ports".to_owned(),
            YesNo::No if allowed.is_none() => match self.names(rule) {
                names if names.is_empty() => "no port".to_owned(),
                names => format!("{} is not declared by the destination", names.join(", ")),
            },
            YesNo::No if some => format!("{}, allowed {allows}", words(&self.model.ports.describe(self.wanted))),
            _ => allows,
        };
        Matched { matched, detail }
    }

    /// Names of ports a rule asks for.
    fn names(&self, rule: &CompiledRule) -> Vec<String> {
        let items = rule.ports.and_then(|list| self.model.compiled.port_lists.get(list)).into_iter().flatten();
        let name = |item: &crate::policy::compile::PortItem| match item {
            crate::policy::compile::PortItem::Named(name, protocol) => Some(format!("\"{name}\" ({protocol})")),
            _ => None,
        };
        items.filter_map(name).collect()
    }

    /// The rule with the least missing: the peer right and the port wrong, else the port right and the fewest labels wrong.
    fn nearest(&self, traced: &[Traced<'m>]) -> Option<NearestMiss> {
        let score = |t: &Traced<'_>| {
            let port = usize::from(t.port.matched == YesNo::No);
            (t.peer.misses + port, t.peer.misses, t.rule.policy, t.rule.index)
        };
        // To an address no rule about pods is near.
        let pods_only = |t: &&Traced<'_>| match &t.rule.peers {
            CompiledPeers::Everyone => false,
            CompiledPeers::Any(peers) => {
                peers.iter().filter_map(|id| self.model.compiled.peers.get(*id)).all(|p| matches!(p, CompiledPeer::Pods { .. }))
            }
        };
        let is_address = self.far_class().is_none_or(|class| class.host.is_some());
        let nearest = traced.iter().filter(|t| !(is_address && pods_only(t))).min_by_key(|t| score(t))?;
        let mut what = Vec::new();
        if nearest.peer.matched.matched != YesNo::Yes {
            what.push(nearest.peer.matched.detail.clone());
        }
        if nearest.port.matched != YesNo::Yes {
            what.push(format!("port {}", nearest.port.detail));
        }
        // A port added to a rule about everyone, or to one about several peers, would open it to them, too.
        let alone = matches!(&nearest.rule.peers, CompiledPeers::Any(peers) if peers.len() == 1);
        let only_port = alone && nearest.peer.matched.matched == YesNo::Yes && nearest.port.matched == YesNo::No;
        let command = if only_port { self.add_port(nearest.rule) } else { None };
        Some(NearestMiss { rule: rule_ref(self.model.inventory, self.direction, nearest.rule), what: what.join("; "), command })
    }

    /// The command that adds the port to a rule. It only adds: what works now goes on working.
    fn add_port(&self, rule: &CompiledRule) -> Option<String> {
        let asked = self.model.ports.describe(self.wanted);
        let [PortRange { protocol, ports }] = asked.as_slice() else { return None };
        let port: u16 = ports.parse().ok()?;
        let PolicyId::Network(policy) = rule.policy else { return None };
        let meta = &self.model.inventory.objects.network_policies.get(policy)?.metadata;
        Some(format!(
            "kubectl patch netpol {} -n {} --type=json -p '[{{\"op\":\"add\",\"path\":\"/spec/{}/{}/ports/-\",\"value\":{{\"protocol\":\"{protocol}\",\"port\":{port}}}}}]'",
            meta.name, meta.namespace, self.direction, rule.index
        ))
    }
}

fn yes_no(truth: Truth) -> YesNo {
    match truth {
        Truth::Yes => YesNo::Yes,
        Truth::No => YesNo::No,
        Truth::Unknown => YesNo::Unknown,
    }
}

fn to_ip(address: Address) -> std::net::IpAddr {
    match address.family {
        Family::V4 => std::net::Ipv4Addr::from_bits(u32::try_from(address.bits).unwrap_or_default()).into(),
        Family::V6 => std::net::Ipv6Addr::from_bits(address.bits).into(),
    }
}

/// Ports in a sentence: `TCP 80,443`, `UDP all`.
fn words(ports: &[PortRange]) -> String {
    let one = |p: &PortRange| format!("{} {}", p.protocol, if p.ports == "*" { "all" } else { &p.ports });
    if ports.is_empty() { "none".to_owned() } else { ports.iter().map(one).collect::<Vec<_>>().join(", ") }
}

/// The requirements of a selector that labels miss: `label team=b, wanted team in (a)`.
fn missed(selector: &LabelSelector, labels: &Labels, what: &str) -> Vec<String> {
    let single = |requirement: LabelSelector, key: &str| {
        (requirement.matches(labels) == Truth::No).then(|| {
            let have = labels.get(key).map_or_else(|| format!("no {what} {key}"), |value| format!("{what} {key}={value}"));
            format!("{have}, wanted {}", requirement.describe())
        })
    };
    let equal = selector.match_labels.iter().filter_map(|(key, value)| {
        let one = LabelSelector { match_labels: [(key, value)].into_iter().collect(), match_expressions: Vec::new() };
        single(one, key)
    });
    let expressed = selector
        .match_expressions
        .iter()
        .filter_map(|r| single(LabelSelector { match_expressions: vec![r.clone()], ..LabelSelector::default() }, &r.key));
    equal.chain(expressed).collect()
}

/// A peer in words: `app=payments`, `all pods in namespaces with team=a`, `10.0.0.0/8 except 10.1.0.0/16`.
pub fn describe_peer(model: &Model<'_>, peer: &CompiledPeer) -> String {
    match peer {
        CompiledPeer::Unreadable => "a peer that cannot be read".to_owned(),
        CompiledPeer::Block(id) => model.compiled.blocks.get(*id).map_or_else(String::new, |block| {
            let holes: Vec<String> = block.except.iter().map(ToString::to_string).collect();
            if holes.is_empty() { block.cidr.to_string() } else { format!("{} except {}", block.cidr, holes.join(", ")) }
        }),
        CompiledPeer::Network(id) => model.compiled.blocks.get(*id).map_or_else(String::new, |block| block.cidr.to_string()),
        CompiledPeer::Nodes(id) => {
            let selector = model.compiled.node_sets.get(*id).map(|set| &set.selector).filter(|s| !s.is_empty());
            selector.map_or_else(|| "all nodes".to_owned(), |s| format!("nodes with {}", s.describe()))
        }
        CompiledPeer::Domains(id) => model.compiled.domain_names.get(*id).map_or_else(String::new, |names| names.join(", ")),
        CompiledPeer::Pods { scope, pods } => {
            let pods = model.compiled.pod_selectors.get(*pods).filter(|s| !s.is_empty());
            let pods = pods.map_or_else(|| "all pods".to_owned(), LabelSelector::describe);
            match scope {
                Scope::One(_) => pods,
                Scope::Selected(selector) => {
                    let namespaces = model.compiled.namespace_selectors.get(*selector).filter(|s| !s.is_empty());
                    let namespaces =
                        namespaces.map_or_else(|| "all namespaces".to_owned(), |s| format!("namespaces with {}", s.describe()));
                    format!("{pods} in {namespaces}")
                }
            }
        }
    }
}
