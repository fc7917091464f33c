//! The suite proves itself before it judges: how it reads observations and answers, and what it draws. Needs no cluster.

use std::collections::BTreeMap;
use std::net::IpAddr;

use netstore::inventory::{Collected, Coverage, Inventory, Origin};
use netstore::objects::{Objects, Protocol, Resource};
use netstore::policy::question::MatrixScope;
use netstore::policy::{Cni, Model, questions};
use netstore::report::Verdict;
use netstore::source::decode;
use serde_json::{Value, json};

use super::attempt::{Attempt, Observed, Source, read_dial, read_error};
use super::corners;
use super::draw::{PolicySet, policy_set};
use super::grid;
use super::http::{Connection, Request};
use super::options::Options;
use super::predicted::{Matrix, Named, holds, ports};
use super::tally::{Tally, shares};
use super::world::{NAMESPACES, Node, World};

/// Every check.
pub fn run(options: &Options, tally: &mut Tally) {
    tally.case("words of attempts are understood", words_of_attempts());
    tally.case("only the right pod's answer is evidence", evidence());
    tally.case("answers on one connection are told apart", answers_on_one_connection());
    tally.case("rows are found by pod, address and port", rows());
    tally.case("a set is drawn alike from the same seed", same_seed());
    let sets = options.sets.max(corners::ALL.len());
    let drawn = drawn_sets(options.seed, sets, tally);
    tally.case("drawn sets are what Kubernetes accepts, and allow and deny enough", drawn);
}

fn same<T: PartialEq + std::fmt::Debug>(got: &T, wanted: &T) -> Result<(), String> {
    if got == wanted { Ok(()) } else { Err(format!("got {got:?}, wanted {wanted:?}")) }
}

fn words_of_attempts() -> Result<(), String> {
    let dial = |body: Value| read_dial(200, &body.to_string());
    same(&dial(json!({"responses": ["x0"]})), &Observed::Answered("x0".to_owned()))?;
    let http = |why: &str| format!("Get \"http://10.244.0.5:8080/hostname\": dial tcp 10.244.0.5:8080: connect: {why}");
    same(&dial(json!({"errors": [http("no route to host")]})), &Observed::Rejected)?;
    same(&dial(json!({"errors": [http("permission denied")]})), &Observed::Rejected)?;
    same(&dial(json!({"errors": [http("connection refused")]})), &Observed::Refused)?;
    let udp = "reading from udp connection failed. err:'read udp 10.244.0.4:357->10.244.0.5:5353: read: no route to host'";
    same(&dial(json!({"errors": [udp]})), &Observed::Rejected)?;
    let undecided = |observed| matches!(observed, Observed::Undecided(_));
    for body in [json!({"errors": [http("i/o timeout")]}), json!({}), json!({"responses": []})] {
        same(&undecided(dial(body)), &true)?;
    }
    same(&undecided(read_dial(400, "host and/or port param are invalid. lookup x: no such host")), &true)?;
    same(&undecided(read_error("Network is unreachable (os error 101)")), &true)
}

fn evidence() -> Result<(), String> {
    let attempt = |answerers: &[&str]| Attempt {
        source: Source::Machine,
        host: "10.0.0.1".to_owned(),
        protocol: Protocol::Tcp,
        port: 80,
        answerers: answerers.iter().map(|name| (*name).to_owned()).collect(),
    };
    let answered = Observed::Answered("x1".to_owned());
    same(&attempt(&["x0", "x1"]).verdict(&answered), &Ok(Verdict::Allow))?;
    same(&attempt(&[]).verdict(&answered), &Ok(Verdict::Allow))?;
    same(&attempt(&["x0"]).verdict(&answered).is_err(), &true)?;
    same(&attempt(&["x0"]).verdict(&Observed::Refused), &Ok(Verdict::Allow))?;
    same(&attempt(&["x0"]).verdict(&Observed::Rejected), &Ok(Verdict::Deny))?;
    same(&attempt(&[]).verdict(&Observed::Undecided("timeout".to_owned())).is_err(), &true)
}

