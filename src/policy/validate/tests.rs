//! One table a rule: what is accepted, what is refused, and where.

use serde_json::{Value, json};

use super::*;

fn policy(spec: Value) -> NetworkPolicy {
    serde_json::from_value(json!({"metadata": {"name": "p", "namespace": "ns"}, "spec": spec})).unwrap()
}

/// The refusals as Kubernetes prints them.
fn refused(spec: Value) -> Vec<String> {
    refusals(&policy(spec)).into_iter().map(|r| format!("{}: {}", r.field, r.reason)).collect()
}

fn port(port: Value) -> Vec<String> {
    refused(json!({"ingress": [{}, {"ports": [port]}]})).into_iter().map(|r| r.replace("spec.ingress[1].ports[0]", "")).collect()
}

fn peer(peer: Value) -> Vec<String> {
    refused(json!({"egress": [{"to": [peer]}]})).into_iter().map(|r| r.replace("spec.egress[0].to[0]", "")).collect()
}

fn block(cidr: &str, except: &[&str]) -> Vec<String> {
    peer(json!({"ipBlock": {"cidr": cidr, "except": except}})).into_iter().map(|r| r.replace(".ipBlock", "")).collect()
}

fn requirement(value: Value) -> Vec<String> {
    let all = refused(json!({"podSelector": {"matchExpressions": [value]}}));
    all.into_iter().map(|r| r.replace("spec.podSelector.matchExpressions[0]", "")).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn valid_policies_pass() {
    let spec = json!({
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "web", "empty": ""}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{}, {"from": [{"podSelector": {}}, {"namespaceSelector": {}, "podSelector": {}}], "ports": [{}, {"port": "http"}]}],
        "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}], "ports": [{"port": 1, "endPort": 65535, "protocol": "SCTP"}]}],
    });
    assert_eq!(refused(spec), NONE);
    assert_eq!(refused(json!({})), NONE);
    assert_eq!(refused(json!({"policyTypes": []})), NONE);
}

#[test]
fn names() {
    let name = |name: &str| {
        let mut policy = policy(json!({}));
        name.clone_into(&mut policy.metadata.name);
        refusals(&policy).into_iter().map(|r| r.field).collect::<Vec<_>>()
    };
    for good in ["a", "a.b-c.1", "1", &"a".repeat(253)] {
        assert_eq!(name(good), NONE, "{good}");
    }
    for bad in ["", "A", "a_b", "-a", "a-", "a..b", ".a", "a b", "ä", "a\u{1b}[31m", "${NAME}", &"a".repeat(254)] {
        assert_eq!(name(bad), ["metadata.name"], "{bad}");
    }
    let mut policy = policy(json!({}));
    policy.metadata.namespace = "a.b".to_owned();
    assert_eq!(refusals(&policy).first().map(|r| r.field.as_str()), Some("metadata.namespace"));
    let meta = |name: &str| Meta { name: name.to_owned(), ..Meta::default() };
    assert_eq!(metadata_refusals(Resource::Namespaces, &meta("a.b")).len(), 1);
    assert_eq!(metadata_refusals(Resource::Pods, &meta("a.b")).len(), 0);
}

