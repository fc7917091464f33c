//! A claim beside a volume: what differs, in words, as evidence, as a finding with its remedy, and as a table row.

use super::{Case, or_unset};
use crate::objects::{BETA_CLASS, LabelSelector, Node, PersistentVolume, Truth};
use crate::report::storage::{Candidate, Comparison, Predicates};
use crate::report::{DataRisk, Finding};
use crate::storage::findings::volume as kinds;
use crate::storage::matcher::{self, Failures, Predicate};
use crate::storage::{changes, words};

/// What the volume has and what the claim wants.
fn sides(case: &Case<'_, '_>, volume: &PersistentVolume, predicate: Predicate) -> (String, String) {
    let claim = case.claim;
    let text = |quantity: Option<&crate::objects::Quantity>| quantity.map_or_else(|| "none".to_owned(), |q| q.text().to_owned());
    let or_none = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
    match predicate {
        Predicate::Size => (text(volume.capacity()), text(claim.request())),
        Predicate::AccessModes => (words::list(&volume.spec.access_modes), words::list(&claim.spec.access_modes)),
        Predicate::Class => (or_none(volume.class()), or_none(case.class.name)),
        Predicate::VolumeMode => (volume.mode().to_owned(), claim.mode().to_owned()),
        Predicate::AttributesClass => (or_none(volume.attributes_class()), or_none(claim.attributes_class())),
        Predicate::Phase => (or_none(&volume.status.phase), "Available".to_owned()),
        Predicate::ClaimRef => {
            let holder = volume.spec.claim_ref.as_ref().map_or_else(|| "none".to_owned(), |c| format!("{}/{}", c.namespace, c.name));
            (holder, format!("{}/{}", claim.metadata.namespace, claim.metadata.name))
        }
        Predicate::Deletion => {
            (volume.metadata.deletion_timestamp.map_or_else(|| "none".to_owned(), |time| time.to_string()), "none".to_owned())
        }
        Predicate::Selector => {
            let wanted = claim.spec.selector.as_ref().map_or_else(|| "none".to_owned(), |selector| selector.describe());
            let keys = |key: &str| {
                claim.spec.selector.as_ref().is_some_and(|selector| {
                    selector.match_labels.get(key).is_some() || selector.match_expressions.iter().any(|r| r.key == key)
                })
            };
            let labels: Vec<String> = volume.metadata.labels.iter().filter(|(key, _)| keys(key)).map(|(k, v)| format!("{k}={v}")).collect();
            (words::list(&labels), wanted)
        }
        Predicate::NodeAffinity => {
            (volume.required_nodes().map_or_else(|| "every node".to_owned(), |nodes| nodes.describe()), "some node".to_owned())
        }
    }
}

/// `too small: 1Gi < 5Gi`.
pub(super) fn difference(case: &Case<'_, '_>, volume: &PersistentVolume, predicate: Predicate) -> String {
    let (have, want) = sides(case, volume, predicate);
    match predicate {
        Predicate::Size => format!("it is too small ({have} < {want})"),
        Predicate::AccessModes => format!("its access modes are {have}, wanted {want}"),
        Predicate::Class => format!("it has {}, wanted {}", words::class_name(volume.class()), words::class_name(case.class.name)),
        Predicate::VolumeMode => format!("its volumeMode is {have}, wanted {want}"),
        Predicate::AttributesClass => format!("its VolumeAttributesClass is {have}, wanted {want}"),
        Predicate::Phase => format!("its phase is {have}"),
        Predicate::ClaimRef if have == want => "it still belongs to an earlier claim of this name".to_owned(),
        Predicate::ClaimRef => format!("it belongs to claim {have}"),
        Predicate::Deletion => "it is being deleted".to_owned(),
        Predicate::Selector => format!("its labels are {have}, wanted {want}"),
        Predicate::NodeAffinity => format!("no node satisfies {have}"),
    }
}

