//! What speaks against a change: quotas, LimitRanges, nodes that are too small, containers a template knows nothing of.

use super::Target;
use crate::objects::{Amount, PodStatus, QosClass, ResourceName, ResourceQuota, Truth};
use crate::qos::bounds::{self, Refusal};
use crate::qos::case::Case;
use crate::qos::effective::{self, Totals};
use crate::qos::quota::{self, Usage};
use crate::qos::shape::Shape;
use crate::qos::want::Template;
use crate::qos::{class, whole, words};
use crate::report::qos_patch::Obstacle;
use crate::report::{Evidence, ObjectRef};

/// A change of a template that is looked at.
pub(super) struct Change<'c, 'f, 'a> {
    /// Who is asked about.
    pub case: &'c Case<'f, 'a>,
    /// What is to be changed.
    pub target: &'c Target<'a>,
    /// Its template.
    pub template: &'c Template<'c, 'a>,
    /// The class its pods are to have.
    pub wanted: QosClass,
    /// Its pods as they are made now.
    pub before: &'c Shape<'a>,
}

impl Change<'_, '_, '_> {
    /// Everything that speaks against pods made this way.
    pub(super) fn obstacles(&self, made: &Shape<'_>) -> Vec<Obstacle> {
        let mut all: Vec<Obstacle> = self.injected(made).into_iter().collect();
        for quota in self.case.facts.quotas(&self.case.me.namespace) {
            all.extend(self.quota(quota, made));
        }
        // Bounds that were broken before are not broken by the change, yet its pods are refused all the same.
        all.extend(bounds::refusals(self.template.ranges, made).iter().map(of_range));
        all.extend(nodes(self.case, self.target, &effective::requests(made, &PodStatus::default())));
        all
    }

    /// A container that a webhook adds, and that keeps the pod from the class, or does not fit into the pod as a whole.
    pub(super) fn injected(&self, made: &Shape<'_>) -> Option<Obstacle> {
        let strangers = self.template.injected;
        let first = strangers.first()?;
        let wanted = self.wanted;
        let does = if class::of(made) != wanted {
            format!("keeps its pods from being {wanted}: its resources are set where it is")
        } else if whole::excesses(made).is_empty() {
            return None;
        } else {
            "does not fit into the pod as a whole: its pods are refused".to_owned()
        };
        // A template has no such container; the pods that were made of it do.
        let of_template = || self.case.facts.pods_of(self.target.workload?).next();
        let pod = self.case.pod.or_else(of_template)?;
        Some(Obstacle {
            message: format!("{}, which a webhook adds, {does}", words::container(first)),
            evidence: Evidence {
                object: ObjectRef::new("Pod", &pod.metadata.namespace, &pod.metadata.name),
                field: "spec.containers".to_owned(),
                value: strangers.iter().map(|part| part.name).collect::<Vec<_>>().join(", "),
            },
        })
    }

    /// A quota that refuses pods made this way, or has no room for all of them.
    fn quota(&self, quota: &ResourceQuota, made: &Shape<'_>) -> Vec<Obstacle> {
        let spec = self.target.spec;
        let counted = |shape| {
            let pod = quota::Pod { spec, class: class::certain(shape), priority_class: self.case.facts.priority_class(spec, true) };
            quota::counts(quota, &pod)
        };
        if counted(made) != Truth::Yes {
            return Vec::new();
        }
        let lacking = quota::lacking(quota, made).map(|(name, part)| Obstacle {
            message: format!(
                "ResourceQuota {} refuses pods of which a container does not state {name}: {}",
                quota.metadata.name,
                words::container(part)
            ),
            evidence: of_quota(quota, "spec", name),
        });
        // Pods of another class may not have counted before.
        let old = if counted(self.before) == Truth::No { Vec::new() } else { quota::usage(self.before) };
        let each = quota::usage(made).into_iter().filter(|new| new.amount.is_positive());
        let exceeded = each.filter_map(|new| {
            let old = old.iter().find(|old| old.name == new.name).map(|old| old.amount).unwrap_or_default();
            self.exceeds(quota, old, &new)
        });
        lacking.into_iter().chain(exceeded).collect()
    }

    /// A quota without room for what is on the way to the new pods.
    fn exceeds(&self, quota: &ResourceQuota, old: Amount, new: &Usage) -> Option<Obstacle> {
        let rollout = &self.target.rollout;
        let (hard, used) = quota::room(quota, &new.name)?;
        let need = rollout.need(old, new.amount).filter(|need| used.plus(*need) > hard)?;
        let text = |amount: Amount| amount.text(&new.resource);
        let more = if need.is_positive() { format!("{} more do not fit", text(need)) } else { "no new pod fits".to_owned() };
        // With one pod missing at a time there would be room.
        let gently = rollout.unavailable == 0 && rollout.old > 0;
        let why = if gently { ", since a new pod is made before an old one goes: the rollout gets stuck" } else { "" };
        Some(Obstacle {
            message: format!("ResourceQuota {} has {} of {} {} in use: {more}{why}", quota.metadata.name, text(used), text(hard), new.name),
            evidence: of_quota(quota, "status", &new.name),
        })
    }
}

fn of_quota(quota: &ResourceQuota, part: &str, name: &str) -> Evidence {
    let hard = quota.status.hard.get(name).filter(|_| part == "status").or_else(|| quota.spec.hard.get(name));
    Evidence {
        object: ObjectRef::new("ResourceQuota", &quota.metadata.namespace, &quota.metadata.name),
        field: format!("{part}.hard[{name}]"),
        value: hard.map_or_else(String::new, ToString::to_string),
    }
}

fn of_range(refusal: &Refusal<'_, '_>) -> Obstacle {
    Obstacle { message: refusal.message(), evidence: refusal.evidence() }
}

/// No node that is large enough, whatever else runs there.
fn nodes(case: &Case<'_, '_>, target: &Target<'_>, requests: &Totals) -> Option<Obstacle> {
    let nodes = || case.facts.inventory.objects.nodes.iter().filter(|node| target.spec.refuses(node).is_none());
    let holds = |node: &&crate::objects::Node| {
        class::COUNTING.iter().all(|resource| {
            let request = requests.get(resource).copied().unwrap_or_default();
            node.status.allocatable.amount(resource).is_none_or(|room| request <= room)
        })
    };
    let largest = |resource: &ResourceName| {
        let rooms = nodes().filter_map(|node| Some((node.status.allocatable.amount(resource)?, &node.metadata.name)));
        rooms.max().map(|(room, name)| (room, name.clone()))
    };
    if nodes().next().is_none() || nodes().any(|node| holds(&node)) {
        return None;
    }
    let asked = |resource: &ResourceName| requests.get(resource).copied().unwrap_or_default();
    let worst = class::COUNTING.into_iter().find(|resource| largest(resource).is_some_and(|(room, _)| asked(resource) > room));
    let resource = worst.unwrap_or(ResourceName::Memory);
    let (room, node) = largest(&resource)?;
    let (request, text) = (asked(&resource).text(&resource), room.text(&resource));
    Some(Obstacle {
        message: format!("no node the pod may run on holds it: it would request {request} {resource}, and the largest has {text}"),
        evidence: Evidence { object: ObjectRef::new("Node", "", &node), field: format!("status.allocatable.{resource}"), value: text },
    })
}
