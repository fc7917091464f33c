//! What each way of probing takes of the API server: verbs on resources of one namespace, and the Role that gives them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::plan::{Right, Way};

/// What a way cannot do without, in the order in which it is used.
///
/// A WebSocket is opened by a GET; since Kubernetes 1.35 the API server wants the right to create as well, as it always did of SPDY.
pub fn needed(way: Way, namespace: &str) -> Vec<Right> {
    let words: &[(&str, &str)] = match way {
        Way::Exec => &[("get", "pods/exec"), ("create", "pods/exec")],
        Way::Ephemeral => &[("patch", "pods/ephemeralcontainers"), ("get", "pods")],
        Way::Pod => &[("create", "pods"), ("get", "pods"), ("delete", "pods")],
        Way::PortForward => &[("get", "pods/portforward"), ("create", "pods/portforward")],
    };
    words.iter().map(|(verb, resource)| right(verb, resource, namespace)).collect()
}

/// What makes a way better without being needed: results that do not fit into a termination message, what others left behind.
pub fn useful(way: Way, namespace: &str) -> Vec<Right> {
    let words: &[(&str, &str)] = match way {
        Way::Exec | Way::PortForward => &[],
        Way::Ephemeral => &[("get", "pods/log")],
        Way::Pod => &[("get", "pods/log"), ("list", "pods")],
    };
    words.iter().map(|(verb, resource)| right(verb, resource, namespace)).collect()
}

fn right(verb: &'static str, resource: &'static str, namespace: &str) -> Right {
    Right { verb, group: "", resource, namespace: namespace.to_owned() }
}

/// `rules:` of a Role that gives these rights, whatever their namespace.
pub fn rules(rights: &[Right]) -> String {
    let mut verbs: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for right in rights {
        verbs.entry((right.group, right.resource)).or_default().insert(right.verb);
    }
    let mut text = "rules:".to_owned();
    for ((group, resource), verbs) in verbs {
        let verbs: Vec<&str> = verbs.into_iter().collect();
        let _ = write!(text, "\n- apiGroups: [\"{group}\"]\n  resources: [{resource}]\n  verbs: [{}]", verbs.join(", "));
    }
    text
}

/// A Role of a namespace with these rights, to be applied as it is.
pub fn role(name: &str, namespace: &str, rights: &[Right]) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: {name}\n  namespace: {namespace}\n{}\n",
        rules(rights)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exec_and_port_forward_want_to_get_and_to_create() {
        for (way, resource) in [(Way::Exec, "pods/exec"), (Way::PortForward, "pods/portforward")] {
            assert_eq!(needed(way, "shop"), [right("get", resource, "shop"), right("create", resource, "shop")]);
        }
    }

    #[test]
    fn a_role_has_a_rule_for_each_resource() {
        let rights = [needed(Way::Pod, "shop"), useful(Way::Pod, "shop"), needed(Way::Exec, "shop")].concat();
        assert_eq!(
            role("netstore-probe", "shop", &rights),
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: netstore-probe\n  namespace: shop\nrules:\n\
             - apiGroups: [\"\"]\n  resources: [pods]\n  verbs: [create, delete, get, list]\n\
             - apiGroups: [\"\"]\n  resources: [pods/exec]\n  verbs: [create, get]\n\
             - apiGroups: [\"\"]\n  resources: [pods/log]\n  verbs: [get]\n"
        );
    }
}
