//! Names in pods: the resolv.conf and hosts that kubelets wrote, and what glibc, musl and Go make of names with them in the pod's network, against
//! what `dns POD NAME` says.
//!
//! The programs are those of `tests/resolvers`: `enter` gives them the files of the pod, `nsenter` its network.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::boot;
use super::cluster::Cluster;
use super::tally::Tally;
use super::world::IMAGE;

const NAMESPACE: &str = "lookups";
const ELSEWHERE: &str = "lookups-b";

/// Short, with a namespace, full, with a dot at the end, outside, missing, in `/etc/hosts`, in another case.
const NAMES: [&str; 24] = [
    "web",
    "WEB",
    "web.",
    "web.lookups",
    "db",
    "db.lookups-b",
    "db.lookups-b.svc",
    "db.lookups-b.svc.cluster.local",
    "db.lookups-b.svc.cluster.local.",
    "Db.Lookups-B.svc.cluster.local.",
    "headless",
    "empty.lookups.svc.cluster.local.",
    "six.lookups.svc.cluster.local.",
    "me.headless",
    "missing.lookups-b.svc.cluster.local.",
    "missing.svc.cluster.local.",
    "web.nowhere.svc.cluster.local.",
    "alias",
    "ALIAS",
    "alias.",
    "six-alias",
    "me",
    "localhost",
    "ip6-localhost",
];

/// Pods by name, with what their specs have beside a container.
fn pods() -> Vec<(&'static str, Value)> {
    let config =
        json!({"searches": ["lookups-b.svc.cluster.local", "x.example"], "options": [{"name": "ndots", "value": "2"}, {"name": "edns0"}]});
    let own = json!({"nameservers": ["10.96.0.10"], "searches": ["svc.cluster.local", "names.svc.cluster.local"],
                     "options": [{"name": "ndots", "value": "1"}]});
    let long: Vec<String> = (0..5).map(|n| format!("s{n}.{}.example", "x".repeat(50))).collect();
    let aliases =
        json!([{"ip": "192.0.2.7", "hostnames": ["alias", "other-alias"]}, {"ip": "2001:db8::7", "hostnames": ["six-alias", "alias"]}]);
    vec![
        ("plain", json!({})),
        ("config", json!({"dnsConfig": config})),
        ("own", json!({"dnsPolicy": "None", "dnsConfig": own})),
        ("node", json!({"dnsPolicy": "Default"})),
        ("node-config", json!({"dnsPolicy": "Default", "dnsConfig": {"options": [{"name": "ndots", "value": "3"}]}})),
        ("host", json!({"hostNetwork": true})),
        ("host-cluster", json!({"hostNetwork": true, "dnsPolicy": "ClusterFirstWithHostNet", "hostAliases": aliases})),
        ("aliases", json!({"hostAliases": aliases})),
        ("me", json!({"hostname": "me", "subdomain": "headless"})),
        ("long", json!({"dnsConfig": {"searches": long}})),
    ]
}

fn manifests(node: &str) -> Vec<Value> {
    let service = |namespace: &str, name: &str, spec: Value| json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": namespace, "name": name}, "spec": spec});
    let ports = json!([{"port": 80}]);
    let mut all: Vec<Value> =
        [NAMESPACE, ELSEWHERE].iter().map(|name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})).collect();
    all.extend([
        service(NAMESPACE, "web", json!({"ports": ports})),
        service(NAMESPACE, "six", json!({"ports": ports, "ipFamilies": ["IPv6"], "ipFamilyPolicy": "SingleStack"})),
        service(NAMESPACE, "headless", json!({"clusterIP": "None", "selector": {"app": "me"}})),
        service(NAMESPACE, "empty", json!({"clusterIP": "None", "selector": {"app": "nobody"}})),
        service(ELSEWHERE, "db", json!({"ports": ports, "ipFamilyPolicy": "PreferDualStack"})),
    ]);
    for (name, mut spec) in pods() {
        spec["nodeName"] = json!(node);
        spec["terminationGracePeriodSeconds"] = json!(0);
        spec["containers"] = json!([{"name": "main", "image": IMAGE, "imagePullPolicy": "IfNotPresent", "args": ["pause"]}]);
        let metadata = json!({"namespace": NAMESPACE, "name": name, "labels": {"app": name}});
        all.push(json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}));
    }
    all
}

