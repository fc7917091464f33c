//! `pvc-why-pending`: every claim of a question with its cause.

use std::collections::{HashMap, HashSet};

use super::causes::{self, Case, Diagnosis};
use super::facts::{BIND_COMPLETED, ClassOrigin, Facts};
use super::findings;
use super::{changes, explain};
use crate::inventory::Inventory;
use crate::objects::{LabelSelector, PersistentVolume, PersistentVolumeClaim, Truth};
use crate::report::storage::{Cause, ClaimAnswer, ClaimState, PvcWhyPending};
use crate::report::{Finding, ObjectRef, Severity};

/// Which claims are meant.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Claims by namespace and name; empty: all.
    pub names: Vec<(String, String)>,
    /// Namespace; none: all of them.
    pub namespace: Option<String>,
    /// Labels of the claims.
    pub selector: Option<LabelSelector>,
    /// Whether the tables of volumes and nodes are wanted.
    pub explain: bool,
}

impl Question {
    /// Whether a claim is meant, as far as its name tells.
    pub fn means(&self, namespace: &str, name: &str) -> bool {
        if self.names.is_empty() {
            return self.namespace.as_deref().is_none_or(|wanted| wanted == namespace);
        }
        self.names.iter().any(|(ns, n)| ns == namespace && n == name)
    }
}

/// Answers for every claim that is meant, with all findings.
pub fn why_pending(inventory: &Inventory, question: &Question) -> (PvcWhyPending, Vec<Finding>) {
    let facts = Facts::new(inventory);
    let assigned = assign(&facts);
    let mut findings = Vec::new();
    let mut claims = Vec::new();
    let in_scope = |namespace: &str| question.namespace.as_deref().is_none_or(|wanted| wanted == namespace) || !question.names.is_empty();
    // Who asks by labels means claims that have some.
    let uncreated = if question.selector.is_none() { causes::uncreated(&facts, in_scope) } else { Vec::new() };
    let forbidden: HashSet<(&str, &str)> = uncreated.iter().map(|missing| (missing.namespace.as_str(), missing.name.as_str())).collect();
    for claim in &inventory.objects.claims {
        let (namespace, name) = (&claim.metadata.namespace, &claim.metadata.name);
        let selected = question.selector.as_ref().is_none_or(|selector| selector.matches(&claim.metadata.labels) == Truth::Yes);
        if !question.means(namespace, name) || !selected || forbidden.contains(&claim.metadata.key()) {
            continue;
        }
        let case = Case::new(&facts, claim);
        let own = (namespace.as_str(), name.as_str());
        let taken = |volume: &PersistentVolume| assigned.get(volume.metadata.name.as_str()).is_some_and(|holder| *holder != own);
        let diagnosis = causes::diagnose(&case, &taken);
        claims.push(answer(&case, &diagnosis, question.explain));
        findings.extend(diagnosis.causes);
        findings.extend(diagnosis.notes);
    }
    for missing in uncreated {
        if question.means(&missing.namespace, &missing.name) {
            claims.push(unborn(&missing));
            findings.extend(missing.causes);
        }
    }
    claims.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    findings.extend(malformed(inventory));
    changes::only_on_a_cluster(&facts, &mut findings);
    (PvcWhyPending { claims, named: !question.names.is_empty() }, findings)
}

/// Which free volume each claim would get, the oldest claim first: a volume serves one claim only.
pub(super) fn assign<'a>(facts: &Facts<'a>) -> HashMap<&'a str, (&'a str, &'a str)> {
    let waiting = |claim: &&PersistentVolumeClaim| {
        claim.spec.volume_name.is_empty()
            && claim.metadata.deletion_timestamp.is_none()
            && claim.metadata.annotations.get(BIND_COMPLETED).is_none()
            && !matches!(claim.status.phase.as_str(), "Bound" | "Lost")
    };
    let mut claims: Vec<&PersistentVolumeClaim> = facts.inventory.objects.claims.iter().filter(waiting).collect();
    claims.sort_by_key(|claim| claim.metadata.creation_timestamp);
    let mut assigned: HashMap<&str, (&str, &str)> = HashMap::new();
    for claim in claims {
        let class = facts.class_of(claim);
        let taken = |volume: &PersistentVolume| assigned.contains_key(volume.metadata.name.as_str());
        let volume = facts.index.find(claim, class.name, class.waits(), taken);
        if let Some(volume) = volume {
            assigned.insert(&volume.metadata.name, (&claim.metadata.namespace, &claim.metadata.name));
        }
    }
    assigned
}

