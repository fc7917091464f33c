//! Whether policies let pods ask: the cluster's servers over UDP and TCP, and the cache on their node where there is one.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::json;

use super::{NAMESPACE, Scope, Visit};
use crate::dns::cluster;
use crate::dns::findings::doctor::{CUT_OFF, NODE_LOCAL_CUT_OFF, WITHOUT_TCP};
use crate::inventory::{Inventory, Origin};
use crate::objects::{DnsPolicy, NetworkPolicy, Pod, Protocol, Resource};
use crate::policy::{Cni, End, Model, questions};
use crate::report::dns_doctor::{CheckState, CutOff};
use crate::report::{Confidence, Direction, Finding, ObjectRef, Verdict, quoted};
use crate::service::Chain;

/// The cache on each node, and where it listens unless it is told otherwise.
const NODE_LOCAL: &str = "node-local-dns";
const NODE_LOCAL_ADDRESS: [u8; 4] = [169, 254, 20, 10];

pub(super) fn look(inventory: &Inventory, cni: Cni, scope: &Scope, visit: &mut Visit) {
    let model = Model::compile(inventory, cni);
    let asking: Vec<usize> =
        scope.pods(inventory).into_iter().filter(|at| inventory.pods.get(*at).is_some_and(|info| asks_cluster(&info.pod))).collect();
    node_local(&model, &asking, visit);
    if asking.is_empty() {
        return visit.saw("policies", "no pod here asks the cluster's servers", Vec::new());
    }
    let Some(servers) = Servers::of(inventory) else {
        return visit.could_not_tell("policies", "no pod of the cluster's servers is known");
    };
    let mut groups: BTreeMap<usize, Vec<(usize, Verdict, Verdict)>> = BTreeMap::new();
    let mut unknown = 0;
    for at in &asking {
        let Some(reach) = questions::dns(&model, &[*at]) else { continue };
        unknown += usize::from(reach.udp != Verdict::Deny && (reach.udp == Verdict::Unknown || reach.tcp == Verdict::Unknown));
        if let Some(info) = inventory.pods.get(*at) {
            groups.entry(info.group).or_default().push((*at, reach.udp, reach.tcp));
        }
    }
    let mut findings = Vec::new();
    for (group, pods) in &groups {
        let worst = pods
            .iter()
            .filter(|(_, udp, tcp)| (*udp, *tcp) != (Verdict::Allow, Verdict::Allow))
            .min_by_key(|(_, udp, tcp)| (rank(*udp), rank(*tcp)));
        let (Some(&(at, udp, tcp)), Some(group)) = (worst, inventory.groups.get(*group)) else { continue };
        let same = pods.iter().filter(|(_, u, t)| (*u, *t) == (udp, tcp)).count();
        let workload = ObjectRef::new(group.kind.name(), &group.namespace, &group.name);
        let (direction, policies) = servers.because(&model, at, if udp == Verdict::Allow { Protocol::Tcp } else { Protocol::Udp });
        let because = policies.iter().map(|policy| reference(policy)).collect();
        visit.cut_off.push(CutOff {
            workload: workload.clone(),
            pods: same,
            of: pods.len(),
            server: servers.name.clone(),
            udp,
            tcp,
            because,
        });
        if udp == Verdict::Deny || tcp == Verdict::Deny {
            let kind = if udp == Verdict::Deny { &CUT_OFF } else { &WITHOUT_TCP };
            let what = match (udp, tcp) {
                (Verdict::Deny, Verdict::Deny) => "over UDP or TCP",
                (Verdict::Deny, _) => "over UDP",
                _ => "over TCP",
            };
            let who = if pods.len() == 1 { "the pod".to_owned() } else { format!("{same} of {} pods", pods.len()) };
            let message = format!("policies keep {who} of {}/{} from {} {what}", group.namespace, group.name, servers.name);
            findings.push(servers.allowed(kind.on(workload, message), direction, &policies));
        }
    }
    let denied = findings.len();
    if denied == 0 && unknown > 0 {
        let hole = [Resource::NetworkPolicies, Resource::Namespaces].into_iter().find(|kind| !inventory.coverage.is_complete(*kind, None));
        let why = hole.map_or_else(|| "policies may or may not".to_owned(), |kind| format!("{} were not all read", kind.qualified()));
        return visit.could_not_tell("policies", format!("whether {unknown} of {} pods reach {}: {why}", asking.len(), servers.name));
    }
    let pods = if asking.len() == 1 { "the pod reaches".to_owned() } else { format!("all {} pods reach", asking.len()) };
    visit.saw("policies", format!("{pods} {} over UDP and TCP", servers.name), findings);
    if let (Some(check), true) = (visit.checks.last_mut(), denied > 1) {
        check.said = format!("policies keep pods of {denied} workloads from {}", servers.name);
    }
}

fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Deny => 0,
        Verdict::Unknown => 1,
        Verdict::Allow => 2,
    }
}

/// Whether a pod's first server is that of the cluster.
fn asks_cluster(pod: &Pod) -> bool {
    match pod.spec.dns_policy {
        DnsPolicy::ClusterFirst => !pod.spec.host_network,
        DnsPolicy::ClusterFirstWithHostNet | DnsPolicy::Invalid => true,
        DnsPolicy::Default | DnsPolicy::None => false,
    }
}

fn reference(policy: &NetworkPolicy) -> ObjectRef {
    ObjectRef::new("NetworkPolicy", &policy.metadata.namespace, &policy.metadata.name)
}

/// The servers, as policies see them.
struct Servers<'a> {
    inventory: &'a Inventory,
    /// The Service, for people.
    name: String,
    selector: serde_json::Value,
    /// A pod behind it, and its port.
    pod: usize,
    port: i64,
}

impl<'a> Servers<'a> {
    fn of(inventory: &'a Inventory) -> Option<Self> {
        let service = cluster::service(inventory)?;
        let chain = Chain::follow(inventory, service);
        let backend = chain.backends.iter().find(|backend| backend.pod.is_some())?;
        let of_dns = backend.ports.iter().find(|(at, ..)| service.spec.ports.get(*at).is_some_and(|port| port.port == 53));
        Some(Self {
            inventory,
            name: format!("{}/{}", service.metadata.namespace, service.metadata.name),
            selector: service.spec.selector.iter().map(|(key, value)| (key.to_owned(), json!(value))).collect(),
            pod: backend.pod?,
            port: of_dns.map_or(53, |(_, _, port)| *port),
        })
    }

    /// The side that says no, or may, and the policies that make it say so.
    fn because(&self, model: &Model<'a>, pod: usize, protocol: Protocol) -> (Direction, Vec<&'a NetworkPolicy>) {
        let (Some(from), Some(to)) = (model.class_of(pod), model.class_of(self.pod)) else { return (Direction::Egress, Vec::new()) };
        let wanted = model.ports.range(protocol, self.port, self.port);
        let out = model.verdict(model.side_between(Direction::Egress, from, to, Model::family(from.1, to.1)), wanted);
        let (direction, class) = if out == Verdict::Allow { (Direction::Ingress, to.0) } else { (Direction::Egress, from.0) };
        let subject = model.subject_of(direction, class);
        let policies = subject.policies.iter().chain(&subject.doubtful).filter_map(|at| self.inventory.objects.network_policies.get(*at));
        (direction, policies.collect())
    }

    /// With what shows it, and with the rule that would allow it.
    fn allowed(&self, finding: Finding, direction: Direction, policies: &[&NetworkPolicy]) -> Finding {
        let field = if direction == Direction::Egress { "spec.egress" } else { "spec.ingress" };
        let subject = finding.subject.clone();
        let mut finding = finding;
        for policy in policies {
            let rules = if direction == Direction::Egress { policy.spec.egress.len() } else { policy.spec.ingress.len() };
            let rules = if rules == 1 { "1 rule".to_owned() } else { format!("{rules} rules") };
            finding = finding.shown_by(
                &reference(policy),
                field,
                format!("{rules}, none of which allows port {} of {} over both protocols", self.port, self.name),
            );
        }
        let Some(policy) = policies.first() else {
            // Cluster-wide policies alone decide: which rule does is long to tell.
            let ask = format!(
                "kubectl netstore effective-policy {}/{} -n {}",
                subject.kind.to_lowercase(),
                quoted(&subject.name),
                quoted(&subject.namespace)
            );
            return finding
                .shown_by(&subject, "metadata.labels", "cluster-wide policies select it")
                .remedied_by("see which policies decide", Some(ask));
        };
        finding.remedied_by(format!("allow it with a rule of {}", policy.metadata.name), self.command(direction, policy))
    }

