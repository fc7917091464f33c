//! Who asks: programs of the kubeconfig that bring credentials, OIDC, and a pod's own identity.

use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use insta::assert_snapshot;
use serde_json::json;

use super::home::Home;
use super::server::{Reply, page};
use super::tls::{Authority, TlsServer};

/// A server, and a kubeconfig in which `user` says who asks.
fn world(user: &str) -> (Home, TlsServer, Authority) {
    world_of(user, |_, _| page("Pod", "", Vec::new()))
}

/// The same with a server that answers so.
pub fn world_of(user: &str, script: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> (Home, TlsServer, Authority) {
    let authority = Authority::new("authority");
    let server = TlsServer::start(&authority.server("127.0.0.1"), &authority, false, script);
    let home = Home::new(&format!(
        "current-context: c\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n\
         clusters: [{{name: c, cluster: {{server: '{}', certificate-authority: ../ca.crt}}}}]\n\
         users:\n- name: u\n  user:\n{user}",
        server.url
    ));
    home.write("ca.crt", &authority.pem());
    (home, server, authority)
}

/// The request for pods of a run.
#[track_caller]
fn asked(home: &Home, server: &TlsServer) -> String {
    let said = home.run(&["volumes"]);
    let request = server.requests().into_iter().find(|request| request.starts_with("/api/v1/pods"));
    request.unwrap_or_else(|| panic!("nothing was asked: {said}"))
}

/// Writes a program.
#[cfg(unix)]
pub fn program(home: &Home, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    let path = home.write(name, text);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

pub const PLUGIN: &str = "    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: ../bring\n      args: [a token]\n      \
                      interactiveMode: Never\n      installHint: |\n        Install it from the shelf.\n        Then log in.\n";

#[test]
#[cfg(unix)]
fn a_plugin_brings_a_token_and_is_told_what_it_needs() {
    let user = format!("{PLUGIN}      provideClusterInfo: true\n      env: [{{name: REALM, value: corp}}]\n");
    let (home, server, _) = world(&user);
    program(
        &home,
        "bring",
        "#!/bin/sh\nprintf '%s' \"$KUBERNETES_EXEC_INFO\" >$HOME/info\n\
         printf '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"%s of %s\"}}' \"$1\" \"$REALM\"\n",
    );
    let request = asked(&home, &server);
    assert!(request.contains("authorization: bearer a token of corp"), "{request}");
    let info: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(home.path().join("info")).unwrap()).unwrap();
    assert_eq!((&info["apiVersion"], &info["kind"]), (&json!("client.authentication.k8s.io/v1"), &json!("ExecCredential")));
    assert_eq!(info["spec"]["cluster"]["server"], json!(server.url));
    assert_eq!(info["spec"]["interactive"], json!(false));
}

#[test]
#[cfg(unix)]
fn a_plugin_brings_a_certificate() {
    let (home, server, authority) = world(PLUGIN);
    let alice = authority.client("alice");
    let status = json!({"clientCertificateData": alice.pem, "clientKeyData": alice.key()});
    let credential = json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status});
    home.write("credential", &credential.to_string());
    program(&home, "bring", "#!/bin/sh\ncat $HOME/credential\n");
    let request = asked(&home, &server);
    assert!(request.contains("client: alice") && !request.contains("authorization:"), "{request}");
}

/// In the words of whoever wrote the kubeconfig, and without what the plugin printed.
#[test]
#[cfg(unix)]
fn a_plugin_that_is_missing_or_fails_is_told_with_its_install_hint() {
    let (home, _, _) = world(PLUGIN);
    assert_snapshot!("plugin_missing", home.run(&["volumes"]));
    program(&home, "bring", "#!/bin/sh\necho hunter2\necho 'token expired: log in' >&2\nexit 3\n");
    assert_snapshot!("plugin_fails", home.run(&["volumes"]));
    program(&home, "bring", "#!/bin/sh\necho hunter2\n");
    assert_snapshot!("plugin_prints_nonsense", home.run(&["volumes"]));
}

/// A token of an identity provider that is good for so many seconds from now.
fn id_token(seconds: i64) -> String {
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    // The client reads nothing but the end of it: `{"exp":N}` in base64, without what signs it.
    let claims = format!("{{\"exp\":{}}}", now + seconds);
    let mut text = String::new();
    for chunk in claims.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        let digit = |at: usize| b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[(bits >> (18 - 6 * at) & 63) as usize];
        text.extend((0..=chunk.len()).map(|at| char::from(digit(at))));
    }
    format!("header.{text}.signature")
}

