//! `volumes`: why pods wait for their volumes (K), and where the data of each volume lives.
//!
//! Before a pod has a node, the causes of its claims count. Then the kubelet waits: for files made from other objects, for the
//! attachment, for the driver. Objects decide; events confirm, or carry what no object shows.

mod attach;
mod claims;
mod data;
mod files;
mod node;
mod said;

pub(super) use data::place;

use std::collections::{BTreeSet, HashMap, HashSet};

use super::facts::{Facts, claims_of};
use super::why::assign;
use super::{changes, words};
use crate::inventory::Inventory;
use crate::objects::{LabelSelector, Objects, OtherSource, Pod, PodSpec, PodVolume, Projection, Resource, Truth, Workload};
use crate::report::storage::Cause;
use crate::report::volumes::{PodAnswer, VolumeAnswer, VolumeState, Volumes};
use crate::report::{Confidence, Finding, FindingKind, ObjectRef, Severity};

/// Which pods are meant.
#[derive(Debug, Clone, Default)]
pub struct PodQuestion {
    /// Pods by namespace and name; none: all.
    pub pods: Option<Vec<(String, String)>>,
    /// Namespace; none: all of them.
    pub namespace: Option<String>,
    /// Labels of the pods.
    pub selector: Option<LabelSelector>,
}

impl PodQuestion {
    fn means(&self, pod: &Pod) -> bool {
        let meta = &pod.metadata;
        match &self.pods {
            Some(pods) => pods.iter().any(|(namespace, name)| *namespace == meta.namespace && *name == meta.name),
            None => {
                self.namespace.as_deref().is_none_or(|wanted| wanted == meta.namespace)
                    && self.selector.as_ref().is_none_or(|selector| selector.matches(&meta.labels) == Truth::Yes)
            }
        }
    }
}

/// How far a pod has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Only a template.
    Template,
    /// Without a node.
    Unscheduled,
    /// On its node, without its volumes.
    Starting,
    /// With its volumes.
    Running,
    /// It has ended.
    Finished,
}

impl Stage {
    fn of(pod: &Pod, template: bool) -> Self {
        if template {
            return Self::Template;
        }
        if pod.is_finished() {
            return Self::Finished;
        }
        if pod.spec.node_name.is_empty() {
            return Self::Unscheduled;
        }
        // The sandbox is made after the volumes: whatever came later shows that they are there. The second name is the older one.
        let sandbox = ["PodReadyToStartContainers", "PodHasNetwork"];
        let statuses = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
        let started = statuses.map(|s| &s.state).any(|state| state.running.is_some() || state.terminated.is_some());
        let ready = sandbox.iter().any(|kind| pod.condition(kind).is_some_and(|c| c.status == "True"));
        let refused = waits_for_environment(pod).is_some();
        let runs = pod.status.phase == crate::objects::Phase::Running;
        if started || ready || refused || runs { Self::Running } else { Self::Starting }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Template => "Template",
            Self::Unscheduled => "Unscheduled",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Finished => "Finished",
        }
    }
}

/// The words of a container that is not made because of its environment.
fn waits_for_environment(pod: &Pod) -> Option<&str> {
    let statuses = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    let waiting = statuses.filter_map(|status| status.state.waiting.as_deref());
    waiting.filter(|waiting| waiting.reason == "CreateContainerConfigError").map(|waiting| waiting.message.as_str()).next()
}

/// A pod that is looked at.
pub(super) struct PodCase<'f, 'a> {
    facts: &'f Facts<'a>,
    pod: &'a Pod,
    stage: Stage,
    me: ObjectRef,
    workload: Option<&'a Workload>,
    /// Kind and name of what runs it.
    group: Option<(&'a str, &'a str)>,
    assigned: &'f HashMap<&'a str, (&'a str, &'a str)>,
}

impl<'a> PodCase<'_, 'a> {
    fn finding(&self, kind: &'static FindingKind, message: impl Into<String>) -> Finding {
        kind.on(self.me.clone(), message.into())
    }

    fn namespace(&self) -> &'a str {
        &self.pod.metadata.namespace
    }

    fn node(&self) -> &'a str {
        &self.pod.spec.node_name
    }

    /// Seconds since the pod was made; none without a clock.
    fn age(&self) -> Option<u64> {
        self.pod.metadata.age_seconds(self.facts.now?)
    }
}

