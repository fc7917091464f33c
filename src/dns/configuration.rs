//! The Corefile that the cluster's servers run with: which ConfigMap it is in, and what it says.

use std::collections::BTreeMap;
use std::fmt;

use super::cluster;
use super::corefile::{self, Corefile, Files, Folder, Malformed};
use crate::inventory::{Inventory, Origin};
use crate::objects::{Container, Keyed, KeysOf, OtherSource, Pod, PodSpec, Projection, Resource};

/// Name of the file, and of the key that becomes it.
const COREFILE: &str = "Corefile";
/// Where the cluster's servers are.
const NAMESPACE: &str = "kube-system";

/// What the servers run with.
#[derive(Debug, Clone)]
pub struct Configuration<'a> {
    /// The ConfigMap with the Corefile.
    pub map: &'a Keyed,
    /// How it was found.
    pub found: FoundBy,
    /// What it says.
    pub corefile: Result<Corefile, Malformed>,
}

/// How the ConfigMap was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// Pods behind the Service mount it.
    Mount,
    /// By its name or its keys, because no such pod could be read.
    Name,
}

/// Why no Corefile was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoCorefile {
    /// ConfigMaps of the namespace could not be read.
    Unreadable,
    /// There is no ConfigMap that the servers could have it from.
    None,
    /// Pods mount this ConfigMap, and it does not exist.
    Missing(String),
    /// It is one of these, and they cannot be told apart; or some servers have one and some another.
    Several(Vec<String>),
    /// This ConfigMap has it, and its text was not recorded.
    NotRecorded(String),
}

impl fmt::Display for NoCorefile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => write!(f, "ConfigMaps of {NAMESPACE} were not read"),
            Self::None => write!(f, "no ConfigMap of {NAMESPACE} has a Corefile"),
            Self::Missing(name) => write!(f, "the ConfigMap {name} does not exist"),
            Self::Several(names) => write!(f, "the Corefile may be that of {}", names.join(" or ")),
            Self::NotRecorded(name) => write!(f, "the text of the ConfigMap {name} was not recorded"),
        }
    }
}

impl<'a> Configuration<'a> {
    /// Of the servers behind the Service of the cluster's servers.
    ///
    /// # Errors
    /// No Corefile was read.
    pub fn of(inventory: &'a Inventory) -> Result<Self, NoCorefile> {
        let mounts: Vec<Mounted<'_>> = servers(inventory).filter_map(|pod| Mounted::of(inventory, &pod.spec)).collect();
        let Some(first) = mounts.first() else { return Self::by_name(inventory) };
        if mounts.iter().any(|other| other.map != first.map) {
            return Err(NoCorefile::several(mounts.iter().map(|mounted| mounted.map)));
        }
        match inventory.config_map(NAMESPACE, first.map) {
            Some(map) => Self::read(inventory, map, FoundBy::Mount, &first.files),
            None if is_complete(inventory) => Err(NoCorefile::Missing(first.map.to_owned())),
            None => Err(NoCorefile::Unreadable),
        }
    }

    /// Without pods: the one of the usual name, or the only one that has a Corefile.
    fn by_name(inventory: &'a Inventory) -> Result<Self, NoCorefile> {
        let with_corefile = |map: &&Keyed| map.metadata.namespace == NAMESPACE && map.has(COREFILE);
        let maps = inventory.objects.config_maps.iter().filter(with_corefile);
        let others: Vec<&Keyed> = maps.filter(|map| map.metadata.name != "node-local-dns").collect();
        let usual = others.iter().find(|map| map.metadata.name == "coredns").copied();
        match (usual, others.as_slice()) {
            (Some(map), _) | (None, &[map]) => Self::read(inventory, map, FoundBy::Name, &Files::default()),
            (None, []) if is_complete(inventory) => Err(NoCorefile::None),
            (None, []) => Err(NoCorefile::Unreadable),
            (None, several) => Err(NoCorefile::several(several.iter().map(|map| map.metadata.name.as_str()))),
        }
    }

