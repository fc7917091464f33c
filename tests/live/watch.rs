//! `--watch` seen from outside: what follows the answer, whatever the server does, and how it ends.

use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use netstore::objects::Resource;
use serde_json::{Value, json};

use super::following::{Follower, timeless, wait};
use super::home::Home;
use super::world::{Mood, World};

/// What is said beside every answer about this world.
const NOTE: &str = "Note: no network plugin was recognised: whether policies are enforced cannot be told (NP-051)\n";
/// As long as is waited for what must not come.
const QUIET: Duration = Duration::from_secs(3);

/// A command that stays, in a home whose kubeconfig names the server of a world.
struct Run {
    follower: Follower,
    _home: Home,
}

impl Run {
    fn start(world: &World, args: &[&str]) -> Self {
        let home = home(world);
        Self { follower: Follower::start(&mut home.command(args)), _home: home }
    }

    /// What was written in all, without what is said beside every answer, and how Ctrl-C ended it.
    #[track_caller]
    fn interrupt(self) -> (String, String, Option<i32>) {
        let (stdout, stderr, code) = self.follower.interrupt();
        (timeless(&stdout), timeless(&stderr.replacen(NOTE, "", 1)), code)
    }
}

impl Deref for Run {
    type Target = Follower;
    fn deref(&self) -> &Follower {
        &self.follower
    }
}

fn home(world: &World) -> Home {
    Home::new(&format!(
        "current-context: c\ncontexts: [{{name: c, context: {{cluster: c, namespace: shop}}}}]\n\
         clusters: [{{name: c, cluster: {{server: '{}'}}}}]\n",
        world.server.url
    ))
}

fn pod(name: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "shop", "labels": {"app": name}},
        "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]},
        "status": {"phase": "Running", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}]},
    })
}

/// Lets these pods connect to `db`.
fn policy(allowed: &[&str]) -> Value {
    let from: Vec<Value> = allowed.iter().map(|app| json!({"podSelector": {"matchLabels": {"app": app}}})).collect();
    let ingress = json!([{"from": from, "ports": [{"port": 5432}]}]);
    json!({
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"podSelector": {"matchLabels": {"app": "db"}}, "policyTypes": ["Ingress"], "ingress": ingress},
    })
}

/// A database that `web` may use, and that others would like to.
fn shop() -> World {
    let world = World::new();
    world.put(Resource::Namespaces, json!({"metadata": {"name": "shop"}}));
    world.put(Resource::Nodes, json!({"metadata": {"name": "n"}}));
    for name in ["db", "web", "api"] {
        world.put(Resource::Pods, pod(name));
    }
    world.put(Resource::NetworkPolicies, policy(&["web"]));
    world
}

fn allow(world: &World, allowed: &[&str]) {
    world.put(Resource::NetworkPolicies, policy(allowed));
}

const ASK: [&str; 3] = ["who-can-reach", "db", "-w"];

/// Waits until every list has its watch.
#[track_caller]
fn watched(world: &World) {
    wait(|| world.asked(Resource::CronJobs).1 > 0 && world.asked(Resource::NetworkPolicies).1 > 0, || "watches".to_owned());
}

#[test]
fn rows_that_change_and_vanish_follow_the_answer_and_ctrl_c_ends_it_well() {
    let world = shop();
    let run = Run::start(&world, &ASK);
    run.until("Everyone else", 1);
    allow(&world, &["web", "api"]);
    run.until("new ", 1);
    allow(&world, &["api"]);
    run.until("gone ", 1);
    world.remove(Resource::NetworkPolicies, &policy(&[]));
    run.until("Everyone else", 2);
    let (stdout, stderr, code) = run.interrupt();
    insta::assert_snapshot!("watch", &stdout);
    assert_eq!((stderr.as_str(), code), ("", Some(0)));
}

#[test]
fn the_cause_of_a_claim_follows_whole_and_so_does_its_end() {
    let world = World::new();
    let claim = |class: &str, phase: &str, volume: &str| {
        let modes = json!(["ReadWriteOnce"]);
        let annotations = if phase == "Bound" { json!({"pv.kubernetes.io/bind-completed": "yes"}) } else { json!({}) };
        json!({
            "metadata": {"name": "data", "namespace": "shop", "uid": "u", "annotations": annotations},
            "spec": {"storageClassName": class, "accessModes": modes, "resources": {"requests": {"storage": "1Gi"}}, "volumeName": volume},
            "status": {"phase": phase, "accessModes": modes, "capacity": {"storage": "1Gi"}},
        })
    };
    let volume = json!({
        "metadata": {"name": "disk"},
        "spec": {
            "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "manual", "hostPath": {"path": "/srv"},
            "claimRef": {"kind": "PersistentVolumeClaim", "namespace": "shop", "name": "data", "uid": "u"},
        },
        "status": {"phase": "Bound"},
    });
    world.put(Resource::PersistentVolumeClaims, claim("manual", "Pending", ""));
    let run = Run::start(&world, &["pvc-why-pending", "-w"]);
    run.until("(ST-", 1);
    world.put(Resource::PersistentVolumes, volume);
    world.put(Resource::PersistentVolumeClaims, claim("manual", "Bound", "disk"));
    run.until("(Bound", 1);
    world.remove(Resource::PersistentVolumeClaims, &claim("manual", "Bound", "disk"));
    world.put(Resource::PersistentVolumeClaims, {
        let mut other = claim("nobody", "Pending", "");
        other["metadata"]["name"] = json!("other");
        other
    });
    run.until("Claim shop/other", 1);
    let (stdout, stderr, code) = run.interrupt();
    insta::assert_snapshot!("watch_claim", &stdout);
    assert_eq!((stderr.as_str(), code), ("", Some(0)));
}

