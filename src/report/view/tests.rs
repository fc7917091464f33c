//! What every format looks like, and what no format may ever write.

use proptest::prelude::*;

use super::*;
use crate::report::Answer;

fn text(answer: &Answer, format: Format, width: Option<usize>) -> String {
    let style = Style { width, ..Style::default() };
    let mut out = Vec::new();
    render(answer, format, &style, &mut out).unwrap();
    if format == Format::Html {
        // The same on every page.
        return String::from_utf8(out).unwrap().replacen(html::STYLE, "…\n", 1);
    }
    if matches!(format, Format::Table | Format::Wide) {
        let mut err = Vec::new();
        render_warnings(answer, &style, &mut err).unwrap();
        if !err.is_empty() {
            out.extend_from_slice(b"--- stderr ---\n");
            out.extend(err);
        }
    }
    String::from_utf8(out).unwrap()
}

/// The reports written by hand, with their names.
fn every_sample() -> Vec<(&'static str, Answer)> {
    let mut samples = samples::all();
    samples.extend(samples_storage::all());
    samples.extend(samples_volumes::all());
    samples.extend(samples_overview::all());
    samples.extend(samples_records::all());
    samples.extend(samples_qos::all());
    samples.extend(samples_node::all());
    samples.extend(samples_dns::all());
    samples.extend(samples_verify::all());
    samples.extend(samples_dns_doctor::all());
    samples.extend(samples_probe::all());
    samples.extend(samples_cover::all());
    samples
}

#[test]
fn looks_like_this() {
    for (name, answer) in every_sample() {
        for format in answer.formats() {
            insta::assert_snapshot!(format!("{name}.{format}"), text(&answer, *format, Some(80)));
        }
        insta::assert_snapshot!(format!("{name}.table.wide_terminal"), text(&answer, Format::Table, Some(140)));
        insta::assert_snapshot!(format!("{name}.table.pipe"), text(&answer, Format::Table, None));
    }
}

/// What a label's colour adds is not text.
fn without_color(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain + rest
}

#[test]
fn color_only_colors() {
    for (name, answer) in every_sample() {
        let style = Style { color: true, width: Some(80), ..Style::default() };
        let mut out = Vec::new();
        render(&answer, Format::Table, &style, &mut out).unwrap();
        render_warnings(&answer, &style, &mut out).unwrap();
        let colored = String::from_utf8(out).unwrap();
        assert!(colored.contains("\u{1b}["), "{name}");
        let plain = text(&answer, Format::Table, Some(80)).replace("--- stderr ---\n", "");
        assert_eq!(without_color(&colored), plain, "{name}");
    }
}

