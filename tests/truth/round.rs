//! One policy set: applied, tried and compared.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use netstore::report::Verdict;
use serde_json::Value;

use super::attempt::{Attempt, Observed};
use super::draw::PolicySet;
use super::grid::{Cell, disagreement, reproduce};
use super::predicted::Matrix;
use super::reach::{Reach, proven};
use super::samples::{self, Focused, Sample};
use super::tally::Tally;
use super::world::World;

/// The plugin whose evaluator decides in the test cluster.
const EVALUATOR: &str = "kube-network-policies";

/// Where the time goes.
#[derive(Default)]
pub struct Clock {
    changes: Duration,
    attempts: Duration,
    netstore: Duration,
}

impl Clock {
    /// For so many sets.
    pub fn mean(&self, sets: usize) -> String {
        let mean = |time: Duration| time.as_secs_f64() / f64::from(u32::try_from(sets).unwrap_or(u32::MAX).max(1));
        let (changes, attempts, netstore) = (mean(self.changes), mean(self.attempts), mean(self.netstore));
        format!("{changes:.2} s to change and settle, {attempts:.2} s for the attempts, beside them {netstore:.2} s for netstore's answers")
    }
}

/// What netstore said of one set.
struct Said {
    matrix: Matrix,
    focused: Vec<Matrix>,
    samples: Vec<Value>,
}

/// What a comparison found.
#[derive(Default)]
pub struct Found {
    pub wrong: Vec<String>,
    /// Cells without a verdict, by source and target, and what was observed there.
    pub unknown: BTreeMap<(String, String), BTreeMap<Verdict, usize>>,
}

fn ask(reach: &Reach<'_>, focused: &[Focused], samples: &[Sample]) -> Result<Said, String> {
    let cluster = reach.cluster;
    let matrix = Matrix::read(&cluster.netstore(&["matrix", "-A"])?)?;
    let read = |focused: &Focused| {
        let question = focused.question();
        let answer = cluster.netstore(&question.iter().map(String::as_str).collect::<Vec<_>>())?;
        Matrix::read_focused(&answer, focused.from.as_ref(), focused.to.as_ref())
    };
    let samples = samples.iter().map(|sample| sample.ask(cluster)).collect::<Result<_, _>>()?;
    Ok(Said { matrix, focused: focused.iter().map(read).collect::<Result<_, _>>()?, samples })
}

/// One set, from its policies to the comparison.
pub fn one_set(
    reach: &mut Reach<'_>,
    set: &PolicySet,
    seed: u64,
    cells: &[Cell],
    tally: &mut Tally,
    clock: &mut Clock,
) -> Result<(), String> {
    let start = Instant::now();
    reach.change(Some(set)).map_err(|why| format!("no evidence: {why}"))?;
    clock.changes += start.elapsed();
    let (samples, focused) = (samples::draw(reach.world, seed, set.number), samples::focused(reach.world, set.number));
    let mut attempts: Vec<Attempt> = cells.iter().map(|cell| cell.attempt.clone()).collect();
    attempts.extend(samples.iter().flat_map(|sample| sample.attempts.clone()));
    let start = Instant::now();
    let mut dialer = std::mem::take(&mut reach.dialer);
    let (said, asked, observed) = std::thread::scope(|scope| {
        let reach = &*reach;
        let asked = scope.spawn(|| (ask(reach, &focused, &samples), start.elapsed()));
        let observed = dialer.observe(&attempts);
        clock.attempts += start.elapsed();
        let (said, asked) = asked.join().map_err(|_| "a panic while netstore was asked".to_owned())?;
        Ok::<_, String>((said, asked, observed))
    })?;
    reach.dialer = dialer;
    clock.netstore += asked;
    let (said, verdicts) = (said?, proven(&attempts, &observed)?);
    let mut found = Found::default();
    for (cell, observed) in cells.iter().zip(&verdicts) {
        *tally.observed.entry(*observed).or_default() += 1;
        compare_cell("matrix", &said.matrix, cell, *observed, tally, &mut found)?;
    }
    if !found.unknown.is_empty() {
        explain(reach, &found.unknown, tally)?;
        // Told whose verdicts the data plane has, netstore knows more.
        let told = Matrix::read(&reach.cluster.netstore(&["matrix", "-A", "--cni", EVALUATOR])?)?;
        for (cell, observed) in cells.iter().zip(&verdicts) {
            if said.matrix.verdict(&cell.from, &cell.to, cell.attempt.protocol, cell.attempt.port)? == Verdict::Unknown {
                compare_cell("matrix --cni", &told, cell, *observed, tally, &mut found)?;
            }
        }
    }
    let mut again = Found::default();
    for (focused, rows) in focused.iter().zip(&said.focused) {
        for (cell, observed) in cells.iter().zip(&verdicts).filter(|(cell, _)| focused.is_about(cell)) {
            compare_cell(focused.command, rows, cell, *observed, tally, &mut again)?;
        }
    }
    found.wrong.append(&mut again.wrong);
    let mut rest = cells.len();
    for (sample, answer) in samples.iter().zip(&said.samples) {
        let range = rest..rest + sample.attempts.len();
        rest = range.end;
        let seen = Seen { verdicts: &verdicts[range.clone()], observed: &observed[range] };
        compare_sample((sample, answer), &seen, &said.matrix, tally, &mut found.wrong)?;
    }
    failure(reach.world, set, seed, found.wrong, tally)
}

