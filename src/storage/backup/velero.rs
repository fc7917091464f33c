//! Velero: which Backup holds the data of a claim, by the rules by which Velero chooses what it copies.
//!
//! A Backup's own spec is judged, not the template of its Schedule: Velero has completed it with the defaults of its server. What it
//! copied is not written in objects, volume by volume; files are copied or the Backup does not complete, snapshots are counted.

use std::cell::OnceCell;

use jiff::Timestamp;

use super::{Standing, Tool, Verdict, glob, named};
use crate::objects::{BackupSpec, Labels, PersistentVolumeClaim, Phase, Pod, PodVolume, Resource, Truth, VeleroBackup, VeleroSchedule};
use crate::report::{Finding, ObjectRef};
use crate::storage::facts::Facts;

/// Label by which a Backup names its Schedule.
const SCHEDULE: &str = "velero.io/schedule-name";
/// Label of what is left out of every backup.
const EXCLUDED: &str = "velero.io/exclude-from-backup";
/// Annotations of pods: volumes whose files are copied, and those whose are not.
const OPTED_IN: &str = "backup.velero.io/backup-volumes";
const OPTED_OUT: &str = "backup.velero.io/backup-volumes-excludes";
/// Annotation of Backups that are under rules for the whole server.
const GLOBAL_POLICY: &str = "velero.io/global-backup-volume-policy-configmap";
/// Names a kind goes by in lists of resources.
const CLAIMS: [&str; 3] = ["persistentvolumeclaims", "persistentvolumeclaim", "pvc"];
const PODS: [&str; 3] = ["pods", "pod", "po"];

/// The Schedules and Backups of a cluster.
pub(super) struct Velero<'f, 'a> {
    facts: &'f Facts<'a>,
    sources: Vec<Source<'a>>,
}

/// A Schedule with its newest Backup that has ended, or a Backup that somebody made by hand.
struct Source<'a> {
    reference: ObjectRef,
    spec: &'a BackupSpec,
    backup: Option<&'a VeleroBackup>,
    standing: Standing,
    /// Volumes that the Backup should have a snapshot of.
    wanted: OnceCell<u64>,
}

/// What a Backup has of a claim.
enum Held {
    /// The claim is none of its concern.
    Not,
    /// It should hold the data, and does not.
    Without(String),
    Unknown(String),
    /// The files.
    Files(String),
    /// A snapshot, if it took as many as it should.
    Snapshot,
}

impl<'f, 'a> Velero<'f, 'a> {
    pub(super) fn new(facts: &'f Facts<'a>) -> Self {
        let objects = &facts.inventory.objects;
        let mut sources: Vec<Source<'a>> = objects.velero_schedules.iter().map(|schedule| of_schedule(facts, schedule)).collect();
        let scheduled = |backup: &VeleroBackup| {
            let of = backup.metadata.labels.get(SCHEDULE);
            let same = |schedule: &VeleroSchedule| Some(schedule.metadata.name.as_str()) == of;
            objects.velero_schedules.iter().any(|s| same(s) && s.metadata.namespace == backup.metadata.namespace)
        };
        // What somebody made by hand and is of no use was not relied on.
        let of_use = |backup: &&VeleroBackup| {
            let expired = backup.status.expiration.zip(facts.now).is_some_and(|(end, now)| end < now);
            matches!(backup.status.phase.as_str(), "Completed" | "PartiallyFailed") && !expired
        };
        let by_hand = objects.velero_backups.iter().filter(of_use).filter(|backup| !scheduled(backup));
        sources.extend(by_hand.map(|backup| {
            let scheduled = backup.metadata.labels.get(SCHEDULE).is_some();
            let standing = if scheduled && !facts.knows(Resource::VeleroSchedules, Some(&backup.metadata.namespace)) {
                Standing::Doubtful("is of a Schedule that could not be read".to_owned())
            } else {
                of_backup(facts, backup, "")
            };
            Source { reference: reference(backup), spec: &backup.spec, backup: Some(backup), standing, wanted: OnceCell::new() }
        }));
        Self { facts, sources }
    }

