//! Makes attempts, many at a time: each pod is asked through a port-forward of its own to its web server, which dials.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use netstore::objects::Protocol;

use super::attempt::{Attempt, Observed, Source, read_dial, read_error};
use super::cluster::{Cluster, Ended};
use super::http::{Connection, Request};

/// Connections to each source, each asked [`BATCH`] things at once.
const LANES: usize = 3;
const BATCH: usize = 12;

/// How often an attempt is made again that proved nothing.
const AGAIN: usize = 3;

/// agnhost gives up after five seconds, once for each attempt of a batch.
const PATIENCE: Duration = Duration::from_secs(5 * BATCH as u64 + 10);

/// Ways to every source.
#[derive(Default)]
pub struct Dialer {
    ways: BTreeMap<Source, Way>,
    /// Attempts that had to be made again, by the last words of why.
    pub again: BTreeMap<String, usize>,
}

/// How a source is told to try.
enum Way {
    /// Through the port that kubectl forwards to a pod.
    Forwarded { at: SocketAddr, _kubectl: Ended },
    /// Directly.
    At(SocketAddr),
    /// It is this process.
    Here,
}

/// A port-forward to a pod and where it is reached.
fn forward(cluster: &Cluster, namespace: &str, pod: &str, port: u16) -> Result<Way, String> {
    let mut command = cluster.kubectl();
    command.args(["port-forward", "-n", namespace, &format!("pod/{pod}"), &format!(":{port}")]);
    let mut child: Child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(|e| e.to_string())?;
    let stdout = child.stdout.take().expect("a pipe");
    let child = Ended(child);
    let mut lines = BufReader::new(stdout).lines();
    let line = lines.next().and_then(Result::ok).ok_or_else(|| format!("kubectl port-forward to {namespace}/{pod} ended"))?;
    // `Forwarding from 127.0.0.1:41234 -> 8080`
    let at = line.split_whitespace().nth(2).and_then(|at| at.parse().ok()).ok_or(format!("kubectl port-forward says {line}"))?;
    // What it says for each connection must go somewhere.
    std::thread::spawn(move || lines.for_each(drop));
    Ok(Way::Forwarded { at, _kubectl: child })
}

impl Dialer {
    /// Adds a pod, by its web server's port.
    pub fn add_pod(&mut self, cluster: &Cluster, source: Source, (namespace, pod): (&str, &str), port: u16) -> Result<(), String> {
        self.ways.insert(source, forward(cluster, namespace, pod, port)?);
        Ok(())
    }

    /// Adds a web server that can be asked without a detour.
    pub fn add_server(&mut self, source: Source, address: IpAddr, port: u16) {
        self.ways.insert(source, Way::At(SocketAddr::new(address, port)));
    }

    /// Adds this process.
    pub fn add_here(&mut self, source: Source) {
        self.ways.insert(source, Way::Here);
    }

    /// Asks a source's web server anything, not only to dial.
    pub fn ask(&self, source: Source, path: String) -> Result<String, String> {
        let at = match self.ways.get(&source) {
            Some(Way::Forwarded { at, .. } | Way::At(at)) => *at,
            _ => return Err(format!("no way to {source:?}")),
        };
        let mut connection = Connection::open(at, PATIENCE).map_err(|error| error.to_string())?;
        let mut answers = connection.ask(&[Request::get(path)]).map_err(|error| error.to_string())?;
        Ok(answers.remove(0).body)
    }

    /// Makes all attempts. What proves nothing is tried again, three times at most.
    pub fn observe(&mut self, attempts: &[Attempt]) -> Vec<Observed> {
        let mut observed = vec![Observed::Undecided("not tried".to_owned()); attempts.len()];
        for round in 0..=AGAIN {
            let open: Vec<usize> = (0..attempts.len()).filter(|at| attempts[*at].verdict(&observed[*at]).is_err()).collect();
            if open.is_empty() {
                break;
            }
            for why in open.iter().filter(|_| round > 0).filter_map(|at| attempts[*at].verdict(&observed[*at]).err()) {
                *self.again.entry(why.rsplit(": ").next().unwrap_or_default().to_owned()).or_default() += 1;
            }
            for (at, seen) in self.once(attempts, &open) {
                observed[at] = seen;
            }
        }
        observed
    }

