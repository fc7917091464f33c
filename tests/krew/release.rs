//! A release to install: archives, and the manifest that goes with them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// Who publishes it here.
pub const REPOSITORY: &str = "owner/repository";

/// What a URL of an archive begins with.
pub fn downloads() -> String {
    format!("https://github.com/{REPOSITORY}/releases/download/")
}

/// The version in Cargo.toml, as tags are written.
pub const TAG: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// Runs a command to its end, which must be a good one; what it printed.
#[track_caller]
pub fn printed(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let [stdout, stderr] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8"));
    assert!(status.success(), "{command:?}\n{stdout}{stderr}{status}");
    stdout
}

fn script(name: &str) -> Command {
    Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("release").join(name))
}

/// The archives to install: those that somebody named, or of the development build, with a stand-in for platforms that are not this one.
pub fn archives() -> &'static Path {
    static ARCHIVES: OnceLock<PathBuf> = OnceLock::new();
    ARCHIVES.get_or_init(|| std::env::var_os("NETSTORE_ARCHIVES").map_or_else(pack, PathBuf::from))
}

fn pack() -> PathBuf {
    // Kept for the life of the process, and so of the machine's temporary files: statics are never dropped.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("krew");
    let (binaries, archives) = (folder.join("binaries"), folder.join("archives"));
    let here = format!("linux_{}", if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" });
    for platform in ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64", "windows_arm64"] {
        let binary =
            binaries.join(platform).join(if platform.starts_with("windows") { "kubectl-netstore.exe" } else { "kubectl-netstore" });
        fs::create_dir_all(binary.parent().expect("a folder")).expect("the folder can be made");
        if platform == here {
            // Most of a development build are names for debuggers.
            printed(Command::new("strip").arg("-o").arg(&binary).arg(assert_cmd::cargo::cargo_bin!("kubectl-netstore")));
        } else {
            fs::write(&binary, "a stand-in\n").expect("the stand-in can be written");
        }
    }
    printed(script("pack").arg(&binaries).arg(&archives));
    archives
}

/// The manifest of a release of these archives.
pub fn manifest(tag: &str) -> String {
    printed(script("manifest").args(["--partial", REPOSITORY, tag]).arg(archives()))
}

/// The manifest of a release with all archives, of which this knows the names only, read as krew reads it.
pub fn complete_manifest() -> Value {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let template = include_str!("../../krew/netstore.yaml");
    let names: Vec<&str> = template.split("{{ .TagName }}/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    for name in &names {
        fs::write(folder.path().join(name), name).expect("the archive can be written");
    }
    let text = printed(script("manifest").args([REPOSITORY, TAG]).arg(folder.path()));
    serde_saphyr::from_str(&text).expect("YAML")
}
