//! Address ranges for people: `0.0.0.0/0 except 10.0.0.0/8` instead of the eight blocks the report lists.
//!
//! Only text is folded; JSON keeps the blocks, which need no arithmetic to use.

use std::fmt;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// A block of addresses without some blocks inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Carved {
    block: IpNet,
    except: Vec<IpNet>,
}

impl Carved {
    /// How many blocks a reader has to read.
    fn blocks(&self) -> usize {
        1 + self.except.len()
    }
}

impl fmt::Display for Carved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&block(&self.block))?;
        for (at, hole) in self.except.iter().enumerate() {
            write!(f, "{}{}", if at == 0 { " except " } else { ", " }, block(hole))?;
        }
        Ok(())
    }
}

/// A single address is shown as the address itself.
fn block(net: &IpNet) -> String {
    if net.prefix_len() == net.max_prefix_len() { net.addr().to_string() } else { net.to_string() }
}

/// Exceptions a reader can still take in.
const EXCEPTIONS: usize = 2;

/// Whether these addresses are hard to read and exactly what the others leave: then saying so is enough. Says of which
/// family they are, if it is one.
pub(super) fn everyone_else<'c>(cidrs: &[String], others: impl IntoIterator<Item = &'c String>) -> Option<&'static str> {
    let own = parsed(cidrs)?;
    let others: Vec<IpNet> = others.into_iter().map(|text| text.parse().ok()).collect::<Option<_>>()?;
    let (v4, v6): (Vec<IpNet>, Vec<IpNet>) = own.iter().partition(|net| matches!(net, IpNet::V4(_)));
    let said = best(IpNet::V4(Ipv4Net::default()), &v4).said.into_iter().chain(best(IpNet::V6(Ipv6Net::default()), &v6).said);
    if !said.into_iter().any(|item| item.except.len() > EXCEPTIONS) {
        return None;
    }
    let overlaps = |net: &IpNet| others.iter().any(|other| other.contains(net) || net.contains(other));
    if own.iter().any(overlaps) {
        return None;
    }
    let whole = IpNet::aggregate(&own.into_iter().chain(others).map(|net| net.trunc()).collect());
    let [all_v4, all_v6] = [IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())];
    match (whole.contains(&all_v4), whole.contains(&all_v6), v4.is_empty(), v6.is_empty()) {
        (true, true, false, false) => Some(""),
        (true, _, false, true) => Some(" (IPv4)"),
        (_, true, true, false) => Some(" (IPv6)"),
        _ => None,
    }
}

/// The blocks, ascending; none if one cannot be read.
fn parsed(cidrs: &[String]) -> Option<Vec<IpNet>> {
    let blocks: Vec<IpNet> =
        cidrs.iter().map(|text| text.parse().ok()).map(|net: Option<IpNet>| net.map(|net| net.trunc())).collect::<Option<_>>()?;
    let mut blocks = IpNet::aggregate(&blocks);
    blocks.sort_unstable();
    Some(blocks)
}

/// The shortest way to say the same addresses: IPv4 first, ascending. Texts that are no CIDR come last, as they are.
pub(super) fn fold(cidrs: &[String]) -> Vec<String> {
    let mut blocks: Vec<IpNet> = cidrs.iter().filter_map(|text| text.parse().ok()).map(|net: IpNet| net.trunc()).collect();
    blocks = IpNet::aggregate(&blocks);
    blocks.sort_unstable();
    let v4_count = blocks.partition_point(|net| matches!(net, IpNet::V4(_)));
    let (v4, v6) = blocks.split_at_checked(v4_count).unwrap_or_default();
    let mut items = best(IpNet::V4(Ipv4Net::default()), v4).said;
    items.extend(best(IpNet::V6(Ipv6Net::default()), v6).said);
    let several = items.len() > 1;
    let text = |item: Carved| if several && item.except.len() > 1 { format!("({item})") } else { item.to_string() };
    let unread = cidrs.iter().filter(|text| text.parse::<IpNet>().is_err()).map(|text| super::escape(text).into_owned());
    items.into_iter().map(text).chain(unread).collect()
}

/// A part of the address space seen from both sides.
struct Part {
    /// The shortest way to say what is in the set.
    said: Vec<Carved>,
    /// The blocks that are not in the set.
    missing: Vec<IpNet>,
}

/// Halves the block until a half is all in or all out of the set; on the way back up, takes «all of it except» where that
/// is shorter than both halves on their own. `members` are disjoint, ascending and inside the block.
fn best(block: IpNet, members: &[IpNet]) -> Part {
    let whole = || Carved { block, except: Vec::new() };
    match members {
        [] => return Part { said: Vec::new(), missing: vec![block] },
        [member] if *member == block => return Part { said: vec![whole()], missing: Vec::new() },
        _ => {}
    }
    let mut halves = block.subnets(block.prefix_len().saturating_add(1)).into_iter().flatten();
    let (Some(low), Some(high)) = (halves.next(), halves.next()) else {
        return Part { said: vec![whole()], missing: Vec::new() };
    };
    let middle = members.partition_point(|member| low.contains(member));
    let (below, above) = members.split_at_checked(middle).unwrap_or((members, &[]));
    let (mut low, high) = (best(low, below), best(high, above));
    // A half that is missing as a whole leaves nothing to carve out of the other one.
    if below.is_empty() {
        return Part { said: high.said, missing: join(low.missing, high.missing) };
    }
    if above.is_empty() {
        return Part { said: low.said, missing: join(low.missing, high.missing) };
    }
    low.said.extend(high.said);
    let missing = join(low.missing, high.missing);
    let apart: usize = low.said.iter().map(Carved::blocks).sum();
    let carved = 1 + missing.len() < apart;
    let said = if carved { vec![Carved { block, except: missing.clone() }] } else { low.said };
    Part { said, missing }
}

