//! `dns POD NAME` in words: whether it resolves, the pod's resolv.conf, the questions in their order, what was assumed.

use std::io;

use super::super::escape;
use super::{Text, dns_verify, grid, warnings, words};
use crate::report::Report;
use crate::report::dns::{Certainty, ConfLine, Dns, DnsQuestion, ExpectedAnswer, HostsEntry, Libc, LibcOutcome, Provenance, Resolves};
use crate::report::view::grid::Cell;
use crate::report::view::page::Label;

/// Writes the answer.
pub(super) fn write(report: &Report<Dns>, text: &mut Text<'_>) -> io::Result<()> {
    let answer = &report.result;
    text.partial(&report.coverage)?;
    headline(text, answer)?;
    for hint in answer.libc_hints.iter().filter(|_| answer.outcome.libcs.len() > 1) {
        let said = format!("Container {} looks like {}, by its image {}.", escape(&hint.container), libc(hint.libc), escape(&hint.image));
        text.page.paragraph(&said, 0)?;
    }
    text.page.blank()?;
    resolv_conf(text, &answer.resolv_conf.provenance)?;
    hosts(text, answer)?;
    for (libcs, questions) in groups(answer) {
        text.page.blank()?;
        let asks = if libcs.len() == 1 { "asks" } else { "ask" };
        let types = if answer.types.len() > 1 { format!(", each for {}", answer.types.join(" and ")) } else { String::new() };
        let who: Vec<String> = libcs.iter().map(|l| libc(*l).to_owned()).collect();
        text.page.labelled(Some(Label::Heading), &format!("{} {asks}", words::and(&who)), &format!("{types}:"), 0)?;
        asked(text, &questions)?;
    }
    if let Some(verified) = &answer.verified {
        text.page.blank()?;
        dns_verify::verification(verified, &distinct(&answer.questions), text)?;
    }
    if !answer.outcome.assumed.is_empty() || !answer.outcome.similar.is_empty() {
        text.page.blank()?;
    }
    for assumed in &answer.outcome.assumed {
        text.page.labelled(Some(Label::Unknown), "Assumed:", &format!(" {}", words::sentence(assumed)), 2)?;
    }
    let similar = answer.outcome.similar.iter().map(|similar| format!("{} ({})", escape(&similar.name), words::object(&similar.object)));
    let similar: Vec<String> = similar.collect();
    if similar.is_empty() {
        return Ok(());
    }
    let code = report.findings.iter().find(|finding| warnings::is_about_similar(finding));
    let code = code.map_or_else(String::new, |finding| format!(" ({})", finding.code));
    text.page.paragraph(&format!("Did you mean {}?{code}", similar.join(", or ")), 2)
}

/// The questions that replicas were asked: each once, however many libraries ask it.
fn distinct(questions: &[DnsQuestion]) -> Vec<dns_verify::Question<'_>> {
    let mut distinct: Vec<dns_verify::Question<'_>> = Vec::new();
    for DnsQuestion { name, kind, expected, observed, .. } in questions {
        if !distinct.iter().any(|known| known.name == name && known.kind == *kind) {
            distinct.push(dns_verify::Question { name, kind, expected, observed });
        }
    }
    distinct
}

fn libc(libc: Libc) -> &'static str {
    match libc {
        Libc::Glibc => "glibc",
        Libc::Musl => "musl",
        Libc::Go => "Go",
    }
}

