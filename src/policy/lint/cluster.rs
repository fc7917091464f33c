//! What is wrong with cluster-wide policies.

use crate::inventory::Origin;
use crate::objects::{ClusterPeer, ClusterPolicy, ClusterPolicyKind, ClusterPort, ClusterRule};
use crate::policy::compile::{CompiledPeer, CompiledPeers, Scope};
use crate::policy::model::Model;
use crate::policy::profile::{Cni, Recognised, recognise};
use crate::policy::tiers::{ClusterCompiled, TierRule};
use crate::policy::{findings, validate};
use crate::report::{Confidence, Direction, Finding, ObjectRef};

/// Findings about these policies, by their positions in the inventory.
pub(super) fn findings_about(model: &Model<'_>, positions: impl Iterator<Item = usize>) -> Vec<Finding> {
    let mut found = Vec::new();
    for position in positions {
        let Some(policy) = model.inventory.objects.cluster_policies.get(position) else { continue };
        let subject = reference(policy);
        // The reader of manifests has said what is wrong with one that cannot be decoded.
        if policy.undecodable {
            continue;
        }
        if model.inventory.origin == Origin::Manifests {
            for refusal in validate::cluster_refusals(policy) {
                let message = format!("Kubernetes refuses {} {}: {}: {}", subject.kind, subject.name, refusal.field, refusal.reason);
                found.push(findings::POLICY_REFUSED.on(subject.clone(), message).shown_by(&subject, refusal.field, refusal.reason));
            }
        }
        for (direction, rules) in [(Direction::Ingress, &policy.ingress), (Direction::Egress, &policy.egress)] {
            for (index, rule) in rules.iter().enumerate() {
                // The reader of manifests names unknown fields itself, with file and line.
                found.extend(unknown_fields(&subject, direction, index, rule).filter(|_| model.inventory.origin != Origin::Manifests));
                found.extend(of_rule(&subject, direction, index, rule));
            }
        }
        if let Some(compiled) = model.compiled.cluster.iter().find(|compiled| compiled.position == position) {
            found.extend(selects_nothing(model, &subject, compiled));
            found.extend(never_asked(model, &subject, compiled));
            found.extend(equal_priority(model, &subject, compiled));
        }
    }
    if !found.is_empty() || !model.inventory.objects.cluster_policies.is_empty() {
        found.extend(about_kinds(model));
    }
    found
}

fn reference(policy: &ClusterPolicy) -> ObjectRef {
    ObjectRef::new(policy.kind.name(), "", &policy.metadata.name)
}

/// `ClusterNetworkPolicy tenants ingress #2`
fn rule_name(subject: &ObjectRef, direction: Direction, index: usize) -> String {
    format!("{} {} {direction} #{}", subject.kind, subject.name, index + 1)
}

/// NP-002.
fn unknown_fields(subject: &ObjectRef, direction: Direction, index: usize, rule: &ClusterRule) -> Option<Finding> {
    let odd = rule.peers.contains(&ClusterPeer::Unreadable) || rule.ports.contains(&ClusterPort::Unreadable);
    let what = match rule.unknown.first() {
        Some(field) => field.as_str(),
        None if odd => "a peer or a port",
        None => return None,
    };
    let message = format!("{} has a field nobody knows: {what}; what it does is unknown", rule_name(subject, direction, index));
    Some(findings::UNKNOWN_POLICY_FIELD.on(subject.clone(), message).shown_by(subject, format!("spec.{direction}[{index}]"), what))
}

