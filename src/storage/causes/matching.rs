//! Claims that name no volume: the search (S), and what comes after it found none.

use super::volumes::{self, finding};
use super::{Case, Diagnosis, class, consumer, provisioner};
use crate::objects::{Node, PersistentVolume, Resource};
use crate::report::{Confidence, Finding, Severity};
use crate::storage::facts::{ClassOrigin, NO_PROVISIONER, SELECTED_NODE};
use crate::storage::findings::bound::HALF_BOUND_VOLUME;
use crate::storage::findings::class::{CLASS_EMPTY, NO_DEFAULT_CLASS};
use crate::storage::findings::volume::{NO_VOLUME, RESERVED_VOLUME_UNFIT, VOLUMES_ALL_TAKEN};
use crate::storage::matcher::{self, AccessModes, Failures, Predicate};
use crate::storage::words;

/// A minute: longer than any of the controller's rounds.
pub(super) const A_WHILE: u64 = 60;

pub(super) fn diagnose<'a>(case: &Case<'_, 'a>, taken: &dyn Fn(&PersistentVolume) -> bool) -> Diagnosis<'a> {
    let (facts, claim) = (case.facts, case.claim);
    // Rule: whether a class waits, and which is the default, is for the classes to say; without a class neither matters.
    let classes_matter = !(claim.has_class() && case.class.name.is_empty());
    let classes_known = !classes_matter || facts.knows(Resource::StorageClasses, None);
    // Rule: a claim that exists and names no class looks for a volume without class first, and is given the default then.
    let unassigned = case.class.origin == ClassOrigin::Default && !facts.not_applied(claim);
    let classless = if unassigned { facts.index.find(claim, "", false, taken) } else { None };
    let found = classless.or_else(|| facts.index.find(claim, case.class.name, case.class.waits(), taken));
    match found {
        Some(volume) if volume.is_for(claim) => return reserved(case, volume),
        Some(volume) if classes_known => return Diagnosis { would_bind: Some(volume), ..Diagnosis::default() },
        _ => {}
    }
    let unfit: Vec<Finding> = facts.index.claimed(claim).iter().filter(|v| v.is_for(claim)).map(|v| reserved_unfit(case, v)).collect();
    if !unfit.is_empty() {
        return Diagnosis::of(unfit);
    }
    if !classes_known {
        return Diagnosis::unknown(case, Resource::StorageClasses);
    }
    let competing = if taken_by_others(case, taken) { Some(competition(case)) } else { None };
    let selected = claim.metadata.annotations.get(SELECTED_NODE);
    let mut diagnosis = if let Some(competing) = competing {
        Diagnosis::one(competing)
    } else if case.class.waits() && selected.is_none() {
        consumer::diagnose(case)
    } else if case.class.name.is_empty() {
        Diagnosis::of(static_causes(case).unwrap_or_else(|| vec![without_class(case)]))
    } else if let Some(node) = selected.filter(|_| case.class.waits()) {
        provisioner::selected(case, node)
    } else {
        class::diagnose(case)
    };
    class::hidden_volume(case, &mut diagnosis);
    if facts.shows_no_class(claim) && diagnosis.causes.first().is_some_and(|cause| cause.confidence == Confidence::Possible) {
        diagnosis.unread.insert(Resource::StorageClasses);
    }
    diagnosis
}

/// A claim in a file without any class: what is missing here is in the cluster, mostly.
pub(super) fn in_the_cluster(mut finding: Finding) -> Finding {
    finding.severity = Severity::Info;
    finding
        .with_confidence(Confidence::Possible)
        .remedied_by("see which classes the cluster has", Some("kubectl get storageclass".to_owned()))
}

