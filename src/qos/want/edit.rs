//! A number of a template that is set, changed or taken away.

use crate::objects::{Amount, ResourceName};
use crate::qos::shape::{Amounts, Numbers, Role, Shape};

/// Which of the two numbers of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The request.
    Request,
    /// The limit.
    Limit,
}

/// A number that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Which container, by its place in [`Shape::parts`]; none: the pod as a whole.
    pub part: Option<usize>,
    /// Of which resource.
    pub resource: ResourceName,
    /// Which number.
    pub field: Field,
    /// As it is stated; none: it is not, or not to be read.
    pub from: Option<Amount>,
    /// As it will be; none: taken away.
    pub to: Option<Amount>,
    /// Whether the amount is but a first guess: nothing in the template tells a better one.
    pub guessed: bool,
}

impl Edit {
    /// Path inside the spec of the pod: `containers[0].resources.limits.memory`.
    pub fn path(&self, shape: &Shape<'_>) -> String {
        let list = match self.field {
            Field::Request => "requests",
            Field::Limit => "limits",
        };
        let Some(part) = self.part else { return format!("resources.{list}.{}", self.resource) };
        let init = shape.parts.iter().take_while(|part| part.role != Role::Main).count();
        let (kind, at) = if part < init { ("initContainers", part) } else { ("containers", part - init) };
        format!("{kind}[{at}].resources.{list}.{}", self.resource)
    }
}

/// The template with its numbers changed.
pub fn apply<'a>(stated: &Shape<'a>, edits: &[Edit]) -> Shape<'a> {
    let mut shape = stated.clone();
    for edit in edits {
        let path = edit.path(stated);
        shape.unreadable.retain(|bad| bad.field != path);
        let numbers = match edit.part {
            Some(part) => shape.parts.get_mut(part).map(|part| &mut part.numbers),
            None => Some(shape.pod.get_or_insert_default()),
        };
        if let Some(numbers) = numbers {
            list_mut(numbers, edit.field).set(&edit.resource, edit.to);
        }
    }
    let taken_away = edits.iter().any(|edit| edit.part.is_none());
    // Resources that are there and empty count in some releases and not in others; the patch takes them away.
    if taken_away && shape.is_empty_as_a_whole() {
        shape.pod = None;
    }
    shape
}

pub(super) fn list<'n, 'a>(numbers: &'n Numbers<'a>, field: Field) -> &'n Amounts<'a> {
    match field {
        Field::Request => &numbers.requests,
        Field::Limit => &numbers.limits,
    }
}

fn list_mut<'n, 'a>(numbers: &'n mut Numbers<'a>, field: Field) -> &'n mut Amounts<'a> {
    match field {
        Field::Request => &mut numbers.requests,
        Field::Limit => &mut numbers.limits,
    }
}

/// What may become of a request and a limit of one resource: each stays, is taken away, or is one of these amounts.
///
/// `guess` is among the amounts; the way that has to use it says so.
pub(super) fn choices(
    part: Option<usize>,
    resource: &ResourceName,
    (request, limit): (Stated, Stated),
    amounts: &[Amount],
    guess: Amount,
) -> Vec<Vec<Edit>> {
    let one = |field: Field, stated: Stated| {
        let edit = |to: Option<Amount>, guessed| Edit { part, resource: resource.clone(), field, from: stated.amount, to, guessed };
        let mut edits = vec![None];
        edits.extend(stated.is_there.then(|| Some(edit(None, false))));
        let mut all: Vec<Amount> = amounts.to_vec();
        all.extend([guess, Amount::default()]);
        for (at, amount) in all.iter().enumerate() {
            let repeated = all.iter().take(at).any(|earlier| earlier == amount);
            if !repeated && stated.amount != Some(*amount) {
                edits.push(Some(edit(Some(*amount), at == amounts.len())));
            }
        }
        edits
    };
    let limits = one(Field::Limit, limit);
    let requests = one(Field::Request, request);
    requests.iter().flat_map(|request| limits.iter().map(|limit| request.iter().chain(limit).cloned().collect())).collect()
}

/// A number as it stands in the template.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stated {
    /// Whether anything does.
    pub is_there: bool,
    /// The amount, if it is one.
    pub amount: Option<Amount>,
}

impl Stated {
    pub(super) fn of(shape: &Shape<'_>, part: Option<usize>, resource: &ResourceName, field: Field) -> Self {
        let numbers = match part {
            Some(part) => shape.parts.get(part).map(|part| &part.numbers),
            None => shape.pod.as_ref(),
        };
        let amount = numbers.and_then(|numbers| list(numbers, field).amount(resource));
        let path = Edit { part, resource: resource.clone(), field, from: None, to: None, guessed: false }.path(shape);
        Self { is_there: amount.is_some() || shape.unreadable.iter().any(|bad| bad.field == path), amount }
    }
}
