//! A way to a port of a pod: the API server's port-forward over a WebSocket, by the same client as every request.
//!
//! Nothing listens on this machine. What comes from the pod comes out of [`Forward::read`]; when it ends, it says why.

use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Fuse};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::Portforwarder;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, timeout};

use super::error::Failure;
use super::transport::Transport;
use crate::source::Progress;

/// Without `--request-timeout`: as long as a way may take to open. The API server dials the kubelet meanwhile.
const OPENING: Duration = Duration::from_secs(20);
/// As long as an end is waited for that says more about itself.
const LAST_WORDS: Duration = Duration::from_millis(100);
/// Bytes that are made room for at a time.
const ROOM: usize = 16 * 1024;

/// A pod's port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodPort {
    /// Namespace of the pod.
    pub namespace: String,
    /// Its name.
    pub pod: String,
    /// The port, as the pod itself sees it at `localhost`.
    pub port: u16,
}

/// An open way.
pub(crate) struct Forward {
    forwarder: Option<Portforwarder>,
    stream: DuplexStream,
    refusal: Fuse<BoxFuture<'static, Option<String>>>,
}

/// Why a way is closed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// The other end has closed it.
    ByServer,
    /// The port cannot be used: the node says why.
    ByNode(String),
    /// What carries it broke.
    Broken(String),
}

impl Transport {
    /// Opens a way to a port.
    pub(crate) async fn forward(&self, to: &PodPort, progress: &dyn Progress) -> Result<Forward, Failure> {
        let started = Instant::now();
        let patience = self.timeout().unwrap_or(OPENING);
        let pods: Api<Pod> = Api::namespaced(self.client().await?, &to.namespace);
        let late = || Failure::TimedOut(format!("no port-forward within {} s", patience.as_secs_f64()));
        let opened = match timeout(patience, pods.portforward(&to.pod, &[to.port])).await {
            Err(_) => Err(late()),
            Ok(Err(error)) => Err(Failure::of_websocket(&error, self.about())),
            Ok(Ok(forwarder)) => Forward::of(forwarder, to.port).ok_or_else(late),
        };
        let result = opened.as_ref().map_or_else(Failure::reason, |_| "101 Switching Protocols".to_owned());
        let PodPort { namespace, pod, port } = to;
        progress.request(&format!(
            "GET {}/api/v1/namespaces/{namespace}/pods/{pod}/portforward?ports={port} {result} in {} milliseconds",
            self.about().server,
            started.elapsed().as_millis()
        ));
        opened
    }
}

impl Forward {
    fn of(mut forwarder: Portforwarder, port: u16) -> Option<Self> {
        let (stream, refusal) = (forwarder.take_stream(port)?, forwarder.take_error(port)?.boxed().fuse());
        Some(Self { forwarder: Some(forwarder), stream, refusal })
    }

    /// Sends bytes.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Closed> {
        match self.stream.write_all(bytes).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.closed().await),
        }
    }

    /// Waits for bytes and puts them behind those that are there.
    pub(crate) async fn read(&mut self, buffer: &mut Vec<u8>) -> Result<(), Closed> {
        buffer.reserve(ROOM);
        // What came before a refusal is not lost because of it.
        let read = tokio::select! {
            biased;
            read = self.stream.read_buf(buffer) => read.unwrap_or_default(),
            Some(why) = &mut self.refusal => return Err(Closed::ByNode(why)),
        };
        if read > 0 { Ok(()) } else { Err(self.closed().await) }
    }

    /// Why it is.
    async fn closed(&mut self) -> Closed {
        if let Some(why) = (&mut self.refusal).now_or_never().flatten() {
            return Closed::ByNode(why);
        }
        let Some(forwarder) = self.forwarder.take() else { return Closed::ByServer };
        // It ends when both sides have: this is ours.
        drop(self.stream.shutdown().await);
        match timeout(LAST_WORDS, forwarder.join()).await {
            Ok(Err(error)) => Closed::Broken(error.to_string()),
            _ => Closed::ByServer,
        }
    }
}

/// A way that nobody uses any more is closed at once, not when its task finds out.
impl Drop for Forward {
    fn drop(&mut self) {
        if let Some(forwarder) = &self.forwarder {
            forwarder.abort();
        }
    }
}
