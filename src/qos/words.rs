//! What the engine says in sentences.

use super::class::{Lack, Reason};
use super::shape::{Part, Role, Shape, Source};
use crate::objects::{Amount, ResourceName};
use crate::report::qos::{Decision, NumberSource, SourceKind};

/// `container web`, `sidecar proxy`, `init container copy`.
pub(super) fn container(part: &Part<'_>) -> String {
    let what = match part.role {
        Role::Main => "container",
        Role::Sidecar => "sidecar",
        Role::Init => "init container",
    };
    format!("{what} {}", part.name)
}

/// What a resource lacks: `requests 1 cpu and has no limit`.
pub(super) fn lack(resource: &ResourceName, lack: Lack) -> String {
    let text = |amount: Amount| amount.text(resource);
    match lack {
        Lack::Both => format!("has neither request nor limit for {resource}"),
        Lack::Limit(request) => format!("requests {} {resource} and has no limit", text(request)),
        Lack::Request(limit) => format!("requests 0 {resource} with a limit of {}", text(limit)),
        Lack::Equality(request, limit) => format!("requests {} {resource} with a limit of {}", text(request), text(limit)),
    }
}

/// Why a pod is of its class.
pub(super) fn decision(shape: &Shape<'_>, reason: &Reason<'_>) -> Decision {
    let (mut container_name, mut of) = (None, None);
    let all = match shape.parts.len() {
        1 => "its container".to_owned(),
        n => format!("all {n} containers"),
    };
    let reason = match (reason, &shape.pod) {
        (Reason::Everything, Some(_)) => "the pod as a whole requests as much cpu and memory as its limits".to_owned(),
        (Reason::Everything, None) if shape.parts.len() == 1 => "its container requests as much cpu and memory as its limits".to_owned(),
        (Reason::Everything, None) => format!("{all} request as much cpu and memory as their limits"),
        (Reason::Nothing, Some(_)) if shape.is_empty_as_a_whole() => "spec.resources is there, and empty".to_owned(),
        (Reason::Nothing, Some(_)) => "spec.resources has nothing for cpu or memory".to_owned(),
        (Reason::Nothing, None) => match shape.parts.len() {
            0 => "it has no containers, and Kubernetes refuses it".to_owned(),
            1 => "its container has no request and no limit for cpu or memory".to_owned(),
            n => format!("none of its {n} containers has a request or a limit for cpu or memory"),
        },
        (Reason::Pod(resource, what), _) => {
            of = Some(resource.name().to_owned());
            format!("the pod as a whole {}", lack(resource, *what))
        }
        (Reason::Container { part, resource, lack: what, others }, _) => {
            container_name = Some(part.name.to_owned());
            of = Some(resource.name().to_owned());
            let others = match others {
                0 => String::new(),
                1 => ", and 1 more container keeps it from Guaranteed".to_owned(),
                n => format!(", and {n} more containers keep it from Guaranteed"),
            };
            format!("{} {}{others}", container(part), lack(resource, *what))
        }
    };
    Decision { container: container_name, resource: of, reason }
}

/// Where a number comes from; `givers` are the LimitRanges that would give it.
pub(super) fn source<'g>(source: Source<'_>, givers: impl Iterator<Item = &'g str>) -> NumberSource {
    let (from, name) = match source {
        Source::Spec => (SourceKind::Spec, None),
        Source::Limit => (SourceKind::Limit, None),
        Source::Containers => (SourceKind::Containers, None),
        Source::LimitRange(name) => (SourceKind::LimitRange, name.map(str::to_owned)),
        Source::Webhook => (SourceKind::Webhook, None),
        Source::Changed => (SourceKind::Changed, None),
    };
    let possible = if source == Source::LimitRange(None) { givers.map(str::to_owned).collect() } else { Vec::new() };
    NumberSource { from, name, possible }
}
