//! How far a container has come, from the status of its pod: what is worth waiting for, and what will never be.

use k8s_openapi::api::core::v1::ContainerStatus;

use super::seen::Seen;

/// Reasons of the kubelet that do not pass while one waits.
const HOPELESS: [&str; 9] = [
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "RegistryUnavailable",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
];

/// Those of them that say what is wrong with the image.
const OF_IMAGES: [&str; 6] =
    ["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "RegistryUnavailable"];

/// Ends of containers that never ran.
const NOT_RUN: [&str; 2] = ["StartError", "ContainerCannotRun"];

/// How far a container has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Progressed {
    /// Not yet there, and what it waits for.
    Waiting(String),
    /// Runs.
    Running,
    /// Has ended, and left this message.
    Ended {
        message: String,
        /// How, in a few words; empty if well.
        how: String,
    },
    /// Will never run.
    Never(Never),
}

/// Why a container never runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Never {
    /// In the words of the cluster.
    pub(super) why: String,
    /// What can be done about it.
    pub(super) advice: Option<&'static str>,
}

/// Looks at a container of a pod.
pub(super) fn look(pod: &Seen, container: &str) -> Progressed {
    let Some(status) = &pod.status else { return Progressed::Waiting("Pending".to_owned()) };
    let all = [&status.container_statuses, &status.ephemeral_container_statuses];
    let own = all.into_iter().flatten().flatten().find(|status| status.name == container);
    let seen = own.map(of_container);
    if let Some(Progressed::Ended { .. } | Progressed::Never(_)) = seen {
        return seen.unwrap_or(Progressed::Running);
    }
    let phase = status.phase.as_deref().unwrap_or("Pending");
    if matches!(phase, "Failed" | "Succeeded") {
        let said = words(status.reason.as_deref().unwrap_or(phase), status.message.as_deref());
        return Progressed::Never(Never { why: format!("the pod has ended: {said}"), advice: None });
    }
    if pod.metadata.deletion_timestamp.is_some() {
        return Progressed::Never(Never { why: "the pod is being deleted".to_owned(), advice: None });
    }
    if seen == Some(Progressed::Running) {
        return Progressed::Running;
    }
    let scheduled = status.conditions.iter().flatten().find(|condition| condition.type_ == "PodScheduled" && condition.status == "False");
    if let Some(condition) = scheduled.filter(|condition| condition.reason.as_deref() == Some("Unschedulable")) {
        let why = words("Unschedulable", condition.message.as_deref());
        return Progressed::Never(Never {
            why,
            advice: Some("the pod must run on the node of its source; --via exec or --via ephemeral need no room there"),
        });
    }
    let reason = scheduled.and_then(|condition| condition.reason.clone());
    seen.unwrap_or_else(|| Progressed::Waiting(reason.unwrap_or_else(|| phase.to_owned())))
}

fn of_container(status: &ContainerStatus) -> Progressed {
    let Some(state) = &status.state else { return Progressed::Waiting("Pending".to_owned()) };
    if let Some(ended) = &state.terminated {
        let reason = ended.reason.as_deref().unwrap_or("Terminated");
        let message = ended.message.clone().unwrap_or_default();
        if NOT_RUN.contains(&reason) {
            return Progressed::Never(Never {
                why: words(reason, Some(&message)),
                advice: Some("--image names an image that has a program for probes"),
            });
        }
        let how = if ended.exit_code == 0 { String::new() } else { format!("it ended with {reason}, exit code {}", ended.exit_code) };
        return Progressed::Ended { message, how };
    }
    if state.running.is_some() {
        return Progressed::Running;
    }
    let waiting = state.waiting.as_ref();
    let reason = waiting.and_then(|waiting| waiting.reason.as_deref()).unwrap_or("Waiting");
    let said = words(reason, waiting.and_then(|waiting| waiting.message.as_deref()));
    if HOPELESS.contains(&reason) {
        let advice = OF_IMAGES.contains(&reason).then_some("--image names an image that the node has or may pull; --via exec needs none");
        return Progressed::Never(Never { why: said, advice });
    }
    Progressed::Waiting(said)
}

/// `Reason: message`.
fn words(reason: &str, message: Option<&str>) -> String {
    match message.map(str::trim).filter(|message| !message.is_empty()) {
        Some(message) => format!("{reason}: {message}"),
        None => reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(status: Value) -> Seen {
        serde_json::from_value(json!({ "metadata": { "name": "x" }, "status": status })).expect("a pod")
    }

    fn state(state: Value) -> Seen {
        pod(json!({ "phase": "Pending", "ephemeralContainerStatuses": [
            { "name": "probe", "state": state, "image": "", "imageID": "", "ready": false, "restartCount": 0 }
        ] }))
    }

    #[track_caller]
    fn never(pod: &Seen, why: &str) {
        match look(pod, "probe") {
            Progressed::Never(never) => assert_eq!(never.why, why),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_does_not_pass_ends_the_wait() {
        for reason in HOPELESS {
            never(&state(json!({ "waiting": { "reason": reason, "message": "no" } })), &format!("{reason}: no"));
        }
        never(
            &state(json!({ "terminated": { "reason": "StartError", "exitCode": 128, "message": "no such file" } })),
            "StartError: no such file",
        );
        never(&pod(json!({ "phase": "Failed", "reason": "Evicted", "message": "disk" })), "the pod has ended: Evicted: disk");
        never(&pod(json!({ "phase": "Succeeded" })), "the pod has ended: Succeeded");
        let unschedulable = json!({ "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/2 nodes" });
        never(&pod(json!({ "phase": "Pending", "conditions": [unschedulable] })), "Unschedulable: 0/2 nodes");
        let mut leaving = state(json!({ "running": {} }));
        leaving.metadata.deletion_timestamp = Some(serde_json::from_value(json!("2026-01-01T00:00:00Z")).expect("a time"));
        never(&leaving, "the pod is being deleted");
    }

    #[test]
    fn what_may_pass_is_waited_for() {
        let waiting = |pod: &Seen, why: &str| assert_eq!(look(pod, "probe"), Progressed::Waiting(why.to_owned()));
        waiting(&state(json!({ "waiting": { "reason": "ContainerCreating" } })), "ContainerCreating");
        waiting(&pod(json!({ "phase": "Pending" })), "Pending");
        waiting(&pod(json!({ "phase": "Running" })), "Running");
        let gated = json!({ "type": "PodScheduled", "status": "False", "reason": "SchedulingGated" });
        waiting(&pod(json!({ "phase": "Pending", "conditions": [gated] })), "SchedulingGated");
        assert_eq!(look(&state(json!({ "running": {} })), "probe"), Progressed::Running);
    }

    #[test]
    fn a_result_counts_whatever_became_of_the_pod() {
        let ended = json!({ "terminated": { "reason": "Error", "exitCode": 3, "message": "m" } });
        let mut failed = state(ended);
        if let Some(status) = &mut failed.status {
            status.phase = Some("Failed".to_owned());
        }
        let how = "it ended with Error, exit code 3".to_owned();
        assert_eq!(look(&failed, "probe"), Progressed::Ended { message: "m".to_owned(), how });
    }

    #[test]
    fn another_containers_end_is_not_ours() {
        assert_eq!(look(&state(json!({ "terminated": { "exitCode": 0 } })), "other"), Progressed::Waiting("Pending".to_owned()));
    }
}