/// NP-062, NP-063, NP-064.
fn of_rule(subject: &ObjectRef, direction: Direction, index: usize, rule: &ClusterRule) -> Vec<Finding> {
    let name = rule_name(subject, direction, index);
    let field = format!("spec.{direction}[{index}]");
    let mut found = Vec::new();
    if rule.peers.contains(&ClusterPeer::Nothing) {
        let effect = if matches!(rule.action.as_str(), "Allow" | "Accept") { "it allows nothing" } else { "it denies everything" };
        let message = format!("{name} has a peer without any known field: {effect}");
        found.push(findings::FAILS_CLOSED.on(subject.clone(), message).shown_by(subject, field.clone(), "no known field"));
    }
    for protocol in rule.ports.iter().filter_map(|port| if let ClusterPort::Protocol(name) = port { Some(*name) } else { None }) {
        let message = format!("{name} has `{}: {{}}`, taken for all ports of {protocol}", protocol.to_lowercase());
        found.push(findings::EMPTY_PROTOCOL.on(subject.clone(), message).shown_by(subject, field.clone(), protocol));
    }
    let names = rule.peers.iter().filter_map(|peer| if let ClusterPeer::DomainNames(names) = peer { Some(names.join(", ")) } else { None });
    if let Some(names) = names.reduce(|a, b| format!("{a}, {b}")) {
        let message = format!("{name} is about {names}: which addresses these have is in no object");
        found.push(findings::DOMAIN_NAMES.on(subject.clone(), message).shown_by(subject, field, names));
    }
    found
}

/// NP-010.
fn selects_nothing(model: &Model<'_>, subject: &ObjectRef, compiled: &ClusterCompiled) -> Option<Finding> {
    let known = model.inventory.origin == Origin::Manifests || model.inventory.pods_complete();
    let all = model.compiled.cluster.iter().filter(|other| other.position == compiled.position);
    if !known || all.map(|part| model.cluster_subjects(part)).any(|selected| !selected.possible.is_empty()) {
        return None;
    }
    let message = format!("{} {} selects no pod", subject.kind, subject.name);
    Some(findings::SELECTS_NOTHING.on(subject.clone(), message).shown_by(subject, "spec.subject", "no pod"))
}

/// NP-061.
fn never_asked(model: &Model<'_>, subject: &ObjectRef, compiled: &ClusterCompiled) -> Vec<Finding> {
    let mut found = Vec::new();
    for direction in [Direction::Ingress, Direction::Egress] {
        let rules = compiled.rules(direction);
        for (at, rule) in rules.iter().enumerate() {
            let Some(by) = rules.iter().take(at).find(|earlier| covers(model, earlier, rule)) else { continue };
            let message = format!(
                "{} is never asked: #{} matches everything it could",
                rule_name(subject, direction, rule.rule.index),
                by.rule.index + 1
            );
            let field = format!("spec.{direction}[{}]", rule.rule.index);
            found.push(findings::RULE_NEVER_ASKED.on(subject.clone(), message).shown_by(subject, field, format!("#{}", by.rule.index + 1)));
        }
    }
    found
}

/// Whether an earlier rule matches whatever a later one could: on all ports or the same, and each peer is one of its own or a
/// pod where it is about all pods.
fn covers(model: &Model<'_>, earlier: &TierRule, later: &TierRule) -> bool {
    if earlier.rule.doubtful || !(earlier.rule.ports.is_none() || earlier.rule.ports == later.rule.ports) {
        return false;
    }
    let (wide, narrow) = match (&earlier.rule.peers, &later.rule.peers) {
        (CompiledPeers::Everyone, _) => return true,
        (_, CompiledPeers::Everyone) => return false,
        (CompiledPeers::Any(wide), CompiledPeers::Any(narrow)) => (wide, narrow),
    };
    let get = |id: &u32| model.compiled.peers.get(*id);
    let all_pods = wide.iter().filter_map(get).any(|peer| match peer {
        CompiledPeer::Pods { scope: Scope::Selected(namespaces), pods } => {
            model.compiled.namespace_selectors.get(*namespaces).is_some_and(|s| s.is_empty())
                && model.compiled.pod_selectors.get(*pods).is_some_and(|s| s.is_empty())
        }
        _ => false,
    });
    let certain = |peer: &CompiledPeer| !matches!(peer, CompiledPeer::Unreadable | CompiledPeer::Domains(_));
    !narrow.is_empty()
        && narrow.iter().all(|id| {
            get(id).is_some_and(|peer| (wide.contains(id) && certain(peer)) || (all_pods && matches!(peer, CompiledPeer::Pods { .. })))
        })
}

