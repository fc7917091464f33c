//! Which claims have a backup (`storage`): a small cluster, and what tools of backups say of it, case by case.
//!
//! The cluster at noon of 2026-11-21: claims `data` (pod `db-0` runs with it, as volume `files`) and `logs` (no pod) in namespace `shop`, and
//! one in `prod`.

use netstore::inventory::{Coverage, Inventory, Origin, State};
use netstore::objects::Resource;
use netstore::report::overview::{BackupState, StorageOverview};
use netstore::report::{Finding, Severity};
use netstore::source::manifests::{Input, Options, read};
use netstore::storage::{BACKUP_KINDS, overview};
use serde_json::{Value, json};

fn claim(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace, "uid": format!("u-{name}"), "creationTimestamp": "2026-11-01T00:00:00Z",
            "labels": {"app": name}, "annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "fast",
            "volumeName": format!("pv-{namespace}-{name}")},
        "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}},
    })
}

fn volume(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": format!("pv-{namespace}-{name}")},
        "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "fast",
            "csi": {"driver": "disk.example.com", "volumeHandle": name},
            "claimRef": {"namespace": namespace, "name": name, "uid": format!("u-{name}")}},
        "status": {"phase": "Bound"},
    })
}

fn pod(annotations: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "db-0", "namespace": "shop", "labels": {"app": "db"}, "annotations": annotations,
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": "u-db", "controller": true}]},
        "spec": {"nodeName": "node-1", "containers": [{"name": "main", "volumeMounts": [{"name": "files", "mountPath": "/data"}]}],
            "volumes": [{"name": "files", "persistentVolumeClaim": {"claimName": "data"}}]},
        "status": {"phase": "Running"},
    })
}

fn schedule(spec: &Value) -> Value {
    json!({"apiVersion": "velero.io/v1", "kind": "Schedule", "metadata": {"name": "nightly", "namespace": "velero"},
        "spec": spec, "status": {"phase": "Enabled"}})
}

/// A Backup of the schedule, begun on this day at two.
fn backup(day: u8, phase: &str, spec: &Value, status: &Value) -> Value {
    let mut backup = json!({"apiVersion": "velero.io/v1", "kind": "Backup",
        "metadata": {"name": format!("nightly-{day}"), "namespace": "velero", "labels": {"velero.io/schedule-name": "nightly"}},
        "spec": spec, "status": {"phase": phase, "startTimestamp": format!("2026-11-{day}T02:00:00Z"),
            "completionTimestamp": format!("2026-11-{day}T02:30:00Z"), "expiration": "2026-12-20T02:00:00Z"}});
    backup["status"].as_object_mut().unwrap().extend(status.as_object().unwrap().clone());
    backup
}

/// Files of all volumes of pods, and nothing else.
fn files() -> Value {
    json!({"defaultVolumesToFsBackup": true, "snapshotVolumes": false})
}

fn with(mut spec: Value, more: &Value) -> Value {
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    spec
}

fn snapshot(name: &str, of: &str, taken: &str, ready: bool) -> Value {
    json!({"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshot", "metadata": {"name": name, "namespace": "shop", "creationTimestamp": taken},
        "spec": {"source": {"persistentVolumeClaimName": of}}, "status": {"readyToUse": ready, "creationTime": taken}})
}

fn stash(kind: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "stash.appscode.com/v1beta1", "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec})
}

fn kubestash(kind: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "core.kubestash.com/v1alpha1", "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec})
}

/// A run of a plan, on this day.
fn session(of: fn(&str, &str, &Value) -> Value, plan: &str, day: u8, phase: &str, session: &str) -> Value {
    let kind = if plan.starts_with("batch") { "BackupBatch" } else { "BackupConfiguration" };
    let mut run =
        of("BackupSession", &format!("{plan}-{session}-{day}"), &json!({"invoker": {"kind": kind, "name": plan}, "session": session}));
    run["metadata"]["creationTimestamp"] = format!("2026-11-{day}T03:00:00Z").into();
    run["status"] = json!({"phase": phase});
    run
}

