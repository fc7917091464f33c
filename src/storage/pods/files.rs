//! Files and variables made from ConfigMaps and Secrets (K01–K04, K06): whether these and their keys exist.

use super::{Judgement, PodCase, Stage, waits_for_environment};
use crate::inventory::{Inventory, Origin};
use crate::objects::{Keyed, KeysOf, PodVolume, Resource};
use crate::report::{Confidence, Finding, FindingKind, ObjectRef};
use crate::storage::findings::pod as kinds;
use crate::storage::words;

/// The ConfigMap with the API server's certificate, which every namespace is given.
const ROOT_CERTIFICATE: &str = "kube-root-ca.crt";

/// The sources of a volume: whether each is a Secret, and its keys.
pub(super) fn judge(case: &PodCase<'_, '_>, volume: &PodVolume, sources: &[(bool, &KeysOf)]) -> Judgement {
    let mut judgement = Judgement::default();
    for (secret, keys) in sources {
        let kinds = if *secret {
            (&kinds::SECRET_MISSING, &kinds::SECRET_KEY_MISSING)
        } else {
            (&kinds::CONFIG_MAP_MISSING, &kinds::CONFIG_MAP_KEY_MISSING)
        };
        let wanted = Wanted { secret: *secret, keys, field: format!("spec.volumes[{}]", volume.name), kinds };
        wanted.judge(case, &mut judgement);
    }
    judgement
}

/// Variables of containers that come from what is not there.
pub(super) fn environment(case: &PodCase<'_, '_>) -> Judgement {
    let mut judgement = Judgement::default();
    let told = waits_for_environment(case.pod);
    for container in case.pod.spec.init_containers.iter().chain(&case.pod.spec.containers) {
        for reference in container.env.iter().chain(&container.env_from) {
            let field = if reference.of.keys.is_empty() { "envFrom" } else { "env" };
            let kinds = (&kinds::ENVIRONMENT_MISSING, &kinds::ENVIRONMENT_MISSING);
            let field = format!("spec.containers[{}].{field}", container.name);
            let mut found = Judgement::default();
            Wanted { secret: reference.secret, keys: &reference.of, field, kinds }.judge(case, &mut found);
            // A container that names an object twice lacks it once.
            found.causes.retain(|finding| !judgement.causes.iter().any(|known| known.message == finding.message));
            judgement.causes.append(&mut found.causes);
            judgement.unread.append(&mut found.unread);
        }
    }
    let Some(told) = told else { return judgement };
    if judgement.causes.is_empty() {
        let sure = if judgement.unread.is_empty() { Confidence::Likely } else { Confidence::Possible };
        let finding = case.finding(&kinds::ENVIRONMENT_MISSING, format!("a container cannot be made: {told}")).with_confidence(sure);
        let finding = finding.shown_by(&case.me, "status.containerStatuses[].state.waiting.message", told);
        judgement.causes.push(finding.remedied_by("create what is missing; the container starts by itself", None));
    } else if let Some(first) = judgement.causes.first_mut() {
        *first = first.clone().shown_by(&case.me, "status.containerStatuses[].state.waiting.message", told);
    }
    judgement
}

/// A ConfigMap or Secret that somebody needs.
struct Wanted<'w> {
    secret: bool,
    keys: &'w KeysOf,
    field: String,
    /// What it is if the object is missing, and if a key is.
    kinds: (&'static FindingKind, &'static FindingKind),
}

