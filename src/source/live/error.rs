//! What can go wrong with a cluster: [`LiveError`] ends a run, [`Failure`] ends one request.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;

use kube::client::{AuthError, RustlsTlsError};
use thiserror::Error;

use crate::objects::Resource;
use crate::probe::plan::Right;
use crate::source::words;

/// What a run talks to and as whom: the material of hints.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// URL of the API server.
    pub server: String,
    /// Host and port of it.
    pub host: String,
    /// Context, if there is one.
    pub context: Option<String>,
    /// User entry, if there is one.
    pub user: Option<String>,
    /// Kubeconfig files that were read; none in a pod.
    pub files: Vec<PathBuf>,
    /// Flags of this run that kubectl needs too to ask the same server as the same user.
    pub flags: Vec<String>,
    /// The plugin that brings credentials, if the user entry has one.
    pub exec: Option<CredentialPlugin>,
    /// Headers that every request has, to be shown: no credential is among them.
    pub headers: Vec<String>,
}

/// A program of the kubeconfig that brings credentials.
#[derive(Debug, Clone, Default)]
pub struct CredentialPlugin {
    /// The program.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// What the kubeconfig says about installing it.
    pub install_hint: Option<String>,
}

/// Why a cluster could not be read at all.
#[derive(Debug, Error)]
pub enum LiveError {
    /// No kubeconfig says where the cluster is, and this is no pod.
    #[error("Missing or incomplete configuration info")]
    NoConfiguration,
    /// A kubeconfig cannot be read.
    #[error("error loading config file \"{}\": {why}", .path.display())]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The context is not in the kubeconfig.
    #[error("context {name:?} does not exist")]
    NoContext {
        /// The name.
        name: String,
        /// The contexts there are.
        known: Vec<String>,
    },
    /// The cluster entry is not in the kubeconfig.
    #[error("no server found for cluster {name:?}")]
    NoCluster {
        /// The name.
        name: String,
        /// The entries there are.
        known: Vec<String>,
    },
    /// The user entry is not in the kubeconfig.
    #[error("auth info {name:?} does not exist")]
    NoUser {
        /// The name.
        name: String,
        /// The entries there are.
        known: Vec<String>,
    },
    /// Something in kubeconfig or flags makes no sense.
    #[error("{0}")]
    Config(String),
    /// Credentials could not be had.
    #[error("getting credentials: {why}")]
    Credentials {
        /// What went wrong.
        why: String,
        /// Whether the program that brings them is not installed.
        not_found: bool,
        /// Whom it is about.
        about: Box<About>,
    },
    /// Nobody listens there.
    #[error("The connection to the server {} was refused - did you specify the right host or port?", .0.host)]
    Refused(Box<About>),
    /// The server cannot be reached or does not answer.
    #[error("Unable to connect to the server: {why}")]
    Unreachable {
        /// TLS, names, time-outs.
        why: String,
        /// Whom it is about.
        about: Box<About>,
    },
    /// The server does not know who is asking.
    #[error("You must be logged in to the server (Unauthorized)")]
    Unauthorized(Box<About>),
    /// Nothing that is needed may be read.
    #[error("{message}")]
    Forbidden {
        /// The server's words.
        message: String,
        /// The kinds that were needed.
        resources: Vec<Resource>,
        /// The namespace that was asked last, if not all at once.
        namespace: Option<String>,
        /// Whom it is about.
        about: Box<About>,
    },
    /// Something that is more than reading lists is forbidden.
    #[error("{message}")]
    NotPermitted {
        /// The server's words.
        message: String,
        /// The rights that it takes.
        rights: Vec<Right>,
        /// Whom it is about.
        about: Box<About>,
    },
    /// The server refuses an object, or to change one.
    #[error("{message}")]
    Refusal {
        /// The server's word for it: `Forbidden`, `Invalid`.
        reason: String,
        /// The server's words.
        message: String,
        /// What can be done about it, one thing each.
        advice: Vec<String>,
    },
    /// Something else than an API server answers.
    #[error("{} is not answering as a Kubernetes API server: {why}", .about.server)]
    NotAnApi {
        /// What came instead.
        why: String,
        /// Whom it is about.
        about: Box<About>,
    },
    /// A server answers, and knows none of the kinds that are needed.
    #[error("{message}")]
    NothingServed {
        /// Its words.
        message: String,
        /// Whom it is about.
        about: Box<About>,
    },
    /// Any other refusal of the server.
    #[error("{message}")]
    Api {
        /// The server's word for it: `NotFound`, `InternalError`.
        reason: String,
        /// The server's words.
        message: String,
    },
    /// A task died: a bug.
    #[error("{0}")]
    Bug(String),
}

/// Why a request gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The server refused, with a `Status` or plain words.
    Status { code: u16, reason: String, message: String },
    /// What came is no answer of an API server: a login page, a redirect.
    NotAnApi(String),
    /// Nobody listens.
    Refused,
    /// No connection: names, TLS, time.
    Unreachable(String),
    /// No answer in time.
    TimedOut(String),
    /// The connection broke.
    Broken(String),
    /// No credentials.
    Credentials { why: String, not_found: bool },
    /// The answer makes no sense.
    Garbled(String),
}

