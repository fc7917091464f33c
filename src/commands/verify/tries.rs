//! Runs the probes of a cover: in the containers that are there, then, for what none of them could run, in what is made for it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Args, cni, read};
use crate::cli::{CommandError, ErrorKind, Session};
use crate::inventory::PodInfo;
use crate::objects::Protocol;
use crate::policy::{End, Model};
use crate::probe::act::Access;
use crate::probe::cover::batches::{self, Together};
use crate::probe::cover::judge::{Judgement, Tried, Undecided, judge};
use crate::probe::cover::tell::Run;
use crate::probe::cover::{Cover, is_ready};
use crate::probe::plan::{Place, Way};
use crate::probe::verdict::Verdict;
use crate::probe::wire::{Batch, Observed};
use crate::probe::{harm, image, place, rights};
use crate::report::ObjectRef;

/// Batches that are under way at a time.
const AT_ONCE: usize = 8;
/// Checks that are under way at a time in each: a shell needs a process for each, and pods may have little of a processor.
const TOGETHER: u16 = 16;
/// As many containers of a pod are tried.
const CONTAINERS: usize = 3;

/// Everything it takes.
pub(super) struct Tries<'s> {
    session: &'s mut Session,
    args: &'s Args,
    /// How things were tried from each source, or why they were not.
    ways: BTreeMap<usize, Result<Way, String>>,
    observed: Vec<Observed>,
    /// What the user said to making something; none: not asked yet.
    agreed: Option<bool>,
}

impl<'s> Tries<'s> {
    pub(super) fn new(session: &'s mut Session, args: &'s Args) -> Self {
        Self { session, args, ways: BTreeMap::new(), observed: Vec::new(), agreed: None }
    }

    /// Runs all of them, and looks again at what is not as the policies say.
    pub(super) fn all(mut self, model: &Model<'_>, cover: &Cover) -> Result<Run, CommandError> {
        self.observed = vec![Observed::could_not_run("not tried"); cover.probes.len()];
        self.these(model, cover, (0..cover.probes.len()).collect())?;
        let differing = |judged: &[Judgement]| -> Vec<usize> {
            judged.iter().enumerate().filter(|(_, judged)| matches!(judged, Judgement::Differs(_))).map(|(at, _)| at).collect()
        };
        let mut judged = self.judged(model, cover);
        let again = differing(&judged);
        if !again.is_empty() {
            let (inventory, _) = read(self.session, self.args)?;
            let now = Model::compile(&inventory, cni(self.session, &inventory));
            let (same, changed): (Vec<usize>, Vec<usize>) = again.into_iter().partition(|at| is_same(model, &now, cover, *at));
            self.these(model, cover, same)?;
            judged = self.judged(model, cover);
            for at in changed {
                if let Some(judged) = judged.get_mut(at) {
                    *judged = Judgement::Undecided(Undecided::Changed);
                }
            }
        }
        Ok(Run { observed: self.observed, judged, ways: self.ways })
    }

    fn judged(&self, model: &Model<'_>, cover: &Cover) -> Vec<Judgement> {
        let pod = |at: usize| model.inventory.pods.get(at).map(|info| &info.pod);
        let tried = cover.probes.iter().zip(&self.observed).map(|(probe, observed)| Tried {
            probe,
            observed: observed.verdict,
            ready: pod(probe.target).is_some_and(is_ready),
            // A pod that is made is kept out of meshes.
            proxied: pod(probe.source).is_some_and(|pod| harm::sidecar(pod).is_some())
                && self.ways.get(&probe.source) != Some(&Ok(Way::Pod)),
        });
        judge(&tried.collect::<Vec<_>>())
    }

    /// Runs some of them, whichever way can.
    fn these(&mut self, model: &Model<'_>, cover: &Cover, mut which: Vec<usize>) -> Result<(), CommandError> {
        if matches!(self.args.way(), None | Some(Way::Exec)) {
            for container in 0..CONTAINERS {
                let places = |together: &Together, _: &Batch| {
                    let pod = &model.inventory.pods.get(together.source)?.pod;
                    Some(Ok(place::exec(pod, batches::containers(pod).get(container)?)))
                };
                which = self.run(model, cover, &which, Way::Exec, places)?;
                if which.is_empty() {
                    break;
                }
            }
        }
        match self.args.way() {
            Some(Way::Exec) => Ok(()),
            way => self.make(model, cover, &which, way.unwrap_or(Way::Pod)),
        }
    }

    /// Runs some of them in what is made for it, if the user agrees.
    fn make(&mut self, model: &Model<'_>, cover: &Cover, which: &[usize], way: Way) -> Result<(), CommandError> {
        let sources: BTreeSet<usize> = which.iter().filter_map(|at| cover.probes.get(*at)).map(|probe| probe.source).collect();
        if sources.is_empty() {
            return Ok(());
        }
        let agreed = match self.agreed {
            Some(agreed) => agreed,
            None => self.ask(sources.len(), way)?,
        };
        self.agreed = Some(agreed);
        if !agreed {
            return Ok(());
        }
        let places = |together: &Together, batch: &Batch| Some(made(model, together.source, way, batch));
        self.run(model, cover, which, way, places).map(drop)
    }

