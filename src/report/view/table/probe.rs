//! `probe` in words: whether it connects, the first failure, then the layers from the name to the packet.

use std::collections::BTreeSet;
use std::io;

use super::super::escape;
use super::{Text, grid, words};
use crate::report::Report;
use crate::report::probe::{Agreement, Layer, LayerName, Probe, ProbeState, Probed};
use crate::report::view::grid::Cell;
use crate::report::view::page::Label;

/// As many connections are shown layer by layer where all is well with them.
const SHOWN: usize = 1;

/// Writes the answer.
pub(super) fn write(report: &Report<Probe>, text: &mut Text<'_>) -> io::Result<()> {
    text.partial(&report.coverage)?;
    let connections = &report.result.connections;
    let all = connections.len() <= text.at_most(SHOWN);
    if !all {
        let of = |state: ProbeState| connections.iter().filter(|probed| probed.state == state).count();
        let (ok, fail, unknown) = (of(ProbeState::Ok), of(ProbeState::Fail), of(ProbeState::Unknown));
        let ok = words::count(ok, "connects", "connect");
        let fail = words::count(fail, "does not", "do not");
        let unknown = if unknown > 0 { format!(", {unknown} not to be told") } else { String::new() };
        text.page
            .paragraph(&format!("{} tried: {ok}, {fail}{unknown}.", words::count(connections.len(), "connection", "connections")), 0)?;
    }
    for (at, probed) in connections.iter().enumerate() {
        let in_full = all || probed.state != ProbeState::Ok || probed.agreement == Agreement::Differs;
        if in_full && (at > 0 || !all) {
            text.page.blank()?;
        }
        headline(text, probed)?;
        if in_full {
            layers(text, probed)?;
        }
    }
    if !all && connections.iter().any(|probed| probed.state == ProbeState::Ok) {
        text.page.blank()?;
        text.page.paragraph("-o wide shows the layers of those that connect, too.", 0)?;
    }
    ways(text, connections)
}

/// How the checks got into the network of the source, and what is left of that.
fn ways(text: &mut Text<'_>, connections: &[Probed]) -> io::Result<()> {
    let ways: BTreeSet<&str> = connections.iter().map(|probed| probed.way).collect();
    for way in ways {
        let said = match way {
            "exec" => "Tried by exec: with what a container of the pod has; nothing is left of it.",
            "ephemeral" => "Tried by an ephemeral container, which stays listed in the pod.",
            "pod" => "Tried from a pod that policies cannot tell from it, which was deleted.",
            _ => "Tried by port-forward, from the API server to the pod: no NetworkPolicy is on this way.",
        };
        text.page.blank()?;
        text.page.paragraph(said, 0)?;
    }
    Ok(())
}

/// `No: shop/web-5c9d does not connect to shop/svc/payments (TCP 443): timed out.`
fn headline(text: &mut Text<'_>, probed: &Probed) -> io::Result<()> {
    let from = format!("{}/{}", escape(&probed.from.namespace), escape(&probed.from.name));
    let target = escape(&probed.target);
    let (label, lead, said) = match (&probed.port, probed.state) {
        (Some(port), state) => {
            let port = words::ports(std::slice::from_ref(port));
            match state {
                ProbeState::Ok => (Label::Allow, "Yes:", format!("{from} connects to {target} ({port}).")),
                ProbeState::Fail => {
                    (Label::Deny, "No:", format!("{from} does not connect to {target} ({port}): {}", words::sentence(&probed.said)))
                }
                ProbeState::Unknown => {
                    (Label::Unknown, "Unknown:", format!("whether {from} connects to {target} ({port}): {}", words::sentence(&probed.said)))
                }
            }
        }
        (None, ProbeState::Ok) => (Label::Allow, "Yes:", format!("in {from}, {}", words::sentence(&probed.said))),
        (None, ProbeState::Fail) => (Label::Deny, "No:", format!("in {from}, {}", words::sentence(&probed.said))),
        (None, ProbeState::Unknown) => (Label::Unknown, "Unknown:", format!("in {from}, {}", words::sentence(&probed.said))),
    };
    text.page.labelled(Some(label), lead, &format!(" {said}"), 0)?;
    if probed.agreement == Agreement::Differs {
        text.page.labelled(Some(Label::Warning), "Not as predicted:", &format!(" {}", words::sentence(&probed.agreement_reason)), 0)?;
    }
    Ok(())
}

fn layers(text: &mut Text<'_>, probed: &Probed) -> io::Result<()> {
    if probed.layers.is_empty() {
        return Ok(());
    }
    text.page.blank()?;
    let rows: Vec<Vec<Cell<'_>>> = probed.layers.iter().map(|layer| row(layer, text.wide)).collect();
    let headers: &[&'static str] = if text.wide { &["LAYER", "STATE", "WHAT", "CHECKS"] } else { &["LAYER", "STATE", "WHAT"] };
    grid::write(&mut text.page, headers, &rows)?;
    if probed.agreement == Agreement::NotCompared && probed.port.is_some() && text.wide {
        text.page.blank()?;
        text.page.paragraph(&format!("Not compared with what policies predict: {}", words::sentence(&probed.agreement_reason)), 0)?;
    }
    Ok(())
}

fn row(layer: &Layer, wide: bool) -> Vec<Cell<'_>> {
    let (word, label) = match (layer.layer, layer.state) {
        // What policies say is neither right nor wrong.
        (LayerName::Predicted, ProbeState::Ok) => ("allow", Label::Allow),
        (LayerName::Predicted, ProbeState::Fail) => ("DENY", Label::Deny),
        (_, ProbeState::Ok) => ("ok", Label::Allow),
        (_, ProbeState::Fail) => ("FAIL", Label::Deny),
        (_, ProbeState::Unknown) => ("unknown", Label::Unknown),
    };
    let codes = if layer.codes.is_empty() { String::new() } else { format!(" ({})", layer.codes.join(", ")) };
    let mut cells = vec![name(layer.layer).into(), Cell::labelled(word, label), format!("{}{codes}", escape(&layer.said)).into()];
    if wide {
        let checks: Vec<String> = layer.checks.iter().map(|check| escape(&check.check).into_owned()).collect();
        cells.push(if checks.is_empty() { "<none>".into() } else { checks.join(" ").into() });
    }
    cells
}

fn name(layer: LayerName) -> &'static str {
    match layer {
        LayerName::Name => "name",
        LayerName::Service => "service",
        LayerName::Endpoints => "endpoints",
        LayerName::Pod => "pod",
        LayerName::TargetPort => "target-port",
        LayerName::Listening => "listening",
        LayerName::Predicted => "predicted",
        LayerName::PodAddress => "pod-address",
        LayerName::ServiceAddress => "svc-address",
        LayerName::Address => "address",
    }
}
