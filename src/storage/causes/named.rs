//! Claims that name their volume (P).

use super::{Case, Diagnosis};
use crate::objects::{ClaimRef, PersistentVolume, Resource};
use crate::report::{DataRisk, Finding};
use crate::storage::facts::BOUND_BY_CONTROLLER;
use crate::storage::findings::named::{
    HALF_BOUND_CLAIM, NAMED_VOLUME_DOES_NOT_WAIT, NAMED_VOLUME_HELD_BY_PREDECESSOR, NAMED_VOLUME_MISSING, NAMED_VOLUME_TAKEN,
    NAMED_VOLUME_UNFIT,
};
use crate::storage::matcher::Predicate;
use crate::storage::{prebound, words};

pub(super) fn diagnose<'a>(case: &Case<'_, 'a>) -> Diagnosis<'a> {
    let (claim, name) = (case.claim, case.claim.spec.volume_name.as_str());
    let mut diagnosis = match case.facts.volume(name) {
        None => Diagnosis::one(missing(case, name)),
        Some(volume) => match &volume.spec.claim_ref {
            // Rule: what is bound to the claim or reserved for it is bound, whatever it is.
            Some(_) if volume.is_for(claim) => Diagnosis { would_bind: Some(volume), ..Diagnosis::default() },
            Some(holder) => Diagnosis::one(taken(case, volume, holder)),
            None => {
                let objections = prebound::objections(claim, effective_class(case), volume);
                if objections.is_empty() {
                    Diagnosis { would_bind: Some(volume), ..Diagnosis::default() }
                } else {
                    Diagnosis::one(unfit(case, volume, &objections))
                }
            }
        },
    };
    if !diagnosis.causes.is_empty() && case.class.waits() && case.facts.knows(Resource::StorageClasses, None) {
        let message = format!("class \"{}\" waits for a pod, but a claim that names its volume does not", case.class.name);
        let note = case.finding(&NAMED_VOLUME_DOES_NOT_WAIT, message);
        diagnosis.causes.push(note.shown_by(&case.me, "spec.volumeName", name));
    }
    diagnosis
}

/// Rule: an existing claim that names a volume is compared by the class it has, not by the one it may be given.
fn effective_class<'a>(case: &Case<'_, 'a>) -> &'a str {
    if case.facts.not_applied(case.claim) { case.class.name } else { case.claim.class() }
}

fn missing(case: &Case<'_, '_>, name: &str) -> Finding {
    let near = words::near(name, case.facts.inventory.objects.volumes.iter().map(|volume| volume.metadata.name.as_str()));
    let meant = near.map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
    let finding = case.finding(&NAMED_VOLUME_MISSING, format!("it names the volume \"{name}\", which does not exist{meant}"));
    let finding = finding.shown_by(&case.me, "spec.volumeName", name);
    match near {
        Some(near) => {
            let patch = format!(r#"{{"spec":{{"volumeName":{}}}}}"#, words::json(near));
            finding.remedied_by("create the claim anew with the name of a volume that exists", Some(words::recreate(case.claim, &patch)))
        }
        None => finding.remedied_by(format!("create a PersistentVolume named {name}"), None).remedied_by(
            "or create the claim anew without a volume name, for Kubernetes to find one",
            Some(words::recreate(case.claim, r#"{"spec":{"volumeName":null}}"#)),
        ),
    }
}

fn taken(case: &Case<'_, '_>, volume: &PersistentVolume, holder: &ClaimRef) -> Finding {
    let (claim, name) = (case.claim, &volume.metadata.name);
    let volume_ref = words::volume_ref(volume);
    let same = holder.namespace == claim.metadata.namespace && holder.name == claim.metadata.name;
    let other = format!("{}/{}", holder.namespace, holder.name);
    if same {
        let message = format!("volume \"{name}\" still belongs to an earlier claim of this name");
        let finding = case.finding(&NAMED_VOLUME_HELD_BY_PREDECESSOR, message);
        let finding = finding
            .shown_by(&volume_ref, "spec.claimRef.uid", &holder.uid)
            .shown_by(&case.me, "metadata.uid", &claim.metadata.uid)
            .shown_by(&volume_ref, "status.phase", &volume.status.phase);
        let patch = r#"{"spec":{"claimRef":{"uid":null,"resourceVersion":null}}}"#;
        return words::at_risk(
            finding,
            DataRisk::Disclosure,
            "let the volume belong to this claim, with the data that is on it",
            Some(words::patch_volume(volume, patch)),
        );
    }
    if claim.metadata.annotations.get(BOUND_BY_CONTROLLER).is_some() {
        let message = format!("it was half bound to volume \"{name}\", which belongs to claim {other}");
        let finding = case.finding(&HALF_BOUND_CLAIM, message);
        let patch = format!(r#"{{"metadata":{{"annotations":{{"{BOUND_BY_CONTROLLER}":null}}}},"spec":{{"volumeName":null}}}}"#);
        return finding
            .shown_by(&case.me, format!("metadata.annotations[{BOUND_BY_CONTROLLER}]"), "yes")
            .shown_by(&case.me, "spec.volumeName", name)
            .shown_by(&volume_ref, "spec.claimRef", other)
            .remedied_by("create the claim anew without the remains of the binding", Some(words::recreate(claim, &patch)));
    }
    let exists = case.facts.claim(&holder.namespace, &holder.name).is_some();
    let unknown = !case.facts.knows(Resource::PersistentVolumeClaims, Some(&holder.namespace));
    let gone = if exists || unknown { "" } else { ", which does not exist" };
    let message = format!("it names the volume \"{name}\", which belongs to claim {other}{gone}");
    let finding = case.finding(&NAMED_VOLUME_TAKEN, message);
    let finding = finding.shown_by(&case.me, "spec.volumeName", name).shown_by(&volume_ref, "spec.claimRef", other.clone());
    if gone.is_empty() {
        return finding.remedied_by(
            "create the claim anew without a volume name, or with that of a free volume",
            Some(words::recreate(claim, r#"{"spec":{"volumeName":null}}"#)),
        );
    }
    let (namespace, own) = (words::json(&claim.metadata.namespace), words::json(&claim.metadata.name));
    let patch = format!(r#"{{"spec":{{"claimRef":{{"namespace":{namespace},"name":{own},"uid":null,"resourceVersion":null}}}}}}"#);
    words::at_risk(
        finding,
        DataRisk::Disclosure,
        "let the volume belong to this claim, with the data that is on it",
        Some(words::patch_volume(volume, &patch)),
    )
}

fn unfit(case: &Case<'_, '_>, volume: &PersistentVolume, objections: &[Predicate]) -> Finding {
    let differences: Vec<String> = objections.iter().map(|p| super::volumes::difference(case, volume, *p)).collect();
    let message = format!("volume \"{}\" does not fit: {}", volume.metadata.name, words::and(&differences, usize::MAX));
    let mut finding = case.finding(&NAMED_VOLUME_UNFIT, message).shown_by(&case.me, "spec.volumeName", &volume.metadata.name);
    for objection in objections {
        finding = super::volumes::evidence(case, volume, *objection, finding);
    }
    super::volumes::recreation(case, volume, objections, finding)
}