    /// Whether the user agrees. Without a user the rest is left untried, unless it was asked for.
    fn ask(&self, pods: usize, way: Way) -> Result<bool, CommandError> {
        if self.args.yes {
            return Ok(true);
        }
        let text = match way {
            Way::Ephemeral => format!("Will add a container to {pods} pod(s); it stays listed until the pod is deleted. Continue?"),
            _ => {
                format!("{pods} pod(s) have no container that can run all probes. Will make a pod for each, and delete it again. Continue?")
            }
        };
        match self.session.ask(&text) {
            Err(error) if error.kind == ErrorKind::Usage && self.args.via.is_none() => Ok(false),
            answer => answer,
        }
    }

    /// Runs some of them in one way. Returns those that it could not run.
    fn run(
        &mut self,
        model: &Model<'_>,
        cover: &Cover,
        which: &[usize],
        way: Way,
        place: impl Fn(&Together, &Batch) -> Option<Result<Place, String>>,
    ) -> Result<Vec<usize>, CommandError> {
        let all = batches::together(&cover.probes, which.iter().copied());
        let refused = self.refused(model, &all, way)?;
        let mut runs: Vec<(Place, Batch)> = Vec::new();
        let mut of: Vec<&Together> = Vec::new();
        for together in &all {
            let checks = together.probes.iter().filter_map(|at| batches::check(model, cover.probes.get(*at)?)).collect();
            let batch = Batch { at_once: TOGETHER, ..Batch::new(checks) };
            let Some(place) = refused.get(namespace(model, together.source)).cloned().map(Err).or_else(|| place(together, &batch)) else {
                continue;
            };
            match place.and_then(|place| self.rehearsed(place)) {
                Ok(place) => {
                    runs.push((place, batch));
                    of.push(together);
                }
                Err(why) => self.failed(together.source, why),
            }
        }
        let results = if runs.is_empty() { Vec::new() } else { self.session.run_batches(&runs, AT_ONCE)? };
        for (together, result) in of.into_iter().zip(results) {
            match result {
                Ok(observed) => {
                    self.ways.insert(together.source, Ok(way));
                    for (at, observed) in together.probes.iter().zip(observed) {
                        if let Some(place) = self.observed.get_mut(*at) {
                            *place = observed;
                        }
                    }
                }
                Err(error) => self.failed(together.source, error.message.trim_start_matches("error: ").to_owned()),
            }
        }
        // Whether there is SCTP is up to the kernel: no other container has more of it.
        let may_run = |at: &usize| cover.probes.get(*at).is_some_and(|probe| probe.protocol != Protocol::Sctp);
        let open = |at: &usize| self.observed.get(*at).is_some_and(|observed| observed.verdict == Verdict::CouldNotRun);
        Ok(which.iter().copied().filter(|at| may_run(at) && open(at)).collect())
    }

    fn failed(&mut self, source: usize, why: String) {
        if !matches!(self.ways.get(&source), Some(Ok(_))) {
            self.ways.insert(source, Err(why));
        }
    }

    /// The API server's word on what is to be made.
    fn rehearsed(&mut self, place: Place) -> Result<Place, String> {
        if place.way() != Way::Exec {
            self.session.rehearse(&place).map_err(|error| error.message)?;
        }
        Ok(place)
    }

    /// Namespaces in which a way is not allowed, and why.
    fn refused(&mut self, model: &Model<'_>, all: &[Together], way: Way) -> Result<BTreeMap<String, String>, CommandError> {
        let namespaces: BTreeSet<&str> = all.iter().map(|together| namespace(model, together.source)).collect();
        let needed: Vec<_> = namespaces.into_iter().flat_map(|namespace| rights::needed(way, namespace)).collect();
        let missing = self.session.rights(&needed)?.into_iter().filter(|granted| granted.access == Access::No);
        Ok(missing
            .map(|granted| (granted.right.namespace.clone(), format!("no right to {} {}", granted.right.verb, granted.right.resource)))
            .collect())
    }
}

fn namespace<'m>(model: &Model<'m>, pod: usize) -> &'m str {
    model.inventory.pods.get(pod).map_or("", |info| &info.pod.metadata.namespace)
}

/// What is made for a batch.
fn made(model: &Model<'_>, source: usize, way: Way, batch: &Batch) -> Result<Place, String> {
    let Some(PodInfo { pod, .. }) = model.inventory.pods.get(source) else { return Err("no such pod".to_owned()) };
    let node = model.inventory.objects.nodes.iter().find(|node| node.metadata.name == pod.spec.node_name);
    let image = image::choose(None, None, node);
    if way == Way::Ephemeral {
        return Ok(place::ephemeral(pod, &image, batch));
    }
    let subject = || ObjectRef::new("Pod", &pod.metadata.namespace, &pod.metadata.name);
    let clone = harm::Clone::of(model, source).map_err(|refusal| refusal.finding(&subject()).message)?;
    Ok(place::pod(&clone, &image, &[], batch, Timestamp::now()))
}

/// Whether the pods of a probe and what policies say of it are the same now.
fn is_same(then: &Model<'_>, now: &Model<'_>, cover: &Cover, at: usize) -> bool {
    let Some(probe) = cover.probes.get(at) else { return false };
    let found = |pod: usize| {
        let info = then.inventory.pods.get(pod)?;
        let position = now.inventory.pod(&info.pod.metadata.namespace, &info.pod.metadata.name)?;
        let same = |other: &PodInfo| other.pod.metadata.uid == info.pod.metadata.uid && other.pod.ips() == info.pod.ips();
        now.inventory.pods.get(position).is_some_and(same).then_some(position)
    };
    let (Some(source), Some(target)) = (found(probe.source), found(probe.target)) else { return false };
    now.connection(End::Pod(source), End::Pod(target), probe.protocol, probe.port) == probe.predicted
}
