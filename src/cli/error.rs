//! Errors as a user of kubectl knows them: the message in kubectl's words, then what to do about it.

use std::fmt::Write as _;
use std::{fmt, io};

use crate::cli::bug;
use crate::cli::connection::ConnectionOptions;
use crate::cli::exit::ExitCode;
use crate::cli::rights::{can_i, rules_in_lines};
use crate::probe::plan::Right;
use crate::probe::rights;
use crate::source::live::{About, LiveError};
use crate::source::words;

/// Why a command could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandError {
    /// What sort of error; decides the exit code.
    pub kind: ErrorKind,
    /// The whole message, kubectl's prefix included; may hold anything a server sent.
    pub message: String,
    /// What to do about it, one thing each.
    pub hints: Vec<String>,
}

/// Sorts of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line makes no sense.
    Usage,
    /// No way to the cluster: kubeconfig, network.
    Connection,
    /// Nobody says who asks, or the server does not know him.
    Unauthenticated,
    /// The server says no.
    Forbidden,
    /// No object of that name.
    NotFound,
    /// Anything else about input, output or the server.
    Failed,
    /// The reader of the output has gone: nothing to say, and no error.
    BrokenPipe,
    /// The user pressed Ctrl-C.
    Interrupted,
    /// A bug in netstore.
    Bug,
}

impl CommandError {
    /// An error of netstore itself; `error: ` is put before the message, as kubectl does.
    pub fn new(kind: ErrorKind, message: impl fmt::Display) -> Self {
        match kind {
            ErrorKind::Bug => Self::verbatim(kind, format!("internal error: {message}")).hint(bug::please_report()),
            _ => Self::verbatim(kind, format!("error: {message}")),
        }
    }

    /// An error in the server's words: `Error from server (Reason): message`.
    pub fn from_server(kind: ErrorKind, reason: &str, message: &str) -> Self {
        let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
        Self::verbatim(kind, format!("Error from server{reason}: {message}"))
    }

    fn verbatim(kind: ErrorKind, message: String) -> Self {
        Self { kind, message, hints: Vec::new() }
    }

    /// Adds something to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Lets the commands that ask for rights ask the cluster, and for the user, that were asked.
    #[must_use]
    pub fn asking(mut self, options: &ConnectionOptions) -> Self {
        let file = options.kubeconfig.as_ref().map(|path| path.display().to_string());
        let single = [
            ("kubeconfig", &file),
            ("context", &options.context),
            ("cluster", &options.cluster),
            ("user", &options.user),
            ("server", &options.server),
            ("as", &options.impersonate),
        ];
        let mut flags: String =
            single.into_iter().filter_map(|(name, value)| Some(format!(" {}", quoted(&format!("--{name}={}", value.as_ref()?))))).collect();
        options.impersonate_groups.iter().for_each(|group| _ = write!(flags, " {}", quoted(&format!("--as-group={group}"))));
        for hint in self.hints.iter_mut().filter(|hint| hint.contains("kubectl auth can-i ")) {
            hint.push_str(&flags);
        }
        self
    }

    /// How the program ends.
    pub fn exit_code(&self) -> ExitCode {
        match self.kind {
            ErrorKind::Usage => ExitCode::Usage,
            ErrorKind::BrokenPipe => ExitCode::Success,
            ErrorKind::Interrupted => ExitCode::Interrupted,
            ErrorKind::Bug => ExitCode::Bug,
            ErrorKind::Connection | ErrorKind::Unauthenticated | ErrorKind::Forbidden | ErrorKind::NotFound | ErrorKind::Failed => {
                ExitCode::Error
            }
        }
    }
}

/// What goes to stderr, safe for a terminal; empty if there is nothing to say.
impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() {
            return Ok(());
        }
        f.write_str(&escaped(&self.message))?;
        for hint in &self.hints {
            let mut lines = hint.lines();
            write!(f, "\nhint: {}", escaped(lines.next().unwrap_or_default()))?;
            for line in lines {
                write!(f, "\n  {}", escaped(line))?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for CommandError {}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::verbatim(ErrorKind::BrokenPipe, String::new()),
            _ => Self::new(ErrorKind::Failed, words::of_io(&error)),
        }
    }
}

