//! What servers were asked, and what they really said.

use std::borrow::Cow;

use super::record::{Rcode, Record, RecordType};

/// A question to a server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asked {
    /// The full name, lower case, without the dot at its end.
    pub name: String,
    /// What is asked for.
    pub kind: RecordType,
}

impl Asked {
    /// A question for a name, however it is written.
    pub fn new(name: &str, kind: RecordType) -> Self {
        Self { name: name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase(), kind }
    }
}

/// The answer of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// How it ends: a server may say what no [`Rcode`] is for.
    pub rcode: u16,
    /// Whether the server says that it is not whole.
    pub truncated: bool,
    /// Its answer section, sorted, each record once.
    pub answers: Vec<Record>,
    /// Records of types that nobody asked for, by their names: `DNAME`, `RRSIG`.
    pub others: Vec<String>,
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// An answer.
    Answer {
        /// The answer.
        answer: Answer,
        /// From the question to the answer, the way there and back included.
        milliseconds: u64,
    },
    /// None, and why.
    Nothing(String),
}

impl Said {
    /// The answer, if there is one.
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Answer { answer, .. } => Some(answer),
            Self::Nothing(_) => None,
        }
    }
}

impl Rcode {
    /// Its number in a message.
    pub fn number(self) -> u16 {
        match self {
            Self::NoError => 0,
            Self::ServFail => 2,
            Self::NxDomain => 3,
            Self::Refused => 5,
        }
    }
}

/// The name of a number, as `dig` writes it.
pub fn rcode_name(number: u16) -> Cow<'static, str> {
    let known = [Rcode::NoError, Rcode::ServFail, Rcode::NxDomain, Rcode::Refused];
    match (known.into_iter().find(|rcode| rcode.number() == number), number) {
        (Some(rcode), _) => rcode.name().into(),
        (None, 1) => "FORMERR".into(),
        (None, 4) => "NOTIMP".into(),
        (None, 9) => "NOTAUTH".into(),
        (None, _) => format!("RCODE{number}").into(),
    }
}
