//! Hostile and honest mistakes: every file of `tests/malformed/` gives findings or an error, and never a panic.
//!
//! One snapshot shows what each file gives, so that a changed message or a lost finding is seen in review.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use netstore::objects::{IpBlock, LabelSelector, Meta, Objects, Rule};
use netstore::policy::validate::{cluster_refusals, refusals};
use netstore::source::manifests::{Input, Options, findings, read};
use proptest::prelude::*;

fn corpus() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir("tests/malformed").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "yaml" || e == "json"));
    files.sort();
    files
}

fn kept(objects: &Objects) -> Vec<String> {
    let name = |kind: &str, meta: &Meta| format!("{kind} {}/{:?} {:?}", meta.namespace, meta.name, meta.labels);
    let mut kept: Vec<String> = Vec::new();
    kept.extend(objects.namespaces.iter().map(|o| name("Namespace", &o.metadata)));
    kept.extend(objects.nodes.iter().map(|o| name("Node", &o.metadata)));
    kept.extend(objects.pods.iter().map(|o| name("Pod", &o.metadata)));
    kept.extend(objects.services.iter().map(|o| name("Service", &o.metadata)));
    kept.extend(objects.workloads.iter().map(|o| name(o.kind.name(), &o.metadata)));
    for policy in &objects.network_policies {
        let (spec, meta) = (&policy.spec, &policy.metadata);
        let selector = spec.pod_selector.describe();
        kept.push(format!("NetworkPolicy {}/{:?} for {selector} {:?}", meta.namespace, meta.name, spec.policy_types));
        kept.extend(spec.ingress.iter().map(|r| format!("    ingress {}", rule(r))));
        kept.extend(spec.egress.iter().map(|r| format!("    egress {}", rule(r))));
        kept.extend(refusals(policy).into_iter().map(|r| format!("    refused: {}: {}", r.field, r.reason)));
    }
    for policy in &objects.cluster_policies {
        let (kind, meta) = (policy.kind.name(), &policy.metadata);
        kept.push(format!("{kind} {:?} {:?} {:?} for {:?}", meta.name, policy.tier, policy.priority, policy.subject));
        for (direction, rules) in [("ingress", &policy.ingress), ("egress", &policy.egress)] {
            kept.extend(rules.iter().map(|r| format!("    {direction} {:?} {:?} {:?} {:?}", r.action, r.peers, r.ports, r.unknown)));
        }
        kept.extend(cluster_refusals(policy).into_iter().map(|r| format!("    refused: {r}")));
    }
    kept
}

fn rule(rule: &Rule) -> String {
    let selector = |s: &Option<LabelSelector>| s.as_ref().map_or_else(|| "-".to_owned(), LabelSelector::describe);
    let block = |b: &Option<IpBlock>| b.as_ref().map_or_else(|| "-".to_owned(), |b| format!("{}{:?}", b.cidr, b.except));
    let peers =
        rule.peers.iter().map(|p| format!("{} {} {}", selector(&p.namespace_selector), selector(&p.pod_selector), block(&p.ip_block)));
    let ports = rule.ports.iter().map(|p| format!("{:?} {:?}-{:?}", p.protocol, p.port, p.end_port));
    format!("{:?} {:?}", peers.collect::<Vec<_>>(), ports.collect::<Vec<_>>())
}

fn describe(path: &Path) -> String {
    let mut text = format!("== {}\n", path.file_name().unwrap().display());
    match read(&[Input::Path(path.to_owned())], &Options::default()) {
        Err(error) => writeln!(text, "error: {error}").unwrap(),
        Ok(collected) => {
            for f in &collected.findings {
                let s = &f.subject;
                writeln!(text, "{} [{} {}/{}] {}", f.code, s.kind, s.namespace, s.name.escape_debug(), f.message.escape_debug()).unwrap();
            }
            for object in kept(&collected.objects) {
                writeln!(text, "kept {object}").unwrap();
            }
        }
    }
    // Control characters are the renderers' business; the snapshot must stay a text file.
    text.chars().flat_map(|c| if c.is_control() && c != '\n' { c.escape_unicode().collect() } else { vec![c] }).collect()
}

#[test]
fn every_file_of_the_corpus() {
    let files = corpus();
    assert!(files.len() >= 60, "{}", files.len());
    let all: Vec<String> = files.iter().map(|path| describe(path)).collect();
    insta::assert_snapshot!(all.join("\n"));
}

/// One bad file does not cost the others: the whole folder gives what its files give, less what replaces one another.
#[test]
fn the_whole_folder_at_once() {
    let collected = read(&[Input::Path("tests/malformed".into())], &Options::default()).unwrap();
    assert!(collected.findings.len() > 100, "{}", collected.findings.len());
    assert!(collected.objects.network_policies.len() > 30, "{}", collected.objects.network_policies.len());
}