#[test]
fn a_format_the_question_has_not_is_refused() {
    let error = render(&samples::can_reach(), Format::Csv, &Style::default(), &mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    assert_eq!(error.to_string(), "this question has no output format csv");
}

#[test]
fn formats_are_found_by_their_names() {
    for format in Format::ALL {
        assert_eq!(format.name().parse(), Ok(format));
    }
    assert_eq!("markdown".parse(), Ok(Format::Markdown));
    assert!("jsn".parse::<Format>().is_err());
}

#[test]
fn no_headers_leaves_the_rows() {
    let style = Style { headers: false, ..Style::default() };
    let mut out = Vec::new();
    render(&samples::matrix(), Format::Table, &style, &mut out).unwrap();
    let rows = String::from_utf8(out).unwrap();
    assert!(!rows.contains("FROM") && rows.lines().count() == 5, "{rows}");
}

/// What YAML shows of a character that JSON escapes.
fn shown_by_yaml(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    let text = |text: &str| -> String {
        let shown = |c: char| match u32::from(c) {
            code if !escape::is_hidden(c) || c == '\n' => vec![char::from_u32(code).unwrap()],
            code if code > 0xffff => format!("\\U{code:08x}").chars().collect(),
            code => format!("\\u{code:04x}").chars().collect(),
        };
        text.chars().flat_map(shown).collect()
    };
    match value {
        Value::String(string) => Value::String(text(string)),
        Value::Array(items) => items.iter().map(shown_by_yaml).collect(),
        Value::Object(fields) => fields.iter().map(|(name, field)| (text(name), shown_by_yaml(field))).collect(),
        other => other.clone(),
    }
}

fn value(answer: &Answer) -> serde_json::Value {
    match answer {
        Answer::WhoCanReach(r) => serde_json::to_value(r),
        Answer::ReachableFrom(r) => serde_json::to_value(r),
        Answer::CanReach(r) => serde_json::to_value(r),
        Answer::EffectivePolicy(r) => serde_json::to_value(r),
        Answer::Matrix(r) => serde_json::to_value(r),
        Answer::PvcWhyPending(r) => serde_json::to_value(r),
        Answer::Volumes(r) => serde_json::to_value(r),
        Answer::Storage(r) => serde_json::to_value(r),
        Answer::Qos(r) => serde_json::to_value(r),
        Answer::Dns(r) => serde_json::to_value(r),
        Answer::DnsVerify(r) => serde_json::to_value(r),
        Answer::DnsRecords(r) => serde_json::to_value(r),
        Answer::DnsDoctor(r) => serde_json::to_value(r),
        Answer::Probe(r) => serde_json::to_value(r),
        Answer::Verify(r) => serde_json::to_value(r),
        Answer::QosNode(r) => serde_json::to_value(r),
        Answer::QosNamespace(r) => serde_json::to_value(r),
    }
    .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever the strings are, only printable text and line ends come out.
    #[test]
    fn no_format_writes_control_characters(answer in arbitrary::answer(), width in proptest::option::of(20usize..200)) {
        for format in answer.formats() {
            let text = text(&answer, *format, width);
            let bad = text.chars().find(|&c| c != '\n' && (c.is_control() || escape::is_hidden(c)));
            prop_assert_eq!(bad, None, "{}: {}", format, text.escape_debug());
            prop_assert!(text.is_empty() || text.ends_with('\n'), "{} ends with a line end", format);
        }
        for line in warnings(&answer) {
            prop_assert!(!line.chars().any(|c| c.is_control() || escape::is_hidden(c)), "{:?}", line);
        }
    }

    /// A line is as wide as the terminal at most, unless a single word or a command to paste is wider.
    #[test]
    fn lines_fit_the_terminal(answer in arbitrary::answer(), columns in 60usize..120) {
        let text = text(&answer, Format::Table, Some(columns));
        for line in text.lines() {
            // What is indented may be a kind with its name, which are one.
            let one_word = [line, line.trim()].iter().any(|text| page::widest_word(text) == page::width(text));
            let command = line.trim_start().starts_with("kubectl ");
            prop_assert!(page::width(line) <= columns || one_word || command, "{} columns: {:?}\n{}", columns, line, text);
            prop_assert_eq!(line.trim_end(), line);
        }
    }

    /// Comma-separated values are read back as what was written, hidden characters shown.
    #[test]
    fn csv_reads_back(answer in arbitrary::answer()) {
        let Answer::Matrix(report) = &answer else { return Ok(()) };
        let text = text(&answer, Format::Csv, None);
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let records: Vec<::csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(records.len(), report.result.connections.len());
        for (record, connection) in records.iter().zip(&report.result.connections) {
            prop_assert_eq!(record.len(), reader.headers().unwrap().len());
            prop_assert_eq!(&record[0], escape::escape_hidden(&connection.from.namespace));
            prop_assert_eq!(&record[6], escape::escape_hidden(&connection.to.kind));
            prop_assert_eq!(&record[10], connection.verdict.to_string());
        }
    }

    /// JSON is the report; YAML is the same, hidden characters as themselves or shown.
    #[test]
    fn json_and_yaml_read_back(answer in arbitrary::answer()) {
        let json: serde_json::Value = serde_json::from_str(&text(&answer, Format::Json, None)).unwrap();
        prop_assert_eq!(&json, &value(&answer));
        let text = text(&answer, Format::Yaml, None);
        let yaml: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        prop_assert_eq!(shown_by_yaml(&yaml), shown_by_yaml(&json), "{}", text);
    }

    /// Graphs and Markdown keep their shape: no name opens or closes anything.
    #[test]
    fn syntax_is_quoted(answer in arbitrary::answer()) {
        let Answer::Matrix(report) = &answer else { return Ok(()) };
        let rows = text(&answer, Format::Markdown, None);
        for row in rows.lines() {
            prop_assert_eq!(row.replace("\\\\", "").replace("\\|", "").matches('|').count(), 5, "{}", row);
        }
        prop_assert_eq!(rows.lines().count(), report.result.connections.len() + 2);
        let graph = text(&answer, Format::Dot, None);
        for line in graph.lines() {
            let quotes = line.replace("\\\\", "").replace("\\\"", "").matches('"').count();
            prop_assert!(quotes == 0 || quotes == 2, "{}", line);
        }
        let chart = text(&answer, Format::Mermaid, None);
        for line in chart.lines().filter(|line| line.contains('"')) {
            prop_assert_eq!(line.matches('"').count(), 2, "{}", line);
            let quoted = line.split('"').nth(1).unwrap();
            prop_assert!(!quoted.contains(['[', ']', '{', '}', '<', '>', '|', '`']), "{}", line);
        }
    }
}

/// The elements of pages.
const ELEMENTS: [&str; 24] = [
    "!doctype", "html", "meta", "title", "style", "h1", "h2", "h3", "p", "main", "table", "tr", "th", "td", "b", "pre", "section", "small",
    "details", "summary", "svg", "path", "rect", "text",
];
/// Those that have no end of their own.
const WITHOUT_END: [&str; 4] = ["!doctype", "html", "meta", "rect"];

proptest! {
    /// No text opens, closes or fetches anything: all elements are ours, in their order.
    #[test]
    fn a_page_holds_only_its_own_elements(answer in arbitrary::answer()) {
        let page = text(&answer, Format::Html, None);
        let mut open: Vec<&str> = Vec::new();
        for (at, _) in page.match_indices('<') {
            let tag = page[at + 1..].split('>').next().unwrap();
            let name = tag.trim_start_matches('/').split([' ', '>']).next().unwrap();
            prop_assert!(ELEMENTS.contains(&name), "{tag}");
            prop_assert!(!tag.contains("://") && tag.matches('"').count().is_multiple_of(2), "{tag}");
            if let Some(ended) = tag.strip_prefix('/') {
                prop_assert_eq!(open.pop(), Some(ended), "{}", page);
            } else if !WITHOUT_END.contains(&name) && !tag.ends_with('/') {
                open.push(name);
            }
        }
        prop_assert!(open.is_empty(), "{open:?}");
    }
}

#[test]
fn many_findings_of_one_code_are_counted() {
    let mut answer = samples::who_can_reach();
    let Answer::WhoCanReach(report) = &mut answer else { unreachable!() };
    let one = report.findings[0].clone();
    let number = |n: usize| crate::report::Finding { message: format!("rule {n}"), remedy: Vec::new(), ..one.clone() };
    report.findings = (0..6).map(number).collect();
    assert_eq!(warnings(&answer).len(), 6);
    let Answer::WhoCanReach(report) = &mut answer else { unreachable!() };
    report.findings = (0..9).map(number).collect();
    let lines = warnings(&answer);
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[5], "  … and 4 more (NP-012): -o json lists them all");
}

