//! Address blocks of all policies, cut into elementary intervals: addresses that no block can tell apart are one.

use std::collections::BTreeSet;

use ipnet::{IpNet, IpSubnets, Ipv4Subnets, Ipv6Subnets};
use range_set_blaze::RangeSetBlaze;

use crate::inventory::Inventory;
use crate::objects::{Address, Cidr, ClusterPeer, Family, IpBlock, NetworkPolicy};

/// Elementary intervals of both families.
#[derive(Debug, Default)]
pub struct Blocks {
    /// First address of each interval but the first, ascending.
    v4: Vec<u128>,
    v6: Vec<u128>,
}

impl Blocks {
    /// Cuts the address space at every boundary of every block of every policy, and around nodes if any policy is about them.
    pub fn new(inventory: &Inventory) -> Self {
        let (mut v4, mut v6) = (BTreeSet::new(), BTreeSet::new());
        let mut cut = |family: Family, low: u128, high: u128| {
            let cuts = if family == Family::V4 { &mut v4 } else { &mut v6 };
            cuts.insert(low);
            cuts.extend(high.checked_add(1));
        };
        let blocks = inventory
            .objects
            .network_policies
            .iter()
            .flat_map(blocks_of)
            .flat_map(|block| std::iter::once(&block.cidr).chain(&block.except));
        let peers = || inventory.objects.cluster_policies.iter().flat_map(|policy| &policy.egress).flat_map(|rule| &rule.peers);
        let networks = peers().flat_map(|peer| if let ClusterPeer::Networks(list) = peer { list.as_slice() } else { &[] });
        for cidr in blocks.chain(networks).filter_map(|text| text.parse::<Cidr>().ok()) {
            let (low, high) = cidr.bounds();
            cut(cidr.family(), low, high);
        }
        if peers().any(|peer| matches!(peer, ClusterPeer::Nodes(_))) {
            inventory.objects.nodes.iter().flat_map(|node| node.ips()).for_each(|ip| cut(ip.family, ip.bits, ip.bits));
        }
        Self { v4: v4.into_iter().collect(), v6: v6.into_iter().collect() }
    }

    fn cuts(&self, family: Family) -> &[u128] {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    /// The elementary interval an address lies in.
    pub fn interval(&self, address: Address) -> u32 {
        let at = self.cuts(address.family).partition_point(|cut| *cut <= address.bits);
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// Any address of an interval: all others behave alike.
    pub fn representative(&self, family: Family, interval: u32) -> Address {
        let at = usize::try_from(interval).ok().and_then(|i| i.checked_sub(1));
        let bits = at.and_then(|at| self.cuts(family).get(at)).copied().unwrap_or(0);
        Address { family, bits }
    }
}

/// Every ipBlock of a policy.
pub fn blocks_of(policy: &NetworkPolicy) -> impl Iterator<Item = &IpBlock> {
    policy.spec.ingress.iter().chain(&policy.spec.egress).flat_map(|rule| &rule.peers).filter_map(|peer| peer.ip_block.as_ref())
}

/// A block with its holes, compiled.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Block {
    /// The block.
    pub cidr: Cidr,
    /// What is carved out.
    pub except: Vec<Cidr>,
}

impl Block {
    /// Compiles a block; none if an address in it cannot be read.
    pub fn parse(block: &IpBlock) -> Option<Self> {
        let cidr = block.cidr.parse().ok()?;
        let except = block.except.iter().map(|text| text.parse().ok()).collect::<Option<Vec<Cidr>>>()?;
        Some(Self { cidr, except })
    }

    /// Whether an address is in the block and in none of its holes.
    pub fn contains(&self, address: Address) -> bool {
        self.cidr.contains(address) && !self.except.iter().any(|hole| hole.contains(address))
    }

    /// Whether every address of its family is in it.
    pub fn is_everything(&self) -> bool {
        self.cidr.is_everything() && self.except.is_empty()
    }

    /// The addresses as a set.
    pub fn addresses(&self) -> AddressSet {
        let mut set = AddressSet::of(self.cidr);
        for hole in &self.except {
            set = set.difference(&AddressSet::of(*hole));
        }
        set
    }
}

/// A set of addresses of both families.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct AddressSet {
    v4: RangeSetBlaze<u32>,
    v6: RangeSetBlaze<u128>,
}

impl AddressSet {
    /// Every address there is.
    pub fn everything() -> Self {
        Self { v4: RangeSetBlaze::from_iter([0..=u32::MAX]), v6: RangeSetBlaze::from_iter([0..=u128::MAX]) }
    }

    /// These addresses.
    pub fn of_addresses(addresses: impl Iterator<Item = Address>) -> Self {
        let (v4, v6): (Vec<Address>, Vec<Address>) = addresses.partition(|address| address.family == Family::V4);
        Self {
            v4: v4.into_iter().filter_map(|address| u32::try_from(address.bits).ok()).collect(),
            v6: v6.into_iter().map(|address| address.bits).collect(),
        }
    }

