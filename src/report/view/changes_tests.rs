//! What follows an answer with `--watch`, in each format; and what never may.

use proptest::prelude::*;

use super::*;
use crate::report::policy::WhoCanReach;
use crate::report::storage::{ClaimAnswer, ClaimState};
use crate::report::{Answer, PodCount, Report, Verdict};

/// What is printed of a later answer.
fn follow(before: &Answer, now: &Answer, format: Format, width: Option<usize>) -> String {
    let style = Style { width, ..Style::default() };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    render_changes(before, now, format, &style, &mut out).unwrap();
    render_new_warnings(before, now, &style, &mut err).unwrap();
    if matches!(format, Format::Table | Format::Wide) && !err.is_empty() {
        out.extend_from_slice(b"--- stderr ---\n");
        out.extend(err);
    }
    String::from_utf8(out).unwrap()
}

/// The same, a while later, when something has been done to it.
fn later<T: Clone>(report: &Report<T>, change: impl FnOnce(&mut Report<T>)) -> Report<T> {
    let mut later = report.clone();
    later.metadata.collected_at = Some("2026-11-22T04:12:09.675475251Z".to_owned());
    change(&mut later);
    later
}

fn reach() -> Report<WhoCanReach> {
    let Answer::WhoCanReach(report) = samples::who_can_reach() else { unreachable!() };
    report
}

fn claims(answer: Answer) -> Report<crate::report::storage::PvcWhyPending> {
    let Answer::PvcWhyPending(report) = answer else { unreachable!() };
    report
}

fn bound(claim: &ClaimAnswer) -> ClaimAnswer {
    ClaimAnswer {
        phase: "Bound".into(),
        state: ClaimState::Ok,
        volume: "pv-c".into(),
        cause: None,
        also_would_fail: Vec::new(),
        candidates: Vec::new(),
        candidates_left_out: 0,
        nodes: Vec::new(),
        ..claim.clone()
    }
}

/// Pairs of answers, with their names.
fn pairs() -> Vec<(&'static str, Answer, Answer)> {
    let sources = later(&reach(), |report| {
        let answer = &mut report.result;
        answer.service.as_mut().unwrap().ready = 2;
        answer.sources[1].peer.pods = Some(PodCount { matched: 1, total: 2 });
        answer.sources[3].verdict = Verdict::Allow;
        answer.sources[3].ports = samples::tcp("8443");
        answer.sources[3].peer.pods = Some(PodCount { matched: 6, total: 6 });
        let mut new = answer.sources.remove(0);
        new.peer.name = "reports".into();
        answer.sources.push(new);
    });
    let open = later(&reach(), |report| {
        report.result.isolated = Some(false);
        report.result.rest.verdict = Verdict::Allow;
        report.result.rest.reason = "no policy selects pods payments-*".into();
        report.result.rest.policies.clear();
        report.findings[0].message = "2 rules match nothing now: shop/payments-ingress #4,#5".into();
    });
    let Answer::WhoCanReach(partial) = samples::partial() else { unreachable!() };
    let whole = later(&partial, |report| {
        report.result.sources.pop();
        report.coverage.iter_mut().for_each(|entry| entry.state = "complete".into());
    });
    let less = later(&whole, |report| report.coverage.clone_from(&partial.coverage));
    let before = claims(samples_storage::namespace());
    let now = later(&before, |report| {
        let claims = &mut report.result.claims;
        claims[0] = bound(&claims[0]);
        claims[1].state = ClaimState::Problem;
        claims.remove(2);
        report.findings.remove(0);
    });
    let explained = claims(samples_storage::explained());
    let well = later(&explained, |report| {
        report.result.claims[0] = bound(&report.result.claims[0]);
        report.findings.clear();
    });
    vec![
        ("sources", reach().into(), sources.into()),
        ("open", reach().into(), open.into()),
        ("whole", partial.into(), whole.clone().into()),
        ("partial", whole.into(), less.into()),
        ("claims", before.into(), now.into()),
        ("claim", explained.into(), well.into()),
    ]
}

impl From<Report<WhoCanReach>> for Answer {
    fn from(report: Report<WhoCanReach>) -> Self {
        Self::WhoCanReach(report)
    }
}

