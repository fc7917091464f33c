//! Questions to one server of names, through port-forward: DNS over TCP, many questions under way at once.
//!
//! A server may close the way whenever it likes (CoreDNS does when nothing was asked for 10 s, or after `maxtcpqueries`): what it has
//! not answered is asked again on a new one. It answers in any order, or never.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::error::Failure;
use super::forward::{Closed, Forward, PodPort};
use super::transport::Transport;
use crate::dns::message;
use crate::dns::observed::{Asked, Said};
use crate::source::Progress;

/// Questions under way at a time.
const WINDOW: usize = 64;
/// Ways in a row that brought no answer: then there is nobody.
const FRUITLESS: u32 = 4;
/// Pause after the first of them; doubled each time.
const PAUSE: Duration = Duration::from_millis(100);
/// Without `--request-timeout`: as long as an answer may take. CoreDNS gives its own upstream servers 5 s.
const ANSWERING: Duration = Duration::from_secs(7);

/// What came of all questions to one server.
#[derive(Debug)]
pub(super) struct Replies {
    /// One for each question, in their order.
    pub(super) said: Vec<Said>,
    /// Ways that were opened.
    pub(super) connections: usize,
    /// Why no way could be opened, if that is how it ended.
    pub(super) failure: Option<Failure>,
}