    fn held(&self, source: &Source<'_>, claim: &PersistentVolumeClaim) -> Held {
        let spec = source.spec;
        match glob::admits(&spec.included_namespaces, &spec.excluded_namespaces, &claim.metadata.namespace) {
            Truth::No => return Held::Not,
            Truth::Unknown => return Held::Unknown("has a pattern of namespaces that is not followed".to_owned()),
            Truth::Yes => {}
        }
        let policy = spec.resource_policy.as_ref().map(|policy| policy.name.as_str());
        let global = || source.backup.and_then(|backup| backup.metadata.annotations.get(GLOBAL_POLICY));
        if let Some(rules) = policy.or_else(global) {
            return Held::Unknown(format!("has rules for volumes in ConfigMap {rules}"));
        }
        self.copied(spec, claim)
    }

    /// Rule: files of volumes of running pods, where the pod or the Backup asks for them; of the other volumes a snapshot.
    fn copied(&self, spec: &BackupSpec, claim: &PersistentVolumeClaim) -> Held {
        let (namespace, name) = claim.metadata.key();
        for (kind, scope) in [(Resource::Pods, Some(namespace)), (Resource::PersistentVolumes, None)] {
            if !self.facts.knows(kind, scope) {
                return Held::Unknown(format!("copies files of pods' volumes, and {} could not be read", kind.qualified()));
            }
        }
        let mut selected = if takes(spec, &CLAIMS) { picks(spec, &claim.metadata.labels) } else { Truth::No };
        let mut without = None;
        for pod in self.facts.users(namespace, name) {
            let of_pod = if takes(spec, &PODS) { picks(spec, &pod.metadata.labels) } else { Truth::No };
            let of_claim = |volume: &&PodVolume| volume.persistent_volume_claim.as_ref().is_some_and(|source| source.claim_name == name);
            for volume in pod.spec.volumes.iter().filter(of_claim).filter(|volume| wants_files(spec, pod, volume)) {
                match (of_pod, self.keeps_files_from(claim, pod, volume)) {
                    (Truth::Yes, None) => return Held::Files(format!("files, read from pod {}", pod.metadata.name)),
                    (Truth::Yes, Some(why)) => without = Some(why),
                    (Truth::Unknown, _) => return Held::Unknown("has a selector that cannot be read".to_owned()),
                    // Rule: a volume whose files are wanted is not snapshotted, whether the pod is backed up or not.
                    (Truth::No, _) => without = Some(format!("copies files of volumes, and pod {} is not in it", pod.metadata.name)),
                }
            }
            // A pod that is backed up brings its claims along, but for those that say no.
            let excluded = claim.metadata.labels.get(EXCLUDED) == Some("true");
            if of_pod == Truth::Yes && takes(spec, &CLAIMS) && !excluded {
                selected = Truth::Yes;
            }
        }
        match (selected, without) {
            (_, Some(why)) => Held::Without(why),
            (Truth::No, None) => Held::Not,
            (Truth::Unknown, None) => Held::Unknown("has a selector that cannot be read".to_owned()),
            (Truth::Yes, None) if spec.snapshot_volumes == Some(false) => {
                Held::Without("takes no snapshots, and no pod has its files copied".to_owned())
            }
            (Truth::Yes, None) => Held::Snapshot,
        }
    }

    /// Why the files of a volume cannot be read.
    fn keeps_files_from(&self, claim: &PersistentVolumeClaim, pod: &Pod, volume: &PodVolume) -> Option<String> {
        let uses = |uses: &[crate::objects::VolumeUse]| uses.iter().any(|used| used.name == volume.name);
        let name = &pod.metadata.name;
        if pod.status.phase != Phase::Running {
            return Some(format!("copies files of running pods, and pod {name} does not run"));
        }
        let on_host = self.facts.volume(&claim.spec.volume_name).is_some_and(|volume| volume.spec.host_path.is_some());
        if on_host {
            return Some("copies no files of hostPath volumes".to_owned());
        }
        if pod.spec.containers.iter().any(|container| uses(&container.volume_devices)) {
            return Some("copies no files of block devices".to_owned());
        }
        let mounted = pod.spec.containers.iter().any(|container| uses(&container.volume_mounts));
        (!mounted).then(|| format!("copies files that a container mounts, and none of pod {name} does"))
    }

