//! The class of a claim (C).

use super::{Case, Diagnosis, matching, provisioner, volumes};
use crate::inventory::Origin;
use crate::objects::PersistentVolume;
use crate::report::{Confidence, Finding};
use crate::storage::facts::{ClassOrigin, NO_PROVISIONER};
use crate::storage::findings::class::{
    CLASS_BY_ANNOTATION, CLASS_MISSING, CLASS_WITHOUT_BINDING_MODE, DEFAULT_CLASS_HIDES_VOLUME, SEVERAL_DEFAULT_CLASSES,
};
use crate::storage::findings::provisioner::MADE_BY_HAND;
use crate::storage::{matcher, words};

/// A claim with a class, when no volume was found: what the class makes of it.
pub(super) fn diagnose<'a>(case: &Case<'_, 'a>) -> Diagnosis<'a> {
    let Some(class) = case.class.object else {
        // Rule: volumes carry classes without objects; then the class is a label, and the search is all there is.
        let mut causes = matching::static_causes_of_class(case).unwrap_or_default();
        causes.push(missing(case));
        if case.facts.volumes_of_class(case.class.name).next().is_none() {
            causes.extend(matching::static_causes(case).unwrap_or_default());
        }
        return Diagnosis::of(causes);
    };
    if class.volume_binding_mode.as_deref().is_none_or(str::is_empty) && !is_only_a_file(case) {
        let message = format!("class \"{}\" has no volumeBindingMode", class.metadata.name);
        let finding = case.finding(&CLASS_WITHOUT_BINDING_MODE, message);
        let finding = finding.shown_by(&words::class_ref(class), "volumeBindingMode", "<unset>");
        return Diagnosis::one(provisioner::class_anew(class, "create the class anew", r#"{"volumeBindingMode":"Immediate"}"#, finding));
    }
    if class.provisioner == NO_PROVISIONER {
        let mut causes = matching::static_causes_of_class(case).unwrap_or_default();
        if causes.is_empty() {
            causes.push(by_hand(case));
            causes.extend(matching::static_causes(case).unwrap_or_default());
        }
        return Diagnosis::of(causes);
    }
    provisioner::diagnose(case, class)
}

/// Classes in files get `Immediate` when they are applied.
fn is_only_a_file(case: &Case<'_, '_>) -> bool {
    case.facts.inventory.origin == Origin::Manifests && case.class.object.is_some_and(|class| class.metadata.uid.is_empty())
}

fn missing(case: &Case<'_, '_>) -> Finding {
    let name = case.class.name;
    // Whoever shows a claim only, in a file, may have his classes in the cluster.
    let manifests = case.facts.inventory.origin == Origin::Manifests;
    let shown = !manifests || case.facts.class_names().next().is_some();
    let near = words::near(name, case.facts.class_names().chain(case.facts.classes_of_volumes()));
    let volumes = if case.facts.volumes_of_class(name).next().is_none() { ", and no volume carries it" } else { "" };
    let meant = near.map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
    let absent = if shown { "does not exist" } else { "is not among these files" };
    let finding = case.class_evidence(case.finding(&CLASS_MISSING, format!("class \"{name}\" {absent}{volumes}{meant}")));
    if case.facts.shows_no_class(case.claim) && near.is_none() {
        return matching::in_the_cluster(finding);
    }
    let finding = finding.with_confidence(if shown { Confidence::Certain } else { Confidence::Likely });
    let other = near.or_else(|| case.facts.default_class.map(|class| class.metadata.name.as_str()));
    match other {
        Some(other) => {
            let spec = format!(r#""storageClassName":{}"#, words::json(other));
            case.anew(finding, &format!("create the claim anew with class {other}"), &spec)
        }
        None => finding.remedied_by(format!("create a StorageClass named {name}"), None),
    }
}

fn by_hand(case: &Case<'_, '_>) -> Finding {
    let class = case.class.name;
    let message = format!("volumes of class \"{class}\" are made by hand, and there is none for it");
    let finding = case.class_evidence(case.finding(&MADE_BY_HAND, message));
    let finding = match case.class.object {
        Some(object) => finding.shown_by(&words::class_ref(object), "provisioner", NO_PROVISIONER),
        None => finding,
    };
    finding.remedied_by(format!("create a volume with storageClassName: {class}"), None)
}

/// A volume without class that would be bound, were it not for the default class.
pub(super) fn hidden_volume(case: &Case<'_, '_>, diagnosis: &mut Diagnosis<'_>) {
    let Some(default) = case.facts.default_class.filter(|default| default.metadata.name == case.class.name) else { return };
    let being_made = diagnosis.causes.first().is_some_and(|cause| cause.code == "ST-D15");
    if being_made || diagnosis.would_bind.is_some() || !matches!(case.class.origin, ClassOrigin::Default | ClassOrigin::Spec) {
        return;
    }
    let fits = |volume: &&PersistentVolume| {
        let by_hand = volume.metadata.annotations.get("pv.kubernetes.io/provisioned-by").is_none();
        by_hand && matcher::failures(case.claim, "", volume, None).is_empty()
    };
    let Some(volume) = case.facts.volumes_of_class("").find(fits) else { return };
    let message =
        format!("it has the default class \"{}\", and volume \"{}\", which has no class, would fit", case.class.name, volume.metadata.name);
    let certain = case.class.origin == ClassOrigin::Default;
    let finding = case.class_evidence(case.finding(&DEFAULT_CLASS_HIDES_VOLUME, message));
    let finding = finding
        .shown_by(&words::class_ref(default), "metadata.annotations[storageclass.kubernetes.io/is-default-class]", "true")
        .with_confidence(if certain { Confidence::Certain } else { Confidence::Likely });
    let finding = volumes::evidence(case, volume, matcher::Predicate::Class, finding);
    let description = "if that volume is meant, create the claim anew without class";
    diagnosis.causes.insert(0, case.anew(finding, description, r#""storageClassName":"""#));
}

/// What is good to know of a claim's class, while it is not bound.
pub(super) fn notes(case: &Case<'_, '_>, diagnosis: &mut Diagnosis<'_>) {
    let claim = case.claim;
    if !matches!(claim.status.phase.as_str(), "" | "Pending") {
        return;
    }
    let in_spec = claim.spec.storage_class_name.as_deref();
    if case.class.origin == ClassOrigin::Annotation && in_spec.is_some_and(|name| name != case.class.name) {
        let message = format!("its annotation names {}, which is stronger than the spec", words::class_name(case.class.name));
        let finding = case.class_evidence(case.finding(&CLASS_BY_ANNOTATION, message));
        diagnosis.notes.push(finding.shown_by(&case.me, "spec.storageClassName", in_spec.unwrap_or_default()));
    }
    let defaults: Vec<&str> =
        case.facts.inventory.objects.storage_classes.iter().filter(|c| c.is_default()).map(|c| c.metadata.name.as_str()).collect();
    let default = case.facts.default_class.map(|class| class.metadata.name.as_str());
    if defaults.len() > 1 && default == Some(case.class.name) && case.class.origin != ClassOrigin::Annotation {
        let message =
            format!("several classes are the default ({}); \"{}\" is the newest and counts", words::and(&defaults, 4), case.class.name);
        let mut finding = case.finding(&SEVERAL_DEFAULT_CLASSES, message);
        for class in case.facts.inventory.objects.storage_classes.iter().filter(|class| class.is_default()) {
            let made = class.metadata.creation_timestamp.map_or_else(|| "<unset>".to_owned(), |time| time.to_string());
            finding = finding.shown_by(&words::class_ref(class), "metadata.creationTimestamp", made);
        }
        diagnosis.notes.push(finding);
    }
}