impl From<LiveError> for CommandError {
    fn from(error: LiveError) -> Self {
        let text = error.to_string();
        let plain = |about: &About| Self::verbatim(ErrorKind::Connection, text.clone()).hint(target(about));
        let connection = || Self::new(ErrorKind::Connection, &text);
        let unauthenticated = || Self::new(ErrorKind::Unauthenticated, &text);
        match error {
            LiveError::NoConfiguration => Self::verbatim(
                ErrorKind::Connection,
                "error: Missing or incomplete configuration info.  Please point to an existing, complete config file:\n\n  \
                 1. Via the command-line flag --kubeconfig\n  2. Via the KUBECONFIG environment variable\n  \
                 3. In your home directory as ~/.kube/config"
                    .to_owned(),
            )
            .hint("without a cluster: -f FILE answers from manifests, --from FILE from a snapshot"),
            LiveError::Kubeconfig { .. } | LiveError::Config(_) => connection(),
            LiveError::NoContext { name, known } => connection().choices("contexts", &name, &known),
            LiveError::NoCluster { name, known } => connection().choices("clusters", &name, &known),
            LiveError::NoUser { name, known } => connection().choices("users", &name, &known),
            LiveError::Credentials { why, not_found, about } => {
                let mut error = unauthenticated().hint(by_hand(&about));
                if why.contains("OIDC") {
                    error = error.hint("log in again with the program that wrote this user entry");
                }
                if not_found {
                    error = error.hint("it is a credential plugin that your kubeconfig names and that is not installed");
                }
                // In the words of whoever wrote the kubeconfig, also if the plugin is there but too old.
                match about.exec.and_then(|plugin| plugin.install_hint) {
                    Some(hint) => error.hint(hint),
                    None => error,
                }
            }
            LiveError::Refused(about) => plain(&about),
            LiveError::Unreachable { why, about } => {
                let error = plain(&about);
                match way_out(&why) {
                    Some(hint) => error.hint(hint),
                    None => error,
                }
            }
            LiveError::Unauthorized(about) => {
                let error = unauthenticated().hint(format!("{}; {}", user(&about), target(&about)));
                match &about.exec {
                    Some(_) => error.hint(by_hand(&about)),
                    None => error.hint("the token or certificate may have expired: log in to the cluster again"),
                }
            }
            LiveError::Forbidden { message, resources, namespace, about } => {
                let flags: String = about.flags.iter().map(|flag| format!(" {}", quoted(flag))).collect();
                let lines = can_i(&resources, namespace.as_deref(), &flags);
                Self::from_server(ErrorKind::Forbidden, "Forbidden", &message)
                    .hint(format!("what was needed and refused can be asked again with\n{}", lines.join("\n")))
                    .hint(format!("rules of a Role or ClusterRole that would do:\n{}", rules_in_lines(&resources)))
            }
            LiveError::NotPermitted { message, rights, about } => {
                let flags: String = about.flags.iter().map(|flag| format!(" {}", quoted(flag))).collect();
                // `pods/portforward` would be a pod of that name.
                let what = |r: &Right| r.resource.replacen('/', " --subresource=", 1);
                let can_i = |r: &Right| format!("kubectl auth can-i {} {} -n {}{flags}", r.verb, what(r), r.namespace);
                let lines: Vec<String> = rights.iter().map(can_i).collect();
                Self::from_server(ErrorKind::Forbidden, "Forbidden", &message)
                    .hint(format!("what was needed and refused can be asked again with\n{}", lines.join("\n")))
                    .hint(format!("rules of a Role that would do:\n{}", rights::rules(&rights)))
            }
            LiveError::Refusal { reason, message, advice } => {
                advice.into_iter().fold(Self::from_server(ErrorKind::Failed, &reason, &message), Self::hint)
            }
            LiveError::NotAnApi { about, .. } => {
                connection().hint(target(&about)).hint("is the address of the server right, and are you logged in where a proxy wants it?")
            }
            LiveError::NothingServed { message, about } => Self::from_server(ErrorKind::NotFound, "NotFound", &message)
                .hint(target(&about))
                .hint("is there an API server at this address? kubectl api-resources lists what it serves"),
            LiveError::Api { reason, message } => {
                let error = Self::from_server(ErrorKind::Failed, &reason, &message);
                match reason.as_str() {
                    "TooManyRequests" => error.hint("the server rations requests: try again later"),
                    "InternalError" | "ServiceUnavailable" | "Timeout" | "ServerTimeout" => {
                        error.hint("the server is in trouble, whatever it is asked: kubectl get --raw '/readyz?verbose'")
                    }
                    "BadRequest" if message.contains("HTTPS server") => error.hint("does the server want https://?"),
                    _ => error,
                }
            }
            LiveError::Bug(_) => Self::new(ErrorKind::Bug, text),
        }
    }
}

impl CommandError {
    /// Names the nearest match and lists the choices there are.
    fn choices(self, what: &str, wanted: &str, known: &[String]) -> Self {
        if known.is_empty() {
            return self.hint(format!("the kubeconfig has no {what}"));
        }
        let error = match nearest(wanted, known) {
            Some(name) => self.hint(format!("did you mean {name:?}?")),
            None => self,
        };
        error.hint(format!("{what}: {}", known.join(", ")))
    }
}

