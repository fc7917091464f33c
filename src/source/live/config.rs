//! From kubeconfig and flags to kube's client configuration, the way client-go does it.
//!
//! kube's own conversion is not used where it differs: it sends credentials over plain HTTP, compares NO_PROXY with the
//! proxy instead of the server, and takes empty fields at their word.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use http::uri::Authority;
use http::{HeaderValue, Uri, header};
use hyper_util::client::proxy::matcher::Matcher;
use kube::config::{AuthInfo, Cluster, Config, ExecAuthCluster, ExecConfig};

use super::certificates::of_authorities;
use super::kubeconfig::{Loaded, Selected, nonempty};
use super::{About, CredentialPlugin, LiveError};
use crate::cli::connection::ConnectionOptions;

/// A server that takes longer to answer a SYN and a TLS hello is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The configuration of the client and what to tell the user about it.
pub(super) fn configure(options: &ConnectionOptions, loaded: Loaded) -> Result<(Config, About), LiveError> {
    let Selected { context, namespace, mut cluster, user, mut auth } = loaded.select(options)?;
    override_cluster(&mut cluster, options);
    override_auth(&mut auth, options);
    let more = auth.impersonate_groups.iter().flatten().next().is_some() || auth.impersonate_user_extra.iter().flatten().next().is_some();
    if auth.impersonate.is_none() && (more || auth.impersonate_uid.is_some()) {
        let why = "requesting uid, groups or user-extra for \"\" without impersonating a user";
        return Err(LiveError::Config(why.to_owned()));
    }
    let mut config = match nonempty(cluster.server.clone()) {
        Some(server) => of_cluster(&server, &cluster, &auth)?,
        None => in_cluster(&cluster)?,
    };
    if let Some(namespace) = namespace {
        config.default_namespace = namespace;
    }
    if let Some(exec) = auth.exec.as_mut().filter(|exec| exec.provide_cluster_info) {
        exec.cluster = Some(ExecAuthCluster::try_from(&cluster).map_err(|e| LiveError::Config(e.to_string()))?);
    }
    let own_identity = std::mem::replace(&mut config.auth_info, auth);
    if cluster.server.is_none() {
        // In a pod: the service account's token, unless a flag brought a better one.
        config.auth_info.token_file = config.auth_info.token_file.take().or(own_identity.token_file);
    }
    let mut about = About {
        server: without_password(&config.cluster_url.to_string()).trim_end_matches('/').to_owned(),
        host: without_password(config.cluster_url.authority().map(Authority::as_str).unwrap_or_default()),
        context,
        user,
        files: loaded.files,
        flags: flags(options),
        exec: config.auth_info.exec.as_ref().map(plugin),
        headers: Vec::new(),
    };
    if config.cluster_url.scheme_str() != Some("https") {
        without_credentials(&mut config.auth_info);
    }
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.disable_compression = options.disable_compression || cluster.disable_compression.unwrap_or_default();
    // Ours knows what it may repeat, tells when it waits, and stops.
    config.default_retry = false;
    let agent = concat!("kubectl-netstore/", env!("CARGO_PKG_VERSION"));
    config.headers.push((header::USER_AGENT, HeaderValue::from_static(agent)));
    about.headers = headers(&config);
    Ok((config, about))
}

/// What kube puts on every request, as kubectl shows it. What a credential plugin brings is not known before it has run.
fn headers(config: &Config) -> Vec<String> {
    let auth = &config.auth_info;
    let compression = (!config.disable_compression).then(|| "Accept-Encoding: gzip".to_owned());
    let own = config.headers.iter().map(|(name, value)| format!("{}: {}", titled(name.as_str()), value.to_str().unwrap_or_default()));
    let credentials = match auth {
        AuthInfo { auth_provider: Some(_), .. } => Some("Bearer <masked>"),
        AuthInfo { username: Some(_), password: Some(_), .. } => Some("Basic <masked>"),
        AuthInfo { token: Some(_), .. } | AuthInfo { token_file: Some(_), .. } => Some("Bearer <masked>"),
        AuthInfo { exec: Some(_), .. } => Some("Bearer <masked>, if the credential plugin brings a token"),
        _ => None,
    };
    let credentials = credentials.map(|masked| format!("Authorization: {masked}"));
    let who = [("User", &auth.impersonate), ("Uid", &auth.impersonate_uid)];
    let who = who.into_iter().filter_map(|(name, value)| value.as_ref().map(|value| format!("Impersonate-{name}: {value}")));
    let groups = auth.impersonate_groups.iter().flatten().map(|group| format!("Impersonate-Group: {group}"));
    let extra = auth.impersonate_user_extra.iter().flatten();
    let extra = extra.flat_map(|(key, values)| values.iter().map(move |value| format!("Impersonate-Extra-{}: {value}", titled(key))));
    let mut all: Vec<String> = compression.into_iter().chain(own).chain(credentials).chain(who).chain(groups).chain(extra).collect();
    all.sort();
    all
}

