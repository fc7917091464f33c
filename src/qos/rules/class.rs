//! The class, and what makes it another one than was meant (C).

use super::Subject;
use crate::objects::{QosClass, ResourceName};
use crate::qos::case::Case;
use crate::qos::class::{COUNTING, Lack, of_all};
use crate::qos::findings::{CLASS_DIFFERS, EMPTY_POD_RESOURCES, GUARANTEED_LOST, LIMIT_ALONE, POD_RESOURCES_DECIDE, REQUEST_OF_ZERO};
use crate::qos::shape::{Part, Source};
use crate::qos::words;
use crate::report::Finding;

pub(super) fn judge(case: &Case<'_, '_>, found: &mut Vec<Finding>) {
    found.extend(guaranteed_lost(case));
    found.extend(differs(case));
    found.extend(zeros(case));
    found.extend(limits_alone(case));
    found.extend(pod_level(case));
}

/// The only container that lacks something.
fn guaranteed_lost(case: &Case<'_, '_>) -> Option<Finding> {
    let shape = &case.shape;
    let lacking = |part: &Part<'_>| COUNTING.iter().any(|resource| Lack::of(&part.numbers, resource).is_some());
    let mut failing = shape.parts.iter().filter(|part| lacking(part));
    let part = failing.next().filter(|_| shape.pod.is_none() && shape.parts.len() > 1 && case.computed == Some(QosClass::Burstable))?;
    if failing.next().is_some() {
        return None;
    }
    let subject = Subject::of(case);
    let lacks: Vec<(&ResourceName, Lack)> = COUNTING.iter().filter_map(|r| Some((r, Lack::of(&part.numbers, r)?))).collect();
    let (resource, lack) = *lacks.first()?;
    let others = if shape.parts.len() == 2 { "the other container is" } else { "all others are" };
    let message = format!("only {} keeps it from Guaranteed: it {}; {others} even", words::container(part), words::lack(resource, lack));
    let mut finding = subject.finding(&GUARANTEED_LOST, &message);
    for (resource, _) in &lacks {
        finding = case.show(finding, part, resource);
    }
    let injected = part.numbers.requests.iter().chain(part.numbers.limits.iter()).any(|entry| entry.source == Source::Webhook);
    if injected {
        return Some(
            finding.remedied_by(
                "have the webhook that adds it give it equal requests and limits: many read annotations of the template",
                None,
            ),
        );
    }
    Some(finding.remedied_by("give it requests equal to its limits", subject.named.as_ref().and_then(|named| even(part, named))))
}

/// The command that makes requests and limits of a container equal: to the limit, or else to the request.
fn even(part: &Part<'_>, named: &str) -> Option<String> {
    let each: Option<Vec<String>> = COUNTING
        .iter()
        .map(|resource| {
            let numbers = &part.numbers;
            let amount = numbers.limits.positive(resource).or_else(|| numbers.requests.positive(resource))?;
            Some(format!("{resource}={}", amount.text(resource)))
        })
        .collect();
    let each = each?.join(",");
    Some(format!("kubectl set resources {named} -c {} --requests={each} --limits={each}", part.name))
}

fn differs(case: &Case<'_, '_>) -> Option<Finding> {
    let (is, should) = (case.class?, case.computed?);
    // Versions read resources that are there and empty differently.
    let empty = case.shape.is_empty_as_a_whole();
    let differs = !case.predicted && !empty && is != should;
    differs.then(|| {
        let name = &case.me.name;
        CLASS_DIFFERS
            .on(case.me.clone(), format!("the status of pod {name} says {is}, and its spec makes it {should}: {is} is what counts"))
            .shown_by(&case.me, "status.qosClass", is.name())
    })
}

fn zeros(case: &Case<'_, '_>) -> Vec<Finding> {
    let of = |part: &Part<'_>, resource: &ResourceName| {
        let zero = part.numbers.requests.amount(resource).is_some_and(|amount| amount.is_zero());
        let limit = part.numbers.limits.positive(resource).filter(|_| zero)?;
        let subject = Subject::of(case);
        let limit = limit.text(resource);
        let message = format!("{} requests 0 {resource}, and not its limit of {limit}", words::container(part));
        let finding = case.show(subject.finding(&REQUEST_OF_ZERO, &message), part, resource);
        let command = subject.named.map(|named| format!("kubectl set resources {named} -c {} --requests={resource}={limit}", part.name));
        Some(finding.remedied_by("request what it needs; as much as the limit is what no request at all would be", command))
    };
    case.shape.parts.iter().flat_map(|part| COUNTING.iter().filter_map(move |resource| of(part, resource))).collect()
}

fn limits_alone(case: &Case<'_, '_>) -> Vec<Finding> {
    let of = |part: &Part<'_>| {
        let alone = |r: &&ResourceName| {
            part.numbers.requests.get(r).is_some_and(|request| request.amount.is_positive() && request.source == Source::Limit)
        };
        let resources: Vec<&ResourceName> = COUNTING.iter().filter(alone).collect();
        let limit = |resource: &&ResourceName| Some(format!("{} {resource}", part.numbers.limits.positive(resource)?.text(resource)));
        let said: Vec<String> = resources.iter().filter_map(limit).collect();
        let first = *resources.first()?;
        let names: Vec<&str> = resources.iter().map(|resource| resource.name()).collect();
        let message = format!(
            "{} states no request for {}: its limit is the request as well, {}",
            words::container(part),
            names.join(" and "),
            said.join(" and ")
        );
        Some(case.show(Subject::of(case).finding(&LIMIT_ALONE, &message), part, first))
    };
    case.shape.parts.iter().filter(|_| case.predicted).filter_map(of).collect()
}

fn pod_level(case: &Case<'_, '_>) -> Option<Finding> {
    case.shape.pod.as_ref()?;
    let field = format!("{}resources", case.path);
    let subject = Subject::of(case);
    let of_containers = of_all(case.shape.parts.iter().map(|part| &part.numbers));
    if case.shape.is_empty_as_a_whole() {
        let message = format!("{field} is there and empty: BestEffort up to Kubernetes 1.36, later {of_containers}");
        let finding = subject.finding(&EMPTY_POD_RESOURCES, &message).shown_by(&case.me, field, "{}");
        return Some(finding.remedied_by("leave the field out", None));
    }
    let class = case.computed.filter(|class| *class != of_containers)?;
    let message = format!("{field} makes it {class}; its containers alone would make it {of_containers}");
    Some(subject.finding(&POD_RESOURCES_DECIDE, &message).shown_by(&case.me, field, "present"))
}
