//! Random pods with all sorts of resources, for questions to the oracle.

use serde::Deserialize;

use super::client::Dice;

/// A line of the oracle.
#[derive(Deserialize)]
pub struct Reply<T> {
    answer: Option<T>,
    refused: Option<String>,
}

impl<T> Reply<T> {
    pub fn answer(self, question: &str) -> T {
        self.answer.unwrap_or_else(|| panic!("refused: {:?}\n{question}", self.refused))
    }
}

pub const NAMES: [&str; 6] = ["cpu", "memory", "ephemeral-storage", "hugepages-2Mi", "hugepages-1Gi", "example.com/gpu"];

/// Amounts that meet each other: equal ones, zeros, and some that are rounded.
pub fn amount(dice: &mut Dice, resource: &str) -> &'static str {
    let amounts: &[&'static str] = match resource {
        "cpu" => &["0", "1", "1", "1000m", "2", "500m", "0.5", "100m", "1.5", "0.0001", "1500u", "3"],
        "example.com/gpu" => &["0", "1", "2"],
        _ => &["0", "1Gi", "1Gi", "1024Mi", "2Gi", "512Mi", "1G", "1.5Gi", "64Mi", "100", "512m", "1Pi", "1e9"],
    };
    dice.one::<&str>(amounts)
}

pub fn list(dice: &mut Dice, names: &[&str]) -> String {
    let chosen: Vec<&&str> =
        names.iter().filter(|name| if matches!(**name, "cpu" | "memory") { dice.roll(3) > 0 } else { dice.chance(8) }).collect();
    let entries: Vec<String> = chosen.into_iter().map(|name| format!(r#""{name}":"{}""#, amount(dice, name))).collect();
    format!("{{{}}}", entries.join(","))
}

/// An object of such lists; an API server writes no empty ones.
fn lists(dice: &mut Dice, fields: &[&str]) -> String {
    let lists = fields.iter().map(|field| (field, list(dice, &NAMES))).filter(|(_, list)| list != "{}");
    format!("{{{}}}", lists.map(|(field, list)| format!(r#""{field}":{list}"#)).collect::<Vec<_>>().join(","))
}

/// Requests and limits; sometimes nothing, the same, or zeros.
pub fn requirements(dice: &mut Dice) -> String {
    match dice.roll(8) {
        0 => "{}".to_owned(),
        1 => lists(dice, &["limits"]),
        2 => lists(dice, &["requests"]),
        3..6 => {
            let (cpu, memory) = (amount(dice, "cpu"), amount(dice, "memory"));
            let same = format!(r#"{{"cpu":"{cpu}","memory":"{memory}"}}"#);
            format!(r#"{{"requests":{same},"limits":{same}}}"#)
        }
        _ => lists(dice, &["requests", "limits"]),
    }
}

/// What a status says of resources, if anything.
fn status(dice: &mut Dice, name: &str) -> String {
    let resources = if dice.chance(3) { String::new() } else { format!(r#","resources":{}"#, requirements(dice)) };
    let allocated = if dice.chance(2) { String::new() } else { format!(r#","allocatedResources":{}"#, list(dice, &NAMES)) };
    format!(r#"{{"name":"{name}"{resources}{allocated}}}"#)
}

pub fn pod(dice: &mut Dice, name: &str, resources: impl Fn(&mut Dice) -> String) -> String {
    // Pods whose containers are all alike are those that are Guaranteed.
    let alike = dice.chance(3).then(|| resources(dice));
    let container = |dice: &mut Dice, name: String, policy: &str| {
        let resources = alike.clone().unwrap_or_else(|| resources(dice));
        format!(
            r#"{{"name":"{name}","image":"i","imagePullPolicy":"Always","terminationMessagePolicy":"File"{policy},"resources":{resources}}}"#
        )
    };
    let count = dice.roll(3) as usize;
    let init: Vec<String> = (0..count)
        .map(|n| {
            let policy = if dice.chance(2) { r#","restartPolicy":"Always""# } else { "" };
            container(dice, format!("i{n}"), policy)
        })
        .collect();
    let main = 1 + dice.roll(3) as usize;
    let containers: Vec<String> = (0..main).map(|n| container(dice, format!("c{n}"), "")).collect();
    let mut spec = format!(r#""initContainers":[{}],"containers":[{}]"#, init.join(","), containers.join(","));
    if dice.chance(4) {
        let level = if dice.chance(6) { "{}".to_owned() } else { resources(dice) };
        spec += &format!(r#","resources":{level}"#);
    }
    if dice.chance(4) {
        spec += &format!(r#","overhead":{}"#, list(dice, &NAMES[..3]));
    }
    if dice.chance(4) {
        spec += &format!(r#","priority":{}"#, dice.one(&["0", "-5", "1000", "1999999999", "2000000000", "2000001000"]));
    }
    if dice.chance(6) {
        spec += &format!(r#","priorityClassName":"{}""#, dice.one(&["system-node-critical", "system-cluster-critical", "high"]));
    }
    let mut state = Vec::new();
    if dice.chance(2) {
        let of = |dice: &mut Dice, prefix: &str, count: usize| {
            (0..count).map(|n| status(dice, &format!("{prefix}{n}"))).collect::<Vec<_>>().join(",")
        };
        state.push(format!(r#""containerStatuses":[{}]"#, of(dice, "c", main)));
        state.push(format!(r#""initContainerStatuses":[{}]"#, of(dice, "i", count)));
    }
    if dice.chance(4) {
        state.push(format!(r#""resources":{},"allocatedResources":{}"#, requirements(dice), list(dice, &NAMES)));
    }
    if dice.chance(4) {
        let (reason, kind) =
            (dice.one(&["Infeasible", "Deferred"]), dice.one(&["PodResizePending", "PodResizePending", "PodResizeInProgress"]));
        state.push(format!(r#""conditions":[{{"type":"{kind}","status":"True","reason":"{reason}"}}]"#));
    }
    let notes = match dice.roll(12) {
        0 => r#","annotations":{"kubernetes.io/config.mirror":"x"}"#,
        1 => r#","annotations":{"kubernetes.io/config.source":"file"}"#,
        2 => r#","annotations":{"kubernetes.io/config.source":"api"}"#,
        _ => "",
    };
    let (uid, state) = (name, state.join(","));
    format!(
        r#"{{"metadata":{{"namespace":"n","name":"{name}","uid":"{uid}","resourceVersion":"1"{notes}}},"spec":{{{spec}}},"status":{{{state}}}}}"#
    )
}
