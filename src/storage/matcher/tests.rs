//! One table for each rule of the search.

use serde_json::{Value, json};

use super::*;

fn claim(spec: Value) -> PersistentVolumeClaim {
    let mut spec = spec;
    spec["resources"] = json!({"requests": {"storage": spec.get("size").cloned().unwrap_or(json!("5Gi"))}});
    serde_json::from_value(json!({"metadata": {"namespace": "ns", "name": "claim", "uid": "u1"}, "spec": spec})).expect("a claim")
}

/// `change`: merged into a volume of 5Gi that fits.
fn volume(name: &str, change: Value) -> PersistentVolume {
    fn merge(into: &mut Value, from: Value) {
        match (into, from) {
            (Value::Object(into), Value::Object(from)) => {
                from.into_iter().for_each(|(k, v)| merge(into.entry(k).or_insert(Value::Null), v))
            }
            (into, from) => *into = from,
        }
    }
    let mut value = json!({
        "metadata": {"name": name},
        "spec": {"capacity": {"storage": "5Gi"}, "accessModes": ["ReadWriteOnce"]},
        "status": {"phase": "Available"},
    });
    merge(&mut value, change);
    serde_json::from_value(value).expect("a volume")
}

fn found(claim: &PersistentVolumeClaim, volumes: &[PersistentVolume]) -> Option<String> {
    find_matching_volume(claim, claim.class(), volumes, None, &[], false).map(|v| v.metadata.name.clone())
}

fn one(claim_spec: Value, change: Value) -> bool {
    found(&claim(claim_spec), &[volume("pv", change)]).is_some()
}

#[test]
fn the_smallest_that_is_large_enough_wins_and_the_first_of_equals() {
    let sizes = |sizes: &[&str]| -> Vec<PersistentVolume> {
        sizes.iter().enumerate().map(|(n, s)| volume(&format!("pv{n}"), json!({"spec": {"capacity": {"storage": s}}}))).collect()
    };
    let claim = claim(json!({}));
    assert_eq!(found(&claim, &sizes(&["10Gi", "6Gi", "6Gi", "4Gi"])), Some("pv1".into()));
    assert_eq!(found(&claim, &sizes(&["4Gi", "5119Mi"])), None);
    assert_eq!(found(&claim, &sizes(&["5368709120"])), Some("pv0".into()));
}

#[test]
fn sizes_are_compared_beyond_64_bits() {
    assert!(one(json!({"size": "950E"}), json!({"spec": {"capacity": {"storage": "950E"}}})));
    assert!(!one(json!({"size": "950E"}), json!({"spec": {"capacity": {"storage": "800E"}}})));
}

#[test]
fn no_capacity_is_zero_and_no_request_is_zero() {
    let nothing = json!({"spec": {"capacity": null}});
    assert!(!one(json!({}), nothing.clone()));
    assert!(one(json!({"size": "0"}), nothing));
}

#[test]
fn no_volume_mode_is_filesystem() {
    assert!(one(json!({"volumeMode": "Filesystem"}), json!({})));
    assert!(!one(json!({"volumeMode": "Block"}), json!({})));
    assert!(!one(json!({}), json!({"spec": {"volumeMode": "Block"}})));
}

#[test]
fn attributes_classes_must_be_equal_and_none_is_the_empty_one() {
    assert!(one(json!({"volumeAttributesClassName": ""}), json!({})));
    assert!(!one(json!({"volumeAttributesClassName": "gold"}), json!({})));
    assert!(one(json!({"volumeAttributesClassName": "gold"}), json!({"spec": {"volumeAttributesClassName": "gold"}})));
}

#[test]
fn only_available_volumes_that_nobody_claims() {
    for phase in ["Pending", "", "Bound", "Released", "Failed"] {
        assert!(!one(json!({}), json!({"status": {"phase": phase}})), "{phase}");
    }
    assert!(!one(json!({}), json!({"spec": {"claimRef": {"namespace": "ns", "name": "other"}}})));
    assert!(!one(json!({}), json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})));
}

#[test]
fn the_annotation_of_the_class_is_stronger_than_the_field_even_if_empty() {
    let beta = |class: &str| json!({"metadata": {"annotations": {"volume.beta.kubernetes.io/storage-class": class}}});
    assert!(one(json!({"storageClassName": "fast"}), beta("fast")));
    assert!(!one(json!({}), beta("fast")));
    let mut emptied = beta("");
    emptied["spec"] = json!({"storageClassName": "fast"});
    assert!(one(json!({}), emptied));
}

