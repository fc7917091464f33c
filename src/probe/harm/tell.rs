//! Refusals and what was noticed, as findings.

use super::{Noticed, Refusal, Selecting};
use crate::probe::findings::harm as kinds;
use crate::report::{Finding, FindingKind, ObjectRef};

impl Refusal {
    /// Why there is no probe pod for `subject`, the pod or the namespace that was asked about.
    pub fn finding(&self, subject: &ObjectRef) -> Finding {
        let of = |kind: &'static FindingKind, why: String| kind.on(subject.clone(), format!("no probe pod is created: {why}"));
        match self {
            Self::HostNetwork(pod) => {
                let why = format!("{} is on the host network, where policies see its node", name(pod));
                of(&kinds::ON_HOST_NETWORK, why).shown_by(pod, "spec.hostNetwork", "true")
            }
            Self::Unread { resource, namespace } => {
                let place = if namespace.is_empty() { String::new() } else { format!(" of namespace {namespace}") };
                of(&kinds::SELECTORS_UNREAD, format!("{}{place} could not be read, so whom it would harm is unknown", resource.qualified()))
                    .remedied_by("shows the rights that are missing", Some("kubectl netstore probe rights".to_owned()))
            }
            Self::Adopted(by) => {
                selected(&of(&kinds::WOULD_BE_ADOPTED, format!("{} would take it for one of its own", name(&by.object))), by)
            }
            Self::Published(by) => {
                let why = format!("{} would send to it, though it is not ready", name(&by.object));
                selected(&of(&kinds::WOULD_BE_SENT_TO, why), by).shown_by(&by.object, "spec.publishNotReadyAddresses", "true")
            }
            Self::OwnLabel { policy, field, selector } => {
                of(&kinds::OWN_LABEL_READ, format!("{} reads a label that every probe pod has", name(policy)))
                    .shown_by(policy, field, selector)
            }
            Self::Unreadable { policy, field } => {
                let why = format!("{} has something that nobody can read, and it may be about labels", name(policy));
                of(&kinds::POLICY_NOT_UNDERSTOOD, why).shown_by(policy, field, "")
            }
            Self::OtherAddress { policy, field, block } => {
                let why = format!("{} may tell it by its address", name(policy));
                of(&kinds::OTHER_ADDRESS, why).shown_by(policy, field, block)
            }
        }
    }
}

impl Noticed {
    /// What is to be known before the pod is created for `subject`.
    pub fn finding(&self, subject: &ObjectRef) -> Finding {
        let of = |kind: &'static FindingKind, what: String| kind.on(subject.clone(), what);
        match self {
            Self::Service(by) => {
                selected(&of(&kinds::LISTED_AS_NOT_READY, format!("{} will list the probe pod, as not ready", name(&by.object))), by)
            }
            Self::Budget(by) => selected(&of(&kinds::COUNTED_BY_BUDGET, format!("{} will select the probe pod", name(&by.object))), by),
            Self::Workload(by) => {
                let what = format!("the selector of {} will match the probe pod, which it does not take", name(&by.object));
                selected(&of(&kinds::COUNTED_BY_SELECTOR, what), by)
            }
            Self::Mesh { pod, sidecar } => {
                let what = format!("{} talks through the sidecar {sidecar}, the probe pod does not", name(pod));
                of(&kinds::WITHOUT_SIDECAR, what).shown_by(pod, "spec.containers", sidecar)
            }
        }
    }
}

fn selected(finding: &Finding, by: &Selecting) -> Finding {
    finding.clone().shown_by(&by.object, "spec.selector", &by.selector)
}

fn name(object: &ObjectRef) -> String {
    let ObjectRef { kind, namespace, name } = object;
    if namespace.is_empty() { format!("{kind} {name}") } else { format!("{kind} {namespace}/{name}") }
}
