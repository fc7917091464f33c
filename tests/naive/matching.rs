//! Whether one selector, one peer, one block, one port matches; `None` where it cannot be told.

use std::net::IpAddr;

use netstore::inventory::NAMESPACE_NAME_LABEL;
use netstore::objects::{IntOrString, IpBlock, LabelSelector, Labels, Peer, PolicyPort, Protocol, Resource};

use super::World;
use super::side::{Address, Connection};

/// True as soon as one is, unknown as soon as one might be.
pub fn any(truths: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let truths: Vec<Option<bool>> = truths.into_iter().collect();
    if truths.contains(&Some(true)) {
        Some(true)
    } else if truths.contains(&None) {
        None
    } else {
        Some(false)
    }
}

/// False as soon as one is, unknown as soon as one might be.
pub fn all(truths: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    any(truths.into_iter().map(|truth| truth.map(|yes| !yes))).map(|yes| !yes)
}

/// Rule 11. Unless all labels are known, an absent key may be there after all.
pub fn selector_matches(selector: &LabelSelector, labels: &Labels, all_known: bool) -> Option<bool> {
    let value = |key: &str| labels.iter().find(|(k, _)| *k == key).map(|(_, v)| v);
    let hidden = |key: &str| value(key).is_none() && !all_known;
    let equalities = selector.match_labels.iter().map(|(key, wanted)| if hidden(key) { None } else { Some(value(key) == Some(wanted)) });
    let expressions = selector.match_expressions.iter().map(|expression| {
        let value = value(&expression.key);
        let listed = value.is_some_and(|v| expression.values.iter().any(|wanted| wanted == v));
        match expression.operator.as_str() {
            _ if hidden(&expression.key) => None,
            "In" => Some(listed),
            "NotIn" => Some(!listed),
            "Exists" => Some(value.is_some()),
            "DoesNotExist" => Some(value.is_none()),
            _ => None,
        }
    });
    all(equalities.chain(expressions))
}

/// Whether the other end is the peer.
pub fn peer_matches(world: &World, policy_namespace: &str, peer: &Peer, connection: &Connection<'_>) -> Option<bool> {
    // Rule 14: a field nobody knows may narrow the peer, or widen it as namespaceSelector does beside podSelector.
    if !peer.unknown.is_empty() {
        return None;
    }
    match (&peer.ip_block, &peer.namespace_selector, &peer.pod_selector) {
        (Some(block), ..) => match connection.remote_address {
            Address::Is(address) => Some(block_contains(block, address)),
            Address::None => Some(false),
            // Rule 35: undecidable, unless no address of the family is in the block, or every one.
            Address::NotYet { v4 } => match read_cidr(&block.cidr) {
                Some((network, _)) if network.is_ipv4() != v4 => Some(false),
                Some((_, 0)) if block.except.is_empty() => Some(true),
                _ => None,
            },
        },
        (None, None, None) => None,
        (None, namespaces, pods) => {
            // Rules 6 and 34: selectors see pods only.
            let Some(pod) = connection.remote else { return Some(false) };
            let namespace = pod.metadata.namespace.as_str();
            let in_namespace = match namespaces {
                None => Some(namespace == policy_namespace),
                Some(selector) => {
                    let (labels, all_known) = namespace_labels(world, namespace);
                    selector_matches(selector, &labels, all_known)
                }
            };
            let is_pod = pods.as_ref().map_or(Some(true), |selector| selector_matches(selector, &pod.metadata.labels, true));
            all([in_namespace, is_pod])
        }
    }
}

/// Rule 12: every namespace has its name as a label, declared or not. Second: whether these are all labels.
pub fn namespace_labels(world: &World, name: &str) -> (Labels, bool) {
    let declared = world.objects.namespaces.iter().find(|n| n.metadata.name == name);
    let all_read = world.coverage.is_complete(Resource::Namespaces, None);
    let written = declared.into_iter().flat_map(|n| n.metadata.labels.iter()).filter(|(key, _)| *key != NAMESPACE_NAME_LABEL);
    (written.chain([(NAMESPACE_NAME_LABEL, name)]).collect(), declared.is_some() || all_read)
}

/// Rules 21 to 23.
fn block_contains(block: &IpBlock, address: IpAddr) -> bool {
    cidr_contains(&block.cidr, address) && !block.except.iter().any(|hole| cidr_contains(hole, address))
}

pub fn cidr_contains(cidr: &str, address: IpAddr) -> bool {
    let Some((network, length)) = read_cidr(cidr) else { return false };
    network.is_ipv4() == address.is_ipv4() && bits(network, length) == bits(address, length)
}

/// Address and prefix length of a block, host bits and all.
pub fn read_cidr(text: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let length: u32 = length.parse().ok()?;
    (length <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, length))
}

/// The first bits of an address, as text: slow and hard to get wrong.
pub fn bits(address: IpAddr, length: u32) -> String {
    let all = match address {
        IpAddr::V4(v4) => format!("{:032b}", v4.to_bits()),
        IpAddr::V6(v6) => format!("{:0128b}", v6.to_bits()),
    };
    all.chars().take(length as usize).collect()
}

/// Whether the destination port is one of the entry's.
pub fn port_matches(entry: &PolicyPort, connection: &Connection<'_>) -> Option<bool> {
    // Rule 14: a misspelt `endPort` or `protocol` would change which ports are meant.
    if !entry.unknown.is_empty() {
        return None;
    }
    // Rule 8; rule 20: nothing of one protocol ever opens another.
    let same_protocol = entry.protocol.as_deref().unwrap_or("TCP") == connection.protocol.name();
    let wanted = i64::from(connection.port);
    let number = match (&entry.port, entry.end_port) {
        (None, _) => Some(true),
        (Some(IntOrString::Int(first)), Some(last)) => Some((*first..=last).contains(&wanted)),
        (Some(IntOrString::Int(number)), None) => Some(*number == wanted),
        (Some(IntOrString::Name(name)), _) => gives_named_port(name, connection),
    };
    all([Some(same_protocol), number])
}

/// Rules 15 to 19: the number that the destination pod's containers give the name, for this protocol.
pub fn gives_named_port(name: &str, connection: &Connection<'_>) -> Option<bool> {
    let Some(pod) = connection.named_ports_of else { return Some(false) };
    let gives = |container: &netstore::objects::Container| {
        container.ports.iter().any(|port| {
            port.name == name
                && Protocol::parse(&port.protocol) == Some(connection.protocol)
                && port.container_port == i64::from(connection.port)
        })
    };
    if pod.spec.containers.iter().any(gives) {
        Some(true)
    } else if pod.spec.init_containers.iter().any(|c| c.restart_policy == "Always" && gives(c)) {
        None
    } else {
        Some(false)
    }
}
