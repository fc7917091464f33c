//! The answer to «what does this pod ask for a name, and what comes of it».

use schemars::JsonSchema;
use serde::Serialize;

use super::ObjectRef;
use super::dns_verify::{ObservedAnswer, Verification};

/// A pod, a name, and the way from one to the other.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dns {
    /// What the question named: a pod or a workload.
    pub subject: ObjectRef,
    /// The pod that was looked at; null: the template of the subject, which has no pod.
    pub pod: Option<String>,
    /// The name that the program asks for.
    pub name: String,
    /// Types of records that are asked for.
    pub types: Vec<&'static str>,
    /// The `/etc/resolv.conf` of the pod.
    pub resolv_conf: ResolvConf,
    /// The `/etc/hosts` of the pod.
    pub hosts: Hosts,
    /// Libraries of containers, guessed from the names of their images.
    pub libc_hints: Vec<LibcHint>,
    /// What is asked over DNS, for each of the libraries in its order.
    pub questions: Vec<DnsQuestion>,
    /// What comes of it.
    pub outcome: DnsOutcome,
    /// Who was asked with `--verify`; null: nobody.
    pub verified: Option<Verification>,
}

/// A resolv.conf as far as it is known.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct ResolvConf {
    /// Servers, in the order they are asked.
    pub nameservers: Vec<String>,
    /// Domains, in the order they are tried.
    pub search: Vec<String>,
    /// Options.
    pub options: Vec<String>,
    /// Where each of these comes from, in the same order, and what could not be read.
    pub provenance: Vec<Provenance>,
}

/// Where an entry of the file comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Provenance {
    /// Its line.
    pub line: ConfLine,
    /// The entry; null: what stands here could not be read, and may be nothing.
    pub value: Option<String>,
    /// How it is known.
    pub certainty: Certainty,
    /// What says so: `dnsConfig of the pod`, `Service kube-system/kube-dns`.
    pub from: String,
}

/// A line of resolv.conf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConfLine {
    /// Servers.
    Nameserver,
    /// Domains.
    Search,
    /// Options.
    Options,
}

/// How an entry is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// An object says so, or the kubelet does it to every such pod.
    Known,
    /// It follows from what was made to fit it.
    Inferred,
    /// Nothing says it, but it is so in nearly every cluster.
    Assumed,
    /// It could not be read.
    Unread,
    /// It would stand there, but a limit took it away.
    Cut,
}

/// The `/etc/hosts` of a pod as far as it is known.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Hosts {
    /// Its entries.
    pub entries: Vec<HostsEntry>,
    /// What of it could not be read; null: nothing.
    pub unread: Option<String>,
}

/// A line of `/etc/hosts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HostsEntry {
    /// The address; null: the pod has none yet.
    pub address: Option<String>,
    /// Its names.
    pub names: Vec<String>,
    /// What says so: `hostAliases of the pod`.
    pub from: String,
}

/// A question that goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DnsQuestion {
    /// Who asks.
    pub libc: Libc,
    /// The full name, without a dot at the end.
    pub name: String,
    /// `A` or `AAAA`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What the servers are expected to say.
    pub expected: ExpectedAnswer,
    /// Whether it hangs on something that could not be read: others may come before it, or it may not be asked.
    pub after_hole: bool,
    /// What each replica of the servers said, if they were asked (`--verify`).
    pub observed: Vec<ObservedAnswer>,
}

/// What the servers are expected to say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExpectedAnswer {
    /// `NOERROR`, `NXDOMAIN`, `SERVFAIL`, `REFUSED`; null: not to be told.
    pub rcode: Option<&'static str>,
    /// What the records say.
    pub answers: Vec<String>,
    /// The object that decides, or why it is not to be told.
    pub because: String,
}

/// A library that looks up names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Libc {
    /// The GNU C library: Debian, Ubuntu, Red Hat.
    Glibc,
    /// The C library of Alpine.
    Musl,
    /// Go's own, in programs without cgo.
    Go,
}

/// What the name of an image tells about a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LibcHint {
    /// The container.
    pub container: String,
    /// Its image.
    pub image: String,
    /// The library that such images mostly have.
    pub libc: Libc,
}

/// Whether a name resolves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Resolves {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// Not to be told.
    Unknown,
}

/// What comes of a name.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DnsOutcome {
    /// That of all libraries, if they agree; else unknown where one is, and no.
    pub resolves: Resolves,
    /// Library by library.
    pub libcs: Vec<LibcOutcome>,
    /// What was taken for true because it could not be read.
    pub assumed: Vec<String>,
    /// Names that may have been meant, with what they are.
    pub similar: Vec<SimilarName>,
}

/// What comes of a name for one library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LibcOutcome {
    /// Who asks.
    pub libc: Libc,
    /// Whether it resolves.
    pub resolves: Resolves,
    /// The addresses that the program gets, as far as they are known.
    pub addresses: Vec<String>,
    /// The full name that has them; null: none, or not over DNS.
    pub found_as: Option<String>,
    /// What the program is told otherwise: `EAI_NONAME (Name or service not known)`; null: addresses.
    pub error: Option<String>,
    /// Questions that go out: one for each name and type.
    pub questions: usize,
    /// How many of them are answered NXDOMAIN.
    pub nxdomain: usize,
    /// Why, in a clause.
    pub because: String,
}

/// A name that may have been meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SimilarName {
    /// The name, as the pod would ask for it.
    pub name: String,
    /// What has it.
    pub object: ObjectRef,
}