fn join(mut a: Vec<IpNet>, b: Vec<IpNet>) -> Vec<IpNet> {
    a.extend(b);
    a
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn folded(cidrs: &[&str]) -> Vec<String> {
        fold(&cidrs.iter().map(|&c| c.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn says_except_where_it_is_shorter() {
        assert_eq!(folded(&["10.20.0.0/16"]), ["10.20.0.0/16"]);
        assert_eq!(folded(&["0.0.0.0/0", "::/0"]), ["0.0.0.0/0", "::/0"]);
        assert_eq!(folded(&["10.0.0.0/9", "10.128.0.0/10"]), ["10.0.0.0/9", "10.128.0.0/10"]);
        let all_but_ten = ["0.0.0.0/5", "8.0.0.0/7", "11.0.0.0/8", "12.0.0.0/6", "16.0.0.0/4", "32.0.0.0/3", "64.0.0.0/2", "128.0.0.0/1"];
        assert_eq!(folded(&all_but_ten), ["0.0.0.0/0 except 10.0.0.0/8"]);
        assert_eq!(folded(&[&all_but_ten[..], &["fd00::/8"]].concat()), ["0.0.0.0/0 except 10.0.0.0/8", "fd00::/8"]);
        assert_eq!(folded(&["10.0.0.0/32", "soon"]), ["10.0.0.0", "soon"]);
        assert_eq!(folded(&[]), [""; 0]);
    }

    #[test]
    fn carves_inside_the_smallest_block_that_covers() {
        // 10.0.0.0/8 without one address, beside an unrelated block.
        let hole: IpNet = "10.1.2.3/32".parse().unwrap();
        let mut blocks = vec!["192.168.0.0/16".to_owned()];
        for len in 8..32 {
            let parent: IpNet = IpNet::new(hole.addr(), len).unwrap().trunc();
            blocks.extend(parent.subnets(len + 1).unwrap().filter(|half| !half.contains(&hole)).map(|n| n.to_string()));
        }
        assert_eq!(fold(&blocks), ["10.0.0.0/8 except 10.1.2.3", "192.168.0.0/16"]);
    }

    #[test]
    fn what_the_others_leave_is_everyone_else() {
        let texts = |cidrs: &[&str]| cidrs.iter().map(|&c| c.to_owned()).collect::<Vec<_>>();
        let hole: IpNet = "203.0.113.0/24".parse().unwrap();
        let kept: IpNet = "203.0.113.240/28".parse().unwrap();
        let without = |whole: &str, hole: &IpNet| {
            let whole: IpNet = whole.parse().unwrap();
            let parents = (whole.prefix_len()..hole.prefix_len()).map(|len| IpNet::new(hole.addr(), len).unwrap().trunc());
            parents
                .flat_map(|p| p.subnets(p.prefix_len() + 1).unwrap())
                .filter(|half| !half.contains(hole))
                .map(|n| n.to_string())
                .collect()
        };
        let mut rest: Vec<String> = without("0.0.0.0/0", &hole);
        rest.push(kept.to_string());
        let listed: Vec<String> = without("203.0.113.0/24", &kept);
        assert_eq!(everyone_else(&rest, &listed), Some(" (IPv4)"));
        assert_eq!(everyone_else(&[rest.clone(), texts(&["::/0"])].concat(), &listed), Some(""));
        // Something is left over, or said twice.
        assert_eq!(everyone_else(&rest, &listed[1..]), None);
        assert_eq!(everyone_else(&rest, &[listed.clone(), texts(&["10.0.0.0/8"])].concat()), None);
        assert_eq!(everyone_else(&texts(&["0.0.0.0/0"]), &[]), None);
    }

    proptest! {
        /// Folding says the same addresses, in at most as many blocks.
        #[test]
        fn says_the_same(nets in proptest::collection::vec((any::<u8>(), 0u8..=8), 0..12)) {
            let nets: Vec<IpNet> = nets
                .into_iter()
                .map(|(top, len)| IpNet::from(Ipv4Net::new([10, 0, 0, top].into(), 24 + len).unwrap().trunc()))
                .collect();
            let folded = best(IpNet::V4(Ipv4Net::default()), &IpNet::aggregate(&nets)).said;
            for last in 0..=255u8 {
                let address = std::net::IpAddr::from([10, 0, 0, last]);
                let said = folded.iter().any(|c| c.block.contains(&address) && !c.except.iter().any(|e| e.contains(&address)));
                prop_assert_eq!(said, nets.iter().any(|n| n.contains(&address)), "{}", address);
            }
            prop_assert!(folded.iter().map(Carved::blocks).sum::<usize>() <= IpNet::aggregate(&nets).len());
        }
    }
}
