//! What searches have found already: thousands of claims ask for a few things, and each would search thousands of volumes.

use std::cell::RefCell;
use std::collections::HashMap;

use super::facts::Facts;
use super::matcher::{AccessModes, Failures};
use crate::objects::{LabelSelector, Node, PersistentVolume, PersistentVolumeClaim};

/// A volume, and what it fails.
type Closest<'a> = Option<(&'a PersistentVolume, Failures)>;

/// Names of the nodes where a volume must be usable; none: wherever.
type Places<'a> = Option<Vec<&'a str>>;

/// Results of searches, by what was asked for. Claims that volumes name are not among them: they differ from all others.
#[derive(Default)]
pub(super) struct Seen<'a> {
    shapes: RefCell<HashMap<Shape<'a>, usize>>,
    closest: RefCell<HashMap<(usize, Places<'a>), Closest<'a>>>,
    on_node: RefCell<HashMap<(usize, &'a str), Option<&'a PersistentVolume>>>,
}

/// What a claim asks for.
#[derive(PartialEq, Eq, Hash)]
struct Shape<'a> {
    class: &'a str,
    request: &'a str,
    modes: AccessModes,
    volume_mode: &'a str,
    attributes_class: &'a str,
    selector: Option<&'a LabelSelector>,
}

impl<'a> Seen<'a> {
    /// The number of what a claim asks for; none if a volume names the claim.
    fn shape(&self, facts: &Facts<'a>, claim: &'a PersistentVolumeClaim) -> Option<usize> {
        if !facts.index.claimed(claim).is_empty() {
            return None;
        }
        let shape = Shape {
            class: facts.class_of(claim).name,
            request: claim.request().map_or("", |request| request.text()),
            modes: AccessModes::of(&claim.spec.access_modes),
            volume_mode: claim.mode(),
            attributes_class: claim.attributes_class(),
            selector: claim.spec.selector.as_ref(),
        };
        let mut shapes = self.shapes.borrow_mut();
        let next = shapes.len();
        Some(*shapes.entry(shape).or_insert(next))
    }

    /// The volume closest to what the claim asks for; `nodes`: where it must be usable.
    pub(super) fn closest(
        &self,
        facts: &Facts<'a>,
        claim: &'a PersistentVolumeClaim,
        nodes: Option<&[&'a Node]>,
        search: impl FnOnce() -> Closest<'a>,
    ) -> Closest<'a> {
        let Some(shape) = self.shape(facts, claim) else { return search() };
        let key = (shape, nodes.map(|nodes| nodes.iter().map(|node| node.metadata.name.as_str()).collect()));
        if let Some(known) = self.closest.borrow().get(&key) {
            return *known;
        }
        let found = search();
        self.closest.borrow_mut().insert(key, found);
        found
    }

    /// The volume that the scheduler would bind on a node; `taken`: what other claims of the pod get.
    pub(super) fn on_node(
        &self,
        facts: &Facts<'a>,
        claim: &'a PersistentVolumeClaim,
        node: &'a Node,
        taken: &[&str],
    ) -> Option<&'a PersistentVolume> {
        let search = || facts.index.find_on_node(claim, facts.class_of(claim).name, &node.metadata.labels, taken);
        let Some(shape) = self.shape(facts, claim).filter(|_| taken.is_empty()) else { return search() };
        let key = (shape, node.metadata.name.as_str());
        if let Some(known) = self.on_node.borrow().get(&key) {
            return *known;
        }
        let found = search();
        self.on_node.borrow_mut().insert(key, found);
        found
    }
}
