//! The command that changes what a pod is made of: the template of whoever owns it.

use serde_json::{Value, json};

use crate::inventory::{Inventory, Origin};
use crate::objects::{Pod, Workload, WorkloadKind};
use crate::report::quoted;

/// Whose spec is to be changed, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is changed, or why there is no command for it.
    pub description: String,
    /// The command.
    pub command: Option<String>,
}

/// Who makes a pod.
enum Owner<'a> {
    Workload(&'a Workload),
    /// Nobody: it was created as it is.
    Nobody,
    /// Something that was not read.
    Stranger(String),
}

/// How a part of the spec of a pod comes to be another; `template` is the workload if the pod is only its template.
pub fn change(inventory: &Inventory, pod: &Pod, template: Option<&Workload>, what: &str, spec: &Value) -> Change {
    let without = |description: String| Change { description, command: None };
    if inventory.origin == Origin::Manifests {
        return without(format!("{what} in the file"));
    }
    if pod.is_static() {
        return without(format!("{what} in the file on its node"));
    }
    let workload = match template.map_or_else(|| owner(inventory, pod), Owner::Workload) {
        Owner::Workload(workload) => workload,
        Owner::Stranger(owner) => return without(format!("{what} in the template of {owner}, which is not known here")),
        Owner::Nobody => {
            // What a pod is made of stays as it is: the command makes it anew. Another node may suit it then.
            let mut spec = spec.clone();
            if let Value::Object(fields) = &mut spec {
                fields.insert("nodeName".to_owned(), Value::Null);
            }
            let (name, namespace) = (quoted(&pod.metadata.name), quoted(&pod.metadata.namespace));
            let patch = quoted(&json!({"spec": spec, "status": null}).to_string());
            let command = format!(
                "kubectl get pod {name} -n {namespace} -o json | kubectl patch --local -f - -p {patch} -o json | kubectl replace --force -f -"
            );
            return Change { description: format!("{what} (the pod is deleted and created anew)"), command: Some(command) };
        }
    };
    let (kind, meta) = (workload.kind, &workload.metadata);
    let patch = match kind {
        WorkloadKind::Job => return without(format!("{what} in a new Job: the template of a Job cannot be changed")),
        WorkloadKind::CronJob => json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}),
        _ => json!({"spec": {"template": {"spec": spec}}}),
    };
    let (name, namespace) = (quoted(&meta.name), quoted(&meta.namespace));
    let command = format!("kubectl patch {} {name} -n {namespace} -p {}", kind.name().to_lowercase(), quoted(&patch.to_string()));
    Change { description: what.to_owned(), command: Some(command) }
}

/// The top of the chain of owners.
fn owner<'a>(inventory: &'a Inventory, pod: &Pod) -> Owner<'a> {
    let namespace = &pod.metadata.namespace;
    let mut found = Owner::Nobody;
    let mut above = pod.metadata.controller();
    while let Some(controller) = above {
        let is = |w: &&Workload| w.kind.name() == controller.kind && w.metadata.key() == (namespace, controller.name.as_str());
        let Some(workload) = inventory.objects.workloads.iter().find(is) else {
            return Owner::Stranger(format!("{} {}", controller.kind, controller.name));
        };
        above = workload.metadata.controller();
        found = Owner::Workload(workload);
    }
    found
}
