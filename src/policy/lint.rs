//! What is wrong with policies, found on the way to an answer.

mod cluster;

use std::collections::BTreeSet;

use roaring::RoaringBitmap;

use super::blocks::Block;
use super::classes::Class;
use super::compile::{CompiledPeer, CompiledPeers, CompiledRule, PortItem};
use super::findings;
use super::model::Model;
use super::peers::Other;
use super::ports::Bounds;
use super::profile::{BlocksMatchPods, Recognised, recognise};
use super::questions::dns_is_cut_off;
use super::validate;
use crate::inventory::Origin;
use crate::objects::{Cidr, NetworkPolicy, Truth};
use crate::report::{Confidence, Direction, Finding, ObjectRef, Verdict};

/// Findings about the policies that select these pods, about the pods, and about the network plugin.
pub fn findings_about(model: &Model<'_>, pods: &[usize], directions: &[Direction]) -> Vec<Finding> {
    let mut policies: BTreeSet<usize> = BTreeSet::new();
    let mut above: BTreeSet<usize> = BTreeSet::new();
    for (id, _) in pods.iter().filter_map(|pod| model.class_of(*pod)) {
        for direction in directions {
            let subject = model.subject_of(*direction, id);
            policies.extend(subject.policies.iter().chain(&subject.doubtful));
            let stack = subject.stack.and_then(|id| model.stack(id)).into_iter();
            let stack = stack.flat_map(|stack| stack.admin.iter().chain(&stack.baseline));
            above.extend(stack.filter_map(|(at, _)| model.compiled.cluster.get(*at)).map(|policy| policy.position));
        }
    }
    let mut found: Vec<Finding> = policies.iter().flat_map(|position| policy(model, *position)).collect();
    found.extend(cluster::findings_about(model, above.into_iter()));
    found.extend(plugin(model));
    if directions.contains(&Direction::Egress) {
        found.extend(without_dns(model, pods));
    }
    found
}

/// Findings about all policies, or those of one namespace.
pub fn findings_in(model: &Model<'_>, namespace: Option<&str>) -> Vec<Finding> {
    let policies = model.inventory.objects.network_policies.iter().enumerate();
    let inside = policies.filter(|(_, p)| namespace.is_none_or(|ns| p.metadata.namespace == ns));
    let mut found: Vec<Finding> = inside.flat_map(|(position, _)| policy(model, position)).collect();
    found.extend(cluster::findings_about(model, 0..model.inventory.objects.cluster_policies.len()));
    found.extend(plugin(model));
    found
}

fn reference(policy: &NetworkPolicy) -> ObjectRef {
    ObjectRef::new("NetworkPolicy", &policy.metadata.namespace, &policy.metadata.name)
}

/// `shop/web-egress egress #1`
fn rule_name(policy: &NetworkPolicy, direction: Direction, rule: &CompiledRule) -> String {
    format!("{}/{} {direction} #{}", policy.metadata.namespace, policy.metadata.name, rule.index + 1)
}

/// Findings about one policy.
fn policy(model: &Model<'_>, position: usize) -> Vec<Finding> {
    let (Some(policy), Some(compiled)) = (model.inventory.objects.network_policies.get(position), model.compiled.policies.get(position))
    else {
        return Vec::new();
    };
    let subject = reference(policy);
    if compiled.refused {
        return refused(policy, &subject);
    }
    // The reader of manifests names unknown fields itself, with file and line.
    let live = model.inventory.origin != Origin::Manifests;
    let mut found: Vec<Finding> = unknown_fields(policy, &subject).filter(|_| live).into_iter().collect();
    found.extend(inert(policy, &subject));
    found.extend(host_bits(policy, &subject));
    let selected = model.subjects_of(compiled.namespace, compiled.selector);
    let pods_known = model.inventory.namespaces.get(compiled.namespace).is_some_and(|n| n.pods_known);
    if selected.possible.is_empty() && pods_known {
        let selector = policy.spec.pod_selector.describe();
        let message = format!("{}/{} selects no pod: no pod in {} has {selector}", subject.namespace, subject.name, subject.namespace);
        found.push(findings::SELECTS_NOTHING.on(subject.clone(), message).shown_by(&subject, "spec.podSelector", selector));
        return found;
    }
    let host = model.classes.host.iter().filter(|id| selected.certain.contains(*id)).find_map(|id| model.class(id));
    if let Some(pod) = host.and_then(|c| c.pods.first()).and_then(|p| model.inventory.pods.get(*p)) {
        // A selector of everything does not mean these pods in particular.
        if !policy.spec.pod_selector.is_empty() {
            let meta = &pod.pod.metadata;
            let message = format!(
                "{}/{} selects {}, which is on the host network: policies do not apply to it",
                subject.namespace, subject.name, meta.name
            );
            let pod = ObjectRef::new("Pod", &meta.namespace, &meta.name);
            found.push(
                findings::HOST_NETWORK_POD
                    .on(subject.clone(), message)
                    .shown_by(&pod, "spec.hostNetwork", "true")
                    .with_confidence(Confidence::Likely),
            );
        }
    }
    let class = selected.possible.iter().filter_map(|id| model.class(id)).find(|c| c.host.is_none());
    let Some(class) = class else { return found };
    for direction in [Direction::Ingress, Direction::Egress] {
        for rule in compiled.rules(direction) {
            if let Some(note) = matches_nothing(model, rule, direction, class) {
                let message = format!("{} matches nothing now: {note}", rule_name(policy, direction, rule));
                found.push(findings::RULE_MATCHES_NOTHING.on(subject.clone(), message).shown_by(
                    &subject,
                    format!("spec.{direction}[{}]", rule.index),
                    note,
                ));
            }
            found.extend(named_ports(model, policy, rule, direction, &selected.possible));
            found.extend(blocks_over_pods(model, policy, rule, direction));
        }
    }
    found
}

