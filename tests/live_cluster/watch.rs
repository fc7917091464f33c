//! `--watch` on a real control plane, whose controllers and whose restarts do what they do.

use insta::assert_snapshot;

use super::cluster::Cluster;
use super::following::{Follower, timeless};
use super::rbac::{apply, grant};

const WORLD: &str = "\
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}, spec: {containers: [{name: c, image: i}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: api, namespace: shop, labels: {app: api}}, spec: {containers: [{name: c, image: i}]}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop}
spec: {accessModes: [ReadWriteOnce], storageClassName: manual, resources: {requests: {storage: 1Gi}}}
";

const VOLUME: &str = "\
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, storageClassName: manual, hostPath: {path: /disk}}
";

/// Lets this pod alone connect to the database.
fn policy(app: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: db, namespace: shop}}\n\
         spec: {{podSelector: {{matchLabels: {{app: db}}}}, ingress: [{{from: [{{podSelector: {{matchLabels: {{app: {app}}}}}}}]}}]}}\n"
    )
}

#[test]
fn what_controllers_and_people_do_is_seen_and_a_restart_of_the_server_is_survived() {
    let Some(cluster) = Cluster::boot() else { return };
    apply(&cluster, WORLD);
    let start = |args: &[&str]| Follower::start(cluster.netstore(&cluster.kubeconfig()).args(args));

    let claim = start(&["pvc-why-pending", "data", "-n", "shop", "-w"]);
    claim.until("(ST-", 1);
    apply(&cluster, VOLUME);
    claim.until("(Bound", 1);
    let (claim, _, code) = claim.interrupt();
    assert_eq!(code, Some(0));
    assert!(claim.ends_with("Claim shop/data (Bound, 1Gi, class \"manual\", volume \"disk\"): nothing is wrong.\n"), "{claim}");

    let rows = start(&["who-can-reach", "db", "-n", "shop", "-w"]);
    rows.until("Everyone else", 1);
    apply(&cluster, &policy("web"));
    rows.until("Everyone else is denied", 1);
    cluster.signal("KILL", "apiserver");
    rows.until_warned("no answer at");
    cluster.up();
    apply(&cluster, &policy("api"));
    rows.until("new ", 1);
    cluster.paste("kubectl delete networkpolicy db -n shop").ok();
    rows.until("Everyone else is allowed", 2);
    let (rows, warnings, code) = rows.interrupt();
    assert_eq!(code, Some(0));
    assert_snapshot!("rows", timeless(&rows));
    assert_eq!(warnings.matches("no answer at").count(), 1, "{warnings}");
    assert!(warnings.contains("Note: there is an answer again at "), "{warnings}");

    // Whoever may only read is told so, and sees changes all the same; with what `rbac --watch` prints it is no matter.
    grant(&cluster, &cluster.ask(&["rbac", "who-can-reach"]).ok(), "somebody");
    for (flags, refused) in [(&[][..], true), (&["--watch"], false)] {
        apply(&cluster, &cluster.ask(&[&["rbac", "who-can-reach"], flags].concat()).ok());
        let run = start(&["who-can-reach", "db", "-n", "shop", "-w", "--as", "somebody"]);
        run.until("Everyone else", 1);
        apply(&cluster, &policy("web"));
        run.until("Everyone else is denied", 1);
        cluster.paste("kubectl delete networkpolicy db -n shop").ok();
        let (_, stderr, code) = run.interrupt();
        assert_eq!((stderr.contains("cannot watch"), code), (refused, Some(0)), "{stderr}");
    }
}