fn answer(case: &Case<'_, '_>, diagnosis: &Diagnosis<'_>, explain: bool) -> ClaimAnswer {
    let claim = case.claim;
    let phase = match (claim.metadata.deletion_timestamp, claim.status.phase.as_str()) {
        (Some(_), _) => "Terminating",
        (None, "") => "Pending",
        (None, phase) => phase,
    };
    let unknown = diagnosis.causes.first().is_some_and(|cause| cause.code == findings::uncreated::CAUSE_UNKNOWN.code);
    let undecided = !diagnosis.unread.is_empty() && !diagnosis.is_problem();
    let state = if unknown || undecided {
        ClaimState::Unknown
    } else if diagnosis.is_problem() {
        ClaimState::Problem
    } else if phase == "Bound" || diagnosis.would_bind.is_some() {
        ClaimState::Ok
    } else {
        ClaimState::Waiting
    };
    let explain = explain && (state != ClaimState::Ok || phase == "Pending");
    let (candidates, candidates_left_out) = if explain && phase == "Pending" { explain::candidates(case) } else { (Vec::new(), 0) };
    let nodes = if explain { explain::nodes(case) } else { Vec::new() };
    ClaimAnswer {
        namespace: claim.metadata.namespace.clone(),
        name: claim.metadata.name.clone(),
        phase: phase.to_owned(),
        state,
        class: case.class.name.to_owned(),
        class_from: match case.class.origin {
            ClassOrigin::Spec => "spec",
            ClassOrigin::Annotation => "annotation",
            ClassOrigin::Default => "default",
            ClassOrigin::Nowhere => "none",
        },
        request: claim.request().map_or_else(String::new, ToString::to_string),
        volume: claim.spec.volume_name.clone(),
        cause: diagnosis.causes.first().filter(|_| !unknown).map(Cause::from),
        // Of what cannot be told, what others said of it is at least good to know.
        also_would_fail: diagnosis.causes.iter().skip(usize::from(!unknown)).chain(&diagnosis.notes).map(Cause::from).collect(),
        would_bind: diagnosis.would_bind.map(|volume| volume.metadata.name.clone()),
        unread: diagnosis.unread.iter().map(|resource| resource.qualified()).collect(),
        candidates,
        candidates_left_out,
        nodes,
    }
}

fn unborn(missing: &causes::Uncreated) -> ClaimAnswer {
    let problem = missing.causes.iter().any(|cause| cause.severity != Severity::Info);
    ClaimAnswer {
        namespace: missing.namespace.clone(),
        name: missing.name.clone(),
        phase: "Missing".to_owned(),
        state: if problem { ClaimState::Problem } else { ClaimState::Waiting },
        class: missing.class.clone(),
        class_from: if missing.class.is_empty() { "none" } else { "spec" },
        request: missing.request.clone(),
        volume: String::new(),
        cause: missing.causes.first().map(Cause::from),
        also_would_fail: missing.causes.iter().skip(1).map(Cause::from).collect(),
        would_bind: None,
        unread: Vec::new(),
        candidates: Vec::new(),
        candidates_left_out: 0,
        nodes: Vec::new(),
    }
}

/// Volumes whose size cannot be read.
fn malformed(inventory: &Inventory) -> Vec<Finding> {
    let bad = inventory.objects.volumes.iter().filter_map(|volume| Some((volume, volume.capacity().filter(|size| size.is_malformed())?)));
    bad.map(|(volume, size)| {
        let me = ObjectRef::new("PersistentVolume", "", &volume.metadata.name);
        let message = format!("the size {:?} of volume \"{}\" is no quantity and counts as zero", size.text(), volume.metadata.name);
        findings::uncreated::MALFORMED_QUANTITY.on(me.clone(), message).shown_by(&me, "spec.capacity.storage", size.text())
    })
    .collect()
}
