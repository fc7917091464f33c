//! Rights as Kubernetes writes them down: rules, Roles and ClusterRoles in YAML.

use std::fmt::Write;

use crate::objects::Resource;
use crate::source::{Reads, SYSTEM_NAMESPACE};

/// `rules:` that let these kinds be read.
pub fn rules(kinds: &[Resource]) -> String {
    rules_to("get, list", kinds)
}

fn rules_to(verbs: &str, kinds: &[Resource]) -> String {
    let mut groups: Vec<&str> = kinds.iter().map(|kind| kind.group()).collect();
    groups.sort_unstable();
    groups.dedup();
    let mut text = "rules:".to_owned();
    for group in groups {
        let names: Vec<&str> = kinds.iter().filter(|kind| kind.group() == group).map(|kind| kind.plural()).collect();
        // Writing to a String cannot fail.
        let _ = write!(text, "\n- apiGroups: [\"{group}\"]\n  resources: [{}]\n  verbs: [{verbs}]", names.join(", "));
    }
    text
}

/// The same, where Secrets have a rule of their own: whoever grants it is to see it.
fn rules_apart(verbs: &str, kinds: &[Resource]) -> String {
    let (secrets, others): (Vec<Resource>, Vec<Resource>) = kinds.iter().partition(|kind| **kind == Resource::Secrets);
    let mut text = rules_to(verbs, &others);
    if let Some(rule) = rules_to(verbs, &secrets).strip_prefix("rules:\n") {
        text.push_str("\n# Which keys a Secret has; values are never kept. Without this rule the answer is unknown.\n");
        text.push_str(rule);
    }
    text
}

/// The rule that lets ports of pods be reached.
const PORT_FORWARD: &str = "- apiGroups: [\"\"]\n  resources: [pods/portforward]\n  verbs: [create, get]";

/// The objects that let somebody read this: everywhere, or of what lives in namespaces only this one's.
pub fn roles(name: &str, reads: &Reads, namespace: Option<&str>) -> String {
    let (here, everywhere): (Vec<Resource>, Vec<Resource>) = reads.lists.iter().partition(|kind| namespace.is_some() && kind.namespaced());
    // Who has these rights everywhere keeps them when somebody else is given less.
    let name = &namespace.map_or_else(|| name.to_owned(), |namespace| format!("{name}-in-{namespace}"));
    let verbs = if reads.watch { "get, list, watch" } else { "get, list" };
    let mut documents = Vec::new();
    if !everywhere.is_empty() {
        documents.push(role(name, None, &rules_apart(verbs, &everywhere)));
    }
    if let Some(namespace) = namespace.filter(|_| !here.is_empty()) {
        documents.push(role(name, Some(namespace), &rules_apart(verbs, &here)));
    }
    let system: Vec<Resource> = reads.system.iter().copied().filter(|kind| !everywhere.contains(kind)).collect();
    if !system.is_empty() || reads.port_forward {
        let mut text = rules(&system);
        if reads.port_forward {
            text.extend(["\n", PORT_FORWARD]);
        }
        // Another name: the namespace that is asked for may be the same.
        documents.push(role(&format!("{name}-system"), Some(SYSTEM_NAMESPACE), &text));
    }
    documents.join("---\n")
}

/// One object, under the line that gives it to somebody.
fn role(name: &str, namespace: Option<&str>, rules: &str) -> String {
    let (kind, of, binding) = match namespace {
        None => ("ClusterRole", String::new(), format!("clusterrolebinding {name} --clusterrole={name}")),
        Some(namespace) => ("Role", format!("\n  namespace: {namespace}"), format!("rolebinding {name} -n {namespace} --role={name}")),
    };
    format!(
        "# kubectl create {binding} --user=WHO\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\n\
         metadata:\n  name: {name}{of}\n{rules}\n"
    )
}