/// NP-060: said once for each pair, of the first.
fn equal_priority(model: &Model<'_>, subject: &ObjectRef, compiled: &ClusterCompiled) -> Vec<Finding> {
    let mut found = Vec::new();
    let others = model.compiled.cluster.iter().filter(|other| {
        other.position > compiled.position
            && (other.kind, other.tier, other.priority) == (compiled.kind, compiled.tier, compiled.priority)
            && other.kind != ClusterPolicyKind::Baseline
    });
    for other in others {
        let differs = |direction| {
            let actions = |policy: &ClusterCompiled| policy.rules(direction).iter().map(|rule| rule.action).collect::<Vec<_>>();
            let (a, b) = (actions(compiled), actions(other));
            a.iter().any(|x| b.iter().any(|y| x != y))
        };
        let differ = differs(Direction::Ingress) || differs(Direction::Egress);
        let shared = &model.cluster_subjects(compiled).possible & &model.cluster_subjects(other).possible;
        let Some(with) = model.inventory.objects.cluster_policies.get(other.position).map(reference) else { continue };
        if differ && !shared.is_empty() && found.iter().all(|f: &Finding| !f.message.contains(&format!(" {} ", with.name))) {
            let message = format!(
                "{} {} and {} have the same priority, {}, and select some of the same pods: which goes first is undefined",
                subject.kind, subject.name, with.name, compiled.priority
            );
            let number = compiled.priority.to_string();
            let finding = findings::EQUAL_PRIORITY.on(subject.clone(), message);
            found.push(finding.shown_by(subject, "spec.priority", number.clone()).shown_by(&with, "spec.priority", number));
        }
    }
    found
}

/// NP-052, NP-065.
fn about_kinds(model: &Model<'_>) -> Vec<Finding> {
    let has = |kind| model.has_kind(kind);
    let old = has(ClusterPolicyKind::Admin) || has(ClusterPolicyKind::Baseline);
    let new = has(ClusterPolicyKind::Cluster);
    let mut found = Vec::new();
    let first =
        |kinds: &[ClusterPolicyKind]| model.inventory.objects.cluster_policies.iter().find(|p| kinds.contains(&p.kind)).map(reference);
    if old
        && new
        && let Some(subject) = first(&[ClusterPolicyKind::Admin, ClusterPolicyKind::Baseline])
    {
        let message = format!("{} and ClusterNetworkPolicies are in one cluster: no document puts them into an order", subject.kind);
        found.push(findings::TWO_ADMIN_KINDS.on(subject, message));
    }
    let Recognised::Enforces(cni) = recognise(model.inventory) else { return found };
    let acts_on_old = matches!(cni, Cni::OvnKubernetes | Cni::Antrea | Cni::KubeNetworkPolicies);
    let acts_on_new = matches!(cni, Cni::KubeNetworkPolicies | Cni::Calico);
    let ignored = [
        (old && !acts_on_old, [ClusterPolicyKind::Admin, ClusterPolicyKind::Baseline].as_slice()),
        (new && !acts_on_new, [ClusterPolicyKind::Cluster].as_slice()),
    ];
    for (_, kinds) in ignored.iter().filter(|(ignored, _)| *ignored) {
        let Some(subject) = first(kinds) else { continue };
        let message =
            format!("the network plugin, {}, is not known to act on {}; the answer is what the policies say", cni.name(), subject.kind);
        found.push(findings::CLUSTER_POLICIES_NOT_ENFORCED.on(subject, message).with_confidence(Confidence::Possible));
    }
    found
}
