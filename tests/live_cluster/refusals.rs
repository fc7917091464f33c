//! What the API server refuses, our validation refuses, with the same words; what it takes, ours takes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use netstore::objects::NetworkPolicy;
use netstore::policy::validate::refusals;
use netstore::source::manifests::{self, Input, Options};
use serde_json::{Value, json};

use super::cluster::{Cluster, Run, shop};

/// Specs, valid and not: each rule of the validation from both sides.
fn specs() -> Vec<Value> {
    let mut specs = vec![
        json!({}),
        json!(null),
        json!({"podSelector": null}),
        json!({"policyTypes": []}),
        json!({"policyTypes": ["Ingress"]}),
        json!({"policyTypes": ["Ingress", "Ingress"]}),
        json!({"policyTypes": ["ingress"]}),
        json!({"policyTypes": [""]}),
        json!({"policyTypes": ["Ingress", "Egress", "Ingress"]}),
        json!({"policyTypes": ["Egress"], "ingress": [{}]}),
        json!({"podSelector": [], "ingress": []}),
        json!({"podSelector": {"matchLabels": []}}),
        json!({"podSelector": {"matchLabels": {"a": 1}}}),
        json!({"podSelector": {"matchLabels": {"a": null}}}),
        json!({"ingress": {}}),
        json!({"ingress": [null]}),
        json!({"ingress": [{"from": null, "ports": null}]}),
        json!({"ingress": [{"from": [], "ports": []}]}),
        json!({"ingress": [{"from": [{}]}]}),
        json!({"ingress": [{"from": [null]}]}),
        json!({"ingress": [{"from": [{"podSelector": null}]}]}),
        json!({"egress": [{"to": [{"podSelector": {}, "ipBlock": {"cidr": "10.0.0.0/8"}}]}]}),
        json!({"egress": [{"to": [{"namespaceSelector": {}, "podSelector": {}}]}]}),
        json!({"egress": [{"to": [{"ipBlock": {}}]}]}),
        json!({"egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": null}}]}]}),
        json!({"ingress": [{"from": [{"podSelector": {"matchLabels": {"a": "b c"}}, "namespaceSelector": {"matchLabels": {"/": "x"}}}]}]}),
        json!({"podSelector": {"matchLabels": {"a": " "}}, "policyTypes": ["x"], "ingress": [{"from": [{}], "ports": [{"port": 0}]}]}),
    ];
    let ports = [
        json!({}),
        json!({"port": 1}),
        json!({"port": 65535}),
        json!({"port": 0}),
        json!({"port": -1}),
        json!({"port": 65536}),
        json!({"port": 1.5}),
        json!({"port": 4_294_967_376_i64}),
        json!({"port": true}),
        json!({"port": "http"}),
        json!({"port": "80"}),
        json!({"port": ""}),
        json!({"port": "HTTP"}),
        json!({"port": "a--b"}),
        json!({"port": "-a"}),
        json!({"port": "-"}),
        json!({"port": "8080-8090"}),
        json!({"port": "abcdefghijklmno"}),
        json!({"port": "abcdefghijklmnop"}),
        json!({"port": 80, "protocol": "SCTP"}),
        json!({"port": 80, "protocol": "tcp"}),
        json!({"port": 80, "protocol": ""}),
        json!({"port": 80, "protocol": null}),
        json!({"port": 80, "protocol": "ICMP"}),
        json!({"port": 80, "endPort": 80}),
        json!({"port": 80, "endPort": 79}),
        json!({"port": 80, "endPort": 0}),
        json!({"port": 80, "endPort": 65536}),
        json!({"port": 0, "endPort": 0}),
        json!({"port": 80, "endPort": "90"}),
        json!({"port": "http", "endPort": 90}),
        json!({"endPort": 90}),
    ];
    specs.extend(ports.map(|port| json!({"ingress": [{"ports": [port]}]})));
    let blocks: [(&str, &[&str]); 27] = [
        ("10.0.0.0/8", &[]),
        ("192.168.242.213/24", &[]),
        ("0.0.0.0/0", &["0.0.0.0/1", "128.0.0.0/1"]),
        ("2001:db8::1/64", &[]),
        ("10.0.0.0", &[]),
        ("10.0.0.0/33", &[]),
        ("10.0.0/8", &[]),
        ("010.0.0.0/8", &[]),
        ("10.0.0.0/08", &[]),
        ("10.0.0.0/+8", &[]),
        ("::/129", &[]),
        ("::ffff:10.0.0.0/104", &[]),
        ("::ffff:10.0.0.0/104", &["10.1.0.0/16"]),
        ("::/0", &["::ffff:10.0.0.0/104"]),
        ("fe80::1%eth0/64", &[]),
        (" 10.0.0.0/8", &[]),
        ("10.0.0.0/8,10.1.0.0/16", &[]),
        ("10.0.0.0/-1", &[]),
        ("", &["10.0.0.0/8"]),
        ("10.0.0.0/8", &["10.0.0.0/8"]),
        ("10.0.0.0/8", &["10.1.2.3/9"]),
        ("10.0.0.0/8", &["10.1.0.0/16", "10.1.0.0/16"]),
        ("10.0.0.0/8", &["11.0.0.0/16"]),
        ("10.0.0.0/8", &["10.0.0.0/7"]),
        ("10.0.0.0/8", &["2001:db8::/48"]),
        ("10.0.0.0/8", &["10.1.0.1"]),
        ("10.0.0.0/8", &[""]),
    ];
    specs.extend(blocks.map(|(cidr, except)| json!({"egress": [{"to": [{"ipBlock": {"cidr": cidr, "except": except}}]}]})));
    let (long, longer) = ("a".repeat(63), "a".repeat(64));
    let requirements = [
        json!({"key": "k", "operator": "In", "values": ["a"]}),
        json!({"key": "k", "operator": "In", "values": []}),
        json!({"key": "k", "operator": "NotIn"}),
        json!({"key": "k", "operator": "NotIn", "values": [""]}),
        json!({"key": "k", "operator": "Exists"}),
        json!({"key": "k", "operator": "Exists", "values": ["a"]}),
        json!({"key": "k", "operator": "DoesNotExist", "values": [""]}),
        json!({"key": "k", "operator": "Equals", "values": ["a"]}),
        json!({"key": "k", "operator": "in", "values": ["a"]}),
        json!({"key": "k"}),
        json!({"operator": "Exists"}),
        json!({"key": long, "operator": "Exists"}),
        json!({"key": longer, "operator": "Exists"}),
        json!({"key": "Example.com/a", "operator": "Exists"}),
        json!({"key": "a/b/c", "operator": "Exists"}),
        json!({"key": "/a", "operator": "Exists"}),
        json!({"key": "a/", "operator": "Exists"}),
        json!({"key": "-a", "operator": "Exists"}),
        json!({"key": "k", "operator": "In", "values": ["ok", "a b", "-a", longer]}),
        json!({"key": "k", "operator": "In", "values": [1]}),
    ];
    specs.extend(requirements.map(|requirement| json!({"podSelector": {"matchExpressions": [requirement]}})));
    specs
}