/// A stream that answers whatever it is asked with the same text.
struct Recorded(std::io::Cursor<Vec<u8>>);

impl std::io::Read for Recorded {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl std::io::Write for Recorded {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        Ok(buffer.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn answers_on_one_connection() -> Result<(), String> {
    let text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx0\
                HTTP/1.1 417 Expectation Failed\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n\
                HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    let mut connection = Connection::over(Recorded(std::io::Cursor::new(text.as_bytes().to_vec())));
    let requests = vec![Request::get("/"); 4];
    let answers = connection.ask(&requests).map_err(|error| error.to_string())?;
    let read: Vec<(u16, &str)> = answers.iter().map(|answer| (answer.status, answer.body.as_str())).collect();
    same(&read, &vec![(200, "x0"), (417, "abc"), (204, ""), (200, "")])?;
    same(&connection.ask(&requests[..1]).is_err(), &true)
}

fn rows() -> Result<(), String> {
    let pod = |name: &str| json!({"kind": "Pod", "namespace": "n", "name": name, "pods": {"matched": 1, "total": 1}});
    let tcp = |ports: &str| json!([{"protocol": "TCP", "ports": ports}]);
    let row = |from: Value, to: Value, verdict: &str, ports: Value| json!({"from": from, "to": to, "verdict": verdict, "ports": ports});
    let blocks = json!({"kind": "IPBlock", "cidrs": ["0.0.0.0/1", "198.51.100.10/32"]});
    let connections = json!([
        row(pod("a"), pod("b"), "allow", tcp("80,8000-8080")),
        row(pod("a"), pod("b"), "unknown", tcp("81")),
        row(pod("a"), blocks, "allow", tcp("*")),
    ]);
    let answer = |complete: bool| json!({"kind": "Matrix", "result": {"connections": connections, "complete": complete}});
    same(&Matrix::read(&answer(false)).is_err(), &true)?;
    let matrix = Matrix::read(&answer(true))?;
    let (a, b) = (Named::pod("n", "a"), Named::pod("n", "b"));
    let address = |text: &str| Named::Address(text.parse::<IpAddr>().expect("an address"));
    for (from, to, port, wanted) in [
        (&a, &b, 80, Verdict::Allow),
        (&a, &b, 8080, Verdict::Allow),
        (&a, &b, 8081, Verdict::Deny),
        (&a, &b, 81, Verdict::Unknown),
        (&b, &a, 80, Verdict::Deny),
        (&a, &address("198.51.100.10"), 80, Verdict::Allow),
        (&a, &address("198.51.100.11"), 80, Verdict::Deny),
        (&address("198.51.100.10"), &a, 80, Verdict::Deny),
    ] {
        same(&matrix.verdict(from, to, Protocol::Tcp, port)?, &wanted).map_err(|why| format!("{from:?} -> {to:?} {port}: {why}"))?;
    }
    same(&matrix.verdict(&a, &b, Protocol::Udp, 80)?, &Verdict::Deny)?;
    same(&holds(&ports(&tcp("1-65535")), Protocol::Tcp, 65535), &true)
}

fn same_seed() -> Result<(), String> {
    let world = imagined();
    let [one, again, other] = [(1, 7), (1, 7), (2, 7)].map(|(seed, number)| policy_set(&world, seed, number));
    same(&one.policies, &again.policies)?;
    same(&one.pod_labels, &again.pod_labels)?;
    same(&(one.policies == other.policies), &false)
}

/// The world as it might run: two nodes, two families.
fn imagined() -> World {
    let address = |text: String| text.parse::<IpAddr>().expect("an address");
    let node = |at: usize| Node {
        name: format!("node-{}", at + 1),
        addresses: vec![address(format!("10.200.0.1{}", at + 1)), address(format!("fd00:10:200::1{}", at + 1))],
        ranges: vec![format!("10.244.{at}.0/24"), format!("fd00:10:244:{at}::/64")],
    };
    let outside = ["198.51.100.10", "198.51.100.11", "2001:db8:51::10"].map(|text| address(text.to_owned()));
    let mut world = World::planned(vec![node(0), node(1)], outside.to_vec(), false);
    let hosts: Vec<Vec<IpAddr>> = world.nodes.iter().map(|node| node.addresses.clone()).collect();
    for (at, pod) in world.pods.iter_mut().enumerate() {
        pod.addresses =
            vec![address(format!("10.244.{}.{}", pod.node, at + 4)), address(format!("fd00:10:244:{}::{:x}", pod.node, at + 4))];
        if pod.host {
            pod.addresses.clone_from(&hosts[pod.node]);
        }
    }
    world.machine = Some(address("10.200.0.1".to_owned()));
    world
}

/// The objects of a set as the cluster would have them.
fn objects(world: &World, set: &PolicySet) -> Result<Objects, String> {
    let mut all: Vec<(Resource, Value)> = Vec::new();
    for (name, labels) in NAMESPACES.iter().zip(&set.namespace_labels) {
        let mut labels = labels.clone();
        labels["kubernetes.io/metadata.name"] = json!(name);
        all.push((Resource::Namespaces, json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})));
    }
    for node in &world.nodes {
        let addresses: Vec<Value> = node.addresses.iter().map(|ip| json!({"type": "InternalIP", "address": ip})).collect();
        all.push((
            Resource::Nodes,
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node.name}, "status": {"addresses": addresses}}),
        ));
    }
    for (pod, labels) in world.pods.iter().zip(&set.pod_labels) {
        let mut manifest = pod.manifest(&world.nodes);
        for (key, value) in labels.as_object().into_iter().flatten() {
            manifest["metadata"]["labels"][key] = value.clone();
        }
        let ips: Vec<Value> = pod.addresses.iter().map(|ip| json!({"ip": ip})).collect();
        manifest["status"] =
            json!({"phase": "Running", "podIP": pod.addresses[0], "podIPs": ips, "hostIP": world.nodes[pod.node].addresses[0]});
        all.push((Resource::Pods, manifest));
    }
    all.extend(set.policies.iter().map(|policy| (Resource::NetworkPolicies, policy.clone())));
    let mut objects = Objects::default();
    for (resource, value) in all {
        decode::add_object(&mut objects, resource, value).map_err(|error| error.to_string())?;
    }
    Ok(objects)
}

