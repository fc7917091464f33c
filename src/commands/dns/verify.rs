//! `dns verify`: whether the cluster's servers say what the objects make them say, replica by replica.

use std::net::IpAddr;

use super::ask::Inquiry;
use super::{OF_SYSTEM, Outcome, all};
use crate::cli::{CommandError, ErrorKind, Session};
use crate::dns::name::Name;
use crate::dns::observed::Asked;
use crate::dns::record::RecordType;
use crate::dns::server::Servers;
use crate::dns::verify;
use crate::inventory::Inventory;
use crate::objects::Resource;
use crate::report::dns_verify::Verified;
use crate::report::{self, Answer, Report};

/// Kinds that the answer depends on.
pub(super) const RESOURCES: [Resource; 4] = [Resource::Namespaces, Resource::Pods, Resource::Services, Resource::EndpointSlices];

/// Ask every replica of the cluster's DNS servers, and compare
///
/// Each ready pod behind the Service kube-dns is asked for itself, over port-forward: all names that the Services,
/// endpoints and pods of the namespace give reason to ask for, or those that are named, as they are. What it says is compared with
/// what the objects and the Corefile make it say; what is not right is looked at twice before it is told. It takes the right
/// to create pods/portforward in kube-system; nothing is changed in the cluster.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # Does every replica know every name of this namespace?
  kubectl netstore dns verify -n shop

  # Every name of the cluster
  kubectl netstore dns verify -A

  # What does each of them say of this name, this port and this address?
  kubectl netstore dns verify payments.shop.svc.cluster.local _http._tcp.payments.shop.svc.cluster.local 10.96.0.10

  # In a script: 0 all agree, 3 one does not, 4 not to be told
  kubectl netstore dns verify -A -q || echo \"look at the DNS servers\"")]
pub(super) struct Args {
    /// Full names to ask for, or addresses; none: all of the namespace
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// End with 0 if all agree, 3 if one does not, 4 if it is not to be told
    #[arg(long)]
    exit_code: bool,
    /// Print nothing, as --exit-code
    #[arg(short, long)]
    quiet: bool,
}

/// Answers the question.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    session.format(report::Question::DnsVerify.formats())?;
    session.hush(args.quiet);
    if session.globals().selection.selector.is_some() {
        return Err(CommandError::new(ErrorKind::Usage, "names are not chosen by labels").hint("name them, or a namespace: -n NAMESPACE"));
    }
    let scope = session.scope()?;
    let named: Vec<Asked> = args.names.iter().map(|name| questions(name)).collect::<Result<Vec<_>, _>>()?.concat();
    let read = |session: &mut Session| session.read_with_system(&RESOURCES, &OF_SYSTEM, &[]);
    let ask_for = |inventory: &Inventory| if named.is_empty() { of_scope(inventory, scope.as_deref()) } else { Ok(named.clone()) };
    let first = read(session)?;
    let inquiry = Inquiry::make(session, first, &read, &ask_for)?;
    let (result, findings) = inquiry.tell(!named.is_empty())?;
    let Inquiry { inventory, noticed, .. } = inquiry;
    let state = result.verification.state;
    if !args.quiet {
        session.print(&Answer::DnsVerify(Report::new("DnsVerify", &inventory, result, all(noticed, findings))))?;
    }
    Ok(match state {
        Verified::Differs if args.exit_code || args.quiet => Outcome::No,
        Verified::Unknown if args.exit_code || args.quiet => Outcome::Undecided,
        _ => Outcome::Answered,
    })
}

/// All that there is to ask for.
fn of_scope(inventory: &Inventory, namespace: Option<&str>) -> Result<Vec<Asked>, CommandError> {
    let servers = Servers::of(inventory);
    let domain = servers.domain().ok_or_else(|| {
        CommandError::new(ErrorKind::Failed, "the Corefile has no zone for the names of the cluster")
            .hint("name what is to be asked: dns verify NAME…")
    })?;
    Ok(verify::questions(inventory, domain, namespace))
}

/// The questions that an argument stands for.
fn questions(word: &str) -> Result<Vec<Asked>, CommandError> {
    if let Ok(address) = word.parse::<IpAddr>() {
        return Ok(vec![Asked { name: verify::reversed(address), kind: RecordType::Ptr }]);
    }
    let name = Name::parse(word).map_err(|error| CommandError::new(ErrorKind::Usage, format!("{word}: {error}")))?;
    let kinds: &[RecordType] = if word.starts_with('_') { &[RecordType::Srv] } else { &[RecordType::A, RecordType::Aaaa] };
    Ok(kinds.iter().map(|kind| Asked { name: name.as_str().to_owned(), kind: *kind }).collect())
}