#[test]
fn pods_of_a_workload_make_no_second_node() {
    let mut answer = samples::matrix();
    let Answer::Matrix(report) = &mut answer else { unreachable!() };
    let one = report.result.connections[0].clone();
    let to = crate::report::Peer { pods: Some(crate::report::PodCount { matched: 1, total: 3 }), ..(*one.to).clone() };
    report.result.connections = vec![one.clone(), crate::report::policy::Connection { to: std::sync::Arc::new(to), ..one }];
    for format in [Format::Dot, Format::Mermaid] {
        let text = text(&answer, format, None);
        assert!(text.contains("n0") && text.contains("n1") && !text.contains("n2"), "{text}");
    }
}

#[test]
fn a_workload_with_two_rows_is_counted_once() {
    let mut answer = samples::who_can_reach();
    let first = text(&answer, Format::Table, None).lines().nth(1).unwrap().to_owned();
    assert!(first.starts_with("Reached by 3 workloads"), "{first}");
    let Answer::WhoCanReach(report) = &mut answer else { unreachable!() };
    let mut again = report.result.sources.first().unwrap().clone();
    again.ports = samples::tcp("9000");
    report.result.sources.insert(1, again);
    assert_eq!(text(&answer, Format::Table, None).lines().nth(1).unwrap(), first);
}

