//! The connection options every kubectl command has, with kubectl's names and words.

use std::path::PathBuf;
use std::time::Duration;

use clap::ArgAction::{Append, Set};
use clap::Args;
use jiff::SignedDuration;
use secrecy::SecretString;

use super::complete;
use crate::source::live::Entries;

/// Objects a page of a list has unless `--chunk-size` says otherwise: kubectl's `DefaultChunkSize`.
pub const DEFAULT_CHUNK_SIZE: u32 = 500;

/// How to reach the API server and who to be there.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection options")]
pub struct ConnectionOptions {
    /// Path to the kubeconfig file to use for CLI requests
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub kubeconfig: Option<PathBuf>,

    /// The name of the kubeconfig context to use
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME", add = complete::entries(Entries::Contexts))]
    pub context: Option<String>,

    /// The name of the kubeconfig cluster to use
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME", add = complete::entries(Entries::Clusters))]
    pub cluster: Option<String>,

    /// The name of the kubeconfig user to use
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME", add = complete::entries(Entries::Users))]
    pub user: Option<String>,

    /// The address and port of the Kubernetes API server
    #[arg(short, long, global = true, hide_short_help = true, value_name = "URL")]
    pub server: Option<String>,

    /// Bearer token for authentication to the API server
    #[arg(long, global = true, hide_short_help = true, value_name = "TOKEN")]
    pub token: Option<SecretString>,

    /// Path to a cert file for the certificate authority
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub certificate_authority: Option<String>,

    /// Path to a client certificate file for TLS
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub client_certificate: Option<String>,

    /// Path to a client key file for TLS
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub client_key: Option<String>,

    /// Server name to use for server certificate validation
    ///
    /// If it is not provided, the hostname used to contact the server is used
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME")]
    pub tls_server_name: Option<String>,

    /// If true, the server's certificate will not be checked for validity
    ///
    /// This will make your HTTPS connections insecure
    #[arg(long, global = true, hide_short_help = true, value_name = "BOOL", action = Set, num_args = 0..=1, require_equals = true,
        default_value_t = false, default_missing_value = "true", hide_default_value = true, hide_possible_values = true)]
    pub insecure_skip_tls_verify: bool,

    /// If true, opt-out of response compression for all requests to the server
    #[arg(long, global = true, hide_short_help = true, value_name = "BOOL", action = Set, num_args = 0..=1, require_equals = true,
        default_value_t = false, default_missing_value = "true", hide_default_value = true, hide_possible_values = true)]
    pub disable_compression: bool,

    /// Username to impersonate for the operation
    ///
    /// User could be a regular user or a service account in a namespace
    #[arg(long = "as", global = true, hide_short_help = true, value_name = "USER")]
    pub impersonate: Option<String>,

    /// Group to impersonate for the operation, this flag can be repeated to specify multiple groups
    #[arg(long = "as-group", global = true, hide_short_help = true, value_name = "GROUP", action = Append)]
    pub impersonate_groups: Vec<String>,

    /// UID to impersonate for the operation
    #[arg(long = "as-uid", global = true, hide_short_help = true, value_name = "UID")]
    pub impersonate_uid: Option<String>,

    /// User extras to impersonate for the operation, this flag can be repeated to specify multiple values for the same key
    #[arg(long = "as-user-extra", global = true, hide_short_help = true, value_name = "KEY=VALUE", action = Append, value_parser = key_value)]
    pub impersonate_extra: Vec<(String, String)>,

    /// The length of time to wait before giving up on a single server request
    ///
    /// Non-zero values should contain a corresponding time unit (e.g. 1s, 2m, 3h). A value of zero means don't timeout
    /// requests; a server that sends nothing for a minute is given up on all the same
    #[arg(long, global = true, hide_short_help = true, value_name = "DURATION", value_parser = timeout)]
    pub request_timeout: Option<Duration>,

    /// Return large lists in chunks rather than all at once. Pass 0 to disable
    #[arg(long, global = true, hide_short_help = true, value_name = "N", default_value_t = DEFAULT_CHUNK_SIZE)]
    pub chunk_size: u32,

    /// Default cache directory [default: $KUBECACHEDIR, else ~/.kube/cache]
    ///
    /// Only names for completion are kept there, for ten seconds
    #[arg(long, global = true, hide_short_help = true, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub cache_dir: Option<PathBuf>,

    /// Number for the log level verbosity: 6 shows the requests, 8 their headers without credentials
    #[arg(
        short = 'v',
        long = "v",
        global = true,
        hide_short_help = true,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true
    )]
    pub verbosity: u8,
}

