//! The Corefile as the server runs it: which block answers which zone, and whom it asks in which order.

use super::expected::Reason;
use super::hosts::Hosts;
use super::kubernetes::Kubernetes;
use super::plugins::{self, Role};
use super::rewrite::Rewrite;
use super::template::Template;
use super::zone::{Key, zones};
use crate::dns::corefile::{self, Block, Corefile, Directive, Files, has_variable};
use crate::dns::name::longest_zone;
use crate::dns::record::RecordType;
use crate::objects::Keyed;

/// The port on which servers listen if nothing else is said.
const PORT: u16 = 53;

/// What kubeadm writes, as far as it decides what is answered.
const USUAL: &str = ".:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
    }
    forward . /etc/resolv.conf
    cache 30
}";

/// All server blocks that listen for plain DNS on one port.
#[derive(Debug)]
pub(super) struct Config {
    blocks: Vec<ServerBlock>,
}

/// What a Corefile does not say itself.
#[derive(Debug, Default)]
pub(super) struct Surroundings<'a> {
    /// The port behind the Service of the cluster's servers.
    pub(super) port: Option<u16>,
    /// The ConfigMap in which the Corefile is, and perhaps what stands beside it.
    pub(super) map: Option<&'a Keyed>,
    /// Whether `/etc/hosts` of the servers is that of a pod like any other.
    pub(super) own_hosts: bool,
}

/// One server block.
#[derive(Debug)]
pub(super) struct ServerBlock {
    zones: Vec<String>,
    /// Whether any of its plugins sees questions: if none does, they are refused.
    pub(super) listens: bool,
    /// The plugins that decide, in the order in which they are asked.
    pub(super) chain: Vec<Plugin>,
}

/// A plugin that decides.
#[derive(Debug)]
pub(super) enum Plugin {
    /// Names of the cluster.
    Kubernetes(Box<Kubernetes>),
    /// Another server is asked for names of some zones, but not for those of others.
    Upstream { to: String, zones: Vec<String>, except: Vec<String> },
    /// Names and addresses that somebody wrote down.
    Hosts(Box<Hosts>),
    /// Other questions in the place of some.
    Rewrite(Rewrite),
    /// Answers that somebody made up.
    Template(Template),
    /// Names of the machine itself.
    Local,
    /// The search list of the pod that asks, for names of these zones.
    Autopath(Vec<String>),
    /// Whatever it does to names of these zones cannot be told; to questions of one type alone, if it says which.
    Opaque { reason: Reason, zones: Vec<String>, only: Option<RecordType> },
    /// Says that every name exists, and nothing of it in the answer section.
    Whoami,
}

impl Config {
    /// What a Corefile makes of it.
    pub(super) fn of(corefile: &Corefile, surroundings: &Surroundings<'_>) -> Result<Self, Reason> {
        let within = |at| corefile.blocks.iter().flat_map(|block| &block.directives).any(|directive| directive.at == at);
        if let Some(import) = corefile.unread.iter().find(|import| !within(import.at.clone())) {
            return Err(Reason::Import(import.pattern.clone()));
        }
        let mut listening: Vec<(u16, &Block, Vec<String>)> = Vec::new();
        for block in &corefile.blocks {
            for text in &block.keys {
                if has_variable(text) {
                    return Err(Reason::Variable(text.clone()));
                }
                let key = Key::parse(text).ok_or_else(|| Reason::BadCorefile(format!("{}: {text} is no zone", block.at)))?;
                if key.scheme == "dns" {
                    listening.push((key.port.unwrap_or(PORT), block, key.zones));
                }
            }
        }
        let used = |port: u16| listening.iter().any(|(used, ..)| *used == port);
        let port = [surroundings.port, Some(PORT)]
            .into_iter()
            .flatten()
            .find(|port| used(*port))
            .or_else(|| listening.first().map(|(port, ..)| *port));
        let of_port = listening.into_iter().filter(|(used, ..)| Some(*used) == port);
        let blocks = of_port.map(|(_, block, zones)| ServerBlock::read(block, zones, surroundings)).collect::<Result<_, _>>()?;
        Ok(Self { blocks })
    }

    /// That of nearly every cluster, without what differs between them.
    pub(super) fn usual() -> Self {
        let usual = corefile::parse(USUAL, &Files::default()).ok();
        let mut usual = usual
            .and_then(|corefile| Self::of(&corefile, &Surroundings { own_hosts: true, ..Surroundings::default() }).ok())
            .unwrap_or(Self { blocks: Vec::new() });
        for plugin in usual.blocks.iter_mut().flat_map(|block| &mut block.chain) {
            if let Plugin::Kubernetes(kubernetes) = plugin {
                kubernetes.pods = None;
            }
        }
        usual
    }

