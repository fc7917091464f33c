//! How checks get into a pod, and verdicts out of it.
//!
//! In: words (see [`Batch::words`]). Out: lines of JSON on standard output, one a check in whatever order they end, then one that
//! says how many there were. A container that ends also leaves a termination message: one line with all verdicts, then as many of
//! the same lines as fit into 4,096 bytes.
//!
//! Each line carries the nonce of the batch, so that nothing else a container prints is taken for a result, and each is whole or is
//! none. What did not come through is [`Verdict::CouldNotRun`], with the reason: it says nothing about the network.

use std::fmt;

use serde::de::IntoDeserializer as _;
use serde::{Deserialize, Serialize};

use super::check::Check;
use super::verdict::Verdict;

/// Version of the lines.
pub const VERSION: u32 = 1;

/// Variable of the environment: the file that gets the termination message. Without it there is none: a program that was run in
/// somebody's container must not write that container's.
pub const TERMINATION_LOG: &str = "NETSTORE_TERMINATION_LOG";

/// What the kubelet takes of a termination message.
const TERMINATION_BYTES: usize = 4096;

/// What is kept of a detail, in characters.
const DETAIL: usize = 300;

/// Checks that are run together, by one process in one pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Letters and digits that nobody else uses.
    pub nonce: String,
    /// As many equal results in a row make a verdict.
    pub agreeing: u8,
    /// At most as many attempts for that; otherwise it is *flapping*.
    pub attempts: u8,
    /// Milliseconds that an attempt waits.
    pub patience: u32,
    /// Checks under way at a time.
    pub at_once: u16,
    /// Seconds after which the process ends whatever is still under way.
    pub deadline: u32,
    /// What is tried, in the order in which it is answered.
    pub checks: Vec<Check>,
}

impl Batch {
    /// The arguments of either program: nonce, agreeing, attempts, patience, at once, deadline, then the checks.
    pub fn words(&self) -> Vec<String> {
        let Self { nonce, agreeing, attempts, patience, at_once, deadline, checks } = self;
        let numbers = [u32::from(*agreeing), u32::from(*attempts), *patience, u32::from(*at_once), *deadline];
        let settings = std::iter::once(nonce.clone()).chain(numbers.iter().map(u32::to_string));
        settings.chain(checks.iter().map(ToString::to_string)).collect()
    }

    /// The batch that these are the words of.
    ///
    /// # Errors
    ///
    /// What is wrong with the words.
    pub fn from_words(words: &[String]) -> Result<Self, String> {
        let [nonce, agreeing, attempts, patience, at_once, deadline, checks @ ..] = words else {
            return Err("too few arguments: NONCE AGREEING ATTEMPTS PATIENCE AT-ONCE DEADLINE CHECK…".to_owned());
        };
        fn number<T: std::str::FromStr>(name: &str, word: &str) -> Result<T, String> {
            word.parse().map_err(|_| format!("{name}: {word:?} is no number, or too large"))
        }
        Ok(Self {
            nonce: nonce.clone(),
            agreeing: number("agreeing", agreeing)?,
            attempts: number("attempts", attempts)?,
            patience: number("patience", patience)?,
            at_once: number("at once", at_once)?,
            deadline: number("deadline", deadline)?,
            checks: checks.iter().map(|word| word.parse().map_err(|error| format!("{error}"))).collect::<Result<_, _>>()?,
        })
    }
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// The verdict.
    pub verdict: Verdict,
    /// What else there is to say: a status, addresses, an error in the words of the system.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// How many attempts were made; 0 where nothing was tried or only the verdict came through.
    pub attempts: u8,
    /// Milliseconds that the last one took.
    pub milliseconds: u32,
}

