//! `version`: of the plugin and of the cluster.

use std::time::Duration;

use serde::Serialize;

use super::Outcome;
use crate::cli::budget::within;
use crate::cli::{CommandError, ErrorKind, Session};
use crate::report::view::Format;

/// Formats this command has.
pub(super) const FORMATS: &[Format] = &[Format::Table, Format::Json, Format::Yaml];

/// As long as it waits for a cluster: nobody asks for a version to be kept waiting.
const PATIENCE: Duration = Duration::from_secs(2);

/// Version of Kubernetes whose types the plugin was built with.
const KUBERNETES: &str = "v1.37";

/// Print the version of the plugin and of the cluster
///
/// Never fails because of a cluster: one that does not answer within two seconds is left out.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # For a bug report
  kubectl netstore version")]
pub struct Args {
    /// Ask no cluster
    #[arg(long)]
    client: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Versions {
    client_version: Client,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_version: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Client {
    version: &'static str,
    git_commit: &'static str,
    platform: String,
    kubernetes_api: &'static str,
}

/// Prints the versions.
///
/// # Errors
/// If they cannot be written.
pub fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    let format = session.format(FORMATS)?;
    let globals = session.globals().clone();
    let ask = move || Session::new(globals).ok()?.server_version(PATIENCE).ok().flatten();
    let versions = Versions {
        client_version: Client {
            version: concat!("v", env!("CARGO_PKG_VERSION")),
            // Set by the release build; a build from a tree of somebody's own has no commit to name.
            git_commit: option_env!("NETSTORE_GIT_COMMIT").unwrap_or("unknown"),
            platform: platform(),
            kubernetes_api: KUBERNETES,
        },
        server_version: if args.client { None } else { within(PATIENCE, ask) },
    };
    let bug = |error: &dyn std::fmt::Display| CommandError::new(ErrorKind::Bug, error);
    let text = match format {
        Format::Json => serde_json::to_string_pretty(&versions).map_err(|error| bug(&error))? + "\n",
        Format::Yaml => serde_saphyr::to_string(&versions).map_err(|error| bug(&error))?,
        _ => words(&versions, args.client),
    };
    session.say(&text)?;
    Ok(Outcome::Answered)
}

/// As Go and kubectl name it.
fn platform() -> String {
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let os = if std::env::consts::OS == "macos" { "darwin" } else { std::env::consts::OS };
    format!("{os}/{arch}")
}

fn words(versions: &Versions, client: bool) -> String {
    let Client { version, git_commit, platform, kubernetes_api } = &versions.client_version;
    let mut text = format!("Client Version: {version}\nGit Commit: {git_commit}\nPlatform: {platform}\nKubernetes API: {kubernetes_api}\n");
    if !client {
        text += &format!("Server Version: {}\n", versions.server_version.as_deref().unwrap_or("<unknown>"));
    }
    text
}
