//! A pod like another one has another address: whether a policy would notice.

use crate::inventory::Inventory;
use crate::objects::{Address, Cidr, Pod};
use crate::policy::Model;
use crate::policy::blocks::{AddressSet, Block};
use crate::policy::compile::{CompiledPeer, CompiledPeers, PolicyId};
use crate::policy::profile::BlocksMatchPods;
use crate::report::Direction;

/// A rule about addresses that may tell a pod from one like it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noticing<'m> {
    /// The policy.
    pub policy: PolicyId,
    /// Its rule of ingress.
    pub rule: usize,
    /// The block.
    pub block: &'m Block,
}

/// The first rule of ingress whose block may hold the address of the pod and not that of one like it on the same node, or the other way
/// round. Only ingress: what a probe sends is judged by its address on the other side alone. Cluster-wide policies have no blocks there.
pub fn noticing<'m>(model: &'m Model<'_>, pod: &Pod) -> Option<Noticing<'m>> {
    if model.cni.blocks_match_pods() == BlocksMatchPods::No || !model.cni.enforces() {
        return None;
    }
    let own = pod.ips();
    let ranges = ranges(model.inventory, pod);
    for (position, policy) in model.compiled.policies.iter().enumerate() {
        for rule in policy.rules(Direction::Ingress) {
            let CompiledPeers::Any(ids) = &rule.peers else { continue };
            let blocks = ids.iter().filter_map(|id| match model.compiled.peers.get(*id) {
                Some(CompiledPeer::Block(block)) => model.compiled.blocks.get(*block),
                _ => None,
            });
            for block in blocks {
                if !alike(block, &own, &ranges) {
                    return Some(Noticing { policy: PolicyId::Network(position), rule: rule.index, block });
                }
            }
        }
    }
    None
}

/// Whether the block says the same of all addresses a pod on the node may get as of those that the pod has.
fn alike(block: &Block, own: &[Address], ranges: &[Cidr]) -> bool {
    if block.is_everything() {
        return true;
    }
    let family = block.cidr.family();
    if !own.is_empty() && own.iter().all(|address| address.family != family) {
        return true;
    }
    let of_family = || own.iter().filter(|address| address.family == family);
    let ranges: Vec<AddressSet> = ranges.iter().filter(|range| range.family() == family).map(|range| AddressSet::of(*range)).collect();
    if of_family().next().is_none() || ranges.is_empty() {
        return false;
    }
    let addresses = block.addresses();
    let inside = |range: &AddressSet| range.difference(&addresses).is_empty();
    let outside = |range: &AddressSet| range.intersection(&addresses).is_empty();
    of_family().all(|address| if block.contains(*address) { ranges.iter().all(inside) } else { ranges.iter().all(outside) })
}

/// The ranges that the pod's node takes addresses from. Some plugins do not keep to what the node says: where the pod itself has an
/// address from elsewhere, nothing is known.
fn ranges(inventory: &Inventory, pod: &Pod) -> Vec<Cidr> {
    let node = inventory.objects.nodes.iter().find(|node| node.metadata.name == pod.spec.node_name);
    let said: Vec<Cidr> = node.into_iter().flat_map(|node| &node.spec.pod_cidrs).filter_map(|text| text.parse().ok()).collect();
    let kept_to = pod.ips().iter().all(|address| said.iter().any(|range| range.contains(*address)));
    if kept_to { said } else { Vec::new() }
}