/// The name most like the wanted one, if any is like it: a third of its letters may differ.
pub fn nearest<'a>(wanted: &str, known: &'a [String]) -> Option<&'a str> {
    let distance = |name: &str| strsim::damerau_levenshtein(&wanted.to_lowercase(), &name.to_lowercase());
    let (distance, name) = known.iter().map(|name| (distance(name), name.as_str())).min()?;
    (distance <= wanted.chars().count().div_ceil(3)).then_some(name)
}

/// What may help where there is no connection.
fn way_out(why: &str) -> Option<&'static str> {
    const NETWORK: &str = "is a VPN or a proxy (HTTPS_PROXY, NO_PROXY) missing?";
    let hints = [
        ("certificate has expired", "is the clock of this machine right? If so, the server needs a new certificate"),
        ("certificate is valid for", "if this is the server that is meant: --tls-server-name=NAME, or tls-server-name in the kubeconfig"),
        (
            "failed to verify certificate",
            "the CA of the cluster is certificate-authority in the kubeconfig, or --certificate-authority=FILE",
        ),
        (
            "certificate required",
            "the server wants client-certificate and client-key of the user entry, or --client-certificate and --client-key",
        ),
        ("remote error: tls", "the server does not take the client certificate of the user entry"),
        ("HTTP response to HTTPS client", "does the server speak plain http://?"),
        ("TLS handshake: EOF", "does the server speak TLS? A load balancer without a server behind it ends so, too"),
        ("malformed HTTP response", "does the server want https://?"),
        ("proxy authorization", "the proxy wants a password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT, or proxy-url in the kubeconfig"),
        ("lookup", NETWORK),
        ("stopped in the middle", "--request-timeout=2m waits longer for each answer, --chunk-size=100 makes answers smaller"),
        ("no answer", "is a VPN or a proxy (HTTPS_PROXY, NO_PROXY) missing? --request-timeout=2m waits longer for each answer"),
        ("timeout", "is a VPN or a proxy (HTTPS_PROXY, NO_PROXY) missing? --request-timeout=2m waits longer for each answer"),
        (
            "broke off",
            "something on the way closes connections, perhaps a proxy or a load balancer; --chunk-size=100 makes answers smaller",
        ),
        ("EOF", "something on the way closes connections, perhaps a proxy or a load balancer"),
        ("reset by peer", "something on the way closes connections, perhaps a proxy or a load balancer"),
        ("connect: ", NETWORK),
    ];
    hints.into_iter().find(|(words, _)| why.contains(words)).map(|(_, hint)| hint)
}

fn target(about: &About) -> String {
    let mut text = match &about.context {
        Some(context) => format!("context {context:?}"),
        None => "no context".to_owned(),
    };
    let _ = write!(text, ", server {}", about.server);
    if about.files.is_empty() {
        text.push_str(", no kubeconfig file");
    } else {
        let files: Vec<String> = about.files.iter().map(|f| f.display().to_string()).collect();
        let _ = write!(text, ", kubeconfig {}", files.join(", "));
    }
    text
}

fn by_hand(about: &About) -> String {
    match about.exec.as_ref().filter(|plugin| !plugin.command.is_empty()) {
        Some(plugin) => {
            let words: Vec<String> = std::iter::once(&plugin.command).chain(&plugin.args).map(|word| quoted(word)).collect();
            format!("{} gets its credentials from a plugin; run it by hand: {}", user(about), words.join(" "))
        }
        None => user(about),
    }
}

fn user(about: &About) -> String {
    about.user.as_ref().map_or_else(|| "no user entry".to_owned(), |user| format!("user entry {user:?}"))
}