/// The suite.
pub fn run(cluster: &Cluster, keep: bool, tally: &mut Tally) {
    match ready(cluster) {
        Ok(programs) => {
            for (name, _) in pods() {
                match files(cluster, name) {
                    Ok(files) => {
                        tally.case(&format!("files of {name}"), compare_files(cluster, name, &files));
                        let result = compare_names(cluster, name, &files, &programs, tally);
                        tally.case(&format!("names in {name}"), result);
                    }
                    Err(why) => tally.case(&format!("files of {name}"), Err(why)),
                }
            }
        }
        Err(why) => tally.case("the pods are brought up", Err(why)),
    }
    if !keep && let Err(why) = boot::remove(cluster, &[NAMESPACE, ELSEWHERE]) {
        tally.case("the pods are taken down", Err(why));
    }
}

/// All pods run; the programs that ask.
fn ready(cluster: &Cluster) -> Result<PathBuf, String> {
    let nodes = boot::nodes(cluster)?;
    let node = nodes.first().ok_or("no node")?;
    boot::make_room(cluster, &[NAMESPACE, ELSEWHERE])?;
    cluster.apply(&manifests(&node.name))?;
    cluster.run_kubectl(&["wait", "-n", NAMESPACE, "pod", "--all", "--for=condition=Ready", "--timeout=120s"])?;
    let output = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/resolvers/build")).output();
    let output = output.map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// The files of a pod, and a process in it.
struct Files {
    process: u32,
    folder: tempfile::TempDir,
    resolv_conf: String,
    hosts: String,
}

fn files(cluster: &Cluster, pod: &str) -> Result<Files, String> {
    let uid = cluster.run_kubectl(&["get", "pod", pod, "-n", NAMESPACE, "-o", "jsonpath={.metadata.uid}"])?;
    let process = process_of(&uid).ok_or(format!("no process of pod {pod} ({uid})"))?;
    let read = |name: &str| {
        let path = format!("/proc/{process}/root/etc/{name}");
        std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))
    };
    let (resolv_conf, hosts) = (read("resolv.conf")?, read("hosts")?);
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    for (name, text) in [("resolv.conf", resolv_conf.as_str()), ("hosts", &hosts), ("nsswitch.conf", "hosts: files dns\n")] {
        std::fs::write(folder.path().join(name), text).map_err(|error| error.to_string())?;
    }
    Ok(Files { process, folder, resolv_conf, hosts })
}

/// A process that has the `/etc/hosts` of the pod.
fn process_of(uid: &str) -> Option<u32> {
    let mounted = format!("/pods/{uid}/etc-hosts");
    let processes = std::fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    let numbers = processes.filter_map(|entry| entry.file_name().to_string_lossy().parse::<u32>().ok());
    let has = |process: &u32| std::fs::read_to_string(format!("/proc/{process}/mountinfo")).is_ok_and(|text| text.contains(&mounted));
    numbers.into_iter().find(has)
}

fn ask(cluster: &Cluster, pod: &str, name: &str) -> Result<Value, String> {
    let said = cluster.netstore(&["dns", &format!("pod/{pod}"), name, "-n", NAMESPACE])?;
    Ok(said["result"].clone())
}

/// The words of a kind of line; of `options` sorted, since the kubelet writes them in any order.
fn words(file: &str, line: &str) -> Vec<String> {
    let lines = file.lines().filter_map(|text| text.strip_prefix(line).filter(|rest| rest.starts_with(' ')));
    let mut words: Vec<String> = lines.flat_map(str::split_whitespace).map(str::to_owned).collect();
    if line == "options" {
        words.sort();
    }
    words
}

