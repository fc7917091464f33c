//! The way checks get into the network of a pod: exec if the container has the tools, else a container beside it, else a pod like it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::cli::{CommandError, ErrorKind, Session};
use crate::objects::{Node, Phase, Pod};
use crate::policy::Model;
use crate::probe::act::Access;
use crate::probe::check::Check;
use crate::probe::harm::{self, Refusal};
use crate::probe::image::{self, Because, Image, PullPolicy};
use crate::probe::plan::{Container, Place, Way};
use crate::probe::wire::Batch;
use crate::probe::{place, rights};

/// Containers of a pod that are looked at for tools.
const MOST: usize = 3;

/// What the user says about the way.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Options {
    /// How checks get into the network of the source [default: the first that goes]
    #[arg(long, value_name = "WAY", value_enum, ignore_case = true)]
    pub(super) via: Option<Way>,
    /// Container to exec in [default: the first that has the tools]
    #[arg(short, long, value_name = "NAME")]
    container: Option<String>,
    /// Image of what is created [default: $NETSTORE_PROBE_IMAGE, else one that the node has, else agnhost]
    #[arg(long, value_name = "NAME")]
    image: Option<String>,
    /// Secret with the credentials for that image
    #[arg(long, value_name = "NAME")]
    image_pull_secret: Vec<String>,
    /// When that image is pulled: Always, IfNotPresent, Never
    #[arg(long, value_name = "WHEN", value_enum, ignore_case = true, hide_possible_values = true)]
    pull_policy: Option<PullPolicy>,
}

/// Variable of the environment with the image to use.
const IMAGE: &str = "NETSTORE_PROBE_IMAGE";

/// A place, and what runs there.
pub(super) struct Chosen {
    pub(super) place: Place,
    pub(super) batch: Batch,
    /// What is made there, in words; none: nothing.
    pub(super) made: Option<String>,
}

/// Chooses ways; remembers what may be done in which namespace.
pub(super) struct Chooser<'a> {
    options: &'a Options,
    now: Timestamp,
    rights: BTreeMap<(Way, String), Result<(), String>>,
}

impl<'a> Chooser<'a> {
    pub(super) fn new(options: &'a Options, now: Timestamp) -> Self {
        Self { options, now, rights: BTreeMap::new() }
    }

    /// A way for these checks from a pod of the inventory.
    pub(super) fn choose(
        &mut self,
        session: &mut Session,
        model: &Model<'_>,
        source: usize,
        checks: Vec<Check>,
    ) -> Result<Chosen, CommandError> {
        let Some(pod) = model.inventory.pods.get(source).map(|info| &info.pod) else {
            return Err(CommandError::new(ErrorKind::Bug, "a source that is no pod"));
        };
        runs(pod)?;
        let batch = Batch::new(checks);
        let ways: &[Way] = match &self.options.via {
            Some(way) => std::slice::from_ref(way),
            None => &[Way::Exec, Way::Ephemeral, Way::Pod],
        };
        let mut refused = Vec::new();
        for way in ways {
            let tried = match self.allowed(session, *way, &pod.metadata.namespace)? {
                Err(why) => Err(why),
                Ok(()) => match way {
                    Way::Exec => exec(session, pod, &batch, self.options.container.as_deref())?,
                    Way::Ephemeral => self.ephemeral(model, pod, &batch),
                    Way::Pod => self.pod(model, source, &batch),
                    Way::PortForward => Err("it does not come from the source, and is not there yet".to_owned()),
                },
            };
            match tried {
                Ok((place, made)) => return Ok(Chosen { place, batch, made }),
                Err(why) => refused.push(format!("{way}: {why}")),
            }
        }
        let (namespace, name) = pod.metadata.key();
        let error = CommandError::new(ErrorKind::Failed, format!("there is no way to probe from pod {namespace}/{name}"));
        let error = refused.into_iter().fold(error, CommandError::hint);
        Err(error.hint(format!("what each way takes: kubectl netstore probe rights -n {namespace}")))
    }

    /// Whether the API server lets one go this way.
    fn allowed(&mut self, session: &mut Session, way: Way, namespace: &str) -> Result<Result<(), String>, CommandError> {
        let key = (way, namespace.to_owned());
        if let Some(known) = self.rights.get(&key) {
            return Ok(known.clone());
        }
        let granted = session.rights(&rights::needed(way, namespace))?;
        let missing: Vec<String> = granted
            .iter()
            .filter(|granted| granted.access == Access::No)
            .map(|granted| format!("{} {}", granted.right.verb, granted.right.resource))
            .collect();
        let allowed = if missing.is_empty() { Ok(()) } else { Err(format!("you may not {} in namespace {namespace}", missing.join(", "))) };
        self.rights.insert(key, allowed.clone());
        Ok(allowed)
    }

    fn image(&self, model: &Model<'_>, node: &str) -> Image {
        let from_environment = std::env::var(IMAGE).ok().filter(|name| !name.is_empty());
        let asked = self.options.image.clone().or(from_environment);
        let node: Option<&Node> = model.inventory.objects.nodes.iter().find(|known| known.metadata.name == node);
        image::choose(asked.as_deref(), self.options.pull_policy, node)
    }

