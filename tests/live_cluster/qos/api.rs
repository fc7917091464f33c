//! The API server asked directly, many requests at a time: what kubectl would take minutes for.

use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use http::{Method, Request};
use kube::Client;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::super::cluster::Cluster;

/// A connection as admin.
pub struct Api {
    runtime: Runtime,
    client: Client,
}

impl Api {
    pub fn of(cluster: &Cluster) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig()).expect("a kubeconfig");
        let client = runtime.block_on(async {
            let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.expect("a configuration");
            Client::try_from(config).expect("a client")
        });
        Self { runtime, client }
    }

    /// Makes objects, in any order; what the server has made of each, or why it did not.
    pub fn create_each(&self, objects: &[Value]) -> Vec<Result<Value, String>> {
        let send = |object: Value| async move {
            let result = self.client.request::<Value>(request(Method::POST, &collection(&object), object.to_string())).await;
            result.map_err(|error| match error {
                kube::Error::Api(status) => status.message,
                other => other.to_string(),
            })
        };
        self.runtime.block_on(stream::iter(objects.to_vec()).map(send).buffered(16).collect())
    }

    /// Makes objects, none of which is refused.
    #[track_caller]
    pub fn create(&self, objects: &[Value]) -> Vec<Value> {
        let made = self.create_each(objects).into_iter().zip(objects);
        made.map(|(made, object)| made.unwrap_or_else(|error| panic!("{error}\n{object}"))).collect()
    }

    /// The objects at a path.
    #[track_caller]
    pub fn list(&self, path: &str) -> Vec<Value> {
        let answer = self.runtime.block_on(self.client.request::<Value>(request(Method::GET, path, String::new())));
        match answer.unwrap_or_else(|error| panic!("{path}: {error}"))["items"].take() {
            Value::Array(items) => items,
            other => panic!("{path}: no list, but {other}"),
        }
    }

    /// Asks until there is an answer; what is missing is said if there is none in time.
    #[track_caller]
    pub fn until<T>(&self, mut ask: impl FnMut(&Self) -> Result<T, String>) -> T {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            match ask(self) {
                Ok(answer) => return answer,
                Err(missing) => assert!(Instant::now() < end, "{missing}"),
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn request(method: Method, path: &str, body: String) -> Request<Vec<u8>> {
    let request = Request::builder().method(method).uri(path).header("Content-Type", "application/json");
    request.body(body.into_bytes()).expect("a request")
}

/// Where objects of its kind are made.
fn collection(object: &Value) -> String {
    let version = object["apiVersion"].as_str().expect("apiVersion");
    let root = if version.contains('/') { "apis" } else { "api" };
    let kind = object["kind"].as_str().expect("kind").to_lowercase();
    let plural = if kind.ends_with('s') { format!("{kind}es") } else { format!("{kind}s") };
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("/{root}/{version}/namespaces/{namespace}/{plural}"),
        None => format!("/{root}/{version}/{plural}"),
    }
}
