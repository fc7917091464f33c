//! `probe` as people type it: what is refused before any cluster is asked.

use insta::assert_snapshot;

use super::common::Home;

#[test]
fn what_cannot_be_probed_is_refused_with_a_hint() {
    let home = Home::new();
    home.write(
        "web.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {containers: [{name: c, image: a}]}\n",
    );
    let calls: [&[&str]; 17] = [
        &["probe"],
        &["probe", "web"],
        &["probe", "web", "svc/payments:443", "-f", "web.yaml"],
        &["probe", "web", "svc/payments:443", "--from", "recorded"],
        &["probe", "svc/payments", "pod/web"],
        &["probe", "ns/shop", "pod/web"],
        &["probe", "10.0.0.1", "pod/web"],
        &["probe", "web:80", "pod/db"],
        &["probe", "web", "https://me:secret@db.example.com/"],
        &["probe", "web", "https://db.example.com:none/"],
        &["probe", "web", "https://db.example.com/a b"],
        &["probe", "web", "dns/a,b"],
        &["probe", "web", "db..example.com:80"],
        &["probe", "web", "db.example.com:none at all"],
        &["probe", "--as-labels", "app", "svc/payments"],
        &["probe", "--as-labels", "app=-", "svc/payments"],
        &["probe", "web", "svc/payments", "-o", "dot"],
    ];
    let session: String = calls.iter().map(|call| format!("$ {}\n{}\n\n", call.join(" "), home.run(call))).collect();
    assert_snapshot!("probe_refused", session);
}
