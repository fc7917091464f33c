//! The Corefile as the server runs it: which block answers which zone, and whom it asks in which order.

use super::expected::Reason;
use super::kubernetes::Kubernetes;
use super::plugins::{self, Role};
use super::zone::{Key, zones};
use crate::dns::corefile::{self, Block, Corefile, Directive, Files, has_variable};
use crate::dns::name::longest_zone;

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
    /// Whatever it does to names of these zones cannot be told.
    Opaque { reason: Reason, zones: Vec<String> },
    /// Says that every name exists, and nothing of it in the answer section.
    Whoami,
}

impl Config {
    /// What a Corefile makes of it. `port` is that behind the cluster's Service, if it is known.
    pub(super) fn of(corefile: &Corefile, port: Option<u16>) -> Result<Self, Reason> {
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
        let port = [port, Some(PORT)].into_iter().flatten().find(|port| used(*port)).or_else(|| listening.first().map(|(port, ..)| *port));
        let of_port = listening.into_iter().filter(|(used, ..)| Some(*used) == port);
        let blocks = of_port.map(|(_, block, zones)| ServerBlock::read(block, zones)).collect::<Result<_, _>>()?;
        Ok(Self { blocks })
    }

    /// That of nearly every cluster, without what differs between them.
    pub(super) fn usual() -> Self {
        let usual = corefile::parse(USUAL, &Files::default()).ok();
        let mut usual = usual.and_then(|corefile| Self::of(&corefile, None).ok()).unwrap_or(Self { blocks: Vec::new() });
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
    fn read(block: &Block, own: Vec<String>) -> Result<Self, Reason> {
        let (mut chain, mut listens) = (Vec::new(), false);
        for directive in &block.directives {
            let (place, role) = plugins::place(&directive.name).unwrap_or((0, Role::Speaking));
            listens |= role != Role::Setting;
            if let Some(plugin) = Plugin::read(directive, block, role)? {
                chain.push((place, plugin));
            }
        }
        chain.sort_by_key(|(place, _)| *place);
        Ok(Self { zones: own, listens, chain: chain.into_iter().map(|(_, plugin)| plugin).collect() })
    }
}

impl Plugin {
    fn read(directive: &Directive, block: &Block, role: Role) -> Result<Option<Self>, Reason> {
        let opaque = |reason: Reason, zones: Vec<String>| Some(Self::Opaque { reason, zones });
        let everywhere = || vec![String::new()];
        Ok(match (directive.name.as_str(), role) {
            ("import", _) => opaque(Reason::Import(directive.arguments.join(" ")), everywhere()),
            // Both decide whether a question comes here at all.
            ("view" | "bind", _) => opaque(Reason::Plugin(directive.name.clone()), everywhere()),
            (_, Role::Setting | Role::Passing) => None,
            _ if directive.words.iter().any(|word| has_variable(word)) => opaque(Reason::Variable(directive.words.join(" ")), everywhere()),
            ("kubernetes", _) => Some(Self::Kubernetes(Box::new(Kubernetes::read(directive, block)?))),
            ("forward" | "grpc", _) => {
                let (from, to) = directive.arguments.split_first().ok_or_else(|| Reason::BadCorefile("forward to nowhere".to_owned()))?;
                let except = directive.body.iter().filter_map(|line| line.split_first()).filter(|(word, _)| *word == "except");
                let except = except.flat_map(|(_, excepted)| zones(excepted)).collect();
                Some(Self::Upstream { to: to.join(" "), zones: zones([from]), except })
            }
            ("whoami", _) => Some(Self::Whoami),
            (name, _) => opaque(Reason::Plugin(name.to_owned()), everywhere()),
        })
    }
}