/// The cluster with these objects; those of the same name replace others. `states` are of kinds that are not known whole.
fn asked(objects: &[Value], states: &[(Resource, State)], namespace: Option<&str>) -> (StorageOverview, Vec<Finding>) {
    let mut all = vec![claim("shop", "data"), claim("shop", "logs"), claim("prod", "data"), pod(&json!({}))];
    all.extend([volume("shop", "data"), volume("shop", "logs"), volume("prod", "data")]);
    all.extend(objects.iter().cloned());
    let text = all.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let mut collected = read(&[Input::Stdin(text.into_bytes())], &Options::default()).expect("objects");
    collected.origin = Origin::Snapshot;
    collected.collected_at = Some("2026-11-21T12:00:00Z".parse().expect("a time"));
    collected.coverage = Coverage::complete(&Resource::ALL);
    let absent = |kind: &Resource| {
        let served = objects.iter().any(|object| object["apiVersion"] == kind.api_version());
        !served
    };
    for kind in BACKUP_KINDS.into_iter().filter(absent) {
        collected.coverage.record(kind, None, State::NotServed);
    }
    for (kind, state) in states {
        collected.coverage.record(*kind, None, state.clone());
    }
    overview(&Inventory::build(collected), namespace)
}

/// `shop/data: covered by Schedule velero/nightly 10h: …`.
fn said(overview: &StorageOverview) -> Vec<String> {
    let Some(backups) = &overview.backups else { return vec!["nothing is installed".to_owned()] };
    let line = |claim: &netstore::report::overview::ClaimBackup| {
        let by = claim.by.as_ref().map_or_else(String::new, |by| {
            format!(
                " by {} {}/{}, {}h",
                by.kind,
                by.namespace,
                by.name,
                claim.age_seconds.map_or(-1, |age| i64::try_from(age / 3600).unwrap())
            )
        });
        let state = match claim.state {
            BackupState::Covered => "covered",
            BackupState::NotCovered => "not covered",
            BackupState::Unknown => "unknown",
        };
        format!("{}/{}: {state}{by}: {}", claim.namespace, claim.name, claim.reason)
    };
    backups.claims.iter().map(line).collect()
}

#[track_caller]
fn check(name: &str, objects: &[Value], wanted: &str) {
    let (overview, findings) = asked(objects, &[], Some("shop"));
    let lines = said(&overview);
    let data = lines.first().map_or("", |line| line.strip_prefix("shop/data: ").unwrap_or(line));
    assert_eq!(data, wanted, "{name}");
    assert!(findings.iter().filter(|f| f.code.starts_with("ST-V")).all(|f| !f.evidence.is_empty()), "{name}");
}

#[test]
fn without_any_tool_there_is_nothing_to_say() {
    assert_eq!(said(&asked(&[], &[], None).0), ["nothing is installed"]);
    let (overview, findings) = asked(&[], &[(Resource::VeleroBackups, State::NotInSnapshot)], None);
    assert!(overview.backups.is_none() && overview.unread == ["backups.velero.io"] && !findings.iter().any(|f| f.code == "ST-V01"));
}

#[test]
fn velero_copies_files_of_running_pods() {
    let nightly = || schedule(&json!({"schedule": "0 2 * * *", "template": files()}));
    let run = |spec: &Value| backup(21, "Completed", spec, &json!({}));
    let annotated = |key: &str, names: &str| pod(&json!({format!("backup.velero.io/{key}"): names}));
    let by_schedule = "covered by Schedule velero/nightly, 9h: files, read from pod db-0";
    check("all files", &[nightly(), run(&files())], by_schedule);
    let opted = json!({"snapshotVolumes": false});
    check("opted in", &[nightly(), run(&opted), annotated("backup-volumes", "tmp,files")], by_schedule);
    let none = "not covered: Schedule velero/nightly takes no snapshots, and no pod has its files copied";
    check("not opted in", &[nightly(), run(&opted), annotated("backup-volumes", "tmp")], none);
    check("opted out", &[nightly(), run(&files()), annotated("backup-volumes-excludes", "files")], none);
    check("older name", &[nightly(), run(&json!({"defaultVolumesToRestic": true, "snapshotVolumes": false}))], by_schedule);
    let mut waiting = pod(&json!({}));
    waiting["status"]["phase"] = "Pending".into();
    check(
        "not running",
        &[nightly(), run(&files()), waiting],
        "not covered: Schedule velero/nightly copies files of running pods, and pod db-0 does not run",
    );
    let mut host = volume("shop", "data");
    host["spec"]["csi"] = Value::Null;
    host["spec"]["hostPath"] = json!({"path": "/data"});
    check("hostPath", &[nightly(), run(&files()), host], "not covered: Schedule velero/nightly copies no files of hostPath volumes");
    let moved = json!({"defaultVolumesToFsBackup": true, "snapshotMoveData": true});
    let taken = backup(21, "Completed", &moved, &json!({"backupItemOperationsCompleted": 3}));
    check("moved snapshots", &[nightly(), taken], "covered by Schedule velero/nightly, 9h: a snapshot");
}