/// NP-001.
fn refused(policy: &NetworkPolicy, subject: &ObjectRef) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    // The reader of manifests has said what is wrong with one that cannot be decoded.
    if policy.undecodable {
        return found;
    }
    for refusal in validate::refusals(policy) {
        let message = format!("Kubernetes refuses {}/{}: {}: {}", subject.namespace, subject.name, refusal.field, refusal.reason);
        found.push(findings::POLICY_REFUSED.on(subject.clone(), message).shown_by(subject, refusal.field, refusal.reason));
    }
    found
}

/// NP-002.
fn unknown_fields(policy: &NetworkPolicy, subject: &ObjectRef) -> Option<Finding> {
    let mut fields: Vec<String> = Vec::new();
    for (direction, rules, peers) in [("ingress", &policy.spec.ingress, "from"), ("egress", &policy.spec.egress, "to")] {
        for (r, rule) in rules.iter().enumerate() {
            fields.extend(rule.unknown.keys().map(|key| format!("spec.{direction}[{r}].{key}")));
            for (p, peer) in rule.peers.iter().enumerate() {
                fields.extend(peer.unknown.keys().map(|key| format!("spec.{direction}[{r}].{peers}[{p}].{key}")));
            }
            for (p, port) in rule.ports.iter().enumerate() {
                fields.extend(port.unknown.keys().map(|key| format!("spec.{direction}[{r}].ports[{p}].{key}")));
            }
        }
    }
    let first = fields.first()?;
    let message = format!("{}/{} has a field nobody knows: {first}; what its rule allows is unknown", subject.namespace, subject.name);
    let finding = findings::UNKNOWN_POLICY_FIELD.on(subject.clone(), message);
    Some(fields.iter().fold(finding, |finding, field| finding.shown_by(subject, field.clone(), "unknown field")))
}

/// NP-011: rule 4 of the semantics page.
fn inert(policy: &NetworkPolicy, subject: &ObjectRef) -> Option<Finding> {
    let spec = &policy.spec;
    let (direction, rules) = if !spec.isolates_ingress() && !spec.ingress.is_empty() {
        (Direction::Ingress, spec.ingress.len())
    } else if !spec.isolates_egress() && !spec.egress.is_empty() {
        (Direction::Egress, spec.egress.len())
    } else {
        return None;
    };
    let types = spec.policy_types.join(", ");
    let message =
        format!("{}/{} has {rules} {direction} rule(s) that do nothing: policyTypes is [{types}]", subject.namespace, subject.name);
    Some(findings::INERT_RULES.on(subject.clone(), message).shown_by(subject, "spec.policyTypes", format!("[{types}]")))
}

/// NP-021: rule 23.
fn host_bits(policy: &NetworkPolicy, subject: &ObjectRef) -> Vec<Finding> {
    let blocks = super::blocks::blocks_of(policy).flat_map(|b| std::iter::once(&b.cidr).chain(&b.except));
    let odd = blocks.filter_map(|text| {
        text.parse::<Cidr>()
            .ok()
            .filter(|cidr| &cidr.to_string() != text && text.parse::<ipnet::IpNet>().is_ok_and(|n| n.trunc() != n))
            .map(|cidr| (text, cidr))
    });
    odd.map(|(text, cidr)| {
        let message = format!("{}/{}: {text} means the whole block {cidr}", subject.namespace, subject.name);
        findings::HOST_BITS.on(subject.clone(), message).shown_by(subject, "ipBlock", text.clone())
    })
    .collect()
}

