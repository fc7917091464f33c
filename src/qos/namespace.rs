//! What a namespace does to the classes of its pods: LimitRanges that fill in numbers, quotas that demand them.

use std::collections::BTreeMap;

use super::case::Case;
use super::class;
use super::defaults::{self, Defaults, Origin};
use super::facts::Facts;
use super::quota;
use super::rules::Rules;
use super::shape::{Numbers, Part, Role, Shape};
use crate::inventory::{Inventory, Origin as Source};
use crate::objects::{Amount, LimitRange, LimitRangeItem, QosClass, Quantity, Resource, ResourceName, ResourceQuota};
use crate::report::Finding;
use crate::report::qos::Class;
use crate::report::qos_namespace::{Influence, QosNamespace, QuotaAmount};

/// Answers for a namespace, with the findings about its pods.
pub fn namespace(inventory: &Inventory, name: &str) -> (QosNamespace, Vec<Finding>) {
    let facts = Facts::new(inventory);
    let pods = inventory.pods.iter().filter(|info| !info.template && info.pod.metadata.namespace == name);
    let mut rules = Rules::new(&facts);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for info in pods {
        let case = Case::of_pod(&facts, &info.pod);
        rules.judge(&case);
        let class = case.class.map_or_else(|| "unknown".to_owned(), |class| class.to_string());
        *counts.entry(class).or_default() += 1;
    }
    let of_cluster = inventory.origin != Source::Manifests;
    let needed = [Resource::Pods, Resource::LimitRanges, Resource::ResourceQuotas];
    let unread = needed.into_iter().filter(|resource| of_cluster && !inventory.coverage.is_complete(*resource, Some(name)));
    let unread: Vec<String> = unread.map(Resource::qualified).collect();
    let ranges_known = !of_cluster || inventory.coverage.is_complete(Resource::LimitRanges, Some(name));
    let answer = QosNamespace {
        namespace: name.to_owned(),
        counts,
        bare: if ranges_known { bare(facts.ranges(name)).map(Class::from) } else { None },
        limit_ranges: facts.limit_ranges(name).iter().map(|range| of_range(range)).collect(),
        quotas: facts.quotas(name).iter().map(|quota| of_quota(quota)).collect(),
        unread,
    };
    (answer, rules.into_findings())
}

/// The class of a pod whose container states nothing; none if chance decides.
fn bare(ranges: &[Defaults<'_>]) -> Option<QosClass> {
    let part = Part { name: "", role: Role::Main, numbers: Numbers::default() };
    let pod = Shape { parts: vec![part], pod: None, overhead: Default::default(), unreadable: Vec::new() };
    let of = |backwards| class::of(&defaults::admitted(&pod, ranges, backwards));
    (of(false) == of(true)).then(|| of(false))
}

fn of_range(range: &LimitRange) -> Influence {
    let mut effects = given(&Defaults::of(range));
    effects.extend(range.spec.limits.iter().flat_map(bounds));
    Influence { name: range.metadata.name.clone(), effects, amounts: Vec::new() }
}

/// What it fills in.
fn given(defaults: &Defaults<'_>) -> Vec<String> {
    let mut effects = Vec::new();
    for (resource, (amount, origin)) in &defaults.limits {
        let from = if *origin == Origin::Max { ", its maximum, because it has no default" } else { "" };
        effects.push(format!("a container without a {resource} limit gets {}{from}", amount.text(resource)));
    }
    for (resource, (amount, origin)) in &defaults.requests {
        let from = match origin {
            Origin::Default => ", its default limit, because it has no default request",
            Origin::Min => ", its minimum, because it has no default request",
            Origin::Own | Origin::Max => "",
        };
        effects.push(format!("a container with neither a {resource} request nor a limit requests {}{from}", amount.text(resource)));
    }
    let even = |resource: &&ResourceName| {
        let amount = |given: &BTreeMap<ResourceName, (Amount, Origin)>| given.get(*resource).map(|(amount, _)| *amount);
        amount(&defaults.limits).is_some_and(|limit| amount(&defaults.requests) == Some(limit))
    };
    let even: Vec<&str> = class::COUNTING.iter().filter(even).map(ResourceName::name).collect();
    if !even.is_empty() {
        effects
            .push(format!("a container that states nothing has request and limit alike in {}, as Guaranteed demands", even.join(" and ")));
    }
    effects
}

/// What it refuses.
fn bounds(item: &LimitRangeItem) -> Vec<String> {
    let what = match item.kind.as_str() {
        "Container" => "a container",
        "Pod" => "a pod",
        _ => return Vec::new(),
    };
    let of = |list: &BTreeMap<String, Quantity>, words: &str| -> Vec<String> {
        list.iter().map(|(resource, quantity)| format!("{what} {words} {} {resource} is refused", quantity.text())).collect()
    };
    let mut effects = of(&item.min, "that requests less than");
    effects.extend(of(&item.max, "that may use more than"));
    let ratios = item.max_limit_request_ratio.iter();
    effects.extend(
        ratios.map(|(resource, ratio)| format!("{what} whose {resource} limit is more than {} times its request is refused", ratio.text())),
    );
    effects
}

fn of_quota(quota: &ResourceQuota) -> Influence {
    let counted = quota::counted(quota);
    let which = if counted.is_some() { "a pod it counts" } else { "a pod" };
    let only = counted.map(|counted| format!("it counts only pods that {counted}"));
    let demanded = quota::demands(quota).map(|demand| {
        let what = if demand.limit { "limit" } else { "request" };
        format!("{which} of which a container does not state a {} {what} is refused", demand.resource)
    });
    let amount = |(resource, hard): (&String, &Quantity)| QuotaAmount {
        resource: resource.clone(),
        hard: hard.text().to_owned(),
        used: quota.status.used.get(resource).map(|used| used.text().to_owned()),
    };
    Influence {
        name: quota.metadata.name.clone(),
        effects: only.into_iter().chain(demanded).collect(),
        amounts: quota.spec.hard.iter().map(amount).collect(),
    }
}