    /// Whether the address is in it.
    pub fn contains(&self, address: Address) -> bool {
        match address.family {
            Family::V4 => u32::try_from(address.bits).is_ok_and(|bits| self.v4.contains(bits)),
            Family::V6 => self.v6.contains(address.bits),
        }
    }

    /// The addresses of one block.
    pub fn of(cidr: Cidr) -> Self {
        match cidr.net() {
            IpNet::V4(net) => {
                Self { v4: RangeSetBlaze::from_iter([net.network().to_bits()..=net.broadcast().to_bits()]), v6: RangeSetBlaze::new() }
            }
            IpNet::V6(net) => {
                Self { v4: RangeSetBlaze::new(), v6: RangeSetBlaze::from_iter([net.network().to_bits()..=net.broadcast().to_bits()]) }
            }
        }
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self { v4: &self.v4 | &other.v4, v6: &self.v6 | &other.v6 }
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self { v4: &self.v4 & &other.v4, v6: &self.v6 & &other.v6 }
    }

    /// What is in this one only.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self { v4: &self.v4 - &other.v4, v6: &self.v6 - &other.v6 }
    }

    /// Whether there is no address in it.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// The fewest blocks that make up the set: sorted, disjoint, IPv4 first.
    pub fn cidrs(&self) -> Vec<String> {
        let v4 = self.v4.ranges().map(|r| IpSubnets::V4(Ipv4Subnets::new((*r.start()).into(), (*r.end()).into(), 0)));
        let v6 = self.v6.ranges().map(|r| IpSubnets::V6(Ipv6Subnets::new((*r.start()).into(), (*r.end()).into(), 0)));
        v4.chain(v6).flatten().map(|net| net.to_string()).collect()
    }
}

/// Cuts the address space by sets that each carry a value, and joins what carries equal values. `join` makes one value of
/// those that cover an address (by their positions, ascending); addresses that nothing covers are left out.
pub fn partition<V: Eq + std::hash::Hash + Clone>(
    sets: &[AddressSet],
    mut join: impl FnMut(&BTreeSet<usize>) -> V,
) -> Vec<(AddressSet, V, BTreeSet<usize>)> {
    let mut order: Vec<V> = Vec::new();
    let mut found: std::collections::HashMap<V, (AddressSet, BTreeSet<usize>)> = std::collections::HashMap::new();
    let mut add = |value: V, positions: &BTreeSet<usize>, part: AddressSet| match found.get_mut(&value) {
        Some((addresses, covering)) => {
            addresses.v4 |= part.v4;
            addresses.v6 |= part.v6;
            covering.extend(positions);
        }
        None => {
            order.push(value.clone());
            found.insert(value, (part, positions.clone()));
        }
    };
    let v4 = sweep(sets.iter().map(|s| s.v4.ranges().map(|r| (u128::from(*r.start()), u128::from(*r.end())))), u128::from(u32::MAX));
    for (low, high, covering) in v4 {
        let [low, high] = [low, high].map(|bits| u32::try_from(bits).unwrap_or(u32::MAX));
        add(join(&covering), &covering, AddressSet { v4: RangeSetBlaze::from_iter([low..=high]), v6: RangeSetBlaze::new() });
    }
    let v6 = sweep(sets.iter().map(|s| s.v6.ranges().map(|r| (*r.start(), *r.end()))), u128::MAX);
    for (low, high, covering) in v6 {
        add(join(&covering), &covering, AddressSet { v4: RangeSetBlaze::new(), v6: RangeSetBlaze::from_iter([low..=high]) });
    }
    order.into_iter().filter_map(|value| found.remove(&value).map(|(set, covering)| (set, value, covering))).collect()
}

/// Walks over the ends of ranges in their order: every stretch that is covered, with the positions of what covers it.
fn sweep<R: Iterator<Item = (u128, u128)>>(sets: impl Iterator<Item = R>, last: u128) -> Vec<(u128, u128, BTreeSet<usize>)> {
    let mut events: Vec<(u128, bool, usize)> = Vec::new();
    for (position, ranges) in sets.enumerate() {
        for (low, high) in ranges {
            events.push((low, true, position));
            events.extend((high < last).then(|| (high + 1, false, position)));
        }
    }
    events.sort_unstable();
    let mut covering: BTreeSet<usize> = BTreeSet::new();
    let mut stretches = Vec::new();
    let mut rest = events.as_slice();
    while let Some((at, ..)) = rest.first().copied() {
        let here = rest.partition_point(|(other, ..)| *other <= at);
        let (now, later) = rest.split_at(here);
        // At one address what ends goes before what begins: the same set may do both.
        for (_, begins, position) in now {
            if *begins {
                covering.insert(*position)
            } else {
                covering.remove(position)
            };
        }
        rest = later;
        if !covering.is_empty() {
            let high = rest.first().map_or(last, |(next, ..)| next - 1);
            stretches.push((at, high, covering.clone()));
        }
    }
    stretches
}
