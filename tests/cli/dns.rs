//! `dns POD NAME` as people type it.

use insta::assert_snapshot;

use super::common::Home;

const PODS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      hostAliases: [{ip: 192.0.2.7, hostnames: [legacy]}]
      containers: [{name: main, image: 'nginx:alpine'}]
---
apiVersion: v1
kind: Pod
metadata: {name: verify, namespace: shop, labels: {app: odd}}
spec: {hostNetwork: true, containers: [{name: main, image: a}]}
";

fn session(calls: &[&[&str]]) -> String {
    let home = Home::new();
    home.write("pods.yaml", PODS);
    home.write("cluster.yaml", include_str!("../fixtures/dns/pod/cluster.yaml"));
    let run = |call: &&[&str]| home.run(&[call, &["-n", "shop", "-f", "pods.yaml", "-f", "cluster.yaml"][..]].concat());
    calls.iter().map(|call| format!("$ {}\n{}\n\n", call.join(" ").replace('\u{1b}', "^["), run(call))).collect()
}

#[test]
fn names_are_looked_up_in_pods_and_templates() {
    assert_snapshot!(
        "dns",
        session(&[
            &["dns", "deploy/web", "payments"],
            &["dns", "deploy", "web", "db.prod", "--libc", "musl", "--type", "A"],
            &["dns", "-l", "app=odd", "payments.shop"],
            &["dns", "deploy/web", "legacy", "-o", "wide"],
            &["dns", "pod/verify", "payments", "--libc", "glibc", "-o", "json"],
            &["dns", "deploy/web", "Payments.SHOP.svc.cluster.local.", "--type", "aaaa"],
            &["dns", "deploy/web", "_sip._tcp.payments.shop.svc.cluster.local.", "--libc", "go"],
            &["dns", "deploy/web", "xn--bcher-kva.example", "--libc", "go"],
        ])
    );
}

#[test]
fn what_is_no_name_and_who_asks_for_none_is_refused_with_a_hint() {
    let long = format!("{}.example", "a".repeat(64));
    assert_snapshot!(
        "dns_refused",
        session(&[
            &["dns"],
            &["dns", "deploy/web"],
            &["dns", "svc/payments", "payments"],
            &["dns", "ns/shop", "payments"],
            &["dns", "web:80", "payments"],
            &["dns", "deploy/wep", "payments"],
            &["dns", "deploy/web", ""],
            &["dns", "deploy/web", "a..b"],
            &["dns", "deploy/web", "b\u{fc}cher.example"],
            &["dns", "deploy/web", "a\u{1b}[2Jb"],
            &["dns", "deploy/web", &long],
            &["dns", "deploy/web", "10.96.0.1"],
            &["dns", "deploy/web", "."],
            &["dns", "deploy/web", "payments", "--libc", "bionic"],
            &["dns", "deploy/web", "payments", "-o", "name"],
        ])
    );
}

#[test]
fn exit_codes_say_whether_it_resolves() {
    let home = Home::new();
    home.write("pods.yaml", PODS);
    home.write("cluster.yaml", include_str!("../fixtures/dns/pod/cluster.yaml"));
    let end = |args: &[&str]| {
        let said = home.run(&[&["dns"], args, &["-n", "shop", "-f", "pods.yaml", "-f", "cluster.yaml"][..]].concat());
        said.lines().last().unwrap_or_default().to_owned()
    };
    for (args, wanted) in [
        (&["deploy/web", "payments"][..], "[exit 0]"),
        (&["deploy/web", "payments.nowhere.svc.cluster.local."], "[exit 0]"),
        (&["-q", "deploy/web", "payments"], "[exit 0]"),
        (&["-q", "deploy/web", "payments.nowhere.svc.cluster.local."], "[exit 3]"),
        (&["--exit-code", "deploy/web", "payments.nowhere.svc.cluster.local."], "[exit 3]"),
        (&["-q", "deploy/web", "www.example.org"], "[exit 4]"),
        (&["-q", "deploy/web", "a..b"], "[exit 2]"),
    ] {
        assert_eq!(end(args), wanted, "{args:?}");
    }
}

/// Of a recorded cluster: what must hold of the shop that is well, and of codes for scripts.
#[test]
fn the_doctor_says_how_it_is_and_ends_with_a_code() {
    let home = Home::new();
    let shop = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shop");
    home.write("cut.yaml", include_str!("../fixtures/dns/doctor/D13/objects.yaml"));
    home.write("healthy.yaml", include_str!("../fixtures/dns/doctor/healthy/objects.yaml"));
    let calls: [&[&str]; 9] = [
        &["dns", "doctor", "-n", "shop", "-f", "cut.yaml"],
        &["dns", "doctor", "web", "-n", "shop", "-f", "cut.yaml", "--exit-code"],
        &["dns", "doctor", "-n", "shop", "-f", "healthy.yaml", "-q"],
        &["dns", "doctor", "pod", "web", "-n", "shop", "-f", "healthy.yaml", "-o", "yaml"],
        &["dns", "doctor", "nobody", "-n", "shop", "-f", "healthy.yaml"],
        &["dns", "doctor", "svc/kube-dns", "-n", "kube-system", "-f", "healthy.yaml"],
        &["dns", "doctor", "-n", "shop", "-f", "cut.yaml", "-o", "csv"],
        &["dns", "doctor", "-n", "shpo", "--from", shop],
        &["dns", "doctor", "-A", "-q", "--from", shop],
    ];
    let told: String = calls.iter().map(|call| format!("$ {}\n{}\n\n", call.join(" ").replace(shop, "SHOP"), home.run(call))).collect();
    assert_snapshot!("dns-doctor", told);
}
