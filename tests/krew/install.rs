//! What a user of krew does: install, ask, upgrade, uninstall.

use super::home::Home;
use super::release::{TAG, archives, downloads, manifest};
use super::served::served;

#[test]
fn krew_installs_a_manifest_and_an_archive_from_disk() {
    let Some(home) = Home::new() else { return };
    index(&home);
    let file = home.write("netstore.yaml", &manifest(TAG));
    let here = format!("kubectl-netstore_linux_{}.tar.gz", if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" });
    let archive = archives().join(here);
    let words = ["kubectl", "krew", "install", "--manifest", &file.display().to_string(), "--archive", &archive.display().to_string()];
    let said = home.run(&words).ok();
    assert!(said.contains("Installed plugin: netstore"), "{said}");
    is_installed(&home, TAG);

    let said = home.run(&["kubectl", "krew", "uninstall", "netstore"]).ok();
    assert!(said.contains("Uninstalled plugin"), "{said}");
    is_gone(&home);
}

#[test]
fn krew_installs_and_upgrades_from_an_index_of_ones_own() {
    let Some(home) = Home::new() else { return };
    let url = served(archives());
    let publish = |tag: &str| {
        home.write("index/plugins/netstore.yaml", &manifest(tag).replace(&downloads(), &url));
        commit(&home, tag);
    };
    index(&home);
    publish(TAG);
    let said = home.run(&["kubectl", "krew", "install", "ours/netstore"]).ok();
    assert!(said.contains("Installed plugin: netstore") && said.contains("netstore completion"), "{said}");
    is_installed(&home, TAG);
    let found = home.run(&["kubectl", "krew", "search", "netstore"]).ok();
    assert!(found.contains("ours/netstore") && found.contains("Explain NetworkPolicy"), "{found}");

    publish("v999.0.0");
    let said = home.run(&["kubectl", "krew", "upgrade", "netstore"]).ok();
    assert!(said.contains("Upgraded plugin: ours/netstore"), "{said}");
    is_installed(&home, "v999.0.0");
    assert!(!home.path("krew/store/netstore").join(TAG).exists(), "the old version is gone");

    home.run(&["kubectl", "krew", "uninstall", "netstore"]).ok();
    home.run(&["kubectl", "krew", "index", "remove", "ours"]).ok();
    is_gone(&home);
}

/// An index of one's own, empty yet, that krew knows as `ours`: without any, krew would fetch krew-index.
fn index(home: &Home) {
    let folder = home.path("index").display().to_string();
    home.run(&["git", "init", "--quiet", "-b", "main", &folder]).ok();
    home.write("index/README.md", "Plugins that we let people have.\n");
    commit(home, "begin");
    home.run(&["kubectl", "krew", "index", "add", "ours", &folder]).ok();
}

fn commit(home: &Home, message: &str) {
    let folder = home.path("index").display().to_string();
    for words in [&["add", "-A"][..], &["commit", "--quiet", "-m", message]] {
        home.run(&[&["git", "-C", &folder], words].concat()).ok();
    }
}

/// krew has this version, kubectl finds it, and the program, which knows its own version only, runs.
#[track_caller]
fn is_installed(home: &Home, tag: &str) {
    let version = home.run(&["kubectl", "netstore", "version", "--client"]).ok();
    assert!(version.starts_with(&format!("Client Version: {TAG}\n")), "{version}");
    let plugins = home.run(&["kubectl", "plugin", "list"]).ok();
    assert!(plugins.contains("/krew/bin/kubectl-netstore\n"), "{plugins}");
    assert!(!plugins.to_lowercase().contains("warning") && !plugins.contains("error"), "{plugins}");
    let receipt = std::fs::read_to_string(home.path("krew/receipts/netstore.yaml")).expect("krew's receipt");
    assert!(receipt.contains(&format!("  version: {tag}\n")), "{receipt}");
    let files = std::fs::read_dir(home.path("krew/store/netstore").join(tag)).expect("krew's folder for it");
    let mut files: Vec<String> = files.map(|file| file.expect("a file").file_name().into_string().expect("UTF-8")).collect();
    files.sort();
    assert_eq!(files, ["LICENSE", "kubectl-netstore"]);
}

/// Nothing of it is left.
#[track_caller]
fn is_gone(home: &Home) {
    let gone = home.run(&["kubectl", "netstore", "version"]);
    assert_eq!(gone.code, Some(1), "{}", gone.text);
    for left in ["krew/bin/kubectl-netstore", "krew/store/netstore", "krew/receipts/netstore.yaml"] {
        assert!(home.path(left).symlink_metadata().is_err(), "{left} is left");
    }
}
