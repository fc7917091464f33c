//! Changes of the resources of the pod as a whole, which count instead of its containers'.

use super::edit::{self, Edit, Field, Stated};
use super::{Template, first_guess};
use crate::objects::{Amount, QosClass, ResourceName};
use crate::qos::shape::{Entry, Numbers, Shape};
use crate::qos::{class, effective, whole};

/// The smallest change of them that gives the class. None for BestEffort: zeros for the pod as a whole would do, but what they mean
/// differs from release to release.
pub(super) fn edits(template: &Template<'_, '_>, wanted: QosClass) -> Option<Vec<Edit>> {
    if wanted == QosClass::BestEffort {
        return None;
    }
    let [cpu, memory] = class::COUNTING.map(|resource| choices(template, &resource));
    let mut all: Vec<Vec<Edit>> =
        cpu.iter().flat_map(|cpu| memory.iter().map(|memory| cpu.iter().chain(memory).cloned().collect())).collect();
    all.retain(|edits: &Vec<Edit>| !edits.is_empty());
    let taken = |edits: &[Edit]| edits.iter().filter(|edit| edit.to.is_none()).count();
    let guesses = |edits: &[Edit]| edits.iter().filter(|edit| edit.guessed).count();
    all.sort_by_cached_key(|edits| (edits.len(), guesses(edits), taken(edits)));
    all.into_iter().find(|edits| {
        let changed = edit::apply(template.stated, edits);
        changed.pod.is_some() && template.class(&changed) == Some(wanted) && fits(&template.whole(&changed))
    })
}

/// What may become of one resource: the containers' sums and largest limit are the amounts to choose from, those that webhooks add
/// included.
fn choices(template: &Template<'_, '_>, resource: &ResourceName) -> Vec<Vec<Edit>> {
    let stated = template.stated;
    let number = |field| Stated::of(stated, None, resource, field);
    let (request, limit) = (number(Field::Request), number(Field::Limit));
    let made = template.whole(&Shape { pod: None, ..stated.clone() });
    let requests = effective::containers_requests(&made).get(resource).copied();
    let limits = effective::containers_limits(&made).get(resource).copied();
    let largest = made.parts.iter().filter_map(|part| part.numbers.limits.positive(resource)).max();
    let enough = requests.max(largest).filter(|amount| amount.is_positive());
    let mut amounts: Vec<Amount> = [enough, request.amount, limit.amount, limits].into_iter().flatten().collect();
    amounts.retain(|amount| amount.is_positive());
    edit::choices(None, resource, (request, limit), &amounts, first_guess(resource))
}

/// Whether the API server takes it, and no init container is held to less than it states either; requests are numbers within limits,
/// also those of containers, though they do not count.
fn fits(made: &Shape<'_>) -> bool {
    let limit = |resource: &ResourceName| made.pod.as_ref().and_then(|pod| pod.limits.amount(resource));
    let within = |resource: &ResourceName, own: Amount| limit(resource).is_none_or(|limit| own <= limit);
    let own = || made.parts.iter().flat_map(|part| part.numbers.limits.iter());
    let sound = made.parts.iter().all(|part| is_sound(&part.numbers));
    sound && whole::excesses(made).is_empty() && own().all(|entry| within(&entry.resource, entry.amount))
}

fn is_sound(numbers: &Numbers<'_>) -> bool {
    let readable = numbers.requests.unreadable().chain(numbers.limits.unreadable()).next().is_none();
    let above = |limit: &Entry<'_>| numbers.requests.amount(&limit.resource).is_some_and(|request| request > limit.amount);
    readable && !numbers.limits.iter().any(above)
}
