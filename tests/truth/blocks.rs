//! Blocks over what there is: pods, nodes, the machine and the outside, with and without holes.
//!
//! All without host bits: since version 1.36 Kubernetes refuses them («must not have bits set beyond the prefix length»).

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Value, json};

use super::genes::Genes;
use super::world::World;

/// A block and what may be carved out of it.
type Block = (String, Vec<String>);

/// All blocks that policies are drawn with.
pub struct Blocks {
    pods: Vec<Block>,
    hosts: Vec<Block>,
    outside: Vec<Block>,
    everything: Vec<Block>,
}

/// The block of such a length that an address is in: `10.244.1.7` → `10.244.1.0/26`.
fn around(address: IpAddr, v4: u8, v6: u8) -> String {
    IpNet::new(address, if address.is_ipv6() { v6 } else { v4 }).expect("a length of a prefix").trunc().to_string()
}

fn only(address: IpAddr) -> String {
    around(address, 32, 128)
}

/// A block and as its holes these addresses, as far as they are in it: Kubernetes refuses others.
fn with_holes(cidr: String, addresses: &[IpAddr]) -> Block {
    let block: IpNet = cidr.parse().expect("a block");
    let inside = addresses.iter().filter(|address| block.contains(*address)).map(|address| only(*address));
    let holes = inside.collect();
    (cidr, holes)
}

impl Blocks {
    /// Those of a world.
    pub fn of(world: &World) -> Self {
        let addresses: Vec<IpAddr> = world.pods.iter().filter(|pod| !pod.host).flat_map(|pod| pod.addresses.clone()).collect();
        let hosts: Vec<IpAddr> = world.nodes.iter().flat_map(|node| node.addresses.clone()).collect();
        // The ranges of both nodes, wide blocks over one pod, and blocks that hold few.
        let mut pods = Vec::new();
        for node in &world.nodes {
            for range in &node.ranges {
                let v6 = range.contains(':');
                let inside = world.pods.iter().filter(|pod| !pod.host && world.nodes[pod.node].name == node.name);
                pods.push((range.clone(), inside.filter_map(|pod| pod.address(v6)).map(only).collect()));
            }
        }
        for address in &addresses {
            pods.push((only(*address), Vec::new()));
            // Both halves of the smallest block of two are allowed as holes of it.
            pods.push((around(*address, 31, 127), vec![only(*address)]));
            pods.push(with_holes(around(*address, 16, 48), &addresses));
        }
        let machine: Vec<IpAddr> = world.machine.into_iter().collect();
        let mut host_blocks: Vec<Block> = Vec::new();
        for address in hosts.iter().chain(&machine) {
            host_blocks.push((only(*address), Vec::new()));
            host_blocks.push(with_holes(around(*address, 24, 64), &hosts));
        }
        let outside = (world.outside.iter())
            .flat_map(|address| [(only(*address), Vec::new()), with_holes(around(*address, 24, 64), &world.outside)])
            .collect();
        let all: Vec<IpAddr> = [addresses, hosts, world.outside.clone()].concat();
        let everything = ["0.0.0.0/0", "::/0"].map(|cidr| {
            let (cidr, mut holes) = with_holes(cidr.to_owned(), &all);
            let ranges = world.nodes.iter().flat_map(|node| &node.ranges);
            holes.extend(ranges.filter(|range| range.contains(':') == cidr.contains(':')).cloned());
            (cidr, holes)
        });
        Self { pods, hosts: host_blocks, outside, everything: everything.into() }
    }

    /// Over pods.
    pub fn pods(&self, genes: &mut Genes<'_>) -> Value {
        draw(&self.pods, genes)
    }

    /// Over nodes and the machine they are on.
    pub fn hosts(&self, genes: &mut Genes<'_>) -> Value {
        draw(&self.hosts, genes)
    }

    /// Over web servers outside.
    pub fn outside(&self, genes: &mut Genes<'_>) -> Value {
        draw(&self.outside, genes)
    }

    /// Over everything of one family, mostly of IPv4.
    pub fn everything(&self, genes: &mut Genes<'_>) -> Value {
        let family = if genes.one_in(4) { 1 } else { 0 };
        draw(&self.everything[family..=family], genes)
    }

    /// Any of these.
    pub fn any(&self, genes: &mut Genes<'_>) -> Value {
        match genes.weighted(&[(5, 0), (2, 1), (2, 2), (2, 3)]) {
            0 => self.pods(genes),
            1 => self.hosts(genes),
            2 => self.outside(genes),
            _ => self.everything(genes),
        }
    }
}

/// One block with up to three holes.
fn draw(blocks: &[Block], genes: &mut Genes<'_>) -> Value {
    let (cidr, holes) = genes.pick(blocks);
    let mut block = json!({"cidr": cidr});
    let number = if holes.is_empty() { 0 } else { genes.weighted(&[(2, 0), (3, 1), (2, 2), (1, 3)]) };
    let except: Vec<String> = (0..number).map(|_| genes.pick(&holes)).collect();
    genes.set(&mut block, "except", (number > 0).then(|| json!(except)), json!([]));
    block
}
