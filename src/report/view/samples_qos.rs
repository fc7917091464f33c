//! Reports on the classes of pods for the tests: some written by hand, some of arbitrary text.

use std::borrow::Cow;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::arbitrary::text;
use super::samples::report;
use super::samples_patch;
use crate::report::qos::*;
use crate::report::qos_patch::Patch;
use crate::report::{Answer, ObjectRef};

fn from(kind: SourceKind, name: Option<&str>) -> Option<NumberSource> {
    let of_several = kind == SourceKind::LimitRange && name.is_none();
    let possible = if of_several { vec!["burst".to_owned(), "maxima".to_owned()] } else { Vec::new() };
    Some(NumberSource { from: kind, name: name.map(str::to_owned), possible })
}

fn pair(request: &str, limit: &str, request_source: Option<NumberSource>, limit_source: Option<NumberSource>) -> NumberPair {
    let stated = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    NumberPair { request: stated(request), limit: stated(limit), request_source, limit_source }
}

fn amounts(list: &[(&'static str, &str)]) -> ByResource<String> {
    list.iter().map(|(name, amount)| (Cow::Borrowed(*name), (*amount).to_owned())).collect()
}

fn container(name: &str, role: ContainerType, class: Class, cpu: NumberPair, memory: NumberPair) -> ContainerQos {
    let resources = [(Cow::Borrowed("cpu"), cpu), (Cow::Borrowed("memory"), memory)].into_iter().collect();
    let exclusive_cpus = Some(if class == Class::Guaranteed { 2 } else { 0 });
    ContainerQos { name: name.into(), role, class: Some(class), resources, oom_score_adj: Some(875), exclusive_cpus }
}

fn pod(name: &str, class: Class, reason: &str, containers: Vec<ContainerQos>) -> PodQos {
    PodQos {
        kind: "Pod".into(),
        namespace: "shop".into(),
        name: name.into(),
        predicted: false,
        class: Some(class),
        computed_class: Some(class),
        decided_by: Decision { container: None, resource: None, reason: reason.into() },
        unread: Vec::new(),
        node: Some("node-1".into()),
        priority: Some(0),
        critical: false,
        effective_requests: amounts(&[("cpu", "2100m"), ("memory", "1Gi")]),
        effective_limits: amounts(&[("cpu", "4"), ("memory", "2Gi")]),
        overhead: ByResource::default(),
        pod_resources: None,
        containers,
        resize: Resize { allowed: true, rule: "any that leaves it Burstable and takes no request or limit away".into() },
        patch: None,
    }
}

pub(super) fn all() -> Vec<(&'static str, Answer)> {
    let spec = || from(SourceKind::Spec, None);
    let webhook = || from(SourceKind::Webhook, None);
    let range = |name| from(SourceKind::LimitRange, name);
    let proxy = container(
        "proxy",
        ContainerType::Sidecar,
        Class::Burstable,
        pair("100m", "2", webhook(), webhook()),
        pair("128Mi", "", webhook(), None),
    );
    let app = container(
        "app",
        ContainerType::Container,
        Class::Guaranteed,
        pair("2", "2", from(SourceKind::Limit, None), spec()),
        pair("1Gi", "1Gi", range(Some("maxima")), range(None)),
    );
    let init = container(
        "copy",
        ContainerType::Init,
        Class::Guaranteed,
        pair("1", "1", spec(), from(SourceKind::Changed, None)),
        NumberPair::default(),
    );
    let one = PodQos {
        overhead: amounts(&[("cpu", "10m")]),
        priority: Some(2_000_000_000),
        critical: true,
        ..pod("web-1", Class::Burstable, "sidecar proxy requests 100m cpu with a limit of 2", vec![proxy, init, app])
    };
    let whole = PodQos {
        kind: "Deployment".into(),
        predicted: true,
        node: None,
        pod_resources: Some([(Cow::Borrowed("cpu"), pair("1", "2", from(SourceKind::Containers, None), spec()))].into_iter().collect()),
        ..pod("api", Class::Burstable, "the pod as a whole requests 1 cpu with a limit of 2", Vec::new())
    };
    let differs = PodQos {
        computed_class: Some(Class::Guaranteed),
        ..pod("odd", Class::BestEffort, "its container requests as much cpu and memory as its limits", Vec::new())
    };
    let unknown = PodQos {
        class: None,
        computed_class: None,
        ..pod("later", Class::Burstable, "limitranges could not be read, and would fill in what is missing", Vec::new())
    };
    vec![
        ("qos_pod", Answer::Qos(report("Qos", Qos { pods: vec![one.clone()] }))),
        ("qos_template", Answer::Qos(report("Qos", Qos { pods: vec![whole.clone()] }))),
        ("qos_want", Answer::Qos(report("Qos", wanted()))),
        ("qos_pods", Answer::Qos(report("Qos", Qos { pods: vec![whole, unknown, differs, one] }))),
    ]
}

/// Two pods of one template, and one that is of the class already.
fn wanted() -> Qos {
    let there = Patch { target: ObjectRef::new("Deployment", "shop", "api"), already: true, ..samples_patch::patch() };
    let with = |name: &str, patch: Patch| PodQos { patch: Some(patch), ..pod(name, Class::Burstable, "", Vec::new()) };
    Qos { pods: vec![with("api-1", there), with("web-1", samples_patch::patch()), with("web-2", samples_patch::patch())] }
}

fn any_class() -> BoxedStrategy<Class> {
    prop_oneof![Just(Class::Guaranteed), Just(Class::Burstable), Just(Class::BestEffort)].boxed()
}

fn any_pair() -> BoxedStrategy<NumberPair> {
    let kind = prop_oneof![Just(SourceKind::Spec), Just(SourceKind::LimitRange), Just(SourceKind::Changed)];
    (option::of(text()), option::of(text()), kind, option::of(text()))
        .prop_map(|(request, limit, kind, name)| NumberPair {
            request,
            limit,
            request_source: from(kind, name.as_deref()),
            limit_source: from(kind, name.as_deref()),
        })
        .boxed()
}

fn by_resource<T: Clone + std::fmt::Debug + 'static>(value: BoxedStrategy<T>) -> BoxedStrategy<ByResource<T>> {
    vec((text(), value), 0..3).prop_map(|entries| entries.into_iter().map(|(name, value)| (Cow::Owned(name), value)).collect()).boxed()
}

fn any_container() -> BoxedStrategy<ContainerQos> {
    (text(), any_class(), by_resource(any_pair()), any_pair())
        .prop_map(|(name, class, resources, cpu)| {
            let resources = resources.iter().map(|(name, pair)| (Cow::Owned(name.to_owned()), pair.clone()));
            let resources = resources.chain([(Cow::Borrowed("cpu"), cpu)]).collect();
            ContainerQos { resources, ..container(&name, ContainerType::Init, class, NumberPair::default(), NumberPair::default()) }
        })
        .boxed()
}

fn any_pod() -> BoxedStrategy<PodQos> {
    let texts = (text(), text(), text(), text(), text(), option::of(text()));
    let class = (option::of(any_class()), option::of(any_class()), any::<bool>());
    (
        texts,
        class,
        vec(any_container(), 0..3),
        by_resource(text()),
        option::of(by_resource(any_pair())),
        (option::of(any::<i32>()), option::weighted(0.3, samples_patch::any_patch())),
    )
        .prop_map(
            |(
                (kind, namespace, name, reason, rule, node),
                (class, computed_class, predicted),
                containers,
                sums,
                pod_resources,
                (priority, patch),
            )| PodQos {
                kind,
                namespace,
                predicted,
                class,
                computed_class,
                unread: vec![node.clone().unwrap_or_default()],
                node,
                priority,
                effective_requests: sums.clone(),
                overhead: sums,
                pod_resources,
                resize: Resize { allowed: true, rule },
                patch,
                ..pod(&name, Class::Burstable, &reason, containers)
            },
        )
        .boxed()
}

/// An answer of `qos` full of arbitrary text.
pub(super) fn answer() -> BoxedStrategy<Answer> {
    vec(any_pod(), 0..4).prop_map(|pods| Answer::Qos(report("Qos", Qos { pods }))).boxed()
}