#[test]
fn a_selector_must_select_and_an_empty_one_does() {
    let labelled = json!({"metadata": {"labels": {"tier": "gold"}}});
    assert!(one(json!({"selector": {"matchLabels": {"tier": "gold"}}}), labelled.clone()));
    assert!(!one(json!({"selector": {"matchLabels": {"tier": "tin"}}}), labelled.clone()));
    assert!(one(json!({"selector": {}}), json!({})));
    let unreadable = json!({"selector": {"matchExpressions": [{"key": "tier", "operator": "Is", "values": ["gold"]}]}});
    assert!(!one(unreadable, labelled));
}

#[test]
fn access_modes_are_looked_at_only_for_a_node() {
    let (claim, volume) = (claim(json!({"accessModes": ["ReadWriteMany"]})), volume("pv", json!({})));
    let for_node = |node| find_matching_volume(&claim, "", [&volume], node, &[], false).is_some();
    assert!(for_node(None));
    assert!(!for_node(Some(&Labels::default())));
}

#[test]
fn node_affinity_is_looked_at_only_for_a_node() {
    let affinity = json!({"spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}]}}}});
    let (claim, volume) = (claim(json!({})), volume("pv", affinity));
    let in_zone = |zone: &str| Labels::from_iter([("zone", zone)]);
    assert!(find_matching_volume(&claim, "", [&volume], None, &[], false).is_some());
    assert!(find_matching_volume(&claim, "", [&volume], Some(&in_zone("a")), &[], true).is_some());
    assert!(find_matching_volume(&claim, "", [&volume], Some(&in_zone("b")), &[], true).is_none());
}

#[test]
fn a_reserved_volume_wins_without_class_selector_phase_or_a_pod() {
    let claim = claim(json!({"storageClassName": "fast", "selector": {"matchLabels": {"a": "b"}}}));
    let reserved = json!({"spec": {"capacity": {"storage": "50Gi"}, "claimRef": {"namespace": "ns", "name": "claim"}}, "status": {"phase": "Released"}});
    let fitting = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"storageClassName": "fast"}});
    let volumes = [volume("pv0", fitting), volume("pv1", reserved)];
    assert_eq!(found(&claim, &volumes), Some("pv1".into()));
    assert_eq!(find_matching_volume(&claim, "fast", &volumes, None, &[], true).map(|v| v.metadata.name.as_str()), Some("pv1"));
}

#[test]
fn a_reserved_volume_that_is_too_small_is_passed_over() {
    let small = json!({"spec": {"capacity": {"storage": "1Gi"}, "claimRef": {"namespace": "ns", "name": "claim"}}});
    assert_eq!(found(&claim(json!({})), &[volume("pv0", small), volume("pv1", json!({}))]), Some("pv1".into()));
}

#[test]
fn a_reserved_volume_on_the_wrong_node_ends_the_search() {
    let elsewhere = json!({"spec": {"claimRef": {"namespace": "ns", "name": "claim"}, "nodeAffinity": {"required": {}}}});
    let volumes = [volume("pv0", elsewhere), volume("pv1", json!({}))];
    assert!(find_matching_volume(&claim(json!({})), "", &volumes, Some(&Labels::default()), &[], true).is_none());
}

#[test]
fn a_volume_of_an_earlier_claim_of_the_name_is_not_reserved() {
    let before = json!({"spec": {"claimRef": {"namespace": "ns", "name": "claim", "uid": "u0"}}});
    assert!(!one(json!({}), before));
    assert!(one(json!({}), json!({"spec": {"claimRef": {"namespace": "ns", "name": "claim", "uid": "u1"}}})));
}

#[test]
fn waiting_claims_are_left_to_the_scheduler() {
    let (claim, volume) = (claim(json!({})), volume("pv", json!({})));
    assert!(find_matching_volume(&claim, "", [&volume], None, &[], true).is_none());
    assert!(find_matching_volume(&claim, "", [&volume], Some(&Labels::default()), &[], true).is_some());
    assert!(find_matching_volume(&claim, "", [&volume], Some(&Labels::default()), &["pv"], true).is_none());
}

#[test]
fn failures_name_every_predicate_and_agree_with_the_search() {
    let all_wrong = json!({
        "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"capacity": {"storage": "1Gi"}, "accessModes": [], "storageClassName": "x", "volumeMode": "Block",
            "volumeAttributesClassName": "v", "claimRef": {"namespace": "a", "name": "b"}, "nodeAffinity": {"required": {}}},
        "status": {"phase": "Released"},
    });
    let claim = claim(json!({"accessModes": ["ReadWriteOnce"], "selector": {"matchLabels": {"a": "b"}}}));
    let failed = failures(&claim, "", &volume("pv", all_wrong), Some(&[&Node::default()]));
    assert_eq!(failed.iter().collect::<Vec<_>>(), Predicate::ALL);
    assert_eq!(failed.count(), 10);
    let claim = self::claim(json!({"accessModes": ["ReadWriteOnce"]}));
    assert!(failures(&claim, "", &volume("pv", json!({})), None).is_empty());
}