impl Wanted<'_> {
    fn kind(&self) -> &'static str {
        if self.secret { "Secret" } else { "ConfigMap" }
    }

    fn resource(&self) -> Resource {
        if self.secret { Resource::Secrets } else { Resource::ConfigMaps }
    }

    fn find<'i>(&self, inventory: &'i Inventory, namespace: &str) -> Option<&'i Keyed> {
        if self.secret { inventory.secret(namespace, &self.keys.name) } else { inventory.config_map(namespace, &self.keys.name) }
    }

    fn judge(&self, case: &PodCase<'_, '_>, judgement: &mut Judgement) {
        let inventory = case.facts.inventory;
        let manifests = inventory.origin == Origin::Manifests;
        // Every namespace is given one; files need not have it.
        if self.keys.optional || self.keys.name.is_empty() || (manifests && self.keys.name == ROOT_CERTIFICATE) {
            return;
        }
        match self.find(inventory, case.namespace()) {
            Some(object) => {
                judgement.causes.extend(self.keys.keys.iter().filter(|key| !object.has(key)).map(|key| self.lacks(case, object, key)))
            }
            None if case.facts.knows(self.resource(), Some(case.namespace())) => judgement.causes.push(self.missing(case, manifests)),
            None => {
                judgement.unread.insert(self.resource());
            }
        }
    }

    fn missing(&self, case: &PodCase<'_, '_>, manifests: bool) -> Finding {
        let (name, namespace, inventory) = (&self.keys.name, case.namespace(), case.facts.inventory);
        let all = if self.secret { &inventory.objects.secrets } else { &inventory.objects.config_maps };
        let of = |object: &Keyed| object.metadata.namespace == namespace;
        let near = words::near(name, all.iter().filter(|object| of(object)).map(|object| object.metadata.name.as_str()));
        let elsewhere: Vec<&str> =
            all.iter().filter(|object| object.metadata.name == *name).map(|object| object.metadata.namespace.as_str()).collect();
        let hint = match (near, elsewhere.as_slice()) {
            (Some(near), _) => format!("; did you mean {near}?"),
            (None, []) => String::new(),
            // The certificate exists everywhere else, which says nothing.
            (None, _) if name == ROOT_CERTIFICATE => String::new(),
            (None, namespaces) => format!("; there is one in namespace {}", words::and(namespaces, 3)),
        };
        let kind = self.kind();
        let reference = ObjectRef::new(kind, namespace, name);
        let field = if self.secret { "secretName" } else { "name" };
        if manifests {
            let finding = case.finding(self.kinds.0, format!("{kind} \"{name}\" is not among these files{hint}"));
            return finding.with_confidence(Confidence::Possible).shown_by(&case.me, format!("{}.{field}", self.field), name);
        }
        let finding = case.finding(self.kinds.0, format!("{kind} \"{name}\" does not exist{hint}"));
        let finding =
            finding.shown_by(&case.me, format!("{}.{field}", self.field), name).shown_by(&reference, "metadata.name", "does not exist");
        if name == ROOT_CERTIFICATE {
            return finding.remedied_by("kube-controller-manager makes it in every namespace: see whether it runs", None);
        }
        let command = match self.secret {
            false => format!("kubectl create configmap {} -n {} --from-file=FOLDER", words::quoted(name), words::quoted(namespace)),
            true => format!("kubectl create secret generic {} -n {} --from-file=FOLDER", words::quoted(name), words::quoted(namespace)),
        };
        finding.remedied_by(
            format!("create it; the pod {}", if case.stage == Stage::Running { "goes on" } else { "then starts by itself" }),
            Some(command),
        )
    }

    fn lacks(&self, case: &PodCase<'_, '_>, object: &Keyed, key: &str) -> Finding {
        let (kind, name) = (self.kind(), &self.keys.name);
        let hint = words::near(key, object.keys()).map_or_else(String::new, |near| format!("; did you mean {near}?"));
        let mut keys: Vec<&str> = object.keys().collect();
        keys.sort_unstable();
        let there = if keys.is_empty() { "none".to_owned() } else { words::and(&keys, 8) };
        let finding = case.finding(self.kinds.1, format!("{kind} \"{name}\" has no key \"{key}\"{hint}"));
        finding
            .shown_by(&case.me, format!("{}.key", self.field), key)
            .shown_by(&ObjectRef::new(kind, case.namespace(), name), "data (keys)", there)
            .remedied_by(format!("add the key to the {kind}, or name another one in the pod"), None)
    }
}