/// An address as it may be shown.
fn without_password(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").map_or((None, address), |(scheme, rest)| (Some(scheme), rest));
    let authority = rest.split('/').next().unwrap_or_default();
    let shown = rest.replacen(authority, authority.rsplit('@').next().unwrap_or_default(), 1);
    scheme.map_or_else(|| shown.clone(), |scheme| format!("{scheme}://{shown}"))
}

/// `user-agent` as people write it: `User-Agent`.
pub(super) fn titled(name: &str) -> String {
    let mut start = true;
    let upper = |c: char| if std::mem::replace(&mut start, c == '-') { c.to_ascii_uppercase() } else { c };
    name.chars().map(upper).collect()
}

/// The flags that say which server and who; of a token only that there is one.
fn flags(options: &ConnectionOptions) -> Vec<String> {
    let kubeconfig = options.kubeconfig.as_ref().map(|path| path.display().to_string());
    let token = options.token.as_ref().map(|_| "$TOKEN".to_owned());
    let single = [
        ("kubeconfig", &kubeconfig),
        ("context", &options.context),
        ("cluster", &options.cluster),
        ("user", &options.user),
        ("server", &options.server),
        ("token", &token),
        ("as", &options.impersonate),
        ("as-uid", &options.impersonate_uid),
    ];
    let single = single.into_iter().filter_map(|(name, value)| value.as_ref().map(|value| format!("--{name}={value}")));
    single.chain(options.impersonate_groups.iter().map(|group| format!("--as-group={group}"))).collect()
}

fn plugin(exec: &ExecConfig) -> CredentialPlugin {
    CredentialPlugin {
        command: exec.command.clone().unwrap_or_default(),
        args: exec.args.clone().unwrap_or_default(),
        install_hint: nonempty(exec.install_hint.as_deref().map(|h| h.trim().to_owned())),
    }
}

/// Flags beat the kubeconfig; what they replace must not linger in a neighbouring field.
fn override_cluster(cluster: &mut Cluster, options: &ConnectionOptions) {
    if let Some(server) = nonempty(options.server.clone()) {
        cluster.server = Some(server);
        // The name belonged to the other server.
        cluster.tls_server_name = None;
    }
    if let Some(name) = nonempty(options.tls_server_name.clone()) {
        cluster.tls_server_name = Some(name);
    }
    if let Some(file) = nonempty(options.certificate_authority.clone()) {
        cluster.certificate_authority = Some(file);
        cluster.certificate_authority_data = None;
    }
    if options.insecure_skip_tls_verify {
        cluster.insecure_skip_tls_verify = Some(true);
        cluster.certificate_authority = None;
        cluster.certificate_authority_data = None;
    }
    for field in [
        &mut cluster.server,
        &mut cluster.tls_server_name,
        &mut cluster.certificate_authority,
        &mut cluster.certificate_authority_data,
        &mut cluster.proxy_url,
    ] {
        *field = nonempty(field.take());
    }
}

fn override_auth(auth: &mut AuthInfo, options: &ConnectionOptions) {
    for field in [
        &mut auth.username,
        &mut auth.token_file,
        &mut auth.client_certificate,
        &mut auth.client_certificate_data,
        &mut auth.client_key,
        &mut auth.impersonate,
        &mut auth.impersonate_uid,
    ] {
        *field = nonempty(field.take());
    }
    for secret in [&mut auth.token, &mut auth.password, &mut auth.client_key_data] {
        *secret = secret.take().filter(|s| !secrecy::ExposeSecret::expose_secret(s).is_empty());
    }
    if let Some(token) = &options.token {
        auth.token = Some(token.clone());
        auth.token_file = None;
        auth.username = None;
        auth.password = None;
        // client-go's plugins step back when a request already has an Authorization header.
        auth.exec = None;
        auth.auth_provider = None;
    }
    if let Some(file) = nonempty(options.client_certificate.clone()) {
        auth.client_certificate = Some(file);
        auth.client_certificate_data = None;
    }
    if let Some(file) = nonempty(options.client_key.clone()) {
        auth.client_key = Some(file);
        auth.client_key_data = None;
    }
    if let Some(user) = nonempty(options.impersonate.clone()) {
        auth.impersonate = Some(user);
    }
    if let Some(uid) = nonempty(options.impersonate_uid.clone()) {
        auth.impersonate_uid = Some(uid);
    }
    if !options.impersonate_groups.is_empty() {
        auth.impersonate_groups = Some(options.impersonate_groups.clone());
    }
    if !options.impersonate_extra.is_empty() {
        let mut extra: HashMap<String, Vec<String>> = HashMap::new();
        for (key, value) in &options.impersonate_extra {
            extra.entry(key.clone()).or_default().push(value.clone());
        }
        auth.impersonate_user_extra = Some(extra);
    }
}

