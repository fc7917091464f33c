//! A way to the API server that can be cut, and mended.

use std::fs;
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::super::cluster::Cluster;

/// The way.
pub struct Proxy {
    /// A kubeconfig of the admin that goes this way.
    pub kubeconfig: PathBuf,
    cut: Arc<AtomicBool>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    /// Listens on loopback until the end of the tests.
    pub fn to(cluster: &Cluster, name: &str) -> Self {
        let text = fs::read_to_string(cluster.kubeconfig()).expect("a kubeconfig");
        let server = text.lines().find_map(|line| line.trim().strip_prefix("server: https://")).expect("a server").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let kubeconfig = cluster.path(&format!("{name}.kubeconfig"));
        fs::write(&kubeconfig, text.replace(&server, &address)).expect("a file");
        let (cut, streams) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (is_cut, open) = (Arc::clone(&cut), Arc::clone(&streams));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if is_cut.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(upstream) = TcpStream::connect(&server) else { continue };
                let ends = [&client, &upstream, &client, &upstream].map(|end| end.try_clone().expect("another handle"));
                open.lock().expect("a lock").extend([client, upstream]);
                let [from_client, to_server, to_client, from_server] = ends;
                carry(from_client, to_server);
                carry(from_server, to_client);
            }
        });
        Self { kubeconfig, cut, streams }
    }

    /// Ends every connection, and lets no other one be made.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        for stream in self.streams.lock().expect("a lock").drain(..) {
            // It may have ended by itself.
            drop(stream.shutdown(Shutdown::Both));
        }
    }

    /// Lets connections be made again.
    pub fn mend(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    thread::spawn(move || {
        drop(io::copy(&mut from, &mut to));
        drop(to.shutdown(Shutdown::Write));
    });
}
