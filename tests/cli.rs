//! The command line as scripts and people meet it: output, errors and exit codes of the binary, word by word.

#[path = "cli/claims.rs"]
mod claims;
#[path = "cli/codes.rs"]
mod codes;
mod common;
#[path = "cli/completion.rs"]
mod completion;
#[path = "cli/dns.rs"]
mod dns;
#[path = "cli/probe.rs"]
mod probe;
#[path = "cli/qos.rs"]
mod qos;
#[path = "cli/rbac.rs"]
mod rbac;
#[path = "cli/records.rs"]
mod records;
#[path = "cli/shells.rs"]
mod shells;
#[path = "cli/streams.rs"]
mod streams;
#[path = "cli/verify.rs"]
mod verify;
#[path = "cli/volumes.rs"]
mod volumes;

use common::{Home, SHOP};
use insta::{assert_snapshot, with_settings};

const COMMANDS: [&str; 18] = [
    "who-can-reach",
    "reachable-from",
    "can-reach",
    "effective-policy",
    "matrix",
    "pvc-why-pending",
    "volumes",
    "storage",
    "qos",
    "dns",
    "probe",
    "verify",
    "snapshot",
    "explain",
    "rbac",
    "version",
    "completion",
    "options",
];

/// The manifests of the shop, in a home.
fn shop() -> Home {
    let home = Home::new();
    home.write("shop.yaml", SHOP);
    home
}

// ---- help and version

#[test]
fn help_of_every_command_is_reviewed() {
    let home = Home::new();
    let mut pages = home.run(&["-h"]);
    for command in COMMANDS {
        pages += &format!("\n\n======= {command} -h\n{}", home.run(&[command, "-h"]));
    }
    pages += &format!("\n\n======= dns verify -h\n{}", home.run(&["dns", "verify", "-h"]));
    assert_snapshot!("help", pages);
}