/// What became of an object: taken, or refused; the reasons as one text, none if it cannot even be decoded.
type Fate = Result<(), Option<String>>;

/// Rules that Kubernetes 1.36 has for new objects only (`StrictIPCIDRValidation`). Older servers take these, and objects that
/// are there already stay as they are: we mask the bits and say so (NP-021).
const NEW_IN_1_36: [&str; 2] = ["must not have bits set beyond the prefix length", "must not have an IPv4-mapped IPv6 address"];

/// The server's reasons without the regular expressions in them and without what only new objects are refused for.
fn comparable(reasons: &str) -> Fate {
    let mut parts = reasons.split(", regex used for validation is '");
    let first = parts.next().unwrap_or_default().to_owned();
    let text = parts.fold(first, |text, part| text + part.split_once('\'').map_or("", |(_, rest)| rest));
    let one_by_one = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).map_or_else(|| vec![text.as_str()], split);
    let mut old: Vec<&str> = one_by_one.into_iter().filter(|reason| !NEW_IN_1_36.iter().any(|rule| reason.ends_with(rule))).collect();
    // Labels come in the order of a Go map: any.
    old.sort_unstable();
    match old.as_slice() {
        [] => Ok(()),
        [one] => Err(Some((*one).to_owned())),
        _ => Err(Some(format!("[{}]", old.join(", ")))),
    }
}

