//! One real attempt to connect and what came of it.

use netstore::objects::Protocol;
use netstore::report::Verdict;
use serde_json::Value;

/// Who tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A pod, by its position.
    Pod(usize),
    /// The machine that runs this, by its own address on the cluster's network.
    Machine,
    /// The web server outside.
    Outside,
}

/// What is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub source: Source,
    /// Address or name.
    pub host: String,
    pub protocol: Protocol,
    pub port: u16,
    /// Names of the pods that may answer; empty if any answer will do.
    pub answerers: Vec<String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed {
    /// Somebody answered, with this name.
    Answered(String),
    /// Nobody listens there, but the attempt got so far.
    Refused,
    /// The data plane rejected it.
    Rejected,
    /// Nothing that proves anything.
    Undecided(String),
}

impl Attempt {
    /// What `/dial` of agnhost is asked for.
    pub fn dial(&self, request: &str) -> String {
        let protocol = match self.protocol {
            Protocol::Tcp => "http",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
        };
        format!("/dial?host={}&port={}&protocol={protocol}&request={request}&tries=1", self.host, self.port)
    }

    /// The verdict that an observation proves, or why it proves none.
    pub fn verdict(&self, observed: &Observed) -> Result<Verdict, String> {
        match observed {
            Observed::Answered(name) if self.answerers.is_empty() || self.answerers.contains(name) => Ok(Verdict::Allow),
            Observed::Answered(name) => Err(format!("{name:?} answered instead of {}", self.answerers.join(" or "))),
            Observed::Refused => Ok(Verdict::Allow),
            Observed::Rejected => Ok(Verdict::Deny),
            Observed::Undecided(why) => Err(why.clone()),
        }
    }
}

/// Reads what `/dial` answered.
pub fn read_dial(status: u16, body: &str) -> Observed {
    let Ok(json) = serde_json::from_str::<Value>(body) else { return Observed::Undecided(format!("HTTP {status}: {}", body.trim())) };
    let first = |field: &str| json[field].get(0).and_then(Value::as_str);
    match (first("responses"), first("errors")) {
        (Some(name), None) => Observed::Answered(name.trim().to_owned()),
        (_, Some(error)) => read_error(error),
        (None, None) => Observed::Undecided(format!("HTTP {status}: {}", body.trim())),
    }
}

/// Reads the words of an error. What the data plane rejects comes as «no route to host» (ICMP administratively prohibited),
/// over IPv6 as «permission denied».
pub fn read_error(error: &str) -> Observed {
    let error = error.to_ascii_lowercase();
    if error.contains("connection refused") {
        Observed::Refused
    } else if error.contains("no route to host") || error.contains("permission denied") {
        Observed::Rejected
    } else {
        Observed::Undecided(error)
    }
}
