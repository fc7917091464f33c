//! `who-can-reach`: every source that may connect to the target, and why.

use super::{focus::Focus, others, outside, workloads};
use crate::policy::lint;
use crate::policy::model::Model;
use crate::policy::question::{PortQuery, Resolved};
use crate::report::policy::WhoCanReach;
use crate::report::{Direction, Finding};

/// Answers the question for a target; `port` restricts it to some ports.
pub fn who_can_reach(model: &Model<'_>, target: &Resolved, port: Option<&PortQuery>) -> (WhoCanReach, Vec<Finding>) {
    let focus = Focus::of(model, target, port);
    let direction = Direction::Ingress;
    let addresses = outside::addresses(model, &focus, target, port);
    if focus.buckets.is_empty() && !addresses.is_empty() {
        let sources = outside::workloads(model, Direction::Egress, &addresses);
        let rest = outside::rest(model, Direction::Egress);
        return (WhoCanReach { target: focus.peer, service: focus.service, isolated: Some(false), sources, rest }, Vec::new());
    }
    let mut sources = workloads::workloads(model, direction, &focus);
    sources.extend(others::unread_pods(model, direction, &focus));
    sources.extend(others::addresses(model, direction, &focus));
    sources.extend(others::own_node(model, direction, &focus));
    let findings = lint::findings_about(model, &focus.all_pods(), &[direction]);
    let result = WhoCanReach {
        isolated: focus.isolated(model, direction),
        rest: others::rest(model, direction, &focus),
        sources,
        service: focus.service,
        target: focus.peer,
    };
    (result, findings)
}