/// `No: db.prod does not resolve in shop/deploy/api, pod api-7d9f: …`
fn headline(text: &mut Text<'_>, answer: &Dns) -> io::Result<()> {
    let subject = &answer.subject;
    let mut who = format!("{}/{}/{}", escape(&subject.namespace), words::kind_word(&subject.kind), escape(&subject.name));
    match &answer.pod {
        Some(pod) if *pod != subject.name => who.push_str(&format!(" (pod {})", escape(pod))),
        None if subject.kind != "Pod" => who.push_str(" (its template)"),
        _ => {}
    }
    let name = escape(&answer.name);
    let outcomes = &answer.outcome.libcs;
    let all = |wanted: Resolves| outcomes.iter().all(|outcome| outcome.resolves == wanted);
    let (label, lead, said) = if all(Resolves::Yes) {
        (Label::Allow, "Yes:", format!("{name} resolves in {who}{}.", summary(outcomes)))
    } else if all(Resolves::No) {
        (Label::Deny, "No:", format!("{name} does not resolve in {who}{}.", summary(outcomes)))
    } else if all(Resolves::Unknown) {
        (Label::Unknown, "Unknown:", format!("whether {name} resolves in {who}{}.", summary(outcomes)))
    } else {
        text.page.labelled(Some(Label::Unknown), "It depends:", &format!(" whether {name} resolves in {who}."), 0)?;
        for outcome in outcomes {
            let (label, word) = match outcome.resolves {
                Resolves::Yes => (Label::Allow, "yes"),
                Resolves::No => (Label::Deny, "NO"),
                Resolves::Unknown => (Label::Unknown, "unknown"),
            };
            let lead = format!("  {} {word}", libc(outcome.libc));
            text.page.labelled(Some(label), &lead, &format!("{}.", summary(std::slice::from_ref(outcome))), 4)?;
        }
        return Ok(());
    };
    text.page.labelled(Some(label), lead, &format!(" {said}"), 0)
}

/// ` to 10.96.14.7 (Service shop/payments), 2 questions`: of libraries that agree.
fn summary(outcomes: &[LibcOutcome]) -> String {
    let Some(first) = outcomes.first() else { return String::new() };
    let because = escape(&first.because);
    let told = match (&first.resolves, first.addresses.as_slice(), &first.error) {
        (Resolves::Yes, [], _) => format!(" ({because})"),
        (Resolves::Yes, addresses, _) => format!(" to {} ({because})", escape(&words::cut(addresses.to_vec(), 4).join(", "))),
        (_, _, error) => {
            let mut errors: Vec<String> = outcomes.iter().filter_map(|outcome| outcome.error.clone()).collect();
            errors.dedup();
            let same = errors.len() == 1;
            let error = error.as_ref().filter(|_| same).map_or_else(String::new, |error| format!(", {}", escape(error)));
            format!("{error}: {because}")
        }
    };
    let costs = |of: fn(&LibcOutcome) -> usize| {
        let (least, most) = (outcomes.iter().map(of).min().unwrap_or(0), outcomes.iter().map(of).max().unwrap_or(0));
        if least == most { most.to_string() } else { format!("{least} to {most}") }
    };
    let (questions, nxdomain) = (costs(|outcome| outcome.questions), costs(|outcome| outcome.nxdomain));
    match (questions.as_str(), nxdomain.as_str()) {
        ("0", _) => told,
        ("1", "0") => format!("{told}; 1 question"),
        (_, "0") => format!("{told}; {questions} questions"),
        _ => format!("{told}; {questions} questions, {nxdomain} NXDOMAIN"),
    }
}

/// Entry by entry, with where each comes from; on a terminal once for those that stand together.
fn resolv_conf(text: &mut Text<'_>, entries: &[Provenance]) -> io::Result<()> {
    let mut before: Option<&Provenance> = None;
    let mut rows: Vec<Vec<Cell<'_>>> = Vec::new();
    for entry in entries {
        let of_same_line = before.filter(|before| before.line == entry.line);
        let word = match entry.line {
            _ if of_same_line.is_some() => "",
            ConfLine::Nameserver => "nameserver",
            ConfLine::Search => "search",
            ConfLine::Options => "options",
        };
        let value = entry.value.as_deref().map_or("?".into(), escape);
        let told = of_same_line.is_some_and(|before| origin(before) == origin(entry)) && text.is_short();
        rows.push(vec![word.into(), value.into_owned().into(), if told { String::new() } else { origin(entry) }.into()]);
        before = Some(entry);
    }
    if rows.is_empty() {
        return text.page.paragraph("resolv.conf is empty.", 0);
    }
    grid::write(&mut text.page, &["RESOLV.CONF", "", "FROM"], &rows)
}

fn origin(line: &Provenance) -> String {
    let from = escape(&line.from);
    match line.certainty {
        Certainty::Known => format!("known: {from}"),
        Certainty::Inferred => format!("inferred: {from}"),
        Certainty::Assumed => format!("assumed: {from}"),
        Certainty::Unread => format!("not read: {from}"),
        Certainty::Cut => format!("cut by a limit: {from}"),
    }
}

