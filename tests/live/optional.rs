//! Kinds that most clusters do not serve: what there is, what may not be seen, and what nobody can read yet.

use netstore::objects::Resource::{
    self, AdminNetworkPolicies, BaselineAdminNetworkPolicies, ClusterNetworkPolicies, Pods, VeleroBackups, VolumeSnapshotContents,
    VolumeSnapshots,
};
use serde_json::{Value, json};

use super::server::{Reply, Server, forbidden, page, status};
use super::{collect, coverage, record};

const WIDE: [Resource; 4] = [Pods, AdminNetworkPolicies, BaselineAdminNetworkPolicies, ClusterNetworkPolicies];
const GROUPS: &str = "/apis";
const POLICIES: &str = "policy.networking.k8s.io";

/// The group of policies with these versions, between others.
fn group(versions: &[&str]) -> Reply {
    groups(&[("apps", &["v1"]), (POLICIES, versions), ("batch", &["v1"])])
}

fn groups(groups: &[(&str, &[&str])]) -> Reply {
    let group = |(name, versions): &(&str, &[&str])| {
        let versions: Vec<Value> = versions.iter().map(|v| json!({"groupVersion": format!("{name}/{v}"), "version": v})).collect();
        json!({"name": name, "versions": versions})
    };
    Reply::Json(200, json!({"kind": "APIGroupList", "groups": groups.iter().map(group).collect::<Vec<_>>()}))
}

fn policy(name: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {"priority": 5, "subject": {"namespaces": {}}}})
}

#[test]
fn a_cluster_without_the_groups_is_asked_once_and_lacks_nothing() {
    let server = Server::start(|path, _| match path {
        "/api/v1/pods?limit=2" => page("Pod", "", vec![]),
        _ => Reply::Raw(404, vec![("Content-Type", "text/plain".to_owned())], b"404 page not found\n".to_vec()),
    });
    let mut kinds = WIDE.to_vec();
    kinds.extend([VolumeSnapshots, VeleroBackups]);
    let collected = collect(&server, &kinds, &[]).unwrap();
    assert_eq!(
        coverage(&collected),
        [
            "pods *: complete",
            "adminnetworkpolicies *: not served",
            "baselineadminnetworkpolicies *: not served",
            "clusternetworkpolicies *: not served",
            "volumesnapshots *: not served",
            "backups *: not served",
        ]
    );
    assert_eq!(collected.coverage.holes().count(), 0);
    assert_eq!(server.requests().iter().filter(|r| r.starts_with(GROUPS)).count(), 1);
}

#[test]
fn what_is_served_is_listed_and_nothing_else_is_asked_for() {
    let server = Server::start(|path, _| match path {
        GROUPS => group(&["v1alpha1"]),
        "/apis/policy.networking.k8s.io/v1alpha1/adminnetworkpolicies?limit=2" => page("AdminNetworkPolicy", "", vec![policy("a")]),
        "/api/v1/pods?limit=2" => page("Pod", "", vec![]),
        _ => status(404, "NotFound", ""),
    });
    let collected = collect(&server, &WIDE, &[]).unwrap();
    assert_eq!(collected.objects.cluster_policies[0].metadata.name, "a");
    assert_eq!(
        coverage(&collected),
        [
            "pods *: complete",
            "adminnetworkpolicies *: complete",
            "baselineadminnetworkpolicies *: not served",
            "clusternetworkpolicies *: not served",
        ]
    );
    assert!(!server.requests().iter().any(|r| r.contains("clusternetworkpolicies")));
    assert_eq!(record(&server, &WIDE).lists[&AdminNetworkPolicies].len(), 1);
}

/// API servers ask for rights before they look whether there is such a kind.
#[test]
fn a_missing_right_is_a_hole_only_where_there_is_something_to_see() {
    let server = Server::start(|path, _| match path {
        GROUPS => group(&["v1alpha2", "v1alpha1"]),
        "/apis/policy.networking.k8s.io/v1alpha1" => Reply::Json(
            200,
            json!({"kind": "APIResourceList", "resources": [{"name": "adminnetworkpolicies"}, {"name": "adminnetworkpolicies/status"}]}),
        ),
        "/apis/policy.networking.k8s.io/v1alpha2" => status(403, "Forbidden", ""),
        "/api/v1/pods?limit=2" => page("Pod", "", vec![]),
        path => forbidden(path.rsplit('/').next().unwrap().split('?').next().unwrap()),
    });
    let collected = collect(&server, &WIDE, &[]).unwrap();
    assert_eq!(
        coverage(&collected),
        [
            "pods *: complete",
            "adminnetworkpolicies *: forbidden",
            "baselineadminnetworkpolicies *: not served",
            "clusternetworkpolicies *: forbidden",
        ]
    );
}

#[test]
fn without_discovery_the_lists_themselves_are_asked_for() {
    let server = Server::start(|path, _| match path {
        GROUPS => status(403, "Forbidden", ""),
        "/apis/policy.networking.k8s.io/v1alpha2/clusternetworkpolicies?limit=2" => page("ClusterNetworkPolicy", "", vec![policy("c")]),
        "/api/v1/pods?limit=2" => page("Pod", "", vec![]),
        _ => status(404, "NotFound", ""),
    });
    let collected = collect(&server, &WIDE, &[]).unwrap();
    assert_eq!(collected.objects.cluster_policies.len(), 1);
    assert_eq!(coverage(&collected)[3], "clusternetworkpolicies *: complete");
}

#[test]
fn a_version_of_the_future_is_a_hole() {
    let server = Server::start(|path, _| match path {
        GROUPS => group(&["v1beta1", "v1alpha1"]),
        "/apis/policy.networking.k8s.io/v1alpha1/adminnetworkpolicies?limit=2" => page("AdminNetworkPolicy", "", vec![]),
        "/apis/policy.networking.k8s.io/v1alpha1/baselineadminnetworkpolicies?limit=2" => page("BaselineAdminNetworkPolicy", "", vec![]),
        "/api/v1/pods?limit=2" => page("Pod", "", vec![]),
        _ => status(404, "NotFound", ""),
    });
    let collected = collect(&server, &WIDE, &[]).unwrap();
    let reason = "the API server has policy.networking.k8s.io/v1beta1, which this version cannot read";
    assert_eq!(coverage(&collected)[3], format!("clusternetworkpolicies *: failed: {reason}"));
}

/// Rights on one namespace are enough for what lies in it, and for nothing else.
#[test]
fn kinds_of_namespaces_are_asked_for_one_namespace_at_a_time_where_all_are_forbidden() {
    let server = Server::start(|path, _| match path {
        GROUPS => groups(&[("snapshot.storage.k8s.io", &["v1"])]),
        "/apis/snapshot.storage.k8s.io/v1" => Reply::Json(
            200,
            json!({"kind": "APIResourceList", "resources": [{"name": "volumesnapshots"}, {"name": "volumesnapshotcontents"}]}),
        ),
        "/apis/snapshot.storage.k8s.io/v1/namespaces/shop/volumesnapshots?limit=2" => {
            page("VolumeSnapshot", "", vec![json!({"metadata": {"name": "nightly", "namespace": "shop"}})])
        }
        path => forbidden(path.rsplit('/').next().unwrap().split('?').next().unwrap()),
    });
    let collected = collect(&server, &[VolumeSnapshots, VolumeSnapshotContents], &["shop"]).unwrap();
    assert_eq!(
        coverage(&collected),
        ["volumesnapshots *: forbidden", "volumesnapshots shop: complete", "volumesnapshotcontents *: forbidden"]
    );
    assert_eq!(collected.objects.volume_snapshots.len(), 1);
}