/// Adds both sides of a difference.
pub(super) fn evidence(case: &Case<'_, '_>, volume: &PersistentVolume, predicate: Predicate, finding: Finding) -> Finding {
    let (have, want) = sides(case, volume, predicate);
    let of_volume = words::volume_ref(volume);
    let (volume_field, claim_field) = match predicate {
        Predicate::Size => ("spec.capacity.storage", "spec.resources.requests.storage"),
        Predicate::AccessModes => ("spec.accessModes", "spec.accessModes"),
        Predicate::Class => return case.class_evidence(finding.shown_by(&of_volume, "spec.storageClassName", have)),
        Predicate::VolumeMode => ("spec.volumeMode", "spec.volumeMode"),
        Predicate::AttributesClass => ("spec.volumeAttributesClassName", "spec.volumeAttributesClassName"),
        Predicate::Selector => ("metadata.labels", "spec.selector"),
        Predicate::Phase => return finding.shown_by(&of_volume, "status.phase", have),
        Predicate::ClaimRef if have == want => {
            let uid = volume.spec.claim_ref.as_ref().map_or("", |holder| holder.uid.as_str());
            return finding.shown_by(&of_volume, "spec.claimRef.uid", uid).shown_by(
                &case.me,
                "metadata.uid",
                or_unset(&case.claim.metadata.uid),
            );
        }
        Predicate::ClaimRef => return finding.shown_by(&of_volume, "spec.claimRef", have),
        Predicate::Deletion => return finding.shown_by(&of_volume, "metadata.deletionTimestamp", have),
        Predicate::NodeAffinity => return finding.shown_by(&of_volume, "spec.nodeAffinity.required", have),
    };
    finding.shown_by(&of_volume, volume_field, have).shown_by(&case.me, claim_field, want)
}

