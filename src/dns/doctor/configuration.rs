//! The Corefile: whether it can be read, and what it does to names of the cluster and to others.

use super::{NAMESPACE, Visit};
use crate::dns::configuration::{Configuration, FoundBy, NoCorefile, servers};
use crate::dns::corefile::{Block, Corefile, Directive, has_variable, kubernetes_zones};
use crate::dns::findings::doctor as kinds;
use crate::dns::kubelet::KubeletConfig;
use crate::dns::server::plugins::{Role, place};
use crate::inventory::Inventory;
use crate::objects::{DnsPolicy, Pod};
use crate::report::{Confidence, Finding, ObjectRef, quoted};

/// Plugins whose answers are recomputed.
const RECOMPUTED: [&str; 9] = ["autopath", "forward", "grpc", "hosts", "kubernetes", "local", "rewrite", "template", "whoami"];
/// The file that servers are forwarded to mostly.
const RESOLV_CONF: &str = "/etc/resolv.conf";

pub(super) fn look(inventory: &Inventory, visit: &mut Visit) {
    let configuration = match Configuration::of(inventory) {
        Ok(configuration) => configuration,
        Err(NoCorefile::Missing(name)) => {
            visit.saw("corefile", "", vec![missing(&name)]);
            return ["upstream", "prediction"].into_iter().for_each(|check| visit.could_not_tell(check, "there is no Corefile"));
        }
        Err(why) => {
            return ["corefile", "upstream", "prediction"].into_iter().for_each(|check| visit.could_not_tell(check, why.to_string()));
        }
    };
    let map = ObjectRef::new("ConfigMap", NAMESPACE, &configuration.map.metadata.name);
    let name = &map.name;
    match configuration.corefile {
        Err(malformed) => {
            let edit = format!("kubectl edit configmap {} -n {NAMESPACE}", quoted(name));
            let finding = kinds::MALFORMED
                .on(map.clone(), format!("CoreDNS cannot read the Corefile of {name}: {malformed}"))
                .shown_by(&map, "data.Corefile", malformed.to_string())
                .remedied_by("correct that line", Some(edit));
            visit.saw("corefile", "", vec![finding]);
            ["upstream", "prediction"].into_iter().for_each(|check| visit.could_not_tell(check, "the Corefile does not parse"));
        }
        Ok(corefile) => {
            let read = Read { inventory, corefile: &corefile, map };
            read.itself(configuration.found, visit);
            read.upstream(visit);
            read.prediction(visit);
        }
    }
}

fn missing(name: &str) -> Finding {
    let map = ObjectRef::new("ConfigMap", NAMESPACE, name);
    kinds::NO_COREFILE
        .on(map.clone(), format!("the servers mount ConfigMap {name}, which does not exist"))
        .shown_by(&map, "metadata.name", "does not exist")
        .remedied_by("see which ConfigMaps there are", Some(format!("kubectl get configmaps -n {NAMESPACE}")))
}

/// A Corefile that was read.
struct Read<'a> {
    inventory: &'a Inventory,
    corefile: &'a Corefile,
    map: ObjectRef,
}

impl<'a> Read<'a> {
    fn all(&self) -> impl Iterator<Item = (&'a Block, &'a Directive)> {
        self.corefile.blocks.iter().flat_map(|block| block.directives.iter().map(move |directive| (block, directive)))
    }

    fn has(&self, name: &str) -> bool {
        self.all().any(|(_, directive)| directive.name == name)
    }

    /// A finding on the Corefile, shown by a line of it.
    fn shown(&self, kind: &'static crate::report::FindingKind, message: impl Into<String>, value: impl Into<String>) -> Finding {
        kind.on(self.map.clone(), message.into()).shown_by(&self.map, "data.Corefile", value)
    }

    fn edit(&self) -> Option<String> {
        Some(format!("kubectl edit configmap {} -n {NAMESPACE}", quoted(&self.map.name)))
    }

