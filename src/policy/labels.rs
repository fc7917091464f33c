//! Selectors against many label sets at once: an inverted index from label to the items that carry it.

use std::collections::HashMap;

use roaring::RoaringBitmap;

use crate::objects::{LabelSelector, Labels, Requirement, Truth};

/// Items that certainly match and items that may.
#[derive(Debug, Clone, Default)]
pub struct Selected {
    /// Certainly.
    pub certain: RoaringBitmap,
    /// Certainly or possibly.
    pub possible: RoaringBitmap,
}

impl Selected {
    /// Three-valued membership.
    pub fn contains(&self, item: u32) -> Truth {
        if self.certain.contains(item) {
            Truth::Yes
        } else if self.possible.contains(item) {
            Truth::Unknown
        } else {
            Truth::No
        }
    }

    /// Adds an item.
    pub fn add(&mut self, item: u32, truth: Truth) {
        if truth == Truth::Yes {
            self.certain.insert(item);
        }
        if truth != Truth::No {
            self.possible.insert(item);
        }
    }

    fn exactly(items: RoaringBitmap) -> Self {
        Self { possible: items.clone(), certain: items }
    }

    fn restrict(&mut self, other: &Self) {
        self.certain &= &other.certain;
        self.possible &= &other.possible;
    }
}

/// Label sets, numbered from zero.
#[derive(Debug, Default)]
pub struct LabelIndex<'a> {
    by_label: HashMap<(&'a str, &'a str), RoaringBitmap>,
    by_key: HashMap<&'a str, RoaringBitmap>,
    /// Items all of whose labels are known.
    known: RoaringBitmap,
    /// Items of which only some labels are known.
    partial: Vec<(u32, &'a Labels)>,
}

impl<'a> LabelIndex<'a> {
    /// Indexes label sets; the flag says whether these are all labels of the item.
    pub fn new(items: impl IntoIterator<Item = (&'a Labels, bool)>) -> Self {
        let mut index = Self::default();
        for (item, (labels, known)) in (0_u32..).zip(items) {
            if !known {
                index.partial.push((item, labels));
                continue;
            }
            index.known.insert(item);
            for (key, value) in labels.iter() {
                index.by_label.entry((key, value)).or_default().insert(item);
                index.by_key.entry(key).or_default().insert(item);
            }
        }
        index
    }

    /// Every item the selector matches.
    pub fn select(&self, selector: &LabelSelector) -> Selected {
        let equal = selector.match_labels.iter().map(|(key, value)| Selected::exactly(self.with_label(key, value)));
        let expressed = selector.match_expressions.iter().map(|requirement| self.satisfying(requirement));
        let all = equal.chain(expressed).reduce(|mut all, one| {
            all.restrict(&one);
            all
        });
        let mut selected = all.unwrap_or_else(|| Selected::exactly(self.known.clone()));
        for (item, labels) in &self.partial {
            match selector.matches_known(labels) {
                Truth::Yes => {
                    selected.certain.insert(*item);
                    selected.possible.insert(*item);
                }
                Truth::Unknown => {
                    selected.possible.insert(*item);
                }
                Truth::No => {}
            }
        }
        selected
    }

    fn with_label(&self, key: &str, value: &str) -> RoaringBitmap {
        self.by_label.get(&(key, value)).cloned().unwrap_or_default()
    }

    /// The set form of [`Requirement::holds`].
    fn satisfying(&self, requirement: &Requirement) -> Selected {
        let key = requirement.key.as_str();
        let listed = || requirement.values.iter().fold(RoaringBitmap::new(), |all, value| all | self.with_label(key, value));
        let carrying = || self.by_key.get(key).cloned().unwrap_or_default();
        match requirement.operator.as_str() {
            "In" => Selected::exactly(listed()),
            "NotIn" => Selected::exactly(&self.known - listed()),
            "Exists" => Selected::exactly(carrying()),
            "DoesNotExist" => Selected::exactly(&self.known - carrying()),
            _ => Selected { certain: RoaringBitmap::new(), possible: self.known.clone() },
        }
    }
}
