//! The smallest change that gives a pod a class, as a command for the template of its owner: what it costs, and what speaks
//! against it.

mod command;
mod obstacles;

use std::collections::{BTreeMap, HashMap};

use super::case::Case;
use super::effective::{self, Totals};
use super::quota;
use super::rollout::Rollout;
use super::shape::{Part, Shape};
use super::want::{self, Edit, Field, Manner, Template, Way};
use crate::inventory::Origin;
use crate::objects::{Amount, PodSpec, PodStatus, QosClass, Resource, Workload, WorkloadKind};
use crate::report::ObjectRef;
use crate::report::qos_patch::{NumberEdit, Patch, PatchManner, PatchWay};

/// What is to be changed so that pods have another class.
pub(super) struct Target<'a> {
    /// The object.
    object: ObjectRef,
    /// The workload; none: a pod nobody owns.
    workload: Option<&'a Workload>,
    /// Where the spec of the pod stands in it, a dot at the end.
    path: &'static str,
    /// The spec.
    spec: &'a PodSpec,
    /// How many pods it runs.
    pods: i64,
    /// How it goes over to a new template.
    rollout: Rollout,
}

/// Changes of templates: pods of one template share theirs, as far as webhooks have added the same containers to them.
pub(super) struct Patches<'a> {
    wanted: QosClass,
    known: HashMap<ObjectRef, Vec<(Vec<Part<'a>>, Patch)>>,
}

impl<'a> Patches<'a> {
    /// None yet.
    pub(super) fn new(wanted: QosClass) -> Self {
        Self { wanted, known: HashMap::new() }
    }

    /// How the pod of a case gets the class.
    pub(super) fn of(&mut self, case: &Case<'_, 'a>) -> Patch {
        let target = match target(case) {
            Ok(target) => target,
            Err(owner) => return of_stranger(case, self.wanted, owner),
        };
        let injected = injected(case, &target);
        let known = self.known.entry(target.object.clone()).or_default();
        if let Some((_, patch)) = known.iter().find(|(theirs, _)| *theirs == injected) {
            return patch.clone();
        }
        let patch = patch(case, &target, &injected, self.wanted);
        known.push((injected, patch.clone()));
        patch
    }
}

/// Containers of pods that the template knows nothing of: webhooks add them.
fn injected<'a>(case: &Case<'_, 'a>, target: &Target<'a>) -> Vec<Part<'a>> {
    let own = || target.spec.containers.iter().chain(&target.spec.init_containers);
    let is_strange = |part: &&Part<'_>| own().all(|own| own.name != part.name);
    match (case.pod, target.workload) {
        (Some(_), _) => case.shape.parts.iter().filter(is_strange).cloned().collect(),
        // A template has no such container; the pods that were made of it do.
        (None, Some(workload)) => {
            let of_pod = case.facts.pods_of(workload).next().map(|pod| Shape::of(&pod.spec).parts);
            of_pod.iter().flatten().filter(is_strange).cloned().collect()
        }
        (None, None) => Vec::new(),
    }
}

/// The change of a template whose pods are given these containers besides.
fn patch<'a>(case: &Case<'_, 'a>, target: &Target<'a>, injected: &[Part<'a>], wanted: QosClass) -> Patch {
    let facts = case.facts;
    let stated = facts.shape_to_come(target.spec);
    let namespace = &case.me.namespace;
    let template = Template { stated: &stated, defaults: facts.ranges(namespace), ranges: facts.limit_ranges(namespace), injected };
    let empty = target.spec.containers.is_empty();
    let ways = if empty { Vec::new() } else { want::ways(&template, wanted) };
    let of_template = ways.first().is_some_and(|way| way.edits.is_empty());
    let before = template.whole(&stated);
    let change = obstacles::Change { case, target, template: &template, wanted, before: &before };
    let keeps = change.injected(&before).filter(|_| of_template);
    let already = of_template && keeps.is_none();
    let ways = match keeps {
        // Numbers of containers do not help against what a webhook adds.
        Some(_) => want::pod_level(&template, wanted).into_iter().collect(),
        None if of_template => Vec::new(),
        None => ways,
    };
    let note = if let Some(keeps) = &keeps {
        Some(format!("the template is {wanted} as it is, but {}", keeps.message))
    } else if empty {
        Some("it has no containers, and Kubernetes refuses its pods".to_owned())
    } else if ways.is_empty() && !already {
        Some(format!(
            "no change of the template makes its pods {wanted}: what LimitRanges of the namespace demand or give stands against it"
        ))
    } else {
        command::note(target, facts.inventory.origin).map(str::to_owned)
    };
    let requests = totals(&before);
    let way = |way: &Way| {
        let changed = want::apply(&stated, &way.edits);
        let made = template.whole(&changed);
        let lowered = way.edits.iter().filter(|edit| lowers(edit));
        PatchWay {
            manner: way.manner.into(),
            edits: way.edits.iter().map(|edit| number(edit, &stated, target.path)).collect(),
            command: command::command(target, &stated, &way.edits, facts.inventory.origin),
            requests_added: added(&requests, &totals(&made)),
            limits_lowered: lowered.map(|edit| format!("{}{}", target.path, edit.path(&stated))).collect(),
            breaks: change.obstacles(&made),
        }
    };
    Patch {
        want: wanted.into(),
        pods: target.pods,
        already,
        ways: ways.iter().map(way).collect(),
        note: note.filter(|_| !already),
        unread: unread(case, target),
        target: target.object.clone(),
    }
}

