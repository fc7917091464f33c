//! `pvc-why-pending` as people type it.

use insta::assert_snapshot;

use super::common::Home;

const CLAIMS: &str = "\
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: manual, hostPath: {path: /srv}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop, labels: {app: db}}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}, storageClassName: manual}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: logs, namespace: shop}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 500Mi}}, storageClassName: manual}
";

fn home() -> Home {
    let home = Home::new();
    home.write("claims.yaml", CLAIMS);
    home
}

/// Several calls, one below the other.
fn session(home: &Home, calls: &[&[&str]]) -> String {
    let mut text = String::new();
    for call in calls {
        text += &format!("$ {}\n{}\n\n", call.join(" "), home.run(call));
    }
    text
}

#[test]
fn claims_are_named_listed_and_selected() {
    let home = home();
    assert_snapshot!(
        "claims",
        session(
            &home,
            &[
                &["pvc-why-pending", "-f", "claims.yaml"],
                &["pvc-why-pending", "shop/pvc/logs", "-f", "claims.yaml"],
                &["pvc-why-pending", "pvc/data", "-n", "shop", "--explain", "-f", "claims.yaml"],
                &["pvc-why-pending", "pvc", "data", "logs", "-n", "shop", "-o", "name", "-f", "claims.yaml"],
                &["pvc-why-pending", "-l", "app=db", "-A", "-o", "name", "-f", "claims.yaml"],
                &["pvc-why-pending", "-n", "nowhere", "-f", "claims.yaml"],
            ]
        )
    );
}

#[test]
fn what_cannot_be_meant_is_refused_with_a_hint() {
    let home = home();
    assert_snapshot!(
        "claims_refused",
        session(
            &home,
            &[
                &["pvc-why-pending", "dta", "-n", "shop", "-f", "claims.yaml"],
                &["pvc-why-pending", "data", "-f", "claims.yaml"],
                &["pvc-why-pending", "data", "-A", "-f", "claims.yaml"],
                &["pvc-why-pending", "pod/data", "-f", "claims.yaml"],
                &["pvc-why-pending", "data", "-l", "app=db", "-f", "claims.yaml"],
                &["pvc-why-pending", "-o", "dot", "-f", "claims.yaml"],
                &["storage", "-l", "app=db", "-f", "claims.yaml"],
                &["volumes", "pvc/data", "-n", "shop", "-f", "claims.yaml"],
            ]
        )
    );
}

#[test]
fn what_beginners_write_is_named() {
    let home = Home::new();
    home.write("mode.yaml", &CLAIMS.replacen("storage: 5Gi}}", "storage: 5Gi}}, accessMode: ReadWriteOnce", 1));
    home.write("size.yaml", &CLAIMS.replacen("5Gi", "5GB", 1));
    assert_snapshot!(
        "claims_of_beginners",
        session(&home, &[&["pvc-why-pending", "-f", "mode.yaml"], &["pvc-why-pending", "data", "-n", "shop", "-f", "size.yaml"]])
    );
}

#[test]
fn names_of_claims_are_completed() {
    let home = home();
    assert_eq!(home.run(&["__complete", "-f", "claims.yaml", "pvc-why-pending", "-n", "shop", "d"]), "data\n:4\n[exit 0]");
}

#[test]
fn what_could_not_be_read_is_not_said_to_be_absent() {
    let home = Home::new();
    let unread = ["pods", "persistentvolumeclaims", "persistentvolumes"];
    let coverage: Vec<String> = unread.iter().map(|resource| format!(r#"{{"resource":"{resource}","state":"forbidden"}}"#)).collect();
    let shot = format!(
        r#"{{"apiVersion":"netstore/v1","kind":"Snapshot","formatVersion":1,"tool":"0.1.0","collectedAt":"2026-11-21T12:00:00Z","coverage":[{}]}}"#,
        coverage.join(",")
    );
    std::fs::create_dir(home.path().join("shot")).expect("a folder");
    home.write("shot/snapshot.json", &shot);
    let first_lines = |call: &[&str]| {
        let said = home.run(&[call, &["--from", "shot"]].concat()).to_string();
        let said: Vec<&str> = said.lines().filter(|line| !line.starts_with("Partial answer")).take(1).collect();
        format!("{}: {}", call.join(" "), said.join(""))
    };
    let calls: [&[&str]; 5] = [&["pvc-why-pending", "-A"], &["volumes", "-A"], &["storage"], &["qos", "-A"], &["qos", "namespace/shop"]];
    assert_snapshot!(calls.map(first_lines).join("\n"), @"
    pvc-why-pending -A: There is no claim among what could be read.
    volumes -A: There is no pod among what could be read.
    storage: 0 claims that could be read in all namespaces, 0 volumes that could be read; classes could not be read.
    qos -A: There is no pod among what could be read.
    qos namespace/shop: Namespace shop has 0 pods that could be read.
    ");
}

#[test]
fn files_without_any_driver_say_nothing_of_drivers() {
    let home = Home::new();
    let volume = "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: a}\nspec: {capacity: {storage: 1Gi}, \
                  accessModes: [ReadWriteOnce], csi: {driver: disk.example.com, volumeHandle: a}}\n";
    home.write("volume.yaml", volume);
    let said = home.run(&["storage", "-f", "volume.yaml"]).to_string();
    assert!(said.contains("\ndisk.example.com   unknown "), "{said}");
}