    fn itself(&self, found: FoundBy, visit: &mut Visit) {
        let zones = kubernetes_zones(&self.corefile.blocks);
        let mut findings = Vec::new();
        if !self.has("kubernetes") {
            if let Some(import) = self.corefile.unread.first() {
                return visit.could_not_tell(
                    "corefile",
                    format!("the import of {} was not read, and nothing else answers for the cluster", import.pattern),
                );
            }
            let keys: Vec<String> = self.corefile.blocks.iter().flat_map(|block| block.keys.clone()).collect();
            let message = format!("no server block of {} has the plugin kubernetes: names of the cluster do not exist", self.map.name);
            findings.push(self.shown(&kinds::NO_KUBERNETES, message, keys.join(" ")).remedied_by("add the plugin", self.edit()));
        }
        findings.extend(self.kept_denials());
        if !self.has("reload") && self.corefile.unread.is_empty() {
            let blocks: Vec<String> = self.corefile.blocks.iter().map(|block| block.at.to_string()).collect();
            let message = format!("{} has no plugin reload: changes count only after a restart of the servers", self.map.name);
            findings
                .push(self.shown(&kinds::NO_RELOAD, message, blocks.join(", ")).remedied_by("add reload to a server block", self.edit()));
        }
        let by = if found == FoundBy::Name { ", taken by its name" } else { "" };
        let stubs: Vec<&str> = self
            .corefile
            .blocks
            .iter()
            .filter(|block| !block.directives.iter().any(|d| d.name == "kubernetes"))
            .flat_map(|block| block.keys.iter().map(String::as_str))
            .collect();
        let stubs = if stubs.is_empty() { String::new() } else { format!("; of their own: {}", stubs.join(" ")) };
        visit.saw("corefile", format!("ConfigMap {}{by} answers for {}{stubs}", self.map.name, zones.join(", ")), findings);
    }

    /// A cache before names of the cluster that keeps what does not exist.
    fn kept_denials(&self) -> Option<Finding> {
        let (block, cache) =
            self.all().find(|(block, directive)| directive.name == "cache" && block.directives.iter().any(|d| d.name == "kubernetes"))?;
        let off = |line: &Vec<String>| matches!(line.as_slice(), [disable, what, ..] if disable == "disable" && what == "denial");
        let zone = kubernetes_zones(std::slice::from_ref(block)).into_iter().next()?;
        (!cache.body.iter().any(off)).then(|| {
            let message = "cache keeps that a name of the cluster does not exist: who asks before it is there waits until then";
            self.shown(&kinds::KEPT_DENIALS, message, format!("{}: {}", cache.at, cache.words.join(" ")))
                .remedied_by(format!("put \"disable denial {zone}\" into the braces of cache"), self.edit())
        })
    }

    fn upstream(&self, visit: &mut Visit) {
        let of_root = |key: &String| {
            let host = key.split_once("://").map_or(key.as_str(), |(_, host)| host);
            host.split(':').next() == Some(".")
        };
        let all: Vec<&Directive> =
            self.all().filter(|(block, d)| d.name == "forward" && block.keys.iter().any(of_root)).map(|(_, d)| d).collect();
        let outside = all.iter().find(|forward| forward.arguments.first().is_some_and(|zone| zone == "."));
        let Some(forward) = outside else {
            if let Some(import) = self.corefile.unread.first() {
                return visit.could_not_tell("upstream", format!("the import of {} was not read", import.pattern));
            }
            let keys: Vec<String> = self.corefile.blocks.iter().flat_map(|block| block.keys.clone()).collect();
            let message = format!("{} forwards nothing: names outside the cluster fail", self.map.name);
            let finding =
                self.shown(&kinds::NO_FORWARD, message, keys.join(" ")).remedied_by("add forward . /etc/resolv.conf", self.edit());
            return visit.saw("upstream", "", vec![finding]);
        };
        let to: Vec<&str> = forward.arguments.iter().skip(1).map(String::as_str).collect();
        visit.saw("upstream", format!("other names go to {}", to.join(" ")), self.comes_back(forward).into_iter().collect());
    }