impl Failure {
    /// The HTTP status, if it came to one.
    pub(crate) fn code(&self) -> Option<u16> {
        if let Self::Status { code, .. } = self { Some(*code) } else { None }
    }

    /// A few words for Coverage.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Status { code: 401, .. } => "Unauthorized".to_owned(),
            Self::Status { code, reason, message } if reason.is_empty() => format!("HTTP {code}: {message}"),
            Self::Status { reason, message, .. } => format!("{reason}: {message}"),
            Self::Refused => "connection refused".to_owned(),
            Self::NotAnApi(why) | Self::Unreachable(why) | Self::TimedOut(why) | Self::Broken(why) | Self::Garbled(why) => why.clone(),
            Self::Credentials { why, .. } => format!("getting credentials: {why}"),
        }
    }

    /// The same as the end of the run.
    pub(crate) fn into_error(self, about: &About) -> LiveError {
        let about = Box::new(about.clone());
        match self {
            Self::Status { code: 401, .. } => LiveError::Unauthorized(about),
            Self::Status { reason, message, .. } => LiveError::Api { reason, message },
            Self::NotAnApi(why) => LiveError::NotAnApi { why, about },
            Self::Refused => LiveError::Refused(about),
            Self::Unreachable(why) | Self::TimedOut(why) | Self::Broken(why) => LiveError::Unreachable { why, about },
            Self::Garbled(why) => LiveError::NotAnApi { why, about },
            Self::Credentials { why, not_found } => LiveError::Credentials { why, not_found, about },
        }
    }

    /// The same as the end of something that takes these rights.
    pub(crate) fn into_error_without(self, rights: Vec<Right>, about: &About) -> LiveError {
        match self {
            Self::Status { code: 403, message, .. } => LiveError::NotPermitted { message, rights, about: Box::new(about.clone()) },
            other => other.into_error(about),
        }
    }

    /// What is behind an error of a WebSocket that should have been opened.
    pub(crate) fn of_websocket(error: &kube::Error, about: &About) -> Self {
        match error {
            kube::Error::Api(status) => Self::Status { code: status.code, reason: status.reason.clone(), message: status.message.clone() },
            kube::Error::UpgradeConnection(why) => Self::NotAnApi(format!("no WebSocket to the pod, perhaps because of a proxy: {why}")),
            other => Self::of(other, about),
        }
    }

    /// What is behind an error of the client.
    pub(crate) fn of(error: &kube::Error, about: &About) -> Self {
        let chain: Vec<&(dyn StdError + 'static)> = causes(error).collect();
        let find_io = |kind: io::ErrorKind| chain.iter().any(|e| e.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == kind));
        if let Some(auth) = chain.iter().find_map(|e| e.downcast_ref::<AuthError>()) {
            return Self::of_auth(auth);
        }
        if find_io(io::ErrorKind::ConnectionRefused) {
            return Self::Refused;
        }
        if let Some(tls) = chain.iter().find_map(|e| e.downcast_ref::<rustls::Error>()) {
            return Self::Unreachable(tls_words(tls));
        }
        let system = chain.last().and_then(|e| e.downcast_ref::<io::Error>());
        let by_system = system.is_some_and(|e| e.raw_os_error().is_some());
        let root = system.map(words::of_io).or_else(|| chain.last().map(ToString::to_string)).unwrap_or_default();
        if chain.iter().any(|e| e.to_string() == "dns error") {
            let host = about.host.rsplit_once(':').map_or(about.host.as_str(), |(host, _)| host);
            return Self::Unreachable(format!("dial tcp: lookup {host}: {}", of_lookup(&root)));
        }
        let connecting = chain.iter().any(|e| e.downcast_ref::<hyper_util::client::legacy::Error>().is_some_and(|e| e.is_connect()));
        if find_io(io::ErrorKind::TimedOut) && connecting {
            return Self::Unreachable(format!("dial tcp {}: i/o timeout", about.host));
        }
        match root.as_str() {
            // What a server that wants TLS says to a plain request looks like this to the parser.
            "invalid HTTP version parsed" => Self::Unreachable("malformed HTTP response".to_owned()),
            "tls handshake eof" => Self::Unreachable("net/http: TLS handshake: EOF".to_owned()),
            "connection closed before message completed" => Self::Broken("EOF".to_owned()),
            "end of file before message length reached" | "unexpected EOF during chunk size line" => {
                Self::Broken("unexpected EOF".to_owned())
            }
            _ if connecting && by_system => Self::Unreachable(format!("dial tcp {}: connect: {root}", about.host)),
            _ if connecting => Self::Unreachable(root),
            _ if by_system => Self::Broken(format!("read tcp {}: {root}", about.host)),
            _ => Self::Broken(root),
        }
    }

    /// What is wrong with an auth-provider; never what its command has printed, for there are tokens in it.
    pub(super) fn of_auth(error: &AuthError) -> Self {
        let why = match error {
            AuthError::AuthExecRun { out, .. } => format!("the command of the auth-provider failed: {}", out.status),
            AuthError::AuthExec(why) => why.split(" failed: ").next().unwrap_or_default().replacen("Executing ", "cannot run ", 1),
            other => other.to_string(),
        };
        Self::Credentials { why, not_found: false }
    }
}

