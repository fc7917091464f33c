//! Names that may have been meant: Services that are called like what a pod asks for, or nearly so.

use crate::inventory::Inventory;
use crate::objects::Service;
use crate::report::ObjectRef;
use crate::report::dns::SimilarName;

/// More of them help nobody.
const MOST: usize = 3;
/// How far a name may be off, by its length.
const SLIPS: [(usize, usize); 3] = [(3, 0), (7, 1), (usize::MAX, 2)];

/// A name as that of a Service in the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant<'a> {
    /// What stands before the name of the Service: that of an endpoint.
    head: Option<&'a str>,
    /// The Service.
    service: &'a str,
    /// Its namespace, as far as the name says it.
    namespace: Option<&'a str>,
}

impl<'a> Meant<'a> {
    /// Reads `payments`, `payments.shop`, `payments.shop.svc`, `payments.shop.svc.cluster.local`; none if it is no such name.
    pub fn read(name: &'a str, domain: &str) -> Option<Self> {
        let name = name.strip_suffix('.').unwrap_or(name);
        let in_domain = name.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.'));
        let rest = in_domain.unwrap_or(name);
        let of_services = rest.strip_suffix(".svc");
        let labels: Vec<&str> = of_services.unwrap_or(rest).split('.').collect();
        let is_full = in_domain.is_some() || of_services.is_some();
        match labels.as_slice() {
            [service] => Some(Self { head: None, service, namespace: None }),
            [service, namespace] => Some(Self { head: None, service, namespace: Some(namespace) }),
            [head, service, namespace] if is_full => Some(Self { head: Some(head), service, namespace: Some(namespace) }),
            _ => None,
        }
    }

    /// Services that may be meant by a pod of this namespace, the likeliest first.
    pub fn similar(&self, inventory: &Inventory, from: &str) -> Vec<SimilarName> {
        let wanted = self.namespace.unwrap_or(from);
        let mut near: Vec<(usize, bool, &Service)> = inventory
            .objects
            .services
            .iter()
            .filter_map(|service| {
                let (namespace, name) = service.metadata.key();
                let slips = slips(self.service, name)?;
                // A wrong namespace is likely if the name is right, or if it is nearly that one.
                let place = if namespace == wanted { 0 } else { related(wanted, namespace).or((slips == 0).then_some(3))? };
                Some((slips * 2 + place, namespace != from, service))
            })
            .filter(|(_, _, service)| service.metadata.key() != (wanted, self.service))
            .collect();
        near.sort_by_key(|(distance, elsewhere, service)| (*distance, *elsewhere, service.metadata.key()));
        near.truncate(MOST);
        near.into_iter().map(|(_, _, service)| self.named(service, from)).collect()
    }

    /// The name by which a pod of a namespace finds the Service.
    fn named(&self, service: &Service, from: &str) -> SimilarName {
        let (namespace, name) = service.metadata.key();
        let head = self.head.map_or_else(String::new, |head| format!("{head}."));
        let place = if namespace == from && self.namespace.is_none() { String::new() } else { format!(".{namespace}") };
        // With a name before it, only `svc` tells the namespace apart.
        let place = if self.head.is_some() { format!("{place}.svc") } else { place };
        SimilarName { name: format!("{head}{name}{place}"), object: ObjectRef::new("Service", namespace, name) }
    }
}

/// By how many slips of the fingers two names differ; none if it is too many.
fn slips(typed: &str, known: &str) -> Option<usize> {
    let tolerated = SLIPS.iter().find(|(length, _)| typed.len() <= *length).map_or(0, |(_, slips)| *slips);
    let distance = strsim::damerau_levenshtein(typed, known);
    (distance <= tolerated).then_some(distance)
}

/// How far a namespace is from the one that was said: one begins with the other (`prod`, `production`), or nearly the same.
fn related(said: &str, known: &str) -> Option<usize> {
    let begins = !said.is_empty() && (known.starts_with(said) || said.starts_with(known));
    slips(said, known).or(begins.then_some(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Collected;
    use crate::objects::{Meta, Objects};

    fn similar(name: &str) -> Vec<String> {
        let service = |key: &str| {
            let (namespace, name) = key.split_once('/').unwrap();
            let metadata = Meta { namespace: namespace.to_owned(), name: name.to_owned(), ..Meta::default() };
            Service { metadata, ..Service::default() }
        };
        let services = ["production/db", "shop/payments", "shop/web", "stage/payments"].map(service).to_vec();
        let inventory = Inventory::build(Collected { objects: Objects { services, ..Objects::default() }, ..Collected::default() });
        let meant = Meant::read(name, "c.l");
        meant.map(|meant| meant.similar(&inventory, "shop").into_iter().map(|similar| similar.name).collect()).unwrap_or_default()
    }

    #[test]
    fn the_same_name_elsewhere_and_nearly_the_same_name_are_proposed() {
        for (name, proposed) in [
            ("paymnets", &["payments"][..]),
            ("db", &["db.production"]),
            ("db.prod", &["db.production"]),
            ("DB.prod", &[]),
            ("payments.shpo", &["payments.shop", "payments.stage"]),
            ("payments.prod.svc.c.l.", &["payments.shop", "payments.stage"]),
            ("db-0.db.prod.svc", &["db-0.db.production.svc"]),
            ("www.example.org", &[]),
            ("wev", &[]),
            ("stranger", &[]),
        ] {
            assert_eq!(similar(name), proposed, "{name}");
        }
    }
}