    /// Makes these attempts once, all sources at the same time.
    fn once(&self, attempts: &[Attempt], which: &[usize]) -> Vec<(usize, Observed)> {
        let mut by_source: BTreeMap<Source, Vec<usize>> = BTreeMap::new();
        for at in which {
            by_source.entry(attempts[*at].source).or_default().push(*at);
        }
        let seen = Mutex::new(Vec::with_capacity(which.len()));
        let next: Vec<AtomicUsize> = by_source.keys().map(|_| AtomicUsize::new(0)).collect();
        std::thread::scope(|scope| {
            for ((source, queue), next) in by_source.iter().zip(&next) {
                let way = self.ways.get(source);
                for _ in 0..LANES.min(queue.len().div_ceil(BATCH)) {
                    let seen = &seen;
                    scope.spawn(move || {
                        let mut lane = Lane { way, connection: None };
                        loop {
                            let start = next.fetch_add(BATCH, Ordering::Relaxed);
                            let Some(batch) = queue.get(start..queue.len().min(start + BATCH)).filter(|batch| !batch.is_empty()) else {
                                break;
                            };
                            let of_batch: Vec<&Attempt> = batch.iter().map(|at| &attempts[*at]).collect();
                            let results = lane.attempt(&of_batch);
                            seen.lock().expect("no panics").extend(batch.iter().copied().zip(results));
                        }
                    });
                }
            }
        });
        seen.into_inner().expect("no panics")
    }
}

/// One connection to one source.
struct Lane<'a> {
    way: Option<&'a Way>,
    connection: Option<Connection<TcpStream>>,
}

impl Lane<'_> {
    fn attempt(&mut self, batch: &[&Attempt]) -> Vec<Observed> {
        let at = match self.way {
            Some(Way::Here) => return batch.iter().map(|attempt| here(attempt)).collect(),
            Some(Way::Forwarded { at, .. } | Way::At(at)) => *at,
            None => return vec![Observed::Undecided("no way to the source".to_owned()); batch.len()],
        };
        let requests: Vec<Request> = batch.iter().map(|attempt| Request::get(attempt.dial("hostname"))).collect();
        let connection = match self.connection.take() {
            Some(connection) => Ok(connection),
            None => Connection::open(at, PATIENCE),
        };
        let answers = connection.and_then(|mut connection| {
            let answers = connection.ask(&requests)?;
            self.connection = Some(connection);
            Ok(answers)
        });
        match answers {
            Ok(answers) => answers.iter().map(|answer| read_dial(answer.status, &answer.body)).collect(),
            Err(error) => vec![Observed::Undecided(format!("the source could not be asked: {error}")); batch.len()],
        }
    }
}

/// An attempt of this process.
fn here(attempt: &Attempt) -> Observed {
    let Ok(address) = attempt.host.parse::<IpAddr>() else {
        return Observed::Undecided(format!("{} is no address", attempt.host));
    };
    let address = SocketAddr::new(address, attempt.port);
    let patience = Duration::from_secs(5);
    let result = if attempt.protocol == Protocol::Udp {
        udp_hostname(address, patience)
    } else {
        Connection::open(address, patience).and_then(|mut connection| Ok(connection.ask(&[Request::get("/hostname")])?.remove(0).body))
    };
    match result {
        Ok(name) => Observed::Answered(name.trim().to_owned()),
        Err(error) => read_error(&error.to_string()),
    }
}

fn udp_hostname(address: SocketAddr, patience: Duration) -> std::io::Result<String> {
    let any: IpAddr = if address.is_ipv6() { [0_u16; 8].into() } else { [0_u8; 4].into() };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(address)?;
    socket.set_read_timeout(Some(patience))?;
    socket.send(b"hostname")?;
    let mut answer = [0; 256];
    let length = socket.recv(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
}

/// The address that this machine speaks to another with.
pub fn own_address(other: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = if other.is_ipv6() { [0_u16; 8].into() } else { [0_u8; 4].into() };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((other, 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}
