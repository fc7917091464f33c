//! What netstore's JSON says of single pods, addresses and ports.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use netstore::objects::{Address, Cidr, Protocol};
use netstore::report::Verdict;
use serde_json::Value;

/// One end as a row names it: a pod, or blocks of addresses outside.
#[derive(Debug, Clone, PartialEq, Eq)]
enum RowEnd {
    Pod(String),
    Blocks(Vec<Cidr>),
}

/// One end of a question; it prints as netstore's arguments have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// `namespace/name`.
    Pod(String),
    Address(IpAddr),
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}

impl Named {
    pub fn pod(namespace: &str, name: &str) -> Self {
        Self::Pod(format!("{namespace}/{name}"))
    }

    fn is(&self, end: &RowEnd) -> bool {
        match (self, end) {
            (Self::Pod(name), RowEnd::Pod(other)) => name == other,
            (Self::Address(address), RowEnd::Blocks(blocks)) => blocks.iter().any(|block| block.contains(Address::from(*address))),
            _ => false,
        }
    }
}

/// What holds for some ports.
#[derive(Debug, Clone)]
struct Row {
    from: RowEnd,
    to: RowEnd,
    verdict: Verdict,
    ports: BTreeMap<String, String>,
}

impl Row {
    /// What it is found by.
    fn key(&self) -> Result<String, String> {
        match (&self.from, &self.to) {
            (RowEnd::Pod(name), _) | (_, RowEnd::Pod(name)) => Ok(name.clone()),
            _ => Err(format!("a row about no pod: {self:?}")),
        }
    }
}

/// The answer of `matrix`, or as much of it as a question about one pod gives, to be looked up in.
pub struct Matrix {
    /// By the pod among the ends: the source, if that is one.
    rows: BTreeMap<String, Vec<Row>>,
}

fn end(peer: &Value) -> Result<RowEnd, String> {
    let text = |field: &str| peer[field].as_str().unwrap_or_default();
    match text("kind") {
        "IPBlock" => {
            let cidrs = peer["cidrs"].as_array().map(Vec::as_slice).unwrap_or_default();
            let read = |cidr: &Value| cidr.as_str().and_then(|cidr| cidr.parse().ok()).ok_or(format!("no block: {cidr}"));
            Ok(RowEnd::Blocks(cidrs.iter().map(read).collect::<Result<_, _>>()?))
        }
        "UnreadPods" => Err(format!("something could not be read: {peer}")),
        _ => Ok(RowEnd::Pod(format!("{}/{}", text("namespace"), text("name")))),
    }
}

/// A verdict as JSON has it.
pub fn verdict(value: &Value) -> Result<Verdict, String> {
    match value.as_str() {
        Some("allow") => Ok(Verdict::Allow),
        Some("deny") => Ok(Verdict::Deny),
        Some("unknown") => Ok(Verdict::Unknown),
        _ => Err(format!("no verdict: {value}")),
    }
}

/// Ports by their protocol.
pub fn ports(value: &Value) -> BTreeMap<String, String> {
    let ranges = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |range: &Value, field: &str| range[field].as_str().unwrap_or_default().to_owned();
    ranges.iter().map(|range| (text(range, "protocol"), text(range, "ports"))).collect()
}

/// Whether `80,8000-8080` or `*` holds the port.
pub fn holds(ports: &BTreeMap<String, String>, protocol: Protocol, port: u16) -> bool {
    let Some(ranges) = ports.get(protocol.name()) else { return false };
    ranges.split(',').any(|item| match item.split_once('-') {
        _ if item == "*" => true,
        Some((first, last)) => match (first.parse::<u16>(), last.parse::<u16>()) {
            (Ok(first), Ok(last)) => (first..=last).contains(&port),
            _ => false,
        },
        None => item.parse() == Ok(port),
    })
}

