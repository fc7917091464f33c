//! Values of Secrets, ConfigMaps and environments are never in a snapshot, in no form; of the ConfigMaps that say how names are resolved
//! there is only what cannot be a secret.

use std::fs;
use std::io::{Read, Write};
use std::process::Stdio;

use super::cluster::{Cluster, shop};

/// Says nothing in base64 that it does not say in plain text: both are looked for.
const MARKER: &str = "hunter2-must-not-leave-the-cluster";

/// Puts the marker wherever a value can stand. The pod belongs to a Deployment without replicas: it changes no answer.
pub fn hide_marker(cluster: &Cluster) {
    let manifest = format!(
        r#"
apiVersion: v1
kind: Secret
metadata: {{name: hidden, namespace: ops, annotations: {{note: {MARKER}}}}}
stringData: {{kept-key: {MARKER}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: hidden, namespace: ops, annotations: {{note: {MARKER}}}}}
data: {{kept-key: {MARKER}}}
binaryData: {{kept-binary: {encoded}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: hidden, namespace: kube-system}}
data:
  token.server: |
    hidden.example {{
        forward . tls://user:{MARKER}@192.0.2.1 # {MARKER}
        kept_plugin {MARKER} {{
            password {MARKER}
        }}
    }}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: hidden, namespace: ops}}
spec:
  replicas: 0
  selector: {{matchLabels: {{app: hidden}}}}
  template:
    metadata: {{labels: {{app: hidden}}}}
    spec:
      containers:
      - name: main
        image: example/hidden:1.0
        command: [sh, -c, "echo {MARKER}"]
        args: ["--password={MARKER}"]
        env: [{{name: KEPT_NAME, value: {MARKER}}}]
        livenessProbe: {{httpGet: {{port: 80, httpHeaders: [{{name: Authorization, value: {MARKER}}}]}}}}
        readinessProbe: {{exec: {{command: [check, {MARKER}]}}}}
        lifecycle: {{preStop: {{exec: {{command: [stop, {MARKER}]}}}}}}
"#,
        encoded = base64(MARKER)
    );
    // Client-side apply keeps a copy of the whole object in an annotation, which is one more place to leak from.
    let mut apply = cluster.kubectl().args(["apply", "-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("kubectl");
    apply.stdin.take().expect("a pipe").write_all(manifest.as_bytes()).expect("kubectl reads");
    assert!(apply.wait().expect("kubectl").success());
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |n: u32| char::from(DIGITS[usize::try_from(n & 63).expect("small")]);
    let mut out = String::new();
    for three in text.as_bytes().chunks(3) {
        let n = three.iter().chain([0, 0].iter()).take(3).fold(0_u32, |n, b| n << 8 | u32::from(*b));
        let four = [digit(n >> 18), digit(n >> 12), digit(n >> 6), digit(n)];
        out.extend(&four[..=three.len()]);
        out.extend(std::iter::repeat_n('=', 3 - three.len()));
    }
    out
}

#[test]
fn no_value_gets_into_a_snapshot() {
    let Some(cluster) = shop() else { return };
    let kubectl = cluster.kubectl().args(["get", "secret/hidden", "configmap/hidden", "deploy/hidden", "-n", "ops", "-o", "yaml"]).output();
    let there = String::from_utf8(kubectl.expect("kubectl").stdout).expect("UTF-8");
    assert!(there.contains(MARKER) && there.contains(&base64(MARKER)), "the marker is in the cluster, else this shows nothing: {there}");

    let (folder, archive) = (cluster.path("secret-free"), cluster.path("secret-free.tar.gz"));
    for path in [&folder, &archive] {
        cluster.ask(&["snapshot", path.to_str().expect("UTF-8")]).ok();
    }
    let mut texts: Vec<(String, Vec<u8>)> = Vec::new();
    for entry in fs::read_dir(&folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        texts.push((path.display().to_string(), fs::read(&path).expect("a file")));
    }
    assert!(texts.len() > 10, "{}", texts.len());
    let mut unpacked = Vec::new();
    flate2::read::MultiGzDecoder::new(fs::File::open(&archive).expect("an archive")).read_to_end(&mut unpacked).expect("gzip");
    texts.push(("archive".to_owned(), unpacked));

    let whole = base64(MARKER);
    for (file, bytes) in &texts {
        // Lossy: the needles are ASCII, and what is not text cannot hide them.
        let text = String::from_utf8_lossy(bytes);
        for needle in [MARKER, "hunter2", whole.as_str()] {
            assert!(!text.contains(needle), "{needle} is in {file}");
        }
        assert!(!text.contains("BEGIN CERTIFICATE") && !text.contains("PRIVATE KEY"), "{file}");
    }
    let all = |needle: &str| texts.iter().filter(|(_, bytes)| String::from_utf8_lossy(bytes).contains(needle)).count();
    for key in ["kept-key", "kept-binary", "KEPT_NAME", "tls://192.0.2.1", "kept_plugin"] {
        assert!(all(key) >= 2, "{key} stays, in folder and archive");
    }
}
