//! `--want` on a real API server: each printed command, through a shell and kubectl, gives the pods that are made the class.

use serde_json::{Value, json};

use super::super::cluster::Cluster;
use super::{cluster, find, make_namespaces, shapes, workload};

const KINDS: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Pod"];

/// Namespaces by the class that is wanted there.
const WANTED: [(&str, &str); 3] = [("to-guaranteed", "Guaranteed"), ("to-burstable", "Burstable"), ("to-besteffort", "BestEffort")];

/// As many ways as there can be; each is gone by an object of its own.
const WAYS: usize = 3;

/// Runs lines, some at a time; those that failed.
pub fn paste_all(cluster: &Cluster, lines: &[String]) -> Vec<String> {
    let failed = |lines: &[String]| -> Vec<String> {
        let runs = lines.iter().map(|line| (line, cluster.paste(line)));
        runs.filter(|(_, run)| run.code != Some(0)).map(|(line, run)| format!("{line}\n{}", run.block())).collect()
    };
    std::thread::scope(|scope| {
        let parts: Vec<_> = lines.chunks(lines.len().div_ceil(4).max(1)).map(|part| scope.spawn(move || failed(part))).collect();
        parts.into_iter().flat_map(|part| part.join().expect("a thread")).collect()
    })
}

/// The ways that are told of a workload or pod.
pub fn ways<'v>(told: &'v Value, kind: &str, namespace: &str, name: &str) -> &'v [Value] {
    let answer = find(told, kind, namespace, name).unwrap_or_else(|| panic!("nothing is told of {kind} {name}"));
    answer["patch"]["ways"].as_array().map_or(&[], Vec::as_slice)
}

fn is_of(pod: &Value, namespace: &str, name: &str) -> bool {
    let labels = &pod["metadata"]["labels"];
    pod["metadata"]["namespace"] == namespace && (labels["app"] == name || labels["job-name"] == name)
}

#[test]
fn every_printed_command_gives_new_pods_the_class() {
    let Some((cluster, api)) = cluster() else { return };
    make_namespaces(api, &WANTED.map(|(namespace, _)| namespace.to_owned()));
    let shapes = shapes::all();
    // Extended resources and huge pages are of no node here, and the RuntimeClass is of another test.
    let runs = |spec: &&Value| !["gpu", "hugepages", "runtimeClass"].iter().any(|word| spec.to_string().contains(word));
    // Of a template, too, the API server wants a pod as a whole to hold its containers.
    let fits = |spec: &&Value| spec["resources"]["requests"]["cpu"] != 0;
    let shapes: Vec<&Value> = shapes.iter().filter(runs).filter(fits).collect();
    let mut subjects = Vec::new();
    for (at, spec) in shapes.iter().enumerate().filter(|(at, _)| at % 3 != 0) {
        let (kind, (namespace, _)) = (KINDS[at % KINDS.len()], WANTED[(at + at / 6) % WANTED.len()]);
        for way in 0..WAYS {
            let mut object = workload(kind, namespace, &format!("w{at}-{way}"), spec);
            if kind == "Pod" {
                object["metadata"]["labels"] = json!({"app": format!("w{at}-{way}")});
            }
            // Whoever waits for old pods to go gracefully waits long.
            let spec = match kind {
                "Pod" => "/spec",
                "CronJob" => "/spec/jobTemplate/spec/template/spec",
                _ => "/spec/template/spec",
            };
            object.pointer_mut(spec).expect("a spec")["terminationGracePeriodSeconds"] = json!(0);
            subjects.push((kind, namespace, format!("w{at}-{way}"), way, object));
        }
    }
    api.create(&subjects.iter().map(|(.., object)| object.clone()).collect::<Vec<_>>());
    let told: Vec<Value> = WANTED
        .iter()
        .map(|(namespace, class)| {
            let names =
                subjects.iter().filter(|(_, of, ..)| of == namespace).map(|(kind, _, name, ..)| format!("{}/{name}", kind.to_lowercase()));
            let names: Vec<String> = names.collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            cluster.ask(&[&["qos", "-n", namespace, "--want", class, "-o", "json"], &names[..]].concat()).json()
        })
        .collect();
    let mut commands = Vec::new();
    let mut changed = Vec::new();
    let mut manners: Vec<&str> = Vec::new();
    for (kind, namespace, name, way, object) in &subjects {
        let of = WANTED.iter().position(|(of, _)| of == namespace).expect("a namespace");
        let Some(way) = ways(&told[of], kind, namespace, name).get(*way) else { continue };
        assert_eq!(way["breaks"], json!([]), "nothing speaks against it: {way:#}");
        let mut command = way["command"].as_str().expect("a command").to_owned();
        manners.push(way["manner"].as_str().expect("a manner"));
        changed.push((*kind, *namespace, name.clone(), WANTED[of].1, format!("{command}\n{}", object["spec"])));
        if *kind == "CronJob" {
            command += &format!(" && kubectl create job {name} --from=cronjob/{name} -n {namespace}");
        }
        commands.push(command);
    }
    let before: Vec<Value> = api.until(|api| {
        let pods = api.list("/api/v1/pods");
        let runs = |(kind, namespace, name, ..): &&(&str, &str, String, &str, String)| {
            *kind == "CronJob" || pods.iter().any(|pod| is_of(pod, namespace, name))
        };
        let waits = changed.iter().find(|changed| !runs(changed));
        waits.map_or(Ok(()), |(kind, _, name, ..)| Err(format!("{kind} {name} has no pod")))?;
        Ok(pods.iter().map(|pod| pod["metadata"]["uid"].clone()).collect())
    });
    let failed = paste_all(cluster, &commands);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    api.until(|api| {
        let pods = api.list("/api/v1/pods");
        let new = |namespace: &str, name: &str| {
            let ours = pods.iter().filter(|pod| is_of(pod, namespace, name) && !before.contains(&pod["metadata"]["uid"]));
            ours.map(|pod| pod["status"]["qosClass"].as_str().unwrap_or_default()).collect::<Vec<_>>()
        };
        let classes = changed.iter().map(|(kind, namespace, name, class, command)| (kind, new(namespace, name), class, command));
        let missing: Vec<String> = classes
            .filter(|(_, new, class, _)| new.is_empty() || new.iter().any(|is| is != *class))
            .map(|(kind, new, class, command)| format!("new pods of a {kind} are {new:?} and not {class}: {command}"))
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("{} of {}:\n{}", missing.len(), changed.len(), missing.join("\n"))) }
    });
    let count = |manner: &str| manners.iter().filter(|is| **is == manner).count();
    let counts = ["raiseRequests", "lowerLimits", "podLevel"].map(count);
    let objects = changed.iter().filter(|(_, _, name, ..)| name.ends_with("-0")).count();
    eprintln!("{} commands for {objects} shapes, {counts:?} by manner", commands.len());
    assert!(objects >= 30 && counts.iter().all(|count| *count >= 2), "{objects} {counts:?}");
}
