//! `-o name`: one object a line in the form kubectl itself prints and accepts: `deployment.apps/checkout`.
//!
//! Only what is certain: an allowed peer, a policy that isolates. As with kubectl, the namespace is not part of a name.

use std::io::{self, Write};

use super::escape;
use crate::report::policy::Reach;
use crate::report::storage::ClaimState;
use crate::report::volumes::VolumeState;
use crate::report::{Answer, Peer, Verdict};

/// Writes the names.
pub(super) fn write(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    match answer {
        Answer::WhoCanReach(report) => peers(&report.result.sources, out),
        Answer::ReachableFrom(report) => {
            peers(&report.result.destinations, out)?;
            let services = report.result.services.iter().filter(|service| service.verdict == Verdict::Allow);
            services.map(|service| &service.service.name).try_for_each(|name| line("Service", name, out))
        }
        Answer::EffectivePolicy(report) => {
            let directions = [&report.result.ingress, &report.result.egress];
            let mut policies: Vec<_> = directions.iter().flat_map(|d| &d.policies).map(|p| (&p.namespace, &p.name)).collect();
            policies.sort_unstable();
            policies.dedup();
            policies.into_iter().try_for_each(|(_, name)| line("NetworkPolicy", name, out))
        }
        Answer::PvcWhyPending(report) => {
            let troubled = report.result.claims.iter().filter(|claim| claim.state != ClaimState::Ok && claim.phase != "Missing");
            troubled.map(|claim| &claim.name).try_for_each(|name| line("PersistentVolumeClaim", name, out))
        }
        Answer::Volumes(report) => {
            let troubled = report.result.pods.iter().filter(|pod| pod.state != VolumeState::Ok && pod.phase != "Template");
            troubled.map(|pod| &pod.name).try_for_each(|name| line("Pod", name, out))
        }
        Answer::Qos(report) => report.result.pods.iter().try_for_each(|pod| line(&pod.kind, &pod.name, out)),
        Answer::CanReach(_)
        | Answer::Matrix(_)
        | Answer::Storage(_)
        | Answer::QosNode(_)
        | Answer::QosNamespace(_)
        | Answer::Dns(_)
        | Answer::DnsVerify(_)
        | Answer::DnsRecords(_)
        | Answer::DnsDoctor(_)
        | Answer::Probe(_)
        | Answer::Verify(_) => Ok(()),
    }
}

fn peers(rows: &[Reach], out: &mut dyn Write) -> io::Result<()> {
    let named = |peer: &&Peer| !peer.name.is_empty() && peer.kind != "UnreadPods";
    let allowed = rows.iter().filter(|row| row.verdict == Verdict::Allow).map(|row| &row.peer).filter(named);
    allowed.into_iter().try_for_each(|peer| line(&peer.kind, &peer.name, out))
}

fn line(kind: &str, name: &str, out: &mut dyn Write) -> io::Result<()> {
    let kind = escape(kind).to_lowercase();
    let group = match kind.as_str() {
        "deployment" | "replicaset" | "statefulset" | "daemonset" => ".apps",
        "job" | "cronjob" => ".batch",
        "networkpolicy" => ".networking.k8s.io",
        _ => "",
    };
    writeln!(out, "{kind}{group}/{}", escape(name))
}
