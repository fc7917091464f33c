//! What is published, as far as it can be seen beforehand: the workflows, which only GitHub can run, the notes, the package for cargo.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::home::tools;
use super::release::{TAG, complete_manifest, printed};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn workflow(name: &str) -> Value {
    let text = fs::read_to_string(root().join(".github/workflows").join(name)).expect("the workflow");
    serde_saphyr::from_str(&text).expect("YAML")
}

#[test]
fn the_workflows_are_well_formed() {
    let Some(tools) = tools("tests/krew/build") else { return };
    let files = fs::read_dir(root().join(".github/workflows")).expect("workflows").map(|file| file.expect("a file").path());
    printed(Command::new(tools.join("actionlint")).args(files));
}

#[test]
fn a_release_builds_every_platform_that_the_manifest_names() {
    let release = workflow("release.yml");
    let builds = release.pointer("/jobs/build/strategy/matrix/include").and_then(Value::as_array).expect("a matrix");
    let built: BTreeSet<String> = builds.iter().map(|build| build["platform"].as_str().expect("a platform").to_owned()).collect();
    let manifest = complete_manifest();
    let platforms = manifest.pointer("/spec/platforms").and_then(Value::as_array).expect("platforms");
    let named = platforms.iter().map(|item| {
        let [os, arch, uri] =
            ["/selector/matchLabels/os", "/selector/matchLabels/arch", "/uri"].map(|path| item.pointer(path).and_then(Value::as_str));
        let platform = format!("{}_{}", os.expect("an os"), arch.expect("an arch"));
        let archive = Path::new(uri.expect("a URI")).file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        assert!(archive.starts_with(&format!("kubectl-netstore_{platform}.")), "{archive} for {platform}");
        platform
    });
    assert_eq!(built, named.collect());
}

/// Whoever can move a tag of an action decides what we release: only GitHub's own are trusted with that, and krew's bot, which sees no secret.
#[test]
fn actions_of_others_are_pinned() {
    for name in ["ci.yml", "release.yml"] {
        let text = fs::read_to_string(root().join(".github/workflows").join(name)).expect("the workflow");
        for used in text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: ")) {
            let (action, version) = used.split_once('@').expect("a version");
            let commit = version.len() == 40 && version.chars().all(|c| c.is_ascii_hexdigit());
            assert!(commit || action.starts_with("actions/") || action == "rajatjindal/krew-release-bot", "{name}: {used}");
        }
    }
}

#[test]
fn what_is_released_is_told_from_the_changelog() {
    let notes =
        |tag: &str| Command::new(root().join("release/notes")).arg(tag).env_remove("GITHUB_REPOSITORY").output().expect("the script runs");
    assert!(!notes("v0.0.0-none").status.success(), "a version without an entry");
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).expect("the changelog");
    let tag = if changelog.contains(&format!("## [{}]", &TAG[1..])) { TAG } else { "Unreleased" };
    let output = notes(tag);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success() && text.contains("gh attestation verify"), "{text}");
    assert!(!text.contains("\n## "), "another version's changes: {text}");
}

#[test]
fn the_package_for_cargo_has_what_builds_it_and_no_more() {
    let listed = printed(Command::new(env!("CARGO")).args(["package", "--list", "--allow-dirty", "--offline"]).current_dir(root()));
    // Which commit it is made of is only there in a clone.
    let beside: Vec<&str> = listed.lines().filter(|file| !file.starts_with("src/") && *file != ".cargo_vcs_info.json").collect();
    assert_eq!(beside, ["CHANGELOG.md", "Cargo.lock", "Cargo.toml", "Cargo.toml.orig", "LICENSE", "README.md"]);
}
