//! Kubeconfigs and flags that make no sense: what is wrong is told in kubectl's words, with its place, and without what a library says or a
//! file holds.

use std::fmt::Write;

use super::home::Home;

/// Traces of the language and of libraries; what is secret in the files is called hunter2.
const TRACES: [&str; 16] = [
    "hunter2",
    "Some(",
    "Err(",
    "Error {",
    "Error(",
    "os error",
    "panicked",
    "RUST_BACKTRACE",
    "rustls",
    "hyper",
    "tower",
    "serde",
    "kube::",
    "HttpError",
    "BadEncoding",
    "Invalid symbol",
];

/// Whoever is asked: nobody listens there.
const SERVER: &str = "https://127.0.0.1:1";

/// A kubeconfig with this cluster and this user.
fn kubeconfig(cluster: &str, user: &str) -> String {
    format!(
        "current-context: c\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\nclusters: [{{name: c, cluster: {{{cluster}}}}}]\n\
         users: [{{name: u, user: {{{user}}}}}]\n"
    )
}

fn table(rows: impl IntoIterator<Item = (String, String)>) -> String {
    let mut table = String::new();
    for (name, said) in rows {
        let found: Vec<_> = TRACES.into_iter().filter(|trace| said.contains(trace)).collect();
        assert!(found.is_empty(), "{name}: {found:?} in\n{said}");
        let _ = writeln!(table, "## {name}\n{said}\n");
    }
    table
}

#[test]
fn a_kubeconfig_that_makes_no_sense_is_told_with_what_is_wrong() {
    let run = |(name, text): (&str, String)| {
        let home = Home::new(&text);
        home.write("junk.pem", "-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----\n");
        home.write("hello", "hunter2");
        (name.to_owned(), home.run(&["volumes"]))
    };
    let cluster = |more: &str| kubeconfig(&format!("server: '{SERVER}', {more}"), "token: t");
    let user = |more: &str| kubeconfig(&format!("server: '{SERVER}'"), more);
    let laughs = (1..9).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
        let last = format!("*a{}", n - 1);
        format!("{text}a{n}: &a{n} [{}]\n", vec![last; 9].join(", "))
    });
    let rows = [
        ("nothing", String::new()),
        ("no YAML", "users: [{name: u, user: {token: hunter2}}\nx: [".to_owned()),
        ("a word", "hunter2".to_owned()),
        ("a list", "[hunter2]".to_owned()),
        ("contexts that are a number", "users: [{name: u, user: {token: hunter2}}]\ncontexts: 3".to_owned()),
        ("a user that is a word", "users: [{name: u, user: hunter2}]".to_owned()),
        ("a value that holds itself", "a: &a [*a]".to_owned()),
        ("aliases without end", laughs),
        ("another object", "apiVersion: v1\nkind: Pod\nmetadata: {name: x}".to_owned()),
        ("a context that is not there", "current-context: c".to_owned()),
        ("a cluster that is not there", "current-context: c\ncontexts: [{name: c, context: {cluster: x}}]".to_owned()),
        ("a cluster without server", kubeconfig("", "token: t")),
        ("a server that is no address", kubeconfig("server: 'h h'", "token: t")),
        ("a server of another scheme", kubeconfig("server: 'ftp://h'", "token: t")),
        ("a port that is none", kubeconfig("server: 'https://h:99999'", "token: t")),
        ("a password in the address", kubeconfig("server: 'https://jane:hunter2@127.0.0.1:1'", "")),
        ("a proxy of another scheme", cluster("proxy-url: 'ftp://h'")),
        ("a CA that is no base64", cluster("certificate-authority-data: 'hunter2!'")),
        ("a CA that is no PEM", cluster("certificate-authority-data: aHVudGVyMg==")),
        ("a CA that is no certificate", cluster("certificate-authority: ../junk.pem")),
        ("a CA that is not there", cluster("certificate-authority: nowhere.pem")),
        ("a CA that is a folder", cluster("certificate-authority: ../.kube")),
        ("a certificate that is no base64", user("client-certificate-data: 'hunter2!', client-key-data: aGVsbG8=")),
        ("a certificate that is no PEM", user("client-certificate: ../hello, client-key: ../hello")),
        ("a certificate without key", user("client-certificate: ../junk.pem")),
        ("a key without certificate", user("client-key: ../junk.pem")),
        ("a key that is none", user("client-certificate: ../junk.pem, client-key: ../junk.pem")),
        ("a key that is not there", user("client-certificate: ../junk.pem, client-key: nowhere.pem")),
        ("a token that no header may have", user("token: \"hunter2\\nX-Y: z\"")),
        ("a token file that is not there", user("tokenFile: nowhere")),
        ("a plugin without command", user("exec: {apiVersion: client.authentication.k8s.io/v1}")),
        (
            "a plugin that is a folder",
            user("exec: {apiVersion: client.authentication.k8s.io/v1, command: ../.kube, interactiveMode: Never}"),
        ),
        ("a plugin for a terminal", user("exec: {apiVersion: client.authentication.k8s.io/v1, command: ../x, interactiveMode: Always}")),
        ("a provider nobody knows", user("auth-provider: {name: azure, config: {access-token: hunter2}}")),
        ("a provider without token", user("auth-provider: {name: oidc, config: {}}")),
    ];
    insta::assert_snapshot!("kubeconfigs", table(rows.into_iter().map(run)));
}

