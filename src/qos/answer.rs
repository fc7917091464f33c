//! `qos`: every pod of a question with its class, what decides it, and its numbers.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::case::Case;
use super::effective::{self, Totals};
use super::facts::Facts;
use super::patch::Patches;
use super::rules::Rules;
use super::shape::{Entry, Numbers, Part, Role};
use super::{class, cpus, oom, provenance, resize, words};
use crate::inventory::{Inventory, Origin};
use crate::objects::{LabelSelector, Labels, Meta, Pod, QosClass, ResourceName, Truth, Workload};
use crate::report::Finding;
use crate::report::qos::{ByResource, Class, ContainerQos, ContainerType, Decision, NumberPair, PodQos, Qos, Resize};

/// Which pods are meant.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Pods by namespace and name, and templates by namespace, kind and name; none: all of the namespace.
    pub named: Option<Named>,
    /// Namespace; none: all of them.
    pub namespace: Option<String>,
    /// Labels of the pods.
    pub selector: Option<LabelSelector>,
    /// The class they are to have.
    pub want: Option<QosClass>,
}

/// What a question names.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// Pods by namespace and name.
    pub pods: Vec<(String, String)>,
    /// Workloads by namespace, kind and name.
    pub workloads: Vec<(String, String, String)>,
}

impl Question {
    fn means(&self, meta: &Meta, labels: &Labels) -> bool {
        self.namespace.as_deref().is_none_or(|wanted| wanted == meta.namespace)
            && self.selector.as_ref().is_none_or(|selector| selector.matches(labels) == Truth::Yes)
    }
}

/// Answers for every pod that is meant, with all findings.
pub fn qos(inventory: &Inventory, question: &Question) -> (Qos, Vec<Finding>) {
    let facts = Facts::new(inventory);
    let mut rules = Rules::new(&facts);
    let mut pods = Vec::new();
    let mut patches = question.want.map(Patches::new);
    for subject in subjects(&facts, question) {
        let case = match subject {
            Subject::Pod(pod) => Case::of_pod(&facts, pod),
            Subject::Template(workload) => Case::of_template(&facts, workload),
        };
        rules.judge(&case);
        let patch = patches.as_mut().map(|patches| patches.of(&case));
        pods.push(PodQos { patch, ..answer(&case) });
    }
    (Qos { pods }, rules.into_findings())
}

/// What has a class.
#[derive(Clone, Copy)]
enum Subject<'a> {
    Pod(&'a Pod),
    Template(&'a Workload),
}

impl<'a> Subject<'a> {
    fn key(self) -> (&'a str, &'a str, &'a str) {
        let (meta, kind) = match self {
            Self::Pod(pod) => (&pod.metadata, "Pod"),
            Self::Template(workload) => (&workload.metadata, workload.kind.name()),
        };
        (&meta.namespace, &meta.name, kind)
    }
}

/// The pods and templates that are meant, by namespace and name.
fn subjects<'a>(facts: &Facts<'a>, question: &Question) -> Vec<Subject<'a>> {
    let inventory = facts.inventory;
    let living = inventory.pods.iter().filter(|info| !info.template).map(|info| &info.pod);
    let mut subjects: Vec<Subject<'a>> = match &question.named {
        Some(named) => {
            let wanted = |pod: &&Pod| named.pods.iter().any(|(ns, name)| (ns.as_str(), name.as_str()) == pod.metadata.key());
            let pods = living.chain(&inventory.finished_pods).filter(wanted).map(Subject::Pod);
            let templates = named.workloads.iter().filter_map(|(ns, kind, name)| facts.workload(ns, kind, name));
            pods.chain(templates.map(Subject::Template)).collect()
        }
        None => {
            let pods = living.filter(|pod| question.means(&pod.metadata, &pod.metadata.labels)).map(Subject::Pod);
            // In a cluster the pods themselves tell; files are about pods to come.
            let files = inventory.origin == Origin::Manifests;
            let templates = inventory.objects.workloads.iter().filter(|workload| {
                files && workload.metadata.controller().is_none() && question.means(&workload.metadata, &workload.template.metadata.labels)
            });
            pods.chain(templates.map(Subject::Template)).collect()
        }
    };
    subjects.sort_by_key(|subject| subject.key());
    subjects
}

fn answer(case: &Case<'_, '_>) -> PodQos {
    let shape = &case.shape;
    let (allowed, rule) = case.class.map_or((false, "not to be told"), |class| resize::rule(class, case.is_static()));
    let scores = case.scores();
    PodQos {
        kind: case.me.kind.clone(),
        namespace: case.me.namespace.clone(),
        name: case.me.name.clone(),
        predicted: case.predicted,
        class: case.class.map(Class::from),
        computed_class: case.computed.map(Class::from),
        decided_by: decision(case),
        unread: case.unread.iter().map(|resource| resource.qualified()).collect(),
        node: Some(case.spec.node_name.clone()).filter(|node| !node.is_empty()),
        priority: case.spec.priority,
        critical: oom::is_critical(case.is_static(), case.spec.priority),
        effective_requests: texts(case, &effective::requests(shape, case.status), |_| true),
        effective_limits: texts(case, &effective::limits(shape, case.status), |field| !field.contains(".requests.")),
        overhead: shape.overhead.iter().map(|e| (key(&e.resource), e.amount.text(&e.resource))).collect(),
        pod_resources: shape.pod.as_ref().map(|pod| numbers(case, pod)),
        containers: shape.parts.iter().zip(scores).map(|(part, score)| container(case, part, score)).collect(),
        resize: Resize { allowed, rule: rule.to_owned() },
        patch: None,
    }
}

