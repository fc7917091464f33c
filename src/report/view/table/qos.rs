//! `qos` in words: one row a pod; of one pod, its containers with their numbers.

use std::io;

use super::super::escape;
use super::super::page::Label;
use super::{Text, grid, qos_patch, words};
use crate::report::Report;
use crate::report::qos::{ByResource, Class, ContainerQos, ContainerType, NumberPair, NumberSource, PodQos, Qos, SourceKind};
use crate::report::view::grid::Cell;

/// Writes the answer.
pub(super) fn write(report: &Report<Qos>, text: &mut Text<'_>) -> io::Result<()> {
    let pods = &report.result.pods;
    text.partial(&report.coverage)?;
    if pods.iter().any(|pod| pod.patch.is_some()) {
        return qos_patch::write(text, pods);
    }
    if let [only] = pods.as_slice() {
        return details(text, only);
    }
    if pods.is_empty() {
        return text.page.paragraph("There is no pod among what could be read.", 0);
    }
    let of = |class: Option<Class>| pods.iter().filter(|pod| pod.class == class).count();
    let counts = [
        (of(Some(Class::Guaranteed)), "Guaranteed"),
        (of(Some(Class::Burstable)), "Burstable"),
        (of(Some(Class::BestEffort)), "BestEffort"),
        (of(None), "not to be told"),
    ];
    let counts: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let real = pods.iter().filter(|pod| pod.kind == "Pod").count();
    let what = [(real, "pod", "pods"), (pods.len() - real, "template", "templates")];
    let what: Vec<String> = what.into_iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| words::count(n, one, many)).collect();
    text.page.paragraph(&format!("{}: {}.", words::and(&what), counts.join(", ")), 0)?;
    text.page.blank()?;
    rows(text, pods)
}

fn name(class: Option<Class>) -> &'static str {
    match class {
        Some(Class::Guaranteed) => "Guaranteed",
        Some(Class::Burstable) => "Burstable",
        Some(Class::BestEffort) => "BestEffort",
        None => "unknown",
    }
}

/// Only what cannot be told is worth a colour: no class is good or bad.
fn label(class: Option<Class>) -> Label {
    if class.is_some() { Label::Heading } else { Label::Unknown }
}

fn rows(text: &mut Text<'_>, pods: &[PodQos]) -> io::Result<()> {
    let first = pods.first().map(|pod| &pod.namespace);
    let namespaces = text.page.style.all_namespaces || pods.iter().any(|pod| Some(&pod.namespace) != first);
    let mut headers = vec!["POD", "CLASS", "WHY"];
    if namespaces {
        headers.insert(0, "NAMESPACE");
    }
    if text.wide {
        headers.extend(["CPU", "MEMORY", "PRIORITY", "NODE"]);
    }
    let row = |pod: &PodQos| {
        let mut cells: Vec<Cell<'_>> = Vec::new();
        if namespaces {
            cells.push(escape(&pod.namespace).into_owned().into());
        }
        let kind = if pod.kind == "Pod" { String::new() } else { format!("{}/", words::kind_word(&pod.kind)) };
        cells.push(format!("{kind}{}", escape(&pod.name)).into());
        cells.push(Cell::labelled(name(pod.class), label(pod.class)));
        cells.push(why(pod).into());
        if text.wide {
            let request =
                |resource: &str| pod.effective_requests.get(resource).map_or_else(|| "-".to_owned(), |text| escape(text).into_owned());
            cells.push(request("cpu").into());
            cells.push(request("memory").into());
            cells.push(pod.priority.map_or_else(|| "-".to_owned(), |priority| priority.to_string()).into());
            cells.push(escape(pod.node.as_deref().unwrap_or("<none>")).into_owned().into());
        }
        cells
    };
    let table: Vec<Vec<Cell<'_>>> = pods.iter().map(row).collect();
    grid::write(&mut text.page, &headers, &table)
}

/// What decides; first of all, that the status says something else.
fn why(pod: &PodQos) -> String {
    let reason = escape(&pod.decided_by.reason);
    match (pod.class, pod.computed_class) {
        (Some(class), Some(computed)) if class != computed => {
            format!("its status says so; its spec makes it {}: {reason}", name(Some(computed)))
        }
        (Some(_), None) => format!("its status says so; {reason}"),
        _ => reason.into_owned(),
    }
}