fn oidc(token: &str, more: &str) -> String {
    format!("    auth-provider:\n      name: oidc\n      config: {{id-token: {token}, client-id: us{more}}}\n")
}

#[test]
fn a_token_of_oidc_is_sent_while_it_is_good() {
    let token = id_token(600);
    let (home, server, _) = world(&oidc(&token, ""));
    let request = asked(&home, &server);
    assert!(request.contains(&format!("authorization: bearer {}", token.to_lowercase())), "{request}");
}

#[test]
fn a_token_of_oidc_that_is_over_is_got_anew_from_the_issuer() {
    let (over, new) = (id_token(-600), id_token(600));
    let authority = Authority::new("authority");
    // The issuer names its own token, which it has only when it runs.
    let (url, token) = (Arc::new(OnceLock::<String>::new()), new.clone());
    let own = Arc::clone(&url);
    let issuer = TlsServer::start(&authority.server("127.0.0.1"), &authority, false, move |path, _| match path {
        "/.well-known/openid-configuration" => Reply::Json(200, json!({"token_endpoint": format!("{}/token", own.get().unwrap())})),
        _ => Reply::Json(200, json!({"id_token": token, "refresh_token": "next"})),
    });
    url.set(issuer.url.clone()).unwrap();
    let more = format!(", client-secret: s, refresh-token: r, idp-issuer-url: '{}'", issuer.url);
    let (home, server, _) = world(&oidc(&over, &more));
    home.write("issuer.crt", &authority.pem());
    let mut command = home.command(&["volumes"]);
    let output = command.env("SSL_CERT_FILE", home.path().join("issuer.crt")).output().unwrap();
    let said = home.block(&output);
    let request = server.requests().into_iter().find(|request| request.starts_with("/api/v1/pods"));
    assert!(request.is_some_and(|request| request.contains(&new.to_lowercase())), "{said}\n{:?}", issuer.requests());
}

#[test]
fn a_token_of_oidc_that_is_over_and_cannot_be_renewed_is_told() {
    let (home, _, _) = world(&oidc(&id_token(-600), ""));
    assert_snapshot!("oidc_over", home.run(&["volumes"]));
}

/// Needs a file system of its own: as root on Linux.
#[test]
#[cfg(target_os = "linux")]
fn in_a_pod_the_service_account_asks_in_its_namespace() {
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if !root {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "this test needs root, and with CI=true nothing is skipped");
        eprintln!("SKIPPED: a pod's own identity: only root may mount");
        return;
    }
    let authority = Authority::new("authority");
    let server = TlsServer::start(&authority.server("127.0.0.1"), &authority, false, |path, _| match path {
        "/api/v1/namespaces/shop/pods?limit=500" => page("Pod", "", Vec::new()),
        "/api/v1/namespaces/shop/persistentvolumeclaims?limit=500" => page("PersistentVolumeClaim", "", Vec::new()),
        _ => super::server::forbidden("it"),
    });
    let home = Home::new("");
    for (name, text) in [("ca.crt", authority.pem()), ("token", "account-token\n".to_owned()), ("namespace", "shop".to_owned())] {
        home.write(name, &text);
    }
    let account = "/var/run/secrets/kubernetes.io/serviceaccount";
    let script = format!("mount -t tmpfs tmpfs /run && mkdir -p {account} && cp ca.crt token namespace {account} && exec \"$@\"");
    let binary = crate::program::program();
    let run = |args: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", &script, "sh"]).arg(binary).args(args).current_dir(home.path());
        command.env("HOME", "/nowhere").env_remove("KUBECONFIG").env("KUBERNETES_SERVICE_HOST", "127.0.0.1");
        home.block(&command.env("KUBERNETES_SERVICE_PORT", server.port.to_string()).output().unwrap())
    };
    assert!(run(&["volumes"]).starts_with("No resources found in shop namespace.\n"), "{}", run(&["volumes"]));
    let bearer = |token: &str| {
        let requests = server.requests();
        requests.last().is_some_and(|request| request.contains(&format!("\nauthorization: bearer {token}\n")))
    };
    assert!(bearer("account-token"), "{:?}", server.requests());
    run(&["volumes", "--token=flag"]);
    assert!(bearer("flag"), "{:?}", server.requests());
}
