//! What a probe could not take away with it.

use crate::report::{Finding, FindingKind, ObjectRef, Severity};

/// All of them, by code.
pub static ALL: &[&FindingKind] = &[&POD_LEFT];

/// A pod was not removed.
pub static POD_LEFT: FindingKind = FindingKind {
    code: "PR-301",
    name: "probe-pod-left",
    severity: Severity::Warning,
    explanation: "\
A probe removes the pod that it has made, also when it is interrupted. This one could not: the way to the API server was gone, or the credentials were no
longer good. The pod harms nobody (it is never ready, and no controller takes it for its own), ends by itself, and goes on being listed until it is
removed: by the next probe in its namespace, or by `kubectl netstore probe gc`, once the time is over that its annotation `netstore.dev/expires-at` tells.

The same is true after a probe was killed, which leaves nobody to say so.",
};

/// This pod was not removed, because of this.
pub fn pod_left(namespace: &str, name: &str, until: &str, why: &str) -> Finding {
    let pod = ObjectRef::new("Pod", namespace, name);
    let finding = POD_LEFT.on(pod.clone(), format!("the probe pod could not be deleted: {why}"));
    finding
        .shown_by(&pod, "metadata.annotations[netstore.dev/expires-at]", until)
        .remedied_by("remove it when its time is over", Some(format!("kubectl netstore probe gc -n {namespace}")))
}