/// A volume that is kept for the claim, or bound to it already, and fits.
fn reserved<'a>(case: &Case<'_, 'a>, volume: &'a PersistentVolume) -> Diagnosis<'a> {
    let mut diagnosis = Diagnosis { would_bind: Some(volume), ..Diagnosis::default() };
    let bound = volume.spec.claim_ref.as_ref().is_some_and(|c| !c.uid.is_empty()) && volume.status.phase == "Bound";
    if bound {
        let message = format!("volume \"{}\" is bound to it, and it does not know: the controller has not finished", volume.metadata.name);
        let mut finding = case.finding(&HALF_BOUND_VOLUME, message).with_confidence(Confidence::Likely);
        // Binding takes two writes, and lists are read one after the other: a young claim may be between them.
        if case.facts.age(case.claim).is_some_and(|age| age <= A_WHILE) {
            finding = finding.with_confidence(Confidence::Possible);
            finding.severity = Severity::Info;
        }
        diagnosis.causes.push(
            finding
                .shown_by(&words::volume_ref(volume), "spec.claimRef.uid", &case.claim.metadata.uid)
                .shown_by(&words::volume_ref(volume), "status.phase", "Bound")
                .shown_by(&case.me, "spec.volumeName", "<unset>")
                .remedied_by("look at the volume controller", Some("kubectl get lease kube-controller-manager -n kube-system".to_owned())),
        );
    }
    diagnosis
}

fn reserved_unfit(case: &Case<'_, '_>, volume: &PersistentVolume) -> Finding {
    let failed: Vec<Predicate> = volumes::failures(case, volume, None).iter().collect();
    let differences: Vec<String> = failed.iter().map(|p| volumes::difference(case, volume, *p)).collect();
    let message = format!("volume \"{}\" is kept for it and does not fit: {}", volume.metadata.name, words::and(&differences, usize::MAX));
    let mut finding = case.finding(&RESERVED_VOLUME_UNFIT, message);
    finding = volumes::evidence(case, volume, Predicate::ClaimRef, finding);
    for predicate in &failed {
        finding = volumes::evidence(case, volume, *predicate, finding);
    }
    volumes::recreation(case, volume, &failed, finding)
}

/// Whether a free volume fits that an earlier claim will have got.
fn taken_by_others(case: &Case<'_, '_>, taken: &dyn Fn(&PersistentVolume) -> bool) -> bool {
    let found = case.facts.index.find(case.claim, case.class.name, case.class.waits(), |_| false);
    found.is_some_and(taken)
}

fn competition(case: &Case<'_, '_>) -> Finding {
    let found = case.facts.index.find(case.claim, case.class.name, case.class.waits(), |_| false);
    let name = found.map_or("", |volume| volume.metadata.name.as_str());
    let message = format!("volume \"{name}\" fits, but a claim that is older, or first by name, gets it, and no other volume fits");
    let mut finding = case.finding(&VOLUMES_ALL_TAKEN, message).with_confidence(Confidence::Likely);
    if let Some(volume) = found {
        finding = finding.shown_by(&words::volume_ref(volume), "status.phase", &volume.status.phase);
    }
    finding.remedied_by("add a volume: each serves one claim", None)
}

/// The volume that comes closest, and what it fails. Volumes of other claims count only if they are of the class.
pub(super) fn closest<'a>(case: &Case<'_, 'a>, nodes: Option<&[&'a Node]>) -> Option<(&'a PersistentVolume, Failures)> {
    if !volumes::selector_is_readable(case) {
        return None;
    }
    case.facts.seen.closest(case.facts, case.claim, nodes, || search(case, nodes))
}

fn search<'a>(case: &Case<'_, 'a>, nodes: Option<&[&'a Node]>) -> Option<(&'a PersistentVolume, Failures)> {
    let wanted = AccessModes::of(&case.claim.spec.access_modes);
    // Among equals: what has the right modes and little more of them, then by name.
    let rank = |volume: &'a PersistentVolume| {
        let modes = AccessModes::of(&volume.spec.access_modes);
        (modes.len().abs_diff(wanted.len()), &volume.metadata.name)
    };
    let mut best: Option<(u32, &PersistentVolume, Failures)> = None;
    for alike in &case.facts.alike {
        let Some(first) = alike.first() else { continue };
        // What another claim has, or asks for by name or by its class, is hardly meant for this one.
        if first.class() != case.class.name && (first.status.phase == "Bound" || case.facts.is_wanted(first)) {
            continue;
        }
        let in_common = matcher::failures_in_common(case.claim, case.class.name, first);
        let least = volumes::distance(case, first, in_common);
        if best.is_some_and(|(distance, ..)| least > distance) {
            continue;
        }
        for volume in alike {
            let mut failed = in_common;
            matcher::add_own_failures(&mut failed, case.claim, volume, nodes);
            let distance = volumes::distance(case, volume, failed);
            let closer = best.is_none_or(|(least, other, _)| distance < least || (distance == least && rank(volume) < rank(other)));
            if closer {
                best = Some((distance, volume, failed));
            }
        }
    }
    best.map(|(_, volume, failed)| (volume, volumes::essential(volume, failed)))
}

