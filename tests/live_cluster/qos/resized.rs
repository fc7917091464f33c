//! Resizes of pods that run: what is said to be legal is granted, and what would change the class is refused.

use netstore::objects::{Pod, QosClass};
use netstore::qos::resize::{Objection, objections};
use netstore::qos::shape::Shape;
use netstore::qos::whole::excesses;
use serde_json::{Value, json};

use super::super::cluster::Run;
use super::{cluster, make_namespaces, object};

/// A pod's resources, those of its container, and the resize that is asked for: of the container, or of the pod.
const RESIZES: [(&str, &str, &str, &str); 15] = [
    ("both together", "", "{limits: {cpu: 1, memory: 1Gi}}", "{requests: {cpu: 2}, limits: {cpu: 2}}"),
    ("both resources", "", "{limits: {cpu: 1, memory: 1Gi}}", "{requests: {cpu: 500m, memory: 2Gi}, limits: {cpu: 500m, memory: 2Gi}}"),
    ("the request alone", "", "{limits: {cpu: 1, memory: 1Gi}}", "{requests: {cpu: 500m}}"),
    ("the limit alone", "", "{limits: {cpu: 1, memory: 1Gi}}", "{limits: {memory: 2Gi}}"),
    ("a higher limit", "", "{requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 64Mi}}", "{limits: {cpu: 300m}}"),
    ("a higher request", "", "{requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 64Mi}}", "{requests: {cpu: 150m}}"),
    ("what would even it", "", "{requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 64Mi}}", "{requests: {cpu: 200m}}"),
    ("a limit taken away", "", "{requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 64Mi}}", "{limits: {cpu: null}}"),
    ("a limit that is new", "", "{requests: {cpu: 100m, memory: 64Mi}}", "{limits: {cpu: 200m}}"),
    ("a request where there is none", "", "{}", "{requests: {cpu: 100m}}"),
    ("both where there is none", "", "{}", "{requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 100m, memory: 64Mi}}"),
    ("a container of an even pod", "{limits: {cpu: 2, memory: 2Gi}}", "{requests: {cpu: 100m}}", "{requests: {cpu: 200m}}"),
    ("an even pod", "{limits: {cpu: 2, memory: 2Gi}}", "{}", "pod {requests: {cpu: 3}, limits: {cpu: 3}}"),
    ("an even pod, unevenly", "{limits: {cpu: 2, memory: 2Gi}}", "{}", "pod {requests: {cpu: 1}}"),
    ("an uneven pod, evenly", "{requests: {cpu: 1, memory: 2Gi}, limits: {cpu: 2, memory: 2Gi}}", "{}", "pod {requests: {cpu: 2}}"),
];

fn read(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}")) }
}

/// Lists of numbers with others in place of some, or without.
fn merged(old: &Value, change: &Value) -> Value {
    let mut new = old.clone();
    for (list, numbers) in change.as_object().expect("lists") {
        for (resource, amount) in numbers.as_object().expect("numbers") {
            match amount {
                Value::Null => drop(new[list].as_object_mut().expect("a list").remove(resource)),
                amount => new[list][resource] = amount.clone(),
            }
        }
    }
    new
}

#[test]
fn a_resize_is_refused_where_the_class_would_change_and_granted_where_it_is_said_to_be_legal() {
    let Some((cluster, api)) = cluster() else { return };
    make_namespaces(api, &["resized".to_owned()]);
    let pod = |(at, (_, whole, own, _)): (usize, &(&str, &str, &str, &str))| {
        let text = format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: pod-{at}}}, spec: {{schedulerName: nobody, containers: [{{name: app, image: example.com/app:1}}]}}}}"
        );
        let mut pod = object("resized", &text);
        pod["spec"]["containers"][0]["resources"] = read(own);
        if !whole.is_empty() {
            pod["spec"]["resources"] = read(whole);
        }
        pod
    };
    let pods = api.create(&RESIZES.iter().enumerate().map(pod).collect::<Vec<_>>());
    let told = cluster.ask(&["qos", "-n", "resized", "-o", "json"]).json();
    let (mut wrong, mut of_class, mut granted) = (Vec::new(), 0, 0);
    for (at, (what, _, _, change)) in RESIZES.iter().enumerate() {
        let name = format!("pod-{at}");
        let mut new = pods[at].clone();
        let (spec, change) = match change.strip_prefix("pod ") {
            Some(change) => (json!({"resources": read(change)}), read(change)),
            None => (json!({"containers": [{"name": "app", "resources": read(change)}]}), read(change)),
        };
        let place = if spec["resources"].is_null() { "/spec/containers/0/resources" } else { "/spec/resources" };
        let of_place = new.pointer_mut(place).expect("resources");
        *of_place = merged(of_place, &change);
        let [old, new]: [Pod; 2] = [&pods[at], &new].map(|pod| serde_json::from_value(pod.clone()).expect("a pod"));
        let class: QosClass = old.status.qos_class.expect("a class");
        let new = Shape::of(&new.spec);
        let (objections, fits) = (objections(&Shape::of(&old.spec), class, &new), excesses(&new).is_empty());

        let patch = json!({"spec": spec}).to_string();
        let args = ["patch", "pod", &name, "-n", "resized", "--subresource=resize", "-p", &patch];
        let run = Run::of(&cluster.kubectl().args(args).output().expect("kubectl"));
        let refused_for_class = run.stderr.contains("Pod QOS Class may not change as a result of resizing");
        if refused_for_class != objections.contains(&Objection::Class) || (run.code == Some(0)) != (objections.is_empty() && fits) {
            wrong.push(format!("{what}: {objections:?}, and the server: {}", run.block()));
        }
        let answer = super::find(&told, "Pod", "resized", &name).expect("told");
        if answer["resize"]["allowed"] == false && run.code == Some(0) {
            wrong.push(format!("{what}: granted, and was told: {}", answer["resize"]["rule"]));
        }
        of_class += usize::from(refused_for_class);
        granted += usize::from(run.code == Some(0));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(of_class >= 5 && granted >= 5, "{of_class} refused because of the class, {granted} granted");
}