#[test]
fn flags_that_make_no_sense_are_told_with_what_is_wrong() {
    let home = Home::new(&kubeconfig(&format!("server: '{SERVER}'"), "token: t"));
    home.write("junk.pem", "-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----\n");
    let rows = [
        &["--server=h h"][..],
        &["--server=https://"],
        &["--server=https://h:99999"],
        &["--kubeconfig=nowhere"],
        &["--kubeconfig=.kube"],
        &["--context=nowhere"],
        &["--cluster=nowhere"],
        &["--user=nobody"],
        &["--token=hunter2\n"],
        &["--as=hunter2\n"],
        &["--as=jane", "--as-group=hunter2\n"],
        &["--as-group=devs"],
        &["--as-uid=7"],
        &["--as-user-extra=x"],
        &["--certificate-authority=nowhere"],
        &["--certificate-authority=junk.pem"],
        &["--client-certificate=junk.pem"],
        &["--client-certificate=junk.pem", "--client-key=nowhere"],
        &["--tls-server-name=a b"],
        &["--request-timeout=18446744073709551615"],
        &["--request-timeout=1 fortnight"],
        &["--chunk-size=-1"],
        &["--chunk-size=99999999999"],
        &["-v=300"],
        &["--insecure-skip-tls-verify=maybe"],
        &["--namespace=Not a name"],
        &["-l", "(("],
        &["-o", "hunter"],
        &["--color=blue"],
    ];
    let run =
        |flags: &[&str]| (flags.join(" ").escape_default().to_string().replace("hunter2", "*"), home.run(&[&["volumes"], flags].concat()));
    insta::assert_snapshot!("flags", table(rows.into_iter().map(run)));
}

/// Nothing in the environment, not even a home, and words that are no UTF-8.
#[test]
#[cfg(target_os = "linux")]
fn without_a_home_and_with_words_that_are_no_text_nothing_breaks() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let home = Home::new("");
    let run = |words: &[&[u8]]| {
        let mut command = home.command(&[]);
        home.block(&command.env_remove("HOME").args(words.iter().map(|word| OsStr::from_bytes(word))).output().unwrap())
    };
    let rows: [&[&[u8]]; 7] = [
        &[b"volumes"],
        &[b"volumes", b"\xff"],
        &[b"\xff"],
        &[b"volumes", b"--context=\xff"],
        &[b"volumes", b"-f", b"nowhere-\xff"],
        &[b"__complete", b"volumes", b"\xff"],
        &[b"__complete", b"volumes", b"--context", b""],
    ];
    let name = |words: &[&[u8]]| words.iter().map(|word| word.escape_ascii().to_string()).collect::<Vec<_>>().join(" ");
    insta::assert_snapshot!("no_home", table(rows.into_iter().map(|words| (name(words), run(words)))));
}
