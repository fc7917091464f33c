//! The search among volumes, the objections to a named one, and sizes.

use netstore::objects::{Node, PersistentVolume, PersistentVolumeClaim, Quantity};
use netstore::storage::{controller, matcher, prebound};
use serde_json::{Value, json};

use super::draw::{Dice, claim, node, volume, volumes};
use super::{ask, cases, compare, read};

#[test]
fn find_matching_volume_is_that_of_kubernetes() {
    let mut dice = Dice(1);
    let questions: Vec<Value> = (0..cases())
        .map(|_| {
            let node = if dice.chance(2) { Value::Null } else { node(&mut dice, "n1") };
            let excluded = if dice.chance(4) { json!(["pv-00", "pv-03"]) } else { json!([]) };
            json!({"claim": claim(&mut dice, "one"), "volumes": volumes(&mut dice), "node": node, "excluded": excluded, "delayBinding": dice.chance(2)})
        })
        .collect();
    let ours = |q: &Value| {
        let claim: PersistentVolumeClaim = read(&q["claim"]);
        let volumes: Vec<PersistentVolume> = read(&q["volumes"]);
        let node: Option<Node> = read(&q["node"]);
        let excluded: Vec<String> = read(&q["excluded"]);
        let excluded: Vec<&str> = excluded.iter().map(String::as_str).collect();
        let delay = q["delayBinding"] == true;
        let found =
            matcher::find_matching_volume(&claim, claim.class(), &volumes, node.as_ref().map(|n| &n.metadata.labels), &excluded, delay);
        json!(found.map(|volume| &volume.metadata.name))
    };
    compare("findMatchingVolume", &questions, ours, |answer| answer["volume"].clone());
}

#[test]
fn the_volume_controller_is_that_of_kubernetes() {
    let mut dice = Dice(2);
    let questions: Vec<Value> = (0..cases())
        .map(|_| json!({"claim": claim(&mut dice, "one"), "volumes": volumes(&mut dice), "delayBinding": dice.chance(3)}))
        .collect();
    let Some(answers) = ask("findByClaim", &questions) else { return };
    let mut asked = 0;
    for (question, answer) in questions.iter().zip(&answers) {
        let answer = &answer["answer"];
        if !answer["error"].is_null() {
            continue;
        }
        let claim: PersistentVolumeClaim = read(&question["claim"]);
        let volumes: Vec<PersistentVolume> = read(&question["volumes"]);
        let delay = question["delayBinding"] == true;
        let all: Vec<&PersistentVolume> = volumes.iter().collect();
        let possible: Vec<String> = read(&answer["possible"]);
        let index = controller::Index::new(&volumes);
        for found in [controller::find_by_claim(&claim, claim.class(), &all, delay), index.find(&claim, claim.class(), delay, |_| false)] {
            let fits = match found {
                Some(volume) => possible.contains(&volume.metadata.name),
                None => possible.is_empty(),
            };
            let ours = found.map(|volume| &volume.metadata.name);
            assert!(fits, "we say {ours:?}, Kubernetes says {possible:?}\n{question}");
        }
        asked += 1;
    }
    eprintln!("findByClaim: {asked} the same");
    assert!(asked * 10 > questions.len() * 8);
}

#[test]
fn objections_to_a_named_volume_are_those_of_kubernetes() {
    let mut dice = Dice(3);
    let questions: Vec<Value> = (0..cases()).map(|_| json!({"claim": claim(&mut dice, "one"), "volume": volume(&mut dice, 0)})).collect();
    let ours = |q: &Value| {
        let (claim, volume): (PersistentVolumeClaim, PersistentVolume) = (read(&q["claim"]), read(&q["volume"]));
        let first = prebound::objections(&claim, claim.class(), &volume).into_iter().next();
        json!(first.map(|predicate| match predicate {
            matcher::Predicate::Deletion => "marked for deletion",
            matcher::Predicate::Size => "requested PV is too small",
            matcher::Predicate::Class => "storageClassName does not match",
            matcher::Predicate::AttributesClass => "volumeAttributesClassName does not match",
            matcher::Predicate::VolumeMode => "incompatible volumeMode",
            matcher::Predicate::AccessModes => "incompatible accessMode",
            other => panic!("{other:?} is not looked at"),
        }))
    };
    let theirs = |answer: &Value| match answer["error"].as_str() {
        Some(error) if error.contains("marked for deletion") => json!("marked for deletion"),
        Some(error) => json!(error),
        None => Value::Null,
    };
    compare("claimSatisfiedByVolume", &questions, ours, theirs);
}

#[test]
fn quantities_are_those_of_kubernetes() {
    let mut dice = Dice(4);
    let text = |dice: &mut Dice| {
        let digits = |dice: &mut Dice, most: u64| (0..dice.roll(most)).map(|_| char::from(b'0' + dice.roll(10) as u8)).collect::<String>();
        let suffixes =
            ["", "", "m", "n", "u", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E-2", "e+5", "x", "gi"];
        let sign = *dice.one(&["", "", "", "-", "+"]);
        let whole = digits(dice, 22);
        let fraction = if dice.chance(3) { format!(".{}", digits(dice, 12)) } else { String::new() };
        format!("{sign}{whole}{fraction}{}", dice.one(&suffixes))
    };
    let questions: Vec<Value> = (0..cases() / 2).map(|_| json!({"a": text(&mut dice), "b": text(&mut dice)})).collect();
    let Some(answers) = ask("quantityCompare", &questions) else { return };
    let mut compared = 0;
    for (question, answer) in questions.iter().zip(&answers) {
        let answer = &answer["answer"];
        let mut both = Vec::new();
        for side in ["a", "b"] {
            let written = question[side].as_str().expect("text");
            let ours = Quantity::parse(written);
            assert_eq!(ours.is_some(), answer[side]["error"].is_null(), "{written:?}: {answer}");
            // Negative ones of many digits are rounded to numbers of no meaning there; no size is negative.
            let meant = ours.as_ref().filter(|ours| **ours >= Quantity::default());
            if let Some(ours) = meant {
                assert_eq!(json!(ours.value()), answer[side]["value"], "Value() of {written:?}: {answer}");
            }
            both.extend(ours);
        }
        if let [a, b] = both.as_slice() {
            let order = a.cmp(b) as i64;
            assert_eq!(json!(order), answer["compare"], "{question}: {answer}");
            compared += 1;
        }
    }
    eprintln!("quantityCompare: {compared} the same");
    assert!(compared * 3 > questions.len());
}
