//! From pairs of classes to rows about workloads: a row says what holds for each of the pods it counts.
//!
//! The near end comes in parts (classes of its pods); for each far class every part has its own bounds. Parts with the same
//! bounds make one row; far classes with the same row are counted together.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::classes::ClassId;
use crate::policy::ports::Bounds;

/// What holds for some far pods against some parts of the near end.
#[derive(Debug, Default)]
pub struct Row {
    /// Far pods it holds for.
    pub pods: usize,
    /// Their classes.
    pub classes: BTreeSet<ClassId>,
}

/// The rows of one workload at the far end.
#[derive(Debug, Default)]
pub struct Tally {
    /// By the parts of the near end, and what holds for each pair of pods.
    pub rows: BTreeMap<(Vec<usize>, Bounds), Row>,
}

impl Tally {
    /// Counts pods of a class, with what holds for each part of the near end (parts without an entry: nothing).
    pub fn add(&mut self, class: ClassId, pods: usize, split: &[(Bounds, Vec<usize>)]) {
        for (bounds, parts) in split {
            let row = self.rows.entry((parts.clone(), *bounds)).or_default();
            row.pods += pods;
            row.classes.insert(class);
        }
    }
}

/// Parts by what holds for them. The part that is the very pod itself has no say: it joins the others if these agree.
pub fn split(parts: &[(usize, Bounds)], itself: Option<usize>) -> Vec<(Bounds, Vec<usize>)> {
    let mut by_bounds: BTreeMap<Bounds, Vec<usize>> = BTreeMap::new();
    for (part, bounds) in parts.iter().filter(|(part, _)| Some(*part) != itself) {
        by_bounds.entry(*bounds).or_default().push(*part);
    }
    let mut split: Vec<(Bounds, Vec<usize>)> = by_bounds.into_iter().collect();
    if let ([(_, all)], Some(itself)) = (split.as_mut_slice(), itself) {
        all.push(itself);
        all.sort_unstable();
    }
    split.retain(|(bounds, _)| !bounds.is_none());
    split
}
