//! What LimitRanges silently do, and what they refuse (D).

use std::collections::BTreeMap;

use super::Subject;
use crate::objects::{Amount, ResourceName};
use crate::qos::bounds::{self, Refusal};
use crate::qos::case::Case;
use crate::qos::defaults::{self, Defaults, Origin};
use crate::qos::findings::{DEFAULT_BELOW_REQUEST, LIMIT_RANGE_REFUSES, LIMIT_RANGES_COMPETE, MAXIMUM_IS_DEFAULT};
use crate::qos::shape::{Entry, Part, Source};
use crate::qos::words;
use crate::report::{Evidence, Finding, ObjectRef};

pub(super) fn judge(case: &Case<'_, '_>, found: &mut Vec<Finding>) {
    for range in case.facts.ranges(&case.me.namespace) {
        found.extend(maximum(case, range));
    }
    if case.predicted {
        found.extend(compete(case));
        found.extend(case.shape.parts.iter().filter_map(|part| below_request(case, part)));
        found.extend(refused(case));
    }
}

fn reference(case: &Case<'_, '_>, name: &str) -> ObjectRef {
    ObjectRef::new("LimitRange", &case.me.namespace, name)
}

/// A maximum that became the limit of a container.
fn maximum(case: &Case<'_, '_>, range: &Defaults<'_>) -> Option<Finding> {
    let gave = |entry: &&Entry<'_>| {
        let by_it = matches!(entry.source, Source::LimitRange(name) if name.is_none_or(|name| name == range.name));
        by_it && range.limits.get(&entry.resource) == Some(&(entry.amount, Origin::Max))
    };
    let limits = case.shape.parts.iter().flat_map(|part| part.numbers.limits.iter());
    let given: BTreeMap<&ResourceName, Amount> = limits.filter(gave).map(|entry| (&entry.resource, entry.amount)).collect();
    let resources: Vec<&str> = given.keys().map(|resource| resource.name()).collect();
    let amounts: Vec<String> = given.iter().map(|(resource, amount)| format!("{} {resource}", amount.text(resource))).collect();
    let (resources, amounts) = (resources.join(" and "), amounts.join(" and "));
    let request = |resource: &&ResourceName| range.requests.get(*resource).is_some_and(|(_, origin)| *origin == Origin::Default);
    let as_what = if given.keys().all(request) { "request and limit" } else { "limit" };
    let me = reference(case, range.name);
    let message = format!(
        "LimitRange {} has a maximum and no default for {resources}: containers that state none get {amounts} as {as_what}",
        range.name
    );
    let mut finding = MAXIMUM_IS_DEFAULT.on(me.clone(), message);
    for (resource, amount) in &given {
        finding = finding.shown_by(&me, format!("spec.limits[].max.{resource}"), amount.text(resource));
    }
    let command = format!("kubectl edit limitrange {} -n {}", range.name, case.me.namespace);
    (!given.is_empty()).then(|| finding.remedied_by("state default and defaultRequest", Some(command)))
}

type Given<'a> = BTreeMap<&'a ResourceName, (&'a str, Amount)>;

/// Two LimitRanges that would fill the same gap differently.
fn compete(case: &Case<'_, '_>) -> Option<Finding> {
    let mut first: [Given<'_>; 2] = Default::default();
    for range in case.facts.ranges(&case.me.namespace) {
        for (at, given) in [&range.requests, &range.limits].into_iter().enumerate() {
            let requests = at == 0;
            for (resource, (amount, _)) in given {
                let filled = |part: &Part<'_>| {
                    let list = if requests { &part.numbers.requests } else { &part.numbers.limits };
                    list.get(resource).is_some_and(|entry| matches!(entry.source, Source::LimitRange(_)))
                };
                let known = first.get_mut(at)?.entry(resource).or_insert((range.name, *amount));
                if known.1 == *amount || !case.shape.parts.iter().any(filled) {
                    continue;
                }
                let (other, theirs) = *known;
                let list = if requests { "request" } else { "limit" };
                let message = format!(
                    "LimitRanges {other} and {} give containers different defaults ({resource} {list}): chance decides",
                    range.name
                );
                let (one, two) = (reference(case, other), reference(case, range.name));
                return Some(
                    LIMIT_RANGES_COMPETE
                        .on(one.clone(), message)
                        .shown_by(&one, format!("default {list} of {resource}"), theirs.text(resource))
                        .shown_by(&two, format!("default {list} of {resource}"), amount.text(resource))
                        .remedied_by("keep defaults in one of them", None),
                );
            }
        }
    }
    None
}

/// Numbers that a LimitRange does not let be, whichever of several fills gaps first.
fn refused(case: &Case<'_, '_>) -> Vec<Finding> {
    let (ranges, defaults) = (case.facts.limit_ranges(&case.me.namespace), case.facts.ranges(&case.me.namespace));
    let backwards = (defaults.len() > 1).then(|| defaults::admitted(&case.facts.shape_to_come(case.spec), defaults, true));
    let in_any_case = backwards.as_ref().map(|shape| bounds::refusals(ranges, shape));
    let certain = |refusal: &Refusal<'_, '_>| in_any_case.as_ref().is_none_or(|others| others.iter().any(|other| other.is_like(refusal)));
    let subject = Subject::of(case);
    let finding = |refusal: &Refusal<'_, '_>| {
        let message = format!("{}: {}", refusal.message(), subject.refused());
        let Evidence { object, field, value } = refusal.evidence();
        let finding = subject.finding(&LIMIT_RANGE_REFUSES, &message).shown_by(&object, field, value);
        let finding = match refusal.part {
            Some(part) => case.show(finding, part, &refusal.resource),
            None => finding,
        };
        finding.remedied_by("state numbers within its bounds", None)
    };
    bounds::refusals(ranges, &case.shape).iter().filter(|refusal| certain(refusal)).map(finding).collect()
}

/// A limit that a LimitRange gives, and that is less than what is requested.
fn below_request(case: &Case<'_, '_>, part: &Part<'_>) -> Option<Finding> {
    part.numbers.limits.iter().find_map(|limit| {
        let Source::LimitRange(range) = limit.source else { return None };
        let range = range.map_or_else(|| "a LimitRange".to_owned(), |name| format!("LimitRange {name}"));
        let resource = &limit.resource;
        let request = part.numbers.requests.amount(resource).filter(|request| *request > limit.amount)?.text(resource);
        let given = limit.amount.text(resource);
        let subject = Subject::of(case);
        let message = format!(
            "{} requests {request} {resource}, and {range} gives it a limit of {given}: {}",
            words::container(part),
            subject.refused()
        );
        let finding = case.show(subject.finding(&DEFAULT_BELOW_REQUEST, &message), part, resource);
        let command = subject.named.map(|named| format!("kubectl set resources {named} -c {} --limits={resource}={request}", part.name));
        Some(finding.remedied_by("state a limit, at least as high as the request", command))
    })
}
