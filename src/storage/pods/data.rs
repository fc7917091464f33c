//! What a volume is, where its data lives, and what becomes of it when the pod or the claim goes.

use super::{PodCase, claims};
use crate::objects::{OtherSource, PersistentVolume, PodVolume, Projection, Workload, WorkloadKind};

/// A volume as its owner should know it.
pub(super) struct Data {
    pub(super) kind: &'static str,
    pub(super) source: String,
    /// The PersistentVolume.
    pub(super) volume: String,
    pub(super) place: String,
    pub(super) after_pod: String,
    pub(super) after_claim: Option<String>,
}

const MADE_ANEW: &str = "made anew for the next pod";

pub(super) fn of(case: &PodCase<'_, '_>, volume: &PodVolume) -> Data {
    if let Some(name) = claims::name_of(case, volume) {
        return of_claim(case, volume, &name);
    }
    let node = if case.node().is_empty() { "the pod's node".to_owned() } else { format!("node {}", case.node()) };
    let data = |kind, source: String, place: String, after_pod: &str| Data {
        kind,
        source,
        volume: String::new(),
        place,
        after_pod: after_pod.to_owned(),
        after_claim: None,
    };
    let copies = format!("copies in the memory of {node}");
    match volume.other.as_deref() {
        Some(OtherSource::ConfigMap(keys)) => data("configMap", format!("ConfigMap {}", keys.name), copies, MADE_ANEW),
        Some(OtherSource::Secret(keys)) => data("secret", format!("Secret {}", keys.name), copies, MADE_ANEW),
        Some(OtherSource::Projected(sources)) => {
            let name = |source: &Projection| match source {
                Projection::ConfigMap(keys) => format!("ConfigMap {}", keys.name),
                Projection::Secret(keys) => format!("Secret {}", keys.name),
            };
            let mut names: Vec<String> = sources.iter().map(name).collect();
            if volume.name.starts_with("kube-api-access-") {
                names.insert(0, "token of the ServiceAccount".to_owned());
            }
            data("projected", names.join(", "), copies, MADE_ANEW)
        }
        Some(OtherSource::EmptyDir(dir)) => {
            let limit = dir.size_limit.as_ref().map_or_else(|| "empty folder".to_owned(), |limit| format!("empty folder, at most {limit}"));
            let place = match dir.medium.as_str() {
                "" => format!("disk of {node}"),
                "Memory" => format!("memory of {node}, counted as the pod's"),
                other => format!("{other} of {node}"),
            };
            data("emptyDir", limit, place, "lost")
        }
        Some(OtherSource::HostPath(path)) => {
            data("hostPath", path.path.clone(), format!("disk of {node}"), "stays on that node; a pod on another node sees another folder")
        }
        Some(OtherSource::Csi(csi)) => data("csi", format!("driver {}", csi.driver), format!("as the driver makes it on {node}"), "lost"),
        Some(OtherSource::Nfs(nfs)) => data("nfs", format!("{}:{}", nfs.server, nfs.path), "the server".to_owned(), "stays"),
        Some(OtherSource::Field("downwardAPI")) => data("downwardAPI", "fields of the pod".to_owned(), copies, MADE_ANEW),
        Some(OtherSource::Field("image")) => data("image", "files of an image".to_owned(), format!("disk of {node}, read-only"), MADE_ANEW),
        Some(OtherSource::Field("gitRepo")) => data("gitRepo", "copy of a repository".to_owned(), format!("disk of {node}"), "lost"),
        Some(OtherSource::Field(field)) => data(field, String::new(), "outside of the cluster".to_owned(), "stays"),
        None => data("unknown", String::new(), "unknown".to_owned(), "unknown"),
    }
}

fn of_claim(case: &PodCase<'_, '_>, volume: &PodVolume, name: &str) -> Data {
    let claim = case.facts.claim(case.namespace(), name);
    let behind = claim.and_then(|claim| case.facts.volume(&claim.spec.volume_name));
    let named = claim.map(|claim| claim.spec.volume_name.clone()).unwrap_or_default();
    let ephemeral = volume.persistent_volume_claim.is_none();
    let place = match (behind, named.as_str()) {
        (Some(behind), _) => place(behind),
        (None, "") => "no volume yet".to_owned(),
        (None, _) => "unknown".to_owned(),
    };
    let policy = behind.map(|behind| behind.spec.persistent_volume_reclaim_policy.as_str());
    let after_claim = match policy {
        Some("Delete") => "volume and data are deleted".to_owned(),
        Some("Recycle") => "all files are deleted, and the volume serves another claim".to_owned(),
        Some(_) => "volume and data stay, Released: no other claim gets them by itself".to_owned(),
        None => "unknown".to_owned(),
    };
    let after_pod = if ephemeral {
        format!("the claim goes with the pod: {after_claim}")
    } else {
        match retention(case, volume) {
            Some(retention) => format!("stays; {retention}"),
            None => "stays".to_owned(),
        }
    };
    Data {
        kind: if ephemeral { "ephemeral" } else { "persistentVolumeClaim" },
        source: format!("claim {name}"),
        volume: named,
        place,
        after_pod,
        after_claim: Some(after_claim),
    }
}

/// What the StatefulSet does with the claims of its templates.
fn retention(case: &PodCase<'_, '_>, volume: &PodVolume) -> Option<String> {
    let of_set = |w: &&Workload| {
        w.kind == WorkloadKind::StatefulSet && w.claim_templates.iter().any(|template| template.metadata.name == volume.name)
    };
    let set = case.workload.filter(of_set)?;
    let deletes = |policy: &str| policy == "Delete";
    Some(match (deletes(&set.claim_retention.when_scaled), deletes(&set.claim_retention.when_deleted)) {
        (false, false) => "the StatefulSet keeps its claims".to_owned(),
        (true, true) => "the claim goes when the StatefulSet is scaled down or deleted".to_owned(),
        (true, false) => "the claim goes when the StatefulSet is scaled down".to_owned(),
        (false, true) => "the claim goes when the StatefulSet is deleted".to_owned(),
    })
}

/// Where the data of a volume lives.
pub(in crate::storage) fn place(volume: &PersistentVolume) -> String {
    let spec = &volume.spec;
    if let Some(csi) = &spec.csi {
        let nodes = volume.required_nodes().map_or_else(String::new, |nodes| format!(", for {}", nodes.describe()));
        return format!("driver {}, {}{nodes}", csi.driver, csi.volume_handle);
    }
    if let Some(path) = &spec.local {
        let nodes = volume.required_nodes().map_or_else(|| "a node".to_owned(), crate::objects::NodeSelector::describe);
        return format!("{} of {nodes}", path.path);
    }
    if let Some(path) = &spec.host_path {
        return match volume.required_nodes() {
            Some(nodes) => format!("{} of {}", path.path, nodes.describe()),
            None => format!("{} of whatever node the pod is on", path.path),
        };
    }
    if let Some(nfs) = &spec.nfs {
        return format!("{}:{}", nfs.server, nfs.path);
    }
    volume.in_tree().map_or_else(|| "unknown".to_owned(), str::to_owned)
}