    fn ephemeral(&self, model: &Model<'_>, pod: &Pod, batch: &Batch) -> Tried {
        if pod.is_static() {
            return Err("a static pod takes no container: a file on its node says what it is".to_owned());
        }
        let image = self.image(model, &pod.spec.node_name);
        let (namespace, name) = pod.metadata.key();
        let made = format!(
            "1 ephemeral container ({}) to pod {namespace}/{name}: it ends by itself and stays listed until the pod is deleted",
            said(&image)
        );
        Ok((place::ephemeral(pod, &image, batch), Some(made)))
    }

    fn pod(&self, model: &Model<'_>, source: usize, batch: &Batch) -> Tried {
        let info = model.inventory.pods.get(source).ok_or("it could not be read")?;
        let clone = match info.template {
            // It stands for a pod that is not there yet: its labels are all there is to it.
            true => harm::Clone::of_labels(model, &info.pod.metadata.namespace, &info.pod.metadata.labels),
            false => harm::Clone::of(model, source),
        };
        let clone = clone.map_err(|refusal| words(&refusal))?;
        let image = self.image(model, &info.pod.spec.node_name);
        let place = place::pod(&clone, &image, &self.options.image_pull_secret, batch, self.now);
        let labels: Vec<String> = clone.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let made = format!(
            "1 pod ({}) in namespace {}, with labels {}: it is deleted afterwards",
            said(&image),
            clone.namespace,
            labels.join(",")
        );
        Ok((place, Some(made)))
    }
}

/// A place with what is made there, or why there is none.
type Tried = Result<(Place, Option<String>), String>;

/// The first container with tools for all checks.
fn exec(session: &mut Session, pod: &Pod, batch: &Batch, named: Option<&str>) -> Result<Tried, CommandError> {
    let all = containers(pod);
    let asked: Vec<Container> = all.into_iter().filter(|at| named.is_none_or(|name| at.container == name)).take(MOST).collect();
    let mut missing = Vec::new();
    for at in asked {
        let survey = session.survey(&at)?;
        let without: Vec<String> = batch.checks.iter().filter(|check| !survey.can(check)).map(ToString::to_string).collect();
        match without.first() {
            None => return Ok(Ok((Place::Exec(at), None))),
            Some(first) => missing.push(format!("{} has no tool for {first}", at.container)),
        }
    }
    if missing.is_empty() {
        missing.push("no such container runs".to_owned());
    }
    Ok(Err(missing.join("; ")))
}

/// Containers of a pod that run, or may.
pub(super) fn containers(pod: &Pod) -> Vec<Container> {
    let (namespace, name) = pod.metadata.key();
    let sidecars = pod.spec.init_containers.iter().filter(|container| container.is_sidecar());
    let statuses = || pod.status.container_statuses.iter().chain(&pod.status.init_container_statuses);
    let runs = |name: &str| statuses().find(|status| status.name == name).is_none_or(|status| status.state.running.is_some());
    let running = pod.spec.containers.iter().chain(sidecars).filter(|container| runs(&container.name));
    let at = |container: &str| Container { namespace: namespace.to_owned(), pod: name.to_owned(), container: container.to_owned() };
    running.map(|container| at(&container.name)).collect()
}

/// Only a pod that runs has a network to probe from.
fn runs(pod: &Pod) -> Result<(), CommandError> {
    let (namespace, name) = pod.metadata.key();
    if pod.status.phase == Phase::Running {
        return Ok(());
    }
    let phase = format!("{:?}", pod.status.phase);
    Err(CommandError::new(ErrorKind::Failed, format!("pod {namespace}/{name} does not run: it is {phase}"))
        .hint(format!("see why: kubectl describe pod {name} -n {namespace}")))
}

/// `registry.k8s.io/agnhost:2.56, which the node has`.
fn said(image: &Image) -> String {
    match image.because {
        Because::OnNode => format!("image {}, which the node has", image.name),
        Because::Asked | Because::Default => format!("image {}", image.name),
    }
}

/// Why there must be no such pod.
fn words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::HostNetwork(_) => "it is on the host network: policies see its node, and a pod of its own would be another one".to_owned(),
        Refusal::Unread { resource, namespace } if namespace.is_empty() => {
            format!("{} could not be read, so that nobody knows whom it would harm", resource.plural())
        }
        Refusal::Unread { resource, namespace } => {
            format!("{} of namespace {namespace} could not be read, so that nobody knows whom it would harm", resource.plural())
        }
        Refusal::Adopted(by) => format!("{} {} would take it for one of its own ({})", by.object.kind, by.object.name, by.selector),
        Refusal::Published(by) => {
            format!("Service {} would send to it, ready or not (publishNotReadyAddresses, {})", by.object.name, by.selector)
        }
        Refusal::OwnLabel { policy, field } => format!("{} {} reads a label that every probe has ({field})", policy.kind, policy.name),
        Refusal::OtherAddress { policy, field, block } => {
            format!("{} {} may tell its address from the pod's ({field}: {block})", policy.kind, policy.name)
        }
    }
}
