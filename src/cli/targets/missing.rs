//! An object that is not there: was it not read, is it called otherwise, is it somewhere else?

use crate::cli::suggest::{either, nearest};
use crate::cli::{CommandError, ErrorKind};
use crate::inventory::{GroupKind, Inventory, State};
use crate::objects::{Meta, Resource};

/// What was looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Kind.
    pub resource: Resource,
    /// Namespace; empty for a namespace itself.
    pub namespace: &'a str,
    /// Name.
    pub name: &'a str,
    /// Whether the argument named its namespace itself: then what is proposed does so, too.
    pub with_namespace: bool,
}

impl Wanted<'_> {
    /// What to type for an object.
    fn argument(&self, known: &Known<'_>) -> String {
        if self.with_namespace { format!("{}/{}", known.namespace, known.argument()) } else { known.argument() }
    }
}

/// Says that it is not there, or that nobody could look.
pub(super) fn not_found(inventory: &Inventory, wanted: &Wanted<'_>) -> CommandError {
    let Wanted { resource, namespace, name, with_namespace } = *wanted;
    let scope = (!namespace.is_empty()).then_some(namespace);
    if let Some(hole) = unread(inventory, resource, scope) {
        return CommandError::new(
            ErrorKind::NotFound,
            format!("{} \"{name}\" was not found among what could be read", resource.qualified()),
        )
        .hint(hole);
    }
    let mut error = CommandError::from_server(ErrorKind::NotFound, "NotFound", &format!("{} \"{name}\" not found", resource.qualified()));
    if let Some(hint) = unknown_namespace(inventory, namespace, if with_namespace { "" } else { "-n " }) {
        return error.hint(hint);
    }
    let known = names(inventory);
    let here = || known.iter().filter(|known| known.namespace == namespace);
    // The same name, of another kind.
    let others: Vec<String> = here().filter(|k| k.name == name && k.resource != resource).map(|k| wanted.argument(k)).collect();
    if !others.is_empty() {
        error = error.hint(format!("did you mean {}?", either(&others)));
    }
    // The same object, in another namespace.
    let elsewhere: Vec<&str> =
        known.iter().filter(|k| k.name == name && k.resource == resource && k.namespace != namespace).map(|k| k.namespace).collect();
    match elsewhere.as_slice() {
        [] => {}
        [one] if with_namespace => error = error.hint(format!("it exists in namespace {one}")),
        [one] => error = error.hint(format!("it exists in namespace {one}: add -n {one}")),
        many => error = error.hint(format!("it exists in namespaces {}", many.join(", "))),
    }
    if error.hints.is_empty() {
        let same_kind = here().filter(|k| k.resource == resource).map(|k| k.name);
        let near = nearest(name, same_kind);
        // The name of a workload without its kind, or of a pod of a rollout ago.
        let family = here().filter(|k| {
            resource == Resource::Pods && k.resource != resource && name.strip_prefix(k.name).is_some_and(|rest| rest.starts_with('-'))
        });
        let near: Vec<String> = match near.as_slice() {
            [] => {
                let family = family.filter(|k| k.resource != Resource::Services).map(|k| wanted.argument(k)).take(3);
                let family: Vec<String> = family.collect();
                // The name of a workload or a Service, misspelt and without its kind.
                let others = || here().filter(|k| resource == Resource::Pods && k.resource != resource);
                let near = nearest(name, others().map(|k| k.name));
                let misspelt = others().filter(|k| near.contains(&k.name)).map(|k| wanted.argument(k)).take(3);
                if family.is_empty() { misspelt.collect() } else { family }
            }
            near => here().filter(|k| k.resource == resource && near.contains(&k.name)).map(|k| wanted.argument(k)).collect(),
        };
        if !near.is_empty() {
            error = error.hint(format!("did you mean {}?", either(&near)));
        }
    }
    if error.hints.is_empty() && resource == Resource::Pods && name.contains('.') {
        error = error.hint("a host name? Give its address, or let kubectl netstore probe try the name");
    }
    error
}