/// What glibc, musl, macOS and Windows say of a name that does not exist or has no address, as Go says it; anything else as they do.
fn of_lookup(said: &str) -> &str {
    const NO_HOST: [&str; 6] = [
        "Name or service not known",
        "No address associated with hostname",
        "Name does not resolve",
        "Name has no usable address",
        "nodename nor servname provided",
        "No such host is known",
    ];
    let said = said.strip_prefix("failed to lookup address information: ").unwrap_or(said);
    if NO_HOST.iter().any(|words| said.contains(words)) { "no such host" } else { said }
}

/// What is wrong with a configuration of which no client can be made.
pub(super) fn of_client(error: &kube::Error) -> String {
    match error {
        kube::Error::RustlsTls(RustlsTlsError::InvalidServerName(_)) => "the TLS server name cannot be the name of a server".to_owned(),
        kube::Error::RustlsTls(RustlsTlsError::InvalidPrivateKey(tls)) => tls_words(tls),
        kube::Error::HttpError(_) => "whom to impersonate holds a line break or another character that no header may have".to_owned(),
        kube::Error::ProxyProtocolUnsupported { proxy_url } => {
            format!("invalid 'proxy-url' \"{proxy_url}\": unsupported scheme, must be http, https, or socks5")
        }
        other => causes(other).last().map(ToString::to_string).unwrap_or_default(),
    }
}

/// An error and what is behind it. `io::Error` hides the error it wraps from `source()`.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    fn behind<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    }
    std::iter::successors(Some(error), |e| behind(*e))
}

/// `CertificateRequired` → `certificate required`; of a value with fields its name.
fn spaced(name: &str) -> String {
    if name.split(' ').all(|word| word.chars().all(char::is_lowercase)) {
        return name.to_owned();
    }
    let name = name.split([' ', '(', '{']).next().unwrap_or_default();
    let mut words = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

/// Go's words for what users look up.
fn tls_words(error: &rustls::Error) -> String {
    use rustls::{CertificateError as C, Error as E};
    match error {
        E::InvalidCertificate(C::UnknownIssuer) => {
            "tls: failed to verify certificate: x509: certificate signed by unknown authority".to_owned()
        }
        E::InvalidCertificate(C::Expired | C::ExpiredContext { .. } | C::NotValidYet | C::NotValidYetContext { .. }) => {
            "tls: failed to verify certificate: x509: certificate has expired or is not yet valid".to_owned()
        }
        E::InvalidCertificate(C::NotValidForNameContext { expected, presented }) => {
            // The library shows names as its own values: `DnsName("api.corp")`.
            let names: Vec<&str> = presented.iter().map(|name| name.split('"').nth(1).unwrap_or(name)).collect();
            let names = if names.is_empty() { "no name".to_owned() } else { names.join(", ") };
            format!("tls: failed to verify certificate: x509: certificate is valid for {names}, not {}", expected.to_str())
        }
        E::InvalidCertificate(C::BadEncoding) => "tls: failed to parse certificate: x509: malformed certificate".to_owned(),
        E::InvalidCertificate(other) => format!("tls: failed to verify certificate: x509: {}", spaced(&other.to_string())),
        E::InconsistentKeys(_) => "tls: private key does not match public key".to_owned(),
        E::PeerIncompatible(why) => format!("tls: the server speaks another TLS: {}", spaced(&format!("{why:?}"))),
        E::PeerMisbehaved(why) => format!("tls: the server does not keep to TLS: {}", spaced(&format!("{why:?}"))),
        E::AlertReceived(alert) => format!("remote error: tls: {}", spaced(&format!("{alert:?}"))),
        E::InvalidMessage(_) => "http: server gave HTTP response to HTTPS client".to_owned(),
        other => format!("tls: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_c_librarys_words_for_a_name_that_is_not_there_are_gos() {
        for (said, told) in [
            ("failed to lookup address information: Name or service not known", "no such host"),
            ("failed to lookup address information: No address associated with hostname", "no such host"),
            ("failed to lookup address information: Name does not resolve", "no such host"),
            ("failed to lookup address information: nodename nor servname provided, or not known", "no such host"),
            ("No such host is known. (os error 11001)", "no such host"),
            ("failed to lookup address information: Temporary failure in name resolution", "Temporary failure in name resolution"),
            ("failed to lookup address information: Try again", "Try again"),
        ] {
            assert_eq!(of_lookup(said), told);
        }
    }
}
