//! Claims that nobody could create (Q): by a StatefulSet, or for a generic ephemeral volume.

use super::{Case, Diagnosis};
use crate::objects::{ClaimTemplate, Quantity, Resource, Workload, WorkloadKind};
use crate::report::{Confidence, Finding, ObjectRef};
use crate::storage::facts::Facts;
use crate::storage::findings::uncreated::{
    CLAIM_MISSING, EPHEMERAL_NAME_TAKEN, LIMIT_RANGE_FORBIDS, QUOTA_EXCEEDED, STATEFULSET_WAITS_FOR_DELETION, TEMPLATE_CHANGED,
};
use crate::storage::words;

/// A claim that should exist.
pub(in crate::storage) struct Uncreated {
    pub(in crate::storage) namespace: String,
    pub(in crate::storage) name: String,
    pub(in crate::storage) class: String,
    pub(in crate::storage) request: String,
    pub(in crate::storage) causes: Vec<Finding>,
}

/// The StatefulSet and template a claim was made from, with the number of its pod.
fn template_of<'a>(facts: &Facts<'a>, namespace: &str, name: &str) -> Option<(&'a Workload, &'a ClaimTemplate, i64)> {
    let sets =
        facts.inventory.objects.workloads.iter().filter(|w| w.kind == WorkloadKind::StatefulSet && w.metadata.namespace == namespace);
    sets.flat_map(|set| set.claim_templates.iter().map(move |template| (set, template))).find_map(|(set, template)| {
        let number = name.strip_prefix(&format!("{}-{}-", template.metadata.name, set.metadata.name))?;
        let number: i64 = number.parse().ok()?;
        let end = set.first_ordinal + set.replicas.unwrap_or(1);
        (set.first_ordinal..end).contains(&number).then_some((set, template, number))
    })
}

/// What pods and StatefulSets make of a claim that exists.
pub(super) fn notes(case: &Case<'_, '_>, diagnosis: &mut Diagnosis<'_>) {
    let (facts, claim) = (case.facts, case.claim);
    for pod in facts.consumers(claim) {
        let own = |volume: &&crate::objects::PodVolume| {
            volume.persistent_volume_claim.is_none()
                && volume.ephemeral.is_some()
                && format!("{}-{}", pod.metadata.name, volume.name) == claim.metadata.name
        };
        let Some(volume) = pod.spec.volumes.iter().find(own) else { continue };
        let owner = claim.metadata.controller();
        let owned =
            owner.is_some_and(|o| o.kind == "Pod" && o.name == pod.metadata.name && (o.uid == pod.metadata.uid || o.uid.is_empty()));
        if !owned {
            let message =
                format!("volume {} of pod {} would be this claim, but the claim is not the pod's own", volume.name, pod.metadata.name);
            let owner = owner.map_or_else(|| "<unset>".to_owned(), |owner| format!("{} {} ({})", owner.kind, owner.name, owner.uid));
            let finding = case.finding(&EPHEMERAL_NAME_TAKEN, message).shown_by(&case.me, "metadata.ownerReferences", owner);
            let finding = finding.shown_by(&words::pod_ref(pod), "metadata.uid", &pod.metadata.uid);
            diagnosis
                .causes
                .insert(0, finding.remedied_by("give the pod or its volume another name, or delete the claim if nobody needs it", None));
        }
    }
    let Some((set, template, number)) = template_of(facts, case.namespace(), &claim.metadata.name) else { return };
    let of_set = ObjectRef::new("StatefulSet", case.namespace(), &set.metadata.name);
    if claim.metadata.deletion_timestamp.is_some() {
        let pod = format!("{}-{number}", set.metadata.name);
        if facts.inventory.pod(case.namespace(), &pod).is_none() && facts.knows(Resource::Pods, Some(case.namespace())) {
            let message = format!("StatefulSet {} cannot create pod {pod} until it is gone", set.metadata.name);
            let finding = case.finding(&STATEFULSET_WAITS_FOR_DELETION, message);
            diagnosis.causes.push(finding.shown_by(&case.me, "metadata.deletionTimestamp", "set").shown_by(
                &of_set,
                "spec.volumeClaimTemplates[].metadata.name",
                &template.metadata.name,
            ));
        }
        return;
    }
    let differs = |field: &str, have: String, want: String| {
        let message = format!("the template of StatefulSet {} says {field} {want}, and it has {have}", set.metadata.name);
        let finding = case.finding(&TEMPLATE_CHANGED, message).shown_by(&case.me, format!("spec.{field}"), have);
        finding.shown_by(&of_set, format!("spec.volumeClaimTemplates[{}].spec.{field}", template.metadata.name), want)
    };
    if let (Some(have), Some(want)) = (claim.request(), template.spec.request())
        && have != want
    {
        diagnosis.notes.push(differs("resources.requests.storage", have.to_string(), want.to_string()));
    }
    if let Some(want) = &template.spec.storage_class_name
        && claim.class() != want
    {
        diagnosis.notes.push(differs("storageClassName", words::class_name(claim.class()), want.clone()));
    }
}