/// Reasons follow one another with a comma, as do the words in them; each begins with its field.
fn split(text: &str) -> Vec<&str> {
    let starts = text.match_indices(", ").map(|(at, comma)| at + comma.len());
    let starts: Vec<usize> = starts.filter(|at| ["spec.", "metadata."].iter().any(|field| text[*at..].starts_with(field))).collect();
    let ends = starts.iter().map(|at| at - 2).chain([text.len()]);
    std::iter::once(0).chain(starts.iter().copied()).zip(ends).map(|(start, end)| &text[start..end]).collect()
}

/// Asks the API server what it would do with these, all at once.
fn server(cluster: &Cluster, policies: &[Value]) -> BTreeMap<String, Fate> {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": policies});
    let mut kubectl = cluster.kubectl();
    kubectl.args(["create", "--dry-run=server", "--validate=ignore", "-f", "-"]);
    let mut child = kubectl.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("kubectl");
    child.stdin.take().expect("a pipe").write_all(list.to_string().as_bytes()).expect("kubectl reads");
    let run = Run::of(&child.wait_with_output().expect("kubectl"));
    let mut fates = BTreeMap::new();
    for line in run.stdout.lines() {
        let taken = line.strip_prefix("networkpolicy.networking.k8s.io/").and_then(|l| l.strip_suffix(" created (server dry run)"));
        fates.insert(taken.unwrap_or_else(|| panic!("{line}")).to_owned(), Ok(()));
    }
    for line in run.stderr.lines() {
        let invalid = line.split_once("NetworkPolicy.networking.k8s.io \"").and_then(|(_, rest)| rest.split_once("\" is invalid: "));
        if let Some((name, reasons)) = invalid {
            fates.insert(name.to_owned(), comparable(reasons));
        }
    }
    fates
}

/// What we make of the same, read as a manifest.
fn ours(policy: &Value) -> Fate {
    fates(Input::Stdin(policy.to_string().into())).into_values().next().unwrap_or(Err(None))
}

/// What we make of the policies of a manifest, by name.
fn fates(input: Input) -> BTreeMap<String, Fate> {
    let Ok(read) = manifests::read(&[input], &Options::default()) else { return BTreeMap::new() };
    // What cannot be decoded may stay, as a policy that says nothing for certain; the finding tells.
    let wrong = |name: &str| read.findings.iter().any(|finding| finding.code == "IN-006" && finding.subject.name == name);
    let fate = |policy: &NetworkPolicy| if wrong(&policy.metadata.name) { Err(None) } else { validated(policy) };
    read.objects.network_policies.iter().map(|policy| (policy.metadata.name.clone(), fate(policy))).collect()
}

fn validated(policy: &NetworkPolicy) -> Fate {
    let mut reasons: Vec<String> = Vec::new();
    for refusal in refusals(policy) {
        let reason = format!("{}: {}", refusal.field, refusal.reason);
        // The server says each thing once.
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons.sort();
    match reasons.as_slice() {
        [] => Ok(()),
        [one] => Err(Some(one.clone())),
        _ => Err(Some(format!("[{}]", reasons.join(", ")))),
    }
}

/// Differences, in words.
fn differences(cluster: &Cluster, policies: &[Value]) -> Vec<String> {
    let fates = server(cluster, policies);
    let mut differences = Vec::new();
    for policy in policies {
        let name = policy["metadata"]["name"].as_str().expect("a name");
        // Without a word that names it, it did not get as far as validation: it cannot be decoded.
        let theirs = fates.get(name).cloned().unwrap_or(Err(None));
        let ours = ours(policy);
        let same = match (&theirs, &ours) {
            // What fails in decoding there may get as far as validation here; refused is refused.
            (Err(None), Err(_)) => true,
            // Left out by the reader, for a reason of its own words: only names can be wrong as early as that.
            (Err(Some(theirs)), Err(None)) => theirs.starts_with("metadata."),
            (theirs, ours) => theirs == ours,
        };
        if !same {
            differences.push(format!("{policy}\n  server: {theirs:?}\n  ours:   {ours:?}"));
        }
    }
    differences
}

fn policy(metadata: Value, spec: &Value) -> Value {
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec})
}

