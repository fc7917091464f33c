//! Whether anybody has a copy of a claim's data: Velero, Stash, KubeStash, or a VolumeSnapshot.
//!
//! *Covered* is a claim of which a run that has ended well, and is kept still, holds the data. A schedule that is paused, or whose newest
//! run failed, covers nothing, whatever it made before. What cannot be read, or what no object tells, leads to *unknown*.

mod glob;
mod plans;
mod snapshots;
mod velero;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::facts::Facts;
use super::findings::backup::{BACKUP_NOT_WORKING, CLAIMS_WITHOUT_BACKUP};
use super::words;
use crate::inventory::{Origin, State};
use crate::objects::{PersistentVolumeClaim, Resource};
use crate::report::overview::{BackupState, Backups, ClaimBackup};
use crate::report::{Finding, ObjectRef};

/// Kinds that tell of backups.
pub const KINDS: [Resource; 9] = [
    Resource::VolumeSnapshots,
    Resource::VeleroSchedules,
    Resource::VeleroBackups,
    Resource::StashConfigurations,
    Resource::StashBatches,
    Resource::StashSessions,
    Resource::KubeStashConfigurations,
    Resource::KubeStashBatches,
    Resource::KubeStashSessions,
];
/// Claims that a finding lists.
const SHOWN: usize = 20;

/// What one tool says of a claim.
#[derive(Debug, Clone)]
enum Verdict {
    /// A copy is there.
    Covered { by: ObjectRef, at: Option<Timestamp>, how: String },
    /// Not to be told.
    Unknown(String),
    /// Something is set up for the claim and makes no copy.
    Broken(String),
    /// Nothing is set up for it.
    Nothing,
}

