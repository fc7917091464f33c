//! What is wrong with the servers' answers, as findings: one for each replica and way to be wrong, however many names show it.

use super::compare::{Verdict, verdict};
use super::tell::{Told, expected, observed};
use super::{Checked, Replica};
use crate::dns::findings::verify as kinds;
use crate::dns::observed::Said;
use crate::dns::server::{Because, Expected};
use crate::report::dns_verify::{DnsReplica, ReplicaState};

use crate::report::{Confidence, Finding, ObjectRef, quoted};

/// As many answers as show what is wrong.
const SHOWN: usize = 3;

/// All of them; `replicas` with their position among those that were asked.
pub(super) fn all(told: &Told<'_>, replicas: &[(DnsReplica, Option<usize>)]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = replicas.iter().filter_map(|(replica, at)| of_replica(told, replica, *at)).collect();
    findings.extend(contradiction(told));
    findings
}

fn of_replica(told: &Told<'_>, replica: &DnsReplica, at: Option<usize>) -> Option<Finding> {
    let DnsReplica { pod, state, reason, agreeing, differing, .. } = replica;
    let name = &pod.name;
    let (predicted, why) = (agreeing + differing, reason.as_deref().unwrap_or_default());
    let answers =
        if predicted == 1 { "the one answer that could be told".to_owned() } else { format!("{differing} of {predicted} answers") };
    let finding = match state {
        ReplicaState::Differs => kinds::ANSWER_DIFFERS
            .on(pod.clone(), format!("{answers} of {name} are not what the objects make it say"))
            .with_confidence(Confidence::Likely)
            .remedied_by("see whether it still hears of changes", Some(logs(pod)))
            .remedied_by("if it does not, make a new one of it", Some(delete(pod))),
        ReplicaState::OtherCorefile => kinds::OTHER_COREFILE
            .on(pod.clone(), format!("{name} answers by another Corefile than the one that is there: {why}"))
            .with_confidence(Confidence::Likely)
            .remedied_by("see whether it could read the Corefile that is there", Some(logs(pod)))
            .remedied_by("make it read the Corefile anew", Some(delete(pod))),
        ReplicaState::NotSynced => kinds::NOT_SYNCED
            .on(pod.clone(), format!("{name} has not read the objects of the cluster: {why}"))
            .with_confidence(Confidence::Likely)
            .remedied_by("see what keeps it from the API server", Some(logs(pod))),
        ReplicaState::Silent => kinds::SILENT
            .on(pod.clone(), format!("{name} is ready and does not answer: {why}"))
            .remedied_by("see whether it runs into errors", Some(logs(pod))),
        ReplicaState::NotReady => kinds::NOT_READY
            .on(pod.clone(), format!("{name} is behind the Service and not ready: it gets no questions"))
            .shown_by(&service(told), "EndpointSlice endpoints[].conditions.ready", "false")
            .remedied_by("see why", Some(format!("kubectl describe pod {} -n {}", quoted(name), quoted(&pod.namespace)))),
        ReplicaState::Agrees
        | ReplicaState::Unreachable
        | ReplicaState::Unpredicted
        | ReplicaState::Terminating
        | ReplicaState::NotAsked => return None,
    };
    Some(at.map_or(finding.clone(), |at| with_answers(finding, told, pod, at)))
}

/// The first answers that are not what was expected.
fn with_answers(mut finding: Finding, told: &Told<'_>, pod: &ObjectRef, at: usize) -> Finding {
    let said = told.checked.iter().filter_map(|checked| Some((checked, checked.said.get(at)?)));
    for (checked, said) in said.filter(|(checked, said)| verdict(&checked.expected, said) == Verdict::Differs).take(SHOWN) {
        finding =
            finding.shown_by(pod, asked(checked), answer(checked, said)).shown_by(&decides(told, checked), asked(checked), wanted(checked));
    }
    finding
}

fn contradiction(told: &Told<'_>) -> Option<Finding> {
    let contradicted: Vec<&Checked> = told.checked.iter().filter(|checked| checked.is_contradicted()).collect();
    let (first, number) = (contradicted.first()?, contradicted.len());
    let questions = if number == 1 { "1 question".to_owned() } else { format!("{number} questions") };
    let message = format!("replicas contradict each other on {questions}: which answer a pod gets is chance");
    let mut finding = kinds::CONTRADICTION.on(service(told), message);
    let replicas = told.replicas.iter().filter(|replica| replica.spared.is_none());
    for (Replica { namespace, name, .. }, said) in replicas.zip(&first.said) {
        finding = finding.shown_by(&ObjectRef::new("Pod", namespace, name), asked(first), answer(first, said));
    }
    Some(finding)
}

fn service(told: &Told<'_>) -> ObjectRef {
    ObjectRef::new("Service", &told.service.metadata.namespace, &told.service.metadata.name)
}

fn asked(checked: &Checked) -> String {
    format!("{} {}", checked.asked.name, checked.asked.kind.name())
}

fn answer(checked: &Checked, said: &Said) -> String {
    let observed = observed(checked, said, "");
    let rcode = observed.rcode.or(observed.reason).unwrap_or_default();
    std::iter::once(rcode).chain(observed.answers).collect::<Vec<_>>().join(" ")
}

fn wanted(checked: &Checked) -> String {
    let expected = expected(checked);
    let rcode = expected.rcode.unwrap_or("unknown").to_owned();
    let answer: Vec<String> = std::iter::once(rcode).chain(expected.answers).collect();
    format!("{}, because: {}", answer.join(" "), expected.because)
}

/// The object that decides what is to be answered.
fn decides(told: &Told<'_>, checked: &Checked) -> ObjectRef {
    use Because::{Endpoints, ExternalAddress, NoEndpoint, NoEndpoints, NoPort, OnlyAName, Pod, Service};
    match &checked.expected {
        Expected::Says { because, .. } => match because {
            Service(object) | Endpoints(object) | NoEndpoints(object) | OnlyAName(object) => {
                ObjectRef::new("Service", &object.namespace, &object.name)
            }
            NoEndpoint(object, _) | NoPort(object, _) | ExternalAddress(object, _) => {
                ObjectRef::new("Service", &object.namespace, &object.name)
            }
            Pod(object) => ObjectRef::new("Pod", &object.namespace, &object.name),
            _ => service(told),
        },
        Expected::Unknown(_) => service(told),
    }
}

fn logs(pod: &ObjectRef) -> String {
    format!("kubectl logs {} -n {} --tail=50", quoted(&pod.name), quoted(&pod.namespace))
}

fn delete(pod: &ObjectRef) -> String {
    format!("kubectl delete pod {} -n {}", quoted(&pod.name), quoted(&pod.namespace))
}
