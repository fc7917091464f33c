//! The answer to «which names exist because of this».

use schemars::JsonSchema;
use serde::Serialize;

use super::ObjectRef;
use super::dns_verify::DnsVerify;

/// Names that exist because of something, and names that people expect of it.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct DnsRecords {
    /// What the question named.
    pub subject: ObjectRef,
    /// The domain of the cluster's names.
    pub domain: String,
    /// Records that exist, by name and type.
    pub records: Vec<DnsRecord>,
    /// Names that may be expected and do not exist.
    pub missing: Vec<DnsMiss>,
    /// Names of which it cannot be told.
    pub unknown: Vec<DnsMiss>,
    /// What was taken for granted, because nothing that was read says it.
    pub assumed: Vec<String>,
    /// What each replica of the servers said, if they were asked (`--verify`); else null.
    pub verified: Option<DnsVerify>,
}

/// All records of a name and type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct DnsRecord {
    /// The name, without a dot at its end.
    pub name: String,
    /// `A`, `AAAA`, `SRV`, `PTR` or `CNAME`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What they say, as `dig` writes it, without dots at the ends of names.
    pub values: Vec<String>,
    /// What they exist because of.
    pub because: String,
}

/// A name that does not exist, or of which it cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct DnsMiss {
    /// The name, without a dot at its end; `<name>` in it stands for what is not given.
    pub name: String,
    /// The type that would be expected.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Why it does not exist, or why it cannot be told.
    pub because: String,
}