impl From<Report<crate::report::storage::PvcWhyPending>> for Answer {
    fn from(report: Report<crate::report::storage::PvcWhyPending>) -> Self {
        Self::PvcWhyPending(report)
    }
}

#[test]
fn what_follows_looks_like_this() {
    for (name, before, now) in pairs() {
        for (shown, format, width) in [
            ("table", Format::Table, Some(80)),
            ("pipe", Format::Table, None),
            ("wide", Format::Wide, Some(80)),
            ("name", Format::Name, None),
        ] {
            insta::assert_snapshot!(format!("changes.{name}.{shown}"), follow(&before, &now, format, width));
        }
    }
}

#[test]
fn programs_get_the_whole_report_each_time() {
    for (name, before, now) in pairs() {
        let mut whole = Vec::new();
        render(&now, Format::Json, &Style::default(), &mut whole).unwrap();
        assert_eq!(follow(&before, &now, Format::Json, None), String::from_utf8(whole).unwrap(), "{name}");
        let mut whole = b"---\n".to_vec();
        render(&now, Format::Yaml, &Style::default(), &mut whole).unwrap();
        assert_eq!(follow(&before, &now, Format::Yaml, None), String::from_utf8(whole).unwrap(), "{name}");
    }
}

#[test]
fn pages_and_graphs_cannot_be_followed() {
    for format in Format::ALL.into_iter().filter(|format| !Format::FOLLOWED.contains(format)) {
        let refused = render_changes(&samples::who_can_reach(), &samples::who_can_reach(), format, &Style::default(), &mut Vec::new());
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::Unsupported, "{format}");
    }
}

/// The same claim has waited for longer, and another claim that nobody asked about by name is well in another way.
#[test]
fn that_time_goes_by_is_not_told() {
    let mut before = claims(samples_storage::namespace());
    before.findings[0].message = "it was handed over to x, which has said nothing of it for 2m5s".into();
    before.result.claims[0].cause.as_mut().unwrap().message.clone_from(&before.findings[0].message);
    let now = later(&before, |report| {
        report.findings[0].message = report.findings[0].message.replace("2m5s", "3m");
        report.result.claims[0].cause.as_mut().unwrap().message.clone_from(&report.findings[0].message);
    });
    let other = later(&now, |report| report.result.claims[3].volume = "pv-z".into());
    let [before, now, other] = [before, now, other].map(Answer::from);
    for format in Format::FOLLOWED {
        assert_eq!(follow(&before, &now, format, Some(80)), "", "{format}");
    }
    assert_eq!(follow(&before, &other, Format::Table, Some(80)), "");
    assert_ne!(follow(&before, &other, Format::Json, None), "", "the report is another one");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Of the same question, whatever the strings are: only printable lines that fit come out, and nothing where nothing has changed.
    #[test]
    fn what_follows_is_printable_and_fits(
        (before, now) in prop_oneof![
            (arbitrary::who_can_reach(), arbitrary::who_can_reach()),
            (arbitrary_storage::answer(), arbitrary_storage::answer()),
        ],
        columns in 60usize..120,
    ) {
        for format in Format::FOLLOWED {
            let text = follow(&before, &now, format, Some(columns));
            let bad = text.chars().find(|&c| c != '\n' && (c.is_control() || escape::is_hidden(c)));
            prop_assert_eq!(bad, None, "{}: {}", format, text.escape_debug());
            prop_assert!(text.is_empty() || text.ends_with('\n'), "{} ends with a line end", format);
            prop_assert_eq!(follow(&now, &now, format, Some(columns)), "");
        }
        for line in follow(&before, &now, Format::Table, Some(columns)).lines() {
            // What is indented may be a kind with its name, which are one.
            let one_word = [line, line.trim()].iter().any(|text| page::widest_word(text) == page::width(text));
            let command = line.trim_start().starts_with("kubectl ");
            prop_assert!(page::width(line) <= columns || one_word || command, "{} columns: {:?}", columns, line);
            prop_assert_eq!(line.trim_end(), line);
        }
    }
}
