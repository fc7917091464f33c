//! What speaks against a change: quotas, LimitRanges for pods, nodes that are too small, containers a template knows nothing of.

use super::Target;
use crate::objects::{Amount, PodStatus, QosClass, ResourceName, ResourceQuota};
use crate::qos::case::Case;
use crate::qos::effective::{self, Totals};
use crate::qos::shape::Shape;
use crate::qos::want::Template;
use crate::qos::{class, whole, words};
use crate::report::qos_patch::Obstacle;
use crate::report::{Evidence, ObjectRef};

/// Everything that speaks against pods made this way.
pub(super) fn all(
    case: &Case<'_, '_>,
    target: &Target<'_>,
    template: &Template<'_, '_>,
    wanted: QosClass,
    before: &Totals,
    made: &Shape<'_>,
) -> Vec<Obstacle> {
    let requests = effective::requests(made, &PodStatus::default());
    let limits = effective::limits(made, &PodStatus::default());
    let mut all: Vec<Obstacle> = injected(case, target, made, wanted).into_iter().collect();
    let quotas = case.facts.inventory.objects.resource_quotas.iter().filter(|quota| quota.metadata.namespace == case.me.namespace);
    let old_limits = effective::limits(&template.made(template.stated, false), &PodStatus::default());
    for quota in quotas.filter(|quota| counts(quota, wanted)) {
        let more = |new: &Totals, old: &Totals, resource: &ResourceName| {
            let amount = |totals: &Totals| totals.get(resource).copied().unwrap_or_default();
            amount(new).minus(amount(old)).times(target.pods)
        };
        for resource in class::COUNTING {
            let name = resource.name();
            for key in [name.to_owned(), format!("requests.{name}")] {
                all.extend(exceeds(quota, &key, &resource, more(&requests, before, &resource)));
                all.extend(missing(quota, &key, made, &resource, false));
            }
            let key = format!("limits.{name}");
            all.extend(exceeds(quota, &key, &resource, more(&limits, &old_limits, &resource)));
            all.extend(missing(quota, &key, made, &resource, true));
        }
        // Pods of the wanted class may count where those of the old one did not.
        let counted = template.class(template.stated).is_none_or(|class| counts(quota, class));
        if !counted {
            all.extend(exceeds(quota, "pods", &ResourceName::Cpu, Amount::whole(1).times(target.pods)));
        }
    }
    all.extend(ranges(template, made));
    all.extend(nodes(case, &requests));
    all
}

/// A container that a webhook adds, and that keeps the pod from the class, or does not fit into the pod as a whole.
pub(super) fn injected(case: &Case<'_, '_>, target: &Target<'_>, made: &Shape<'_>, wanted: QosClass) -> Option<Obstacle> {
    // A template has no such container; the pods that were made of it do.
    let of_template = || case.facts.pod_of(target.workload?);
    let pod = case.pod.or_else(of_template)?;
    let mut strangers = Shape::of(&pod.spec).parts;
    strangers.retain(|part| made.parts.iter().all(|own| own.name != part.name));
    let first = strangers.first()?;
    let mut whole = made.clone();
    whole.parts.extend(strangers.iter().cloned());
    let does = if class::of(&whole) != wanted {
        format!("keeps its pods from being {wanted}: its resources are set where it is")
    } else if whole::excesses(&whole).is_empty() {
        return None;
    } else {
        "does not fit into the pod as a whole: its pods are refused".to_owned()
    };
    Some(Obstacle {
        message: format!("{}, which a webhook adds, {does}", words::container(first)),
        evidence: Evidence {
            object: ObjectRef::new("Pod", &pod.metadata.namespace, &pod.metadata.name),
            field: "spec.containers".to_owned(),
            value: strangers.iter().map(|part| part.name).collect::<Vec<_>>().join(", "),
        },
    })
}

/// Whether a quota counts pods of the class; one that counts only some other pods is left out.
fn counts(quota: &ResourceQuota, wanted: QosClass) -> bool {
    let scope = |scope: &String| match scope.as_str() {
        "BestEffort" => wanted == QosClass::BestEffort,
        "NotBestEffort" => wanted != QosClass::BestEffort,
        _ => false,
    };
    quota.spec.scope_selector.is_none() && quota.spec.scopes.iter().all(scope)
}

/// A quota that has no room for what is requested more.
fn exceeds(quota: &ResourceQuota, key: &str, resource: &ResourceName, more: Amount) -> Option<Obstacle> {
    let hard = Amount::of(quota.status.hard.get(key).or_else(|| quota.spec.hard.get(key))?)?;
    let used = quota.status.used.get(key).and_then(Amount::of).unwrap_or_default();
    let name = &quota.metadata.name;
    let text = |amount: Amount| amount.text(resource);
    (more.is_positive() && used.plus(more) > hard).then(|| Obstacle {
        message: format!("ResourceQuota {name} has {} of {} {key} in use: {} more do not fit", text(used), text(hard), text(more)),
        evidence: of_quota(quota, format!("status.hard[{key}]"), text(hard)),
    })
}

