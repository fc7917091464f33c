//! `dns records`: which names exist because of a Service, a workload, a pod or a namespace.

use std::collections::BTreeSet;

use super::ask::Inquiry;
use super::{OF_SYSTEM, Outcome, RESOURCES, all};
use crate::cli::targets::{self, Target, TargetArg};
use crate::cli::{CommandError, ErrorKind, Session, complete};
use crate::dns::observed::Asked;
use crate::dns::record::RecordType;
use crate::dns::records::{self, Subject};
use crate::inventory::Inventory;
use crate::policy::question::Resolved;
use crate::report::dns_records::DnsRecords;
use crate::report::{self, Answer, ObjectRef, Report};

/// Which names exist because of a Service, a pod, a workload or a namespace
///
/// Every record that the cluster's servers are expected to have because of it, and the names that people expect and that do not
/// exist, with the reason: no ready endpoint, no hostname or subdomain, another headless Service, a port without a name.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # Under which names is this StatefulSet found, pod by pod?
  kubectl netstore dns records sts/db -n shop

  # Why does the name of this Service not resolve?
  kubectl netstore dns records svc/payments -n shop

  # Does every DNS server know them?
  kubectl netstore dns records svc/payments -n shop --verify

  # Every name of a namespace, for a program
  kubectl netstore dns records namespace/shop -o json")]
pub(super) struct Args {
    /// Service, workload, pod or namespace: TYPE/NAME or TYPE NAME
    #[arg(value_name = "TYPE/NAME", required = true, num_args = 1..=2, add = complete::targets())]
    target: Vec<String>,
    /// Ask each replica of the cluster's DNS servers for all of them, over port-forward
    #[arg(long)]
    verify: bool,
}

/// Answers the question.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    session.format(report::Question::DnsRecords.formats())?;
    if session.globals().selection.selector.is_some() {
        return Err(CommandError::new(ErrorKind::Usage, "records are those of one object").hint("name it: svc/NAME, sts/NAME, pod/NAME"));
    }
    let parsed = targets::parse(&args.target, None, &["TYPE/NAME"])?;
    let target = parsed.first().ok_or_else(|| CommandError::new(ErrorKind::Bug, "dns records is about one object"))?;
    check(target)?;
    let default = session.namespace()?;
    let read = |session: &mut Session| session.read_with_system(&RESOURCES, &OF_SYSTEM, &parsed);
    let (mut inventory, mut noticed) = read(session)?;
    let subject = subject(&inventory, &target.end, &default).map_err(|error| {
        session.warn(&noticed);
        error.asking(&session.globals().connection)
    })?;
    let (mut result, mut findings) = records::records(&inventory, &subject);
    if args.verify {
        let asked = questions(&result);
        let inquiry = Inquiry::make(session, (inventory, noticed), &read, &|_| Ok(asked.clone()))?;
        let (verified, told) = inquiry.tell(true)?;
        result.verified = Some(verified);
        findings.extend(told);
        (inventory, noticed) = (inquiry.inventory, inquiry.noticed);
    }
    session.print(&Answer::DnsRecords(Report::new("DnsRecords", &inventory, result, all(noticed, findings))))?;
    Ok(Outcome::Answered)
}

/// Everything that is told of, also what should not exist; not what has no whole name.
fn questions(result: &DnsRecords) -> Vec<Asked> {
    let there = result.records.iter().map(|record| (&record.name, record.kind));
    let not_there =
        result.missing.iter().chain(&result.unknown).filter(|miss| !miss.name.contains('<')).map(|miss| (&miss.name, miss.kind));
    let asked: BTreeSet<Asked> = there.chain(not_there).filter_map(|(name, of)| Some(Asked::new(name, RecordType::named(of)?))).collect();
    asked.into_iter().collect()
}

/// Only objects have names.
fn check(target: &Target) -> Result<(), CommandError> {
    let wrong = |what: &str, hint: &str| Err(CommandError::new(ErrorKind::Usage, format!("{what} is no object with names")).hint(hint));
    match &target.end {
        _ if target.port.is_some() => wrong("a port", "name its Service: all its ports are looked at"),
        TargetArg::Address(_) | TargetArg::Cidr(_) => wrong("an address", "name the Service or the pod that has it"),
        _ => Ok(()),
    }
}

/// What is meant.
fn subject(inventory: &Inventory, end: &TargetArg, default: &str) -> Result<Subject, CommandError> {
    if let TargetArg::Namespace(name) = end
        && inventory.namespace(name).is_some()
    {
        return Ok(Subject { object: ObjectRef::new("Namespace", "", name), pods: None });
    }
    match targets::resolve(inventory, end, default)? {
        Resolved::Service { namespace, name } => Ok(Subject { object: ObjectRef::new("Service", &namespace, &name), pods: None }),
        Resolved::Pods { label, pods } => {
            Ok(Subject { object: ObjectRef::new(&label.kind, &label.namespace, &label.name), pods: Some(pods) })
        }
        _ => Err(CommandError::new(ErrorKind::Bug, "a target without names")),
    }
}