/// Why a rule matches nothing that exists now: none if it matches something, or if that cannot be told.
pub fn matches_nothing(model: &Model<'_>, rule: &CompiledRule, direction: Direction, class: &Class) -> Option<String> {
    let CompiledPeers::Any(peers) = &rule.peers else { return None };
    if !model.inventory.pods_complete() && model.inventory.origin != Origin::Manifests {
        return None;
    }
    let mut wanted = Vec::new();
    for peer in peers.iter().filter_map(|id| model.compiled.peers.get(*id)) {
        match peer {
            CompiledPeer::Pods { .. } if model.classes_of(peer, class, direction).possible.is_empty() => {
                wanted.push(super::questions::describe_peer(model, peer));
            }
            _ => return None,
        }
    }
    Some(format!("there is no pod like {}", wanted.join(", nor like ")))
}

/// NP-013, NP-014, NP-015: rules 15, 17, 19.
fn named_ports(
    model: &Model<'_>,
    policy: &NetworkPolicy,
    rule: &CompiledRule,
    direction: Direction,
    subjects: &RoaringBitmap,
) -> Vec<Finding> {
    let Some(items) = rule.ports.and_then(|list| model.compiled.port_lists.get(list)) else { return Vec::new() };
    if !items.iter().any(|item| matches!(item, PortItem::Named(..))) {
        return Vec::new();
    }
    let subjects = || subjects.iter().filter_map(|id| model.class(id)).filter(|c| c.host.is_none());
    let destinations: Vec<&Class> = match (direction, &rule.peers) {
        (Direction::Ingress, _) => subjects().collect(),
        (Direction::Egress, CompiledPeers::Everyone) => model.classes.list.iter().collect(),
        (Direction::Egress, CompiledPeers::Any(peers)) => {
            let Some(near) = subjects().next() else { return Vec::new() };
            let peers = peers.iter().filter_map(|id| model.compiled.peers.get(*id));
            let ids: BTreeSet<u32> = peers.flat_map(|peer| model.classes_of(peer, near, direction).possible).collect();
            ids.into_iter().filter_map(|id| model.class(id)).collect()
        }
    };
    if destinations.is_empty() {
        return Vec::new();
    }
    let subject = reference(policy);
    let mut found = Vec::new();
    for item in items {
        let PortItem::Named(name, protocol) = item else { continue };
        let declared: Vec<_> = (destinations.iter())
            .filter_map(|class| model.classes.named.get(class.named as usize))
            .flatten()
            .filter(|p| &p.name == name && p.protocol == *protocol)
            .collect();
        let numbers: BTreeSet<i64> = declared.iter().map(|p| p.number).collect();
        let field = format!("spec.{direction}[{}].ports", rule.index);
        let rule = rule_name(policy, direction, rule);
        let mut push = |kind: &'static crate::report::FindingKind, message: String| {
            found.push(kind.on(subject.clone(), message).shown_by(&subject, field.clone(), name.clone()));
        };
        if declared.is_empty() {
            push(&findings::NAMED_PORT_NOWHERE, format!("{rule}: no pod it is about declares a {protocol} port named \"{name}\""));
        } else if numbers.len() > 1 {
            let numbers = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            push(&findings::NAMED_PORT_DIFFERS, format!("{rule}: port \"{name}\" is {numbers} on different pods"));
        } else if declared.iter().all(|p| p.sidecar) {
            let finds = match model.cni.finds_sidecar_ports() {
                Truth::Unknown => "plugins differ on it".to_owned(),
                Truth::No => format!("{} does not look there", model.cni.name()),
                Truth::Yes => format!("{} looks there, others do not", model.cni.name()),
            };
            push(&findings::NAMED_PORT_OF_SIDECAR, format!("{rule}: only a sidecar declares port \"{name}\"; {finds}"));
        }
    }
    found
}

