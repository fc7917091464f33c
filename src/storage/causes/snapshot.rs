//! Claims that are made of a snapshot (F01-F03): each check of external-provisioner, in its order, as far as objects can be read.

use super::source::{Judged, Source};
use super::{Case, matching};
use crate::objects::{PersistentVolumeClaim, Resource, StorageClass, VolumeSnapshot, VolumeSnapshotContent};
use crate::report::{Confidence, Finding, ObjectRef};
use crate::storage::facts::migrated;
use crate::storage::findings::provisioner::{MODE_CONVERSION_FORBIDDEN, SMALLER_THAN_SNAPSHOT, SNAPSHOT_NOT_USABLE};
use crate::storage::words;

/// Finalizer of snapshots of which volumes are being made: such a volume is finished, even if the snapshot is being deleted.
const IN_USE: &str = "provisioner.storage.kubernetes.io/volumesnapshot-as-source-protection";
/// Annotation that allows a volume of another mode.
const MODE_CHANGE: &str = "snapshot.storage.kubernetes.io/allow-volume-mode-change";

/// A claim and its snapshot.
struct Restore<'c, 'f, 'a> {
    case: &'c Case<'f, 'a>,
    source: &'c Source<'c>,
    driver: &'c str,
}

pub(super) fn judge(case: &Case<'_, '_>, source: &Source<'_>, driver: &str) -> Judged {
    let facts = case.facts;
    let restore = Restore { case, source, driver };
    if !facts.knows(Resource::VolumeSnapshots, Some(source.namespace)) {
        return Judged::without(Resource::VolumeSnapshots);
    }
    let Some(snapshot) = facts.snapshot(source.namespace, &source.reference.name) else {
        return Judged::of(Some(restore.missing()));
    };
    // What stands in a file is snapshotted when it is applied.
    if facts.not_applied_snapshot(snapshot) {
        return Judged::default();
    }
    let status = snapshot.status.clone().unwrap_or_default();
    if snapshot.metadata.deletion_timestamp.is_some() && !snapshot.metadata.finalizers.iter().any(|f| f == IN_USE) {
        return Judged::of(Some(restore.deleting(snapshot)));
    }
    let Some(bound) = status.bound_volume_snapshot_content_name else {
        return Judged::of(Some(restore.not_bound(snapshot)));
    };
    let readable = facts.knows(Resource::VolumeSnapshotContents, None);
    let content = facts.snapshot_content(&bound);
    if readable && let Some(unfit) = restore.unfit(snapshot, &bound, content) {
        return Judged::of(Some(unfit));
    }
    if status.ready_to_use != Some(true) {
        return Judged::of(Some(restore.not_ready(snapshot)));
    }
    if let Some(content) = content.filter(|content| content.status.snapshot_handle.is_none()) {
        return Judged::of(Some(restore.without_handle(content)));
    }
    let cause = restore.smaller(snapshot).or_else(|| restore.other_mode(content?));
    let unread = (cause.is_none() && !readable).then_some(Resource::VolumeSnapshotContents);
    Judged { cause, unread, populator: None }
}

