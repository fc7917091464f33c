//! Claims that are copies of other claims (F04, F05): what objects show.

use super::Case;
use super::source::{Judged, Source};
use crate::objects::Resource;
use crate::report::Finding;
use crate::storage::findings::provisioner::{CLONE_SOURCE_UNFIT, CLONE_VOLUME_UNFIT};
use crate::storage::words;

pub(super) fn judge(case: &Case<'_, '_>, source: &Source<'_>, driver: &str) -> Judged {
    if !case.facts.knows(Resource::PersistentVolumeClaims, Some(source.namespace)) {
        return Judged::without(Resource::PersistentVolumeClaims);
    }
    let cause = unfit(case, source, driver);
    Judged::of(cause.map(|finding| source.shown(case, finding).remedied_by("create the claim anew with a source that can be copied", None)))
}

fn unfit(case: &Case<'_, '_>, source: &Source<'_>, driver: &str) -> Option<Finding> {
    let name = &source.reference.name;
    let unfit = |why: String| Some(case.finding(&CLONE_SOURCE_UNFIT, format!("claim \"{name}\", which it is to copy, {why}")));
    let Some(other) = case.facts.claim(source.namespace, name) else { return unfit("does not exist".to_owned()) };
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
    // Rule: what both ask for is compared, not what the source has got.
    if let (Some(have), Some(want)) = (other.request(), case.claim.request())
        && want.value() < have.value()
    {
        return unfit(format!("is larger ({have} > {want})"))
            .map(|f| f.shown_by(&reference, "spec.resources.requests.storage", have.text()));
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
    let message = format!("volume \"{}\" of claim \"{name}\", which it is to copy, {why}", other.spec.volume_name);
    Some(case.finding(&CLONE_VOLUME_UNFIT, message).shown_by(&reference, "spec.volumeName", &other.spec.volume_name))
}
