//! The class of a claim, whether it waits for a pod, and which of several default classes counts.

use netstore::inventory::{Collected, Coverage, Inventory, Origin};
use netstore::objects::{Objects, PersistentVolumeClaim, Resource};
use netstore::storage::facts::{ClassOrigin, Facts};
use serde_json::{Value, json};

use super::draw::{Dice, claim};
use super::{ask, cases, read};

fn class(dice: &mut Dice, name: &str) -> Value {
    let mut annotations = json!({});
    for key in ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"] {
        if dice.chance(2) {
            annotations[key] = json!(dice.one(&["true", "true", "false", "", "True"]));
        }
    }
    let created = dice.one(&["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-02T00:00:01Z"]);
    let mode = dice.one(&["Immediate", "WaitForFirstConsumer"]);
    let metadata = json!({"name": name, "annotations": annotations, "creationTimestamp": created});
    json!({"metadata": metadata, "provisioner": "x.example.com", "volumeBindingMode": mode})
}

fn classes(dice: &mut Dice) -> Vec<Value> {
    let mut classes = Vec::new();
    for name in ["fast", "hand", "a", "b"] {
        if dice.chance(2) {
            classes.push(class(dice, name));
        }
    }
    classes
}

fn inventory(claims: Vec<PersistentVolumeClaim>, classes: &Value) -> Inventory {
    let objects = Objects { claims, storage_classes: read(classes), ..Objects::default() };
    Inventory::build(Collected { objects, coverage: Coverage::complete(&Resource::ALL), origin: Origin::Snapshot, ..Collected::default() })
}

#[test]
fn the_class_of_a_claim_is_that_of_kubernetes() {
    let mut dice = Dice(6);
    let questions: Vec<Value> =
        (0..cases() / 4).map(|_| json!({"claim": claim(&mut dice, "one"), "classes": classes(&mut dice)})).collect();
    let Some(answers) = ask("claimClass", &questions) else { return };
    let mut waiting = 0;
    for (question, answer) in questions.iter().zip(&answers) {
        let theirs = &answer["answer"];
        assert!(theirs["error"].is_null(), "{answer}\n{question}");
        let inventory = inventory(vec![read(&question["claim"])], &question["classes"]);
        let claim = &inventory.objects.claims[0];
        let class = Facts::new(&inventory).class_of(claim);
        assert_eq!((json!(claim.has_class()), json!(claim.class())), (theirs["hasClass"].clone(), theirs["class"].clone()), "{question}");
        // The default class is given to it before anybody asks whether it waits.
        if !matches!(class.origin, ClassOrigin::Default) {
            assert_eq!(json!(class.waits()), theirs["delayBinding"], "{question}");
            waiting += usize::from(class.waits());
        }
    }
    assert!(waiting * 20 > questions.len(), "{waiting}");
}

#[test]
fn the_default_class_is_that_of_kubernetes() {
    let mut dice = Dice(7);
    let questions: Vec<Value> = (0..cases() / 4).map(|_| json!({"classes": classes(&mut dice)})).collect();
    let Some(answers) = ask("defaultClass", &questions) else { return };
    let mut several = 0;
    for (question, answer) in questions.iter().zip(&answers) {
        let inventory = inventory(vec![PersistentVolumeClaim::default()], &question["classes"]);
        let class = Facts::new(&inventory).class_of(&inventory.objects.claims[0]);
        let ours = matches!(class.origin, ClassOrigin::Default).then_some(class.name);
        assert_eq!(json!(ours), answer["answer"]["class"], "{question}");
        several += usize::from(inventory.objects.storage_classes.iter().filter(|class| class.is_default()).count() > 1);
    }
    assert!(several * 10 > questions.len(), "{several}");
}