    /// Rule: a Backup that completed has all snapshots it tried; fewer than there are volumes leave some out.
    fn snapshots(&self, source: &Source<'_>, backup: &VeleroBackup) -> Held {
        let status = &backup.status;
        let taken = status.volume_snapshots_completed + status.csi_volume_snapshots_completed.max(status.backup_item_operations_completed);
        if taken == 0 {
            return Held::Without("took no snapshot of any volume".to_owned());
        }
        let wanted = *source.wanted.get_or_init(|| {
            let meant = |claim: &&PersistentVolumeClaim| {
                claim.status.phase == "Bound" && existed(claim, backup) && matches!(self.held(source, claim), Held::Snapshot)
            };
            u64::try_from(self.facts.inventory.objects.claims.iter().filter(meant).count()).unwrap_or(u64::MAX)
        });
        if taken >= wanted { Held::Snapshot } else { Held::Unknown(format!("took {taken} snapshots of {wanted} volumes")) }
    }

    fn judge_source(&self, source: &Source<'_>, claim: &PersistentVolumeClaim) -> Verdict {
        let about = |why: String| format!("{} {why}", named(&source.reference));
        let mut held = self.held(source, claim);
        if let (Held::Snapshot, Some(backup), Standing::Works(_)) = (&held, source.backup, &source.standing) {
            held = self.snapshots(source, backup);
        }
        let how = match held {
            Held::Not => return Verdict::Nothing,
            Held::Without(why) => return Verdict::Broken(about(why)),
            Held::Unknown(why) => return Verdict::Unknown(about(why)),
            Held::Files(how) => how,
            Held::Snapshot => "a snapshot".to_owned(),
        };
        match source.backup {
            Some(backup) if matches!(source.standing, Standing::Works(_)) && !existed(claim, backup) => {
                Verdict::Broken(about("has no backup since the claim was made".to_owned()))
            }
            _ => source.standing.verdict(&source.reference, &how),
        }
    }
}

impl Tool for Velero<'_, '_> {
    fn judge(&self, claim: &PersistentVolumeClaim) -> Verdict {
        super::best(self.sources.iter().map(|source| self.judge_source(source, claim)).collect())
    }

    fn findings(&self) -> Vec<Finding> {
        self.sources.iter().filter(|s| s.reference.kind == "Schedule").filter_map(|s| s.standing.finding(&s.reference)).collect()
    }
}

fn reference(backup: &VeleroBackup) -> ObjectRef {
    ObjectRef::new("Backup", &backup.metadata.namespace, &backup.metadata.name)
}

/// When a Backup began.
fn began(backup: &VeleroBackup) -> Option<Timestamp> {
    backup.status.start_timestamp.or(backup.metadata.creation_timestamp)
}

/// Whether the claim was there when the Backup began.
fn existed(claim: &PersistentVolumeClaim, backup: &VeleroBackup) -> bool {
    claim.metadata.creation_timestamp <= began(backup)
}

fn has_ended(backup: &VeleroBackup) -> bool {
    matches!(backup.status.phase.as_str(), "Completed" | "PartiallyFailed" | "Failed" | "FailedValidation")
}

