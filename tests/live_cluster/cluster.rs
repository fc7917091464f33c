//! Clusters for a test run: booted when first asked for, ended with the process, however that ends.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// A control plane of its own, and a folder for whatever its tests write.
pub struct Cluster {
    folder: PathBuf,
    /// Where kubectl is.
    binaries: PathBuf,
    /// Ends the cluster when its standard input does, that is with this process.
    _guard: Child,
}

/// What a run printed and how it ended.
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    pub code: Option<i32>,
}

impl Run {
    pub fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Self { stdout: text(&output.stdout), stderr: text(&output.stderr), code: output.status.code() }
    }

    /// What it printed, if it ended well.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}\n{}", self.stdout, self.stderr);
        self.stdout
    }

    /// The answer as JSON, if it ended well.
    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.ok()).expect("JSON")
    }

    /// Everything, in one block.
    pub fn block(&self) -> String {
        let stderr = if self.stderr.is_empty() { String::new() } else { format!("------- stderr -------\n{}", self.stderr) };
        format!("{}{stderr}[exit {}]", self.stdout, self.code.map_or_else(|| "by signal".to_owned(), |code| code.to_string()))
    }
}

/// The example world: namespaces shop, data and ops, as in `examples/shop`. Nobody changes it, so tests run side by side.
pub fn shop() -> Option<&'static Cluster> {
    static SHOP: OnceLock<Option<Cluster>> = OnceLock::new();
    SHOP.get_or_init(|| {
        let cluster = Cluster::boot()?;
        cluster.script("shop/apply", &[]);
        super::secrets::hide_marker(&cluster);
        Some(cluster)
    })
    .as_ref()
}

/// 10,000 pods in 50 namespaces, whose API server may be ill-treated: for one test at a time, which leaves it running.
pub fn many() -> Option<MutexGuard<'static, Cluster>> {
    static MANY: OnceLock<Option<Mutex<Cluster>>> = OnceLock::new();
    let many = MANY.get_or_init(|| {
        let cluster = Cluster::boot()?;
        cluster.script("pods", &["--pods", "10000", "--namespaces", "50"]);
        Some(Mutex::new(cluster))
    });
    many.as_ref().map(|many| many.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The namespace `store` of `storage.yaml`, when the controllers have done with it what they do. Nobody changes it.
pub fn store() -> Option<&'static Cluster> {
    static STORE: OnceLock<Option<Cluster>> = OnceLock::new();
    STORE
        .get_or_init(|| {
            let cluster = Cluster::boot()?;
            super::storage::settle(&cluster);
            Some(cluster)
        })
        .as_ref()
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster")
}

/// The folder of the cluster's binaries, built if need be; none where that cannot be done.
fn binaries() -> Option<&'static Path> {
    static BINARIES: OnceLock<Option<PathBuf>> = OnceLock::new();
    let build = || {
        let why = if !cfg!(target_os = "linux") {
            "the test cluster runs on Linux only"
        } else {
            let folder = run(Command::new(scripts().join("build")).arg("--print"));
            let folder = PathBuf::from(folder.trim());
            let go = || Command::new("go").arg("version").output().is_ok_and(|output| output.status.success());
            if folder.exists() || go() {
                run(&mut Command::new(scripts().join("build")));
                return Some(folder);
            }
            "Go is not installed, which the control plane is built with"
        };
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{why}, and with CI=true nothing is skipped");
        eprintln!("SKIPPED: all tests on a real API server: {why}");
        None
    };
    BINARIES.get_or_init(build).as_deref()
}

/// Runs a script to its end; what it says is shown if it fails.
#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let run = Run::of(&output);
    assert!(output.status.success(), "{command:?}: {}", run.block());
    run.stdout
}

