//! Answers about reachability: the `result` of `who-can-reach`, `reachable-from`, `can-reach`, `effective-policy`, `matrix`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Direction, ObjectRef, Peer, PortRange, RuleRef, Verdict};

/// How a reason ends that names all policies of a side; narrow tables leave these names out.
pub const NO_RULE_ALLOWS: &str = " and no rule allows it";

/// `result` of `who-can-reach`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WhoCanReach {
    /// What was asked about.
    pub target: Peer,
    /// How a Service leads to its pods, if the target is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceChain>,
    /// Whether the target's pods are isolated for ingress; absent if it is unknown or differs between them.
    pub isolated: Option<bool>,
    /// Every source with something to say about: workloads first, then address ranges, then nodes.
    pub sources: Vec<Reach>,
    /// One statement on everything not listed.
    pub rest: Rest,
}

/// `result` of `reachable-from`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReachableFrom {
    /// What was asked about.
    pub source: Peer,
    /// Whether the source's pods are isolated for egress; absent if it is unknown or differs between them.
    pub isolated: Option<bool>,
    /// Every destination with something to say about: workloads first, then address ranges, then nodes.
    pub destinations: Vec<Reach>,
    /// Services some of whose ports lead to a pod that may be reached.
    pub services: Vec<ServiceReach>,
    /// Whether names can be resolved: the cluster's DNS pods on their real port.
    pub dns: Option<DnsReach>,
    /// Whether the API server can be reached.
    pub api_server: Option<AddressReach>,
    /// One statement on everything not listed.
    pub rest: Rest,
}

/// One peer of the target and what it may do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reach {
    /// The other end.
    pub peer: Peer,
    /// Allow, deny or unknown.
    pub verdict: Verdict,
    /// Ports the verdict is about; empty for deny.
    pub ports: Vec<PortRange>,
    /// The rules that allow it, on both sides.
    pub because: Vec<RuleRef>,
    /// Why, where no rule says it: not isolated, own node, what could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// How many of the target's pods it holds for, where it is not all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_pods: Option<super::PodCount>,
}

/// What holds for everything that is not listed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rest {
    /// Allow, deny or unknown.
    pub verdict: Verdict,
    /// Why, as one sentence without the verdict: `pods payments-* are isolated for ingress`.
    pub reason: String,
    /// The policies that isolate.
    pub policies: Vec<ObjectRef>,
}

/// How a Service leads to pods.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceChain {
    /// The Service.
    pub service: ObjectRef,
    /// `ClusterIP`, `NodePort`, `LoadBalancer`, `ExternalName` or `Headless`.
    pub service_type: String,
    /// Each port of the Service and the pods' ports behind it.
    pub ports: Vec<ServicePortChain>,
    /// Pods behind it that are ready.
    pub ready: usize,
    /// Pods behind it.
    pub total: usize,
    /// Whether the pods were found through EndpointSlices or, without any, through the selector.
    pub resolved_by: ResolvedBy,
    /// What the kind of Service means for the answer.
    pub notes: Vec<String>,
}

/// How the pods of a Service were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ResolvedBy {
    /// Through its EndpointSlices.
    EndpointSlices,
    /// Through its selector.
    Selector,
    /// Not at all.
    Nothing,
}

/// One port of a Service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServicePortChain {
    /// Name of the port, if it has one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Port of the Service.
    pub port: i64,
    /// `targetPort` as written (number or name).
    pub target: String,
    /// The numbers it comes to on the pods.
    pub target_ports: Vec<PortRange>,
}

/// A Service and what of it can be reached.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceReach {
    /// The Service.
    pub service: ObjectRef,
    /// Allow if every endpoint of a listed port may be reached, deny if none, unknown otherwise.
    pub verdict: Verdict,
    /// Ports of the Service the verdict is about.
    pub ports: Vec<PortRange>,
    /// Why, if it is not plain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// Whether names can be resolved.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DnsReach {
    /// The Service that was taken for the cluster's DNS.
    pub service: ObjectRef,
    /// Port of the DNS pods.
    pub port: String,
    /// Over UDP.
    pub udp: Verdict,
    /// Over TCP, which answers over 512 bytes and some resolvers need.
    pub tcp: Verdict,
}

/// Whether an address can be reached.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddressReach {
    /// `ADDRESS:PORT` of each endpoint.
    pub addresses: Vec<String>,
    /// Allow, deny or unknown.
    pub verdict: Verdict,
    /// The rules that allow it.
    pub because: Vec<RuleRef>,
}

/// `result` of `can-reach`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CanReach {
    /// Source.
    pub from: Peer,
    /// Target.
    pub to: Peer,
    /// The port asked about; absent if all were.
    pub port: Option<PortRange>,
    /// The answer. Deny only if no pod of the source may reach any pod of the target; allow only if each may reach each.
    pub verdict: Verdict,
    /// Ports that are allowed (of those asked about).
    pub ports: Vec<PortRange>,
    /// The source's side.
    pub egress: Side,
    /// The target's side.
    pub ingress: Side,
    /// How a Service leads to its pods, if the target is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceChain>,
    /// What decides beside policies, or why it is unknown.
    pub reasons: Vec<String>,
}

