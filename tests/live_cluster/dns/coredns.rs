//! Real CoreDNS servers on loopback, reading the test's API server, each with a Corefile of its own.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use netstore::dns::message;
use netstore::dns::observed::{Answer, Asked};

use crate::cluster::Cluster;

/// How many questions CoreDNS takes over one connection.
const QUESTIONS: usize = 100;

/// A server, ended with its value.
pub struct CoreDns {
    process: Child,
    port: u16,
}

impl Drop for CoreDns {
    fn drop(&mut self) {
        // Ours, and of no use to anybody else.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl CoreDns {
    /// Starts one and waits until it knows the cluster. `PORT` in the Corefile stands for its port; what only this machine needs is added.
    pub fn start(cluster: &Cluster, name: &str, corefile: &str) -> Self {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr()).expect("a free port").port();
        let kubeconfig = cluster.kubeconfig();
        let here = |line: &str| match line.trim_end().strip_suffix('{') {
            Some(head) if head.trim_start().starts_with("kubernetes") => format!("{line}\nkubeconfig {}", kubeconfig.display()),
            Some(head) if !head.starts_with(' ') && !head.starts_with('(') => format!("{line}\nbind 127.0.0.1"),
            _ => line.to_owned(),
        };
        let text: Vec<String> = corefile.replace("PORT", &port.to_string()).lines().map(here).collect();
        let path = cluster.path(&format!("{name}.Corefile"));
        std::fs::write(&path, text.join("\n") + "\n").expect("a Corefile");
        let log = std::fs::File::create(cluster.path(&format!("{name}.log"))).expect("a log");
        let process = Command::new(cluster.coredns_path())
            .args(["-conf", path.to_str().expect("UTF-8")])
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("coredns");
        let server = Self { process, port };
        let end = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            let log = || std::fs::read_to_string(cluster.path(&format!("{name}.log"))).unwrap_or_default();
            assert!(Instant::now() < end, "CoreDNS does not start with {}:\n{}", path.display(), log());
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// Its answers to all of these; none where it sent nothing, not even when it was asked for that alone.
    pub fn answers(&self, questions: &[Asked]) -> Vec<Option<Answer>> {
        let answers = questions.chunks(QUESTIONS).flat_map(|chunk| self.chunk(chunk, Duration::from_secs(1)));
        let again = |(asked, answer): (&Asked, Option<Answer>)| {
            answer.or_else(|| self.chunk(std::slice::from_ref(asked), Duration::from_millis(200)).pop().flatten())
        };
        questions.iter().zip(answers).map(again).collect()
    }

    fn chunk(&self, questions: &[Asked], patience: Duration) -> Vec<Option<Answer>> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("CoreDNS");
        stream.set_read_timeout(Some(patience)).expect("a timeout");
        for (id, asked) in questions.iter().enumerate() {
            let bytes = message::question(u16::try_from(id).expect("few questions"), asked).expect("a question");
            let length = u16::try_from(bytes.len()).expect("a short question").to_be_bytes();
            stream.write_all(&[&length[..], &bytes].concat()).expect("a question sent");
        }
        let mut answers: Vec<Option<Answer>> = questions.iter().map(|_| None).collect();
        for _ in questions {
            let Some((id, answer)) = receive(&mut stream) else { break };
            answers[usize::from(id)] = Some(answer);
        }
        answers
    }
}

fn receive(stream: &mut TcpStream) -> Option<(u16, Answer)> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).ok()?;
    let mut bytes = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut bytes).ok()?;
    let (id, _, answer) = message::answer(&bytes).expect("an answer");
    Some((id, answer))
}