/// Claims that should exist and do not.
pub(in crate::storage) fn all(facts: &Facts<'_>, in_scope: impl Fn(&str) -> bool) -> Vec<Uncreated> {
    let mut missing = Vec::new();
    for set in facts.inventory.objects.workloads.iter().filter(|w| w.kind == WorkloadKind::StatefulSet && in_scope(&w.metadata.namespace)) {
        if facts.knows(Resource::PersistentVolumeClaims, Some(&set.metadata.namespace)) {
            missing.extend(of_set(facts, set));
        }
    }
    for info in facts.inventory.pods.iter().filter(|info| !info.template && in_scope(&info.pod.metadata.namespace)) {
        let pod = &info.pod;
        if !pod.spec.node_name.is_empty() || !facts.knows(Resource::PersistentVolumeClaims, Some(&pod.metadata.namespace)) {
            continue;
        }
        for source in pod.spec.volumes.iter().filter_map(|volume| volume.persistent_volume_claim.as_ref()) {
            let (namespace, name) = (&pod.metadata.namespace, &source.claim_name);
            let known = missing.iter().any(|m: &Uncreated| m.namespace == *namespace && m.name == *name);
            if facts.claim(namespace, name).is_none() && !known {
                missing.push(waited_for(facts, pod, name));
            }
        }
    }
    missing.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    missing
}

fn waited_for(facts: &Facts<'_>, pod: &crate::objects::Pod, name: &str) -> Uncreated {
    let namespace = &pod.metadata.namespace;
    let here = facts
        .inventory
        .objects
        .claims
        .iter()
        .filter(|claim| claim.metadata.namespace == *namespace)
        .map(|claim| claim.metadata.name.as_str());
    let meant = words::near(name, here).map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
    let message = format!("pod {} waits for it, and it does not exist{meant}", pod.metadata.name);
    let finding = CLAIM_MISSING.on(ObjectRef::new("PersistentVolumeClaim", namespace, name), message);
    let finding = finding.shown_by(&words::pod_ref(pod), "spec.volumes[].persistentVolumeClaim.claimName", name);
    Uncreated {
        namespace: namespace.clone(),
        name: name.to_owned(),
        class: String::new(),
        request: String::new(),
        causes: vec![finding.remedied_by("create the claim, or let the pod name one that exists", None)],
    }
}

/// The first claims of a StatefulSet that are missing and are forbidden.
fn of_set(facts: &Facts<'_>, set: &Workload) -> Vec<Uncreated> {
    let namespace = set.metadata.namespace.as_str();
    let end = set.first_ordinal + set.replicas.unwrap_or(1).clamp(0, 10_000);
    let mut missing = Vec::new();
    for number in set.first_ordinal..end {
        for template in &set.claim_templates {
            let name = format!("{}-{}-{number}", template.metadata.name, set.metadata.name);
            if facts.claim(namespace, &name).is_some_and(|claim| !facts.inventory.is_promised(claim)) {
                continue;
            }
            let me = ObjectRef::new("PersistentVolumeClaim", namespace, &name);
            let causes = forbidden(facts, set, template, &me);
            if !causes.is_empty() {
                let class = template.spec.storage_class_name.clone().or_else(|| facts.default_class.map(|c| c.metadata.name.clone()));
                let request = template.spec.request().map_or_else(String::new, ToString::to_string);
                missing.push(Uncreated { namespace: namespace.to_owned(), name, class: class.unwrap_or_default(), request, causes });
            }
        }
        if !missing.is_empty() {
            break;
        }
    }
    missing
}

