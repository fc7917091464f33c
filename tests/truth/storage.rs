//! Storage: what real controllers, scheduler, kubelet and provisioner do to claims, against the cause that netstore names.
//!
//! The situations are in `storage/situations`; `storage/try` brings them about, world by world, and asks once in each.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::cluster::Cluster;
use super::tally::Tally;

/// What is expected of a situation where nothing is wrong, and of a claim netstore has nothing to say of.
const NONE: &str = "none";

/// The suite.
pub fn run(cluster: &Cluster, tally: &mut Tally) {
    match answers(cluster) {
        Ok(worlds) => {
            for (situations, claims) in &worlds {
                for situation in situations {
                    let result = compare(situation, claims);
                    match &result {
                        Ok(()) => tally.agreements += 1,
                        Err(_) if situation["problem"].is_null() => tally.disagreements += 1,
                        Err(_) => {}
                    }
                    tally.case(&text(situation, "name"), result);
                }
            }
        }
        Err(why) => tally.case("the situations are brought about", Err(why)),
    }
}

/// The claims of an answer by namespace and name.
type Claims = BTreeMap<(String, String), Value>;

/// Each world's situations and what netstore says of its claims.
fn answers(cluster: &Cluster) -> Result<Vec<(Vec<Value>, Claims)>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let program = assert_cmd::cargo::cargo_bin!("kubectl-netstore");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/truth/storage/try");
    let mut command = Command::new(script);
    command.arg("--state").arg(cluster.state()).arg("--answers").arg(folder.path());
    command.args(["--nodes", "--quiet", "--ask"]).arg(format!("'{}' pvc-why-pending -A -o json", program.display()));
    command.env("KUBECONFIG", cluster.state().join("admin.kubeconfig"));
    // It fails if one situation does not come about, which is a failure of that situation.
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let mut worlds = Vec::new();
    for entry in std::fs::read_dir(folder.path()).map_err(|error| error.to_string())?.filter_map(Result::ok) {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "situations") {
            let situations = json(&path)?;
            let answer = json(&path.with_extension("answer")).map_err(|why| format!("{why}\n{said}"))?;
            let claims = answer["result"]["claims"].as_array().cloned().unwrap_or_default();
            let claims = claims.into_iter().map(|claim| ((text(&claim, "namespace"), text(&claim, "name")), claim)).collect();
            worlds.push((situations.as_array().cloned().unwrap_or_default(), claims));
        }
    }
    if worlds.is_empty() { Err(format!("nothing was brought about: {}\n{said}", output.status)) } else { Ok(worlds) }
}

fn json(path: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

fn text(of: &Value, field: &str) -> String {
    of[field].as_str().unwrap_or_default().to_owned()
}

/// Whether the cause is the expected one, or one that is as true.
fn compare(situation: &Value, claims: &Claims) -> Result<(), String> {
    if let Some(problem) = situation["problem"].as_str() {
        return Err(format!("does not come about: {problem}"));
    }
    let claim = claims.get(&(text(situation, "namespace"), text(situation, "claim")));
    let cause = claim.map_or(NONE, |claim| claim["cause"]["code"].as_str().unwrap_or(NONE));
    let others = situation["orElse"].as_array().into_iter().flatten();
    if std::iter::once(&situation["expect"]).chain(others).any(|expected| expected == cause) {
        return Ok(());
    }
    let claim = claim.map_or("the claim is not in the answer".to_owned(), Value::to_string);
    Err(format!("{}: {cause}, not {} or one of {}\n{claim}", text(situation, "about"), situation["expect"], situation["orElse"]))
}
