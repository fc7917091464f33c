//! The running cluster: its API through one `kubectl proxy`, its data plane's agents, and netstore asked about it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::http::{Connection, Request, Response};

/// A process that ends when this is dropped.
pub struct Ended(pub Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A cluster that `tests/cluster/up` started.
pub struct Cluster {
    state: PathBuf,
    kubectl: PathBuf,
    /// Home of the programs that are run: nothing is read from or written to anybody's.
    home: tempfile::TempDir,
    /// `kubectl proxy`, so that a change costs a request and not a process.
    proxy: Option<(SocketAddr, Ended)>,
}

/// A folder beside this file's.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster").join(name)
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(format!("{command:?}: {}\n{}{}", output.status, text(&output.stdout), text(&output.stderr)))
}

impl Cluster {
    /// The one that NETSTORE_STATE names.
    pub fn find() -> Result<Self, String> {
        let state =
            std::env::var_os("NETSTORE_STATE").ok_or("NETSTORE_STATE does not say where the cluster is (tests/cluster/up --nodes 2)")?;
        let state = PathBuf::from(state);
        if !state.join("admin.kubeconfig").exists() {
            return Err(format!("no cluster in {}: tests/cluster/up --nodes 2 --state {0}", state.display()));
        }
        let folder = run(Command::new(script("build")).arg("--print"))?;
        let home = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut cluster = Self { state, kubectl: Path::new(folder.trim()).join("kubectl"), home, proxy: None };
        let mut proxy =
            cluster.kubectl().args(["proxy", "--port=0"]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(|e| e.to_string())?;
        let stdout = proxy.stdout.take().expect("a pipe");
        let proxy = Ended(proxy);
        // `Starting to serve on 127.0.0.1:34567`
        let line = BufReader::new(stdout).lines().next().and_then(Result::ok).unwrap_or_default();
        let at = line.rsplit(' ').next().and_then(|at| at.parse().ok()).ok_or(format!("kubectl proxy says {line:?}"))?;
        cluster.proxy = Some((at, proxy));
        Ok(cluster)
    }

    /// kubectl, as admin.
    pub fn kubectl(&self) -> Command {
        let mut command = Command::new(&self.kubectl);
        command.env("KUBECONFIG", self.state.join("admin.kubeconfig")).env("KUBECACHEDIR", self.home.path().join("cache"));
        command.env("HOME", self.home.path());
        command
    }

    /// Runs kubectl to its end.
    pub fn run_kubectl(&self, args: &[&str]) -> Result<String, String> {
        run(self.kubectl().args(args))
    }

    /// Applies manifests, on the server's side.
    pub fn apply(&self, manifests: &[Value]) -> Result<(), String> {
        let path = self.home.path().join("manifests.json");
        let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": manifests});
        std::fs::write(&path, list.to_string()).map_err(|error| error.to_string())?;
        let path = path.to_string_lossy().into_owned();
        self.run_kubectl(&["apply", "--server-side", "--force-conflicts", "-f", &path]).map(drop)
    }

    /// Requests to the API server. Each must end well.
    pub fn api(&self, requests: &[Request]) -> Result<Vec<Value>, String> {
        let Some((at, _)) = &self.proxy else { return Err("kubectl proxy does not run".to_owned()) };
        let lane = |requests: &[Request]| -> Result<Vec<Value>, String> {
            let mut connection = Connection::open(*at, Duration::from_secs(60)).map_err(|error| error.to_string())?;
            let responses = connection.ask(requests).map_err(|error| error.to_string())?;
            requests.iter().zip(&responses).map(|(request, response)| well(request, response)).collect()
        };
        std::thread::scope(|scope| {
            let lanes: Vec<_> = requests.chunks(requests.len().div_ceil(4).max(1)).map(|part| scope.spawn(move || lane(part))).collect();
            let mut answers = Vec::with_capacity(requests.len());
            for lane in lanes {
                answers.extend(lane.join().map_err(|_| "a panic".to_owned())??);
            }
            Ok(answers)
        })
    }

    /// The nodes whose agents can be asked, and their sockets.
    fn agents(&self) -> Result<Vec<(String, PathBuf)>, String> {
        let folder = self.state.join("nodes");
        let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut agents: Vec<(String, PathBuf)> = (entries.filter_map(Result::ok))
            .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path().join("dataplane.sock")))
            .filter(|(_, socket)| socket.exists())
            .collect();
        agents.sort();
        if agents.is_empty() { Err(format!("no agent of a data plane in {}", folder.display())) } else { Ok(agents) }
    }

    /// Asks the agents of all nodes at the same time; each must answer 200.
    fn agents_say(&self, request: &Request) -> Result<Vec<(String, String)>, String> {
        let agents = self.agents()?;
        std::thread::scope(|scope| {
            let ask = |socket: &Path| -> std::io::Result<Response> {
                let stream = UnixStream::connect(socket)?;
                stream.set_read_timeout(Some(Duration::from_secs(60)))?;
                Ok(Connection::over(stream).ask(std::slice::from_ref(request))?.remove(0))
            };
            let asked: Vec<_> = agents.iter().map(|(node, socket)| (node, scope.spawn(move || ask(socket)))).collect();
            let mut said = Vec::new();
            for (node, answer) in asked {
                let answer = answer.join().map_err(|_| "a panic".to_owned())?.map_err(|error| format!("agent of {node}: {error}"))?;
                if answer.status != 200 {
                    return Err(format!("agent of {node}: {} says {}: {}", request.path, answer.status, answer.body.trim()));
                }
                said.push((node.clone(), answer.body));
            }
            Ok(said)
        })
    }

    /// Waits until the data plane acts on what the API server has now.
    pub fn settle(&self) -> Result<(), String> {
        self.agents_say(&Request { method: "POST", path: "/settle?timeout=30s".to_owned(), body: None }).map(drop)
    }

    /// What the agents say of themselves.
    pub fn view(&self) -> Result<Vec<(String, String)>, String> {
        self.agents_say(&Request::get("/view"))
    }

    /// Switches what the data plane acts on, and waits until it does.
    pub fn data_plane(&self, mode: &str) -> Result<(), String> {
        run(Command::new(script("dataplane")).arg(mode).env("NETSTORE_STATE", &self.state)).map(drop)
    }

    /// Asks netstore; the answer is JSON.
    pub fn netstore(&self, args: &[&str]) -> Result<Value, String> {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("kubectl-netstore"));
        command.env_clear().env("HOME", self.home.path()).env("KUBECONFIG", self.state.join("admin.kubeconfig"));
        let text = run(command.args(args).args(["-o", "json"]).current_dir(self.home.path()))?;
        serde_json::from_str(&text).map_err(|error| format!("netstore {}: {error}", args.join(" ")))
    }
}

/// The object in a response.
fn well(request: &Request, response: &Response) -> Result<Value, String> {
    if !(200..300).contains(&response.status) {
        let body = request.body.as_ref().map_or("", |(_, body)| body.as_str());
        return Err(format!("{} {}: {} {}\n{body}", request.method, request.path, response.status, response.body.trim()));
    }
    serde_json::from_str(&response.body).map_err(|error| format!("{} {}: {error}", request.method, request.path))
}
