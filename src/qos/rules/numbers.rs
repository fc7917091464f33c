//! Numbers that are none, or mean something else (N).

use super::Subject;
use crate::inventory::Origin;
use crate::objects::Resource;
use crate::qos::case::Case;
use crate::qos::findings::{CONTAINERS_EXCEED_POD, FRACTION_OF_A_BYTE, MALFORMED_QUANTITY, REQUEST_ABOVE_LIMIT, RUNTIME_CLASS_REFUSES};
use crate::qos::shape::{Entry, Part, Source};
use crate::qos::whole::{self, Excess};
use crate::qos::words;
use crate::report::Finding;

pub(super) fn judge(case: &Case<'_, '_>, found: &mut Vec<Finding>) {
    found.extend(malformed(case));
    found.extend(whole(case).filter(|_| case.predicted));
    found.extend(overhead(case).filter(|_| case.predicted));
    for part in &case.shape.parts {
        found.extend(fraction(case, part));
        found.extend(above_limit(case, part).filter(|_| case.predicted));
    }
}

fn malformed(case: &Case<'_, '_>) -> impl Iterator<Item = Finding> {
    case.shape.unreadable.iter().map(|bad| {
        let field = format!("{}{}", case.path, bad.field);
        let what =
            if bad.is_too_large() { "which 64 bits do not hold: Kubernetes reckons with something else" } else { "which is no amount" };
        let message = format!("{} {}: {field} is {:?}, {what}", case.me.kind, case.me.name, bad.text);
        MALFORMED_QUANTITY.on(case.me.clone(), message).shown_by(&case.me, field, bad.text)
    })
}

/// Bytes in thousandths, in a number that somebody wrote.
fn fraction(case: &Case<'_, '_>, part: &Part<'_>) -> Option<Finding> {
    let lists = [("requests", &part.numbers.requests), ("limits", &part.numbers.limits)];
    let written = lists.iter().flat_map(|(name, list)| list.iter().map(move |entry| (name, entry)));
    let (list, entry) = written.into_iter().find(|(_, e)| e.resource.in_bytes() && !e.amount.is_whole() && e.source != Source::Limit)?;
    let (resource, text) = (&entry.resource, entry.amount.text(&entry.resource));
    let meant = text.strip_suffix('m').map_or_else(|| text.clone(), |digits| format!("{digits}Mi"));
    let message = format!("{}: {text} of {resource} are thousandths of a byte; {meant} may be meant", words::container(part));
    let subject = Subject::of(case);
    let finding = subject.finding(&FRACTION_OF_A_BYTE, &message).shown_by(&case.me, case.field(part, list, resource), text.clone());
    let command = subject.named.map(|named| format!("kubectl set resources {named} -c {} --{list}={resource}={meant}", part.name));
    Some(finding.remedied_by("write the unit that is meant", command))
}

/// A request that exceeds its limit; both are of the template.
fn above_limit(case: &Case<'_, '_>, part: &Part<'_>) -> Option<Finding> {
    part.numbers.limits.iter().filter(|limit| limit.source == Source::Spec).find_map(|limit| {
        let resource = &limit.resource;
        let request = part.numbers.requests.amount(resource).filter(|request| *request > limit.amount)?;
        let (request, limit) = (request.text(resource), limit.amount.text(resource));
        let (subject, who) = (Subject::of(case), words::container(part));
        let refused = subject.refused();
        let message = format!("{who} requests {request} {resource}, more than its limit of {limit}: {refused}");
        Some(case.show(subject.finding(&REQUEST_ABOVE_LIMIT, &message), part, resource))
    })
}

/// What does not fit into the resources of the pod as a whole.
fn whole(case: &Case<'_, '_>) -> Option<Finding> {
    let excess = whole::excesses(&case.shape).into_iter().next()?;
    let subject = Subject::of(case);
    let refused = subject.refused();
    let of_pod = |list: &str, resource| format!("{}resources.{list}.{resource}", case.path);
    let finding = match &excess {
        Excess::Request(resource, request, limit) => {
            let (request, limit) = (request.text(resource), limit.text(resource));
            let message = format!("the pod as a whole requests {request} {resource}, more than its limit of {limit}: {refused}");
            let finding = subject.finding(&REQUEST_ABOVE_LIMIT, &message);
            return Some(finding.shown_by(&case.me, of_pod("requests", resource), request).shown_by(
                &case.me,
                of_pod("limits", resource),
                limit,
            ));
        }
        Excess::Together(resource, sum, request) => {
            let (sum, request) = (sum.text(resource), request.text(resource));
            let given = case.shape.parts.iter().filter_map(|part| part.numbers.requests.get(resource));
            let given = given.map(by_range).find(|by| !by.is_empty()).unwrap_or_default();
            let message = format!("its containers request {sum} {resource} together{given}, and the pod as a whole {request}: {refused}");
            subject.finding(&CONTAINERS_EXCEED_POD, &message).shown_by(&case.me, of_pod("requests", resource), request)
        }
        Excess::Limit(part, resource, own, limit) => {
            let (own, limit, who) = (own.text(resource), limit.text(resource), words::container(part));
            let given = part.numbers.limits.get(resource).map(by_range).unwrap_or_default();
            let message = format!("{who} may use {own} {resource}{given}, and the pod as a whole {limit}: {refused}");
            case.show(
                subject.finding(&CONTAINERS_EXCEED_POD, &message).shown_by(&case.me, of_pod("limits", resource), limit),
                part,
                resource,
            )
        }
    };
    Some(finding.remedied_by("state numbers of the containers that fit into those of the pod", None))
}

/// A RuntimeClass that is not there, or whose overhead is not the one that is stated.
fn overhead(case: &Case<'_, '_>) -> Option<Finding> {
    let name = &case.spec.runtime_class_name;
    let class = case.facts.runtime_class(name);
    let inventory = case.facts.inventory;
    // Of files, some may be elsewhere.
    let known = inventory.origin != Origin::Manifests && inventory.coverage.is_complete(Resource::RuntimeClasses, None);
    let subject = Subject::of(case);
    let (field, message) = match class {
        Some(class) if class.refuses(case.spec) => ("overhead", format!("it states another overhead than RuntimeClass {name}")),
        None if name.is_empty() && !case.spec.overhead.is_empty() => {
            ("overhead", "it states overhead, and no RuntimeClass gives it any".to_owned())
        }
        None if known && !name.is_empty() => ("runtimeClassName", format!("there is no RuntimeClass {name}")),
        _ => return None,
    };
    let value = if field == "overhead" { "present" } else { name };
    let finding = subject.finding(&RUNTIME_CLASS_REFUSES, &format!("{message}: {}", subject.refused()));
    let finding = finding.shown_by(&case.me, format!("{}{field}", case.path), value);
    Some(if field == "overhead" {
        finding.remedied_by("leave overhead out: what the RuntimeClass has is filled in", None)
    } else {
        finding.remedied_by("name one that exists", Some("kubectl get runtimeclasses".to_owned()))
    })
}

/// That a LimitRange gives a number, if one does.
fn by_range(entry: &Entry<'_>) -> String {
    match entry.source {
        Source::LimitRange(Some(name)) => format!(" (LimitRange {name} gives that)"),
        Source::LimitRange(None) => " (a LimitRange gives that)".to_owned(),
        _ => String::new(),
    }
}