/// A quota that wants a number of every container.
fn missing(quota: &ResourceQuota, key: &str, made: &Shape<'_>, resource: &ResourceName, limits: bool) -> Option<Obstacle> {
    let hard = quota.spec.hard.get(key)?;
    let stated = |numbers: &crate::qos::shape::Numbers<'_>| {
        let list = if limits { &numbers.limits } else { &numbers.requests };
        list.get(resource).is_some()
    };
    let without = made.parts.iter().find(|part| !stated(&part.numbers))?;
    // Whoever states numbers of the pod as a whole need not state any of its containers.
    let whole = made.pod.as_ref().is_some_and(|pod| pod.set_for_pod());
    (!whole).then(|| Obstacle {
        message: format!(
            "ResourceQuota {} refuses pods of which a container does not state {key}: {}",
            quota.metadata.name,
            words::container(without)
        ),
        evidence: of_quota(quota, format!("spec.hard[{key}]"), hard.text().to_owned()),
    })
}

fn of_quota(quota: &ResourceQuota, field: String, value: String) -> Evidence {
    Evidence { object: ObjectRef::new("ResourceQuota", &quota.metadata.namespace, &quota.metadata.name), field, value }
}

/// LimitRanges that bound pods as a whole, or how far a limit may be from its request.
fn ranges(template: &Template<'_, '_>, made: &Shape<'_>) -> Vec<Obstacle> {
    let mut all = Vec::new();
    // LimitRanger leaves overhead out.
    let without = Shape { overhead: Default::default(), ..made.clone() };
    let (requests, limits) = (effective::requests(&without, &PodStatus::default()), effective::limits(&without, &PodStatus::default()));
    for range in template.ranges {
        let evidence = |field: String, value: String| Evidence {
            object: ObjectRef::new("LimitRange", &range.metadata.namespace, &range.metadata.name),
            field,
            value,
        };
        let name = &range.metadata.name;
        for (at, item) in range.spec.limits.iter().enumerate() {
            for resource in class::COUNTING {
                let bound =
                    |list: &std::collections::BTreeMap<String, crate::objects::Quantity>| list.get(resource.name()).and_then(Amount::of);
                let path = |field: &str| format!("spec.limits[{at}].{field}.{resource}");
                if item.kind == "Pod" {
                    if let Some(most) = bound(&item.max)
                        && limits.get(&resource).is_none_or(|limit| *limit > most)
                    {
                        let message = format!("LimitRange {name} lets a pod have at most {} {resource}", most.text(&resource));
                        all.push(Obstacle { message, evidence: evidence(path("max"), most.text(&resource)) });
                    }
                    if let Some(least) = bound(&item.min)
                        && requests.get(&resource).is_none_or(|request| *request < least)
                    {
                        let message = format!("LimitRange {name} wants a pod to request at least {} {resource}", least.text(&resource));
                        all.push(Obstacle { message, evidence: evidence(path("min"), least.text(&resource)) });
                    }
                }
                let Some(ratio) = bound(&item.max_limit_request_ratio) else { continue };
                let too_far = |request: Option<Amount>, limit: Option<Amount>| match (request, limit) {
                    (Some(request), Some(limit)) => limit.exceeds_ratio(request, ratio),
                    _ => true,
                };
                let of_part = |part: &&crate::qos::shape::Part<'_>| {
                    too_far(part.numbers.requests.positive(&resource), part.numbers.limits.positive(&resource))
                };
                let of_pod = || {
                    let positive = |totals: &Totals| totals.get(&resource).copied().filter(|amount| amount.is_positive());
                    too_far(positive(&requests), positive(&limits))
                };
                let wanted = match item.kind.as_str() {
                    "Container" => made.parts.iter().find(of_part).map(|part| ("container", format!(": {}", words::container(part)))),
                    "Pod" => of_pod().then(|| ("pod", String::new())),
                    _ => None,
                };
                if let Some((of, which)) = wanted {
                    let ratio = ratio.text(&ResourceName::Cpu);
                    let message =
                        format!("LimitRange {name} wants the {resource} limit of a {of} to be at most {ratio} times its request{which}");
                    all.push(Obstacle { message, evidence: evidence(path("maxLimitRequestRatio"), ratio) });
                }
            }
        }
    }
    all
}

/// No node that is large enough, whatever else runs there.
fn nodes(case: &Case<'_, '_>, requests: &Totals) -> Option<Obstacle> {
    let nodes = || case.facts.inventory.objects.nodes.iter().filter(|node| case.spec.refuses(node).is_none());
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
