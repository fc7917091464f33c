//! Services in front of pods: questions about them, and what may be seen through one whose pods differ.

use netstore::objects::Protocol;
use netstore::report::Verdict;

use super::attempt::{Attempt, Observed, Source};
use super::genes::Genes;
use super::predicted::{Matrix, Named, OwnNode};
use super::samples::{self, Asked, Sample};
use super::world::{Pod, SERVICES, Service, ServicePort, World};

/// The pods behind a port of a Service, and the port on each.
pub struct Through {
    protocol: Protocol,
    pods: Vec<(String, Named, u16)>,
}

impl Through {
    fn new(world: &World, service: &Service, (_, protocol, target): ServicePort) -> Self {
        let pods = service.endpoints(world).into_iter().map(|at| &world.pods[at]);
        let on_pod = |pod: &Pod| Some((pod.name.to_owned(), pod.named(), pod.target_port(target, protocol)?));
        Self { protocol, pods: pods.filter_map(on_pod).collect() }
    }

    /// Where the answer differs between the pods: whether the matrix allows the pod that answered, or denies any of those that
    /// may have been meant by what was rejected. None if that is unknown.
    pub fn fits(&self, matrix: &Matrix, from: &Named, observed: &Observed) -> Result<Option<bool>, String> {
        let meant = |(name, ..): &&(String, Named, u16)| !matches!(observed, Observed::Answered(by) if by != name);
        let (mut fits, mut known) = (false, true);
        for (_, pod, port) in self.pods.iter().filter(meant) {
            match (matrix.verdict(from, pod, self.protocol, *port)?, observed) {
                (Verdict::Allow, Observed::Answered(_)) | (Verdict::Deny, Observed::Rejected) => fits = true,
                (Verdict::Unknown, _) => known = false,
                _ => {}
            }
        }
        Ok((fits || known).then_some(fits))
    }
}

/// What a source tries to show what it can do with a port of a Service: each pod behind a headless one, else the Service's
/// name, often enough to meet every pod behind it.
fn attempts(world: &World, service: &Service, source: Source, (port, protocol, _): ServicePort) -> Vec<Attempt> {
    let endpoints: Vec<&Pod> = service.endpoints(world).into_iter().map(|at| &world.pods[at]).collect();
    let Some(address) = world.service_address(service) else {
        let attempt =
            |pod: &&Pod| Attempt { source, host: pod.addresses[0].to_string(), protocol, port, answerers: samples::answerers(pod) };
        return endpoints.iter().map(attempt).collect();
    };
    let answerers: Vec<String> = endpoints.iter().map(|pod| pod.name.to_owned()).collect();
    let attempt = Attempt { source, host: address.to_string(), protocol, port, answerers };
    vec![attempt; if endpoints.len() > 1 { 4 } else { 1 }]
}

/// A pod that is not itself behind the Service: what comes back to it through the Service is open.
pub fn can_reach(world: &World, genes: &mut Genes<'_>) -> Sample {
    let service = &SERVICES[genes.below(SERVICES.len())];
    let behind = service.endpoints(world);
    let others: Vec<usize> = (0..world.pods.len()).filter(|at| !behind.contains(at)).collect();
    let source = genes.pick(&others);
    let port = genes.pick(service.ports);
    let tried = attempts(world, service, Source::Pod(source), port);
    let to = format!("{}/svc/{}:{}", service.namespace, service.name, port.0);
    let sample = samples::can_reach("can-reach pod Service", world.pods[source].named(), to, tried);
    Sample { through: Some(Through::new(world, service, port)), ..sample }
}

/// One Service, in turn, and all pods that are not behind it.
pub fn who_can_reach(world: &World, number: usize) -> Sample {
    let service = &SERVICES[number % SERVICES.len()];
    let port = service.ports[number / SERVICES.len() % service.ports.len()];
    let behind = service.endpoints(world);
    let (mut all, mut sources) = (Vec::new(), Vec::new());
    for (at, pod) in world.pods.iter().enumerate().filter(|(at, _)| !behind.contains(at)) {
        let tried = attempts(world, service, Source::Pod(at), port);
        let shared = behind.iter().filter(|endpoint| pod.host && world.pods[**endpoint].node == pod.node).count();
        let own_node = match shared {
            0 => OwnNode::No,
            all if all == behind.len() => OwnNode::All,
            _ => OwnNode::Some,
        };
        sources.extend(tried.iter().map(|_| Asked { source: pod.named(), own_node }));
        all.extend(tried);
    }
    let target = format!("{}/svc/{}:{}/{}", service.namespace, service.name, port.0, port.1.name());
    let question = vec!["who-can-reach".to_owned(), target];
    let through = Some(Through::new(world, service, port));
    Sample { kind: "who-can-reach Service", question, attempts: all, sources, through }
}