    fn read(inventory: &Inventory, map: &'a Keyed, found: FoundBy, files: &Files<'_>) -> Result<Self, NoCorefile> {
        // Older snapshots have keys without values.
        let recorded = |text: &&str| !(text.is_empty() && inventory.origin == Origin::Snapshot);
        let text = map.text(COREFILE).filter(recorded).ok_or_else(|| NoCorefile::NotRecorded(map.metadata.name.clone()))?;
        Ok(Self { map, found, corefile: corefile::parse(text, files) })
    }
}

impl NoCorefile {
    fn several<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        names.sort();
        names.dedup();
        Self::Several(names)
    }
}

fn is_complete(inventory: &Inventory) -> bool {
    inventory.coverage.is_complete(Resource::ConfigMaps, Some(NAMESPACE))
}

/// The pods behind the Service of the cluster's servers.
pub fn servers(inventory: &Inventory) -> impl Iterator<Item = &Pod> {
    let service = cluster::service(inventory).filter(|service| !service.spec.selector.is_empty());
    let selected = move |pod: &&Pod| {
        service.is_some_and(|service| {
            let labels = &pod.metadata.labels;
            pod.metadata.namespace == service.metadata.namespace
                && service.spec.selector.iter().all(|(key, value)| labels.get(key) == Some(value))
        })
    };
    inventory.pods.iter().map(|info| &info.pod).filter(selected)
}

/// The ConfigMap that a pod has its Corefile from, and the files that it may import.
struct Mounted<'a> {
    map: &'a str,
    files: Files<'a>,
}

impl<'a> Mounted<'a> {
    fn of(inventory: &'a Inventory, spec: &'a PodSpec) -> Option<Self> {
        spec.containers.iter().find_map(|container| Self::in_container(inventory, spec, container))
    }

    fn in_container(inventory: &'a Inventory, spec: &'a PodSpec, container: &'a Container) -> Option<Self> {
        let mounts = || {
            let volumes = container.volume_mounts.iter().map(|mount| (mount, spec.volumes.iter().find(|volume| volume.name == mount.name)));
            volumes.flat_map(|(mount, volume)| {
                volume.map_or_else(Vec::new, |volume| config_maps(volume.other.as_deref())).into_iter().map(move |keys| (mount, keys))
            })
        };
        let has_corefile = |keys: &KeysOf| match (keys.keys.is_empty(), inventory.config_map(NAMESPACE, &keys.name)) {
            (false, _) => keys.paths.iter().any(|path| path == COREFILE),
            (true, Some(map)) => map.has(COREFILE),
            (true, None) => false,
        };
        let (home, map) = mounts().find(|(_, keys)| has_corefile(keys)).map(|(mount, keys)| (&mount.mount_path, &keys.name))?;
        let mut files = Files::beside(home);
        for (mount, keys) in mounts() {
            match inventory.config_map(NAMESPACE, &keys.name) {
                Some(map) => files.add(&mount.mount_path, folder(map, keys)),
                None if is_complete(inventory) => files.add(&mount.mount_path, Folder::new()),
                None => {}
            }
        }
        Some(Self { map, files })
    }
}

fn config_maps(source: Option<&OtherSource>) -> Vec<&KeysOf> {
    match source {
        Some(OtherSource::ConfigMap(keys)) => vec![keys],
        Some(OtherSource::Projected(sources)) => {
            let maps = sources.iter().filter_map(|source| match source {
                Projection::ConfigMap(keys) => Some(keys),
                Projection::Secret(_) => None,
            });
            maps.collect()
        }
        _ => Vec::new(),
    }
}