impl Cluster {
    /// A cluster that its only user may leave as it likes.
    pub fn boot() -> Option<Self> {
        let binaries = binaries()?.to_owned();
        let folder = tempfile::tempdir().expect("a temporary folder").keep();
        // A destructor would not run for a static, and not after Ctrl-C either.
        let guard = Command::new("setsid")
            .args(["bash", "-c", r#"read -r; "$1" --state "$2/state" --purge; rm -rf "$2""#, "guard"])
            .arg(scripts().join("down"))
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("setsid and bash");
        let cluster = Self { folder, binaries, _guard: guard };
        cluster.up();
        Some(cluster)
    }

    /// Starts what does not run.
    pub fn up(&self) {
        self.script("up", &["--kwok"]);
    }

    /// Runs a script of `tests/cluster` on this cluster.
    pub fn script(&self, name: &str, args: &[&str]) -> String {
        run(Command::new(scripts().join(name)).args(args).arg("--state").arg(self.state()))
    }

    /// Where it keeps itself.
    pub fn state(&self) -> PathBuf {
        self.folder.join("state")
    }

    /// A path for a file of a test.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The admin's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.state().join("admin.kubeconfig")
    }

    /// The kubeconfig of a ServiceAccount that may read one namespace and nothing else.
    pub fn account(&self, namespace: &str, name: &str, duration: &str) -> PathBuf {
        let path = self.path(&format!("{namespace}-{name}.kubeconfig"));
        self.script("sa-kubeconfig", &[namespace, name, "--duration", duration, "--output", path.to_str().expect("UTF-8")]);
        path
    }

    /// The pid of a daemon.
    pub fn pid(&self, daemon: &str) -> String {
        let file = self.state().join(format!("run/{daemon}.pid"));
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        text.split(' ').next().expect("a pid").to_owned()
    }

    /// Sends a signal to a daemon.
    pub fn signal(&self, signal: &str, daemon: &str) {
        run(Command::new("kill").args([&format!("-{signal}"), &self.pid(daemon)]));
    }

    /// The binary, as this user; with an empty home and nothing of the machine but what is given.
    pub fn netstore(&self, kubeconfig: &Path) -> Command {
        let mut command = Command::new(crate::program::program());
        command.env_clear().env("HOME", &self.folder).env("KUBECONFIG", kubeconfig).env("COLUMNS", "200").current_dir(&self.folder);
        command.stdin(Stdio::null());
        command
    }

    /// Asks as admin.
    pub fn ask(&self, args: &[&str]) -> Run {
        self.ask_as(&self.kubeconfig(), args)
    }

    /// Asks as this user.
    pub fn ask_as(&self, kubeconfig: &Path, args: &[&str]) -> Run {
        Run::of(&self.netstore(kubeconfig).args(args).output().expect("the binary"))
    }

    /// The real kubectl, as admin.
    pub fn kubectl(&self) -> Command {
        let mut command = Command::new(self.kubectl_path());
        command.env("KUBECONFIG", self.kubeconfig()).env("KUBECACHEDIR", self.path("cache"));
        command
    }

    /// Runs a line as whoever pastes it does: through a shell, as admin.
    pub fn paste(&self, line: &str) -> Run {
        let path = format!("{}:/usr/bin:/bin", self.binaries.display());
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).env("PATH", path).env("KUBECONFIG", self.kubeconfig()).current_dir(&self.folder);
        Run::of(&shell.stdin(Stdio::null()).output().expect("a shell"))
    }

    /// Where a real CoreDNS is, built if need be.
    pub fn coredns_path(&self) -> PathBuf {
        run(Command::new(scripts().join("build")).arg("--nodes"));
        let folders = run(Command::new(scripts().join("build")).args(["--nodes", "--print"]));
        Path::new(folders.lines().nth(1).expect("a folder")).join("coredns")
    }

    /// Where the real kubectl is.
    pub fn kubectl_path(&self) -> PathBuf {
        self.binaries.join("kubectl")
    }
}

/// Without what differs from run to run: ages, the port of the API server, the node that a pod got.
pub fn settled(text: &str) -> String {
    let text = without_numbers(&without_ages(text), "172.18.0.2:");
    let text = without_numbers(&text, "node/node-");
    text.replace(env!("CARGO_MANIFEST_DIR"), "$ROOT")
}

/// With `N` for the number behind each of these words.
pub fn without_numbers(text: &str, word: &str) -> String {
    let mut parts = text.split(word);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| out + word + "N" + part.trim_start_matches(|c: char| c.is_ascii_digit()))
}

/// `(12s)`, `(5m30s)` → `(AGE)`.
pub fn without_ages(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('(') {
        out.push_str(before);
        out.push('(');
        rest = behind;
        if let Some((inner, after)) = behind.split_once(')')
            && inner.starts_with(|c: char| c.is_ascii_digit())
            && inner.ends_with(['s', 'm', 'h', 'd', 'y'])
            && inner.bytes().all(|b| b.is_ascii_digit() || b"smhdy".contains(&b))
        {
            out.push_str("AGE)");
            rest = after;
        }
    }
    out + rest
}
