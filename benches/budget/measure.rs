//! One measurement: what a child process does with a world, and what its parent reads off it.
//!
//! Each measurement has a process of its own, so that its peak of memory is its own.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use netstore::inventory::{Collected, Coverage, Inventory};
use netstore::objects::{Objects, Resource};
use netstore::policy::question::{MatrixScope, Resolved};
use netstore::policy::{Cni, Model, questions};
use netstore::qos;
use netstore::report::Peer;
use netstore::source::{Needs, Recording, decode, snapshot};
use netstore::storage;

use super::worlds::World;

/// Questions to a compiled model.
pub const QUESTIONS: [&str; 5] = ["who-can-reach", "reachable-from", "can-reach", "effective-policy", "matrix"];

/// How long a child may take; one that takes longer is far over every budget.
const PATIENCE: Duration = Duration::from_secs(90);

/// After this time a child does not start another run.
const ENOUGH: Duration = Duration::from_secs(10);

/// Best time of each phase and the peak of memory.
#[derive(Debug, Default)]
pub struct Measured {
    /// By name: `parse`, `index`, `query`, `total`.
    pub phases: BTreeMap<String, Duration>,
    /// `VmHWM` of the child, in KiB.
    pub peak_kib: u64,
    /// What came out, for the reader to see that it is not nothing.
    pub size: String,
}

impl Measured {
    /// Best time of a phase; the longest there is if it never came to an end.
    pub fn phase(&self, name: &str) -> Duration {
        self.phases.get(name).copied().unwrap_or(Duration::MAX)
    }
}

/// Runs a child that asks one question of a world, from a snapshot on disk or (without one) from memory.
pub fn measure(world: &str, question: &str, snapshot: Option<&Path>) -> Measured {
    let mut command = Command::new(std::env::current_exe().expect("the path of this program"));
    command.args(["--child", world, question]).args(snapshot);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("a child process");
    let start = Instant::now();
    while start.elapsed() < PATIENCE && child.try_wait().expect("a child process").is_none() {
        std::thread::sleep(Duration::from_millis(20));
    }
    // Of a child that has ended nothing is left to kill.
    let _ = child.kill();
    let output = child.wait_with_output().expect("a child process");
    let mut measured = Measured::default();
    if !output.status.success() {
        // Out of time or memory: a row of the table all the same.
        measured.size = format!("given up after {} s: {}", start.elapsed().as_secs(), output.status);
        return measured;
    }
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        match line.split_once(' ') {
            Some(("peak-kib", number)) => measured.peak_kib = number.parse().expect("a number"),
            Some(("size", text)) => text.clone_into(&mut measured.size),
            Some((phase, nanos)) => {
                measured.phases.insert(phase.to_owned(), Duration::from_nanos(nanos.parse().expect("a number")));
            }
            None => {}
        }
    }
    measured
}

/// The child: repeats the whole way several times and prints the best of each phase.
pub fn child(world: World, question: &str, snapshot: Option<&Path>) {
    let runs = if matches!(world, World::Huge) { 2 } else { 5 };
    let mut best: BTreeMap<&str, Duration> = BTreeMap::new();
    let mut size = String::new();
    let mut made = snapshot.is_none().then(|| in_memory(world));
    let begin = Instant::now();
    for run in 0..runs {
        if run > 0 && begin.elapsed() > ENOUGH {
            break;
        }
        let mut note = |phase, time: Duration| {
            let best = best.entry(phase).or_insert(Duration::MAX);
            *best = time.min(*best);
        };
        let start = Instant::now();
        let collected = match snapshot {
            Some(path) => snapshot::read(path, &needs()).expect("a snapshot"),
            // The last run takes the objects themselves: a copy would count twice in the peak of memory.
            None if run + 1 == runs => made.take().expect("made once"),
            None if matches!(world, World::Huge) => in_memory(world),
            None => copy(made.as_ref().expect("not taken yet")),
        };
        let parsed = start.elapsed();
        let inventory = Inventory::build(collected);
        let model = QUESTIONS.contains(&question).then(|| Model::compile(&inventory, Cni::Upstream));
        let indexed = start.elapsed();
        size = match &model {
            Some(model) => ask_model(&inventory, model, question, world),
            None => ask_inventory(&inventory, question),
        };
        let asked = start.elapsed();
        note("index", indexed - parsed);
        note("query", asked - indexed);
        if snapshot.is_some() {
            note("parse", parsed);
            note("total", asked);
        } else {
            note("total", asked - parsed);
        }
    }
    for (phase, time) in best {
        println!("{phase} {}", time.as_nanos());
    }
    println!("size {size}");
    println!("peak-kib {}", peak_kib());
}

/// Writes a world as a snapshot.
pub fn write(world: World, path: &Path) {
    let mut recording = Recording { coverage: Coverage::complete(&Resource::ALL), ..Recording::default() };
    for resource in Resource::ALL {
        recording.lists.insert(resource, Vec::new());
    }
    world.make(&mut |resource, object| recording.lists.entry(resource).or_default().push(object));
    snapshot::write(path, &recording, true).expect("a snapshot written");
}

fn in_memory(world: World) -> Collected {
    let mut objects = Objects::default();
    world.make(&mut |resource, object| decode::add_object(&mut objects, resource, object).expect("valid objects"));
    Collected { objects, coverage: Coverage::complete(&Resource::ALL), ..Collected::default() }
}

fn copy(collected: &Collected) -> Collected {
    Collected { objects: collected.objects.clone(), coverage: collected.coverage.clone(), ..Collected::default() }
}

/// What questions read, at most.
fn needs() -> Needs {
    let resources = Resource::ALL.into_iter().filter(|r| !matches!(r, Resource::Secrets | Resource::ConfigMaps)).collect();
    Needs { resources, system: Vec::new(), namespaces: Vec::new() }
}

/// Asks what needs no policies, and says how large the answer is.
fn ask_inventory(inventory: &Inventory, question: &str) -> String {
    match question {
        "pvc-why-pending" => format!("{} findings", storage::why_pending(inventory, &storage::Question::default()).1.len()),
        "qos" => format!("{} pods", qos::qos(inventory, &qos::Question::default()).0.pods.len()),
        "storage" => format!("{} causes", storage::overview(inventory, None).0.claims.causes.len()),
        other => panic!("no question {other}"),
    }
}

/// Asks about policies, and says how large the answer is.
fn ask_model(inventory: &Inventory, model: &Model<'_>, question: &str, world: World) -> String {
    let (namespace, name) = world.target();
    let pod = inventory.pod(namespace, name).expect("the pod that is asked about");
    let target = Resolved::Pods {
        label: Peer { kind: "Pod".to_owned(), namespace: namespace.to_owned(), name: name.to_owned(), ..Peer::default() },
        pods: vec![pod],
    };
    match question {
        "who-can-reach" => format!("{} sources", questions::who_can_reach(model, &target, None).0.sources.len()),
        "reachable-from" => format!("{} destinations", questions::reachable_from(model, &target).0.destinations.len()),
        "can-reach" => format!("{} ports", questions::can_reach(model, &target, &target, None).0.ports.len()),
        "effective-policy" => format!("{} allowances", questions::effective_policy(model, &target).0.ingress.allowed.len()),
        "matrix" => format!("{} connections", questions::matrix(model, &MatrixScope::default()).0.connections.len()),
        other => panic!("no question {other}"),
    }
}

/// The most memory this process ever had, as Linux counts it.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|text| text.split_whitespace().next()).and_then(|number| number.parse().ok()).unwrap_or_default()
}
