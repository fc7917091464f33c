//! A webhook that adds a container to each pod: it is told from the others, its doing is said, and what speaks against a change.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use super::super::cluster::Cluster;
use super::{cluster, make_namespaces, object, workload};

/// What it does to every pod.
const PATCH: &str = r#"[{"op":"add","path":"/spec/containers/-","value":{"name":"proxy","image":"example.com/proxy:1","resources":{"requests":{"cpu":"10m","memory":"16Mi"}}}}]"#;

/// Runs openssl, which the certificates of the cluster are made with, too.
fn openssl(cluster: &Cluster, args: &str, input: &str) -> String {
    let mut command = Command::new("openssl");
    command.args(args.split(' ')).current_dir(cluster.path("")).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("openssl");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("an end");
    assert!(output.status.success(), "openssl {args}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Serves until the process ends; says where, and whom to trust.
fn serve(cluster: &Cluster) -> (u16, String) {
    let make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout webhook.key -out webhook.crt -days 1 \
                -subj /CN=webhook -addext subjectAltName=IP:127.0.0.1";
    openssl(cluster, make, "");
    let certificates = CertificateDer::pem_file_iter(cluster.path("webhook.crt")).expect("a file");
    let certificates = certificates.collect::<Result<Vec<_>, _>>().expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(cluster.path("webhook.key")).expect("a key");
    let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("versions").with_no_client_auth();
    let config = Arc::new(builder.with_single_cert(certificates, key).expect("a pair"));
    let patch = openssl(cluster, "base64 -A", PATCH);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, patch) = (config.clone(), patch.clone());
            // Whoever hangs up early is asked again by nobody.
            std::thread::spawn(move || answer(stream, config, &patch));
        }
    });
    (port, openssl(cluster, "base64 -A -in webhook.crt", ""))
}

/// One request, one response.
fn answer(stream: TcpStream, config: Arc<ServerConfig>, patch: &str) -> std::io::Result<()> {
    let mut stream = StreamOwned::new(ServerConnection::new(config).map_err(std::io::Error::other)?, stream);
    let mut request = Vec::new();
    let body = loop {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer)?;
        request.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok());
        if count == 0 || length.is_some_and(|length| body.len() >= length) {
            break body.to_owned();
        }
    };
    let review: Value = serde_json::from_str(&body)?;
    let response = json!({"uid": review["request"]["uid"], "allowed": true, "patchType": "JSONPatch", "patch": patch});
    let review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}).to_string();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
    write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{review}", review.len())?;
    stream.conn.send_close_notify();
    stream.flush()
}