/// Why a StatefulSet may not create a claim.
fn forbidden(facts: &Facts<'_>, set: &Workload, template: &ClaimTemplate, me: &ObjectRef) -> Vec<Finding> {
    let namespace = set.metadata.namespace.as_str();
    let of_set = ObjectRef::new("StatefulSet", namespace, &set.metadata.name);
    let field = format!("spec.volumeClaimTemplates[{}].spec.resources.requests.storage", template.metadata.name);
    let request = template.spec.request().cloned().unwrap_or_default();
    let mut findings = Vec::new();
    for range in facts.inventory.objects.limit_ranges.iter().filter(|range| range.metadata.namespace == namespace) {
        for (at, limit) in range.spec.limits.iter().enumerate().filter(|(_, limit)| limit.kind == "PersistentVolumeClaim") {
            let least = limit.min.get("storage").filter(|min| request < **min).map(|min| ("at least", "min", min));
            let most = limit.max.get("storage").filter(|max| request > **max).map(|max| ("at most", "max", max));
            let Some((words_, part, bound)) = least.or(most) else { continue };
            let message = format!(
                "StatefulSet {} may not create it: it asks for {request}, and LimitRange {} allows {words_} {bound}",
                set.metadata.name, range.metadata.name
            );
            let reference = ObjectRef::new("LimitRange", namespace, &range.metadata.name);
            let finding =
                LIMIT_RANGE_FORBIDS.on(me.clone(), message).shown_by(&reference, format!("spec.limits[].{part}.storage"), bound.text());
            let patch =
                format!(r#"[{{"op":"replace","path":"/spec/limits/{at}/{part}/storage","value":{}}}]"#, words::json(request.text()));
            findings.push(finding.shown_by(&of_set, field.clone(), request.text()).remedied_by(
                "let the LimitRange allow it, or change the size in the template (the StatefulSet must be created anew)",
                Some(format!(
                    "kubectl patch limitrange {} -n {} --type=json -p {}",
                    words::quoted(&range.metadata.name),
                    words::quoted(namespace),
                    words::quoted(&patch)
                )),
            ));
        }
    }
    for quota in facts.inventory.objects.resource_quotas.iter().filter(|quota| quota.metadata.namespace == namespace) {
        let Some(Exceeded { key, used, more, hard, enough }) = exceeded(facts, quota, template, &request) else { continue };
        let message = format!(
            "StatefulSet {} may not create it: quota {} allows {key} {hard}, {used} is used, and it needs {more}",
            set.metadata.name, quota.metadata.name
        );
        let reference = ObjectRef::new("ResourceQuota", namespace, &quota.metadata.name);
        let finding = QUOTA_EXCEEDED.on(me.clone(), message).shown_by(&reference, format!("status.hard[{key}]"), hard);
        findings.push(
            finding.shown_by(&reference, format!("status.used[{key}]"), used).shown_by(&of_set, field.clone(), request.text()).remedied_by(
                "raise the quota, or delete claims that nobody needs",
                Some(format!(
                    "kubectl patch resourcequota {} -n {} --type=merge -p {}",
                    words::quoted(&quota.metadata.name),
                    words::quoted(namespace),
                    words::quoted(&format!(r#"{{"spec":{{"hard":{{{}:{}}}}}}}"#, words::json(&key), words::json(&enough)))
                )),
            ),
        );
    }
    if findings.is_empty() {
        findings.extend(told(facts, set, me));
    }
    findings
}

/// A quota that has no room.
struct Exceeded {
    key: String,
    used: String,
    more: String,
    hard: String,
    /// What it would have to allow.
    enough: String,
}

fn exceeded(facts: &Facts<'_>, quota: &crate::objects::ResourceQuota, template: &ClaimTemplate, request: &Quantity) -> Option<Exceeded> {
    if quota.spec.scope_selector.is_some() {
        return None;
    }
    let class = template.spec.storage_class_name.as_deref().or_else(|| facts.default_class.map(|class| class.metadata.name.as_str()));
    let one = Quantity::lenient("1");
    let of_class = |what: &str| class.map(|class| format!("{class}.storageclass.storage.k8s.io/{what}"));
    let keys = [
        (Some("persistentvolumeclaims".to_owned()), &one),
        (Some("count/persistentvolumeclaims".to_owned()), &one),
        (Some("requests.storage".to_owned()), request),
        (of_class("persistentvolumeclaims"), &one),
        (of_class("requests.storage"), request),
    ];
    keys.into_iter().find_map(|(key, more)| {
        let key = key?;
        let hard = quota.status.hard.get(&key).or_else(|| quota.spec.hard.get(&key))?;
        let used = quota.status.used.get(&key).cloned().unwrap_or_default();
        let sum = used.checked_add(more)?;
        (sum > *hard).then(|| Exceeded {
            key,
            used: used.to_string(),
            more: more.to_string(),
            hard: hard.to_string(),
            enough: sum.to_string(),
        })
    })
}

/// What the StatefulSet says itself.
fn told(facts: &Facts<'_>, set: &Workload, me: &ObjectRef) -> Option<Finding> {
    let meta = &set.metadata;
    let mut events = facts.events("StatefulSet", &meta.namespace, &meta.name, &meta.uid);
    let event = events.find(|event| event.reason == "FailedCreate" && event.message.contains(&me.name))?;
    let knows = |resource| facts.knows(resource, Some(&meta.namespace));
    let scoped = facts.inventory.objects.resource_quotas.iter().any(|quota| quota.spec.scope_selector.is_some());
    // What the objects would show is an old story where they do not show it.
    let kind = if event.message.contains("exceeded quota") {
        Some(&QUOTA_EXCEEDED).filter(|_| scoped || !knows(Resource::ResourceQuotas))?
    } else if event.message.contains("storage usage per PersistentVolumeClaim") {
        Some(&LIMIT_RANGE_FORBIDS).filter(|_| !knows(Resource::LimitRanges))?
    } else if event.message.contains("is being deleted") {
        &STATEFULSET_WAITS_FOR_DELETION
    } else {
        return None;
    };
    let finding = kind.on(me.clone(), format!("StatefulSet {} says: {}", meta.name, event.message)).with_confidence(Confidence::Likely);
    Some(finding.shown_by(&ObjectRef::new("Event", &meta.namespace, &event.metadata.name), "message", &event.message))
}