#[test]
fn velero_takes_what_its_lists_and_selectors_say() {
    let nightly = || schedule(&json!({"template": {}}));
    let run = |more: Value| backup(21, "Completed", &with(files(), &more), &json!({}));
    let covered = "covered by Schedule velero/nightly, 9h: files, read from pod db-0";
    let nothing = "not covered: nothing is set up for it";
    for (name, more, wanted) in [
        ("included", json!({"includedNamespaces": ["shop"]}), covered),
        ("all", json!({"includedNamespaces": ["*"]}), covered),
        ("pattern", json!({"includedNamespaces": ["sh*"]}), covered),
        ("others", json!({"includedNamespaces": ["prod"]}), nothing),
        ("excluded", json!({"includedNamespaces": ["*"], "excludedNamespaces": ["shop"]}), nothing),
        (
            "odd pattern",
            json!({"includedNamespaces": ["sh[ao]p"]}),
            "unknown: Schedule velero/nightly has a pattern of namespaces that is not followed",
        ),
        ("labels of the pod", json!({"labelSelector": {"matchLabels": {"app": "db"}}}), covered),
        ("one of the selectors", json!({"orLabelSelectors": [{"matchLabels": {"app": "web"}}, {"matchLabels": {"app": "db"}}]}), covered),
        (
            "the claim without its pod",
            json!({"labelSelector": {"matchLabels": {"app": "data"}}}),
            "not covered: Schedule velero/nightly copies files of volumes, and pod db-0 is not in it",
        ),
        (
            "a selector nobody can read",
            json!({"labelSelector": {"matchExpressions": [{"key": "app", "operator": "Near", "values": ["db"]}]}}),
            "unknown: Schedule velero/nightly has a selector that cannot be read",
        ),
        ("pods are listed", json!({"includedResources": ["pods", "pvc"]}), covered),
        (
            "no pods",
            json!({"excludedResources": ["Pods"]}),
            "not covered: Schedule velero/nightly copies files of volumes, and pod db-0 is not in it",
        ),
        (
            "no pods, newer",
            json!({"includedNamespaceScopedResources": ["persistentvolumeclaims"]}),
            "not covered: Schedule velero/nightly copies files of volumes, and pod db-0 is not in it",
        ),
        (
            "rules for volumes",
            json!({"resourcePolicy": {"kind": "configmap", "name": "rules"}}),
            "unknown: Schedule velero/nightly has rules for volumes in ConfigMap rules",
        ),
    ] {
        check(name, &[nightly(), run(more)], wanted);
    }
    let mut out = pod(&json!({}));
    out["metadata"]["labels"]["velero.io/exclude-from-backup"] = "true".into();
    let without = "not covered: Schedule velero/nightly copies files of volumes, and pod db-0 is not in it";
    check("a pod that says no", &[nightly(), run(json!({})), out], without);
}

#[test]
fn velero_s_snapshots_are_counted() {
    let nightly = || schedule(&json!({"template": {}}));
    let run = |taken: Value| backup(21, "Completed", &json!({"includedNamespaces": ["shop"]}), &taken);
    check("none", &[nightly(), run(json!({}))], "not covered: Schedule velero/nightly took no snapshot of any volume");
    check(
        "one of two",
        &[nightly(), run(json!({"csiVolumeSnapshotsCompleted": 1}))],
        "unknown: Schedule velero/nightly took 1 snapshots of 2 volumes",
    );
    let all = "covered by Schedule velero/nightly, 9h: a snapshot";
    check("all", &[nightly(), run(json!({"volumeSnapshotsCompleted": 1, "csiVolumeSnapshotsCompleted": 1}))], all);
    let mut out = claim("shop", "logs");
    out["metadata"]["labels"]["velero.io/exclude-from-backup"] = "true".into();
    check("one is left out", &[nightly(), run(json!({"csiVolumeSnapshotsCompleted": 1})), out.clone()], all);
    let (overview, _) = asked(&[nightly(), run(json!({"csiVolumeSnapshotsCompleted": 1})), out], &[], Some("shop"));
    assert_eq!(said(&overview)[1], "shop/logs: not covered: nothing is set up for it");
}