fn stdin(text: impl Into<Vec<u8>>) -> [Input; 1] {
    [Input::Stdin(text.into())]
}

#[test]
fn ten_megabytes_on_one_line() {
    let options = Options::default();
    let pods: Vec<String> =
        (0..100_000).map(|i| format!(r#"{{"metadata":{{"name":"pod-{i}","labels":{{"app":"a{}"}}}}}}"#, i % 100)).collect();
    let json = format!(r#"{{"apiVersion":"v1","kind":"PodList","items":[{}]}}"#, pods.join(","));
    assert_eq!(read(&stdin(json), &options).unwrap().objects.pods.len(), 100_000);
    let text = "x".repeat(10 << 20);
    let yaml = format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations: {{a: {text}}}\n");
    assert_eq!(read(&stdin(yaml), &options).unwrap().objects.pods.len(), 1);
    for hostile in
        [text.clone(), "[".repeat(1 << 20), "{".repeat(1 << 20), "- ".repeat(1 << 20), "a: ".repeat(1 << 20), "&a ".repeat(1 << 18)]
    {
        read(&stdin(hostile), &options).unwrap_err();
    }
}

#[test]
fn many_documents_with_long_comments() {
    let comment = "# a line of a long comment\n".repeat(100);
    let one = |i| {
        format!("{comment}apiVersion: v1\nkind: Pod\nmetadata:\n{comment}  name: pod-{i}\n{comment}  labels:\n{comment}    a: b\n---\n")
    };
    let yaml: String = (0..2000).map(one).collect();
    let collected = read(&stdin(yaml), &Options::default()).unwrap();
    assert_eq!((collected.objects.pods.len(), collected.findings.len()), (2000, 0));
}

#[test]
fn default_namespace_and_stdin() {
    let options = Options { default_namespace: "mine".to_owned(), recursive: false };
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n";
    let objects = read(&stdin(text), &options).unwrap().objects;
    assert_eq!(kept(&objects), ["Namespace /\"b\" Labels([])", "Pod mine/\"a\" Labels([])"]);
    let error = read(&[Input::Path("no/such.yaml".into())], &options).unwrap_err();
    assert_eq!(error.to_string(), "the path \"no/such.yaml\" does not exist");
}

#[test]
fn codes_are_unique_and_explained() {
    for (i, kind) in findings::ALL.iter().enumerate() {
        assert_eq!(kind.code, format!("IN-{:03}", i + 1));
        assert!(kind.explanation.len() > 200, "{}", kind.code);
    }
}

/// A valid file of many features, for mutation.
const VALID: &str = include_str!("malformed/anchors.yaml");

fn seeds() -> Vec<Vec<u8>> {
    let policy = br#"# comment
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop, labels: {"a": 'b'}}
spec:
  podSelector: {matchExpressions: [{key: app, operator: In, values: [web, "x"]}]}
  policyTypes: [Ingress, Egress]
  ingress:
  - from:
    - podSelector: {matchLabels: {app: web}}
      namespaceSelector: {}
    - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}
    ports: [{port: 80, endPort: 90, protocol: TCP}, {port: http}]
  egress:
  - {}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replicas: 2, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}}}
"#;
    let json = br#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"selector":{"a":"b"},"ports":[{"port":80,"targetPort":"http"}]}}]}"#;
    vec![VALID.as_bytes().to_vec(), policy.to_vec(), json.to_vec()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_mutation_panics(seed in 0_usize..3, edits in proptest::collection::vec((any::<prop::sample::Index>(), 0_u8..4, any::<u8>()), 1..8)) {
        const TOKENS: [&[u8]; 12] = [b"---\n", b"...", b"{", b"}", b"[", b"]", b"*l", b"&l", b"null", b": ", b"- ", b"\t"];
        let mut bytes = seeds().swap_remove(seed);
        for (at, how, byte) in edits {
            let at = at.index(bytes.len().max(1)).min(bytes.len());
            match how {
                0 if at < bytes.len() => bytes[at] = byte,
                1 if at < bytes.len() => { bytes.remove(at); }
                2 => { bytes.splice(at..at, TOKENS[usize::from(byte) % TOKENS.len()].iter().copied()); }
                _ => bytes.truncate(at.max(1)),
            }
        }
        if let Ok(collected) = read(&[Input::Stdin(bytes)], &Options::default()) {
            collected.objects.network_policies.iter().for_each(|policy| { refusals(policy); });
        }
    }
}
