//! The answer to «do the servers of names say what they should».

use schemars::JsonSchema;
use serde::Serialize;

use super::ObjectRef;
use super::dns::ExpectedAnswer;

/// What each replica of the cluster's servers said, against what the objects make it say.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DnsVerify {
    /// Who was asked, and what comes of it.
    #[serde(flatten)]
    pub verification: Verification,
    /// The questions: all of them if they were named, else those on which not all agree.
    pub questions: Vec<VerifiedQuestion>,
}

/// The replicas that were asked, and what is to be said of them.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// The Service before the replicas.
    pub service: ObjectRef,
    /// All questions of all replicas.
    pub state: Verified,
    /// Questions that each replica was asked.
    pub asked: usize,
    /// How many of them have an answer that can be told beforehand: upstream servers decide the others.
    pub predicted: usize,
    /// The replicas.
    pub replicas: Vec<DnsReplica>,
    /// What this way to ask does not try.
    pub untested: Vec<&'static str>,
}

/// What comes of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verified {
    /// They are what was expected.
    Agrees,
    /// One at least is not, or replicas contradict each other, or one does not answer.
    Differs,
    /// Not to be told: nothing was expected, or there was no way to ask.
    Unknown,
}

/// A pod behind the Service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DnsReplica {
    /// The pod.
    pub pod: ObjectRef,
    /// The port that it was asked at; null: none is known.
    pub port: Option<u16>,
    /// What is to be said of it.
    pub state: ReplicaState,
    /// Why, in a clause; null: there is nothing to explain.
    pub reason: Option<String>,
    /// Questions that it answered as expected.
    pub agreeing: usize,
    /// Those that it answered otherwise.
    pub differing: usize,
    /// Those that it answered and nothing was expected of.
    pub unpredicted: usize,
    /// Those that it did not answer.
    pub silent: usize,
    /// How often it was connected to.
    pub connections: usize,
    /// Half of its answers took no longer, milliseconds, the way through the API server included; null: there are none.
    pub median_milliseconds: Option<u64>,
    /// The longest one.
    pub slowest_milliseconds: Option<u64>,
}

/// What is to be said of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReplicaState {
    /// It says what the objects make it say.
    Agrees,
    /// It says something else: it has not seen objects as they are, or its cache holds what was.
    Differs,
    /// It answers by another Corefile than the one that is there.
    OtherCorefile,
    /// It has not read the cluster's objects yet: SERVFAIL to everything.
    NotSynced,
    /// It can be reached and does not answer.
    Silent,
    /// There was no way to it.
    Unreachable,
    /// Nothing can be expected of its answers.
    Unpredicted,
    /// It is not ready: nobody asks it.
    NotReady,
    /// It is being deleted: nobody asks it any more.
    Terminating,
    /// It is no pod, or the Service leads to no port of it.
    NotAsked,
}

/// A question to all replicas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedQuestion {
    /// The full name, without a dot at the end.
    pub name: String,
    /// `A`, `AAAA`, `CNAME`, `PTR`, `SRV` or `TXT`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What is expected.
    pub expected: ExpectedAnswer,
    /// What comes of it.
    pub state: Verified,
    /// Whether replicas contradict each other: which answer a pod gets is chance then.
    pub contradicted: bool,
    /// What each replica said.
    pub observed: Vec<ObservedAnswer>,
}

/// What a replica said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObservedAnswer {
    /// Its pod.
    pub replica: String,
    /// `NOERROR`, `NXDOMAIN`, …; null: it did not answer.
    pub rcode: Option<String>,
    /// What the records say; those of other names and types with these.
    pub answers: Vec<String>,
    /// How long it took; null: it did not answer.
    pub milliseconds: Option<u64>,
    /// Whether it is what was expected.
    pub state: Verified,
    /// Why there is no answer; null: there is one.
    pub reason: Option<String>,
}
