//! The smallest change that gives a pod a class, as a command for the template of its owner: what it costs, and what speaks
//! against it.

mod command;
mod obstacles;

use std::collections::BTreeMap;

use super::case::{Case, Facts};
use super::effective::{self, Totals};
use super::shape::Shape;
use super::want::{self, Edit, Field, Manner, Template, Way};
use crate::inventory::{Group, Origin};
use crate::objects::{Amount, Pod, PodSpec, PodStatus, QosClass, Resource, Workload, WorkloadKind};
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
}

/// How the pod of a case gets the class.
pub(super) fn patch(case: &Case<'_, '_>, wanted: QosClass) -> Patch {
    let target = match target(case) {
        Ok(target) => target,
        Err(owner) => return of_stranger(case, wanted, owner),
    };
    let stated = Shape::of(target.spec);
    let facts = case.facts;
    let template = Template { stated: &stated, defaults: facts.ranges(&case.me.namespace), ranges: facts.limit_ranges(&case.me.namespace) };
    let ways = want::ways(&template, wanted);
    let of_template = ways.first().is_some_and(|way| way.edits.is_empty());
    let keeps = obstacles::injected(case, &target, &template.made(&stated, false), wanted).filter(|_| of_template);
    let already = of_template && keeps.is_none();
    let mut note = command::note(&target, facts.inventory.origin).map(str::to_owned);
    if let Some(keeps) = keeps {
        note = Some(format!("the template is {wanted} as it is, but {}", keeps.message));
    } else if ways.is_empty() {
        note = Some(format!(
            "no change of the template makes its pods {wanted}: what LimitRanges of the namespace demand or give stands against it"
        ));
    }
    let before = totals(&template.made(&stated, false));
    let way = |way: &Way| {
        let changed = want::apply(&stated, &way.edits);
        let made = template.made(&changed, false);
        let after = totals(&made);
        PatchWay {
            manner: way.manner.into(),
            edits: way.edits.iter().map(|edit| number(edit, &stated, target.path)).collect(),
            command: command::command(&target, &stated, &way.edits, facts.inventory.origin),
            requests_added: added(&before, &after),
            limits_lowered: way
                .edits
                .iter()
                .filter(|edit| lowers(edit))
                .map(|edit| format!("{}{}", target.path, edit.path(&stated)))
                .collect(),
            breaks: obstacles::all(case, &target, &template, wanted, &before, &made),
        }
    };
    Patch {
        want: wanted.into(),
        pods: target.pods,
        already,
        ways: if of_template { Vec::new() } else { ways.iter().map(way).collect() },
        note: note.filter(|_| !already),
        unread: unread(case),
        target: target.object,
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
        Some(workload) => Target {
            object: ObjectRef::new(workload.kind.name(), namespace, &workload.metadata.name),
            workload: Some(workload),
            path: template_path(workload.kind),
            spec: &workload.template.spec,
            pods: facts.pods_of(workload),
        },
        None => Target { object: case.me.clone(), workload: None, path: "spec.", spec: case.spec, pods: 1 },
    })
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

fn unread(case: &Case<'_, '_>) -> Vec<String> {
    let namespace = Some(case.me.namespace.as_str());
    let coverage = &case.facts.inventory.coverage;
    let of_cluster = case.facts.inventory.origin != Origin::Manifests;
    let needed = [(Resource::LimitRanges, namespace), (Resource::ResourceQuotas, namespace), (Resource::Nodes, None)];
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

/// Facts that only changes need.
impl<'a> Facts<'a> {
    /// The pods that a workload has made.
    fn group_of(&self, workload: &Workload) -> Option<&'a Group> {
        let named = |group: &&Group| {
            (group.kind.name(), group.namespace.as_str(), group.name.as_str())
                == (workload.kind.name(), workload.metadata.namespace.as_str(), workload.metadata.name.as_str())
        };
        self.inventory.groups.iter().find(named)
    }

    /// A pod that a workload has made, if there is one.
    fn pod_of(&self, workload: &Workload) -> Option<&'a Pod> {
        let pods = self.group_of(workload)?.pods.iter().filter_map(|at| self.inventory.pods.get(*at));
        pods.filter(|info| !info.template).map(|info| &info.pod).next()
    }

    /// How many pods a workload runs.
    fn pods_of(&self, workload: &Workload) -> i64 {
        let running = || self.group_of(workload).map_or(0, |group| group.pods.len());
        match workload.kind {
            WorkloadKind::DaemonSet | WorkloadKind::CronJob => i64::try_from(running()).unwrap_or(i64::MAX).max(1),
            _ => workload.replicas.unwrap_or(1),
        }
    }
}
