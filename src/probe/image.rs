//! Which image a probe runs, and whether it is pulled: what was asked for, what the node has, else what most registries have.

use serde::Serialize;

use crate::objects::{Node, PROBE_IMAGES, repository};

/// The image where nothing else is known: it is mirrored widely, and has a shell and tools.
pub const DEFAULT: &str = "registry.k8s.io/e2e-test-images/agnhost:2.56";

/// When an image is pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[value(rename_all = "PascalCase")]
pub enum PullPolicy {
    /// Each time.
    Always,
    /// Where the node does not have it.
    IfNotPresent,
    /// Never: the node has it.
    Never,
}

impl PullPolicy {
    /// Kubernetes' word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Always => "Always",
            Self::IfNotPresent => "IfNotPresent",
            Self::Never => "Never",
        }
    }
}

/// What an image has that runs checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `/netstore-probe`, and perhaps nothing else.
    Agent,
    /// A shell at `/bin/sh`, and tools.
    Script,
}

/// Why this image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// It was asked for.
    Asked,
    /// The node has it.
    OnNode,
    /// Nothing else is known.
    Default,
}

/// An image, chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its name, with tag or digest.
    pub name: String,
    /// Whether it is pulled.
    pub pull: PullPolicy,
    /// What runs in it.
    pub program: Program,
    /// Why this one.
    pub because: Because,
}

/// Chooses an image for a node: the one that was `asked` for (by a flag, else by the environment), one that the node has, which needs
/// no registry, else [`DEFAULT`]. An image that nobody knows is expected to have a shell.
pub fn choose(asked: Option<&str>, pull: Option<PullPolicy>, node: Option<&Node>) -> Image {
    if let Some(name) = asked {
        let pull = pull.unwrap_or(PullPolicy::IfNotPresent);
        return Image { name: name.to_owned(), pull, program: program(name), because: Because::Asked };
    }
    // Always: whoever wants that wants what the registry has.
    let there = node.filter(|_| pull != Some(PullPolicy::Always)).and_then(on_node);
    match there {
        Some(name) => {
            Image { name: name.to_owned(), pull: pull.unwrap_or(PullPolicy::Never), program: program(name), because: Because::OnNode }
        }
        None => Image {
            name: DEFAULT.to_owned(),
            pull: pull.unwrap_or(PullPolicy::IfNotPresent),
            program: program(DEFAULT),
            because: Because::Default,
        },
    }
}

/// The best image that a node has: of the better program, the newest by its tag, one that has a tag before one by its digest.
fn on_node(node: &Node) -> Option<&str> {
    let rank = |name: &str| PROBE_IMAGES.iter().position(|known| *known == short(name)).unwrap_or(usize::MAX);
    let best = node.status.images.iter().max_by_key(|name| (std::cmp::Reverse(rank(name)), release(name), name.as_str()));
    best.map(String::as_str)
}

/// The numbers of a tag: 2.56 comes after 2.9; empty for a digest, which says nothing of how old the image is.
fn release(name: &str) -> Vec<u64> {
    let tag = name.strip_prefix(repository(name)).and_then(|rest| rest.strip_prefix(':')).unwrap_or_default();
    tag.trim_start_matches('v').split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

fn program(name: &str) -> Program {
    if short(name) == "netstore-probe" { Program::Agent } else { Program::Script }
}

/// The last part of a repository.
fn short(name: &str) -> &str {
    repository(name).rsplit('/').next().unwrap_or_default()
}