/// What the pod adds to `/etc/hosts`, and what of it has the name.
fn hosts(text: &mut Text<'_>, answer: &Dns) -> io::Result<()> {
    let bare = answer.name.strip_suffix('.').unwrap_or(&answer.name);
    let has = |entry: &HostsEntry| entry.names.iter().any(|name| name.eq_ignore_ascii_case(bare));
    let shown: Vec<&HostsEntry> =
        answer.hosts.entries.iter().filter(|entry| text.wide || has(entry) || entry.from.starts_with("hostAliases")).collect();
    if shown.is_empty() && answer.hosts.unread.is_none() {
        return Ok(());
    }
    text.page.blank()?;
    let mut rows: Vec<Vec<Cell<'_>>> = Vec::new();
    if let Some(unread) = &answer.hosts.unread {
        rows.push(vec!["?".into(), "".into(), format!("not read: {}", escape(unread)).into()]);
    }
    for entry in shown {
        let address = entry.address.as_deref().map_or_else(|| "(its address)".to_owned(), |address| escape(address).into_owned());
        let names = words::cut(entry.names.iter().map(|name| escape(name).into_owned()).collect(), text.at_most(6)).join(" ");
        rows.push(vec![address.into(), names.into(), format!("known: {}", escape(&entry.from)).into()]);
    }
    grid::write(&mut text.page, &["/ETC/HOSTS", "", "FROM"], &rows)
}

/// Libraries that ask the same, with what they ask.
fn groups(answer: &Dns) -> Vec<(Vec<Libc>, Vec<&DnsQuestion>)> {
    let mut groups: Vec<(Vec<Libc>, Vec<&DnsQuestion>)> = Vec::new();
    for outcome in &answer.outcome.libcs {
        let asked: Vec<&DnsQuestion> = answer.questions.iter().filter(|question| question.libc == outcome.libc).collect();
        let same = |(_, questions): &&mut (Vec<Libc>, Vec<&DnsQuestion>)| {
            let of = |list: &[&DnsQuestion]| list.iter().map(|q| (q.name.clone(), q.kind)).collect::<Vec<_>>();
            of(questions) == of(&asked)
        };
        match groups.iter_mut().find(same) {
            Some((libcs, _)) => libcs.push(outcome.libc),
            None => groups.push((vec![outcome.libc], asked)),
        }
    }
    groups.retain(|(_, asked)| !asked.is_empty());
    groups
}

/// One row a name: both types are asked at the same time.
fn asked(text: &mut Text<'_>, questions: &[&DnsQuestion]) -> io::Result<()> {
    let mut rows: Vec<Vec<Cell<'_>>> = Vec::new();
    let (mut number, mut holed) = (0, false);
    for both in questions.chunk_by(|a, b| a.name == b.name) {
        let Some(first) = both.first() else { continue };
        if first.after_hole && !holed {
            holed = true;
            let what = "in search domains of the node";
            rows.push(vec!["?".into(), what.into(), Cell::labelled("unknown", Label::Unknown), "its resolv.conf was not read".into()]);
        }
        number += 1;
        let name = format!("{}.", escape(&first.name));
        let (label, said) = expected(both);
        rows.push(vec![number.to_string().into(), name.into(), Cell::labelled(said, label), because(both).into()]);
    }
    grid::write(&mut text.page, &["#", "NAME", "EXPECTED", "BECAUSE"], &rows)
}

/// What is said to both types.
fn expected(both: &[&DnsQuestion]) -> (Label, String) {
    let answers: Vec<String> = both.iter().flat_map(|asked| &asked.expected.answers).map(|answer| escape(answer).into_owned()).collect();
    if !answers.is_empty() {
        let mut answers = words::cut(answers, 4);
        answers.dedup();
        return (Label::Allow, answers.join(", "));
    }
    let mut words: Vec<&str> = both.iter().map(|asked| word(&asked.expected)).collect();
    words.dedup();
    let label = if words.contains(&"unknown") { Label::Unknown } else { Label::Deny };
    (label, words.join(", "))
}

fn word(expected: &ExpectedAnswer) -> &'static str {
    match expected.rcode {
        Some("NOERROR") => "empty",
        Some(rcode) => rcode,
        None => "unknown",
    }
}

/// Of a question that has addresses, why it has them.
fn because(both: &[&DnsQuestion]) -> String {
    let with_answers = both.iter().find(|asked| !asked.expected.answers.is_empty());
    with_answers.or(both.first()).map_or_else(String::new, |asked| escape(&asked.expected.because).into_owned())
}
