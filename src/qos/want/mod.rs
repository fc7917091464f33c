//! The smallest change of a template after which its pods have a wanted class.
//!
//! A template has four numbers that count in each container, and four for the pod as a whole. A change is as large as the
//! numbers it sets or takes away. There are up to three ways, the smallest first: see [`ways`].

mod containers;
mod edit;
mod pod;

pub use edit::{Edit, Field, apply};

use super::class;
use super::defaults::{self, Defaults};
use super::shape::{Part, Shape};
use crate::objects::{Amount, LimitRange, QosClass, ResourceName};

/// What a template is and what is done to the pods made of it.
#[derive(Debug, Clone, Copy)]
pub struct Template<'s, 'a> {
    /// As it stands in the object.
    pub stated: &'s Shape<'a>,
    /// What LimitRanges give its pods.
    pub defaults: &'s [Defaults<'a>],
    /// LimitRanges of its namespace.
    pub ranges: &'s [&'a LimitRange],
    /// Containers that webhooks add to its pods.
    pub injected: &'s [Part<'a>],
}

/// How a change goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manner {
    /// Containers, with requests raised to limits where they differ.
    RaiseRequests,
    /// Containers, with limits lowered to requests where they differ.
    LowerLimits,
    /// The pod as a whole, whatever its containers state.
    PodLevel,
}

/// A change that gives the class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// How.
    pub manner: Manner,
    /// The numbers that change; none: it has the class.
    pub edits: Vec<Edit>,
}

/// All ways to the class that differ, the smallest first; none: LimitRanges do not let it be.
pub fn ways(template: &Template<'_, '_>, wanted: QosClass) -> Vec<Way> {
    if template.class(template.stated) == Some(wanted) {
        return vec![Way { manner: Manner::RaiseRequests, edits: Vec::new() }];
    }
    let mut ways: Vec<Way> = Vec::new();
    for manner in [Manner::RaiseRequests, Manner::LowerLimits, Manner::PodLevel] {
        let edits = match manner {
            Manner::PodLevel => pod::edits(template, wanted),
            _ => containers::edits(template, wanted, manner),
        };
        if let Some(edits) = edits
            && ways.iter().all(|way| way.edits != edits)
        {
            ways.push(Way { manner, edits });
        }
    }
    ways.sort_by_key(|way| way.edits.len());
    ways
}

/// The way by resources of the pod as a whole, if there is one.
pub fn pod_level(template: &Template<'_, '_>, wanted: QosClass) -> Option<Way> {
    pod::edits(template, wanted).map(|edits| Way { manner: Manner::PodLevel, edits })
}

impl<'a> Template<'_, 'a> {
    /// What becomes of a template with other numbers; `backwards`: with its LimitRanges in the other order.
    pub fn made(&self, stated: &Shape<'a>, backwards: bool) -> Shape<'a> {
        defaults::admitted(stated, self.defaults, backwards)
    }

    /// The same with the containers that webhooks add.
    pub fn whole(&self, stated: &Shape<'a>) -> Shape<'a> {
        let mut made = self.made(stated, false);
        made.parts.extend(self.injected.iter().cloned());
        made
    }

    /// The class of pods made of a template with other numbers; none: not to be told.
    pub fn class(&self, stated: &Shape<'a>) -> Option<QosClass> {
        let first = class::certain(&self.made(stated, false))?;
        (self.defaults.len() < 2 || class::certain(&self.made(stated, true)) == Some(first)).then_some(first)
    }

    /// The least and the most that LimitRanges let a container have.
    fn bounds(&self, resource: &ResourceName) -> (Option<Amount>, Option<Amount>) {
        let items = || self.ranges.iter().flat_map(|range| &range.spec.limits).filter(|item| item.kind == "Container");
        let least = items().filter_map(|item| Some(Amount::of(item.min.get(resource.name())?)?.rounded())).max();
        let most = items().filter_map(|item| Some(Amount::of(item.max.get(resource.name())?)?.rounded())).min();
        (least, most)
    }
}

/// An amount to begin with where neither the template nor a LimitRange tells one.
fn first_guess(resource: &ResourceName) -> Amount {
    if *resource == ResourceName::Cpu { Amount::thousandths(100) } else { Amount::whole(128 << 20) }
}

#[cfg(test)]
mod tests;
