//! Numbers that are none, or mean something else (N).

use super::Subject;
use crate::qos::case::Case;
use crate::qos::findings::{FRACTION_OF_A_BYTE, MALFORMED_QUANTITY, REQUEST_ABOVE_LIMIT};
use crate::qos::shape::{Part, Source};
use crate::qos::words;
use crate::report::Finding;

pub(super) fn judge(case: &Case<'_, '_>, found: &mut Vec<Finding>) {
    found.extend(malformed(case));
    for part in &case.shape.parts {
        found.extend(fraction(case, part));
        found.extend(above_limit(case, part).filter(|_| case.predicted));
    }
}

fn malformed(case: &Case<'_, '_>) -> impl Iterator<Item = Finding> {
    case.shape.unreadable.iter().map(|bad| {
        let field = format!("{}{}", case.path, bad.field);
        let message = format!("{} {}: {field} is {:?}, which is no amount", case.me.kind, case.me.name, bad.text);
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