impl Matrix {
    /// Reads the answer. It must be complete: else a missing row says nothing.
    pub fn read(answer: &Value) -> Result<Self, String> {
        if answer["kind"] != "Matrix" || answer["result"]["complete"] != true {
            return Err(format!("no complete matrix: {}", answer["coverage"]));
        }
        let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for connection in answer["result"]["connections"].as_array().ok_or("no connections")? {
            let (from, to) = (end(&connection["from"])?, end(&connection["to"])?);
            let row = Row { from, to, verdict: verdict(&connection["verdict"])?, ports: ports(&connection["ports"]) };
            rows.entry(row.key()?).or_default().push(row);
        }
        Ok(Self { rows })
    }

    /// The answer about one pod or about two, which says as much of them as the matrix does, except that a pod reaches
    /// itself.
    pub fn read_focused(answer: &Value, from: Option<&Named>, to: Option<&Named>) -> Result<Self, String> {
        let result = &answer["result"];
        let given = |end: &Named| match end {
            Named::Pod(name) => RowEnd::Pod(name.clone()),
            Named::Address(address) => RowEnd::Blocks(vec![Cidr::host(*address)]),
        };
        let rows = match (from, to) {
            // What is not allowed for certain is denied, or the whole answer is unknown.
            (Some(_), Some(_)) => std::slice::from_ref(result),
            (None, _) => result["sources"].as_array().ok_or("no sources")?,
            (_, None) => result["destinations"].as_array().ok_or("no destinations")?,
        };
        let mut read: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row["peer"]["kind"] != "Node") {
            let ends = [from, to].map(|known| known.map_or_else(|| end(&row["peer"]), |known| Ok(given(known))));
            let [from, to] = ends;
            let row = Row { from: from?, to: to?, verdict: verdict(&row["verdict"])?, ports: ports(&row["ports"]) };
            read.entry(row.key()?).or_default().push(row);
        }
        Ok(Self { rows: read })
    }

    /// What it says: whatever no row mentions is denied. Two rows about the same are an error of netstore's.
    pub fn verdict(&self, from: &Named, to: &Named, protocol: Protocol, port: u16) -> Result<Verdict, String> {
        let ((Named::Pod(key), _) | (_, Named::Pod(key))) = (from, to) else { return Err("a question about no pod".to_owned()) };
        let about = |row: &&Row| from.is(&row.from) && to.is(&row.to) && holds(&row.ports, protocol, port);
        let said: Vec<Verdict> = self.rows.get(key).into_iter().flatten().filter(about).map(|row| row.verdict).collect();
        match said.as_slice() {
            [] => Ok(Verdict::Deny),
            [only] => Ok(*only),
            _ => Err(format!("{} rows about {from:?} to {to:?} on {} {port}", said.len(), protocol.name())),
        }
    }
}

/// How many of a target's pods are on the node whose network a source is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnNode {
    No,
    Some,
    All,
}

/// The answer of `who-can-reach` about one port of a Service: what it says of a source, none where it differs between the
/// pods behind it. Pods on the network of a target's own node are not named: the row of the node speaks of them.
pub fn who_can_reach(answer: &Value, source: &Named, own_node: OwnNode) -> Result<Option<Verdict>, String> {
    let result = &answer["result"];
    let sources = result["sources"].as_array().ok_or("no sources")?;
    let rows: Vec<&Value> = match own_node {
        OwnNode::Some => return Ok(None),
        OwnNode::All => sources.iter().filter(|row| row["peer"]["kind"] == "Node").collect(),
        OwnNode::No => {
            let mut about = Vec::new();
            for row in sources.iter().filter(|row| row["peer"]["kind"] != "Node") {
                if matches!(end(&row["peer"])?, found @ RowEnd::Pod(_) if source.is(&found)) {
                    about.push(row);
                }
            }
            about
        }
    };
    match rows.as_slice() {
        [] => verdict(&result["rest"]["verdict"]).map(Some),
        [only] if only["targetPods"].is_null() => verdict(&only["verdict"]).map(Some),
        _ => Ok(None),
    }
}