impl Default for ConnectionOptions {
    fn default() -> Self {
        Self {
            kubeconfig: None,
            context: None,
            cluster: None,
            user: None,
            server: None,
            token: None,
            certificate_authority: None,
            client_certificate: None,
            client_key: None,
            tls_server_name: None,
            insecure_skip_tls_verify: false,
            disable_compression: false,
            impersonate: None,
            impersonate_groups: Vec::new(),
            impersonate_uid: None,
            impersonate_extra: Vec::new(),
            request_timeout: None,
            chunk_size: DEFAULT_CHUNK_SIZE,
            cache_dir: None,
            verbosity: 0,
        }
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or_else(|| "must be KEY=VALUE".to_owned())?;
    Ok((key.to_owned(), value.to_owned()))
}

/// What Go's durations can hold: 292 years.
const LONGEST: Duration = Duration::from_nanos(i64::MAX.unsigned_abs());

/// kubectl's `ParseTimeout`: seconds as a bare number, or a duration with units.
fn timeout(text: &str) -> Result<Duration, String> {
    let wrong = || {
        "Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)".to_owned()
    };
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds)).filter(|duration| *duration <= LONGEST).ok_or_else(wrong);
    }
    let duration: SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(duration).ok().filter(|duration| *duration <= LONGEST).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        connection: ConnectionOptions,
    }

    fn parse(arguments: &[&str]) -> ConnectionOptions {
        Program::try_parse_from([&["program"], arguments].concat()).expect("valid arguments").connection
    }

    #[test]
    fn the_options_are_a_valid_command_line() {
        Program::command().debug_assert();
    }

    #[test]
    fn a_timeout_is_seconds_or_has_units() {
        for (text, seconds) in [("0", 0.0), ("30", 30.0), ("1s", 1.0), ("2m", 120.0), ("1h30m", 5400.0), ("500ms", 0.5), ("1.5s", 1.5)] {
            assert_eq!(timeout(text), Ok(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in ["", "abc", "-1s", "1x", "1 fortnight", "18446744073709551615", "9999999999999h"] {
            assert!(timeout(text).is_err(), "{text}");
        }
    }

    #[test]
    fn boolean_flags_may_say_true_and_false_like_kubectls() {
        assert!(parse(&["--insecure-skip-tls-verify"]).insecure_skip_tls_verify);
        assert!(parse(&["--insecure-skip-tls-verify=true"]).insecure_skip_tls_verify);
        assert!(!parse(&["--insecure-skip-tls-verify=false"]).insecure_skip_tls_verify);
        assert!(parse(&["--disable-compression"]).disable_compression);
    }

    #[test]
    fn impersonation_groups_repeat() {
        let options = parse(&["--as", "me", "--as-group", "a", "--as-group=b", "--as-user-extra", "k=v=w"]);
        assert_eq!(options.impersonate_groups, ["a", "b"]);
        assert_eq!(options.impersonate_extra, [("k".to_owned(), "v=w".to_owned())]);
    }

    #[test]
    fn a_token_does_not_show_in_debug_output() {
        assert!(!format!("{:?}", parse(&["--token", "hunter2"])).contains("hunter2"));
    }

    #[test]
    fn defaults_are_those_of_an_empty_command_line() {
        assert_eq!(format!("{:?}", parse(&[])), format!("{:?}", ConnectionOptions::default()));
    }
}