fn decision(case: &Case<'_, '_>) -> Decision {
    let Some(computed) = case.computed else {
        let why = match (case.shape.unreadable.first(), case.unread.first()) {
            (Some(bad), _) => format!("{}{} {}", case.path, bad.field, bad.why()),
            (None, Some(resource)) => format!("{} could not be read, and would fill in what is missing", resource.qualified()),
            (None, None) if case.shape.is_empty_as_a_whole() => {
                "spec.resources is there and empty, which Kubernetes takes for absent since 1.37, and not before".to_owned()
            }
            (None, None) => "several LimitRanges give different defaults, and chance decides between them".to_owned(),
        };
        return Decision { container: None, resource: None, reason: why };
    };
    words::decision(&case.shape, &class::reason(&case.shape, computed))
}

fn container(case: &Case<'_, '_>, part: &Part<'_>, oom_score_adj: Option<i64>) -> ContainerQos {
    let mut unreadable = part.numbers.requests.unreadable().chain(part.numbers.limits.unreadable());
    let readable = !unreadable.any(|(resource, _)| class::COUNTING.contains(resource));
    ContainerQos {
        name: part.name.to_owned(),
        role: match part.role {
            Role::Main => ContainerType::Container,
            Role::Sidecar => ContainerType::Sidecar,
            Role::Init => ContainerType::Init,
        },
        class: readable.then(|| class::of_all(std::iter::once(&part.numbers)).into()),
        resources: numbers(case, &part.numbers),
        oom_score_adj,
        exclusive_cpus: case.class.map(|class| cpus::exclusive(class, part)),
    }
}

/// Numbers by resource; cpu and memory always.
fn numbers(case: &Case<'_, '_>, numbers: &Numbers<'_>) -> ByResource<NumberPair> {
    let ranges = case.facts.ranges(&case.me.namespace);
    let source = |requests: bool, entry: &Entry<'_>| words::source(entry.source, provenance::givers(ranges, requests, entry));
    let mut pairs: BTreeMap<Cow<'static, str>, NumberPair> =
        class::COUNTING.iter().map(|resource| (key(resource), NumberPair::default())).collect();
    for (resource, stated) in numbers.requests.unreadable() {
        pairs.entry(key(resource)).or_default().request = Some(stated.to_owned());
    }
    for (resource, stated) in numbers.limits.unreadable() {
        pairs.entry(key(resource)).or_default().limit = Some(stated.to_owned());
    }
    let text = |entry: &Entry<'_>| Some(entry.amount.text(&entry.resource));
    for entry in numbers.requests.iter() {
        let pair = pairs.entry(key(&entry.resource)).or_default();
        (pair.request, pair.request_source) = (text(entry), Some(source(true, entry)));
    }
    for entry in numbers.limits.iter() {
        let pair = pairs.entry(key(&entry.resource)).or_default();
        (pair.limit, pair.limit_source) = (text(entry), Some(source(false, entry)));
    }
    pairs.into_iter().collect()
}

/// Sums; where a field cannot be read that counts for it, or overhead is added that is not known here, nobody knows the sum.
fn texts(case: &Case<'_, '_>, totals: &Totals, counts: impl Fn(&str) -> bool) -> ByResource<String> {
    let known = totals.iter().map(|(resource, amount): (&ResourceName, _)| (key(resource), amount.text(resource)));
    let unreadable = case.shape.unreadable.iter().filter(|bad| counts(&bad.field)).map(|bad| &bad.resource);
    // What a RuntimeClass adds that could not be read.
    let class = &case.spec.runtime_class_name;
    let overhead_to_come =
        case.predicted && !class.is_empty() && case.facts.runtime_class(class).is_none() && case.shape.overhead.is_empty();
    let grow = class::COUNTING.iter().filter(|_| overhead_to_come);
    known.chain(unreadable.chain(grow).map(|resource| (key(resource), "unknown".to_owned()))).collect()
}

fn key(resource: &ResourceName) -> Cow<'static, str> {
    match resource {
        ResourceName::Cpu => Cow::Borrowed("cpu"),
        ResourceName::Memory => Cow::Borrowed("memory"),
        other => Cow::Owned(other.to_string()),
    }
}

impl From<QosClass> for Class {
    fn from(class: QosClass) -> Self {
        match class {
            QosClass::Guaranteed => Self::Guaranteed,
            QosClass::Burstable => Self::Burstable,
            QosClass::BestEffort => Self::BestEffort,
        }
    }
}