/// The top of the chain of owners; an owner that is not among what was read is an error.
fn target<'a>(case: &Case<'_, 'a>) -> Result<Target<'a>, ObjectRef> {
    let facts = case.facts;
    let namespace = &case.me.namespace;
    let mut workload = match case.pod {
        Some(pod) => match pod.metadata.controller() {
            Some(owner) => Some(
                facts.workload(namespace, &owner.kind, &owner.name).ok_or_else(|| ObjectRef::new(&owner.kind, namespace, &owner.name))?,
            ),
            None => None,
        },
        None => facts.workload(namespace, &case.me.kind, &case.me.name),
    };
    while let Some(owner) = workload.and_then(|workload| workload.metadata.controller()) {
        let above = facts.workload(namespace, &owner.kind, &owner.name);
        workload = Some(above.ok_or_else(|| ObjectRef::new(&owner.kind, namespace, &owner.name))?);
    }
    Ok(match workload {
        Some(workload) => {
            let (running, pods) = pods_of(case, workload);
            Target {
                object: ObjectRef::new(workload.kind.name(), namespace, &workload.metadata.name),
                workload: Some(workload),
                path: template_path(workload.kind),
                spec: &workload.template.spec,
                pods,
                rollout: Rollout::of(workload, running, pods),
            }
        }
        None => Target { object: case.me.clone(), workload: None, path: "spec.", spec: case.spec, pods: 1, rollout: Rollout::of_pod() },
    })
}

/// How many pods of a workload are there, and how many it is to have. Where pods could not be read, all of them are there.
fn pods_of(case: &Case<'_, '_>, workload: &Workload) -> (i64, i64) {
    let running = || i64::try_from(case.facts.pods_of(workload).count()).unwrap_or(i64::MAX);
    let wanted = match workload.kind {
        WorkloadKind::DaemonSet | WorkloadKind::CronJob => running().max(1),
        _ => workload.replicas.unwrap_or(1),
    };
    let known = case.facts.inventory.coverage.is_complete(Resource::Pods, Some(&case.me.namespace));
    (if known { running() } else { wanted }, wanted)
}

/// Where the spec of the pods stands in a workload.
pub(super) fn template_path(kind: WorkloadKind) -> &'static str {
    match kind {
        WorkloadKind::CronJob => "spec.jobTemplate.spec.template.spec.",
        _ => "spec.template.spec.",
    }
}

/// A pod that something made which netstore does not read.
fn of_stranger(case: &Case<'_, '_>, wanted: QosClass, owner: ObjectRef) -> Patch {
    let note = if case.is_static() {
        format!("node {} makes it from a file of its own: change that file", owner.name)
    } else {
        format!("{} {} makes it, whose template is not known here: change it there", owner.kind, owner.name)
    };
    Patch {
        want: wanted.into(),
        target: owner,
        pods: 1,
        already: case.class == Some(wanted),
        ways: Vec::new(),
        note: Some(note).filter(|_| case.class != Some(wanted)),
        unread: Vec::new(),
    }
}

fn unread(case: &Case<'_, '_>, target: &Target<'_>) -> Vec<String> {
    let facts = case.facts;
    let (namespace, coverage) = (Some(case.me.namespace.as_str()), &facts.inventory.coverage);
    let of_cluster = facts.inventory.origin != Origin::Manifests;
    let mut needed = vec![(Resource::LimitRanges, namespace), (Resource::ResourceQuotas, namespace), (Resource::Nodes, None)];
    let open =
        facts.priority_class(target.spec, true).is_none() && facts.quotas(&case.me.namespace).iter().any(|q| quota::asks_priority_class(q));
    needed.extend(open.then_some((Resource::PriorityClasses, None)));
    needed.extend((!target.spec.runtime_class_name.is_empty()).then_some((Resource::RuntimeClasses, None)));
    let missing = needed.into_iter().filter(|(resource, namespace)| of_cluster && !coverage.is_complete(*resource, *namespace));
    missing.map(|(resource, _)| resource.qualified()).collect()
}

/// Whether it bounds more than before.
fn lowers(edit: &Edit) -> bool {
    let bound = |amount: Option<Amount>| amount.filter(|amount| amount.is_positive());
    edit.field == Field::Limit && bound(edit.to).is_some_and(|to| bound(edit.from).is_none_or(|from| to < from))
}

fn totals(made: &Shape<'_>) -> Totals {
    effective::requests(made, &PodStatus::default())
}

/// What is requested more than before, with a sign where it is less.
fn added(before: &Totals, after: &Totals) -> BTreeMap<String, String> {
    let mut names: Vec<_> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let difference = |resource| {
        let amount = |totals: &Totals| totals.get(resource).copied().unwrap_or_default();
        let (before, after): (Amount, Amount) = (amount(before), amount(after));
        let text = if after < before { format!("-{}", before.minus(after).text(resource)) } else { after.minus(before).text(resource) };
        (before != after).then(|| (resource.to_string(), text))
    };
    names.into_iter().filter_map(difference).collect()
}

fn number(edit: &Edit, stated: &Shape<'_>, path: &str) -> NumberEdit {
    let text = |amount: Option<Amount>| amount.map(|amount| amount.text(&edit.resource));
    let field = edit.path(stated);
    let unreadable = stated.unreadable.iter().find(|bad| bad.field == field).map(|bad| bad.text.to_owned());
    NumberEdit {
        container: edit.part.and_then(|part| stated.parts.get(part)).map(|part| part.name.to_owned()),
        from: text(edit.from).or(unreadable),
        to: text(edit.to),
        guess: edit.guessed,
        field: format!("{path}{field}"),
    }
}

impl From<Manner> for PatchManner {
    fn from(manner: Manner) -> Self {
        match manner {
            Manner::RaiseRequests => Self::RaiseRequests,
            Manner::LowerLimits => Self::LowerLimits,
            Manner::PodLevel => Self::PodLevel,
        }
    }
}
