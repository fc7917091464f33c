//! A credential plugin: the program of a kubeconfig that brings a token or a certificate, run as client-go runs it.
//!
//! kube would run it twice to connect, and again for each request while a token has less than a minute left.

use std::io::{self, IsTerminal};
use std::process::{Command, Stdio};

use jiff::Timestamp;
use kube::config::{ExecConfig, ExecInteractiveMode};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use super::error::Failure;
use crate::source::words;

/// What a plugin brings.
pub(super) struct Credential {
    /// A bearer token.
    pub(super) token: Option<SecretString>,
    /// A certificate and its key, in PEM.
    pub(super) certificate: Option<(String, SecretString)>,
    /// Until when they are good, if it says so.
    pub(super) ends: Option<Timestamp>,
}

/// Runs it. Nothing of what it prints is told, for there may be tokens in it; the last line of its complaints is, where it could not
/// write them itself.
pub(super) fn run(exec: &ExecConfig) -> Result<Credential, Failure> {
    let program = exec.command.as_deref().filter(|program| !program.is_empty());
    let program = program.ok_or_else(|| failed("command must be specified to use exec authentication plugin"))?;
    let (terminal, never) = (io::stdin().is_terminal(), exec.interactive_mode == Some(ExecInteractiveMode::Never));
    if exec.interactive_mode == Some(ExecInteractiveMode::Always) && !terminal {
        return Err(failed("exec plugin cannot support interactive mode: standard input is not a terminal"));
    }
    let interactive = terminal && !never;
    let mut command = Command::new(program);
    command.args(exec.args.iter().flatten());
    for variable in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
            command.env(name, value);
        }
    }
    let mut spec = json!({"interactive": interactive});
    if let (Some(cluster), Some(fields)) = (&exec.cluster, spec.as_object_mut()) {
        fields.insert("cluster".to_owned(), serde_json::to_value(cluster).map_err(|error| failed(&error.to_string()))?);
    }
    let info = json!({"apiVersion": exec.api_version, "kind": "ExecCredential", "spec": spec});
    command.env("KUBERNETES_EXEC_INFO", info.to_string());
    command.stdin(if interactive { Stdio::inherit() } else { Stdio::null() });
    command.stderr(if never { Stdio::piped() } else { Stdio::inherit() });
    let output = command.stdout(Stdio::piped()).output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::Credentials { why: format!("exec: executable {program} not found"), not_found: true },
        _ => failed(&format!("exec: executable {program} cannot be run: {}", words::of_io(&error))),
    })?;
    match output.status.code() {
        Some(0) => read(&output.stdout, program, exec.api_version.as_deref()),
        Some(code) => Err(failed(&format!("exec: executable {program} failed with exit code {code}{}", last_words(&output.stderr)))),
        None => Err(failed(&format!("exec: executable {program} was killed"))),
    }
}

/// client.authentication.k8s.io ExecCredential.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecCredential {
    api_version: Option<String>,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

fn read(printed: &[u8], program: &str, wanted: Option<&str>) -> Result<Credential, Failure> {
    let none = |_| failed(&format!("exec: output of {program} is no ExecCredential"));
    // YAML holds JSON; client-go reads both.
    let ExecCredential { api_version, status } = serde_saphyr::from_slice(printed).map_err(none)?;
    if let (Some(wanted), Some(other)) = (wanted, api_version.filter(|version| Some(version.as_str()) != wanted)) {
        return Err(failed(&format!("exec plugin is configured to use API version {wanted}, plugin returned version {other}")));
    }
    let status = status.ok_or_else(|| failed("exec plugin didn't return a status field"))?;
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    let token = some(status.token).map(SecretString::from);
    let certificate = match (some(status.client_certificate_data), some(status.client_key_data)) {
        (Some(certificate), Some(key)) => Some((certificate, key.into())),
        (None, None) => None,
        _ => return Err(failed("exec plugin returned only certificate or key, not both")),
    };
    if token.is_none() && certificate.is_none() {
        return Err(failed("exec plugin didn't return a token or cert/key pair"));
    }
    let ends = some(status.expiration_timestamp).map(|text| text.parse::<Timestamp>());
    let ends = ends.transpose().map_err(|_| failed(&format!("exec: expirationTimestamp in the output of {program} is no time")))?;
    Ok(Credential { token, certificate, ends })
}

fn failed(why: &str) -> Failure {
    Failure::Credentials { why: why.to_owned(), not_found: false }
}

/// The last line of what it complained about, where that did not reach the terminal.
fn last_words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    text.lines().rev().find(|line| !line.trim().is_empty()).map(|line| format!(": {}", line.trim())).unwrap_or_default()
}
