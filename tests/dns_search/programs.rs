//! The programs of `tests/resolvers`, in a network of their own with a server that answers them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Set in the process that has a network of its own: where the programs are.
const INSIDE: &str = "NETSTORE_DNS_INSIDE";

/// The programs, if they can be made and run here; a reason if they cannot.
fn programs() -> Result<PathBuf, String> {
    let output = Command::new("bash").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/resolvers/build")).output();
    let output = output.map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let may = Command::new("unshare").args(["--net", "--mount", "--uts", "ip", "link", "set", "lo", "up"]).output();
    let may = may.map_err(|error| error.to_string())?;
    if !may.status.success() {
        return Err(format!("no network of its own: {}", String::from_utf8_lossy(&may.stderr)));
    }
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

/// Runs the test of this name once more, in a network of its own: there `compare` gets the programs and must print what is said.
///
/// Where there is no root, or no compiler for the programs, this passes and says so, unless `CI` is set.
pub fn in_own_network(test: &str, says: &str, compare: fn(&Path)) {
    if let Some(programs) = std::env::var_os(INSIDE) {
        return compare(Path::new(&programs));
    }
    let programs = match programs() {
        Ok(programs) => programs,
        Err(why) => {
            assert!(std::env::var_os("CI").is_none(), "the resolvers cannot be asked: {why}");
            eprintln!("skipped: the resolvers cannot be asked here: {why}");
            return;
        }
    };
    // A name of its host with dots would be a search list for those that have none.
    let script = format!("ip link set lo up && hostname pod && exec \"$0\" --exact --nocapture {test}");
    let binary = std::env::current_exe().expect("this test");
    let mut inside = Command::new("timeout");
    inside.args(["300", "unshare", "--net", "--uts", "sh", "-c", &script]).arg(binary).env(INSIDE, programs).stdin(Stdio::null());
    let output = inside.output().expect("unshare");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains(says), "{}\n{said}", output.status);
    eprintln!("{said}");
}
