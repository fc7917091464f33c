//! The way checks get into the network of a pod: exec if the container has the tools, else a container beside it, else a pod like it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::cli::{CommandError, ErrorKind, Session};
use crate::objects::{Labels, Node, Phase, Pod};
use crate::policy::Model;
use crate::probe::act::Access;
use crate::probe::check::Check;
use crate::probe::harm;
use crate::probe::image::{self, Because, Image, PullPolicy};
use crate::probe::plan::{Container, Place, Way};
use crate::probe::wire::Batch;
use crate::probe::{place, rights};
use crate::report::{Finding, ObjectRef};

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
    /// Who would see what is made.
    pub(super) noticed: Vec<Finding>,
}

/// Chooses ways; remembers what may be done in which namespace.
pub(super) struct Chooser<'a> {
    options: &'a Options,
    /// Labels of a source that is not there yet.
    labels: Option<&'a Labels>,
    now: Timestamp,
    rights: BTreeMap<(Way, String), Result<(), String>>,
}

impl<'a> Chooser<'a> {
    pub(super) fn new(options: &'a Options, labels: Option<&'a Labels>, now: Timestamp) -> Self {
        Self { options, labels, now, rights: BTreeMap::new() }
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
            Some(way) if self.labels.is_some() && *way != Way::Pod => {
                return Err(CommandError::new(ErrorKind::Usage, format!("--as-labels makes a pod: it does not go with --via {way}")));
            }
            Some(way) => std::slice::from_ref(way),
            None if self.labels.is_some() => &[Way::Pod],
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
                    Way::PortForward => Err("it starts at no pod".to_owned()),
                },
            };
            match tried {
                Ok(Made { place, said, noticed }) => return Ok(Chosen { place, batch, made: said, noticed }),
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
        Ok(Made { place: place::ephemeral(pod, &image, batch), said: Some(made), noticed: Vec::new() })
    }

    fn pod(&self, model: &Model<'_>, source: usize, batch: &Batch) -> Tried {
        let info = model.inventory.pods.get(source).ok_or("it could not be read")?;
        let (namespace, name) = info.pod.metadata.key();
        let clone = match self.labels {
            Some(labels) => harm::Clone::of_labels(model, namespace, labels),
            None => harm::Clone::of(model, source),
        };
        let subject = ObjectRef::new("Pod", namespace, name);
        let clone = clone.map_err(|refusal| refusal.finding(&subject).message)?;
        let image = self.image(model, &info.pod.spec.node_name);
        let place = place::pod(&clone, &image, &self.options.image_pull_secret, batch, self.now);
        let labels: Vec<String> = clone.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let made = format!(
            "1 pod ({}) in namespace {}, with labels {}: it is deleted afterwards",
            said(&image),
            clone.namespace,
            labels.join(",")
        );
        let noticed = clone.noticed.iter().map(|noticed| noticed.finding(&subject)).collect();
        Ok(Made { place, said: Some(made), noticed })
    }
}

/// A place with what is made there.
struct Made {
    place: Place,
    said: Option<String>,
    noticed: Vec<Finding>,
}

/// A place, or why there is none.
type Tried = Result<Made, String>;

/// The first container with tools for all checks.
fn exec(session: &mut Session, pod: &Pod, batch: &Batch, named: Option<&str>) -> Result<Tried, CommandError> {
    let all = containers(pod);
    let asked: Vec<Container> = all.into_iter().filter(|at| named.is_none_or(|name| at.container == name)).take(MOST).collect();
    let mut missing = Vec::new();
    for at in asked {
        let survey = session.survey(&at)?;
        let without: Vec<String> = batch.checks.iter().filter(|check| !survey.can(check)).map(ToString::to_string).collect();
        match without.first() {
            None => return Ok(Ok(Made { place: Place::Exec(at), said: None, noticed: Vec::new() })),
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
    let statuses = || pod.status.container_statuses.iter().chain(&pod.status.init_container_statuses);
    let runs = |name: &str| statuses().find(|status| status.name == name).is_none_or(|status| status.state.running.is_some());
    let running = pod.spec.lasting_containers().filter(|container| runs(&container.name));
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