/// NP-020: rule 22. A block of all addresses is about everyone, pods among them, and nobody takes it for a mistake.
fn blocks_over_pods(model: &Model<'_>, policy: &NetworkPolicy, rule: &CompiledRule, direction: Direction) -> Vec<Finding> {
    let CompiledPeers::Any(peers) = &rule.peers else { return Vec::new() };
    let blocks = peers.iter().filter_map(|id| match model.compiled.peers.get(*id)? {
        CompiledPeer::Block(block) => model.compiled.blocks.get(*block),
        _ => None,
    });
    let subject = reference(policy);
    blocks
        .filter(|block| !block.cidr.is_everything())
        .filter_map(|block| {
            let pod = model.first_pod_in(block)?;
            let meta = &model.inventory.pods.get(pod)?.pod.metadata;
            let message = format!(
                "{}: ipBlock {} contains pod addresses, such as that of {}/{}; select pods by labels",
                rule_name(policy, direction, rule),
                show(block),
                meta.namespace,
                meta.name
            );
            Some(findings::BLOCK_OVER_PODS.on(subject.clone(), message).shown_by(
                &subject,
                format!("spec.{direction}[{}]", rule.index),
                show(block),
            ))
        })
        .collect()
}

fn show(block: &Block) -> String {
    let holes: Vec<String> = block.except.iter().map(ToString::to_string).collect();
    if holes.is_empty() { block.cidr.to_string() } else { format!("{} except {}", block.cidr, holes.join(", ")) }
}

/// NP-030: rule 38.
fn without_dns(model: &Model<'_>, pods: &[usize]) -> Option<Finding> {
    let (service, udp, tcp) = dns_is_cut_off(model, pods)?;
    let meta = pods.first().and_then(|p| model.inventory.pods.get(*p)).map(|p| &p.pod.metadata)?;
    let what = match (udp, tcp) {
        (Verdict::Deny, Verdict::Deny) => "over UDP nor over TCP",
        (Verdict::Deny, _) => "over UDP",
        _ => "over TCP (long answers need it)",
    };
    let message = format!("{}/{} cannot reach DNS ({}/{}) {what}", meta.namespace, meta.name, service.namespace, service.name);
    Some(findings::EGRESS_WITHOUT_DNS.on(ObjectRef::new("Pod", &meta.namespace, &meta.name), message))
}

/// How blocks are treated where they are treated the other way.
fn the_other_way(model: &Model<'_>) -> BlocksMatchPods {
    match model.cni.blocks_match_pods() {
        BlocksMatchPods::No => BlocksMatchPods::Yes,
        BlocksMatchPods::Yes | BlocksMatchPods::Undefined => BlocksMatchPods::No,
    }
}

/// What may pass between two pods under plugins that treat blocks the other way; none where no block has a say.
pub fn as_other_plugins(model: &Model<'_>, from: usize, to: usize) -> Option<Bounds> {
    if model.bond(from, to).is_some() {
        return None;
    }
    let (source, target) = (model.class_of(from)?, model.class_of(to)?);
    let family = Model::family(source.1, target.1);
    let side = |direction, near: u32, far: &Class| {
        let other = Other::Pods(far, family, the_other_way(model));
        model.side_allows(direction, model.subject_of(direction, near), &other, Some(target.1))
    };
    Some(side(Direction::Egress, source.0, target.1).and(side(Direction::Ingress, target.0, source.1), &model.ports))
}

/// NP-022.
pub fn depends_on_plugin(model: &Model<'_>, to: usize, here: Verdict, there: Verdict) -> Finding {
    let (name, reading) = match the_other_way(model) {
        BlocksMatchPods::No => ("Cilium", "an ipBlock never matches pods"),
        _ => ("most other plugins", "an ipBlock matches pods by their addresses"),
    };
    let meta = model.inventory.pods.get(to).map(|p| p.pod.metadata.key());
    let (namespace, pod) = meta.unwrap_or_default();
    let message = format!("the answer depends on the network plugin: {here} here, {there} under {name}, where {reading}");
    findings::DEPENDS_ON_PLUGIN.on(ObjectRef::new("Pod", namespace, pod), message)
}

/// NP-050, NP-051: rule 40. Without policies there is nothing to enforce.
fn plugin(model: &Model<'_>) -> Option<Finding> {
    if model.inventory.objects.network_policies.is_empty() && model.inventory.objects.cluster_policies.is_empty() {
        return None;
    }
    let subject = ObjectRef::new("Namespace", "", "kube-system");
    match recognise(model.inventory) {
        Recognised::DoesNotEnforce(name) => Some(
            findings::NOT_ENFORCED
                .on(subject, format!("the network plugin, {name}, does not enforce NetworkPolicy: every connection passes"))
                .with_confidence(Confidence::Likely),
        ),
        Recognised::Unrecognised => Some(
            findings::PLUGIN_UNRECOGNISED
                .on(subject, "no network plugin was recognised: whether policies are enforced cannot be told".to_owned()),
        ),
        Recognised::Enforces(_) | Recognised::NotVisible => None,
    }
}
