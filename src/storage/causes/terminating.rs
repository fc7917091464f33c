//! Claims that are being deleted (T).

use super::{Case, Diagnosis};
use crate::objects::{Pod, Resource};
use crate::report::{DataRisk, Finding};
use crate::storage::findings::bound::{CLAIM_IN_USE, FINALIZER_HOLDS_CLAIM, POD_USES_TERMINATING_CLAIM};
use crate::storage::{changes, words};

const PROTECTION: &str = "kubernetes.io/pvc-protection";

pub(super) fn diagnose<'a>(case: &Case<'_, 'a>) -> Diagnosis<'a> {
    let (facts, claim) = (case.facts, case.claim);
    let mut diagnosis = Diagnosis::default();
    let protected = claim.metadata.finalizers.iter().any(|finalizer| finalizer == PROTECTION);
    let others: Vec<&str> = claim.metadata.finalizers.iter().filter(|f| *f != PROTECTION).map(String::as_str).collect();
    let users = facts.users(&claim.metadata.namespace, &claim.metadata.name);
    if protected {
        // Rule: a pod that has a node counts, also if it has finished.
        let holding: Vec<&Pod> = users.iter().copied().filter(|pod| !pod.spec.node_name.is_empty()).collect();
        if !holding.is_empty() {
            diagnosis.causes.push(in_use(case, &holding));
        } else if !facts.knows(Resource::Pods, Some(case.namespace())) {
            diagnosis.unread.insert(Resource::Pods);
        }
    }
    if !others.is_empty() {
        diagnosis.causes.push(held(case, &others));
    }
    for pod in users.iter().filter(|pod| pod.spec.node_name.is_empty() && !pod.is_finished()) {
        let message = format!("pod {} wants it and is not scheduled until it is gone and created anew", pod.metadata.name);
        let finding = case.finding(&POD_USES_TERMINATING_CLAIM, message).shown_by(&words::pod_ref(pod), "spec.nodeName", "<unset>");
        diagnosis.causes.push(finding.remedied_by(
            "delete the pod, and create both anew",
            Some(format!("kubectl delete pod {} -n {}", words::quoted(&pod.metadata.name), words::quoted(case.namespace()))),
        ));
    }
    diagnosis
}

fn in_use(case: &Case<'_, '_>, pods: &[&Pod]) -> Finding {
    let finished = pods.iter().filter(|pod| pod.is_finished()).count();
    let names: Vec<&str> = pods.iter().map(|pod| pod.metadata.name.as_str()).collect();
    let finished = match finished {
        0 => String::new(),
        all if all == pods.len() => " (finished, but still there)".to_owned(),
        some => format!(" ({some} of them finished, but still there)"),
    };
    let users = if pods.len() == 1 { "pod" } else { "pods" };
    let message = format!("it is being deleted and is used by {users} {}{finished}", words::and(&names, 5));
    let mut finding = case.finding(&CLAIM_IN_USE, message).shown_by(&case.me, "metadata.finalizers", PROTECTION);
    for pod in pods.iter().take(10) {
        finding = finding.shown_by(&words::pod_ref(pod), "status.phase", format!("{:?}", pod.status.phase));
    }
    let namespace = words::quoted(case.namespace());
    // Finished pods first: nobody misses them.
    let mut sorted: Vec<&&Pod> = pods.iter().collect();
    sorted.sort_by_key(|pod| !pod.is_finished());
    let names: Vec<String> = sorted.iter().map(|pod| words::quoted(&pod.metadata.name)).collect();
    let command = format!("kubectl delete pod {} -n {namespace}", names.join(" "));
    let volume = case.facts.volume(&case.claim.spec.volume_name);
    let reclaimed = volume.is_none_or(|volume| volume.spec.persistent_volume_reclaim_policy != "Retain");
    if let Some(volume) = volume.filter(|_| reclaimed) {
        finding = finding.remedied_by("first, to keep its data", Some(changes::retain(volume)));
    }
    let (risk, volume) = if reclaimed { (DataRisk::Loss, "is reclaimed") } else { (DataRisk::None, "stays (Retain)") };
    changes::at_risk(finding, risk, format!("when no pod uses it any more, it goes, and its volume {volume}"), Some(command))
}

fn held(case: &Case<'_, '_>, finalizers: &[&str]) -> Finding {
    let who: Vec<String> = finalizers
        .iter()
        .map(|finalizer| match *finalizer {
            "snapshot.storage.kubernetes.io/pvc-as-source-protection" => "a snapshot is being taken of it".to_owned(),
            "provisioner.storage.kubernetes.io/cloning-protection" => "a copy is being made of it".to_owned(),
            other => format!("finalizer {other} is set"),
        })
        .collect();
    let message = format!("it is being deleted, and {}", words::and(&who, 4));
    let finding = case.finding(&FINALIZER_HOLDS_CLAIM, message).shown_by(&case.me, "metadata.finalizers", finalizers.join(","));
    finding.remedied_by("find the controller that set the finalizer, and see what it waits for", None)
}
