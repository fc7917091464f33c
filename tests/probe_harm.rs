//! A pod that is created for a probe and stands for another one: policies do not tell them apart, and it harms nobody.
//!
//! On generated clusters two opinions on policies, and little controllers that share nothing with netstore, see what comes of it. The
//! tables have the rules one by one; what is created is asked of Kubernetes' own Pod Security.

mod both;
mod generators;
mod naive;

#[path = "oracle/client.rs"]
mod client;
#[path = "probe_harm/controllers.rs"]
mod controllers;
#[path = "probe_harm/images.rs"]
mod images;
#[path = "probe_harm/manifests.rs"]
mod manifests;
#[path = "probe_harm/refusals.rs"]
mod refusals;
#[path = "probe_harm/rules.rs"]
mod rules;
#[path = "engine_agrees/settings.rs"]
mod settings;
#[path = "probe_harm/worlds.rs"]
mod worlds;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;

use netstore::inventory::Origin;
use netstore::objects::{Labels, Protocol, Resource};
use netstore::probe::harm::{Clone as Probe, Refusal};
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use self::both::Cluster;
use self::client::Dice;
use self::controllers::deeds;
use self::generators::{ADDRESSES, Case};
use self::naive::End;
use self::worlds::{World, worlds};

/// How often each thing happened.
#[derive(Default)]
struct Seen(BTreeMap<&'static str, usize>);

impl Seen {
    fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    fn of(&self, what: &str) -> usize {
        self.0.get(what).copied().unwrap_or_default()
    }
}

fn word(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::HostNetwork(_) => "host network",
        Refusal::Unread { .. } => "unread",
        Refusal::Adopted(_) => "adopted",
        Refusal::Published(_) => "published",
        Refusal::OwnLabel(_) => "own label",
        Refusal::Unreadable(_) => "unreadable",
        Refusal::OtherAddress(_) => "other address",
    }
}

#[test]
fn a_probe_pod_is_to_policies_what_the_pod_is_and_harms_nobody() {
    let seen = RefCell::new(Seen::default());
    settings::on_generated(&worlds(), "harmless", file!(), 11, 1_500, |world| harmless(world, &mut seen.borrow_mut()));
    let seen = seen.into_inner();
    println!("{:?}", seen.0);
    // Where nothing was at stake, nothing was shown.
    assert!(seen.of("probe pods") >= 1_500, "{:?}", seen.0);
    assert!(seen.of("with fewer labels") >= 1_000, "{:?}", seen.0);
    assert!(seen.of("decided by labels") >= 150, "{:?}", seen.0);
    assert!(seen.of("careless harm") >= 500, "{:?}", seen.0);
    for refusal in ["host network", "unread", "adopted", "published", "other address", "unreadable"] {
        assert!(seen.of(refusal) >= 10, "{refusal}: {:?}", seen.0);
    }
}

/// Tries to create a probe pod for each pod of the cluster.
fn harmless(world: &World, seen: &mut Seen) -> Result<(), TestCaseError> {
    let cluster = cluster(world.case.objects.clone(), world);
    let both = cluster.both();
    let mut dice = Dice(world.seed ^ 1);
    for (at, info) in cluster.inventory.pods.iter().enumerate().take(4) {
        let meta = &info.pod.metadata;
        let is_it = |object: &Value| object["metadata"]["name"] == *meta.name && object["metadata"]["namespace"] == *meta.namespace;
        let pods = || world.case.objects.iter().filter(|(r, _)| *r == Resource::Pods).map(|(_, pod)| pod);
        let like = pods().find(|pod| is_it(pod)).expect("it is of the world");
        let clone = match Probe::of(&both.model, at) {
            Err(refusal) => {
                seen.count(word(&refusal));
                continue;
            }
            Ok(clone) => clone,
        };
        seen.count("probe pods");
        if !clone.dropped.is_empty() {
            seen.count("with fewer labels");
        }
        no_policy_tells(world, like, &clone, &mut dice, seen)?;
        nobody_is_harmed(world, like, &clone, seen)?;
    }
    Ok(())
}

/// The cluster of the world with these objects.
fn cluster(objects: Vec<(Resource, Value)>, world: &World) -> Cluster {
    let case = Case { objects, ..world.case.clone() };
    Cluster::partly_read(Origin::Live, case.decode(), case.coverage())
}

