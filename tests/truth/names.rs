//! The servers of names, each asked for itself: that all of them say what `dns verify` expects, however often they close the connection,
//! and that one is told from the other when it runs with an older Corefile, or has not read the cluster's objects.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::boot;
use super::cluster::Cluster;
use super::tally::Tally;

const NAMESPACE: &str = "netstore-names";
/// So many that there are over a thousand questions about them.
const SERVICES: usize = 300;
/// As long as a state is waited for: a pod that starts, its file, its endpoint.
const PATIENCE: Duration = Duration::from_secs(60);

/// The suite.
pub fn run(cluster: &Cluster, keep: bool, tally: &mut Tally) {
    let suite = Names { cluster };
    let all = suite.many();
    tally.case("every replica knows every name", all);
    tally.case("a server may close the connection whenever it likes", suite.closing());
    tally.case("a replica with an older Corefile is told from the other", suite.stale());
    tally.case("a replica that has not read the objects is told from the other", suite.unsynced());
    tally.case("the servers are as they were", suite.restored());
    if !keep && let Err(why) = boot::remove(cluster, &[NAMESPACE]) {
        tally.case("the Services are taken down", Err(why));
    }
}

struct Names<'a> {
    cluster: &'a Cluster,
}

/// A Corefile like that of the test bed, with other lines.
fn corefile(before: &str, kubernetes: &str) -> String {
    format!(
        ".:53 {{\n    errors\n    ready\n    {before}\n    kubernetes cluster.local in-addr.arpa ip6.arpa {{\n        {kubernetes}\n        \
         fallthrough in-addr.arpa ip6.arpa\n    }}\n    forward . /etc/resolv.conf\n}}\n"
    )
}

/// State and name of each replica that was asked.
fn asked(answer: &Value) -> Vec<(&str, &str)> {
    let replicas = answer["result"]["replicas"].as_array().into_iter().flatten();
    let told = replicas.filter_map(|replica| Some((replica["state"].as_str()?, replica["pod"]["name"].as_str()?)));
    told.filter(|(state, _)| !matches!(*state, "notReady" | "terminating")).collect()
}

