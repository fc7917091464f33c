//! What krew-index asks of a manifest that is proposed to it: ours has it, and each rule refuses what breaks it.

use std::process::Command;

use serde_json::{Value, json};

use super::home::{Home, tools};
use super::release::{TAG, archives, complete_manifest, downloads, manifest};
use super::rules::broken;
use super::served::served;

/// A rule, whether krew-index checks it by a program (or its reviewers do by eye), and what breaks it.
type Breach = (&'static str, bool, fn(&mut Value));

/// One and the other way to break each rule. The file stays `netstore.yaml`.
const BREACHES: &[Breach] = &[
    ("apiVersion is that of krew", true, |m| m["apiVersion"] = json!("krew.googlecontainertools.github.com/v1alpha1")),
    ("kind is Plugin", true, |m| m["kind"] = json!("Pod")),
    ("the file is named after the plugin", true, |m| m["metadata"]["name"] = json!("net-store")),
    ("the version is v and three numbers", true, |m| m["spec"]["version"] = json!("1.2.3")),
    ("the version is v and three numbers", true, |m| m["spec"]["version"] = json!("v1.2")),
    ("the version is v and three numbers", true, |m| m["spec"]["version"] = json!("v1.02.3")),
    ("the version is v and three numbers", true, |m| m["spec"]["version"] = json!("")),
    ("there is a short description", true, |m| m["spec"]["shortDescription"] = json!("")),
    ("the short description is one line", true, |m| m["spec"]["shortDescription"] = json!("Two\nlines")),
    ("the short description has at most 50 characters", false, |m| m["spec"]["shortDescription"] = json!("x".repeat(51))),
    ("the description fits 80 columns", false, |m| m["spec"]["description"] = json!("x".repeat(81))),
    ("there are platforms", true, |m| m["spec"]["platforms"] = json!([])),
    ("each platform has a URI", true, |m| m["spec"]["platforms"][5]["uri"] = json!("")),
    ("each sum is SHA-256 in small letters", true, |m| m["spec"]["platforms"][0]["sha256"] = json!("")),
    ("each sum is SHA-256 in small letters", true, |m| m["spec"]["platforms"][0]["sha256"] = json!("A".repeat(64))),
    ("each sum is SHA-256 in small letters", true, |m| m["spec"]["platforms"][0]["sha256"] = json!("a".repeat(63))),
    ("each platform has a binary", true, |m| m["spec"]["platforms"][3]["bin"] = json!("")),
    ("no platform lists files", true, |m| m["spec"]["platforms"][1]["files"] = json!([])),
    ("no platform lists files", true, |m| m["spec"]["platforms"][1]["files"] = json!([{"from": "*"}])),
    ("selectors ask for os and arch", true, |m| m["spec"]["platforms"][2]["selector"]["matchLabels"]["libc"] = json!("musl")),
    ("each selector chooses a platform of krew", true, |m| m["spec"]["platforms"][0]["selector"]["matchLabels"]["arch"] = json!("mips")),
    ("no two selectors choose the same platform", true, |m| m["spec"]["platforms"][1]["selector"]["matchLabels"]["arch"] = json!("amd64")),
];

#[test]
fn the_manifest_keeps_every_rule() {
    assert_eq!(broken("netstore.yaml", &complete_manifest()), Vec::<&str>::new());
    assert_eq!(broken("netstore.yml", &complete_manifest()), ["the file is named after the plugin"]);
}

#[test]
fn each_rule_refuses_what_breaks_it() {
    for (rule, _, break_it) in BREACHES {
        let mut manifest = complete_manifest();
        break_it(&mut manifest);
        assert_eq!(broken("netstore.yaml", &manifest), [*rule], "{manifest:#}");
    }
    let mut manifest = complete_manifest();
    for (name, rule) in [
        ("Netstore", "the name is in small letters, digits and dashes"),
        ("NUL", "the name can be a file's anywhere"),
        ("com1", "the name can be a file's anywhere"),
    ] {
        manifest["metadata"]["name"] = json!(name);
        assert!(broken(&format!("{name}.yaml"), &manifest).contains(&rule), "{name}");
    }
    manifest = complete_manifest();
    for selector in [json!(null), json!({}), json!({"matchLabels": {}})] {
        manifest["spec"]["platforms"][0]["selector"] = selector;
        assert!(broken("netstore.yaml", &manifest).contains(&"selectors ask for os and arch"), "{manifest:#}");
    }
}

/// The program that krew-index runs says the same of every breach as ours.
#[test]
fn our_rules_are_those_of_krew_index() {
    let Some(tools) = tools("tests/krew/build") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("netstore.yaml");
    let accepts = |manifest: &Value| {
        std::fs::write(&file, manifest.to_string()).expect("the manifest can be written");
        let mut check = Command::new(tools.join("validate-krew-manifest"));
        check.arg("-skip-install").arg("-manifest").arg(&file).output().expect("the check runs").status.success()
    };
    assert!(accepts(&complete_manifest()));
    for (rule, by_program, break_it) in BREACHES {
        let mut manifest = complete_manifest();
        break_it(&mut manifest);
        assert_eq!(accepts(&manifest), !by_program, "{rule}: {manifest:#}");
    }
}

/// krew-index really installs every platform that a manifest names, and looks for the licence.
#[test]
fn krew_index_installs_every_platform() {
    let Some(home) = Home::new() else { return };
    let text = manifest(TAG).replace(&downloads(), &served(archives()));
    let file = home.write("plugins/netstore.yaml", &text).display().to_string();
    let said = home.run(&["validate-krew-manifest", "-manifest", &file]).ok();
    assert!(said.contains("spec.platforms installed fine"), "{said}");
}