    fn command(&self, direction: Direction, policy: &NetworkPolicy) -> Option<String> {
        let ports = json!([{"protocol": "UDP", "port": self.port}, {"protocol": "TCP", "port": self.port}]);
        let (field, empty, rule) = match direction {
            Direction::Egress => {
                let namespace = json!({"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}});
                let to = json!([{"namespaceSelector": namespace, "podSelector": {"matchLabels": self.selector}}]);
                ("egress", policy.spec.egress.is_empty(), json!({"to": to, "ports": ports}))
            }
            Direction::Ingress => ("ingress", policy.spec.ingress.is_empty(), json!({"ports": ports})),
        };
        let operation = match empty {
            true => json!([{"op": "add", "path": format!("/spec/{field}"), "value": [rule]}]),
            false => json!([{"op": "add", "path": format!("/spec/{field}/-"), "value": rule}]),
        };
        let (name, namespace) = (quoted(&policy.metadata.name), quoted(&policy.metadata.namespace));
        let command = format!("kubectl patch networkpolicy {name} -n {namespace} --type json -p {}", quoted(&operation.to_string()));
        (self.inventory.origin != Origin::Manifests).then_some(command)
    }
}

/// The cache on each node: whether it is there, and whether policies let pods ask it.
fn node_local(model: &Model<'_>, asking: &[usize], visit: &mut Visit) {
    let inventory = model.inventory;
    let is = |workload: &&crate::objects::Workload| workload.metadata.key() == (NAMESPACE, NODE_LOCAL);
    let Some(cache) = inventory.objects.workloads.iter().find(is) else {
        if inventory.coverage.is_complete(Resource::DaemonSets, Some(NAMESPACE)) {
            return visit.saw("nodeLocal", "there is no NodeLocal DNSCache", Vec::new());
        }
        return visit.could_not_tell("nodeLocal", format!("DaemonSets of {NAMESPACE} were not read"));
    };
    let address = IpAddr::from(NODE_LOCAL_ADDRESS);
    let daemon = ObjectRef::new("DaemonSet", &cache.metadata.namespace, &cache.metadata.name);
    let mut groups: BTreeMap<usize, usize> = BTreeMap::new();
    for at in asking {
        let denied = model.connection(End::Pod(*at), End::Address(address), Protocol::Udp, 53) == Verdict::Deny;
        if let Some(info) = inventory.pods.get(*at).filter(|_| denied) {
            *groups.entry(info.group).or_default() += 1;
        }
    }
    let findings = groups.iter().filter_map(|(group, pods)| {
        let group = inventory.groups.get(*group)?;
        let workload = ObjectRef::new(group.kind.name(), &group.namespace, &group.name);
        let pods = if *pods == 1 { "the pod".to_owned() } else { format!("{pods} pods") };
        let message = format!("policies keep {pods} of {}/{} from the cache on their node, {address}", group.namespace, group.name);
        Some(
            NODE_LOCAL_CUT_OFF
                .on(workload, message)
                .shown_by(&daemon, "metadata.name", NODE_LOCAL)
                .with_confidence(Confidence::Possible)
                .remedied_by(format!("allow {address}/32 with an ipBlock, ports 53 over UDP and TCP"), None),
        )
    });
    let findings: Vec<Finding> = findings.collect();
    if findings.is_empty() {
        return visit.saw("nodeLocal", format!("{NODE_LOCAL} answers at {address} on each node"), findings);
    }
    let why = format!("policies keep pods from {address}; whether they count on the own node is up to the network plugin");
    visit.check("nodeLocal", CheckState::Unknown, why, findings);
}
