//! Specs of pods whose containers have all sorts of numbers, made in a fixed order.

use serde_json::{Value, json};

/// Numbers of a container; the API server takes each of them.
const NUMBERS: [&str; 19] = [
    "{}",
    "{requests: {cpu: 100m, memory: 64Mi}}",
    "{limits: {cpu: 500m, memory: 256Mi}}",
    "{requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1000m, memory: 1024Mi}}",
    "{requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 64Mi}}",
    "{limits: {cpu: 250m}}",
    "{limits: {memory: 128Mi}}",
    "{requests: {memory: 128Mi}}",
    "{requests: {cpu: 0.25}, limits: {memory: 128Mi}}",
    "{requests: {cpu: 0, memory: 0}, limits: {cpu: 200m, memory: 64Mi}}",
    "{requests: {cpu: 0, memory: 0}, limits: {cpu: 0, memory: 0}}",
    "{requests: {cpu: 0, memory: 64Mi}, limits: {memory: 64Mi}}",
    "{requests: {ephemeral-storage: 1Gi}, limits: {ephemeral-storage: 2Gi}}",
    "{limits: {cpu: 500m, memory: 64Mi, ephemeral-storage: 1Gi}}",
    "{requests: {cpu: 100m, memory: 64Mi}, limits: {hugepages-2Mi: 4Mi, cpu: 100m, memory: 64Mi}}",
    "{limits: {cpu: 100m, example.com/gpu: 1}}",
    "{requests: {cpu: 0.0001, memory: 1e8}, limits: {cpu: 100u, memory: 100M}}",
    "{requests: {cpu: 1.5, memory: 0.5Gi}, limits: {cpu: 1500m, memory: 512Mi}}",
    "{limits: {cpu: 1, memory: 128974848000m}}",
];

/// Numbers of a pod as a whole, over containers that state little.
const OF_PODS: [(&str, &str); 9] = [
    ("{requests: {cpu: 2, memory: 2Gi}, limits: {cpu: 2, memory: 2Gi}}", "{}"),
    ("{limits: {cpu: 2, memory: 2Gi}}", "{}"),
    ("{limits: {cpu: 2, memory: 2Gi}}", "{requests: {cpu: 100m, memory: 64Mi}}"),
    ("{limits: {cpu: 2}}", "{limits: {cpu: 500m, memory: 256Mi}}"),
    ("{requests: {memory: 3Gi}}", "{limits: {cpu: 500m, memory: 256Mi}}"),
    (
        "{requests: {cpu: 2, memory: 2Gi}, limits: {cpu: 2, memory: 3Gi}}",
        "{requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1, memory: 1Gi}}",
    ),
    ("{limits: {memory: 2Gi}}", "{requests: {memory: 128Mi}}"),
    ("{requests: {cpu: 0, memory: 0}}", "{}"),
    ("{requests: {cpu: 1, memory: 1Gi, hugepages-2Mi: 4Mi}, limits: {cpu: 1, memory: 1Gi, hugepages-2Mi: 4Mi}}", "{}"),
];

fn numbers(at: usize) -> Value {
    serde_saphyr::from_str(NUMBERS[at % NUMBERS.len()]).expect("numbers")
}

fn container(name: &str, resources: Value) -> Value {
    json!({"name": name, "image": "example.com/app:1", "resources": resources})
}

fn sidecar(name: &str, resources: Value) -> Value {
    let mut sidecar = container(name, resources);
    sidecar["restartPolicy"] = json!("Always");
    sidecar
}

/// All of them: each kind of numbers alone, beside another, before it as init container or sidecar, with overhead, and for whole pods.
pub fn all() -> Vec<Value> {
    let mut all = Vec::new();
    for at in 0..NUMBERS.len() {
        let own = || container("app", numbers(at));
        all.push(json!({"containers": [own()]}));
        all.push(json!({"containers": [own(), container("other", numbers(at + 2))]}));
        all.push(json!({"containers": [own()], "initContainers": [container("init", numbers(at + 3))]}));
        all.push(json!({"containers": [own()], "initContainers": [sidecar("proxy", numbers(at + 5)), container("init", numbers(at))]}));
        all.push(json!({"containers": [own(), container("other", numbers(3))], "initContainers": [sidecar("proxy", numbers(3))]}));
        if at % 3 == 0 {
            all.push(json!({"containers": [own()], "runtimeClassName": "boxed"}));
        }
    }
    for (pod, own) in OF_PODS {
        let [pod, own]: [Value; 2] = [pod, own].map(|text| serde_saphyr::from_str(text).expect("numbers"));
        all.push(json!({"resources": pod, "containers": [container("app", own.clone())]}));
        let sidecar = sidecar("proxy", json!({"requests": {"cpu": "10m", "memory": "16Mi"}}));
        all.push(json!({"resources": pod, "containers": [container("app", own)], "initContainers": [sidecar]}));
    }
    all
}