#[test]
fn a_schedule_covers_by_its_newest_run_alone() {
    let nightly = |spec: Value| schedule(&with(json!({"template": files()}), &spec));
    let run = |day: u8, phase: &str| backup(day, phase, &files(), &json!({}));
    let covered = "covered by Schedule velero/nightly, 9h: files, read from pod db-0";
    let plain = || nightly(json!({}));
    for (name, objects, wanted) in [
        ("paused", vec![nightly(json!({"paused": true})), run(21, "Completed")], "not covered: Schedule velero/nightly is paused"),
        ("no run yet", vec![plain()], "not covered: Schedule velero/nightly has no backup that has ended"),
        (
            "failed",
            vec![plain(), run(20, "Completed"), backup(21, "Failed", &files(), &json!({"failureReason": "no room"}))],
            "not covered: Schedule velero/nightly made nightly-21 last, which failed: no room",
        ),
        (
            "failed in part",
            vec![plain(), run(20, "Completed"), run(21, "PartiallyFailed")],
            "unknown: Schedule velero/nightly made nightly-21 last, which failed in part: only its log says what it lacks",
        ),
        ("at work", vec![plain(), run(21, "Completed"), backup(22, "InProgress", &files(), &json!({}))], covered),
        (
            "expired",
            vec![plain(), backup(20, "Completed", &files(), &json!({"expiration": "2026-11-21T02:00:00Z"}))],
            "not covered: Schedule velero/nightly made nightly-20 last, which has expired",
        ),
        (
            "before the claim",
            vec![plain(), backup(10, "Completed", &files(), &json!({"startTimestamp": "2026-10-10T02:00:00Z"}))],
            "not covered: Schedule velero/nightly has no backup since the claim was made",
        ),
    ] {
        check(name, &objects, wanted);
    }
    let mut invalid = plain();
    invalid["status"]["phase"] = "FailedValidation".into();
    check("not valid", &[invalid], "not covered: Schedule velero/nightly is not valid");
    // Another schedule, or somebody by hand, is as good.
    let mut by_hand = run(20, "Completed");
    by_hand["metadata"] = json!({"name": "before-upgrade", "namespace": "velero"});
    let both = [nightly(json!({"paused": true})), run(21, "Completed"), by_hand];
    check("by hand", &both, "covered by Backup velero/before-upgrade, 33h: files, read from pod db-0");
    let (_, findings) = asked(&both, &[], None);
    let broken = findings.iter().find(|finding| finding.code == "ST-V02").expect("a finding about the schedule");
    assert_eq!((broken.severity, broken.message.as_str()), (Severity::Warning, "Schedule velero/nightly is paused: it covers no claim"));
}

