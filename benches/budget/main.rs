//! The budget table: what netstore may cost on clusters of given sizes, and what it does cost.
//!
//! `cargo bench --bench budget` (or `make bench`) prints it; arguments restrict it to rows that contain one of them. Times
//! are the best of several runs, memory is the peak of a process of its own. Never a test: a slow machine is no defect.

mod measure;
mod storage;
mod worlds;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use measure::{Measured, QUESTIONS, measure};
use worlds::World;

// As the program has it.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--child", world, question] => measure::child(named(world), question, None),
        ["--child", world, question, snapshot] => measure::child(named(world), question, Some(Path::new(snapshot))),
        ["--write", world, path] => measure::write(named(world), Path::new(path)),
        filters => Table { filters: filters.iter().map(|f| (*f).to_owned()).collect() }.print(),
    }
}

fn named(name: &str) -> World {
    World::NAMES.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no world {name}")).1
}

/// The table, row by row as it is measured.
struct Table {
    filters: Vec<String>,
}

const MIB: u64 = 1024;
const MS: Duration = Duration::from_millis(1);

impl Table {
    fn print(&self) {
        println!("{:<66} {:>12} {:>12}", "what", "budget", "measured");
        self.start_up();
        for (world, budget) in [("ring-100", 50), ("ring-250", 100)] {
            let what = format!("matrix, {world}: namespaces x 4 pods x 3 policies");
            self.row_group(&what, || measure(world, "matrix", None), |m| vec![time(&what, budget * MS, m.phase("query"))]);
        }
        let temporary = tempfile::tempdir().expect("a temporary directory");
        self.ten_thousand_pods(temporary.path());
        self.company(temporary.path());
        self.huge();
        self.crowd();
        self.volumes(temporary.path());
        println!("not measured here: live listing (needs an API server: tests/cluster)");
    }

    /// Starting the program costs what every completion and every call in a loop costs.
    fn start_up(&self) {
        let program = env!("CARGO_BIN_EXE_kubectl-netstore");
        for argument in ["--help", "--version"] {
            let run = || {
                let start = Instant::now();
                let mut command = Command::new(program);
                let _ = command.arg(argument).stdout(Stdio::null()).stderr(Stdio::null()).status();
                start.elapsed()
            };
            let best = || (0..30).map(|_| run()).min().unwrap_or_default();
            self.row_group(argument, best, |best| vec![time(argument, 5 * MS, *best)]);
        }
    }

    fn ten_thousand_pods(&self, directory: &Path) {
        let snapshot = directory.join("ten-thousand-pods");
        for question in QUESTIONS.into_iter().chain(["qos"]) {
            let what = format!("{question}, snapshot of 10,000 pods");
            let run = || {
                written("ten-thousand-pods", &snapshot);
                measure("ten-thousand-pods", question, Some(&snapshot))
            };
            self.row_group(&what, run, |m| vec![time(&what, 300 * MS, m.phase("total")), memory(150 * MIB, m)]);
        }
    }

    fn company(&self, directory: &Path) {
        let snapshot = directory.join("company");
        let what = "who-can-reach, 5,400 pods, 13,700 policies, parsing included";
        let run = |question: &'static str| {
            let snapshot = snapshot.clone();
            move || {
                written("company", &snapshot);
                measure("company", question, Some(&snapshot))
            }
        };
        self.row_group(what, run("who-can-reach"), |m| {
            vec![time(what, 1000 * MS, m.phase("total")), time("  the query itself", 10 * MS, m.phase("query"))]
        });
        let what = "matrix of that cluster, parsing included";
        self.row_group(what, run("matrix"), |m| vec![time(what, 2000 * MS, m.phase("total")), memory(500 * MIB, m)]);
    }

    fn huge(&self) {
        let what = "index of 100,000 pods, 75,000 policies, 25,000 namespaces";
        self.row_group(
            what,
            || measure("huge", "who-can-reach", None),
            |m| {
                let query = time("  one query", 50 * MS, m.phase("query"));
                vec![time(what, 3000 * MS, m.phase("index")), memory(1229 * MIB, m), query]
            },
        );
    }

    fn crowd(&self) {
        for question in QUESTIONS {
            let what = format!("10,000 policies x 10,000 pods in one namespace, {question}");
            self.row_group(&what, || measure("crowd", question, None), |m| vec![time(&what, 2000 * MS, m.phase("total"))]);
        }
    }

    fn volumes(&self, directory: &Path) {
        for (world, kind) in [("fixed-volumes", "made by hand"), ("local-volumes", "local, pods waiting")] {
            let snapshot = directory.join(world);
            for question in ["pvc-why-pending", "storage"] {
                let what = format!("{question}, 5,000 claims x 5,000 volumes, {kind}");
                let run = || {
                    written(world, &snapshot);
                    measure(world, question, Some(&snapshot))
                };
                self.row_group(&what, run, |m| vec![time(&what, 2000 * MS, m.phase("total")), memory(191 * MIB, m)]);
            }
        }
    }

    /// Measures and prints, unless filtered out.
    fn row_group<M: Details>(&self, what: &str, run: impl Fn() -> M, rows: impl Fn(&M) -> Vec<Row>) {
        if !self.filters.is_empty() && !self.filters.iter().any(|f| what.contains(f.as_str())) {
            return;
        }
        let measured = run();
        for row in rows(&measured) {
            let mark = if row.within { "ok" } else { "OVER" };
            println!("{:<66} {:>12} {:>12}  {mark}", row.what, row.budget, row.measured);
        }
        if let Some(details) = measured.details() {
            println!("    {details}");
        }
    }
}

/// What else is worth knowing of a measurement.
trait Details {
    fn details(&self) -> Option<String>;
}

impl Details for Duration {
    fn details(&self) -> Option<String> {
        None
    }
}

impl Details for Measured {
    fn details(&self) -> Option<String> {
        let phases: Vec<String> = self.phases.iter().map(|(phase, time)| format!("{phase} {}", milliseconds(*time))).collect();
        Some(format!("{}; peak {} MiB; {}", phases.join(", "), self.peak_kib / MIB, self.size))
    }
}

struct Row {
    what: String,
    budget: String,
    measured: String,
    within: bool,
}

fn time(what: &str, budget: Duration, measured: Duration) -> Row {
    Row { what: what.to_owned(), budget: milliseconds(budget), measured: milliseconds(measured), within: measured <= budget }
}

fn memory(budget_kib: u64, measured: &Measured) -> Row {
    let mib = |kib: u64| format!("{} MiB", kib.div_ceil(MIB));
    let within = (1..=budget_kib).contains(&measured.peak_kib);
    Row { what: "  peak memory".to_owned(), budget: mib(budget_kib), measured: mib(measured.peak_kib), within }
}

fn milliseconds(time: Duration) -> String {
    if time == Duration::MAX { "failed".to_owned() } else { format!("{:.1} ms", time.as_secs_f64() * 1e3) }
}

/// Writes the world's snapshot once, in a process of its own.
fn written(world: &str, path: &Path) {
    if path.exists() {
        return;
    }
    let program = std::env::current_exe().expect("the path of this program");
    let status = Command::new(program).args(["--write", world]).arg(path).status().expect("a child process");
    assert!(status.success(), "{world} could not be written");
}