/// What a volume comes to.
#[derive(Debug, Default)]
struct Judgement {
    /// In the order in which they strike; the first is the cause.
    causes: Vec<Finding>,
    /// Good to know.
    notes: Vec<Finding>,
    /// What could not be read.
    unread: BTreeSet<Resource>,
}

impl Judgement {
    fn is_problem(&self) -> bool {
        self.causes.iter().any(|cause| cause.severity != Severity::Info)
    }
}

/// Kinds that `more_needed_for_pods` may name beside those about claims.
pub const MORE_FOR_PODS: [Resource; 11] = [
    Resource::ReplicaSets,
    Resource::StatefulSets,
    Resource::DaemonSets,
    Resource::PersistentVolumeClaims,
    Resource::PersistentVolumes,
    Resource::StorageClasses,
    Resource::CsiDrivers,
    Resource::CsiNodes,
    Resource::Nodes,
    Resource::ConfigMaps,
    Resource::Secrets,
];

/// Kinds that are worth reading for the pods that are meant, after what was read so far.
pub fn more_needed_for_pods(objects: &Objects, means: impl Fn(&Pod) -> bool) -> Vec<Resource> {
    let meant: Vec<&Pod> = objects.pods.iter().filter(|pod| means(pod)).collect();
    let claims: HashSet<(&str, String)> =
        meant.iter().flat_map(|pod| claims_of(pod).map(|claim| (pod.metadata.namespace.as_str(), claim))).collect();
    let mut more = super::more_needed(objects, |namespace, name| claims.contains(&(namespace, name.to_owned())));
    let pods: Vec<&Pod> = meant.iter().copied().filter(|pod| !pod.is_finished()).collect();
    // What a file holds and no API server has seen has no uid: its templates stand for pods.
    let templates = || objects.workloads.iter().filter(|w| w.metadata.uid.is_empty());
    let specs: Vec<&PodSpec> = pods.iter().map(|pod| &pod.spec).chain(templates().map(|w| &w.template.spec)).collect();
    let starts = pods.iter().any(|pod| Stage::of(pod, false) != Stage::Running);
    let has_claims = |spec: &&PodSpec| spec.volumes.iter().any(|v| v.persistent_volume_claim.is_some() || v.ephemeral.is_some());
    let has_claims = !claims.is_empty() || specs.iter().any(has_claims) || templates().any(|w| !w.claim_templates.is_empty());
    let owned_by = |kind: &str| meant.iter().any(|pod| pod.metadata.controller().is_some_and(|owner| owner.kind == kind));
    // Whoever else has the volume may be of any Deployment.
    if owned_by("ReplicaSet") || (starts && has_claims) {
        more.extend([Resource::ReplicaSets, Resource::Deployments]);
    }
    if owned_by("Job") {
        more.extend([Resource::Jobs, Resource::CronJobs]);
    }
    more.extend(
        ["StatefulSet", "DaemonSet"]
            .into_iter()
            .zip([Resource::StatefulSets, Resource::DaemonSets])
            .filter_map(|(kind, of)| owned_by(kind).then_some(of)),
    );
    if has_claims {
        more.extend([Resource::PersistentVolumes, Resource::StorageClasses]);
    }
    let is_inline = |volume: &PodVolume| matches!(volume.other.as_deref(), Some(OtherSource::Csi(_)));
    if has_claims || specs.iter().any(|spec| spec.volumes.iter().any(is_inline)) {
        more.extend([Resource::CsiDrivers, Resource::CsiNodes, Resource::Nodes]);
    }
    let uses = |secret: bool| {
        specs.iter().any(|spec| {
            let of_volume = |volume: &PodVolume| match volume.other.as_deref() {
                Some(OtherSource::ConfigMap(_)) => !secret,
                Some(OtherSource::Secret(_)) => secret,
                Some(OtherSource::Projected(sources)) => sources.iter().any(|source| matches!(source, Projection::Secret(_)) == secret),
                Some(OtherSource::Csi(csi)) => secret && csi.node_publish_secret_ref.is_some(),
                _ => false,
            };
            let containers = spec.containers.iter().chain(&spec.init_containers);
            spec.volumes.iter().any(of_volume)
                || containers.flat_map(|c| c.env.iter().chain(&c.env_from)).any(|reference| reference.secret == secret)
        })
    };
    let of_volumes = || {
        let csi = objects.volumes.iter().filter_map(|volume| volume.spec.csi.as_ref());
        starts && csi.into_iter().any(|csi| csi.node_stage_secret_ref.is_some() || csi.node_publish_secret_ref.is_some())
    };
    if uses(false) {
        more.push(Resource::ConfigMaps);
    }
    if uses(true) || of_volumes() {
        more.push(Resource::Secrets);
    }
    if starts {
        more.push(Resource::Events);
    }
    if starts && has_claims {
        more.extend([Resource::VolumeAttachments, Resource::Leases]);
    }
    more
}