#[test]
fn programs_get_a_document_for_each_change() {
    let world = shop();
    let runs = ["json", "yaml", "name"].map(|format| Run::start(&world, &[&ASK[..], &["-o", format]].concat()));
    runs[0].until("\n}\n", 1);
    runs[1].until("findings:", 1);
    runs[2].until("pod/web", 1);
    allow(&world, &["web", "api"]);
    runs[0].until("\n}\n", 2);
    runs[1].until("findings:", 2);
    runs[2].until("pod/api", 1);
    let [json, yaml, name] = runs.map(|run| run.interrupt().0);
    let documents: Vec<Value> = serde_json::Deserializer::from_str(&json).into_iter().collect::<Result<_, _>>().unwrap();
    let sources = |document: &Value| -> Vec<String> {
        let sources = document["result"]["sources"].as_array().unwrap();
        sources
            .iter()
            .map(|source| &source["peer"])
            .filter(|peer| peer["kind"] == "Pod")
            .map(|peer| peer["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(documents.iter().map(sources).collect::<Vec<_>>(), [vec!["web".to_owned()], vec!["api".to_owned(), "web".to_owned()]]);
    let plain: Value = serde_json::from_str(home(&world).run(&["who-can-reach", "db", "-o", "json"]).split(NOTE).next().unwrap()).unwrap();
    assert_eq!(
        [&plain["result"], &plain["findings"]],
        ["result", "findings"].map(|part| &documents[1][part]),
        "what the plain command says"
    );
    assert_eq!(yaml.split("---\n").count(), 2, "{yaml}");
    assert!(yaml.split("---\n").all(|document| document.starts_with("apiVersion: netstore/v1\nkind: WhoCanReach\n")), "{yaml}");
    assert_eq!(name, "pod/web\nnode/n\npod/api\n");
}

#[test]
fn what_happens_while_a_watch_has_expired_is_seen() {
    let world = shop();
    let run = Run::start(&world, &ASK);
    run.until("Everyone else", 1);
    watched(&world);
    // A watch that ends goes on from where it was, without a list.
    let (lists, _) = world.asked(Resource::Pods);
    world.end_watches();
    wait(|| world.asked(Resource::Pods).1 >= 2, || "a second watch".to_owned());
    assert_eq!(world.asked(Resource::Pods).0, lists);
    for (times, allowed) in [(1, "api"), (2, "web")] {
        allow(&world, &[allowed]);
        world.expire();
        run.until("new ", times);
    }
    let (_, stderr, code) = run.interrupt();
    assert_eq!((stderr.as_str(), code), ("", Some(0)));
}

#[test]
fn who_may_not_watch_is_told_once_and_sees_changes_all_the_same() {
    let world = shop();
    world.is(Mood::NoWatch);
    let run = Run::start(&world, &ASK);
    run.until_warned("--watch");
    allow(&world, &["api"]);
    run.until("new ", 1);
    allow(&world, &["web"]);
    run.until("new ", 2);
    insta::assert_snapshot!(run.interrupt().1, @"
    Warning: cannot watch namespaces, nodes, pods and 9 more kinds (Forbidden): asked again every 10 s instead
      kubectl netstore rbac who-can-reach --watch
    ");
    assert_eq!(world.asked(Resource::Pods).1, 1, "a refusal is not asked for again");
}

#[test]
fn what_happens_while_the_server_is_away_is_not_lost() {
    let world = shop();
    let run = Run::start(&world, &ASK);
    run.until("Everyone else", 1);
    watched(&world);
    world.is(Mood::Away);
    run.until_warned("no answer at");
    allow(&world, &["api"]);
    thread::sleep(QUIET);
    world.is(Mood::Well);
    run.until("new ", 1);
    // And it is watched again.
    allow(&world, &["web"]);
    run.until("new ", 2);
    let (_, stderr, code) = run.interrupt();
    let said: Vec<&str> = stderr.lines().collect();
    let [away, again] = said.as_slice() else { panic!("{stderr}") };
    assert!(
        away.starts_with("Warning: no answer at TIME UTC, and asked again until there is one: Unable to connect to the server: "),
        "{away}"
    );
    assert_eq!(*again, "Note: there is an answer again at TIME UTC");
    assert_eq!(code, Some(0));
}

#[test]
fn a_time_limit_for_requests_does_not_end_watches_and_ends_waiting_for_a_server_that_hangs() {
    let world = shop();
    let run = Run::start(&world, &[&ASK[..], &["--request-timeout=1s"]].concat());
    run.until("Everyone else", 1);
    watched(&world);
    thread::sleep(QUIET);
    assert_eq!(world.asked(Resource::Pods), (1, 1), "after three times the limit");
    world.is(Mood::Hangs);
    allow(&world, &["api"]);
    run.until_warned("no answer within --request-timeout=1s");
    world.is(Mood::Well);
    run.until_warned("an answer again");
    run.until("new ", 1);
    // Nobody has to wait for it to press Ctrl-C.
    world.is(Mood::Hangs);
    let asked = world.asked(Resource::Pods).0;
    allow(&world, &["web"]);
    wait(|| world.asked(Resource::Pods).0 > asked, || "another reading".to_owned());
    assert_eq!(run.interrupt().2, Some(0));
}

#[test]
fn a_quiet_cluster_is_not_read_again_and_a_busy_one_not_for_each_change() {
    let world = shop();
    let run = Run::start(&world, &ASK);
    run.until("Everyone else", 1);
    watched(&world);
    let requests = || world.server.requests().len();
    thread::sleep(QUIET);
    let quiet = requests();
    thread::sleep(QUIET);
    assert_eq!(requests(), quiet, "nothing but watches, which are open");
    assert_eq!(world.server.requests().iter().filter(|request| request.contains("watch=true")).count(), 12);
    let watches = world.server.requests().into_iter().filter(|request| request.contains("watch=true"));
    assert!(watches.into_iter().all(|request| request.contains("accept: application/json;as=partialobjectmetadata;g=meta.k8s.io;v=v1")));
    let (lists, _) = world.asked(Resource::Pods);
    for number in 0..200 {
        world.put(Resource::Pods, pod(&format!("job-{number}")));
        thread::sleep(Duration::from_millis(5));
    }
    world.put(Resource::Pods, pod("last"));
    allow(&world, &["last"]);
    run.until("shop/pod/last", 1);
    let again = world.asked(Resource::Pods).0 - lists;
    assert!((1..=5).contains(&again), "{again} readings for 200 changes in a second or more");
    assert_eq!(run.interrupt().2, Some(0));
}

#[test]
fn a_target_that_goes_and_comes_is_told() {
    let world = shop();
    let run = Run::start(&world, &ASK);
    run.until("Everyone else", 1);
    watched(&world);
    world.remove(Resource::Pods, &pod("db"));
    run.until_warned("not found");
    world.put(Resource::Pods, pod("db"));
    run.until_warned("again at");
    let (_, stderr, code) = run.interrupt();
    insta::assert_snapshot!(&stderr, @r#"
    Warning: no answer at TIME UTC, and asked again until there is one: Error from server (NotFound): pods "db" not found
    Note: there is an answer again at TIME UTC, the same as before
    "#);
    assert_eq!(code, Some(0));
}

#[test]
fn credentials_that_run_out_end_it_with_the_plain_error() {
    let world = shop();
    let run = Run::start(&world, &ASK);
    run.until("Everyone else", 1);
    watched(&world);
    world.is(Mood::Forgets);
    world.end_watches();
    assert_eq!(run.end(), Some(1));
    assert!(
        run.stderr().replacen(NOTE, "", 1).starts_with("error: You must be logged in to the server (Unauthorized)\nhint: "),
        "{}",
        run.stderr()
    );
}

#[test]
fn a_reader_that_has_gone_ends_it_in_silence() {
    let world = shop();
    let home = home(&world);
    let mut child = home.command(&ASK).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    watched(&world);
    allow(&world, &["api"]);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), NOTE));
}

#[test]
fn what_is_wrong_from_the_start_is_said_as_ever() {
    let world = shop();
    let run = Run::start(&world, &["who-can-reach", "nobody", "-w"]);
    assert_eq!(run.end(), Some(1));
    assert!(run.stderr().starts_with("Error from server (NotFound): pods \"nobody\" not found"), "{}", run.stderr());
    world.is(Mood::Away);
    let run = Run::start(&world, &ASK);
    assert_eq!(run.end(), Some(1));
    assert!(run.stderr().starts_with("Unable to connect to the server: "), "{}", run.stderr());
}
