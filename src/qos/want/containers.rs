//! Changes of containers.

use super::edit::{self, Edit, Field, Stated};
use super::{Manner, Template, first_guess};
use crate::objects::{Amount, QosClass, ResourceName};
use crate::qos::class::{self, Lack};
use crate::qos::shape::{Role, Shape};

/// The smallest change of containers that gives the class.
pub(super) fn edits(template: &Template<'_, '_>, wanted: QosClass, manner: Manner) -> Option<Vec<Edit>> {
    // What the pod states as a whole would count instead of the containers.
    let mut edits = without_pod_level(template.stated);
    let bare = edit::apply(template.stated, &edits);
    let bare = Template { stated: &bare, ..*template };
    if edits.is_empty() || bare.class(bare.stated) != Some(wanted) {
        edits.extend(match wanted {
            QosClass::Guaranteed | QosClass::BestEffort => every_cell(&bare, wanted, manner)?,
            QosClass::Burstable => one_cell(&bare, manner)?,
        });
    }
    (template.class(&edit::apply(template.stated, &edits)) == Some(wanted)).then_some(edits)
}

/// The numbers of the pod as a whole taken away.
fn without_pod_level(stated: &Shape<'_>) -> Vec<Edit> {
    let Some(pod) = &stated.pod else { return Vec::new() };
    let fields = [(Field::Request, &pod.requests), (Field::Limit, &pod.limits)];
    let entries = fields.into_iter().flat_map(|(field, list)| list.iter().map(move |entry| (field, entry)));
    let taken = |(field, entry): (Field, &crate::qos::shape::Entry<'_>)| Edit {
        part: None,
        resource: entry.resource.clone(),
        field,
        from: Some(entry.amount),
        to: None,
        guessed: false,
    };
    entries.map(taken).collect()
}

/// Each resource of each container by itself: for these classes none depends on another.
fn every_cell(template: &Template<'_, '_>, wanted: QosClass, manner: Manner) -> Option<Vec<Edit>> {
    let mut edits = Vec::new();
    for part in 0..template.stated.parts.len() {
        for resource in class::COUNTING {
            let fits = |cell: &Cell| match wanted {
                QosClass::Guaranteed => cell.is_even,
                _ => cell.is_empty,
            };
            let best = cells(template, part, &resource).into_iter().filter(fits).min_by_key(|cell| cell.price(manner))?;
            edits.extend(best.edits);
        }
    }
    Some(edits)
}

/// One number, or two of one resource, that make pods something between.
fn one_cell(template: &Template<'_, '_>, manner: Manner) -> Option<Vec<Edit>> {
    let mut all: Vec<(Role, Cell)> = Vec::new();
    let mut resources = class::COUNTING;
    // Where there is nothing yet, memory that is requested protects from eviction; elsewhere cpu can be spared first.
    if template.class(template.stated) == Some(QosClass::BestEffort) {
        resources.reverse();
    }
    for (at, part) in template.stated.parts.iter().enumerate() {
        for resource in &resources {
            all.extend(cells(template, at, resource).into_iter().map(|cell| (part.role, cell)));
        }
    }
    // Those that the pod is there for come first.
    all.sort_by_key(|(role, cell)| (cell.edits.len(), *role != Role::Main, cell.price(manner)));
    let burstable = |cell: &Cell| template.class(&edit::apply(template.stated, &cell.edits)) == Some(QosClass::Burstable);
    all.into_iter().map(|(_, cell)| cell).find(burstable).map(|cell| cell.edits)
}

/// What may become of one resource of one container.
struct Cell {
    edits: Vec<Edit>,
    /// Request and limit will be the same, and not nothing.
    is_even: bool,
    /// There will be neither.
    is_empty: bool,
    lowered: bool,
    raised: bool,
}

impl Cell {
    /// What is better comes first: few numbers, none that is zero or but a guess, then whether requests or limits give way; a
    /// number that stays before one that is taken away, and a request before a limit.
    fn price(&self, manner: Manner) -> (usize, usize, usize, bool, usize, bool) {
        let guesses = self.edits.iter().filter(|edit| edit.guessed).count();
        let against = if manner == Manner::LowerLimits { self.raised } else { self.lowered };
        let zeros = self.edits.iter().filter(|edit| edit.to.is_some_and(Amount::is_zero)).count();
        let taken = self.edits.iter().filter(|edit| edit.to.is_none()).count();
        let limited = self.edits.iter().any(|edit| edit.field == Field::Limit && edit.to.is_some());
        (self.edits.len(), zeros, guesses, against, taken, limited)
    }
}

fn cells(template: &Template<'_, '_>, part: usize, resource: &ResourceName) -> Vec<Cell> {
    let stated = template.stated;
    let Some(own) = stated.parts.get(part) else { return Vec::new() };
    let number = |field| Stated::of(stated, Some(part), resource, field);
    let (request, limit) = (number(Field::Request), number(Field::Limit));
    let given = template.defaults.iter().flat_map(|range| [range.requests.get(resource), range.limits.get(resource)]);
    let alone = Shape { parts: vec![own.clone()], pod: None, unreadable: Vec::new(), ..stated.clone() };
    let before = template.made(&alone, false);
    let half = before.parts.first().and_then(|part| part.numbers.limits.amount(resource)).map(Amount::half);
    let mut amounts: Vec<Amount> = [request.amount, limit.amount].into_iter().flatten().collect();
    amounts.extend(given.flatten().map(|(amount, _)| *amount));
    amounts.extend(half);
    let choices = edit::choices(Some(part), resource, (request, limit), &amounts, first_guess(resource));
    choices.into_iter().filter_map(|edits| cell(template, &alone, &before, resource, edits)).collect()
}

/// What a choice comes to; none if an API server would refuse it.
fn cell(template: &Template<'_, '_>, alone: &Shape<'_>, before: &Shape<'_>, resource: &ResourceName, edits: Vec<Edit>) -> Option<Cell> {
    let here: Vec<Edit> = edits.iter().map(|edit| Edit { part: Some(0), ..edit.clone() }).collect();
    let changed = edit::apply(alone, &here);
    let after = template.made(&changed, false);
    let numbers = &after.parts.first()?.numbers;
    let (request, limit) = (numbers.requests.amount(resource), numbers.limits.amount(resource));
    let stays_unreadable = numbers.requests.unreadable().chain(numbers.limits.unreadable()).any(|(stated, _)| stated == resource);
    let (least, most) = template.bounds(resource);
    let too_little = least.is_some_and(|least| request.is_none_or(|request| request < least));
    let too_much = most.is_some_and(|most| limit.is_none_or(|limit| limit > most));
    if stays_unreadable || too_little || too_much || limit.is_some_and(|limit| request.is_some_and(|request| request > limit)) {
        return None;
    }
    // Chance decides which LimitRange comes first: only what holds in any case counts.
    let other = template.made(&changed, true);
    let lacks = [&after, &other].map(|shape| shape.parts.first().and_then(|part| Lack::of(&part.numbers, resource)));
    let was = &before.parts.first()?.numbers;
    let (old_request, old_limit) = (was.requests.positive(resource), was.limits.positive(resource));
    Some(Cell {
        is_even: lacks.iter().all(Option::is_none),
        is_empty: lacks.iter().all(|lack| *lack == Some(Lack::Both)),
        lowered: limit.is_some() && limit < old_limit || request < old_request,
        raised: old_request.is_some() && request > old_request,
        edits,
    })
}
