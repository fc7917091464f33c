//! `dns records` as people type it.

use insta::assert_snapshot;

use super::common::Home;

fn session(calls: &[&[&str]]) -> String {
    let home = Home::new();
    home.write("cluster.yaml", include_str!("../fixtures/dns/records/cluster.yaml"));
    home.write("objects.yaml", include_str!("../fixtures/dns/records/namespace/objects.yaml"));
    home.write("template.yaml", include_str!("../fixtures/dns/records/template/objects.yaml"));
    let files = ["-n", "shop", "-f", "cluster.yaml", "-f", "objects.yaml", "-f", "template.yaml"];
    let run = |call: &&[&str]| home.run(&[&["dns", "records"], *call, &files[..]].concat());
    calls.iter().map(|call| format!("$ dns records {}\n{}\n\n", call.join(" "), run(call))).collect()
}

#[test]
fn names_are_those_of_services_workloads_and_namespaces() {
    assert_snapshot!(
        "records",
        session(
            &[&["svc/web"], &["svc", "web", "-o", "wide"], &["svc/out"], &["sts/db"], &["namespace/shop"], &["svc/web", "-o", "json"],]
        )
    );
}

#[test]
fn what_has_no_names_and_what_is_not_there_is_refused_with_a_hint() {
    assert_snapshot!(
        "records_refused",
        session(&[
            &[],
            &["svc/wep"],
            &["web"],
            &["svc/web:80"],
            &["10.96.0.5"],
            &["namespace/nosuch"],
            &["-l", "app=db", "svc/web"],
            &["svc/web", "-o", "name"],
        ])
    );
}
