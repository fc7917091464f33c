//! Kinds of pods: classes that differ only in what no policy reads count as one, so that one pod can be tried for all of them.
//!
//! Labels count by which selectors they fit, ports by the names that rules mention. Kinds of different namespaces differ.

use std::collections::{BTreeMap, BTreeSet};

use super::classes::{Class, ClassId, NamedPort};
use super::compile::{Id, PortItem};
use super::model::Model;
use crate::objects::Family;

/// Pods of one namespace that every policy treats alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// One of their classes.
    pub class: ClassId,
    /// The pods, by position in the inventory, ascending.
    pub pods: Vec<usize>,
}

/// A selector that labels fit, and whether that is certain.
type Fit = (Id, bool);

/// What policies see of a class: namespace, node if it is on a host network, primary family, addresses, selectors, named ports.
type Seen<'m> = (usize, Option<u32>, Option<Family>, [Option<u32>; 2], &'m [Fit], Vec<&'m NamedPort>);

/// All kinds, namespace by namespace.
pub fn kinds(model: &Model<'_>) -> Vec<Kind> {
    let fits = fits(model);
    let items = model.compiled.port_lists.iter().flatten();
    let mentioned: BTreeSet<&str> =
        items.filter_map(|item| if let PortItem::Named(name, _) = item { Some(name.as_str()) } else { None }).collect();
    let seen = |class: &Class| -> Seen<'_> {
        // Rule 34: no selector is about a pod on the host network.
        let labels = if class.host.is_some() { None } else { fits.get(class.labels as usize) };
        let named = model.classes.named.get(class.named as usize).into_iter().flatten();
        let named = named.filter(|port| mentioned.contains(port.name.as_str())).collect();
        (class.namespace, class.host, class.primary, [class.v4, class.v6], labels.map_or(&[], Vec::as_slice), named)
    };
    let mut kinds: BTreeMap<Seen<'_>, Kind> = BTreeMap::new();
    for (id, class) in (0..).zip(&model.classes.list) {
        let kind = kinds.entry(seen(class)).or_insert_with(|| Kind { class: id, pods: Vec::new() });
        kind.pods.extend(&class.pods);
    }
    let mut kinds: Vec<Kind> = kinds.into_values().collect();
    kinds.iter_mut().for_each(|kind| kind.pods.sort_unstable());
    kinds.sort_unstable_by_key(|kind| kind.class);
    kinds
}

/// The selectors that each set of labels fits.
fn fits(model: &Model<'_>) -> Vec<Vec<Fit>> {
    let mut fits: Vec<Vec<Fit>> = vec![Vec::new(); model.classes.labels.len()];
    for (selector, _) in (0..).zip(model.compiled.pod_selectors.iter()) {
        let Some(selected) = model.labels_selected(selector) else { continue };
        for labels in &selected.possible {
            if let Some(fits) = fits.get_mut(labels as usize) {
                fits.push((selector, selected.certain.contains(labels)));
            }
        }
    }
    fits
}