    /// The block that answers for a name.
    pub(super) fn block(&self, name: &str) -> Option<&ServerBlock> {
        let zone = longest_zone(name, self.blocks.iter().flat_map(|block| &block.zones))?;
        self.blocks.iter().find(|block| block.zones.iter().any(|own| own == zone))
    }

    /// The first plugin for names of the cluster.
    pub(super) fn kubernetes(&self) -> Option<&Kubernetes> {
        self.blocks.iter().flat_map(|block| &block.chain).find_map(|plugin| match plugin {
            Plugin::Kubernetes(kubernetes) => Some(&**kubernetes),
            _ => None,
        })
    }
}

impl ServerBlock {
    fn read(block: &Block, own: Vec<String>, surroundings: &Surroundings<'_>) -> Result<Self, Reason> {
        let (mut chain, mut listens): (Vec<(usize, Plugin)>, bool) = (Vec::new(), false);
        for directive in &block.directives {
            let (place, role) = plugins::place(&directive.name).unwrap_or((0, Role::Speaking));
            listens |= role != Role::Setting;
            // All of its lines are one plugin.
            let before = chain.iter_mut().find_map(|(_, plugin)| if let Plugin::Rewrite(rewrite) = plugin { Some(rewrite) } else { None });
            match (directive.name.as_str(), before) {
                ("rewrite", Some(rewrite)) => rewrite.add(directive),
                _ => chain.extend(Plugin::read(directive, block, role, surroundings)?.map(|plugin| (place, plugin))),
            }
        }
        chain.sort_by_key(|(place, _)| *place);
        Ok(Self { zones: own, listens, chain: chain.into_iter().map(|(_, plugin)| plugin).collect() })
    }
}

impl Plugin {
    fn read(directive: &Directive, block: &Block, role: Role, surroundings: &Surroundings<'_>) -> Result<Option<Self>, Reason> {
        let opaque = |reason: Reason, zones: Vec<String>| Some(Self::Opaque { reason, zones, only: None });
        let everywhere = || vec![String::new()];
        let cannot_predict = || Reason::Plugin(directive.name.clone());
        let arguments = directive.arguments.as_slice();
        // The zones of a plugin are its arguments, or those of its block.
        let of = |named: &[String]| zones(if named.is_empty() { &block.keys } else { named });
        Ok(match (directive.name.as_str(), role) {
            ("import", _) => opaque(Reason::Import(arguments.join(" ")), everywhere()),
            // Both decide whether a question comes here at all.
            ("view" | "bind", _) => opaque(cannot_predict(), everywhere()),
            (_, Role::Setting | Role::Passing) => None,
            _ if directive.words.iter().any(|word| has_variable(word)) => opaque(Reason::Variable(directive.words.join(" ")), everywhere()),
            ("kubernetes", _) => Some(Self::Kubernetes(Box::new(Kubernetes::read(directive, block)?))),
            ("hosts", _) => {
                let beside = |path: &str| surroundings.map?.text(path.rsplit('/').next()?);
                Some(Self::Hosts(Box::new(Hosts::read(directive, &block.keys, &beside, surroundings.own_hosts))))
            }
            ("rewrite", _) => {
                let mut rewrite = Rewrite::default();
                rewrite.add(directive);
                Some(Self::Rewrite(rewrite))
            }
            ("template", _) => Some(Self::Template(Template::read(directive, &block.keys)?)),
            ("local", _) if arguments.is_empty() && directive.body.is_empty() => Some(Self::Local),
            ("autopath", _) => Some(Self::Autopath(of(arguments.split_last().map_or(&[], |(_, named)| named)))),
            ("forward" | "grpc", _) => {
                let nowhere = || Reason::BadCorefile(format!("{}: {} to nowhere", directive.at, directive.name));
                let (from, to) = arguments.split_first().ok_or_else(nowhere)?;
                let except = directive.body.iter().filter_map(|line| line.split_first()).filter(|(word, _)| *word == "except");
                let except = except.flat_map(|(_, excepted)| zones(excepted)).collect();
                Some(Self::Upstream { to: to.join(" "), zones: zones([from]), except })
            }
            ("whoami", _) => Some(Self::Whoami),
            ("acl", _) if directive.body.iter().all(|line| line.first().is_some_and(|action| action == "allow")) => None,
            ("dns64", _) => Some(Self::Opaque { reason: cannot_predict(), zones: everywhere(), only: Some(RecordType::Aaaa) }),
            ("acl" | "auto" | "secondary" | "etcd" | "k8s_external", _) => opaque(cannot_predict(), of(arguments)),
            ("file", _) => opaque(cannot_predict(), of(arguments.get(1..).unwrap_or_default())),
            _ => opaque(cannot_predict(), everywhere()),
        })
    }
}
