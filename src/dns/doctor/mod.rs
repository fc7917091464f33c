//! `dns doctor`: what is wrong with the names of a cluster, from its servers to its pods.
//!
//! `servers` looks at the Service, its endpoints and the pods behind them, `configuration` at the Corefile, `policies` at who may ask, `pods` at
//! those that ask and at Services that have odd names. Each check is ok, a problem, or not to be told.

mod configuration;
mod pods;
mod policies;
mod servers;

use crate::inventory::Inventory;
use crate::policy::profile::Cni;
use crate::report::dns_doctor::{Check, CheckState, CutOff, DnsDoctor};
use crate::report::{Confidence, Finding, ObjectRef, Severity};

/// Where the servers are.
const NAMESPACE: &str = "kube-system";

/// What is asked about.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Pods, and what the user called them; none: those of the namespace.
    pub subject: Option<(ObjectRef, Vec<usize>)>,
    /// The namespace; none: all.
    pub namespace: Option<String>,
}

impl Scope {
    /// Positions of the pods that are looked at.
    fn pods(&self, inventory: &Inventory) -> Vec<usize> {
        match &self.subject {
            Some((_, pods)) => pods.clone(),
            None => {
                let all = inventory.pods.iter().enumerate();
                all.filter(|(_, info)| self.covers(&info.pod.metadata.namespace)).map(|(at, _)| at).collect()
            }
        }
    }

    fn covers(&self, namespace: &str) -> bool {
        self.namespace.as_deref().is_none_or(|only| only == namespace)
    }
}

/// Looks at everything.
pub fn doctor(inventory: &Inventory, cni: Cni, scope: &Scope) -> (DnsDoctor, Vec<Finding>) {
    let mut visit = Visit::default();
    servers::look(inventory, &mut visit);
    configuration::look(inventory, &mut visit);
    policies::look(inventory, cni, scope, &mut visit);
    pods::look(inventory, scope, &mut visit);
    let result = DnsDoctor {
        subject: scope.subject.as_ref().map(|(subject, _)| subject.clone()),
        namespace: scope.namespace.clone(),
        state: visit.checks.iter().map(|check| check.state).max().unwrap_or(CheckState::Unknown),
        checks: visit.checks,
        cut_off: visit.cut_off,
    };
    (result, visit.findings)
}

/// What has been seen so far.
#[derive(Default)]
struct Visit {
    checks: Vec<Check>,
    cut_off: Vec<CutOff>,
    findings: Vec<Finding>,
}

impl Visit {
    /// Nothing is wrong but what findings say: those of some weight make it a problem, unless they are mere possibilities.
    fn saw(&mut self, check: &'static str, said: impl Into<String>, findings: Vec<Finding>) {
        let weighs = |finding: &&Finding| finding.severity != Severity::Info && finding.confidence != Confidence::Possible;
        let problem = findings.iter().find(weighs);
        let state = if problem.is_some() { CheckState::Problem } else { CheckState::Ok };
        let said = problem.map_or_else(|| said.into(), |finding| finding.message.clone());
        self.check(check, state, said, findings);
    }

    /// It cannot be told, because of this.
    fn could_not_tell(&mut self, check: &'static str, why: impl Into<String>) {
        self.check(check, CheckState::Unknown, why.into(), Vec::new());
    }

    fn check(&mut self, check: &'static str, state: CheckState, said: String, findings: Vec<Finding>) {
        let mut codes: Vec<&'static str> = findings.iter().map(|finding| finding.code).collect();
        codes.sort_unstable();
        codes.dedup();
        self.checks.push(Check { check, state, said, codes });
        self.findings.extend(findings);
    }
}