fn of_cluster(server: &str, cluster: &Cluster, auth: &AuthInfo) -> Result<Config, LiveError> {
    let url = parse_server(server, cluster, auth)?;
    let mut config = Config::new(url);
    config.root_cert = of_authorities(cluster)?;
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or_default();
    config.tls_server_name = cluster.tls_server_name.clone();
    let proxy = cluster.proxy_url.clone().or_else(|| proxy_of_environment(&config.cluster_url, |name| std::env::var(name).ok()));
    config.proxy_url = proxy.map(|p| parse_proxy(&p)).transpose()?;
    Ok(config)
}

fn in_cluster(cluster: &Cluster) -> Result<Config, LiveError> {
    if std::env::var_os("KUBERNETES_SERVICE_HOST").is_none() {
        return Err(LiveError::NoConfiguration);
    }
    let mut config = Config::incluster().map_err(|e| LiveError::Config(e.to_string()))?;
    if let Some(certificates) = of_authorities(cluster)? {
        config.root_cert = Some(certificates);
        config.root_cert_file = None;
    }
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or_default();
    config.tls_server_name = cluster.tls_server_name.clone();
    Ok(config)
}

/// A server without a scheme speaks TLS if anything about TLS is configured, as in client-go.
fn parse_server(server: &str, cluster: &Cluster, auth: &AuthInfo) -> Result<Uri, LiveError> {
    let tls = cluster.certificate_authority.is_some()
        || cluster.certificate_authority_data.is_some()
        || cluster.insecure_skip_tls_verify == Some(true)
        || auth.client_certificate.is_some()
        || auth.client_certificate_data.is_some();
    let with_scheme = match (server.contains("://"), tls) {
        (true, _) => server.to_owned(),
        (false, true) => format!("https://{server}"),
        (false, false) => format!("http://{server}"),
    };
    let wrong = |why: String| LiveError::Config(format!("invalid server {server:?}: {why}"));
    let url: Uri = with_scheme.parse().map_err(|e: http::uri::InvalidUri| wrong(e.to_string()))?;
    let authority = url.authority().map(Authority::as_str).unwrap_or_default();
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && port.chars().all(|c| c.is_ascii_digit()));
    match url.scheme_str() {
        Some("http" | "https") if has_port && url.port_u16().is_none() => Err(wrong("invalid port".to_owned())),
        Some("http" | "https") if url.host().is_some_and(|h| !h.is_empty()) => Ok(url),
        _ => Err(wrong("must be http://HOST or https://HOST".to_owned())),
    }
}

/// Go's `http.ProxyFromEnvironment`: by the scheme of the server, never for loopback, NO_PROXY heeded.
fn proxy_of_environment(server: &Uri, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let first = |names: [&str; 2]| names.into_iter().find_map(|name| nonempty(variable(name)));
    let host = server.host()?.trim_matches(['[', ']']);
    if host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()) {
        return None;
    }
    let proxy = match server.scheme_str() {
        Some("https") => first(["HTTPS_PROXY", "https_proxy"]),
        _ => first(["HTTP_PROXY", "http_proxy"]),
    }?;
    let exceptions = exceptions_for(server, &first(["NO_PROXY", "no_proxy"]).unwrap_or_default());
    Matcher::builder().all("http://any.invalid").no(exceptions).build().intercept(server)?;
    Some(proxy)
}

/// Entries of NO_PROXY without the port of this server; those with the port of another are not about it.
fn exceptions_for(server: &Uri, list: &str) -> String {
    let port = server.port_u16().unwrap_or(if server.scheme_str() == Some("https") { 443 } else { 80 });
    let entry = |entry: &str| match entry.trim().rsplit_once(':') {
        Some((host, digits)) if !host.contains(':') || host.ends_with(']') => {
            (digits.parse() == Ok(port)).then(|| host.trim_matches(['[', ']']).to_owned())
        }
        _ => Some(entry.trim().to_owned()),
    };
    list.split(',').filter_map(entry).collect::<Vec<_>>().join(",")
}

