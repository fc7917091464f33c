//! Sets of (protocol, port), interned: every set exists once, so that comparing and combining them is a look-up.
//!
//! A set is a list of ranges over `protocol * 65536 + port`, ports 1 to 65535 of SCTP, TCP and UDP. INVARIANT: id 0 is the
//! empty set, id 1 is everything.

use std::cell::RefCell;
use std::collections::HashMap;

use range_set_blaze::RangeSetBlaze;

use crate::objects::Protocol;
use crate::report::PortRange;

/// Highest port number.
pub const MAX_PORT: u32 = 65_535;

/// Identity of an interned set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortsId(u32);

impl PortsId {
    /// No port at all.
    pub const NONE: Self = Self(0);
    /// Every port of every protocol.
    pub const ALL: Self = Self(1);

    /// Whether the set is empty.
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }
}

/// The table of all sets met so far.
#[derive(Debug)]
pub struct PortTable(RefCell<Inner>);

#[derive(Debug)]
struct Inner {
    sets: Vec<RangeSetBlaze<u32>>,
    index: HashMap<RangeSetBlaze<u32>, PortsId>,
    unions: HashMap<(PortsId, PortsId), PortsId>,
    intersections: HashMap<(PortsId, PortsId), PortsId>,
}

const fn base(protocol: Protocol) -> u32 {
    match protocol {
        Protocol::Sctp => 0,
        Protocol::Tcp => 1 << 16,
        Protocol::Udp => 2 << 16,
    }
}

impl Default for PortTable {
    fn default() -> Self {
        let all = Protocol::ALL.iter().map(|p| base(*p) + 1..=base(*p) + MAX_PORT).collect();
        let mut inner = Inner { sets: Vec::new(), index: HashMap::new(), unions: HashMap::new(), intersections: HashMap::new() };
        inner.intern(RangeSetBlaze::new());
        inner.intern(all);
        Self(RefCell::new(inner))
    }
}

impl Inner {
    fn intern(&mut self, set: RangeSetBlaze<u32>) -> PortsId {
        if let Some(id) = self.index.get(&set) {
            return *id;
        }
        let id = PortsId(u32::try_from(self.sets.len()).unwrap_or(u32::MAX));
        self.sets.push(set.clone());
        self.index.insert(set, id);
        id
    }

    fn combine(
        &mut self,
        a: PortsId,
        b: PortsId,
        operation: fn(&RangeSetBlaze<u32>, &RangeSetBlaze<u32>) -> RangeSetBlaze<u32>,
    ) -> PortsId {
        let set = |id: PortsId| usize::try_from(id.0).ok().and_then(|at| self.sets.get(at));
        match (set(a), set(b)) {
            (Some(x), Some(y)) => {
                let result = operation(x, y);
                self.intern(result)
            }
            _ => PortsId::NONE,
        }
    }
}

impl PortTable {
    /// Ports `low` to `high` of a protocol, both inclusive; what lies outside 1 to 65535 is cut off.
    pub fn range(&self, protocol: Protocol, low: i64, high: i64) -> PortsId {
        let low = u32::try_from(low.max(1)).unwrap_or(MAX_PORT + 1);
        let high = u32::try_from(high).unwrap_or(0).min(MAX_PORT);
        if low > high {
            return PortsId::NONE;
        }
        self.0.borrow_mut().intern(RangeSetBlaze::from_iter([base(protocol) + low..=base(protocol) + high]))
    }

    /// One port.
    pub fn single(&self, protocol: Protocol, port: u16) -> PortsId {
        self.range(protocol, i64::from(port), i64::from(port))
    }

    /// All ports of one protocol.
    pub fn protocol(&self, protocol: Protocol) -> PortsId {
        self.range(protocol, 1, i64::from(MAX_PORT))
    }

    /// What is in either set.
    pub fn union(&self, a: PortsId, b: PortsId) -> PortsId {
        let (a, b) = (a.min(b), a.max(b));
        if a == b || a.is_none() {
            return b;
        }
        if a == PortsId::ALL || b == PortsId::ALL {
            return PortsId::ALL;
        }
        let inner = &mut *self.0.borrow_mut();
        if let Some(id) = inner.unions.get(&(a, b)) {
            return *id;
        }
        let id = inner.combine(a, b, |x, y| x | y);
        inner.unions.insert((a, b), id);
        id
    }