/// Answers for every pod that is meant, with all findings.
pub fn volumes(inventory: &Inventory, question: &PodQuestion) -> (Volumes, Vec<Finding>) {
    let facts = Facts::new(inventory);
    let assigned = assign(&facts);
    let mut findings = Vec::new();
    let mut pods = Vec::new();
    for info in inventory.pods.iter().filter(|info| question.means(&info.pod)) {
        let group = inventory.groups.get(info.group);
        let workload = group.and_then(|group| {
            let same = |w: &&Workload| w.kind.name() == group.kind.name() && w.metadata.name == group.name;
            inventory.objects.workloads.iter().filter(|w| w.metadata.namespace == group.namespace).find(same)
        });
        let case = PodCase {
            facts: &facts,
            pod: &info.pod,
            stage: Stage::of(&info.pod, info.template),
            me: words::pod_ref(&info.pod),
            workload,
            group: group.filter(|group| group.kind.name() != "Pod").map(|group| (group.kind.name(), group.name.as_str())),
            assigned: &assigned,
        };
        pods.push(answer(&case, &mut findings));
    }
    // Who asks for all pods means those that live.
    for pod in inventory.finished_pods.iter().filter(|pod| question.pods.is_some() && question.means(pod)) {
        let me = words::pod_ref(pod);
        let case = PodCase { facts: &facts, pod, stage: Stage::Finished, me, workload: None, group: None, assigned: &assigned };
        pods.push(answer(&case, &mut findings));
    }
    pods.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    changes::only_on_a_cluster(&facts, &mut findings);
    (Volumes { pods, named: question.pods.is_some() }, findings)
}

fn answer(case: &PodCase<'_, '_>, findings: &mut Vec<Finding>) -> PodAnswer {
    let pod = case.pod;
    let mut judged: Vec<(&PodVolume, Judgement)> = pod.spec.volumes.iter().map(|volume| (volume, judge(case, volume))).collect();
    let mut whole = whole(case);
    if case.stage == Stage::Starting {
        said::add(case, &mut judged, &mut whole);
        node::last_resort(case, &mut judged, &whole);
    }
    let volumes: Vec<VolumeAnswer> = judged.iter().map(|(volume, judgement)| volume_answer(case, volume, judgement)).collect();
    let cause = root(&judged, &whole);
    let any = |state: VolumeState| volumes.iter().any(|volume| volume.state == state);
    let told =
        |finding: &Finding| finding.severity != Severity::Info && (finding.confidence != Confidence::Possible || whole.unread.is_empty());
    let state = if any(VolumeState::Problem) || whole.causes.iter().any(told) {
        VolumeState::Problem
    } else if any(VolumeState::Unknown) || (!whole.unread.is_empty() && case.stage != Stage::Running) {
        VolumeState::Unknown
    } else if any(VolumeState::Waiting) || case.stage == Stage::Unscheduled {
        VolumeState::Waiting
    } else {
        VolumeState::Ok
    };
    let scheduler = pod.condition("PodScheduled").filter(|c| case.stage == Stage::Unscheduled && c.status == "False");
    let notes = whole.causes.iter().filter(|finding| cause.is_none_or(|cause| !std::ptr::eq(cause, *finding))).chain(&whole.notes);
    let answer = PodAnswer {
        namespace: case.namespace().to_owned(),
        name: pod.metadata.name.clone(),
        workload: case.group.map_or_else(String::new, |(kind, name)| format!("{kind}/{name}")),
        node: Some(pod.spec.node_name.clone()).filter(|node| !node.is_empty()),
        phase: case.stage.name(),
        state,
        cause: cause.map(Cause::from),
        notes: notes.map(Cause::from).collect(),
        scheduler: scheduler.map(|condition| condition.message.clone()).filter(|message| !message.is_empty()),
        volumes,
    };
    for judgement in judged.into_iter().map(|(_, judgement)| judgement).chain([whole]) {
        findings.extend(judgement.causes);
        findings.extend(judgement.notes);
    }
    answer
}

