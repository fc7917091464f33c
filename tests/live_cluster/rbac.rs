//! What `rbac` prints is enough: bound to somebody who may do nothing else, each question is answered as the admin's is.

use std::io::Write;
use std::process::Stdio;

use super::cluster::{Cluster, Run, settled, shop};

/// Each command, and questions that make it read all it can here.
const QUESTIONS: [(&[&str], &[&[&str]]); 13] = [
    (&["who-can-reach"], &[&["who-can-reach", "svc/payments", "-n", "shop"]]),
    (&["reachable-from"], &[&["reachable-from", "deploy/web", "-n", "shop"]]),
    (&["can-reach"], &[&["can-reach", "deploy/web", "svc/payments:443", "-n", "shop"]]),
    (&["effective-policy"], &[&["effective-policy", "deploy/web", "-n", "shop"]]),
    (&["matrix"], &[&["matrix", "-A"]]),
    (&["pvc-why-pending"], &[&["pvc-why-pending", "-A"]]),
    (&["volumes"], &[&["volumes", "-A"], &["volumes", "deploy/web", "-n", "shop"]]),
    (&["storage"], &[&["storage"]]),
    (&["qos"], &[&["qos", "-A"], &["qos", "namespace/shop"], &["qos", "deploy/web", "-n", "shop"]]),
    (&["dns"], &[&["dns", "deploy/web", "payments", "-n", "shop"]]),
    (&["dns", "records"], &[&["dns", "records", "svc/payments", "-n", "shop"]]),
    (&["dns", "doctor"], &[&["dns", "doctor", "-A"]]),
    (&["snapshot"], &[]),
];

pub fn apply(cluster: &Cluster, objects: &str) {
    let mut kubectl = cluster.kubectl();
    let mut child = kubectl.args(["apply", "-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("kubectl");
    child.stdin.take().expect("a pipe").write_all(objects.as_bytes()).expect("objects are read");
    assert!(child.wait().expect("an end").success(), "{objects}");
}

/// Gives somebody all that is printed, with the commands that are printed above it.
pub fn grant(cluster: &Cluster, printed: &str, who: &str) {
    apply(cluster, printed);
    for line in printed.lines().filter_map(|line| line.strip_prefix("# ").filter(|line| line.starts_with("kubectl "))) {
        cluster.paste(&line.replace("WHO", who)).ok();
    }
}

#[test]
fn the_rights_that_are_printed_are_enough() {
    let Some(cluster) = shop() else { return };
    for (command, questions) in QUESTIONS {
        let who = format!("somebody-{}", command.join("-"));
        grant(cluster, &cluster.ask(&[&["rbac"], command].concat()).ok(), &who);
        for question in questions {
            let admin = cluster.ask(question);
            let other = cluster.ask(&[question, &["--as", &who][..]].concat());
            assert_eq!(settled(&other.block()), settled(&admin.block()), "{question:?}");
            assert!(!other.block().contains("Forbidden"), "{}", other.block());
        }
    }
    grant(cluster, &cluster.ask(&["rbac", "dns", "verify"]).ok(), "somebody-verifies");
    let may = |namespace: &str| {
        let mut kubectl = cluster.kubectl();
        let words = ["auth", "can-i", "create", "pods", "--subresource=portforward", "--as=somebody-verifies", "-n", namespace];
        Run::of(&kubectl.args(words).output().expect("kubectl")).stdout
    };
    assert_eq!([may("kube-system"), may("shop")], ["yes\n", "no\n"]);
}

#[test]
fn without_them_a_question_is_not_answered() {
    let Some(cluster) = shop() else { return };
    let run = cluster.ask(&["matrix", "-A", "--as", "nobody"]);
    assert!(run.code == Some(1) && run.stderr.contains("Forbidden"), "{}", run.block());
}

#[test]
fn rights_in_one_namespace_answer_there() {
    let Some(cluster) = shop() else { return };
    grant(cluster, &cluster.ask(&["rbac", "qos", "-n", "shop"]).ok(), "somebody-in-shop");
    let ask = |who: &[&str]| cluster.ask(&[&["qos", "deploy/web", "-n", "shop", "-o", "name"], who].concat());
    assert_eq!(ask(&["--as", "somebody-in-shop"]).stdout, ask(&[]).stdout);
}