/// Draws all sets and asks the engine about them, as the suite will: so that a lopsided draw is noticed without a cluster.
fn drawn_sets(seed: u64, sets: usize, tally: &mut Tally) -> Result<(), String> {
    let world = imagined();
    let cells = grid::questions(&world);
    let mut counts: BTreeMap<Verdict, usize> = BTreeMap::new();
    for number in 0..sets {
        let set = policy_set(&world, seed, number);
        let objects = objects(&world, &set)?;
        let coverage = Coverage::complete(&Resource::ALL);
        let inventory = Inventory::build(Collected { objects, coverage, origin: Origin::Live, ..Collected::default() });
        let model = Model::compile(&inventory, Cni::Upstream);
        let (answer, findings) = questions::matrix(&model, &MatrixScope::default());
        if let Some(refused) = findings.iter().find(|finding| ["NP-001", "NP-002"].contains(&finding.code)) {
            return Err(format!("set {number}: {}", refused.message));
        }
        let answer = json!({"kind": "Matrix", "result": answer});
        let matrix = Matrix::read(&answer)?;
        let mut of_set: BTreeMap<Verdict, usize> = BTreeMap::new();
        for cell in &cells {
            let verdict = matrix.verdict(&cell.from, &cell.to, cell.attempt.protocol, cell.attempt.port)?;
            *of_set.entry(verdict).or_default() += 1;
        }
        of_set.iter().for_each(|(verdict, count)| *counts.entry(*verdict).or_default() += count);
    }
    let count = |verdict| counts.get(&verdict).copied().unwrap_or_default();
    let (allow, deny) = (count(Verdict::Allow), count(Verdict::Deny));
    tally.notes.push(format!("{sets} sets as the engine sees them: {}", shares(&counts)));
    if allow.min(deny) * 4 < allow + deny { Err(format!("too lopsided: {}", shares(&counts))) } else { Ok(()) }
}