/// What keeps the pod, first of all: a volume, then what is no matter of one; then what only waits.
fn root<'j>(judged: &'j [(&PodVolume, Judgement)], whole: &'j Judgement) -> Option<&'j Finding> {
    let of_volumes = || judged.iter().filter_map(|(_, judgement)| judgement.causes.first().filter(|_| judgement.is_problem()));
    let weighs = |cause: &&Finding| cause.severity != Severity::Info;
    let waits = || judged.iter().filter_map(|(_, judgement)| judgement.causes.first()).next();
    of_volumes().next().or_else(|| whole.causes.iter().find(weighs)).or_else(waits).or_else(|| whole.causes.first())
}

fn volume_answer(case: &PodCase<'_, '_>, volume: &PodVolume, judgement: &Judgement) -> VolumeAnswer {
    let told = judgement.causes.iter().any(|cause| cause.confidence != Confidence::Possible);
    let state = match case.stage {
        _ if judgement.is_problem() && (told || judgement.unread.is_empty()) => VolumeState::Problem,
        Stage::Running | Stage::Finished => VolumeState::Ok,
        _ if !judgement.unread.is_empty() => VolumeState::Unknown,
        Stage::Starting => VolumeState::Waiting,
        _ if !judgement.causes.is_empty() => VolumeState::Waiting,
        Stage::Template | Stage::Unscheduled => VolumeState::Ok,
    };
    let data::Data { kind, source, volume: behind, place, after_pod, after_claim } = data::of(case, volume);
    VolumeAnswer {
        name: volume.name.clone(),
        kind,
        state,
        cause: judgement.causes.first().map(Cause::from),
        also_would_fail: judgement.causes.iter().skip(1).chain(&judgement.notes).map(Cause::from).collect(),
        unread: judgement.unread.iter().map(|resource| resource.qualified()).collect(),
        source,
        volume: behind,
        place,
        after_pod,
        after_claim,
    }
}

/// What keeps a volume from being mounted, as far as objects show.
fn judge(case: &PodCase<'_, '_>, volume: &PodVolume) -> Judgement {
    if case.stage == Stage::Finished {
        return Judgement::default();
    }
    if let Some(claim) = claims::name_of(case, volume) {
        return claims::judge(case, volume, &claim);
    }
    let mut judgement = match volume.other.as_deref() {
        Some(OtherSource::ConfigMap(keys)) => files::judge(case, volume, &[(false, keys)]),
        Some(OtherSource::Secret(keys)) => files::judge(case, volume, &[(true, keys)]),
        Some(OtherSource::Projected(sources)) => {
            let keys: Vec<_> = sources.iter().map(Projection::keys).collect();
            files::judge(case, volume, &keys)
        }
        Some(OtherSource::Csi(csi)) => node::inline(case, volume, csi),
        Some(OtherSource::Field(field)) => node::removed(case, volume, field),
        Some(OtherSource::EmptyDir(_) | OtherSource::HostPath(_) | OtherSource::Nfs(_)) | None => Judgement::default(),
    };
    if case.stage == Stage::Running {
        // It is mounted: only the next start will notice.
        for mut cause in judgement.causes.drain(..) {
            cause.severity = Severity::Warning;
            cause.message = format!("{}; the pod runs on, and would not start again", cause.message);
            judgement.notes.push(cause);
        }
        judgement.unread.clear();
    }
    judgement
}

/// What is no matter of one volume: the environment, and a pod that was turned away.
fn whole(case: &PodCase<'_, '_>) -> Judgement {
    match case.stage {
        Stage::Finished => Judgement { causes: node::turned_away(case).into_iter().collect(), ..Judgement::default() },
        Stage::Running if waits_for_environment(case.pod).is_none() => Judgement::default(),
        _ => files::environment(case),
    }
}