fn parse_proxy(proxy: &str) -> Result<Uri, LiveError> {
    let with_scheme = match proxy.split_once("://") {
        None => format!("http://{proxy}"),
        // kube's socks5 lets the proxy resolve names, which is what the h asks for.
        Some(("socks5h", rest)) => format!("socks5://{rest}"),
        Some(_) => proxy.to_owned(),
    };
    with_scheme.parse().map_err(|e: http::uri::InvalidUri| LiveError::Config(format!("invalid proxy address: {e}")))
}

/// client-go attaches credentials only where TLS protects them; whom to act as is no secret.
fn without_credentials(auth: &mut AuthInfo) {
    *auth = AuthInfo {
        impersonate: auth.impersonate.take(),
        impersonate_uid: auth.impersonate_uid.take(),
        impersonate_groups: auth.impersonate_groups.take(),
        impersonate_user_extra: auth.impersonate_user_extra.take(),
        ..AuthInfo::default()
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(yaml: &str, options: &ConnectionOptions) -> Config {
        let config = kube::config::Kubeconfig::from_yaml(yaml).expect("a kubeconfig");
        configure(options, Loaded { config, files: Vec::new() }).expect("a configuration").0
    }

    const KUBECONFIG: &str = "{current-context: c, contexts: [{name: c, context: {cluster: c, user: u, namespace: ''}}], \
        clusters: [{name: c, cluster: {server: 'https://a:6443', tls-server-name: inner, certificate-authority-data: ''}}], \
        users: [{name: u, user: {token: t, exec: {command: x}}}]}";

    #[test]
    fn a_token_flag_replaces_every_other_way_to_log_in() {
        let auth = configured(KUBECONFIG, &ConnectionOptions { token: Some("mine".into()), ..Default::default() }).auth_info;
        assert!(auth.exec.is_none());
        assert_eq!(secrecy::ExposeSecret::expose_secret(&auth.token.expect("a token")), "mine");
    }

    #[test]
    fn another_server_loses_the_tls_name_of_the_first() {
        let config = configured(KUBECONFIG, &ConnectionOptions { server: Some("https://b".into()), ..Default::default() });
        assert_eq!((config.cluster_url.host(), config.tls_server_name), (Some("b"), None));
        assert_eq!(configured(KUBECONFIG, &ConnectionOptions::default()).tls_server_name.as_deref(), Some("inner"));
    }

    #[test]
    fn credentials_do_not_go_over_plain_http() {
        let options = ConnectionOptions { server: Some("http://b".into()), impersonate: Some("x".into()), ..Default::default() };
        let auth = configured(KUBECONFIG, &options).auth_info;
        assert!(auth.token.is_none() && auth.exec.is_none());
        assert_eq!(auth.impersonate.as_deref(), Some("x"));
    }

    #[test]
    fn empty_fields_are_no_fields() {
        let config = configured(KUBECONFIG, &ConnectionOptions::default());
        assert_eq!((config.root_cert, config.default_namespace.as_str()), (None, "default"));
    }

    #[test]
    fn a_server_without_scheme_speaks_tls_if_tls_is_configured() {
        let url = |cluster: Cluster| parse_server("h:1", &cluster, &AuthInfo::default()).expect("a URL").to_string();
        assert_eq!(url(Cluster::default()), "http://h:1/");
        assert_eq!(url(Cluster { insecure_skip_tls_verify: Some(true), ..Default::default() }), "https://h:1/");
        assert!(parse_server("ftp://h", &Cluster::default(), &AuthInfo::default()).is_err());
        assert!(parse_server("h h", &Cluster::default(), &AuthInfo::default()).is_err());
    }

    #[test]
    fn no_proxy_names_servers_not_proxies() {
        let environment = |name: &str| match name {
            "HTTPS_PROXY" => Some("proxy.corp:3128".to_owned()),
            "no_proxy" => Some("proxy.corp, .inside,10.0.0.0/8,".to_owned()),
            _ => None,
        };
        let proxied = |url: &str| proxy_of_environment(&url.parse().expect("a URL"), environment).is_some();
        assert!(proxied("https://outside:6443"));
        assert!(!proxied("https://api.inside:6443") && !proxied("https://10.1.2.3") && !proxied("https://[::1]:6443"));
        assert!(!proxied("http://outside"), "HTTP_PROXY is not set");
        let exceptions = |list: &str| exceptions_for(&"https://api:6443".parse().expect("a URL"), list);
        assert_eq!(exceptions("a, b:6443,c:80,[::1]:6443,fd00::/8,.d"), "a,b,::1,fd00::/8,.d");
        assert_eq!(parse_proxy("proxy.corp:3128").expect("a URL").to_string(), "http://proxy.corp:3128/");
        assert_eq!(parse_proxy("socks5h://p:1").expect("a URL").scheme_str(), Some("socks5"));
    }
}