/// What the claim would have to say to fit, as a merge patch; none if only the volume can change.
fn wanted(volume: &PersistentVolume, predicate: Predicate) -> Option<String> {
    Some(match predicate {
        Predicate::Size => format!(r#""resources":{{"requests":{{"storage":{}}}}}"#, words::json(volume.capacity()?.text())),
        Predicate::AccessModes => format!(r#""accessModes":[{}]"#, words::json(volume.spec.access_modes.first()?)),
        Predicate::Class => format!(r#""storageClassName":{}"#, words::json(volume.class())),
        Predicate::VolumeMode => format!(r#""volumeMode":{}"#, words::json(volume.mode())),
        Predicate::AttributesClass if volume.attributes_class().is_empty() => r#""volumeAttributesClassName":null"#.to_owned(),
        Predicate::AttributesClass => format!(r#""volumeAttributesClassName":{}"#, words::json(volume.attributes_class())),
        Predicate::Selector => r#""selector":null"#.to_owned(),
        Predicate::Phase | Predicate::ClaimRef | Predicate::Deletion | Predicate::NodeAffinity => return None,
    })
}

/// The claim created anew as the volume is.
pub(super) fn recreation(case: &Case<'_, '_>, volume: &PersistentVolume, predicates: &[Predicate], finding: Finding) -> Finding {
    let fields: Option<Vec<String>> = predicates.iter().map(|p| wanted(volume, *p)).collect();
    let Some(fields) = fields else {
        return finding.remedied_by("choose or create another volume", None);
    };
    case.anew(finding, &format!("create the claim anew to fit volume {}", volume.metadata.name), &fields.join(","))
}

/// The finding about a volume that fails this.
pub(super) fn finding(case: &Case<'_, '_>, volume: &PersistentVolume, predicate: Predicate) -> Finding {
    let name = &volume.metadata.name;
    let kind = match predicate {
        Predicate::Size => &kinds::VOLUME_TOO_SMALL,
        Predicate::AccessModes => &kinds::ACCESS_MODES_DIFFER,
        Predicate::Class => &kinds::CLASS_DIFFERS,
        Predicate::VolumeMode => &kinds::VOLUME_MODE_DIFFERS,
        Predicate::Selector => &kinds::SELECTOR_MATCHES_NOTHING,
        Predicate::AttributesClass => &kinds::ATTRIBUTES_CLASS_DIFFERS,
        Predicate::Phase => match volume.status.phase.as_str() {
            "Released" => &kinds::VOLUME_RELEASED,
            "Failed" => &kinds::VOLUME_FAILED,
            _ => &kinds::VOLUME_NOT_LOOKED_AT,
        },
        Predicate::ClaimRef if volume.status.phase == "Released" => &kinds::VOLUME_RELEASED,
        Predicate::ClaimRef if volume.status.phase == "Failed" => &kinds::VOLUME_FAILED,
        Predicate::ClaimRef if is_used(case, volume) => &kinds::VOLUMES_ALL_TAKEN,
        Predicate::ClaimRef => &kinds::VOLUME_RESERVED,
        Predicate::Deletion => &kinds::VOLUME_BEING_DELETED,
        Predicate::NodeAffinity => &crate::storage::findings::topology::NO_VOLUME_ON_ANY_NODE,
    };
    let message = format!("the closest volume is \"{name}\": {}", difference(case, volume, predicate));
    let finding = evidence(case, volume, predicate, case.finding(kind, message));
    remedy(case, volume, predicate, finding)
}

/// Whether a volume's claim is there and has it.
pub(super) fn is_used(case: &Case<'_, '_>, volume: &PersistentVolume) -> bool {
    let holder = volume.spec.claim_ref.as_ref();
    let claim = holder.and_then(|holder| case.facts.claim(&holder.namespace, &holder.name));
    volume.status.phase == "Bound" || claim.is_some_and(|claim| claim.spec.volume_name == volume.metadata.name)
}

fn remedy(case: &Case<'_, '_>, volume: &PersistentVolume, predicate: Predicate, finding: Finding) -> Finding {
    let claim = case.claim;
    match predicate {
        Predicate::AccessModes => {
            let patch = format!(r#"{{"spec":{{"accessModes":[{}]}}}}"#, modes_with(volume, &claim.spec.access_modes).join(","));
            let finding =
                finding.remedied_by("if the storage can do it, let the volume offer the mode", Some(changes::patch_volume(volume, &patch)));
            recreation(case, volume, &[predicate], finding)
        }
        Predicate::Class => {
            // Rule: the annotation is stronger than the field.
            let annotated = volume.metadata.annotations.get(BETA_CLASS).is_some();
            let metadata = if annotated { format!(r#""metadata":{{"annotations":{{"{BETA_CLASS}":null}}}},"#) } else { String::new() };
            let patch = format!(r#"{{{metadata}"spec":{{"storageClassName":{}}}}}"#, words::json(case.class.name));
            let finding = recreation(case, volume, &[predicate], finding);
            finding.remedied_by("or give the volume the claim's class", Some(changes::patch_volume(volume, &patch)))
        }
        Predicate::Selector => {
            let name = words::quoted(&volume.metadata.name);
            let labels = labels_for(claim.spec.selector.as_ref(), volume);
            let command = (!labels.is_empty()).then(|| format!("kubectl label pv {name} --overwrite {}", labels.join(" ")));
            finding.remedied_by("label the volume as the claim's selector wants it", command)
        }
        Predicate::Phase | Predicate::ClaimRef if matches!(volume.status.phase.as_str(), "Released" | "Failed") => {
            let description = "let the volume belong to this claim, with the data that is on it";
            changes::at_risk(finding, DataRisk::Disclosure, description, Some(changes::give(volume, claim)))
        }
        Predicate::ClaimRef if !is_used(case, volume) => {
            let description = "if the other claim does not need it, keep the volume for this one";
            changes::at_risk(finding, DataRisk::Disclosure, description, Some(changes::give(volume, claim)))
        }
        Predicate::ClaimRef => finding.remedied_by("add a volume: each serves one claim", None),
        Predicate::Phase => finding
            .remedied_by("look at the volume controller", Some("kubectl get lease kube-controller-manager -n kube-system".to_owned())),
        Predicate::Deletion => finding.remedied_by("create another volume", None),
        Predicate::NodeAffinity => finding.remedied_by("create a volume that a node can use", None),
        Predicate::Size | Predicate::VolumeMode | Predicate::AttributesClass => recreation(case, volume, &[predicate], finding),
    }
}

/// The volume's modes and these, for JSON. Rule: ReadWriteOncePod stands alone, the API refuses it beside others.
fn modes_with(volume: &PersistentVolume, wanted: &[String]) -> Vec<String> {
    if wanted.iter().any(|mode| mode == "ReadWriteOncePod") {
        return vec![words::json("ReadWriteOncePod")];
    }
    let own = volume.spec.access_modes.iter().filter(|mode| *mode != "ReadWriteOncePod");
    let lacking = wanted.iter().filter(|mode| !volume.spec.access_modes.contains(mode));
    own.chain(lacking).map(|mode| words::json(mode)).collect()
}

/// What `kubectl label` has to be told for the volume to be selected.
fn labels_for(selector: Option<&LabelSelector>, volume: &PersistentVolume) -> Vec<String> {
    let labels = &volume.metadata.labels;
    let pairs = selector.into_iter().flat_map(|selector| selector.match_labels.iter());
    let pairs = pairs.filter(|(key, value)| labels.get(key) != Some(*value)).map(|(key, value)| format!("{key}={value}"));
    let requirements = selector.into_iter().flat_map(|selector| &selector.match_expressions);
    let unmet = requirements.filter(|r| r.holds(labels.get(&r.key)) == Truth::No);
    let unmet = unmet.map(|r| match (r.operator.as_str(), r.values.first()) {
        ("In", Some(value)) => format!("{}={value}", r.key),
        ("Exists", _) => format!("{}=", r.key),
        _ => format!("{}-", r.key),
    });
    pairs.chain(unmet).map(|word| words::quoted(&word)).collect()
}

/// A row of the table of volumes.
pub(in crate::storage) fn compare(case: &Case<'_, '_>, volume: &PersistentVolume, failures: Failures) -> Candidate {
    let one = |predicate: Predicate| {
        let (volume, claim) = sides(case, volume, predicate);
        Comparison { holds: !failures.has(predicate), volume, claim }
    };
    let predicates = Predicates {
        size: one(Predicate::Size),
        access_modes: one(Predicate::AccessModes),
        class: one(Predicate::Class),
        volume_mode: one(Predicate::VolumeMode),
        selector: one(Predicate::Selector),
        attributes_class: one(Predicate::AttributesClass),
        phase: one(Predicate::Phase),
        claim_ref: one(Predicate::ClaimRef),
        deletion: one(Predicate::Deletion),
        node_affinity: one(Predicate::NodeAffinity),
    };
    let first_failing = predicates.all().into_iter().find(|(_, comparison)| !comparison.holds).map(|(name, _)| name);
    Candidate { volume: volume.metadata.name.clone(), predicates, first_failing }
}

/// Whether the claim's selector can be read at all.
pub(super) fn selector_is_readable(case: &Case<'_, '_>) -> bool {
    case.claim.spec.selector.as_ref().is_none_or(|selector| selector.match_expressions.iter().all(|r| r.holds(None) != Truth::Unknown))
}

/// How far a volume is from fitting. One that belonged to an earlier claim of the name was probably meant.
pub(super) fn distance(case: &Case<'_, '_>, volume: &PersistentVolume, failures: Failures) -> u32 {
    let predecessor = volume.status.phase == "Released"
        && volume
            .spec
            .claim_ref
            .as_ref()
            .is_some_and(|c| c.namespace == case.claim.metadata.namespace && c.name == case.claim.metadata.name);
    let claimed = failures.has(Predicate::ClaimRef);
    let free_again = matches!(volume.status.phase.as_str(), "Released" | "Failed");
    let mut distance = failures.distance();
    if claimed && free_again {
        // Phase and reference say the same thing twice.
        distance = failures.without(Predicate::Phase).without(Predicate::ClaimRef).distance() + if predecessor { 1 } else { 6 };
    } else if claimed && !is_used(case, volume) {
        distance = failures.without(Predicate::ClaimRef).without(Predicate::Phase).distance() + 6;
    }
    distance
}

/// The failures that count one by one: the phase of a volume that is claimed says no more than its reference.
pub(super) fn essential(volume: &PersistentVolume, failures: Failures) -> Failures {
    if failures.has(Predicate::ClaimRef) && volume.spec.claim_ref.is_some() { failures.without(Predicate::Phase) } else { failures }
}

/// All predicates of a volume.
pub(super) fn failures(case: &Case<'_, '_>, volume: &PersistentVolume, nodes: Option<&[&Node]>) -> Failures {
    matcher::failures(case.claim, case.class.name, volume, nodes)
}