/// Something that makes backups, and what became of its newest run.
#[derive(Debug)]
enum Standing {
    /// The newest run ended well, at this time.
    Works(Option<Timestamp>),
    /// It may or may not hold what it should.
    Doubtful(String),
    /// It makes none, or none that is of use: why, and the fields that show it.
    Broken(String, Vec<(ObjectRef, &'static str, String)>),
}

impl Standing {
    /// What is said of a claim that it is set up for.
    fn verdict(&self, by: &ObjectRef, how: &str) -> Verdict {
        let named = named(by);
        match self {
            Self::Works(at) => Verdict::Covered { by: by.clone(), at: *at, how: how.to_owned() },
            Self::Doubtful(why) => Verdict::Unknown(format!("{named} {why}")),
            Self::Broken(why, _) => Verdict::Broken(format!("{named} {why}")),
        }
    }

    /// A finding about what does not work.
    fn finding(&self, about: &ObjectRef) -> Option<Finding> {
        let Self::Broken(why, shown) = self else { return None };
        let finding = BACKUP_NOT_WORKING.on(about.clone(), format!("{} {why}: it covers no claim", named(about)));
        Some(shown.iter().fold(finding, |finding, (object, field, value)| finding.shown_by(object, *field, value)))
    }
}

/// A tool that makes backups.
trait Tool {
    /// What it says of a claim.
    fn judge(&self, claim: &PersistentVolumeClaim) -> Verdict;
    /// What of it does not work.
    fn findings(&self) -> Vec<Finding>;
}

/// A kind that could not be read whole: whatever it would tell is unknown.
struct Unreadable(Resource);

impl Tool for Unreadable {
    fn judge(&self, _: &PersistentVolumeClaim) -> Verdict {
        Verdict::Unknown(format!("{} could not be read", self.0.qualified()))
    }

    fn findings(&self) -> Vec<Finding> {
        Vec::new()
    }
}

/// `Schedule velero/nightly`.
fn named(object: &ObjectRef) -> String {
    format!("{} {}/{}", object.kind, object.namespace, object.name)
}

/// Backups of the claims in a namespace, or in all; none where nothing that makes any is installed.
pub(super) fn backups(facts: &Facts<'_>, namespace: Option<&str>) -> (Option<Backups>, Vec<Finding>) {
    let installed: Vec<Resource> = KINDS.into_iter().filter(|kind| is_installed(facts, *kind)).collect();
    if installed.is_empty() {
        return (None, Vec::new());
    }
    let mut tools: Vec<Box<dyn Tool + '_>> = vec![Box::new(velero::Velero::new(facts)), Box::new(plans::Plans::new(facts))];
    if installed.contains(&Resource::VolumeSnapshots) {
        tools.push(Box::new(snapshots::Snapshots::new(facts)));
    }
    // Snapshots are judged namespace by namespace; what tools keep in a namespace of their own can be about any claim.
    let holes = installed.iter().filter(|kind| kind.is_of_backup_tool() && !facts.knows(**kind, None));
    tools.extend(holes.map(|kind| Box::new(Unreadable(*kind)) as Box<dyn Tool>));
    let here = |claim: &&PersistentVolumeClaim| namespace.is_none_or(|namespace| claim.metadata.namespace == namespace);
    // What is not bound holds no data; what a pod made for itself goes with the pod.
    let of_a_pod = |claim: &PersistentVolumeClaim| claim.metadata.controller().is_some_and(|owner| owner.kind == "Pod");
    let claims = facts.inventory.objects.claims.iter().filter(here).filter(|claim| claim.status.phase == "Bound" && !of_a_pod(claim));
    let claims: Vec<ClaimBackup> = claims.map(|claim| judge(facts, &tools, claim)).collect();
    let count = |state: BackupState| claims.iter().filter(|claim| claim.state == state).count();
    let mut names: Vec<&'static str> = installed.iter().map(|kind| tool_name(*kind)).collect();
    names.sort_unstable();
    names.dedup();
    let mut findings: Vec<Finding> = tools.iter().flat_map(|tool| tool.findings()).collect();
    findings.extend(uncovered(facts, &claims));
    let backups = Backups {
        tools: names,
        covered: count(BackupState::Covered),
        not_covered: count(BackupState::NotCovered),
        unknown: count(BackupState::Unknown),
        claims,
    };
    (Some(backups), findings)
}

/// Whether the cluster has the kind.
fn is_installed(facts: &Facts<'_>, kind: Resource) -> bool {
    let objects = &facts.inventory.objects;
    if facts.inventory.origin == Origin::Manifests {
        return match tool_name(kind) {
            "VolumeSnapshots" => !objects.volume_snapshots.is_empty(),
            "Velero" => !objects.velero_schedules.is_empty() || !objects.velero_backups.is_empty(),
            _ => objects.backup_plans.iter().any(|plan| plans::name_of(plan.tool) == tool_name(kind)),
        };
    }
    // What was never asked for says nothing.
    let there = |state: &State| !matches!(state, State::NotServed | State::NotInSnapshot);
    facts.inventory.coverage.iter().any(|(known, _, state)| known == kind && there(state))
}

fn tool_name(kind: Resource) -> &'static str {
    match kind.group() {
        "velero.io" => "Velero",
        "stash.appscode.com" => "Stash",
        "core.kubestash.com" => "KubeStash",
        _ => "VolumeSnapshots",
    }
}

/// The newest copy of all; else what cannot be told; else what is set up and does not work.
fn best(verdicts: Vec<Verdict>) -> Verdict {
    let rank = |verdict: &Verdict| match verdict {
        Verdict::Covered { at, .. } => (0, Reverse(*at)),
        Verdict::Unknown(_) => (1, Reverse(None)),
        Verdict::Broken(_) => (2, Reverse(None)),
        Verdict::Nothing => (3, Reverse(None)),
    };
    verdicts.into_iter().min_by_key(rank).unwrap_or(Verdict::Nothing)
}

fn judge(facts: &Facts<'_>, tools: &[Box<dyn Tool + '_>], claim: &PersistentVolumeClaim) -> ClaimBackup {
    let (state, by, at, reason) = match best(tools.iter().map(|tool| tool.judge(claim)).collect()) {
        Verdict::Covered { by, at, how } => (BackupState::Covered, Some(by), at, how),
        Verdict::Unknown(why) => (BackupState::Unknown, None, None, why),
        Verdict::Broken(why) => (BackupState::NotCovered, None, None, why),
        Verdict::Nothing => (BackupState::NotCovered, None, None, "nothing is set up for it".to_owned()),
    };
    let age = |at: Timestamp| Some(u64::try_from(facts.now?.as_second() - at.as_second()).unwrap_or_default());
    ClaimBackup {
        namespace: claim.metadata.namespace.clone(),
        name: claim.metadata.name.clone(),
        state,
        by,
        last_success: at.map(|at| at.to_string()),
        age_seconds: at.and_then(age),
        reason,
    }
}

/// One finding a namespace: its claims without a copy.
fn uncovered(facts: &Facts<'_>, claims: &[ClaimBackup]) -> Vec<Finding> {
    let mut namespaces: BTreeMap<&str, Vec<&ClaimBackup>> = BTreeMap::new();
    for claim in claims.iter().filter(|claim| claim.state == BackupState::NotCovered) {
        namespaces.entry(&claim.namespace).or_default().push(claim);
    }
    let finding = |(namespace, claims): (&str, Vec<&ClaimBackup>)| {
        let names: Vec<&str> = claims.iter().map(|claim| claim.name.as_str()).collect();
        let message = format!("no backup covers {}: {}", words::count(names.len(), "claim", "claims"), words::and(&names, SHOWN));
        let finding = CLAIMS_WITHOUT_BACKUP.on(ObjectRef::new("Namespace", "", namespace), message);
        claims
            .iter()
            .take(SHOWN)
            .filter_map(|claim| facts.claim(namespace, &claim.name))
            .fold(finding, |finding, claim| finding.shown_by(&words::claim_ref(claim), "spec.volumeName", &claim.spec.volume_name))
    };
    namespaces.into_iter().map(finding).collect()
}