impl Names<'_> {
    fn many(&self) -> Result<(), String> {
        boot::make_room(self.cluster, &[NAMESPACE])?;
        let service = |n: usize| {
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": format!("s{n}"), "namespace": NAMESPACE},
                "spec": {"ports": [{"name": "http", "port": 80}], "selector": {"app": format!("s{n}")}}})
        };
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
        self.cluster.apply(&std::iter::once(namespace).chain((0..SERVICES).map(service)).collect::<Vec<_>>())?;
        let answer = self.until(&["agrees", "agrees"])?;
        let number = answer["result"]["asked"].as_u64().unwrap_or_default();
        let replicas = answer["result"]["replicas"].as_array().into_iter().flatten();
        let at_once = replicas.filter(|replica| replica["state"] == "agrees").all(|replica| replica["connections"] == 1);
        if number > 1000 && at_once { Ok(()) } else { Err(format!("{number} questions: {}", answer["result"]["replicas"])) }
    }

    fn closing(&self) -> Result<(), String> {
        self.change(&corefile("timeouts {\n        maxtcpqueries 50\n        idle 1s\n    }", "pods insecure"))?;
        self.restart()?;
        let answer = self.until(&["agrees", "agrees"])?;
        let replicas = answer["result"]["replicas"].as_array().into_iter().flatten();
        let mut often =
            replicas.filter(|replica| replica["state"] == "agrees").map(|replica| replica["connections"].as_u64().unwrap_or_default());
        if often.all(|connections| connections >= 20) { Ok(()) } else { Err(answer["result"]["replicas"].to_string()) }
    }

    /// Nobody but the new one of two replicas reads the changed Corefile: it has no `reload`.
    fn stale(&self) -> Result<(), String> {
        self.change(&corefile("", "pods insecure"))?;
        self.restart()?;
        self.until(&["agrees", "agrees"])?;
        self.change(&corefile("", "pods disabled"))?;
        let old = self.replace_one()?;
        let answer = self.until(&["agrees", "otherCorefile"])?;
        let stale = asked(&answer).into_iter().find(|(state, _)| *state == "otherCorefile").map(|(_, name)| name.to_owned());
        let findings = answer["findings"].to_string();
        let told = findings.contains("DN-V02") && findings.contains("DN-V05") && findings.contains("pod.cluster.local");
        if stale == Some(old) && told { Ok(()) } else { Err(format!("{stale:?} is said to be stale: {findings}")) }
    }

    /// Its API server is where nobody listens. Readiness would keep it from being asked at all.
    fn unsynced(&self) -> Result<(), String> {
        let probes = ["readinessProbe", "livenessProbe"]
            .map(|probe| json!({"op": "remove", "path": format!("/spec/template/spec/containers/0/{probe}")}));
        self.change(&corefile("", "pods insecure"))?;
        self.cluster.run_kubectl(&["patch", "-n", "kube-system", "deployment/coredns", "--type=json", "-p", &json!(probes).to_string()])?;
        self.rolled_out()?;
        self.until(&["agrees", "agrees"])?;
        self.change(&corefile("", "pods insecure\n        endpoint http://127.0.0.1:1"))?;
        self.replace_one()?;
        self.change(&corefile("", "pods insecure"))?;
        let answer = self.until(&["agrees", "notSynced"])?;
        let findings = answer["findings"].to_string();
        if findings.contains("DN-V03") && !findings.contains("DN-V02") { Ok(()) } else { Err(findings) }
    }

    fn restored(&self) -> Result<(), String> {
        let addon = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/addons/coredns.yaml");
        self.cluster.run_kubectl(&["apply", "-f", &addon.to_string_lossy()])?;
        self.restart()?;
        self.until(&["agrees", "agrees"]).map(drop)
    }

    /// Puts another Corefile into the ConfigMap.
    fn change(&self, corefile: &str) -> Result<(), String> {
        let patch = json!({"data": {"Corefile": corefile}}).to_string();
        self.cluster.run_kubectl(&["patch", "-n", "kube-system", "configmap/coredns", "--type=merge", "-p", &patch]).map(drop)
    }

    fn restart(&self) -> Result<(), String> {
        self.cluster.run_kubectl(&["rollout", "restart", "-n", "kube-system", "deployment/coredns"])?;
        self.rolled_out()
    }

    fn rolled_out(&self) -> Result<(), String> {
        self.cluster.run_kubectl(&["rollout", "status", "-n", "kube-system", "deployment/coredns", "--timeout=90s"]).map(drop)
    }

    /// A new pod instead of one of the two; the name of the one that stays.
    fn replace_one(&self) -> Result<String, String> {
        let names = ["get", "pods", "-n", "kube-system", "-l", "k8s-app=kube-dns", "--field-selector=status.phase=Running", "-o", "name"];
        let pods = self.cluster.run_kubectl(&names)?;
        let [going, staying] = pods.lines().collect::<Vec<_>>()[..] else { return Err(format!("not two servers: {pods}")) };
        self.cluster.run_kubectl(&["delete", "-n", "kube-system", going])?;
        self.rolled_out()?;
        Ok(staying.trim_start_matches("pod/").to_owned())
    }

    /// What netstore says once the replicas are in these states, in any order.
    fn until(&self, states: &[&str]) -> Result<Value, String> {
        let start = Instant::now();
        loop {
            let answer = self.cluster.netstore(&["dns", "verify", "-n", NAMESPACE])?;
            let mut said: Vec<&str> = asked(&answer).into_iter().map(|(state, _)| state).collect();
            said.sort_unstable();
            if said == states {
                return Ok(answer);
            }
            if start.elapsed() > PATIENCE {
                return Err(format!("{states:?} are waited for, netstore says {}; {}", answer["result"]["replicas"], answer["findings"]));
            }
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}