/// Ready to paste into a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=./:@$".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// Text of others made safe for a terminal: control characters and those that turn the direction of writing are shown,
/// not obeyed. Newlines and tabs stay.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        let turns = matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        match c {
            '\n' | '\t' => safe.push(c),
            '\u{1b}' => safe.push_str("^["),
            c if c.is_control() || turns => {
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::Resource;

    fn about() -> Box<About> {
        Box::new(About {
            server: "https://api.corp:6443".to_owned(),
            host: "api.corp:6443".to_owned(),
            context: Some("prod".to_owned()),
            user: Some("me".to_owned()),
            files: vec!["/home/me/.kube/config".into()],
            ..About::default()
        })
    }

    fn shown(error: LiveError) -> String {
        CommandError::from(error).to_string()
    }

    #[test]
    fn a_refused_connection_is_told_in_kubectls_words() {
        assert_eq!(
            shown(LiveError::Refused(about())),
            "The connection to the server api.corp:6443 was refused - did you specify the right host or port?\n\
             hint: context \"prod\", server https://api.corp:6443, kubeconfig /home/me/.kube/config"
        );
    }

    #[test]
    fn forbidden_gives_the_line_that_asks_and_the_rules_that_help() {
        let error = LiveError::Forbidden {
            message: "pods is forbidden".to_owned(),
            resources: vec![Resource::Namespaces, Resource::Pods, Resource::NetworkPolicies],
            namespace: Some("shop".to_owned()),
            about: Box::new(About { flags: vec!["--as=o'me".to_owned()], ..*about() }),
        };
        assert_eq!(
            shown(error),
            "Error from server (Forbidden): pods is forbidden\n\
             hint: what was needed and refused can be asked again with\n  \
             kubectl auth can-i list namespaces '--as=o'\\''me'\n  \
             kubectl auth can-i list pods -n shop '--as=o'\\''me'\n  \
             kubectl auth can-i list networkpolicies.networking.k8s.io -n shop '--as=o'\\''me'\n\
             hint: rules of a Role or ClusterRole that would do:\n  rules:\n  \
             - {apiGroups: [\"\"], resources: [namespaces, pods], verbs: [get, list]}\n  \
             - {apiGroups: [\"networking.k8s.io\"], resources: [networkpolicies], verbs: [get, list]}"
        );
    }

    #[test]
    fn many_kinds_leave_room_for_the_error() {
        let kinds = vec![Resource::Nodes, Resource::Pods, Resource::Services, Resource::Jobs, Resource::CronJobs];
        let error = LiveError::Forbidden { message: "x".to_owned(), resources: kinds, namespace: Some("shop".to_owned()), about: about() };
        let shown = shown(error);
        assert!(shown.contains("list services -n shop\n  … and 2 more kinds\nhint: "), "{shown}");
        assert!(shown.ends_with("\n  - {apiGroups: [\"batch\"], resources: [jobs, cronjobs], verbs: [get, list]}"), "{shown}");
    }

    #[test]
    fn a_missing_context_names_the_nearest_and_lists_all() {
        let known = ["prod-eu", "prod-us", "dev"].map(str::to_owned).to_vec();
        assert_eq!(
            shown(LiveError::NoContext { name: "prod-uz".to_owned(), known }),
            "error: context \"prod-uz\" does not exist\nhint: did you mean \"prod-us\"?\nhint: contexts: prod-eu, prod-us, dev"
        );
        assert_eq!(nearest("zzz", &["prod".to_owned()]), None);
    }

    #[test]
    fn a_time_out_says_which_flag_waits_longer() {
        let error = LiveError::Unreachable { why: "no answer for 60 s".to_owned(), about: about() };
        let shown = shown(error);
        assert!(shown.starts_with("Unable to connect to the server: no answer for 60 s\n"), "{shown}");
        assert!(shown.contains("--request-timeout"), "{shown}");
    }

    #[test]
    fn unauthorized_says_who() {
        let shown = shown(LiveError::Unauthorized(about()));
        assert!(shown.starts_with("error: You must be logged in to the server (Unauthorized)\nhint: user entry \"me\""), "{shown}");
    }

    #[test]
    fn a_broken_pipe_is_silent_and_no_error() {
        let error = CommandError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((error.to_string().as_str(), error.exit_code()), ("", ExitCode::Success));
    }

    #[test]
    fn text_of_servers_cannot_drive_the_terminal() {
        let error = LiveError::Api { reason: "Bad\u{7}".to_owned(), message: "x\u{1b}[2Jy\r\u{202e}z\u{9b}".to_owned() };
        assert_eq!(shown(error), "Error from server (Bad\\u{7}): x^[[2Jy\\u{d}\\u{202e}z\\u{9b}");
    }

    #[test]
    fn a_hint_asks_whom_the_user_asked() {
        let options = ConnectionOptions { context: Some("my prod".into()), kubeconfig: Some("k".into()), ..ConnectionOptions::default() };
        let error = CommandError::new(ErrorKind::NotFound, "x").hint("(Forbidden): kubectl auth can-i list pods -n a").hint("y");
        assert_eq!(
            error.asking(&options).to_string(),
            "error: x\nhint: (Forbidden): kubectl auth can-i list pods -n a --kubeconfig=k '--context=my prod'\nhint: y"
        );
    }

    #[test]
    fn every_kind_has_its_exit_code() {
        let code = |kind| CommandError::new(kind, "x").exit_code().code();
        assert_eq!([ErrorKind::Usage, ErrorKind::Connection, ErrorKind::Unauthenticated].map(code), [2, 1, 1]);
        assert_eq!([ErrorKind::Forbidden, ErrorKind::NotFound, ErrorKind::Failed].map(code), [1, 1, 1]);
        assert_eq!([ErrorKind::BrokenPipe, ErrorKind::Interrupted, ErrorKind::Bug].map(code), [0, 130, 70]);
    }
}