/// Each line has what was said, and more only where something was not read.
fn compare_files(cluster: &Cluster, pod: &str, files: &Files) -> Result<(), String> {
    let said = ask(cluster, pod, "localhost")?;
    let provenance = said["resolvConf"]["provenance"].as_array().cloned().unwrap_or_default();
    for line in ["nameserver", "search", "options"] {
        let real = words(&files.resolv_conf, line);
        let entries = provenance.iter().filter(|entry| entry["line"] == line && entry["certainty"] != "cut");
        let wanted: Vec<Option<&str>> = entries.map(|entry| entry["value"].as_str()).collect();
        let known: Vec<&str> = wanted.iter().flatten().copied().collect();
        let hole = wanted.iter().position(Option::is_none);
        let mut rest = real.iter();
        let fits = match hole {
            None => real == known,
            // Options are sorted, so those of the node may stand anywhere.
            Some(at) => {
                (line == "options" || real.starts_with(&owned(&known[..at]))) && known.iter().all(|word| rest.any(|real| real == word))
            }
        };
        if !fits {
            return Err(format!("{line} should be {wanted:?} and is {real:?}\n{}", files.resolv_conf));
        }
    }
    let real: Vec<(String, Vec<String>)> = files.hosts.lines().filter_map(hosts_line).collect();
    let entries = said["hosts"]["entries"].as_array().cloned().unwrap_or_default();
    let wanted: Vec<(String, Vec<String>)> = entries.iter().map(|entry| (text(&entry["address"]), texts(&entry["names"]))).collect();
    let fits = if said["hosts"]["unread"].is_null() { real == wanted } else { real.ends_with(&wanted) };
    if fits { Ok(()) } else { Err(format!("hosts should be {wanted:?} and is {real:?}")) }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn hosts_line(line: &str) -> Option<(String, Vec<String>)> {
    let mut words = line.split('#').next().unwrap_or_default().split_whitespace().map(str::to_owned);
    let address = words.next()?;
    Some((address, words.collect()))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

/// What each library is told in the pod; where nothing was said, nothing is tried.
fn compare_names(cluster: &Cluster, pod: &str, files: &Files, programs: &Path, tally: &mut Tally) -> Result<(), String> {
    let mut different = Vec::new();
    for name in NAMES {
        let said = ask(cluster, pod, name)?;
        for outcome in said["outcome"]["libcs"].as_array().into_iter().flatten() {
            let libc = text(&outcome["libc"]);
            let wanted = match outcome["resolves"].as_str() {
                Some("yes") => families(&texts(&outcome["addresses"])),
                Some("no") => "nothing".to_owned(),
                _ => continue,
            };
            let mut command = Command::new("nsenter");
            command.args(["--net", "-t", &files.process.to_string(), "--"]).arg(programs.join("enter")).arg(files.folder.path());
            let output = command.arg(programs.join(&libc)).args([name, "both"]).output().map_err(|error| error.to_string())?;
            let told = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            let is = if told.starts_with("found") { told.clone() } else { "nothing".to_owned() };
            if output.status.success() && is == wanted {
                tally.agreements += 1;
            } else {
                tally.disagreements += 1;
                let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
                different.push(format!("{libc} {name}: said {wanted}, is {told} {complaint}\n{outcome}"));
            }
        }
    }
    if different.is_empty() { Ok(()) } else { Err(different.join("\n")) }
}

/// As the programs write them: `found 4 6`.
fn families(addresses: &[String]) -> String {
    let mut seen: BTreeMap<bool, &str> = BTreeMap::new();
    for address in addresses {
        let six = address.contains(':');
        seen.insert(six, if six { "6" } else { "4" });
    }
    std::iter::once("found").chain(seen.into_values()).collect::<Vec<_>>().join(" ")
}
