//! What is to be said of pods: one file for each letter of the codes.

mod class;
mod defaults;
mod numbers;
mod running;

use std::collections::HashSet;

use super::case::Case;
use super::facts::Facts;
use super::shape::{Entry, Part, Source};
use crate::objects::ResourceName;
use crate::report::{Finding, FindingKind, ObjectRef};

/// What was found, each thing once: pods of one workload have the same findings.
pub(super) struct Rules<'a> {
    nodes: running::Nodes<'a>,
    said: HashSet<(&'static str, ObjectRef, String)>,
    findings: Vec<Finding>,
}

impl<'a> Rules<'a> {
    pub(super) fn new(facts: &Facts<'a>) -> Self {
        Self { nodes: running::Nodes::new(facts), said: HashSet::new(), findings: Vec::new() }
    }

    /// Adds what is to be said of a pod.
    pub(super) fn judge(&mut self, case: &Case<'_, '_>) {
        let mut found = Vec::new();
        class::judge(case, &mut found);
        defaults::judge(case, &mut found);
        numbers::judge(case, &mut found);
        running::judge(case, &self.nodes, &mut found);
        found.retain(|finding| self.said.insert((finding.code, finding.subject.clone(), finding.message.clone())));
        self.findings.extend(found);
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}

/// What a finding about numbers is about: the workload at the top, which can be changed, or the pod that has none.
struct Subject {
    object: ObjectRef,
    /// As `kubectl` names it; none for what cannot be changed.
    named: Option<String>,
}

impl Subject {
    fn of(case: &Case<'_, '_>) -> Self {
        let inventory = case.facts.inventory;
        let me = &case.me;
        let group = inventory.pod(&me.namespace, &me.name).filter(|_| me.kind == "Pod").and_then(|at| inventory.pods.get(at));
        let group = group.and_then(|info| inventory.groups.get(info.group)).filter(|group| group.kind.name() != "Pod");
        let object = group.map_or_else(|| me.clone(), |group| ObjectRef::new(group.kind.name(), &group.namespace, &group.name));
        let named = match object.kind.as_str() {
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "CronJob" => {
                Some(format!("{}/{} -n {}", object.kind.to_lowercase(), object.name, object.namespace))
            }
            _ => None,
        };
        Self { object, named }
    }

    /// What the API server does with what it does not take.
    fn refused(&self) -> &'static str {
        if self.object.kind == "Pod" { "it is refused" } else { "its pods are refused" }
    }

    /// A finding, whose text begins with the name of its subject.
    fn finding(&self, kind: &'static FindingKind, message: &str) -> Finding {
        let ObjectRef { kind: what, name, .. } = &self.object;
        kind.on(self.object.clone(), format!("{what} {name}: {message}"))
    }
}

impl Case<'_, '_> {
    /// Path of a number of a container: `spec.containers[0].resources.limits.cpu`.
    fn field(&self, part: &Part<'_>, list: &str, resource: &ResourceName) -> String {
        let lists = [("initContainers", &self.spec.init_containers), ("containers", &self.spec.containers)];
        let place = lists.iter().find_map(|(field, list)| Some((field, list.iter().position(|c| c.name == part.name)?)));
        let (field, at) = place.unwrap_or((&"containers", 0));
        format!("{}{field}[{at}].resources.{list}.{resource}", self.path)
    }

    /// What a container states, as evidence: requests and limits of a resource.
    fn show(&self, finding: Finding, part: &Part<'_>, resource: &ResourceName) -> Finding {
        // What will be filled in does not stand in the object yet.
        let text = |entry: Option<&Entry<'_>>| {
            let stands = entry.filter(|entry| !self.predicted || entry.source == Source::Spec);
            stands.map_or_else(|| "absent".to_owned(), |entry| entry.amount.text(resource))
        };
        finding.shown_by(&self.me, self.field(part, "requests", resource), text(part.numbers.requests.get(resource))).shown_by(
            &self.me,
            self.field(part, "limits", resource),
            text(part.numbers.limits.get(resource)),
        )
    }
}
