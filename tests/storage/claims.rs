//! Causes of claims.

use netstore::inventory::Inventory;
use netstore::report::Severity;
use netstore::report::storage::ClaimAnswer;
use netstore::storage::{Question, why_pending};

use super::fixture::{self, Fixture};

fn check(fixture: &Fixture, events: bool, wrong: &mut Vec<String>) {
    let inventory = Inventory::build(fixture.collected(events));
    let (result, findings) = why_pending(&inventory, &Question { explain: true, ..Question::default() });
    let name = format!("{}{}", fixture.name(), if events { "" } else { " without events" });
    for (key, usual) in &fixture.expected.claims {
        let wanted = fixture.said(key, usual, events);
        let Some(claim) = result.claims.iter().find(|claim| format!("{}/{}", claim.namespace, claim.name) == *key) else {
            wrong.push(format!("{name}: no claim {key}"));
            continue;
        };
        let mut differs = |what: &str, is: String, should: String| {
            if is != should {
                wrong.push(format!("{name}: {key}: {what} is {is}, should be {should}\n    {}", said(claim)));
            }
        };
        let cause = claim.cause.as_ref().map_or("none", |cause| cause.code);
        differs("cause", cause.to_owned(), wanted.cause.clone().unwrap_or_else(|| "none".to_owned()));
        for also in &wanted.also {
            let there = claim.also_would_fail.iter().any(|cause| cause.code == also);
            differs(&format!("also {also}"), there.to_string(), "true".to_owned());
        }
        if let Some(state) = &wanted.state {
            differs("state", format!("{:?}", claim.state).to_lowercase(), state.clone());
        }
        if let Some(volume) = &wanted.would_bind {
            differs("wouldBind", claim.would_bind.clone().unwrap_or_default(), volume.clone());
        }
        if let Some(part) = &wanted.says {
            let message = claim.cause.as_ref().map_or("", |cause| cause.message.as_str());
            differs("message", message.contains(part.as_str()).to_string(), "true".to_owned());
        }
        // A cause is backed by something a user can look at.
        for cause in claim.cause.iter().chain(&claim.also_would_fail) {
            let finding = findings.iter().find(|f| f.code == cause.code && f.subject.name == claim.name && f.message == cause.message);
            let backed = finding.is_some_and(|finding| !finding.evidence.is_empty());
            differs(&format!("evidence of {}", cause.code), backed.to_string(), "true".to_owned());
        }
    }
}

fn said(claim: &ClaimAnswer) -> String {
    let causes = claim.cause.iter().chain(&claim.also_would_fail).map(|cause| format!("{}: {}", cause.code, cause.message));
    causes.collect::<Vec<_>>().join(" | ")
}

#[test]
fn every_case_has_its_cause_with_events_and_without() {
    let mut wrong = Vec::new();
    for fixture in fixture::of_claims() {
        check(&fixture, true, &mut wrong);
        check(&fixture, false, &mut wrong);
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is odd but well is not accused.
#[test]
fn healthy_clusters_have_no_errors() {
    let fixtures = fixture::below("healthy");
    assert!(fixtures.len() >= 40, "{}", fixtures.len());
    let mut wrong = Vec::new();
    for fixture in fixtures {
        for events in [true, false] {
            let (_, findings) = why_pending(&Inventory::build(fixture.collected(events)), &Question::default());
            let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
            wrong.extend(errors.map(|finding| format!("{}: {} {}", fixture.name(), finding.code, finding.message)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each code of a cause is told by some fixture.
#[test]
fn every_code_has_a_fixture() {
    let mut told: Vec<&str> = Vec::new();
    for fixture in fixture::of_claims() {
        let inventory = Inventory::build(fixture.collected(true));
        let (_, findings) = why_pending(&inventory, &Question::default());
        told.extend(findings.iter().map(|finding| finding.code));
    }
    let untold: Vec<&str> =
        netstore::storage::findings::all().into_iter().map(|kind| kind.code).filter(|code| !told.contains(code)).collect();
    // What cannot be read is told where something cannot be read.
    // Of pods pods.rs tells, of backups tests/backups.rs.
    let elsewhere = |code: &str| code.starts_with("ST-K") || code.starts_with("ST-V");
    let untold: Vec<&str> = untold.into_iter().filter(|code| *code != "ST-U01" && !elsewhere(code)).collect();
    assert!(untold.is_empty(), "without a fixture: {untold:?}");
}

/// A question asked twice, in whatever order objects come, has one answer.
#[test]
fn answers_do_not_depend_on_the_order_of_objects() {
    for fixture in fixture::of_claims() {
        let answer = |turned: bool| {
            let mut collected = fixture.collected(true);
            if turned {
                collected.objects.claims.reverse();
                collected.objects.volumes.reverse();
                collected.objects.nodes.reverse();
                collected.objects.pods.reverse();
                collected.objects.storage_classes.reverse();
                collected.objects.csi_nodes.reverse();
            }
            let (result, findings) = why_pending(&Inventory::build(collected), &Question { explain: true, ..Question::default() });
            (serde_json::to_string(&result).expect("JSON"), serde_json::to_string(&findings).expect("JSON"))
        };
        assert_eq!(answer(false), answer(true), "{}", fixture.name());
    }
}