impl Observed {
    /// Nothing is known of this check, and why.
    pub fn could_not_run(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::CouldNotRun, detail: reason.into(), attempts: 0, milliseconds: 0 }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// [`VERSION`].
    pub v: u32,
    /// The nonce of the batch.
    pub nonce: String,
    /// What it says.
    #[serde(flatten)]
    pub says: Says,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Says {
    /// What came of a check.
    Result {
        /// Position of the check.
        check: usize,
        /// What came of it.
        #[serde(flatten)]
        observed: Observed,
    },
    /// The last line of standard output.
    End {
        /// How many results there were.
        end: usize,
    },
    /// The first line of a termination message: `connected*3 timed-out connected*96`.
    All {
        /// The verdicts of all checks in their order, equal neighbours told once.
        verdicts: String,
    },
}

impl Line {
    /// A line of this batch.
    pub fn new(nonce: &str, says: Says) -> Self {
        Self { v: VERSION, nonce: nonce.to_owned(), says }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// The termination message for these results: all verdicts, then as many whole lines as fit.
pub fn termination(nonce: &str, results: &[Observed]) -> String {
    let mut runs: Vec<(Verdict, usize)> = Vec::new();
    for Observed { verdict, .. } in results {
        match runs.last_mut() {
            Some((last, count)) if last == verdict => *count += 1,
            _ => runs.push((*verdict, 1)),
        }
    }
    let runs = runs.iter().map(|(verdict, count)| if *count == 1 { verdict.to_string() } else { format!("{verdict}*{count}") });
    // Room for the rest of the line; what has none is not told, and read as such.
    let room = TERMINATION_BYTES.saturating_sub(100 + nonce.len());
    let mut verdicts = String::new();
    for run in runs {
        if verdicts.len() + run.len() >= room {
            break;
        }
        if !verdicts.is_empty() {
            verdicts.push(' ');
        }
        verdicts += &run;
    }
    let mut message = Line::new(nonce, Says::All { verdicts }).to_string() + "\n";
    for (check, observed) in results.iter().enumerate() {
        let line = Line::new(nonce, Says::Result { check, observed: observed.clone() }).to_string();
        if message.len() + line.len() < TERMINATION_BYTES {
            message += &line;
            message.push('\n');
        }
    }
    message
}

/// What came of each check of a batch, from what its process wrote on standard output.
pub fn read(stdout: &str, batch: &Batch) -> Vec<Observed> {
    Heard::of(stdout, batch).results("output")
}

/// The same from the termination message of its container, which may be all that can be read.
pub fn read_termination(message: &str, batch: &Batch) -> Vec<Observed> {
    Heard::of(message, batch).results("termination message")
}

/// What the lines of a text say.
struct Heard<'a> {
    text: &'a str,
    /// For each check: its result, in full or only as a verdict.
    results: Vec<Option<Observed>>,
    /// Whether a line says that there are no more of them.
    ended: bool,
    /// The version of lines that are not understood.
    foreign: Option<u32>,
}

impl<'a> Heard<'a> {
    fn of(text: &'a str, batch: &Batch) -> Self {
        #[derive(Deserialize)]
        struct Head {
            v: u32,
            nonce: String,
        }
        let mut heard = Self { text, results: vec![None; batch.checks.len()], ended: false, foreign: None };
        for line in text.lines().map(str::trim) {
            match serde_json::from_str::<Head>(line) {
                Ok(head) if head.nonce == batch.nonce && head.v == VERSION => {}
                Ok(head) if head.nonce == batch.nonce => {
                    heard.foreign = Some(head.v);
                    continue;
                }
                _ => continue,
            }
            match serde_json::from_str(line).map(|Line { says, .. }| says) {
                Ok(Says::Result { check, observed }) => heard.result(check, observed),
                Ok(Says::End { .. }) => heard.ended = true,
                Ok(Says::All { verdicts }) => heard.all(&verdicts),
                Err(_) => {}
            }
        }
        heard
    }

    /// A result that is told twice must be the same both times; the one that tells more is kept.
    fn result(&mut self, check: usize, mut observed: Observed) {
        let Some(slot) = self.results.get_mut(check) else { return };
        if let Some((at, _)) = observed.detail.char_indices().nth(DETAIL) {
            observed.detail.truncate(at);
            observed.detail.push('…');
        }
        match slot {
            Some(before) if before.verdict != observed.verdict => {
                let reason = format!("two results were told for it: {} and {}", before.verdict, observed.verdict);
                *slot = Some(Observed::could_not_run(reason));
            }
            Some(before) if before.attempts >= observed.attempts => {}
            _ => *slot = Some(observed),
        }
    }

    fn all(&mut self, verdicts: &str) {
        let mut check = 0;
        for run in verdicts.split(' ') {
            let (word, count) = run.split_once('*').map_or((run, Some(1)), |(word, count)| (word, count.parse::<usize>().ok()));
            // Behind a word that is not understood, nobody knows which check is meant.
            let verdict: Result<_, serde::de::value::Error> = Verdict::deserialize(word.into_deserializer());
            let (Ok(verdict), Some(count)) = (verdict, count) else { return };
            for _ in 0..count {
                if check == self.results.len() {
                    return;
                }
                self.result(check, Observed { verdict, detail: String::new(), attempts: 0, milliseconds: 0 });
                check += 1;
            }
        }
        self.ended = check == self.results.len();
    }

    fn results(self, source: &str) -> Vec<Observed> {
        let reason = self.missing(source);
        self.results.into_iter().map(|result| result.unwrap_or_else(|| Observed::could_not_run(reason.clone()))).collect()
    }

    /// Why a result is missing.
    fn missing(&self, source: &str) -> String {
        let (told, all) = (self.results.iter().flatten().count(), self.results.len());
        let begins = self.text.lines().map(str::trim).find(|line| !line.is_empty());
        match (self.foreign, begins) {
            (Some(version), _) => format!("the program in the pod writes version {version} of its results, this netstore reads {VERSION}"),
            (_, None) => format!("the {source} is empty"),
            _ if self.ended => format!("the {source} has {told} of {all} results, this one is lost"),
            _ if told > 0 => format!("the {source} was cut after {told} of {all} results"),
            (_, Some(line)) => {
                let line: String = line.chars().take(100).collect();
                format!("the {source} has no results of this probe; it begins with {line:?}")
            }
        }
    }
}