#[test]
fn specs_are_refused_as_the_server_refuses_them() {
    let Some(cluster) = shop() else { return };
    let policies: Vec<Value> =
        specs().iter().enumerate().map(|(i, spec)| policy(json!({"name": format!("p-{i:03}"), "namespace": "default"}), spec)).collect();
    assert!(policies.len() > 100, "{}", policies.len());
    let fates = server(cluster, &policies);
    let taken = fates.values().filter(|fate| fate.is_ok()).count();
    assert!(taken > 25 && policies.len() - taken > 50, "both sides are covered: {taken} of {} taken", policies.len());
    let differences = differences(cluster, &policies);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn names_and_labels_are_refused_as_the_server_refuses_them() {
    let Some(cluster) = shop() else { return };
    let long = "a".repeat(253);
    let longer = "a".repeat(254);
    let mut differences_of_all = Vec::new();
    let names = ["a", "a.b-c.1", "1", &long, "A", "a_b", "-a", "a-", "a..b", ".a", "a b", "ä", &longer];
    let named: Vec<Value> = names.iter().map(|name| policy(json!({"name": name, "namespace": "default"}), &json!({}))).collect();
    differences_of_all.extend(differences(cluster, &named));
    let labels = [json!({"a": "b"}), json!({"": "b"}), json!({"a/b/c": ""}), json!({"a": "b c", "-": "x"}), json!({"x.y/z": ""})];
    let labelled: Vec<Value> = labels
        .iter()
        .enumerate()
        .map(|(i, labels)| policy(json!({"name": format!("l-{i}"), "namespace": "default", "labels": labels}), &json!({})))
        .collect();
    differences_of_all.extend(differences(cluster, &labelled));
    assert!(differences_of_all.is_empty(), "{}", differences_of_all.join("\n"));
}

/// Files of `tests/malformed` of which the server takes other policies than we do, and why that is right.
const OTHERWISE: [(&str, &str); 5] = [
    ("broken-middle.yaml", "kubectl gives up at the broken document, we read on behind it"),
    ("helm-template.yaml", "the same"),
    ("tabs.yaml", "the same"),
    ("wrong-separator.yaml", "kubectl takes the separator for an error and what precedes it with it"),
    ("host-bits.yaml", "refused in new objects since 1.36, see NEW_IN_1_36"),
];

#[test]
fn malformed_files_are_taken_as_the_server_takes_them() {
    let Some(cluster) = shop() else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/malformed");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let differences: Vec<String> = std::thread::scope(|scope| {
        let part = |files: Vec<PathBuf>| move || files.iter().filter_map(|file| difference(cluster, file)).collect::<Vec<_>>();
        let threads: Vec<_> = files.chunks(files.len().div_ceil(4)).map(|files| scope.spawn(part(files.to_vec()))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Which policies of a file one takes and the other does not.
fn difference(cluster: &Cluster, file: &Path) -> Option<String> {
    let mut kubectl = cluster.kubectl();
    let output = kubectl.args(["create", "--dry-run=server", "--validate=ignore", "-f"]).arg(file).stdin(Stdio::null()).output();
    let output = output.expect("kubectl");
    let stdout = String::from_utf8_lossy(&output.stdout);
    let created =
        stdout.lines().filter_map(|line| line.strip_prefix("networkpolicy.networking.k8s.io/")?.strip_suffix(" created (server dry run)"));
    let theirs: BTreeSet<String> = created.map(str::to_owned).collect();
    let ours = fates(Input::Path(file.to_owned())).into_iter().filter(|(_, fate)| fate.is_ok()).map(|(name, _)| name);
    let ours: BTreeSet<String> = ours.collect();
    let name = file.file_name().expect("a name").to_string_lossy();
    let expected = OTHERWISE.iter().any(|(file, _)| *file == name);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let said = stderr.lines().next().unwrap_or_default();
    ((theirs == ours) == expected).then(|| format!("{name}: server {theirs:?}, ours {ours:?}; expected to differ: {expected}\n  {said}"))
}
