//! What a user sees while a cluster is read: one line on a terminal, only if it takes a while, gone at the end.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::error::escaped;
use crate::source::Progress;

/// Whatever is faster than this needs no progress.
const DELAY: Duration = Duration::from_millis(250);
/// Redraws a second.
const HERTZ: u8 = 10;
/// From here on requests are shown, as with kubectl.
const SHOW_REQUESTS: u8 = 6;
/// From here on their headers, too; bodies never.
const SHOW_HEADERS: u8 = 8;

/// Progress on stderr.
pub struct TerminalProgress {
    bar: ProgressBar,
    lists: Mutex<BTreeMap<String, (usize, Option<u64>)>>,
    /// Dropping it ends the wait for the moment to appear.
    waiting: Mutex<Option<Sender<()>>>,
    verbosity: u8,
}

impl TerminalProgress {
    /// A line on stderr unless `quiet`, and only if stderr is a terminal; requests with `-v=6` in any case.
    pub fn new(quiet: bool, verbosity: u8) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        let wanted = !quiet && std::io::stderr().is_terminal();
        let waiting = wanted.then(|| appear_later(bar.clone()));
        Self { bar, lists: Mutex::default(), waiting: Mutex::new(waiting), verbosity }
    }

    /// A line of its own.
    fn say(&self, line: &str) {
        // Nobody is left to hear that telling them failed.
        self.bar.suspend(|| drop(writeln!(std::io::stderr(), "{}", escaped(line))));
    }

    fn update(&self, what: &str, n: usize, remaining: Option<u64>) {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        lists.insert(what.to_owned(), (n, remaining));
        self.bar.set_message(message(&lists, what));
    }
}

/// Shows the bar after the delay, unless the sender is dropped before.
fn appear_later(bar: ProgressBar) -> Sender<()> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        if receiver.recv_timeout(DELAY) == Err(RecvTimeoutError::Timeout) && !bar.is_finished() {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(HERTZ));
            bar.enable_steady_tick(Duration::from_millis(1000 / u64::from(HERTZ)));
        }
    });
    sender
}

fn message(lists: &BTreeMap<String, (usize, Option<u64>)>, latest: &str) -> String {
    let read: usize = lists.values().map(|(n, _)| n).sum();
    let remaining: u64 = lists.values().filter_map(|(_, remaining)| *remaining).sum();
    match remaining {
        0 => format!("Reading {latest}: {read} objects so far"),
        _ => format!("Reading {latest}: {read} objects so far, about {remaining} to come"),
    }
}

impl Progress for TerminalProgress {
    fn list_started(&self, what: &str) {
        self.update(what, 0, None);
    }

    fn items(&self, what: &str, n: usize, remaining: Option<u64>) {
        self.update(what, n, remaining);
    }

    fn request(&self, line: &str) {
        if self.verbosity >= SHOW_REQUESTS {
            self.say(line);
        }
    }

    fn request_with_headers(&self, line: &str, sent: &[String], came: &[String]) {
        let mut text = line.to_owned();
        if self.verbosity >= SHOW_HEADERS {
            for (heading, headers) in [("Request Headers:", sent), ("Response Headers:", came)] {
                text.extend(["\n", heading]);
                headers.iter().for_each(|header| text.extend(["\n    ", header]));
            }
        }
        self.request(&text);
    }

    /// Never hushed: who makes something in a cluster says so.
    fn notice(&self, line: &str) {
        self.say(line);
    }

    fn done(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.bar.finish_and_clear();
    }
}

impl Drop for TerminalProgress {
    fn drop(&mut self) {
        self.done();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_counts_all_lists_and_names_the_latest() {
        let lists = BTreeMap::from([("pods".to_owned(), (500, Some(1500))), ("services".to_owned(), (20, None))]);
        assert_eq!(message(&lists, "pods"), "Reading pods: 520 objects so far, about 1500 to come");
    }

    #[test]
    fn done_twice_is_done() {
        let progress = TerminalProgress::new(true, 0);
        progress.list_started("pods");
        progress.done();
        progress.done();
    }
}
