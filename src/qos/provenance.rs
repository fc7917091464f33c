//! Where the numbers of a pod that exists come from: what LimitRanger noted on it, what its template says, what LimitRanges would give.

use super::defaults::Defaults;
use super::shape::{Amounts, Entry, Numbers, Shape, Source};

/// Annotation in which LimitRanger notes what the last LimitRange set that set anything.
pub const LIMIT_RANGER: &str = "kubernetes.io/limit-ranger";

/// Numbers of one container that LimitRanger set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted<'a> {
    /// The container.
    pub container: &'a str,
    /// Whether these are requests; else limits.
    pub requests: bool,
    /// Names of the resources.
    pub resources: Vec<&'a str>,
}

/// Reads the annotation: `LimitRanger plugin set: cpu, memory request for container a; cpu limit for init container b`.
pub fn noted(annotation: &str) -> Vec<Noted<'_>> {
    let said = annotation.strip_prefix("LimitRanger plugin set: ").unwrap_or_default();
    let one = |part| -> Option<Noted<'_>> {
        let (what, container) = str::split_once(part, " for ")?;
        let container = container.strip_prefix("init container ").or_else(|| container.strip_prefix("container "))?;
        let (resources, list) = what.rsplit_once(' ')?;
        Some(Noted { container, requests: list == "request", resources: resources.split(", ").collect() })
    };
    said.split("; ").filter_map(one).collect()
}

/// What is known of those who state numbers.
#[derive(Debug, Clone, Copy)]
pub struct Known<'k, 'a> {
    /// The annotation; empty: there is none.
    pub annotation: &'k str,
    /// The template as it stands in the object that made the pod; none: there is no such object, or it could not be read.
    pub template: Option<&'k Shape<'k>>,
    /// LimitRanges of the namespace.
    pub ranges: &'k [Defaults<'a>],
}

/// Says of every number of a pod where it comes from.
pub fn attribute<'a>(shape: &mut Shape<'a>, known: Known<'_, 'a>) {
    let noted = noted(known.annotation);
    for part in &mut shape.parts {
        let template = known.template.map(|template| template.parts.iter().find(|own| own.name == part.name).map(|own| &own.numbers));
        let limits = part.numbers.limits.clone();
        for (requests, list) in [(true, &mut part.numbers.requests), (false, &mut part.numbers.limits)] {
            for entry in list.iter_mut() {
                let resource = entry.resource.name();
                let by_note = noted.iter().any(|n| n.container == part.name && n.requests == requests && n.resources.contains(&resource));
                entry.source = match template {
                    _ if by_note => Source::LimitRange(which(known.ranges, requests, entry)),
                    None => Source::Spec,
                    Some(None) => Source::Webhook,
                    Some(Some(template)) => against(template, known.ranges, requests, entry, &limits),
                };
            }
        }
    }
    if let (Some(pod), Some(template)) = (&mut shape.pod, known.template) {
        let own = template.pod.clone().unwrap_or_default();
        let limits = pod.limits.clone();
        for (requests, list) in [(true, &mut pod.requests), (false, &mut pod.limits)] {
            for entry in list.iter_mut() {
                let stated = list_of(&own, requests).amount(&entry.resource);
                entry.source = match stated {
                    Some(stated) if stated.rounded() == entry.amount => Source::Spec,
                    Some(_) => Source::Changed,
                    None if requests && limits.amount(&entry.resource) == Some(entry.amount) => Source::Limit,
                    None => Source::Containers,
                };
            }
        }
    }
}

/// Where a number comes from of a container that the template has, too.
fn against<'a>(template: &Numbers<'_>, ranges: &[Defaults<'a>], requests: bool, entry: &Entry<'a>, limits: &Amounts<'_>) -> Source<'a> {
    let own = |requests: bool| list_of(template, requests).amount(&entry.resource);
    let is_limit = || requests && own(false).is_some() && limits.amount(&entry.resource) == Some(entry.amount);
    match own(requests) {
        Some(stated) if stated.rounded() == entry.amount => Source::Spec,
        Some(_) => Source::Changed,
        None if is_limit() => Source::Limit,
        None if givers(ranges, requests, entry).next().is_some() => Source::LimitRange(which(ranges, requests, entry)),
        None => Source::Changed,
    }
}

fn list_of<'n, 'a>(numbers: &'n Numbers<'a>, requests: bool) -> &'n Amounts<'a> {
    if requests { &numbers.requests } else { &numbers.limits }
}

/// Of numbers that LimitRanges give to what is yet to be made: where several give the same one, chance decides which of them does.
pub fn by_chance<'a>(shape: &mut Shape<'a>, ranges: &[Defaults<'a>]) {
    for part in &mut shape.parts {
        for (requests, list) in [(true, &mut part.numbers.requests), (false, &mut part.numbers.limits)] {
            for entry in list.iter_mut().filter(|entry| matches!(entry.source, Source::LimitRange(_))) {
                entry.source = Source::LimitRange(which(ranges, requests, entry));
            }
        }
    }
}

/// LimitRanges that give just this number.
pub fn givers<'k, 'a>(ranges: &'k [Defaults<'a>], requests: bool, entry: &'k Entry<'_>) -> impl Iterator<Item = &'a str> + use<'k, 'a> {
    let gives = move |range: &&Defaults<'a>| {
        let list = if requests { &range.requests } else { &range.limits };
        list.get(&entry.resource).is_some_and(|(amount, _)| *amount == entry.amount)
    };
    ranges.iter().filter(gives).map(|range| range.name)
}