#[test]
fn only_a_matrix_that_its_limit_ended_is_said_to_be_cut_off() {
    let warned = |cut: bool| {
        let mut answer = samples::matrix();
        let Answer::Matrix(report) = &mut answer else { unreachable!() };
        (report.result.complete, report.result.cut) = (false, cut);
        warnings(&answer).iter().any(|warning| warning.contains("cut off after"))
    };
    assert_eq!((warned(true), warned(false)), (true, false));
}

#[test]
fn a_table_whose_ranks_tell_nothing_apart_is_one_line_on_a_terminal() {
    let (_, mut answer) = samples_node::all().into_iter().find(|(name, _)| *name == "qos_node").unwrap();
    let Answer::QosNode(report) = &mut answer else { unreachable!() };
    let one = report.result.memory.first().unwrap().clone();
    report.result.disk = vec![crate::report::qos_node::Evictee { rank: None, ..one.clone() }; 6];
    report.result.pids = vec![crate::report::qos_node::Evictee { rank: Some(1), ..one }; 6];
    let shown = text(&answer, Format::Table, Some(80));
    assert!(shown.contains("\n6 pods whose order is not to be told: -o wide lists them.\n"), "{shown}");
    assert!(shown.contains("\n6 pods of the same rank: -o wide lists them.\n"), "{shown}");
    let piped = text(&answer, Format::Table, None);
    assert!(!piped.contains("-o wide"), "{piped}");
}

#[test]
fn what_could_not_be_read_is_one_short_line() {
    let entry = |resource: &str, scope: &str, state: &str| crate::report::CoverageEntry {
        resource: resource.into(),
        scope: scope.into(),
        state: state.into(),
    };
    let last = |coverage: Vec<crate::report::CoverageEntry>| {
        let mut answer = samples::partial();
        let Answer::WhoCanReach(report) = &mut answer else { unreachable!() };
        report.coverage = coverage;
        warnings(&answer).pop().unwrap()
    };
    let kinds = ["namespaces", "nodes", "pods", "services", "deployments.apps", "jobs.batch"];
    let everywhere = || kinds.iter().map(|kind| entry(kind, "*", "forbidden"));
    let shop = |state: &'static str| kinds.iter().skip(2).map(move |kind| entry(kind, "shop", state));
    let forbidden = "Warning: results are incomplete: cannot list namespaces, nodes, pods and 3 more kinds";
    assert_eq!(last(everywhere().chain(shop("complete")).collect()), format!("{forbidden} outside namespace shop (Forbidden)"));
    // A namespace of which only a part was read is not whole.
    assert_eq!(last(everywhere().chain(shop("complete").skip(1)).collect()), format!("{forbidden} (Forbidden)"));
    assert_eq!(
        last(vec![entry("pods", "*", "complete"), entry("pods", "a", "truncated: 9")]),
        "Warning: results are incomplete: cannot list pods in namespace a (truncated: 9)"
    );
}