/// Disagreements, if there are any, with what it takes to see them again.
pub fn failure(world: &World, set: &PolicySet, seed: u64, mut wrong: Vec<String>, tally: &mut Tally) -> Result<(), String> {
    tally.disagreements += wrong.len();
    if wrong.is_empty() {
        return Ok(());
    }
    let all = wrong.len();
    wrong.truncate(20);
    Err(format!("{all} disagreements, seed {seed}, set {}:\n  {}\n{}", set.number, wrong.join("\n  "), reproduce(world, set)))
}

/// A cell of the grid against what was said of it.
pub fn compare_cell(who: &str, said: &Matrix, cell: &Cell, observed: Verdict, tally: &mut Tally, found: &mut Found) -> Result<(), String> {
    let (protocol, port) = (cell.attempt.protocol, cell.attempt.port);
    let predicted = said.verdict(&cell.from, &cell.to, protocol, port)?;
    if predicted == Verdict::Unknown {
        let key = (cell.from.to_string(), format!("{}:{port}/{}", cell.to, protocol.name()));
        *found.unknown.entry(key).or_default().entry(observed).or_default() += 1;
    } else if predicted == observed {
        tally.agreements += 1;
    } else {
        found.wrong.push(disagreement(who, cell, predicted, observed));
    }
    Ok(())
}

/// Why verdicts are unknown, in netstore's words: asked about one source and port of each target.
fn explain(reach: &Reach<'_>, unknown: &BTreeMap<(String, String), BTreeMap<Verdict, usize>>, tally: &mut Tally) -> Result<(), String> {
    let mut asked: BTreeMap<&str, String> = BTreeMap::new();
    for ((from, to), observed) in unknown {
        let target = to.split(':').next().unwrap_or_default();
        if !asked.contains_key(target) {
            let answer = reach.cluster.netstore(&["can-reach", from, to])?;
            let reasons = answer["result"]["reasons"].as_array().map(Vec::as_slice).unwrap_or_default();
            let reasons: Vec<&str> = reasons.iter().filter_map(Value::as_str).collect();
            asked.insert(target, reasons.join("; "));
        }
        let why = tally.unknown.entry(asked.get(target).cloned().unwrap_or_default()).or_default();
        for (verdict, count) in observed {
            *why.entry(*verdict).or_default() += count;
        }
    }
    Ok(())
}

/// What the attempts of a sample showed.
struct Seen<'a> {
    verdicts: &'a [Verdict],
    observed: &'a [Observed],
}

/// A question with attempts of its own against what they showed.
fn compare_sample(
    (sample, answer): (&Sample, &Value),
    seen: &Seen<'_>,
    matrix: &Matrix,
    tally: &mut Tally,
    wrong: &mut Vec<String>,
) -> Result<(), String> {
    for (asked, range) in sample.groups() {
        let (verdicts, observed) = (&seen.verdicts[range.clone()], &seen.observed[range]);
        let difference = |predicted: &str| {
            let question = sample.question.join(" ");
            format!("netstore {question} from {}: predicted {predicted}, observed {observed:?}", asked.source)
        };
        match (sample.verdict(answer, asked)?, &sample.through) {
            (Some(verdict), _) if verdicts.iter().all(|seen| *seen == verdict) => tally.agreements += 1,
            (Some(verdict), _) => wrong.push(difference(&verdict.to_string())),
            (None, Some(through)) => {
                let fits = observed.iter().map(|observed| through.fits(matrix, &asked.source, observed)).collect::<Result<Vec<_>, _>>()?;
                if fits.iter().all(|fits| *fits == Some(true)) {
                    tally.agreements += 1;
                } else if fits.contains(&Some(false)) {
                    wrong.push(difference("another pod behind the Service"));
                } else {
                    unknown(sample, verdicts, tally);
                }
            }
            (None, None) => unknown(sample, verdicts, tally),
        }
    }
    Ok(())
}

fn unknown(sample: &Sample, verdicts: &[Verdict], tally: &mut Tally) {
    let counts = tally.unknown.entry(sample.kind.to_owned()).or_default();
    verdicts.iter().for_each(|verdict| *counts.entry(*verdict).or_default() += 1);
}
