//! What is read from a pod is what was written there, or «could not run», whatever happens on the way.

use netstore::probe::check::{Check, To};
use netstore::probe::verdict::Verdict;
use netstore::probe::wire::{self, Batch, Line, Observed, Says};
use proptest::prelude::*;

const VERDICTS: [Verdict; 6] =
    [Verdict::Connected, Verdict::TimedOut, Verdict::RefusedRst, Verdict::UdpSilent, Verdict::CouldNotRun, Verdict::RefusedIcmpProhibited];

fn batch(checks: usize) -> Batch {
    let checks = (0..checks).map(|port| Check::Tcp(To::new("10.0.0.1", port as u16))).collect();
    Batch { nonce: "n0nce".to_owned(), agreeing: 2, attempts: 5, patience: 1000, at_once: 32, deadline: 60, checks }
}

fn observed(verdict: Verdict, detail: &str) -> Observed {
    Observed { verdict, detail: detail.to_owned(), attempts: 2, milliseconds: 7 }
}

fn line(says: Says) -> String {
    Line::new("n0nce", says).to_string()
}

/// What a program writes that ran to its end.
fn written(results: &[Observed]) -> String {
    let lines = results.iter().cloned().enumerate().map(|(check, observed)| line(Says::Result { check, observed }));
    lines.chain([line(Says::End { end: results.len() })]).map(|line| line + "\n").collect()
}

/// The reason for which the last of two results is missing.
#[track_caller]
fn reason(text: &str) -> String {
    let results = wire::read(text, &batch(2));
    let last = results.last().expect("two results");
    assert_eq!(last.verdict, Verdict::CouldNotRun);
    last.detail.clone()
}

#[test]
fn the_words_of_a_batch_make_that_batch() {
    assert_eq!(Batch::from_words(&batch(3).words()), Ok(batch(3)));
    for words in
        [&["n", "1"][..], &["n", "1", "1", "x", "1", "1"], &["n", "300", "1", "1", "1", "1"], &["n", "1", "1", "1", "1", "1", "icmp,x"]]
    {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        assert!(Batch::from_words(&words).is_err(), "{words:?}");
    }
}