/// One side of a connection.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Side {
    /// Whether the pod is isolated in this direction; absent if unknown, or if the end is no pod.
    pub isolated: Option<bool>,
    /// What this side alone says.
    pub verdict: Verdict,
    /// The rules that allow.
    pub because: Vec<RuleRef>,
    /// The policies that isolate.
    pub isolated_by: Vec<PolicyAge>,
    /// The tiers that decide about the ports asked about, where cluster-wide policies have a say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub decided_by: Vec<PolicyTier>,
    /// Each rule of each policy that selects the pod, tier by tier.
    pub rules: Vec<RuleTrace>,
    /// The rule that came closest, if none allows.
    pub nearest_miss: Option<NearestMiss>,
}

/// A policy and when it was made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyAge {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Age in seconds when the objects were read; absent if it has no creation time.
    pub age_seconds: Option<u64>,
}

/// The tiers in which policies are asked, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub enum PolicyTier {
    /// AdminNetworkPolicies and ClusterNetworkPolicies of the Admin tier.
    Admin,
    /// NetworkPolicies, where any selects the pod.
    NetworkPolicy,
    /// The BaselineAdminNetworkPolicy and ClusterNetworkPolicies of the Baseline tier.
    Baseline,
    /// No policy: everything is allowed.
    Default,
}

/// What one rule says of one connection.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleTrace {
    /// The rule.
    pub rule: RuleRef,
    /// Whether the other end is among its peers.
    pub peer: Matched,
    /// Whether the port is among its ports.
    pub port: Matched,
    /// Its place in the order, if it is a rule of a cluster-wide policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<RuleTurn>,
}

/// What became of a rule of a cluster-wide policy in its turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleTurn {
    /// The tier.
    pub tier: PolicyTier,
    /// What the rule does with what it matches, as written: `Allow`, `Accept`, `Deny`, `Pass`.
    pub action: String,
    /// The ports asked about that it decides, or may decide: it matches them, and no rule before it certainly does.
    pub decides: Vec<PortRange>,
}

/// Whether a part of a rule matched.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Matched {
    /// `yes`, `no` or `unknown`.
    pub matched: YesNo,
    /// What matched or what missed: `label team=b, wanted team in (a)`.
    pub detail: String,
}

/// Yes, no, or not to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum YesNo {
    /// Certainly.
    Yes,
    /// Certainly not.
    No,
    /// Not to be told.
    Unknown,
}

/// The rule that came closest to allowing.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NearestMiss {
    /// The rule.
    pub rule: RuleRef,
    /// What missed: `port 8080, allowed 80,443`.
    pub what: String,
    /// A command that would mend it, if one field does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// `result` of `effective-policy`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EffectivePolicy {
    /// What was asked about.
    pub subject: Peer,
    /// Into the pod.
    pub ingress: EffectiveDirection,
    /// Out of the pod.
    pub egress: EffectiveDirection,
}

/// All policies of one direction added up.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EffectiveDirection {
    /// Which direction.
    pub direction: Direction,
    /// Whether the pods are isolated; absent if unknown or if it differs between them.
    pub isolated: Option<bool>,
    /// The policies that isolate.
    pub policies: Vec<PolicyAge>,
    /// The rules of cluster-wide policies in the order in which they are asked: the first that matches decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cluster_rules: Vec<ClusterRuleRow>,
    /// What is allowed: peers with the same ports in one row, nothing twice.
    pub allowed: Vec<Allowance>,
    /// Rules that allow nothing the others do not.
    pub adds_nothing: Vec<RuleNote>,
    /// Rules that match nothing that exists now.
    pub matches_nothing: Vec<RuleNote>,
    /// What is easily misread.
    pub notes: Vec<String>,
}

/// A rule of a cluster-wide policy.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterRuleRow {
    /// The tier.
    pub tier: PolicyTier,
    /// The rule.
    pub rule: RuleRef,
    /// What it does, as written: `Allow`, `Accept`, `Deny`, `Pass`.
    pub action: String,
    /// Whom it is about, any of these.
    pub peers: Vec<String>,
    /// On which ports.
    pub ports: Vec<PortRange>,
}

/// One row of what is allowed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Allowance {
    /// Who: selectors in words, or address ranges with nothing to carve out.
    pub peer: Peer,
    /// On which ports.
    pub ports: Vec<PortRange>,
    /// Allow, or unknown where it could not be read.
    pub verdict: Verdict,
    /// The rules that say so.
    pub because: Vec<RuleRef>,
}

/// A rule and a sentence about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleNote {
    /// The rule.
    pub rule: RuleRef,
    /// What about it.
    pub note: String,
}

/// `result` of `matrix`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Matrix {
    /// Every pair of workloads (and of workloads and address ranges) with a connection that is allowed or unknown; a pair
    /// that is not listed is denied.
    pub connections: Vec<Connection>,
    /// Whether these are all; if not, a pair that is not listed may be allowed all the same.
    pub complete: bool,
    /// Whether it ends where enough were found, as asked for with `--limit`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// One pair and what may pass.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// Source.
    pub from: std::sync::Arc<Peer>,
    /// Target.
    pub to: std::sync::Arc<Peer>,
    /// Allow or unknown.
    pub verdict: Verdict,
    /// On which ports.
    pub ports: std::sync::Arc<Vec<PortRange>>,
}