/// The LimitRange that gives a number, if it is the only one.
fn which<'a>(ranges: &[Defaults<'a>], requests: bool, entry: &Entry<'_>) -> Option<&'a str> {
    let mut givers = givers(ranges, requests, entry);
    givers.next().filter(|_| givers.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::{LimitRange, PodSpec, ResourceName};

    #[test]
    fn the_note_of_limit_ranger_is_read() {
        let note = |container, requests, resources: &[&'static str]| Noted { container, requests, resources: resources.to_vec() };
        let said = "LimitRanger plugin set: cpu, memory request for container web; memory limit for init container copy";
        assert_eq!(noted(said), [note("web", true, &["cpu", "memory"]), note("copy", false, &["memory"])]);
        assert_eq!(noted(""), []);
        assert_eq!(noted("LimitRanger plugin set: nonsense"), []);
    }

    #[test]
    fn numbers_come_from_the_template_its_limit_a_limit_range_or_somebody_after_it() {
        let read = |text: &str| -> PodSpec { serde_saphyr::from_str(text).unwrap() };
        let template = read("{containers: [{name: web, resources: {requests: {memory: 1Gi}, limits: {cpu: 1, memory: 2Gi}}}]}");
        let spec = read(
            "{containers: [{name: web, resources: {requests: {cpu: 1, memory: 3Gi, ephemeral-storage: 1Gi}, \
             limits: {cpu: 1, memory: 2Gi, ephemeral-storage: 2Gi}}}, {name: proxy, resources: {requests: {cpu: 10m}}}]}",
        );
        let range: LimitRange = serde_saphyr::from_str(
            "{metadata: {name: disks}, spec: {limits: [{type: Container, default: {ephemeral-storage: 2Gi}, defaultRequest: {ephemeral-storage: 1Gi}}]}}",
        )
        .unwrap();
        let template = Shape::of(&template);
        let ranges = [Defaults::of(&range)];
        let mut shape = Shape::of(&spec);
        attribute(&mut shape, Known { annotation: "", template: Some(&template), ranges: &ranges });
        let source = |at: usize, requests: bool, resource: ResourceName| {
            list_of(&shape.parts[at].numbers, requests).get(&resource).map(|entry| entry.source).unwrap()
        };
        assert_eq!(source(0, true, ResourceName::Cpu), Source::Limit);
        assert_eq!(source(0, false, ResourceName::Cpu), Source::Spec);
        assert_eq!(source(0, true, ResourceName::Memory), Source::Changed);
        assert_eq!(source(0, true, ResourceName::EphemeralStorage), Source::LimitRange(Some("disks")));
        assert_eq!(source(1, true, ResourceName::Cpu), Source::Webhook);
    }

    #[test]
    fn of_limit_ranges_that_give_the_same_number_none_is_named_and_all_are_possible() {
        let range = |name: &str, items: &str| -> LimitRange {
            serde_saphyr::from_str(&format!("{{metadata: {{name: {name}}}, spec: {{limits: [{{type: Container, {items}}}]}}}}")).unwrap()
        };
        let both = [range("a", "default: {cpu: 1, memory: 1Gi}"), range("b", "max: {cpu: 1000m, memory: 2Gi}")];
        let ranges: Vec<Defaults<'_>> = both.iter().map(Defaults::of).collect();
        let spec: PodSpec = serde_saphyr::from_str("{containers: [{name: web}]}").unwrap();
        let mut shape = crate::qos::defaults::admitted(&Shape::of(&spec), &ranges, false);
        by_chance(&mut shape, &ranges);
        let limit = |resource| shape.parts[0].numbers.limits.get(&resource).unwrap();
        assert_eq!(limit(ResourceName::Cpu).source, Source::LimitRange(None));
        assert_eq!(givers(&ranges, false, limit(ResourceName::Cpu)).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(limit(ResourceName::Memory).source, Source::LimitRange(Some("a")), "b would give another");
    }
}