#[test]
fn lines_are_what_the_script_writes() {
    let first = line(Says::Result { check: 3, observed: observed(Verdict::RefusedIcmpPort, "from 10.0.0.9") });
    assert_eq!(
        first,
        r#"{"v":1,"nonce":"n0nce","check":3,"verdict":"refused-icmp-port","detail":"from 10.0.0.9","attempts":2,"milliseconds":7}"#
    );
    assert_eq!(line(Says::End { end: 4 }), r#"{"v":1,"nonce":"n0nce","end":4}"#);
    let results = [Verdict::Connected, Verdict::Connected, Verdict::TimedOut].map(|verdict| observed(verdict, ""));
    let message = wire::termination("n0nce", &results);
    assert_eq!(message.lines().next(), Some(r#"{"v":1,"nonce":"n0nce","verdicts":"connected*2 timed-out"}"#));
}

#[test]
fn a_missing_result_has_its_reason() {
    let whole = written(&[observed(Verdict::Connected, ""), observed(Verdict::TimedOut, "")]);
    let lines: Vec<&str> = whole.lines().collect();
    assert_eq!(reason(""), "the output is empty");
    assert_eq!(reason("\r\n \n"), "the output is empty");
    assert_eq!(reason(lines[0]), "the output was cut after 1 of 2 results");
    assert_eq!(reason(&whole[..whole.len() / 2]), "the output was cut after 1 of 2 results");
    assert_eq!(reason(&format!("{}\n{}", lines[0], lines[2])), "the output has 1 of 2 results, this one is lost");
    assert_eq!(reason("sh: not found\n"), "the output has no results of this probe; it begins with \"sh: not found\"");
    assert_eq!(
        reason(&whole.replace("n0nce", "other")).split_once(';').map(|(reason, _)| reason.to_owned()),
        Some("the output has no results of this probe".to_owned())
    );
    assert_eq!(
        reason(&whole.replace(r#""v":1"#, r#""v":7"#)),
        "the program in the pod writes version 7 of its results, this netstore reads 1"
    );
    let both = whole.replace(r#""check":0"#, r#""check":1"#);
    assert_eq!(reason(&both), "two results were told for it: connected and timed-out");
}

#[test]
fn what_else_a_container_prints_is_no_result() {
    let results = [observed(Verdict::Connected, "a\u{1b}[31m\n\"b\""), observed(Verdict::UdpSilent, "")];
    let noise = r#"{"v":1,"nonce":"other","check":0,"verdict":"timed-out","attempts":1,"milliseconds":1}
        {"v":1,"nonce":"n0nce","check":9,"verdict":"timed-out","attempts":1,"milliseconds":1}
        {"v":1,"nonce":"n0nce","check":0,"verdict":"no-such-word","attempts":1,"milliseconds":1}
        {"v":1,"nonce":"n0nce","check":-1}"#;
    let text = format!("{noise}\r\n{}", written(&results).replace('\n', "\r\n"));
    assert_eq!(wire::read(&text, &batch(2)), results);
}

#[test]
fn a_detail_of_any_length_is_cut() {
    let long = observed(Verdict::Resolved, &"é".repeat(5000));
    let read = wire::read(&written(&[long]), &batch(1));
    assert_eq!(read.first().map(|result| result.detail.chars().count()), Some(301));
}

#[test]
fn a_termination_message_has_the_verdicts_of_a_large_batch() {
    let results: Vec<Observed> =
        (0..1000).map(|check| observed(if check < 700 { Verdict::Connected } else { Verdict::TimedOut }, "nothing came back")).collect();
    let message = wire::termination("n0nce", &results);
    assert!(message.len() <= 4096, "{}", message.len());
    let verdicts: Vec<Verdict> = wire::read_termination(&message, &batch(1000)).iter().map(|result| result.verdict).collect();
    assert_eq!(verdicts, results.iter().map(|result| result.verdict).collect::<Vec<_>>());
}

/// The kubelet divides 12 KiB among the containers of a pod: with more than three of them it cuts.
#[test]
fn a_termination_message_that_the_kubelet_cut_still_has_its_verdicts() {
    let results: Vec<Observed> = (0..100).map(|check| observed(VERDICTS[check / 20], "as it was said")).collect();
    let message = wire::termination("n0nce", &results);
    let read = wire::read_termination(&message[..1000], &batch(100));
    assert!(read.iter().zip(&results).all(|(read, result)| read.verdict == result.verdict));
    let read = wire::read_termination(&message[..50], &batch(100));
    assert!(read.iter().all(|read| read.verdict == Verdict::CouldNotRun && read.detail.starts_with("the termination message has no")));
}

fn results() -> impl Strategy<Value = Vec<Observed>> {
    let one = (0..VERDICTS.len(), "\\PC{0,40}|[\\x00-\\x7f]{0,20}", 1_u8.., any::<u32>());
    let one =
        one.prop_map(|(verdict, detail, attempts, milliseconds)| Observed { verdict: VERDICTS[verdict], detail, attempts, milliseconds });
    proptest::collection::vec(one, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_is_written_is_read(results in results()) {
        let batch = batch(results.len());
        prop_assert_eq!(&wire::read(&written(&results), &batch), &results);
        let message = wire::termination("n0nce", &results);
        prop_assert!(message.len() <= 4096);
        for (read, result) in wire::read_termination(&message, &batch).iter().zip(&results) {
            prop_assert_eq!(read.verdict, result.verdict);
        }
    }

    /// A log loses its beginning, its end, lines in between: a result is as it was written, or it could not be run.
    #[test]
    fn what_is_damaged_is_never_another_verdict(
        results in results(),
        lost in proptest::collection::vec(any::<bool>(), 60),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
        message in any::<bool>(),
    ) {
        let batch = batch(results.len());
        let text = if message { wire::termination("n0nce", &results) } else { written(&results) };
        let kept: String = text.lines().zip(lost.iter().chain(std::iter::repeat(&false))).filter(|(_, lost)| !**lost).map(|(line, _)| format!("{line}\n")).collect();
        let (from, to) = (from.index(kept.len() + 1), to.index(kept.len() + 1));
        let text = String::from_utf8_lossy(&kept.as_bytes()[from.min(to)..from.max(to)]);
        let read = if message { wire::read_termination(&text, &batch) } else { wire::read(&text, &batch) };
        prop_assert_eq!(read.len(), results.len());
        for (read, result) in read.iter().zip(&results) {
            prop_assert!(read.verdict == result.verdict || read.verdict == Verdict::CouldNotRun, "{read:?} instead of {result:?}");
        }
    }

    #[test]
    fn nothing_makes_reading_panic(text in "\\PC*|(\\{\"v\":1,\"nonce\":\"n0nce\",\"(check|end|verdicts)\":[0-9a-z*\" ]{0,12}\\}\n)*", checks in 0_usize..4) {
        prop_assert_eq!(wire::read(&text, &batch(checks)).len(), checks);
        prop_assert_eq!(wire::read_termination(&text, &batch(checks)).len(), checks);
    }
}