/// What the closest volume fails, if it was probably meant: one thing, or several but of the claim's own class.
pub(super) fn static_causes(case: &Case<'_, '_>) -> Option<Vec<Finding>> {
    let (volume, failed) = closest(case, None)?;
    let single = failed.count() == 1;
    let own = volume.class() == case.class.name && !failed.has(Predicate::ClaimRef);
    (single || own).then(|| failed.iter().map(|predicate| finding(case, volume, predicate)).collect::<Vec<_>>()).filter(|f| !f.is_empty())
}

/// The same where the class has a meaning of its own: only volumes of that class.
pub(super) fn static_causes_of_class(case: &Case<'_, '_>) -> Option<Vec<Finding>> {
    let (volume, _) = closest(case, None)?;
    if volume.class() == case.class.name { static_causes(case) } else { None }
}

/// No class, and no volume that comes near.
fn without_class(case: &Case<'_, '_>) -> Finding {
    let (facts, claim) = (case.facts, case.claim);
    let classless = facts.volumes_of_class("").count();
    let volumes = match classless {
        0 => "there is no volume without class".to_owned(),
        1 => "the only volume without class does not come near".to_owned(),
        several => format!("none of the {several} volumes without class comes near"),
    };
    let explicit = claim.has_class();
    if !explicit && classless == 0 && facts.shows_no_class(claim) {
        let message = "it names no class, and these files hold no StorageClass and no volume without class";
        return in_the_cluster(case.class_evidence(case.finding(&NO_VOLUME, message)));
    }
    let finding = match facts.default_class {
        Some(default) if explicit => {
            let message = format!("it asks for no class (storageClassName: \"\"), and {volumes}");
            let finding = case.class_evidence(case.finding(&CLASS_EMPTY, message));
            let description = format!("create the claim anew with the default class, {}", default.metadata.name);
            case.anew(finding, &description, r#""storageClassName":null"#)
        }
        _ if !explicit && facts.class_names().next().is_some() => {
            let names: Vec<&str> = facts.class_names().collect();
            let message = format!("it names no class, none of the classes ({}) is the default, and {volumes}", words::and(&names, 4));
            let finding = case.class_evidence(case.finding(&NO_DEFAULT_CLASS, message));
            let made = facts.inventory.objects.storage_classes.iter().find(|class| class.provisioner != NO_PROVISIONER);
            let first = made.map(|class| class.metadata.name.as_str()).or(names.first().copied()).unwrap_or_default();
            let command = format!(
                "kubectl annotate storageclass {} --overwrite storageclass.kubernetes.io/is-default-class=true",
                words::quoted(first)
            );
            finding.remedied_by("make a class the default: claims that name none are given it, also this one", Some(command))
        }
        _ => {
            let why =
                if explicit { "it asks for no class (storageClassName: \"\")" } else { "it names no class, there is no StorageClass" };
            case.class_evidence(case.finding(&NO_VOLUME, format!("{why}, and {volumes}")))
        }
    };
    let wanted = claim.request().map_or("some", |request| request.text());
    let or = if finding.remedy.is_empty() { "" } else { "or " };
    let modes = words::list(&claim.spec.access_modes);
    finding.remedied_by(format!("{or}create a volume without class, of at least {wanted} and with access modes {modes}"), None)
}