/// Why the list of this kind is not complete here, and how to ask for the right; none if it is.
pub(super) fn unread(inventory: &Inventory, resource: Resource, namespace: Option<&str>) -> Option<String> {
    if inventory.coverage.is_complete(resource, namespace) {
        return None;
    }
    let relevant = |scope: Option<&str>| scope.is_none() || namespace.is_none() || scope == namespace;
    let state = inventory.coverage.holes().find(|(hole, scope, _)| *hole == resource && relevant(*scope)).map(|(.., state)| state);
    let place = namespace.map_or_else(String::new, |name| format!(" in namespace {name}"));
    let flag = namespace.map_or_else(|| " -A".to_owned(), |name| format!(" -n {name}"));
    Some(match state {
        Some(State::Forbidden) => {
            format!("you may not list {}{place} (Forbidden): kubectl auth can-i list {}{flag}", resource.plural(), resource.qualified())
        }
        Some(state) => format!("{}{place} could not be read completely: {state}", resource.plural()),
        None => format!("{}{place} were not read", resource.plural()),
    })
}

/// A namespace that does not exist, with those that are called nearly so.
fn unknown_namespace(inventory: &Inventory, namespace: &str, flag: &str) -> Option<String> {
    if namespace.is_empty() || inventory.namespace(namespace).is_some() || !inventory.namespaces_complete() {
        return None;
    }
    let near: Vec<String> =
        nearest(namespace, inventory.namespaces.iter().map(|n| n.name.as_str())).into_iter().map(|name| format!("{flag}{name}")).collect();
    let question = if near.is_empty() { String::new() } else { format!("; did you mean {}?", either(&near)) };
    Some(format!("namespace {namespace} does not exist{question}"))
}

/// What `NAMESPACE/NAME` could have meant: kubectl's arguments name the type in between.
pub(super) fn three_parts(inventory: &Inventory, first: &str, name: &str) -> Option<String> {
    inventory.namespace(first)?;
    let there: Vec<String> = names(inventory)
        .iter()
        .filter(|known| known.namespace == first && known.name == name)
        .map(|known| format!("{first}/{}", known.argument()))
        .collect();
    Some(match there.as_slice() {
        [] => format!("{first} is a namespace: {first}/TYPE/{name} (NAMESPACE/TYPE/NAME)"),
        there => format!("did you mean {}? (NAMESPACE/TYPE/NAME)", either(there)),
    })
}

/// What could have been meant by a namespace that does not exist; none if it does, or if nothing is called nearly so.
pub fn similar_namespace(inventory: &Inventory, namespace: &str) -> Option<String> {
    unknown_namespace(inventory, namespace, "-n ").filter(|hint| hint.contains("did you mean"))
}

/// A name that could have been meant.
struct Known<'a> {
    resource: Resource,
    namespace: &'a str,
    name: &'a str,
    short: String,
}

impl Known<'_> {
    fn argument(&self) -> String {
        format!("{}/{}", self.short, self.name)
    }
}

/// Everything that can be named, in the order of kinds.
fn names(inventory: &Inventory) -> Vec<Known<'_>> {
    fn known<'a>(resource: Resource, meta: &'a Meta, short: &str) -> Known<'a> {
        Known { resource, namespace: &meta.namespace, name: &meta.name, short: short.to_owned() }
    }
    let namespaces =
        inventory.namespaces.iter().map(|n| Known { resource: Resource::Namespaces, namespace: "", name: &n.name, short: "ns".to_owned() });
    let pods = inventory.pods.iter().filter(|info| !info.template).map(|info| known(Resource::Pods, &info.pod.metadata, "pod"));
    let services = inventory.objects.services.iter().map(|s| known(Resource::Services, &s.metadata, "svc"));
    let workloads = inventory.objects.workloads.iter().filter_map(|w| {
        let kind = GroupKind::new(w.kind.name());
        Some(known(super::resolve::resource_of(&kind)?, &w.metadata, &kind.short()))
    });
    // Workloads whose objects could not be read still show as the owners of pods.
    let groups = inventory.groups.iter().filter_map(|g| {
        let resource = super::resolve::resource_of(&g.kind)?;
        let listed = inventory.coverage.is_complete(resource, Some(&g.namespace));
        (!listed).then(|| Known { resource, namespace: &g.namespace, name: &g.name, short: g.kind.short() })
    });
    namespaces.chain(workloads).chain(groups).chain(services).chain(pods).collect()
}