    /// Whether questions come back to the servers: by the policy of their own pods, or because they end as the plugin loop lets them.
    fn comes_back(&self, forward: &Directive) -> Option<Finding> {
        if !forward.arguments.iter().any(|to| to == RESOLV_CONF) {
            return None;
        }
        let line = format!("{}: {}", forward.at, forward.words.join(" "));
        let pod = |pod: &Pod| ObjectRef::new("Pod", &pod.metadata.namespace, &pod.metadata.name);
        let asks_cluster = |pod: &&Pod| match pod.spec.dns_policy {
            DnsPolicy::ClusterFirst => !pod.spec.host_network,
            DnsPolicy::ClusterFirstWithHostNet => true,
            _ => false,
        };
        if let Some(server) = servers(self.inventory).find(asks_cluster) {
            let message = format!(
                "{} forwards to the servers of its own resolv.conf, which are the cluster's: questions come back",
                server.metadata.name
            );
            return Some(
                self.shown(&kinds::LOOP, message, line)
                    .shown_by(&pod(server), "spec.dnsPolicy", "ClusterFirst")
                    .remedied_by("set dnsPolicy: Default in the template of the servers", None),
            );
        }
        let crashes = |pod: &&Pod| {
            let waits = |reason: &str| reason == "CrashLoopBackOff";
            pod.status.container_statuses.iter().any(|status| status.state.waiting.as_ref().is_some_and(|waiting| waits(&waiting.reason)))
        };
        let server = servers(self.inventory).find(crashes).filter(|_| self.has("loop"))?;
        let node_file = KubeletConfig::of(self.inventory).and_then(|kubelet| kubelet.resolv_conf);
        let file = node_file.unwrap_or_else(|| RESOLV_CONF.to_owned());
        let message = format!(
            "{} ends again and again: perhaps {file} of its node leads back to it, and the plugin loop ends it",
            server.metadata.name
        );
        let log = format!("kubectl logs {} -n {} --previous", quoted(&server.metadata.name), quoted(&server.metadata.namespace));
        Some(
            self.shown(&kinds::LOOP, message, line)
                .shown_by(&pod(server), "status.containerStatuses[].state.waiting.reason", "CrashLoopBackOff")
                .with_confidence(Confidence::Likely)
                .remedied_by(
                    "look for \"Loop … detected\" in its log; then name the servers outside in forward, or set resolvConf of the kubelets",
                    Some(log),
                ),
        )
    }

    fn prediction(&self, visit: &mut Visit) {
        let odd = |directive: &&Directive| match place(&directive.name) {
            None => directive.name != "import",
            Some((_, role)) => {
                role == Role::Speaking
                    && (!RECOMPUTED.contains(&directive.name.as_str()) || directive.words.iter().any(|word| has_variable(word)))
            }
        };
        let plugins: Vec<&Directive> = self.all().map(|(_, directive)| directive).filter(odd).collect();
        let mut findings = Vec::new();
        if let Some(first) = plugins.first() {
            let mut names: Vec<&str> = plugins.iter().map(|directive| directive.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            let message = format!("what these plugins answer cannot be told from objects: {}", names.join(", "));
            findings.push(self.shown(&kinds::UNPREDICTABLE, message, format!("{}: {}", first.at, first.name)));
        }
        match self.corefile.unread.first() {
            Some(import) => {
                self.corefile.unread.iter().for_each(|import| {
                    let message = format!("the import of {} was not read", import.pattern);
                    findings.push(self.shown(&kinds::UNPREDICTABLE, message, format!("{}: import {}", import.at, import.pattern)));
                });
                visit.findings.extend(findings);
                visit.could_not_tell("prediction", format!("the import of {} was not read", import.pattern));
            }
            None if findings.is_empty() => visit.saw("prediction", "all plugins that answer are known", findings),
            None => {
                let said = findings.first().map(|finding| finding.message.clone()).unwrap_or_default();
                visit.saw("prediction", said, findings);
            }
        }
    }
}