/// Asks a server.
pub(super) async fn ask(transport: &Transport, to: &PodPort, questions: &[Asked], progress: &dyn Progress) -> Replies {
    let mut talk = Talk::new(questions, transport.timeout().unwrap_or(ANSWERING));
    let what = format!("answers of {}", to.pod);
    progress.list_started(&what);
    let (mut connections, mut fruitless, mut pause) = (0, 0, PAUSE);
    while !talk.waiting.is_empty() {
        let before = talk.waiting.len();
        let end = match transport.forward(to, progress).await {
            Ok(mut forward) => {
                connections += 1;
                // A server that drops what it has not read yet is asked one by one at first.
                let window = if fruitless == 0 { WINDOW } else { 1 };
                talk.over(&mut forward, window, &mut |n, rest| progress.items(&what, n, Some(rest))).await
            }
            Err(failure) if is_final(&failure) => return talk.end(connections, Some(failure)),
            Err(failure) => End::NoWay(failure),
        };
        let Some(why) = end.why(to.port) else { break };
        if talk.waiting.len() < before {
            (fruitless, pause) = (0, PAUSE);
            continue;
        }
        fruitless += 1;
        // A question that ends every talk must not be the end of all others. A server that is just being replaced is not its fault.
        if matches!(end, End::Late | End::Garbage(_)) || (fruitless > 1 && matches!(end, End::Closed(_))) {
            talk.give_up_first(&why);
        }
        if fruitless == FRUITLESS {
            let failure = if let End::NoWay(failure) = end { Some(failure) } else { None };
            talk.give_up_all(&why);
            return talk.end(connections, failure);
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    talk.end(connections, None)
}

/// Whether trying again cannot help.
fn is_final(failure: &Failure) -> bool {
    match failure {
        Failure::Status { code, .. } => !matches!(code, 429 | 503 | 504),
        Failure::Broken(_) => false,
        _ => true,
    }
}

/// How a talk ended before all was said.
enum End {
    /// Everything was answered.
    Done,
    Closed(Closed),
    /// No answer in time.
    Late,
    /// What came is no answer to what was asked.
    Garbage(String),
    NoWay(Failure),
}

impl End {
    /// In words; none if nothing is wrong.
    fn why(&self, port: u16) -> Option<String> {
        Some(match self {
            Self::Done => return None,
            Self::Closed(Closed::ByServer) => "it closes the connection without an answer".to_owned(),
            // The words of nodes go on about namespaces and files of their own.
            Self::Closed(Closed::ByNode(why)) if why.contains("connection refused") => {
                format!("nobody listens on port {port} of its localhost: connection refused")
            }
            Self::Closed(Closed::ByNode(why) | Closed::Broken(why)) => why.trim().to_owned(),
            Self::Late => "no answer in time".to_owned(),
            Self::Garbage(why) => why.clone(),
            Self::NoWay(failure) => failure.reason(),
        })
    }
}

/// What has been asked and said so far.
struct Talk<'a> {
    questions: &'a [Asked],
    said: Vec<Option<Said>>,
    /// Positions of the questions without an answer.
    waiting: VecDeque<usize>,
    patience: Duration,
}

impl<'a> Talk<'a> {
    fn new(questions: &'a [Asked], patience: Duration) -> Self {
        Self { questions, said: vec![None; questions.len()], waiting: (0..questions.len()).collect(), patience }
    }

    /// Talks until everything is said, or no more is.
    async fn over(&mut self, forward: &mut Forward, mut window: usize, tell: &mut dyn FnMut(usize, u64)) -> End {
        let mut under_way: BTreeMap<u16, (usize, Instant)> = BTreeMap::new();
        let (mut next, mut buffer) = (0_u16, Vec::new());
        let end = loop {
            let frames = self.frames(window, &mut under_way, &mut next);
            if under_way.is_empty() {
                break End::Done;
            }
            let turn = async {
                forward.write(&frames).await?;
                forward.read(&mut buffer).await
            };
            match timeout(self.patience, turn).await {
                Ok(Ok(())) => {}
                Ok(Err(closed)) => break End::Closed(closed),
                Err(_) => break End::Late,
            }
            if let Err(why) = self.hear(&mut buffer, &mut under_way) {
                break End::Garbage(why);
            }
            window = (window * 2).min(WINDOW);
            tell(self.questions.len().saturating_sub(self.waiting.len() + under_way.len()), self.waiting.len() as u64);
        };
        // In their order again, before all others.
        let mut unanswered: Vec<usize> = under_way.into_values().map(|(at, _)| at).collect();
        unanswered.sort_unstable();
        unanswered.into_iter().rev().for_each(|at| self.waiting.push_front(at));
        end
    }

    /// The next questions as they are sent.
    fn frames(&mut self, window: usize, under_way: &mut BTreeMap<u16, (usize, Instant)>, next: &mut u16) -> Vec<u8> {
        let mut frames = Vec::new();
        while under_way.len() < window
            && let Some(at) = self.waiting.pop_front()
        {
            let Some(asked) = self.questions.get(at) else { continue };
            *next = next.wrapping_add(1);
            match message::question(*next, asked) {
                Ok(bytes) => {
                    frames.extend(u16::try_from(bytes.len()).unwrap_or_default().to_be_bytes());
                    frames.extend(bytes);
                    under_way.insert(*next, (at, Instant::now()));
                }
                Err(error) => self.say(at, Said::Nothing(error.to_string())),
            }
        }
        frames
    }

    /// Takes whole messages out of the buffer.
    fn hear(&mut self, buffer: &mut Vec<u8>, under_way: &mut BTreeMap<u16, (usize, Instant)>) -> Result<(), String> {
        let mut heard = 0;
        while let Some((message, rest)) = frame(buffer.get(heard..).unwrap_or_default()) {
            heard = buffer.len() - rest.len();
            let (id, asked, answer) = message::answer(message).map_err(|error| error.to_string())?;
            // An answer to nothing: late after all, or made up. Whoever waits for another goes on waiting.
            let Some((at, since)) = under_way.get(&id).copied() else { continue };
            // A server that did not understand the question need not repeat it.
            let is_about_it = asked.as_ref().map_or(answer.rcode != 0, |asked| self.questions.get(at) == Some(asked));
            if !is_about_it {
                return Err("it answers what was not asked".to_owned());
            }
            under_way.remove(&id);
            let milliseconds = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.say(at, Said::Answer { answer, milliseconds });
        }
        buffer.drain(..heard);
        Ok(())
    }

    fn say(&mut self, at: usize, said: Said) {
        if let Some(place) = self.said.get_mut(at) {
            *place = Some(said);
        }
    }

    fn give_up_first(&mut self, why: &str) {
        if let Some(at) = self.waiting.pop_front() {
            self.say(at, Said::Nothing(why.to_owned()));
        }
    }

    fn give_up_all(&mut self, why: &str) {
        while !self.waiting.is_empty() {
            self.give_up_first(why);
        }
    }

    fn end(mut self, connections: usize, failure: Option<Failure>) -> Replies {
        let why = failure.as_ref().map(Failure::reason).unwrap_or_default();
        self.give_up_all(&why);
        let said = self.said.into_iter().map(|said| said.unwrap_or_else(|| Said::Nothing(why.clone()))).collect();
        Replies { said, connections, failure }
    }
}

/// The first message and what is behind it, if it is whole.
fn frame(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}
