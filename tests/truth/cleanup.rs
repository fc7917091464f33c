//! On real nodes: what a probe started ends by itself when nobody is left to wait for it, whichever way it went.
//!
//! `tests/live_cluster/probe` has all ways in which a process may end; here it is killed, and the nodes do the rest.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::boot;
use super::cluster::Cluster;
use super::tally::Tally;

const NAMESPACE: &str = "netstore-cleanup";
/// Nobody answers there, so that every check takes all its time: the nodes drop what goes to this range.
const SILENT: &str = "192.0.2.1:80";
const IMAGE: &str = "registry.k8s.io/e2e-test-images/agnhost:2.56";
/// Longer than a probe pod may live.
const PATIENCE: Duration = Duration::from_secs(180);

/// The suite.
pub fn run(cluster: &Cluster, keep: bool, tally: &mut Tally) {
    let suite = Cleanup { cluster };
    let there = suite.boot();
    let begun = there.is_ok();
    tally.case("a pod to probe from runs", there);
    if begun {
        // All at once, since each of them takes as long as a probe may last.
        let killed = ["exec", "ephemeral", "pod"].map(|way| suite.killed(way));
        let [exec, ephemeral, pod] = killed;
        tally.case("a shell that was left alone ends", exec.and_then(|()| suite.no_shell()));
        tally.case("an ephemeral container that was left alone ends", ephemeral.and_then(|()| suite.ephemeral_ended()));
        tally.case("a probe pod that was left alone ends, and is removed when its time is over", pod.and_then(|()| suite.pod_removed()));
    }
    if !keep && let Err(why) = boot::remove(cluster, &[NAMESPACE]) {
        tally.case("the pods are taken down", Err(why));
    }
}

struct Cleanup<'a> {
    cluster: &'a Cluster,
}

impl Cleanup<'_> {
    fn boot(&self) -> Result<(), String> {
        boot::make_room(self.cluster, &[NAMESPACE])?;
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
        let container = json!({"name": "app", "image": IMAGE, "imagePullPolicy": "IfNotPresent", "args": ["netexec", "--http-port=8080"]});
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": NAMESPACE, "labels": {"app": "web"}},
            "spec": {"containers": [container], "terminationGracePeriodSeconds": 1}});
        self.cluster.apply(&[namespace, pod])?;
        self.cluster.run_kubectl(&["wait", "-n", NAMESPACE, "pod/web", "--for=condition=Ready", "--timeout=60s"]).map(drop)
    }

    /// Begins a probe this way, and kills it when its checks are on their way.
    fn killed(&self, way: &str) -> Result<(), String> {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("kubectl-netstore"));
        command.env("KUBECONFIG", self.cluster.state().join("admin.kubeconfig"));
        command.args(["probe", "pod/web", SILENT, "--via", way, "--yes", "-v=6", "-n", NAMESPACE]);
        if way != "exec" {
            command.args(["--image", IMAGE]);
        }
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
        let lines = BufReader::new(child.stderr.take().ok_or("no errors")?).lines().map_while(Result::ok);
        let mut said = String::new();
        // The survey of the tools is an exec, too.
        let (words, mut times) = match way {
            "exec" => ("/exec?", 2),
            "ephemeral" => (" patched", 1),
            _ => (" created", 1),
        };
        for line in lines {
            said += &format!("{line}\n");
            times -= i32::from(line.contains(words));
            if times == 0 {
                std::thread::sleep(Duration::from_secs(3));
                child.kill().map_err(|error| error.to_string())?;
                return child.wait().map(drop).map_err(|error| error.to_string());
            }
        }
        drop(child.wait());
        Err(format!("the probe by {way} ended by itself:\n{said}"))
    }

    /// Asks until it is so.
    fn until(&self, what: &str, mut is: impl FnMut() -> Result<bool, String>) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while !is()? {
            if Instant::now() > deadline {
                return Err(format!("it took more than {} s until {what}", PATIENCE.as_secs()));
            }
            std::thread::sleep(Duration::from_secs(1));
        }
        Ok(())
    }

    fn no_shell(&self) -> Result<(), String> {
        let processes = || self.cluster.run_kubectl(&["exec", "-n", NAMESPACE, "web", "--", "ps", "-o", "args"]);
        self.until("no shell ran any more", || Ok(!processes()?.lines().any(|line| line.starts_with("sh -s"))))
    }

    fn pods(&self) -> Result<Vec<Value>, String> {
        let list = self.cluster.run_kubectl(&["get", "pods", "-n", NAMESPACE, "-o", "json"])?;
        let mut list: Value = serde_json::from_str(&list).map_err(|error| error.to_string())?;
        Ok(list["items"].as_array_mut().map(std::mem::take).unwrap_or_default())
    }

    fn ephemeral_ended(&self) -> Result<(), String> {
        self.until("the container had ended", || {
            let pods = self.pods()?;
            let statuses = pods.iter().flat_map(|pod| pod["status"]["ephemeralContainerStatuses"].as_array().into_iter().flatten());
            let states: Vec<&Value> = statuses.map(|status| &status["state"]).collect();
            Ok(!states.is_empty() && states.iter().all(|state| !state["terminated"].is_null()))
        })
    }

    fn pod_removed(&self) -> Result<(), String> {
        let phases = || -> Result<Vec<String>, String> {
            let pods = self.pods()?.into_iter().filter(|pod| pod["metadata"]["name"] != "web");
            Ok(pods.map(|pod| pod["status"]["phase"].as_str().unwrap_or_default().to_owned()).collect())
        };
        if phases()?.is_empty() {
            return Err("the process that was killed has left nothing to look at".to_owned());
        }
        self.until("the pod had ended", || Ok(phases()?.iter().all(|phase| matches!(phase.as_str(), "Succeeded" | "Failed"))))?;
        self.until("probe gc had removed it", || {
            let mut gc = Command::new(assert_cmd::cargo::cargo_bin!("kubectl-netstore"));
            gc.env("KUBECONFIG", self.cluster.state().join("admin.kubeconfig")).args(["probe", "gc", "-n", NAMESPACE]);
            gc.output().map_err(|error| error.to_string())?;
            Ok(phases()?.is_empty())
        })
    }
}