fn details(text: &mut Text<'_>, pod: &PodQos) -> io::Result<()> {
    let full = words::full_name(&pod.namespace, &pod.name);
    let who = match (pod.kind.as_str(), pod.predicted) {
        ("Pod", false) => format!("Pod {full} is"),
        ("Pod", true) => format!("Pod {full} will be"),
        (kind, _) => format!("Pods of {} {full} will be", escape(kind)),
    };
    let class = match pod.class {
        Some(class) => format!(" {}: {}.", name(Some(class)), why(pod)),
        None => format!(" of a class that cannot be told: {}.", why(pod)),
    };
    text.page.labelled(Some(label(pod.class)), &who, &class, 2)?;
    text.page.blank()?;
    table(text, pod)?;
    text.page.blank()?;
    let listed = |amounts: &ByResource<String>| {
        let each: Vec<String> = amounts.iter().map(|(resource, amount)| format!("{} {}", escape(resource), escape(amount))).collect();
        if each.is_empty() { "nothing".to_owned() } else { each.join(", ") }
    };
    let overhead = if pod.overhead.is_empty() { String::new() } else { format!(" (with overhead {})", listed(&pod.overhead)) };
    let mut facts = vec![
        ("The scheduler counts:", format!("{}{overhead}", listed(&pod.effective_requests))),
        ("Limits:", format!("{}{}", listed(&pod.effective_limits), unlimited(pod))),
        ("Resizes while it runs:", escape(&pod.resize.rule).into_owned()),
    ];
    let exclusive: Vec<String> =
        pod.containers.iter().filter_map(|c| c.exclusive_cpus.filter(|n| *n > 0).map(|n| format!("{} {n}", escape(&c.name)))).collect();
    if !exclusive.is_empty() {
        facts.push(("CPUs for itself under the static CPU manager policy:", exclusive.join(", ")));
    }
    if pod.critical {
        facts.push(("Eviction:", "never, it is critical".to_owned()));
    }
    facts.iter().try_for_each(|(lead, said)| text.page.labelled(Some(Label::Heading), lead, &format!(" {said}."), 2))
}

/// A sum of limits bounds nothing where a container has none.
fn unlimited(pod: &PodQos) -> String {
    let limited = |pairs: &ByResource<NumberPair>, resource: &str| pairs.get(resource).is_some_and(|pair| pair.limit.is_some());
    let free = |resource: &&str| {
        let stays = |container: &&ContainerQos| container.role != ContainerType::Init && !limited(&container.resources, resource);
        let of_pod = pod.pod_resources.as_ref().is_some_and(|pairs| limited(pairs, resource));
        pod.effective_limits.get(resource).is_some() && !of_pod && pod.containers.iter().any(|container| stays(&container))
    };
    let free: Vec<String> = ["cpu", "memory"].iter().filter(|resource| free(resource)).map(|resource| (*resource).to_owned()).collect();
    if free.is_empty() { String::new() } else { format!("; not every container has one for {}", words::and(&free)) }
}

/// One row a container and resource; of the pod as a whole first, if that is what counts.
fn table(text: &mut Text<'_>, pod: &PodQos) -> io::Result<()> {
    let headers = ["CONTAINER", "TYPE", "RESOURCE", "REQUEST", "LIMIT", "CLASS", "OOM ADJ"];
    let mut rows: Vec<Vec<Cell<'_>>> = Vec::new();
    let shown = |name: &str| text.wide || name == "cpu" || name == "memory";
    let mut add = |first: [String; 2], pairs: &ByResource<NumberPair>, last: [String; 2]| {
        for (at, (resource, pair)) in pairs.iter().filter(|(name, _)| shown(name)).enumerate() {
            let only_first = |text: &String| if at == 0 { text.clone() } else { String::new() };
            let cells = [
                only_first(&first[0]),
                only_first(&first[1]),
                escape(resource).into_owned(),
                number(pair.request.as_deref(), pair.request_source.as_ref()),
                number(pair.limit.as_deref(), pair.limit_source.as_ref()),
                only_first(&last[0]),
                only_first(&last[1]),
            ];
            rows.push(cells.into_iter().map(Cell::from).collect());
        }
    };
    if let Some(pairs) = &pod.pod_resources {
        add(["(pod)".to_owned(), "pod".to_owned()], pairs, [name(pod.computed_class).to_owned(), "-".to_owned()]);
    }
    for container in &pod.containers {
        let score = container.oom_score_adj.map_or_else(|| "unknown".to_owned(), |score| score.to_string());
        let class = name(container.class).to_owned();
        add([escape(&container.name).into_owned(), role(container).to_owned()], &container.resources, [class, score]);
    }
    grid::write(&mut text.page, &headers, &rows)
}

fn role(container: &ContainerQos) -> &'static str {
    match container.role {
        ContainerType::Container => "container",
        ContainerType::Sidecar => "sidecar",
        ContainerType::Init => "init",
    }
}

/// `100m (LimitRange defaults)`.
fn number(amount: Option<&str>, source: Option<&NumberSource>) -> String {
    let Some(amount) = amount else { return "-".to_owned() };
    let amount = escape(amount);
    let from = source.map(|source| match (source.from, source.name.as_deref()) {
        (SourceKind::Spec, _) => String::new(),
        (SourceKind::Limit, _) => " (its limit)".to_owned(),
        (SourceKind::Containers, _) => " (its containers)".to_owned(),
        (SourceKind::LimitRange, Some(name)) => format!(" (LimitRange {})", escape(name)),
        (SourceKind::LimitRange, None) if source.possible.is_empty() => " (a LimitRange)".to_owned(),
        (SourceKind::LimitRange, None) => format!(" (LimitRange {})", escape(&source.possible.join(" or "))),
        (SourceKind::Webhook, _) => " (a webhook)".to_owned(),
        (SourceKind::Changed, _) => " (not of the template)".to_owned(),
    });
    format!("{amount}{}", from.unwrap_or_default())
}
