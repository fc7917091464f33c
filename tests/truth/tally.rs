//! What the suites found, and the table at the end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use netstore::report::Verdict;

/// One suite's findings.
pub struct Tally {
    pub suite: &'static str,
    start: Instant,
    took: Duration,
    /// Cases that held, by whatever the suite calls a case.
    pub passed: usize,
    /// What did not hold: each with all it takes to see it again.
    pub failures: Vec<String>,
    /// What there was nothing to try with.
    pub ignored: Vec<String>,
    /// Decided verdicts that packets confirmed.
    pub agreements: usize,
    pub disagreements: usize,
    /// Observations, by verdict.
    pub observed: BTreeMap<Verdict, usize>,
    /// Why netstore said unknown, and what was observed then.
    pub unknown: BTreeMap<String, BTreeMap<Verdict, usize>>,
    /// What else is worth a line.
    pub notes: Vec<String>,
}

impl Tally {
    pub fn new(suite: &'static str) -> Self {
        Self {
            suite,
            start: Instant::now(),
            took: Duration::ZERO,
            passed: 0,
            failures: Vec::new(),
            ignored: Vec::new(),
            agreements: 0,
            disagreements: 0,
            observed: BTreeMap::new(),
            unknown: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    /// The suite is over.
    pub fn end(mut self) -> Self {
        self.took = self.start.elapsed();
        self
    }

    /// Counts a case: what is in the way of it, or nothing.
    pub fn case(&mut self, name: &str, result: Result<(), String>) {
        match result {
            Ok(()) => self.passed += 1,
            Err(why) => {
                eprintln!("FAILED {} {name}\n{why}\n", self.suite);
                self.failures.push(format!("{} {name}\n{why}", self.suite));
            }
        }
    }

    /// Seconds that the suite has taken so far.
    pub fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    fn unknowns(&self) -> usize {
        self.unknown.values().flat_map(BTreeMap::values).sum()
    }
}

/// How often each, in words: `13 allow, 2 deny`.
pub fn shares(counts: &BTreeMap<Verdict, usize>) -> String {
    counts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect::<Vec<_>>().join(", ")
}

/// Prints everything; true if all is well.
pub fn print(tallies: &[Tally], total: Duration) -> bool {
    println!(
        "\n{:<10} {:>6} {:>8} {:>11} {:>14} {:>9} {:>8}",
        "suite", "cases", "failed", "agreements", "disagreements", "unknowns", "seconds"
    );
    for tally in tallies {
        let cases = tally.passed + tally.failures.len();
        println!(
            "{:<10} {:>6} {:>8} {:>11} {:>14} {:>9} {:>8.1}",
            tally.suite,
            cases,
            tally.failures.len(),
            tally.agreements,
            tally.disagreements,
            tally.unknowns(),
            tally.took.as_secs_f64()
        );
    }
    for tally in tallies {
        if !tally.observed.is_empty() {
            let all: usize = tally.observed.values().sum();
            let percent: Vec<String> =
                tally.observed.iter().map(|(verdict, count)| format!("{} % {verdict}", (count * 100 + all / 2) / all)).collect();
            println!("{}: {all} observations, {}", tally.suite, percent.join(", "));
        }
        for (why, observed) in &tally.unknown {
            println!("{}: unknown, {why}: observed {}", tally.suite, shares(observed));
        }
        for note in &tally.notes {
            println!("{}: {note}", tally.suite);
        }
        for ignored in &tally.ignored {
            println!("{}: IGNORED {ignored}", tally.suite);
        }
    }
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    let (passed, failed, ignored) = (sum(|t| t.passed), sum(|t| t.failures.len()), sum(|t| t.ignored.len()));
    if failed > 0 {
        println!("\nfailures:\n");
        tallies.iter().flat_map(|tally| &tally.failures).for_each(|failure| println!("---- {failure}\n"));
    }
    let result = if failed > 0 { "FAILED" } else { "ok" };
    println!(
        "\ntest result: {result}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; 0 filtered out; finished in {:.2}s\n",
        total.as_secs_f64()
    );
    failed == 0 && passed > 0
}
