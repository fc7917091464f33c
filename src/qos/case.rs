//! One pod, or what a template will make, with all that its class depends on.

use super::defaults;
use super::facts::Facts;
use super::provenance::{self, Known, LIMIT_RANGER};
use super::shape::Shape;
use super::{class, effective, oom, patch};
use crate::inventory::Origin;
use crate::objects::{Pod, PodSpec, PodStatus, QosClass, Resource, ResourceName, Workload};
use crate::report::ObjectRef;

/// A pod, or what a template will make.
#[derive(Debug)]
pub struct Case<'f, 'a> {
    /// What is known.
    pub facts: &'f Facts<'a>,
    /// The pod, or the workload whose template it is.
    pub me: ObjectRef,
    /// Where the spec of the pod stands in it: `spec.`, `spec.template.spec.`, ….
    pub path: &'static str,
    /// Whether no API server has made it yet.
    pub predicted: bool,
    /// The pod.
    pub pod: Option<&'a Pod>,
    /// Its spec.
    pub spec: &'a PodSpec,
    /// Its status; empty where there is none.
    pub status: &'f PodStatus,
    /// As it is, or will be.
    pub shape: Shape<'a>,
    /// The class, from the status where there is one.
    pub class: Option<QosClass>,
    /// The class computed from the spec.
    pub computed: Option<QosClass>,
    /// Kinds that could not be read and on which the class depends.
    pub unread: Vec<Resource>,
}

impl<'f, 'a> Case<'f, 'a> {
    /// A pod.
    pub fn of_pod(facts: &'f Facts<'a>, pod: &'a Pod) -> Self {
        let meta = &pod.metadata;
        let me = ObjectRef::new("Pod", &meta.namespace, &meta.name);
        // What stands in a file and has no status yet is about to be made.
        if facts.inventory.origin == Origin::Manifests && pod.status.qos_class.is_none() {
            return Self { pod: Some(pod), ..Self::predict(facts, me, "spec.", &pod.spec) };
        }
        let mut shape = Shape::of(&pod.spec);
        defaults::by_api(&mut shape);
        let computed = class::certain(&shape);
        let maker = meta.controller().and_then(|owner| facts.workload(&meta.namespace, &owner.kind, &owner.name));
        let template = maker.map(|maker| Shape::of(&maker.template.spec));
        let annotation = meta.annotations.get(LIMIT_RANGER).unwrap_or_default();
        provenance::attribute(&mut shape, Known { annotation, template: template.as_ref(), ranges: facts.ranges(&meta.namespace) });
        Self {
            facts,
            me,
            path: "spec.",
            predicted: false,
            pod: Some(pod),
            spec: &pod.spec,
            status: &pod.status,
            shape,
            class: pod.status.qos_class.or(computed),
            computed,
            unread: Vec::new(),
        }
    }

    /// What a template makes.
    pub fn of_template(facts: &'f Facts<'a>, workload: &'a Workload) -> Self {
        let me = ObjectRef::new(workload.kind.name(), &workload.metadata.namespace, &workload.metadata.name);
        Self::predict(facts, me, patch::template_path(workload.kind), &workload.template.spec)
    }

    fn predict(facts: &'f Facts<'a>, me: ObjectRef, path: &'static str, spec: &'a PodSpec) -> Self {
        let ranges = facts.ranges(&me.namespace);
        let stated = facts.shape_to_come(spec);
        let mut shape = defaults::admitted(&stated, ranges, false);
        let class = class::certain(&shape);
        defaults::by_api(&mut shape);
        provenance::by_chance(&mut shape, ranges);
        // Of several LimitRanges, chance decides which comes first.
        let class = class.filter(|_| ranges.len() < 2 || class::certain(&defaults::admitted(&stated, ranges, true)) == class);
        // Releases read resources of the pod as a whole differently that are there and empty.
        let doubtful = stated.is_empty_as_a_whole() && facts.empty_is_absent().is_none();
        let class =
            class.filter(|_| !doubtful || class::certain(&defaults::admitted(&stated.clone().without_pod(), ranges, false)) == class);
        let known = facts.inventory.coverage.is_complete(Resource::LimitRanges, Some(&me.namespace));
        let unread = if known || !has_gaps(&shape) { Vec::new() } else { vec![Resource::LimitRanges] };
        let class = class.filter(|_| unread.is_empty());
        Self { facts, me, path, predicted: true, pod: None, spec, status: facts.no_status(), shape, class, computed: class, unread }
    }

    /// Whether a file on its node made it.
    pub fn is_static(&self) -> bool {
        self.pod.is_some_and(Pod::is_static)
    }

    /// Memory of its node, in bytes.
    pub fn capacity(&self) -> Option<i64> {
        let node = self.facts.node(&self.spec.node_name)?;
        node.status.capacity.amount(&ResourceName::Memory).map(|amount| amount.value())
    }

    /// `oom_score_adj` of each container: of what the node has agreed to.
    pub fn scores(&self) -> Vec<Option<i64>> {
        let shape = effective::allocated(&self.shape, self.status);
        let (critical, capacity) = (oom::is_node_critical(self.is_static(), self.spec), self.capacity());
        let score = |part| self.class.and_then(|class| oom::score(&shape, part, class, critical, capacity));
        shape.parts.iter().map(score).collect()
    }
}

/// Whether a LimitRange nobody has read might add a number that counts.
fn has_gaps(shape: &Shape<'_>) -> bool {
    let gap = |resource: &ResourceName| {
        shape.parts.iter().any(|part| part.numbers.requests.get(resource).is_none() || part.numbers.limits.get(resource).is_none())
    };
    shape.pod.is_none() && class::COUNTING.iter().any(gap)
}