/// The pod itself again, the pod with the labels of the probe, and the same at another address that its node may give: both opinions
/// say the same of all three, to and from everybody.
fn no_policy_tells(world: &World, like: &Value, clone: &Probe<'_>, dice: &mut Dice, seen: &mut Seen) -> Result<(), TestCaseError> {
    let labels = |labels: &Labels| json!(labels.iter().collect::<BTreeMap<_, _>>());
    let twin = |name: &str, labels: Value| {
        let mut twin = like.clone();
        twin["metadata"]["name"] = json!(name);
        twin["metadata"]["labels"] = labels;
        twin
    };
    let full = twin("full", like["metadata"]["labels"].clone());
    let bare = twin("bare", json!({}));
    let few = twin("few", labels(&clone.labels));
    let mut moved = twin("moved", labels(&clone.labels));
    move_elsewhere(&mut moved, world, dice);
    let mut objects = world.case.objects.clone();
    objects.extend([full, bare, few, moved].map(|pod| (Resource::Pods, pod)));
    let cluster = cluster(objects, world);
    let both = cluster.both();
    let count = cluster.world.objects.pods.len();
    let [full, bare, few, moved] = [4, 3, 2, 1].map(|back| End::Pod(count - back));
    let others = (0..count - 4).map(End::Pod).chain(ADDRESSES.iter().map(|ip| End::Address(ip.parse().expect("an address"))));
    let mut by_labels = false;
    for other in others {
        for _ in 0..2 {
            let (protocol, port) = (*dice.one(&[Protocol::Tcp, Protocol::Tcp, Protocol::Udp, Protocol::Sctp]), 80 + dice.roll(5) as u16);
            let opinions = |from, to| (both.naive(from, to, protocol, port), both.engine(from, to, protocol, port));
            let expected = opinions(full, other);
            for end in [few, moved] {
                if opinions(end, other) != expected {
                    let labels = &clone.labels;
                    let said = opinions(end, other);
                    return Err(TestCaseError::fail(format!(
                        "{end:?} {labels:?} -> {other:?} {port}/{protocol}: {said:?}, not {expected:?}"
                    )));
                }
            }
            if opinions(other, few) != opinions(other, full) {
                return Err(TestCaseError::fail(format!("{other:?} -> {:?} {port}/{protocol}", clone.labels)));
            }
            by_labels |= opinions(bare, other) != expected;
        }
    }
    if by_labels {
        seen.count("decided by labels");
    }
    Ok(())
}

/// Gives the pod other addresses of the ranges that its node has, if the node says so.
fn move_elsewhere(pod: &mut Value, world: &World, dice: &mut Dice) {
    let node = world.case.objects.iter().find(|(r, node)| *r == Resource::Nodes && node["metadata"]["name"] == pod["spec"]["nodeName"]);
    let ranges: Vec<ipnet::IpNet> = node
        .and_then(|(_, node)| node["spec"]["podCIDRs"].as_array())
        .into_iter()
        .flatten()
        .map(|range| range.as_str().and_then(|text| text.parse().ok()).expect("a range"))
        .collect();
    let mut elsewhere = |address: &Value| -> Value {
        let Some(own) = address.as_str().map(|text| text.parse::<IpAddr>().expect("an address")) else { return address.clone() };
        let Some(range) = ranges.iter().find(|range| range.contains(&own)) else { return address.clone() };
        loop {
            let other: IpAddr = match range.network() {
                IpAddr::V4(first) => (first.to_bits() + dice.roll(1 << (32 - range.prefix_len())) as u32).to_be_bytes().into(),
                IpAddr::V6(first) => (first.to_bits() + u128::from(dice.roll(1 << (128 - range.prefix_len())))).to_be_bytes().into(),
            };
            // These are nobody's.
            if !ADDRESSES.iter().any(|nobody| nobody.parse() == Ok(other)) {
                return json!(other);
            }
        }
    };
    let primary = elsewhere(&pod["status"]["podIP"]);
    if let Some(all) = pod["status"]["podIPs"].as_array_mut() {
        for (at, entry) in all.iter_mut().enumerate() {
            entry["ip"] = if at == 0 { primary.clone() } else { elsewhere(&entry["ip"]) };
        }
    }
    pod["status"]["podIP"] = primary;
}

/// The controllers do with the probe pod what they did without it. One with all labels, ready and owned by a Job would often be trouble.
fn nobody_is_harmed(world: &World, like: &Value, clone: &Probe<'_>, seen: &mut Seen) -> Result<(), TestCaseError> {
    let before = deeds(&world.case.objects);
    let with = |pod: Value| {
        let mut objects = world.case.objects.clone();
        objects.push((Resource::Pods, pod));
        deeds(&objects)
    };
    let mut probe = serde_json::to_value(manifests::probe_pod(clone)).expect("JSON");
    probe["spec"]["nodeName"] = like["spec"]["nodeName"].clone();
    // Everything goes as well as it can, but for what the kubelet will not say.
    let running = json!({"phase": "Running", "podIP": "10.0.3.250", "conditions": [{"type": "ContainersReady", "status": "True"}]});
    probe["status"] = running.clone();
    let after = with(probe);
    if after != before {
        let difference: Vec<&String> = after.symmetric_difference(&before).collect();
        return Err(TestCaseError::fail(format!("{:?}: {difference:?}", clone.labels)));
    }
    let mut careless = like.clone();
    careless["metadata"]["name"] = json!("careless");
    careless["metadata"]["ownerReferences"] = Value::Null;
    careless["status"] = running.clone();
    let mut owned = careless.clone();
    owned["metadata"]["ownerReferences"] = json!([{"kind": "Job", "name": "probe", "uid": "job", "controller": true}]);
    for pod in [careless, owned] {
        if with(pod) != before {
            seen.count("careless harm");
        }
    }
    Ok(())
}