fn of_schedule<'a>(facts: &Facts<'a>, schedule: &'a VeleroSchedule) -> Source<'a> {
    let meta = &schedule.metadata;
    let reference = ObjectRef::new("Schedule", &meta.namespace, &meta.name);
    let own = |backup: &&VeleroBackup| {
        backup.metadata.namespace == meta.namespace && backup.metadata.labels.get(SCHEDULE) == Some(&meta.name) && has_ended(backup)
    };
    let newest = facts.inventory.objects.velero_backups.iter().filter(own).max_by_key(|backup| began(backup));
    let broken = |why: &str, field, value: &str| Standing::Broken(why.to_owned(), vec![(reference.clone(), field, value.to_owned())]);
    let standing = if schedule.spec.paused {
        broken("is paused", "spec.paused", "true")
    } else if schedule.status.phase == "FailedValidation" {
        broken("is not valid", "status.phase", "FailedValidation")
    } else {
        match newest {
            _ if !facts.knows(Resource::VeleroBackups, Some(&meta.namespace)) => {
                Standing::Doubtful("made backups that could not be read".to_owned())
            }
            Some(backup) => of_backup(facts, backup, &format!("made {} last, which ", backup.metadata.name)),
            None => broken("has no backup that has ended", "status.phase", &schedule.status.phase),
        }
    };
    let spec = newest.map_or(&schedule.spec.template, |backup| &backup.spec);
    Source { reference, spec, backup: newest, standing, wanted: OnceCell::new() }
}

/// `lead`: what goes before the verb.
fn of_backup(facts: &Facts<'_>, backup: &VeleroBackup, lead: &str) -> Standing {
    let (reference, status) = (reference(backup), &backup.status);
    let broken = |why: String, field, value: String| Standing::Broken(format!("{lead}{why}"), vec![(reference.clone(), field, value)]);
    match (status.phase.as_str(), status.expiration, facts.now) {
        ("PartiallyFailed", ..) => Standing::Doubtful(format!("{lead}failed in part: only its log says what it lacks")),
        ("Completed", Some(end), Some(now)) if end < now => broken("has expired".to_owned(), "status.expiration", end.to_string()),
        ("Completed", Some(_), None) => Standing::Doubtful(format!("{lead}may have expired: without a clock that cannot be told")),
        ("Completed", ..) => Standing::Works(status.completion_timestamp.or_else(|| began(backup))),
        (phase, ..) => {
            let why = if status.failure_reason.is_empty() { String::new() } else { format!(": {}", status.failure_reason) };
            broken(format!("failed{why}"), "status.phase", phase.to_owned())
        }
    }
}

/// Whether a Backup takes a kind. Rule: the older lists and the newer ones are never used together.
fn takes(spec: &BackupSpec, names: &[&str]) -> bool {
    let listed = |list: &[String]| list.iter().any(|name| name == "*" || names.contains(&name.to_lowercase().as_str()));
    let included = |list: &[String]| list.is_empty() || listed(list);
    included(&spec.included_resources)
        && included(&spec.included_namespace_scoped_resources)
        && !listed(&spec.excluded_resources)
        && !listed(&spec.excluded_namespace_scoped_resources)
}

/// Whether a Backup takes an object with these labels.
fn picks(spec: &BackupSpec, labels: &Labels) -> Truth {
    if labels.get(EXCLUDED) == Some("true") {
        return Truth::No;
    }
    if let Some(selector) = &spec.label_selector {
        return selector.matches(labels);
    }
    if spec.or_label_selectors.is_empty() {
        return Truth::Yes;
    }
    spec.or_label_selectors.iter().fold(Truth::No, |found, selector| found.or(selector.matches(labels)))
}

/// Whether the files of a pod's volume are to be copied: all but those that opt out, or those that opt in. Rule: not where snapshots
/// are copied elsewhere.
fn wants_files(spec: &BackupSpec, pod: &Pod, volume: &PodVolume) -> bool {
    let lists = |key: &str| pod.metadata.annotations.get(key).is_some_and(|names| names.split(',').any(|name| name == volume.name));
    if spec.snapshot_move_data == Some(true) {
        return false;
    }
    let all = spec.default_volumes_to_fs_backup.or(spec.default_volumes_to_restic) == Some(true);
    if all { !lists(OPTED_OUT) } else { lists(OPTED_IN) }
}