#[test]
fn a_container_that_a_webhook_adds_is_told_with_what_it_does_to_the_class() {
    let Some((cluster, api)) = cluster() else { return };
    make_namespaces(api, &["injected".to_owned()]);
    let (port, authority) = serve(cluster);
    let mut webhook: Value = serde_saphyr::from_str(
        "{apiVersion: admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration, metadata: {name: injector}, webhooks: [{\
         name: injector.example.com, admissionReviewVersions: [v1], sideEffects: None, failurePolicy: Fail, \
         namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: injected}}, \
         rules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}]}",
    )
    .expect("a configuration");
    webhook["webhooks"][0]["clientConfig"] = json!({"url": format!("https://127.0.0.1:{port}/"), "caBundle": authority});
    api.create(&[webhook]);
    // The API server hears of it a little later.
    api.until(|api| {
        let probe = object(
            "injected",
            "{apiVersion: v1, kind: Pod, metadata: {generateName: probe-}, spec: {schedulerName: nobody, containers: [{name: a, image: i}]}}",
        );
        let pod = api.create(&[probe]).remove(0);
        if pod["spec"]["containers"][1]["name"] == "proxy" { Ok(()) } else { Err(format!("not injected: {pod}")) }
    });
    let sets = [
        ("even", "{limits: {cpu: 1, memory: 1Gi}}"),
        ("by-containers", "{requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1, memory: 2Gi}}"),
        ("tight", "{requests: {cpu: 1, memory: 1Gi}}"),
        ("roomy", "{requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 1, memory: 1Gi}}"),
    ];
    let set = |(name, resources): (&str, &str)| {
        let resources: Value = serde_saphyr::from_str(resources).expect("resources");
        let containers = json!([{"name": "web", "image": "example.com/web:1", "resources": resources}]);
        workload("StatefulSet", "injected", name, &json!({"terminationGracePeriodSeconds": 0, "containers": containers}))
    };
    api.create(&sets.map(set));
    let class = |api: &super::Api, name: &str| -> Option<(String, String)> {
        let pods = api.list("/api/v1/namespaces/injected/pods");
        let pod = pods.iter().find(|pod| pod["metadata"]["name"] == format!("{name}-0"))?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Some((text(&pod["status"]["qosClass"]), text(&pod["metadata"]["uid"])))
    };
    let before = sets.map(|(name, _)| api.until(|api| class(api, name).ok_or_else(|| format!("{name} has no pod"))));
    assert!(before.iter().all(|(class, _)| class == "Burstable"), "{before:?}");

    let names = sets.map(|(name, _)| format!("sts/{name}"));
    let names = names.each_ref().map(String::as_str);
    let told = cluster.ask(&[&["qos", "-n", "injected", "--want", "Guaranteed", "-o", "json"], &names[..]].concat()).json();
    let pod = super::find(&told, "Pod", "injected", "even-0").expect("its pod");
    assert_eq!(
        (&pod["class"], &pod["computedClass"], &pod["decidedBy"]["container"]),
        (&json!("Burstable"), &json!("Burstable"), &json!("proxy"))
    );
    let source = |name: &str, field: &str| {
        let containers = pod["containers"].as_array().expect("containers");
        containers.iter().find(|container| container["name"] == name).expect("it")["resources"]["cpu"][field]["from"].clone()
    };
    assert_eq!((source("proxy", "requestSource"), source("proxy", "limitSource")), (json!("webhook"), Value::Null));
    assert_eq!((source("web", "requestSource"), source("web", "limitSource")), (json!("limit"), json!("spec")));
    let findings = told["findings"].as_array().expect("a list");
    let lost = findings.iter().find(|finding| finding["code"] == "QS-C01").unwrap_or_else(|| panic!("{findings:#?}"));
    let said = "StatefulSet even: only container proxy keeps it from Guaranteed: it requests 10m cpu and has no limit; the other container is even";
    assert_eq!(lost["message"], said);

    // Nothing is promised of the template that its pods do not keep.
    let patch = |name: &str| super::find(&told, "StatefulSet", "injected", name).expect("its template")["patch"].clone();
    let note = "the template is Guaranteed as it is, but container proxy, which a webhook adds, keeps its pods from being Guaranteed: its resources \
                are set where it is";
    assert_eq!((&patch("even")["already"], &patch("even")["note"]), (&json!(false), &json!(note)));
    let way = |name: &str, manner: &str| {
        let patch = patch(name);
        patch["ways"].as_array().expect("ways").iter().find(|way| way["manner"] == manner).unwrap_or_else(|| panic!("{patch:#}")).clone()
    };
    let go = |way: &Value| cluster.paste(way["command"].as_str().expect("a command")).ok();
    let [by_containers, roomy] = [way("by-containers", "raiseRequests"), way("roomy", "podLevel")];
    for (way, says) in [
        (&way("even", "podLevel"), None),
        (
            &by_containers,
            Some("container proxy, which a webhook adds, keeps its pods from being Guaranteed: its resources are set where it is"),
        ),
        // Numbers of the pod as a whole hold what the webhook adds.
        (&way("tight", "podLevel"), None),
        (&roomy, None),
    ] {
        assert_eq!(way["breaks"][0]["message"].as_str(), says, "{way:#}");
        go(way);
    }
    for (at, name, wanted) in
        [(0, "even", "Guaranteed"), (1, "by-containers", "Burstable"), (2, "tight", "Guaranteed"), (3, "roomy", "Guaranteed")]
    {
        let is = api.until(|api| class(api, name).filter(|(_, uid)| *uid != before[at].1).ok_or_else(|| format!("no new pod of {name}")));
        assert_eq!(is.0, wanted, "{name}");
    }
}