#[test]
fn plans_of_stash_cover_their_targets() {
    let target = |kind: &str, name: &str| json!({"target": {"ref": {"apiVersion": "v1", "kind": kind, "name": name}}});
    let plan = |spec: &Value| stash("BackupConfiguration", "plan", spec);
    let well = || session(stash, "plan", 21, "Succeeded", "");
    let claim_target = || target("PersistentVolumeClaim", "data");
    let covered = "covered by BackupConfiguration shop/plan, 9h: the files of the claim";
    check("claim", &[plan(&claim_target()), well()], covered);
    check("another", &[plan(&target("PersistentVolumeClaim", "logs")), well()], "not covered: nothing is set up for it");
    let of_pods = "covered by BackupConfiguration shop/plan, 9h: files of StatefulSet db";
    check("its only volume", &[plan(&target("StatefulSet", "db")), well()], of_pods);
    let mounts =
        |name: &str| json!({"target": {"ref": {"kind": "StatefulSet", "name": "db"}, "volumeMounts": [{"name": name, "mountPath": "/x"}]}});
    check("named volume", &[plan(&mounts("files")), well()], of_pods);
    check("other volume", &[plan(&mounts("tmp")), well()], "not covered: nothing is set up for it");
    check(
        "paused",
        &[plan(&with(claim_target(), &json!({"paused": true}))), well()],
        "not covered: BackupConfiguration shop/plan is paused",
    );
    check("no run", &[plan(&claim_target())], "not covered: BackupConfiguration shop/plan has no run that has ended");
    check(
        "newest failed",
        &[plan(&claim_target()), session(stash, "plan", 20, "Succeeded", ""), session(stash, "plan", 21, "Failed", "")],
        "not covered: BackupConfiguration shop/plan failed at its newest run",
    );
    check("skipped since", &[plan(&claim_target()), well(), session(stash, "plan", 22, "Skipped", "")], covered);
    let batch =
        stash("BackupBatch", "batch", &json!({"members": [{"target": {"ref": {"kind": "PersistentVolumeClaim", "name": "data"}}}]}));
    let run = session(stash, "batch", 21, "Succeeded", "");
    check("batch", &[batch, run], "covered by BackupBatch shop/batch, 9h: the files of the claim");
}

#[test]
fn plans_of_kubestash_cover_their_targets() {
    let plan = |spec: &Value| kubestash("BackupConfiguration", "plan", spec);
    let target =
        |kind: &str, name: &str| json!({"target": {"apiGroup": "apps", "kind": kind, "name": name}, "sessions": [{"name": "full"}]});
    let run = |day: u8, phase: &str, name: &str| session(kubestash, "plan", day, phase, name);
    let covered = "covered by BackupConfiguration shop/plan, 9h: files of StatefulSet db";
    check("workload", &[plan(&target("StatefulSet", "db")), run(21, "Succeeded", "full")], covered);
    let one_of_two = [plan(&target("StatefulSet", "db")), run(21, "Succeeded", "full"), run(21, "Failed", "weekly")];
    check("one session works", &one_of_two, covered);
    let two = json!({"spec": {"volumes": [
        {"name": "files", "persistentVolumeClaim": {"claimName": "data"}}, {"name": "logs", "persistentVolumeClaim": {"claimName": "logs"}}]}});
    let mut several = pod(&json!({}));
    several["spec"]["volumes"] = two["spec"]["volumes"].clone();
    check(
        "several volumes",
        &[plan(&target("StatefulSet", "db")), run(21, "Succeeded", "full"), several],
        "unknown: BackupConfiguration shop/plan is about StatefulSet db, and does not say which of its volumes",
    );
    check(
        "database",
        &[plan(&target("MongoDB", "mongo")), run(21, "Succeeded", "full")],
        "unknown: BackupConfiguration shop/plan is about MongoDB mongo, of which no object tells the claims",
    );
    let suspended =
        json!({"target": {"kind": "StatefulSet", "name": "db"}, "sessions": [{"name": "full", "scheduler": {"suspend": true}}]});
    check("suspended", &[plan(&suspended), run(21, "Succeeded", "full")], "not covered: BackupConfiguration shop/plan is paused");
    let batch = kubestash(
        "BackupBatch",
        "batch",
        &json!({"targets": [{"name": "a", "appRef": {"kind": "PersistentVolumeClaim", "name": "data"}}]}),
    );
    let run = session(kubestash, "batch", 21, "Succeeded", "full");
    check("batch", &[batch, run], "covered by BackupBatch shop/batch, 9h: the files of the claim");
}

#[test]
fn the_newest_snapshot_that_is_ready_counts() {
    let covered = "covered by VolumeSnapshot shop/b, 33h: a snapshot of the storage";
    let older = snapshot("a", "data", "2026-11-19T03:00:00Z", true);
    let newer = snapshot("b", "data", "2026-11-20T03:00:00Z", true);
    check("newest", &[older.clone(), newer.clone(), snapshot("c", "data", "2026-11-21T03:00:00Z", false)], covered);
    check("not ready", &[snapshot("c", "data", "2026-11-21T03:00:00Z", false)], "not covered: VolumeSnapshot shop/c is not ready");
    check("of another", &[snapshot("d", "logs", "2026-11-20T03:00:00Z", true)], "not covered: nothing is set up for it");
    check("of an earlier claim", &[snapshot("e", "data", "2026-10-20T03:00:00Z", true)], "not covered: nothing is set up for it");
    let mut deleting = newer;
    deleting["metadata"]["deletionTimestamp"] = "2026-11-21T11:00:00Z".into();
    check("deleting", &[deleting, older], "covered by VolumeSnapshot shop/a, 57h: a snapshot of the storage");
}