#[test]
fn all_commands_and_a_prompt_fit_a_terminal_of_24_lines() {
    let home = Home::new();
    for call in [&[][..], &["-h"], &["--help"]] {
        let help = home.run(call);
        let help = help.trim_end_matches("[exit 0]").trim_end();
        assert!(help.lines().count() < 24 && help.lines().all(|line| line.chars().count() <= 80), "{help}");
        let shown = |command: &&&str| help.lines().any(|line| line.starts_with(&format!("  {command} ")));
        let missing: Vec<&&str> = COMMANDS.iter().filter(|command| !shown(command)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}

#[test]
fn long_help_and_options_show_the_connection_flags() {
    let home = Home::new();
    assert_snapshot!("long_help", home.run(&["who-can-reach", "--help"]));
    assert_snapshot!("options", home.run(&["options"]));
}

#[test]
fn without_a_command_there_is_help_and_no_error() {
    let home = Home::new();
    assert_eq!(home.run(&[]), home.run(&["-h"]));
    assert_eq!(home.run(&["help", "matrix"]), home.run(&["matrix", "--help"]));
}

#[test]
fn another_name_is_shown_as_it_is() {
    let home = Home::new();
    let link = home.path().join("netstore");
    std::fs::hard_link(common::program::program(), &link)
        .or_else(|_| std::fs::copy(common::program::program(), &link).map(drop))
        .expect("a second name");
    let output = std::process::Command::new(&link).arg("--version").output().expect("the binary");
    assert_eq!(String::from_utf8_lossy(&output.stdout), concat!("netstore ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn version_needs_no_cluster() {
    let home = Home::new();
    with_settings!({filters => vec![
        (env!("CARGO_PKG_VERSION"), "VERSION"),
        (r"(linux|darwin|windows)/\w+", "OS/ARCH"),
        // Only releases know it; release/check looks at theirs.
        (r#"(ommit"?: "?)(unknown|[0-9a-f]{12}(-dirty)?)"#, "${1}COMMIT"),
    ]}, {
        assert_snapshot!(home.run(&["--version"]), @"
        kubectl netstore VERSION
        [exit 0]
        ");
        assert_snapshot!(home.run(&["version"]), @"
        Client Version: vVERSION
        Git Commit: COMMIT
        Platform: OS/ARCH
        Kubernetes API: v1.37
        Server Version: <unknown>
        [exit 0]
        ");
        assert_snapshot!(home.run(&["version", "--client", "-o", "json"]), @r#"
        {
          "clientVersion": {
            "version": "vVERSION",
            "gitCommit": "COMMIT",
            "platform": "OS/ARCH",
            "kubernetesApi": "v1.37"
          }
        }
        [exit 0]
        "#);
        assert_snapshot!(home.run(&["version", "--client", "-o", "yaml"]), @"
        clientVersion:
          version: vVERSION
          gitCommit: COMMIT
          platform: OS/ARCH
          kubernetesApi: v1.37
        [exit 0]
        ");
    });
}

// ---- usage errors: exit 2, before anything is read

#[test]
fn what_cannot_be_watched_is_refused() {
    let home = shop();
    assert_snapshot!(home.run(&["who-can-reach", "deploy/web", "-f", "shop.yaml", "-w"]), @"
    ------- stderr -------
    error: --watch follows a cluster: what --from and --filename name does not change
    [exit 2]
    ");
    assert_snapshot!(home.run(&["pvc-why-pending", "--from", "snapshot", "--watch"]), @"
    ------- stderr -------
    error: --watch follows a cluster: what --from and --filename name does not change
    [exit 2]
    ");
    assert_snapshot!(home.run(&["who-can-reach", "deploy/web", "-w", "-o", "html"]), @r#"
    ------- stderr -------
    error: nothing can follow an answer in the output format "html"
    hint: with --watch there are table, wide, json, yaml, name
    [exit 2]
    "#);
    assert!(home.run(&["can-reach", "deploy/web", "deploy/db", "-w"]).contains("unexpected argument '-w' found"));
}

#[test]
fn an_unknown_command_has_a_neighbour() {
    assert_snapshot!(Home::new().run(&["who-can-reech", "web"]), @"
    ------- stderr -------
    error: unrecognized subcommand 'who-can-reech'

      tip: some similar subcommands exist: 'can-reach', 'who-can-reach'

    Usage: kubectl netstore [COMMAND]

    For more information, try '--help'.
    [exit 2]
    ");
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    let home = shop();
    assert_snapshot!(home.run(&["matrix", "-f", "shop.yaml", "--from", "x"]), @"
    ------- stderr -------
    error: --from and --filename cannot be used together
    hint: --from answers from a recorded cluster, --filename from manifests
    [exit 2]
    ");
    assert_snapshot!(home.run(&["-f", "shop.yaml", "matrix", "--from", "x"]), @"
    ------- stderr -------
    error: --from and --filename cannot be used together
    hint: --from answers from a recorded cluster, --filename from manifests
    [exit 2]
    ");
    assert_snapshot!(home.run(&["matrix", "-R"]), @"
    ------- stderr -------
    error: --recursive is only for --filename
    [exit 2]
    ");
    assert_snapshot!(home.run(&["matrix", "-f", "shop.yaml", "--context", "prod"]), @"
    ------- stderr -------
    error: --filename and --context cannot be used together
    hint: with --filename no cluster is asked
    [exit 2]
    ");
    assert_snapshot!(home.run(&["who-can-reach", "web", "-l", "app=web", "-f", "shop.yaml"]), @"
    ------- stderr -------
    error: name cannot be provided when a selector is specified
    [exit 2]
    ");
    assert_snapshot!(home.run(&["who-can-reach", "db", "-A", "-f", "shop.yaml"]), @"
    ------- stderr -------
    error: a resource cannot be retrieved by name across all namespaces
    hint: say its namespace: -n NAMESPACE, or NAMESPACE/TYPE/NAME
    [exit 2]
    ");
    assert_snapshot!(home.run(&["who-can-reach", "svc/db:5432", "--port", "80", "-f", "shop.yaml"]), @"
    ------- stderr -------
    error: the target has one port and --port is another
    hint: say one of them
    [exit 2]
    ");
    assert_snapshot!(home.run(&["snapshot", "x", "-f", "shop.yaml"]), @"
    ------- stderr -------
    error: a snapshot is taken of a cluster: --from and --filename name none
    [exit 2]
    ");
}

#[test]
fn a_format_the_question_has_not_is_refused_before_reading() {
    let home = Home::new();
    assert_snapshot!(home.run(&["who-can-reach", "web", "-o", "dot", "-f", "missing.yaml"]), @"
    ------- stderr -------
    error: invalid value 'dot' for '--output <FORMAT>'
      [possible values: table, wide, json, yaml, html, name]

    For more information, try '--help'.
    [exit 2]
    ");
    assert_snapshot!(home.run(&["explain", "-o", "json"]), @r#"
    ------- stderr -------
    error: this command has no output format "json"
    hint: it has table
    [exit 2]
    "#);
    assert_eq!(home.run(&["rbac", "-o", "yaml"]), home.run(&["rbac"]));
    assert_snapshot!(home.run(&["-o", "dot", "who-can-reach", "web", "-f", "missing.yaml"]), @r#"
    ------- stderr -------
    error: this command has no output format "dot"
    hint: it has table, wide, json, yaml, html, name
    [exit 2]
    "#);
}

#[test]
fn arguments_are_told_apart_or_asked_for() {
    let home = shop();
    assert_snapshot!(home.run(&["who-can-reach"]), @"
    ------- stderr -------
    error: TARGET is missing
    hint: name it as NAME, TYPE/NAME or TYPE NAME; --help shows examples
    [exit 2]
    ");
    assert_snapshot!(home.run(&["can-reach", "web"]), @"
    ------- stderr -------
    error: TARGET is missing
    hint: name it as NAME, TYPE/NAME or TYPE NAME; --help shows examples
    [exit 2]
    ");
    assert_snapshot!(home.run(&["can-reach", "deploy", "web"]), @"
    ------- stderr -------
    error: TARGET is missing
    hint: name it as NAME, TYPE/NAME or TYPE NAME; --help shows examples
    hint: `deploy web` is read as one object; for pods of these names say pod/deploy and pod/web
    [exit 2]
    ");
    assert_snapshot!(home.run(&["who-can-reach", "deploi/web"]), @r#"
    ------- stderr -------
    error: the server doesn't have a resource type "deploi"
    hint: did you mean `deploy`?
    hint: if deploi is a namespace: deploi/TYPE/web (NAMESPACE/TYPE/NAME)
    [exit 2]
    "#);
    assert_snapshot!(home.run(&["who-can-reach", "node/a"]), @"
    ------- stderr -------
    error: this question is not about nodes
    hint: name a pod, a workload, a namespace, a Service or an address
    [exit 2]
    ");
    assert_snapshot!(home.run(&["who-can-reach", "svc/db:99999"]), @r#"
    ------- stderr -------
    error: svc/db:99999: port "99999" must be between 1 and 65535, inclusive
    [exit 2]
    "#);
    assert_snapshot!(home.run(&["who-can-reach", "db", "--port", "70000"]), @r#"
    ------- stderr -------
    error: invalid value '70000' for '--port <PORT[/PROTOCOL]>': port "70000" must be between 1 and 65535, inclusive

    For more information, try '--help'.
    [exit 2]
    "#);
    assert_snapshot!(home.run(&["reachable-from", "deploy/web:80"]), @"
    ------- stderr -------
    error: only the target of a connection has a port
    [exit 2]
    ");
    assert_snapshot!(home.run(&["who-can-reach", "-l", "app in web", "-f", "shop.yaml"]), @"
    ------- stderr -------
    error: unable to parse requirement `app in web`: a label key was expected
    [exit 2]
    ");
}

// ---- what cannot be answered: exit 1

#[test]
fn without_a_cluster_the_other_sources_are_named() {
    assert_snapshot!(Home::new().run(&["matrix"]), @"
    ------- stderr -------
    error: Missing or incomplete configuration info.  Please point to an existing, complete config file:

      1. Via the command-line flag --kubeconfig
      2. Via the KUBECONFIG environment variable
      3. In your home directory as ~/.kube/config
    hint: without a cluster: -f FILE answers from manifests, --from FILE from a snapshot
    [exit 1]
    ");
}

#[test]
fn a_cluster_that_is_not_there() {
    let home = Home::new();
    let server = "http://127.0.0.1:1";
    assert_snapshot!(home.run(&["who-can-reach", "web", "--server", server]), @"
    ------- stderr -------
    The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?
    hint: no context, server http://127.0.0.1:1, no kubeconfig file
    [exit 1]
    ");
}

#[test]
fn names_that_are_not_there_have_neighbours() {
    let home = shop();
    let ask = |args: &[&str]| home.run(&[&["-f", "shop.yaml"], args].concat());
    assert_snapshot!(ask(&["who-can-reach", "web", "-n", "shop"]), @r#"
    ------- stderr -------
    Error from server (NotFound): pods "web" not found
    hint: did you mean deploy/web?
    [exit 1]
    "#);
    assert_snapshot!(ask(&["who-can-reach", "probe", "-n", "shop"]), @r#"
    ------- stderr -------
    Error from server (NotFound): pods "probe" not found
    hint: it exists in namespace ops: add -n ops
    [exit 1]
    "#);
    assert_snapshot!(ask(&["who-can-reach", "deploy/wep", "-n", "shop"]), @r#"
    ------- stderr -------
    Error from server (NotFound): deployments.apps "wep" not found
    hint: did you mean deploy/web?
    [exit 1]
    "#);
    assert_snapshot!(ask(&["who-can-reach", "deploy/web", "-n", "shpo"]), @r#"
    ------- stderr -------
    Error from server (NotFound): deployments.apps "web" not found
    hint: namespace shpo does not exist; did you mean -n shop?
    [exit 1]
    "#);
    assert_snapshot!(ask(&["who-can-reach", "ns/shpo"]), @r#"
    ------- stderr -------
    Error from server (NotFound): namespaces "shpo" not found
    hint: did you mean ns/shop?
    [exit 1]
    "#);
    assert_snapshot!(ask(&["who-can-reach", "-l", "app=web"]), @"
    ------- stderr -------
    error: no pods match app=web in namespace default
    hint: there are some in namespace shop: add -n shop
    [exit 1]
    ");
}

#[test]
fn sources_that_cannot_be_read() {
    let home = Home::new();
    home.write("empty.yaml", "");
    assert_snapshot!(home.run(&["matrix", "-f", "missing.yaml"]), @r#"
    ------- stderr -------
    error: the path "missing.yaml" does not exist
    [exit 1]
    "#);
    assert_snapshot!(home.run(&["matrix", "-f", "empty.yaml"]), @"
    ------- stderr -------
    error: nothing could be read from empty.yaml: no objects in it
    [exit 1]
    ");
    assert_snapshot!(home.run(&["matrix", "--from", "missing.tar.gz"]), @"
    ------- stderr -------
    error: missing.tar.gz: no such file or directory
    [exit 1]
    ");
    assert_snapshot!(home.run(&["explain", "XX-999"]), @r#"
    ------- stderr -------
    error: there is no finding "XX-999"
    hint: kubectl netstore explain lists all of them
    [exit 1]
    "#);
}

#[test]
fn what_was_left_out_of_the_input_is_said_before_the_error() {
    let home = Home::new();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: x, labels: {app: \"not a label\"}}\nspec: {containers: [{name: a, image: b}]}\n";
    home.write("pods.yaml", &(SHOP.to_owned() + "\n---\n" + pod));
    let said = home.run(&["who-can-reach", "pod/x", "-f", "pods.yaml"]);
    let (warning, error) = (said.find("Warning: "), said.find("Error from server (NotFound)"));
    assert!(warning.is_some() && warning < error && said.ends_with("[exit 1]"), "{said}");
}

#[test]
fn the_namespace_that_was_typed_stays_in_what_is_proposed() {
    let home = shop();
    let ask = |target: &str| home.run(&["-f", "shop.yaml", "who-can-reach", target]);
    assert!(ask("shop/web").contains("hint: did you mean shop/deploy/web? (NAMESPACE/TYPE/NAME)"), "{}", ask("shop/web"));
    assert!(ask("shop/none").contains("hint: shop is a namespace: shop/TYPE/none"), "{}", ask("shop/none"));
    assert!(ask("shop/deploy/wep").contains("hint: did you mean shop/deploy/web?"), "{}", ask("shop/deploy/wep"));
}

// ---- answers

#[test]
fn nothing_asked_about_is_no_error() {
    let home = shop();
    let ask = |args: &[&str]| home.run(&[&["matrix", "-f", "shop.yaml"], args].concat());
    let nothing = "------- stderr -------\nNo resources found in nowhere namespace.\n";
    assert!(ask(&["-n", "nowhere"]).starts_with(nothing), "{}", ask(&["-n", "nowhere"]));
    assert!(ask(&["-n", "shpo"]).contains("hint: namespace shpo does not exist; did you mean -n shop?\n"), "{}", ask(&["-n", "shpo"]));
    assert!(ask(&["-A", "-l", "app=none"]).starts_with("------- stderr -------\nNo resources found\n"));
    let json = ask(&["-n", "nowhere", "-o", "json"]);
    assert!(json.starts_with("{\n  \"apiVersion\"") && json.ends_with("[exit 0]") && !json.contains("No resources"), "{json}");
    assert!(ask(&["-n", "No_Such"]).ends_with("[exit 2]"));
}

#[test]
fn all_forms_of_a_target_mean_the_same() {
    let home = shop();
    let ask = |words: &[&str]| home.run(&[&["who-can-reach", "-f", "shop.yaml", "-n", "shop"], words].concat());
    let wanted = ask(&["sts/db"]);
    assert!(wanted.contains("shop/deploy/web") && wanted.ends_with("[exit 0]"), "{wanted}");
    for words in [&["sts", "db"][..], &["statefulset/db"], &["statefulsets.apps", "db"], &["StatefulSet/db"], &["shop/sts/db"]] {
        assert_eq!(ask(words), wanted, "{words:?}");
    }
}

#[test]
fn globals_stand_before_and_after_the_command_and_files_come_on_standard_input() {
    let home = shop();
    let wanted = home.run(&["matrix", "-n", "shop", "-f", "shop.yaml", "-o", "csv"]);
    assert!(wanted.ends_with("[exit 0]"), "{wanted}");
    assert_eq!(home.run(&["-n", "shop", "-o", "csv", "-f", "shop.yaml", "matrix"]), wanted);
    assert_eq!(home.run_with_input(&["matrix", "-n", "shop", "-o", "csv", "-f", "-"], SHOP), wanted);
}

#[test]
fn exit_codes_are_for_those_who_ask() {
    let home = shop();
    let ends = |args: &[&str]| {
        let block = home.run(&[&["can-reach", "-f", "shop.yaml", "-n", "shop"], args].concat());
        block.rsplit('\n').next().unwrap_or_default().to_owned()
    };
    assert_eq!(ends(&["deploy/web", "sts/db:5432"]), "[exit 0]");
    assert_eq!(ends(&["deploy/web", "sts/db:5432", "--exit-code"]), "[exit 0]");
    assert_eq!(ends(&["deploy/web", "sts/db:80"]), "[exit 0]");
    assert_eq!(ends(&["deploy/web", "sts/db:80", "--exit-code"]), "[exit 3]");
    assert_eq!(home.run(&["can-reach", "-q", "deploy/web", "sts/db:80", "-n", "shop", "-f", "shop.yaml"]), "[exit 3]");
    assert_eq!(home.run(&["can-reach", "-q", "shop/deploy/web", "shop/svc/db:5432", "-f", "shop.yaml"]), "[exit 0]");
}

#[test]
fn findings_are_explained() {
    let home = Home::new();
    let list = home.run(&["explain"]);
    assert!(list.starts_with("CODE     NAME") && list.ends_with("[exit 0]"), "{list}");
    for line in list.lines().skip(1).filter(|line| !line.starts_with('[')) {
        let code = line.split_whitespace().next().expect("a code");
        let text = home.run(&["explain", code]);
        assert!(text.starts_with(code) && text.ends_with("[exit 0]") && text.lines().count() > 3, "{text}");
    }
}
