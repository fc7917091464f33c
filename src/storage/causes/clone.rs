//! Claims that are copies of other claims (F04, F05, F07): what objects show. The rest of F only the provisioner can tell.

use super::Case;
use crate::objects::{DataSource, Resource};
use crate::report::{Confidence, Finding};
use crate::storage::findings::provisioner::{CLONE_SOURCE_UNFIT, CLONE_VOLUME_UNFIT, SOURCE_GROUP_WRONG};
use crate::storage::words;

/// What is wrong with the claim's source.
pub(super) fn diagnose(case: &Case<'_, '_>, driver: &str) -> Option<Finding> {
    let spec = &case.claim.spec;
    let (source, field) = match (&spec.data_source, &spec.data_source_ref) {
        (Some(source), _) => (source, "spec.dataSource"),
        (None, Some(source)) => (source, "spec.dataSourceRef"),
        (None, None) => return None,
    };
    let group = source.api_group.as_deref().unwrap_or_default();
    if source.kind == "VolumeSnapshot" && group != "snapshot.storage.k8s.io" {
        let message = format!("its source is a VolumeSnapshot of the group \"{group}\", which should be snapshot.storage.k8s.io");
        let finding = case.finding(&SOURCE_GROUP_WRONG, message).shown_by(&case.me, format!("{field}.apiGroup"), group);
        // The API server keeps both fields alike.
        let fields = [("dataSource", spec.data_source.is_some()), ("dataSourceRef", spec.data_source_ref.is_some())];
        let fields = fields.iter().filter(|(_, there)| *there);
        let group: Vec<String> = fields.map(|(name, _)| format!(r#""{name}":{{"apiGroup":"snapshot.storage.k8s.io"}}"#)).collect();
        return Some(case.anew(finding, "create the claim anew with the right group", &group.join(",")));
    }
    let here = source.namespace.as_deref().is_none_or(|namespace| namespace == case.namespace());
    if source.kind != "PersistentVolumeClaim" || !here || !case.facts.knows(Resource::PersistentVolumeClaims, Some(case.namespace())) {
        return None;
    }
    of_claim(case, source, driver).map(|finding| {
        finding
            .shown_by(&case.me, format!("{field}.name"), &source.name)
            .remedied_by("create the claim anew with a source that can be copied", None)
    })
}

fn of_claim(case: &Case<'_, '_>, source: &DataSource, driver: &str) -> Option<Finding> {
    let unfit = |why: String| Some(case.finding(&CLONE_SOURCE_UNFIT, format!("claim \"{}\", which it is to copy, {why}", source.name)));
    let Some(other) = case.facts.claim(case.namespace(), &source.name) else { return unfit("does not exist".to_owned()) };
    let reference = words::claim_ref(other);
    if other.metadata.deletion_timestamp.is_some() {
        return unfit("is being deleted".to_owned());
    }
    if other.status.phase != "Bound" {
        return unfit("is not bound".to_owned()).map(|f| f.shown_by(&reference, "status.phase", &other.status.phase));
    }
    if other.mode() != case.claim.mode() {
        return unfit(format!("has volumeMode {}, wanted {}", other.mode(), case.claim.mode()));
    }
    if let (Some(have), Some(want)) = (other.capacity(), case.claim.request())
        && want.value() < have.value()
    {
        return unfit(format!("is larger ({have} > {want})")).map(|f| f.shown_by(&reference, "status.capacity.storage", have.text()));
    }
    if !case.facts.knows(Resource::PersistentVolumes, None) {
        return None;
    }
    let volume = case.facts.volume(&other.spec.volume_name);
    let why = match volume {
        None => "does not exist".to_owned(),
        Some(volume) => match &volume.spec.csi {
            None => "is no volume of a CSI driver".to_owned(),
            Some(csi) if csi.driver != driver => format!("is one of driver {}, not of {driver}", csi.driver),
            Some(_) if !volume.is_for(other) => "is not bound to it".to_owned(),
            Some(_) if volume.status.phase != "Bound" => format!("is {}", volume.status.phase),
            Some(_) => return None,
        },
    };
    let message = format!("volume \"{}\" of claim \"{}\", which it is to copy, {why}", other.spec.volume_name, source.name);
    let finding = case.finding(&CLONE_VOLUME_UNFIT, message).with_confidence(Confidence::Certain);
    Some(finding.shown_by(&reference, "spec.volumeName", &other.spec.volume_name))
}