impl Restore<'_, '_, '_> {
    /// `it is to be made of VolumeSnapshot "x", which …`.
    fn unusable(&self, why: &str) -> Finding {
        let message = format!("it is to be made of {}, {why}", self.source.named(self.case));
        self.source.shown(self.case, self.case.finding(&SNAPSHOT_NOT_USABLE, message))
    }

    fn missing(&self) -> Finding {
        let facts = self.case.facts;
        if facts.lacks(Resource::VolumeSnapshots) {
            let finding = self.unusable("and the cluster has no VolumeSnapshots");
            return finding.remedied_by("install the CRDs of VolumeSnapshots and the snapshot controller", None);
        }
        let name = &self.source.reference.name;
        let others = facts.inventory.objects.volume_snapshots.iter().map(|snapshot| &snapshot.metadata);
        let here: Vec<&str> = others.filter(|meta| meta.namespace == self.source.namespace).map(|meta| meta.name.as_str()).collect();
        match words::near(name, here.iter().copied()) {
            Some(near) => self
                .unusable(&format!("which does not exist; did you mean \"{near}\"?"))
                .remedied_by(format!("create the claim anew with snapshot {near}"), Source::recreate(self.case, "name", near)),
            None => {
                let there = match here.as_slice() {
                    [] => "there is none in its namespace".to_owned(),
                    some => format!("there are {}", words::and(some, 4)),
                };
                let finding = self.unusable(&format!("which does not exist ({there})"));
                finding.remedied_by("create the claim anew with a snapshot that exists", None)
            }
        }
    }

    fn deleting(&self, snapshot: &VolumeSnapshot) -> Finding {
        let since = snapshot.metadata.deletion_timestamp.map_or_else(String::new, |time| time.to_string());
        let finding = self.unusable("which is being deleted").shown_by(&self.source.object(), "metadata.deletionTimestamp", since);
        finding.remedied_by("create the claim anew with another snapshot", None)
    }

    fn not_bound(&self, snapshot: &VolumeSnapshot) -> Finding {
        let age = self.case.facts.now.and_then(|now| snapshot.metadata.age_seconds(now));
        let (why, todo) = match (&snapshot.status, said(snapshot)) {
            (_, Some(error)) => (format!("which was not taken: {error}"), "see what the driver says of the snapshot"),
            (None, None) if age.is_some_and(|age| age > matching::A_WHILE) => (
                "which nobody has looked at: the snapshot controller does not run, or is not installed".to_owned(),
                "see whether the snapshot controller runs",
            ),
            _ => ("which is not taken yet".to_owned(), "see how far the snapshot is"),
        };
        let finding = self.unusable(&why).shown_by(&self.source.object(), "status.boundVolumeSnapshotContentName", "<unset>");
        finding.remedied_by(todo, Some(self.describe()))
    }

    fn not_ready(&self, snapshot: &VolumeSnapshot) -> Finding {
        let error = said(snapshot).map_or_else(String::new, |error| format!(": {error}"));
        let finding = self.unusable(&format!("which is not ready{error}"));
        let ready = snapshot.status.as_ref().and_then(|status| status.ready_to_use);
        let value = ready.map_or_else(|| "<unset>".to_owned(), |ready| ready.to_string());
        finding
            .shown_by(&self.source.object(), "status.readyToUse", value)
            .remedied_by("see how far the snapshot is", Some(self.describe()))
    }

    /// What is wrong with the content a snapshot is bound to, before its own state counts.
    fn unfit(&self, snapshot: &VolumeSnapshot, bound: &str, content: Option<&VolumeSnapshotContent>) -> Option<Finding> {
        let field = "status.boundVolumeSnapshotContentName";
        let Some(content) = content else {
            let finding = self.unusable(&format!("whose content \"{bound}\" does not exist")).shown_by(&self.source.object(), field, bound);
            return Some(
                finding.remedied_by("create the claim anew with another snapshot: the data of this one is lost to the cluster", None),
            );
        };
        let (reference, meta) = (&content.spec.volume_snapshot_ref, &snapshot.metadata);
        if (&reference.uid, &reference.namespace, &reference.name) != (&meta.uid, &meta.namespace, &meta.name) {
            let finding = self.unusable(&format!("whose content \"{bound}\" is bound to a different snapshot"));
            let other = format!("{}/{} (uid {})", reference.namespace, reference.name, reference.uid);
            let finding =
                finding.shown_by(&self.source.object(), field, bound).shown_by(&content_ref(content), "spec.volumeSnapshotRef", other);
            let finding = finding.shown_by(&self.source.object(), "metadata.uid", &meta.uid);
            return Some(finding.remedied_by("create the claim anew with another snapshot", None));
        }
        if content.spec.driver != self.driver {
            return Some(self.other_driver(content));
        }
        None
    }

    fn other_driver(&self, content: &VolumeSnapshotContent) -> Finding {
        let theirs = &content.spec.driver;
        let finding = self.unusable(&format!("which is one of driver {theirs}, and its class is for {}", self.driver));
        let finding = self.case.class_evidence(finding.shown_by(&content_ref(content), "spec.driver", theirs));
        let of_driver = |class: &&StorageClass| migrated(&class.provisioner).unwrap_or(&class.provisioner) == theirs;
        match self.case.facts.inventory.objects.storage_classes.iter().find(of_driver) {
            Some(class) => {
                let name = &class.metadata.name;
                let patch = format!("{{\"spec\":{{\"storageClassName\":{}}}}}", words::json(name));
                finding.remedied_by(format!("create the claim anew with class {name}"), Some(words::recreate(self.case.claim, &patch)))
            }
            None => finding.remedied_by(format!("create a class for {theirs}, and the claim anew with it"), None),
        }
    }

    fn without_handle(&self, content: &VolumeSnapshotContent) -> Finding {
        let finding = self.unusable("which the driver has not told the name of");
        let finding = finding.shown_by(&content_ref(content), "status.snapshotHandle", "<unset>");
        finding.remedied_by("see how far the snapshot is", Some(self.describe()))
    }

    /// Rule: both sizes are rounded up to whole bytes first.
    fn smaller(&self, snapshot: &VolumeSnapshot) -> Option<Finding> {
        let need = snapshot.status.as_ref()?.restore_size.as_ref()?;
        let want = self.case.claim.request();
        if want.is_some_and(|want| want.value() >= need.value()) {
            return None;
        }
        let want = want.map_or("nothing", |want| want.text());
        let message = format!("it asks for {want}, and {} needs {need}", self.source.named(self.case));
        let finding = self.case.finding(&SMALLER_THAN_SNAPSHOT, message);
        let patch = format!("{{\"spec\":{{\"resources\":{{\"requests\":{{\"storage\":{}}}}}}}}}", words::json(need.text()));
        Some(
            finding
                .shown_by(&self.case.me, "spec.resources.requests.storage", want)
                .shown_by(&self.source.object(), "status.restoreSize", need.text())
                .remedied_by(format!("create the claim anew with {need} or more"), Some(words::recreate(self.case.claim, &patch))),
        )
    }

    /// Rule: the mode of the volume the snapshot was taken of, unless the content allows another.
    fn other_mode(&self, content: &VolumeSnapshotContent) -> Option<Finding> {
        let (source, wanted) = (content.spec.source_volume_mode.as_deref()?, self.case.claim.mode());
        let allowed = content.metadata.annotations.get(MODE_CHANGE);
        if source == wanted || allowed.is_some_and(is_true) {
            return None;
        }
        let message = format!("it asks for volumeMode {wanted}, and {} was taken of a volume of {source}", self.source.named(self.case));
        let field = format!("metadata.annotations[{MODE_CHANGE}]");
        let finding = self
            .case
            .finding(&MODE_CONVERSION_FORBIDDEN, message)
            // A flag of the provisioner, on unless somebody turned it off.
            .with_confidence(Confidence::Likely)
            .shown_by(&self.case.me, "spec.volumeMode", mode_words(self.case.claim))
            .shown_by(&content_ref(content), "spec.sourceVolumeMode", source)
            .shown_by(&content_ref(content), field, allowed.unwrap_or("<unset>"));
        let patch = format!("{{\"spec\":{{\"volumeMode\":{}}}}}", words::json(source));
        let finding =
            finding.remedied_by(format!("create the claim anew with volumeMode {source}"), Some(words::recreate(self.case.claim, &patch)));
        let name = words::quoted(&content.metadata.name);
        let command = format!("kubectl annotate --overwrite volumesnapshotcontent {name} {MODE_CHANGE}=true");
        Some(finding.remedied_by("or, if whoever made the snapshot is trusted, allow the other mode", Some(command)))
    }

    fn describe(&self) -> String {
        let (name, namespace) = (words::quoted(&self.source.reference.name), words::quoted(self.source.namespace));
        format!("kubectl describe volumesnapshot {name} -n {namespace}")
    }
}

/// What the driver says.
fn said(snapshot: &VolumeSnapshot) -> Option<&str> {
    let error = snapshot.status.as_ref()?.error.as_ref()?;
    Some(error.message.as_str()).filter(|message| !message.is_empty())
}

fn mode_words(claim: &PersistentVolumeClaim) -> &str {
    claim.spec.volume_mode.as_deref().unwrap_or("<unset>")
}

/// Rule: what Go's `ParseBool` takes for true.
fn is_true(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "TRUE" | "true" | "True")
}

fn content_ref(content: &VolumeSnapshotContent) -> ObjectRef {
    ObjectRef::new("VolumeSnapshotContent", "", &content.metadata.name)
}