    /// What is in both sets.
    pub fn intersection(&self, a: PortsId, b: PortsId) -> PortsId {
        let (a, b) = (a.min(b), a.max(b));
        if a == b || a.is_none() {
            return a;
        }
        if a == PortsId::ALL {
            return b;
        }
        let inner = &mut *self.0.borrow_mut();
        if let Some(id) = inner.intersections.get(&(a, b)) {
            return *id;
        }
        let id = inner.combine(a, b, |x, y| x & y);
        inner.intersections.insert((a, b), id);
        id
    }

    /// What is in `a` and not in `b`.
    pub fn difference(&self, a: PortsId, b: PortsId) -> PortsId {
        self.0.borrow_mut().combine(a, b, |x, y| x - y)
    }

    /// Whether everything in `inner` is in `outer`.
    pub fn contains(&self, outer: PortsId, inner: PortsId) -> bool {
        self.intersection(outer, inner) == inner
    }

    /// The ports of one protocol in a set, as ranges, ascending.
    pub fn ranges(&self, id: PortsId, protocol: Protocol) -> Vec<(u16, u16)> {
        let inner = self.0.borrow();
        let set = usize::try_from(id.0).ok().and_then(|at| inner.sets.get(at));
        let number = |at: u32| at.checked_sub(base(protocol)).and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
        let ranges = set.into_iter().flat_map(RangeSetBlaze::ranges);
        ranges.filter_map(|range| Some((number(*range.start())?, number(*range.end())?))).collect()
    }

    /// The set in words, one entry a protocol, sorted by protocol.
    pub fn describe(&self, id: PortsId) -> Vec<PortRange> {
        let inner = self.0.borrow();
        let Some(set) = usize::try_from(id.0).ok().and_then(|at| inner.sets.get(at)) else { return Vec::new() };
        let mut described = Vec::new();
        for protocol in Protocol::ALL {
            let (low, high) = (base(protocol) + 1, base(protocol) + MAX_PORT);
            let ranges: Vec<String> = set
                .ranges()
                .filter(|r| *r.start() >= low && *r.end() <= high)
                .map(|r| match (r.start() - base(protocol), r.end() - base(protocol)) {
                    (1, MAX_PORT) => "*".to_owned(),
                    (a, b) if a == b => a.to_string(),
                    (a, b) => format!("{a}-{b}"),
                })
                .collect();
            if !ranges.is_empty() {
                described.push(PortRange { protocol: protocol.name().to_owned(), ports: ranges.join(",") });
            }
        }
        described
    }
}

/// What is certainly in a set and what may be: the two ends between which an incompletely known answer lies.
/// INVARIANT: `certain` is contained in `possible`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bounds {
    /// Allowed whatever is unknown.
    pub certain: PortsId,
    /// Allowed if everything unknown turns out to allow.
    pub possible: PortsId,
}

impl Bounds {
    /// Certainly nothing.
    pub const NONE: Self = Self { certain: PortsId::NONE, possible: PortsId::NONE };
    /// Certainly everything.
    pub const ALL: Self = Self { certain: PortsId::ALL, possible: PortsId::ALL };
    /// Anything between nothing and everything.
    pub const UNKNOWN: Self = Self { certain: PortsId::NONE, possible: PortsId::ALL };

    /// Exactly these ports.
    pub const fn exactly(ports: PortsId) -> Self {
        Self { certain: ports, possible: ports }
    }

    /// The same, but nothing of it is certain.
    #[must_use]
    pub const fn doubtful(self) -> Self {
        Self { certain: PortsId::NONE, possible: self.possible }
    }

    /// Allowed by either.
    #[must_use]
    pub fn or(self, other: Self, table: &PortTable) -> Self {
        Self { certain: table.union(self.certain, other.certain), possible: table.union(self.possible, other.possible) }
    }

    /// Allowed by both.
    #[must_use]
    pub fn and(self, other: Self, table: &PortTable) -> Self {
        Self { certain: table.intersection(self.certain, other.certain), possible: table.intersection(self.possible, other.possible) }
    }

    /// What holds if either of the two may be meant: certain is what both are certain of.
    #[must_use]
    pub fn either(self, other: Self, table: &PortTable) -> Self {
        Self { certain: table.intersection(self.certain, other.certain), possible: table.union(self.possible, other.possible) }
    }

    /// Certainly nothing.
    pub fn is_none(self) -> bool {
        self.possible.is_none()
    }
}