#[test]
fn protocols() {
    for good in ["TCP", "UDP", "SCTP"] {
        assert_eq!(port(json!({"protocol": good})), NONE);
    }
    assert_eq!(port(json!({"protocol": "tcp"})), [r#".protocol: Unsupported value: "tcp": supported values: "TCP", "UDP", "SCTP""#]);
    assert_eq!(port(json!({"protocol": "ICMP"})).len(), 1);
    assert_eq!(port(json!({"protocol": ""})).len(), 1);
}

#[test]
fn port_numbers() {
    for good in [1, 80, 65535] {
        assert_eq!(port(json!({"port": good})), NONE);
    }
    for bad in [0, -1, 65536, 2_147_483_647] {
        assert_eq!(port(json!({"port": bad})), [format!(".port: Invalid value: {bad}: must be between 1 and 65535, inclusive")]);
    }
}

#[test]
fn port_names() {
    for good in ["http", "a", "1a", "web-8080", "abcdefghijklmno"] {
        assert_eq!(port(json!({"port": good})), NONE, "{good}");
    }
    for (bad, reasons) in [
        ("", 2),
        ("80", 1),
        ("HTTP", 2),
        ("Http", 1),
        ("a_b", 1),
        ("a--b", 1),
        ("-a", 1),
        ("a-", 1),
        ("abcdefghijklmnop", 1),
        ("-", 2),
        ("--", 3),
        ("8080-8090", 1),
    ] {
        assert_eq!(port(json!({"port": bad})).len(), reasons, "{bad}: {:?}", port(json!({"port": bad})));
    }
    assert_eq!(port(json!({"port": "80"})), [r#".port: Invalid value: "80": must contain at least one letter (a-z)"#]);
}

#[test]
fn end_ports() {
    assert_eq!(port(json!({"port": 80, "endPort": 80})), NONE);
    assert_eq!(port(json!({"port": 80, "endPort": 79})), [".endPort: Invalid value: 80: must be greater than or equal to `port`"]);
    assert_eq!(port(json!({"port": 80, "endPort": 65536})), [".endPort: Invalid value: 65536: must be between 1 and 65535, inclusive"]);
    assert_eq!(port(json!({"port": 80, "endPort": 0})).len(), 2);
    assert_eq!(
        port(json!({"port": "http", "endPort": 90})),
        [".endPort: Invalid value: 90: may not be specified when `port` is non-numeric"]
    );
    assert_eq!(port(json!({"endPort": 90})), [".endPort: Invalid value: 90: may not be specified when `port` is not specified"]);
}

#[test]
fn peers() {
    assert_eq!(peer(json!({})), [": Required value: must specify a peer"]);
    assert_eq!(peer(json!({"podSelector": null})), [": Required value: must specify a peer"]);
    for selector in ["podSelector", "namespaceSelector"] {
        assert_eq!(peer(json!({selector: {}})), NONE);
        let both = peer(json!({selector: {}, "ipBlock": {"cidr": "10.0.0.0/8"}}));
        assert_eq!(both, [": Forbidden: may not specify both ipBlock and another peer"]);
    }
    let everything = peer(json!({"namespaceSelector": {"matchLabels": {"a": "b c"}}, "podSelector": {"matchLabels": {"/": "x"}}}));
    assert!(everything.iter().any(|r| r.starts_with(".namespaceSelector.matchLabels: ")), "{everything:?}");
    assert!(everything.iter().any(|r| r.starts_with(".podSelector.matchLabels: ")), "{everything:?}");
}

#[test]
fn cidrs() {
    for good in ["10.0.0.0/8", "192.168.242.213/24", "0.0.0.0/0", "::/0", "2001:db8::1/64", "1.2.3.4/32"] {
        assert_eq!(block(good, &[]), NONE, "{good}");
    }
    for bad in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "::/129", "x/8", "10.0.0.0/-1", " 10.0.0.0/8", "10.0.0.0/8 ", "/8"] {
        let want = format!(".cidr: Invalid value: \"{bad}\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
        assert_eq!(block(bad, &["10.0.0.0/8"]), [want], "{bad}");
    }
    for bad in ["010.0.0.0/8", "10.0.0.0/08"] {
        assert_eq!(block(bad, &[]), [format!(".cidr: Invalid value: \"{bad}\": must not have leading 0s in IP or prefix length")]);
    }
    assert_eq!(block("", &[]), [".cidr: Required value"]);
}

#[test]
fn exceptions() {
    assert_eq!(block("10.0.0.0/8", &["10.1.0.0/16", "10.2.3.4/9"]), NONE);
    assert_eq!(block("2001:db8::/32", &["2001:db8:1::/48"]), NONE);
    for bad in ["10.0.0.0/8", "10.0.0.0/7", "11.0.0.0/16", "::/64"] {
        assert_eq!(block("10.0.0.0/8", &[bad]), [format!(".except[0]: Invalid value: \"{bad}\": must be a strict subset of `cidr`")]);
    }
    assert_eq!(block("10.0.0.0/8", &["10.1.0.0/16", "10.1.0.1"]).len(), 1);
    assert_eq!(block("::/0", &["::ffff:10.0.0.0/104"]).len(), 1);
    assert_eq!(block("::ffff:0:0/96", &["::ffff:10.0.0.0/104"]), NONE);
}

#[test]
fn selector_operators() {
    for (operator, values) in [("In", json!(["a"])), ("NotIn", json!(["a", ""])), ("Exists", json!([])), ("DoesNotExist", json!(null))] {
        assert_eq!(requirement(json!({"key": "k", "operator": operator, "values": values})), NONE, "{operator}");
    }
    for operator in ["In", "NotIn"] {
        let want = ".values: Required value: must be specified when `operator` is 'In' or 'NotIn'";
        assert_eq!(requirement(json!({"key": "k", "operator": operator})), [want]);
    }
    for operator in ["Exists", "DoesNotExist"] {
        let want = ".values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        assert_eq!(requirement(json!({"key": "k", "operator": operator, "values": ["a"]})), [want]);
    }
    for operator in ["", "in", "Equals", "Gt"] {
        let want = format!(".operator: Invalid value: \"{operator}\": not a valid selector operator");
        assert_eq!(requirement(json!({"key": "k", "operator": operator})), [want]);
    }
}

#[test]
fn label_keys() {
    let key = |key: &str| requirement(json!({"key": key, "operator": "Exists"}));
    for good in ["a", "A.b_c-1", "example.com/a", "kubernetes.io/metadata.name", &"a".repeat(63)] {
        assert_eq!(key(good), NONE, "{good}");
    }
    for bad in ["", "-a", "a-", "a b", "/a", "a/", "a/b/c", "Example.com/a", "a\n", &"a".repeat(64), &format!("{}/a", "a".repeat(254))] {
        let got = key(bad);
        assert!(!got.is_empty() && got.iter().all(|r| r.starts_with(".key: Invalid value: ")), "{bad}: {got:?}");
    }
}

#[test]
fn label_values() {
    let value = |value: &str| requirement(json!({"key": "k", "operator": "In", "values": ["ok", value]}));
    for good in ["", "a", "A.b_c-1", &"a".repeat(63)] {
        assert_eq!(value(good), NONE, "{good}");
    }
    for bad in ["-a", "a-", "a b", "a/b", "\u{1b}[31m", &"a".repeat(64)] {
        let got = value(bad);
        assert!(got.len() == 1 && got[0].starts_with(".values[1]: Invalid value: "), "{bad}: {got:?}");
    }
    assert_eq!(refused(json!({"podSelector": {"matchLabels": {"a": "b c"}}})).len(), 1);
}

#[test]
fn policy_types() {
    for good in [json!(["Ingress"]), json!(["Egress"]), json!(["Ingress", "Ingress"]), json!(null)] {
        assert_eq!(refused(json!({"policyTypes": good})), NONE);
    }
    assert_eq!(
        refused(json!({"policyTypes": ["Ingress", "egress"]})),
        [r#"spec.policyTypes[1]: Unsupported value: "egress": supported values: "Ingress", "Egress""#]
    );
    assert_eq!(
        refused(json!({"policyTypes": ["Ingress", "Egress", "x"]})),
        [r#"spec.policyTypes: Invalid value: ["Ingress","Egress","x"]: may not specify more than two policyTypes"#]
    );
}

#[test]
fn several_faults_are_all_named_in_order() {
    let fields: Vec<String> = refusals(&policy(json!({
        "podSelector": {"matchLabels": {"a": " "}},
        "policyTypes": ["x"],
        "ingress": [{"from": [{}], "ports": [{"port": 0}]}],
        "egress": [{"to": [{"ipBlock": {"cidr": "x"}}]}],
    })))
    .into_iter()
    .map(|r| r.field)
    .collect();
    let want = [
        "spec.podSelector.matchLabels",
        "spec.ingress[0].ports[0].port",
        "spec.ingress[0].from[0]",
        "spec.egress[0].to[0].ipBlock.cidr",
        "spec.policyTypes[0]",
    ];
    assert_eq!(fields, want);
}