/// The files that keys of a ConfigMap become.
fn folder<'a>(map: &'a Keyed, keys: &'a KeysOf) -> Folder<'a> {
    if keys.keys.is_empty() {
        return map.keys().map(|key| (key, map.text(key))).collect();
    }
    let files: BTreeMap<&str, Option<&str>> = keys.paths.iter().zip(&keys.keys).map(|(path, key)| (path.as_str(), map.text(key))).collect();
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::{Collected, Coverage, State};
    use crate::objects::Objects;

    const SERVICE: &str =
        "[{metadata: {namespace: kube-system, name: kube-dns}, spec: {clusterIP: 10.96.0.10, selector: {k8s-app: kube-dns}}}]";

    /// A pod that mounts these ConfigMaps, each at its path.
    fn pod(name: &str, maps: &[(&str, &str)]) -> Pod {
        let volumes: Vec<String> =
            maps.iter().map(|(map, _)| format!("{{name: {map}, configMap: {{name: {map}, optional: true}}}}")).collect();
        let mounts: Vec<String> = maps.iter().map(|(map, path)| format!("{{name: {map}, mountPath: {path}}}")).collect();
        let text = format!(
            "{{metadata: {{namespace: kube-system, name: {name}, labels: {{k8s-app: kube-dns}}}}, spec: {{volumes: [{}], containers: [{{name: c, volumeMounts: [{}]}}]}}}}",
            volumes.join(", "),
            mounts.join(", ")
        );
        serde_saphyr::from_str(&text).unwrap()
    }

    fn map(name: &str, key: &str, text: &str) -> Keyed {
        let object = serde_json::json!({"metadata": {"namespace": "kube-system", "name": name}, "data": {key: text}});
        Keyed::config_map(object).unwrap()
    }

    fn told(pods: Vec<Pod>, config_maps: Vec<Keyed>, complete: bool) -> String {
        let mut coverage = Coverage::default();
        coverage.record(Resource::ConfigMaps, None, if complete { State::Complete } else { State::Forbidden });
        let objects = Objects { pods, config_maps, services: serde_saphyr::from_str(SERVICE).unwrap(), ..Objects::default() };
        let inventory = Inventory::build(Collected { objects, coverage, ..Collected::default() });
        match Configuration::of(&inventory) {
            Ok(Configuration { map, found, corefile }) => {
                let corefile = corefile.unwrap();
                let keys: Vec<String> = corefile.blocks.iter().map(|block| block.keys.join(" ")).collect();
                format!("{} {found:?}: {}; {} unread", map.metadata.name, keys.join(", "), corefile.unread.len())
            }
            Err(none) => none.to_string(),
        }
    }

    #[test]
    fn the_configmap_is_the_one_that_the_servers_mount() {
        let mounts = |name| vec![pod("a", &[(name, "/etc/coredns"), ("custom", "/etc/coredns/custom")])];
        let maps = || vec![map("coredns", "Corefile", ".\n"), map("mine", "Corefile", "b.example {\n}\nimport custom/*.server\n")];
        let custom = || [maps(), vec![map("custom", "c.server", "c.example {\n}\n")]].concat();
        assert_eq!(told(mounts("mine"), custom(), true), "mine Mount: b.example, c.example; 0 unread");
        assert_eq!(told(mounts("mine"), maps(), true), "mine Mount: b.example; 0 unread");
        assert_eq!(told(mounts("mine"), maps(), false), "mine Mount: b.example; 1 unread");
        let both = [mounts("mine"), vec![pod("b", &[("coredns", "/etc/coredns")])]].concat();
        assert_eq!(told(both, maps(), true), "the Corefile may be that of coredns or mine");
    }

    #[test]
    fn without_pods_it_is_the_one_of_the_usual_name_or_the_only_one() {
        let [usual, other] = [map("coredns", "Corefile", ".\n"), map("rke2-coredns-rke2-coredns", "Corefile", "a\n")];
        let [node_local, unrelated] = [map("node-local-dns", "Corefile", "b\n"), map("x", "y", "z")];
        assert_eq!(told(vec![], vec![node_local.clone(), other.clone(), usual], true), "coredns Name: .; 0 unread");
        assert_eq!(told(vec![], vec![node_local, other.clone()], true), "rke2-coredns-rke2-coredns Name: a; 0 unread");
        let several = "the Corefile may be that of mine or rke2-coredns-rke2-coredns";
        assert_eq!(told(vec![], vec![map("mine", "Corefile", "c\n"), other], true), several);
        assert_eq!(told(vec![], vec![unrelated.clone()], true), "no ConfigMap of kube-system has a Corefile");
        assert_eq!(told(vec![], vec![unrelated], false), "ConfigMaps of kube-system were not read");
    }
}