#[test]
fn of_several_copies_the_newest_is_named_and_a_hole_hides_none() {
    let objects = [
        schedule(&json!({"template": files()})),
        backup(21, "Completed", &files(), &json!({})),
        snapshot("b", "data", "2026-11-20T03:00:00Z", true),
    ];
    check("both", &objects, "covered by Schedule velero/nightly, 9h: files, read from pod db-0");
    let (overview, _) = asked(&objects, &[(Resource::VeleroBackups, State::Forbidden)], None);
    let lines = said(&overview);
    assert!(lines.contains(&"shop/logs: unknown: backups.velero.io could not be read".to_owned()), "{lines:?}");
    let (overview, _) = asked(&objects[2..], &[(Resource::VolumeSnapshots, State::Forbidden)], None);
    assert_eq!(said(&overview)[0], "prod/data: unknown: volumesnapshots.snapshot.storage.k8s.io could not be read");
}

/// Whatever could not be read, nobody is told that a claim is not covered, nor that something does not work.
#[test]
fn a_hole_leads_to_unknown_and_to_no_finding() {
    let velero = [schedule(&json!({"template": files()})), backup(21, "Completed", &files(), &json!({}))];
    let of_set = json!({"target": {"ref": {"kind": "StatefulSet", "name": "db"}}});
    let stashed = [stash("BackupConfiguration", "plan", &of_set), session(stash, "plan", 21, "Succeeded", "")];
    let judged = |objects: &[Value], hole: Resource| {
        let (overview, findings) = asked(objects, &[(hole, State::Forbidden)], Some("shop"));
        assert!(!findings.iter().any(|finding| finding.code.starts_with("ST-V")), "{hole:?}: {findings:?}");
        said(&overview).first().cloned().unwrap_or_default()
    };
    for (objects, hole, wanted) in [
        (&velero, Resource::VeleroSchedules, "Backup velero/nightly-21 is of a Schedule that could not be read"),
        (&velero, Resource::VeleroBackups, "Schedule velero/nightly made backups that could not be read"),
        (&velero, Resource::Pods, "Schedule velero/nightly copies files of pods' volumes, and pods could not be read"),
        (
            &velero,
            Resource::PersistentVolumes,
            "Schedule velero/nightly copies files of pods' volumes, and persistentvolumes could not be read",
        ),
        (&stashed, Resource::StashConfigurations, "backupconfigurations.stash.appscode.com could not be read"),
        (&stashed, Resource::StashSessions, "BackupConfiguration shop/plan had runs that could not be read"),
        (&stashed, Resource::Pods, "BackupConfiguration shop/plan is about StatefulSet db, whose pods could not be read"),
    ] {
        // What may not be read is not there either.
        let seen: Vec<Value> =
            objects.iter().filter(|object| object["apiVersion"] != hole.api_version() || object["kind"] != hole.kind()).cloned().collect();
        assert_eq!(judged(&seen, hole), format!("shop/data: unknown: {wanted}"), "{hole:?}");
    }
}

#[test]
fn claims_without_data_of_their_own_need_no_backup() {
    let mut pending = claim("shop", "data");
    pending["status"]["phase"] = "Pending".into();
    let mut of_pod = claim("shop", "logs");
    of_pod["metadata"]["ownerReferences"] = json!([{"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "x", "controller": true}]);
    let (overview, findings) = asked(&[pending, of_pod, snapshot("b", "other", "2026-11-20T03:00:00Z", true)], &[], None);
    assert_eq!(said(&overview), ["prod/data: not covered: nothing is set up for it"]);
    let told: Vec<&str> = findings.iter().filter(|f| f.code == "ST-V01").map(|f| f.message.as_str()).collect();
    assert_eq!(told, ["no backup covers 1 claim: data"]);
}
