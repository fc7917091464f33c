//! Two network namespaces with a wire between them: `pod`, where the program runs, and `far`, where servers and rules are.
//!
//! ```text
//! pod  10.77.0.2, fd77::2 ──── 10.77.0.1, fd77::1  far ──── 10.78.0.0/16, fd78::/64 (nobody is there; far forwards)
//! ```

pub mod servers;

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use netstore_probe::check::Check;
use netstore_probe::verdict::Verdict;
use netstore_probe::wire::{self, Batch, Observed};

pub const NONCE: &str = "abc123";

/// Made anew for each test, gone with it.
pub struct Lab {
    name: String,
}

/// How a batch is run.
#[derive(Clone, Copy)]
pub struct How {
    pub agreeing: u8,
    pub patience: u32,
    pub at_once: u16,
    pub deadline: u32,
}

pub const QUICK: How = How { agreeing: 2, patience: 700, at_once: 64, deadline: 30 };

impl Lab {
    /// Nothing where there can be none: not root, or tools are missing. With CI=true that is a failure.
    pub fn new() -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let root = fs::metadata("/proc/self").is_ok_and(|of| std::os::unix::fs::MetadataExt::uid(&of) == 0);
        let tool =
            |name: &str| Command::new("sh").args(["-c", &format!("command -v {name} >/dev/null")]).status().is_ok_and(|s| s.success());
        if !root || !["ip", "nft", "openssl"].into_iter().all(tool) {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "needs root, ip, nft and openssl");
            eprintln!("skipped: needs root, ip, nft and openssl");
            return None;
        }
        let lab = Self { name: format!("nsp-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)) };
        let (pod, far) = (lab.pod(), lab.far());
        lab.sh(&format!(
            "ip netns add {pod}; ip netns add {far}
             ip link add eth0 netns {pod} type veth peer name eth0 netns {far}
             ip link add beyond netns {far} type veth peer name nobody netns {far}
             ip netns exec {pod} sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
             ip netns exec {far} sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
             for n in {pod} {far}; do ip -n $n link set lo up; ip -n $n link set eth0 up; done
             for l in beyond nobody; do ip -n {far} link set $l up; done
             ip -n {pod} addr add 10.77.0.2/24 dev eth0; ip -n {pod} addr add fd77::2/64 dev eth0 nodad
             ip -n {far} addr add 10.77.0.1/24 dev eth0; ip -n {far} addr add fd77::1/64 dev eth0 nodad
             ip -n {far} addr add 10.78.255.1/16 dev beyond; ip -n {far} addr add fd78::1/64 dev beyond nodad
             ip -n {pod} route add 10.78.0.0/16 via 10.77.0.1; ip -n {pod} route add fd78::/64 via fd77::1
             ip netns exec {pod} sysctl -qw net.ipv4.neigh.eth0.retrans_time_ms=50 net.ipv6.neigh.eth0.retrans_time_ms=50
             mkdir -p /etc/netns/{pod}; echo 'nameserver 10.77.0.1' >/etc/netns/{pod}/resolv.conf; echo '127.0.0.1 localhost' >/etc/netns/{pod}/hosts"
        ));
        Some(lab)
    }

    fn pod(&self) -> String {
        format!("{}-pod", self.name)
    }

    fn far(&self) -> String {
        format!("{}-far", self.name)
    }

    fn sh(&self, script: &str) {
        let output = Command::new("sh").args(["-euc", script]).output().expect("a shell");
        assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Runs commands of `ip` in the pod.
    pub fn ip_of_pod(&self, commands: &[&str]) {
        commands.iter().for_each(|command| self.sh(&format!("ip -n {} {command}", self.pod())));
    }

    /// A setting of the kernel where the servers are.
    pub fn sysctl_of_far(&self, setting: &str) {
        self.sh(&format!("ip netns exec {} sysctl -qw {setting}", self.far()));
    }

    /// Rules of one chain at a hook; in the pod.
    pub fn rules_of_pod(&self, hook: &str, rules: &[&str]) {
        self.rules(&self.pod(), hook, rules);
    }

    /// Rules of one chain at a hook; where the servers are.
    pub fn rules_of_far(&self, hook: &str, rules: &[&str]) {
        self.rules(&self.far(), hook, rules);
    }

    fn rules(&self, netns: &str, hook: &str, rules: &[&str]) {
        let rules = rules.join("\n");
        let table = format!("table inet {hook} {{ chain c {{ type filter hook {hook} priority 0; policy accept;\n{rules}\n}}\n}}");
        self.sh(&format!("ip netns exec {netns} nft -f - <<'NFT'\n{table}\nNFT"));
    }

    /// What the pod's programs look names up with.
    pub fn resolv_conf(&self, text: &str) {
        fs::write(PathBuf::from("/etc/netns").join(self.pod()).join("resolv.conf"), text).expect("a file");
    }

    /// Runs something in a thread of its own where the servers are, and leaves it running once what it makes is there.
    pub fn serve<T: Send + 'static>(&self, make: impl FnOnce() -> T + Send + 'static, run: impl FnOnce(T) + Send + 'static) {
        self.serve_in(&self.far(), make, run);
    }

    /// The same in the pod.
    pub fn serve_in_pod<T: Send + 'static>(&self, make: impl FnOnce() -> T + Send + 'static, run: impl FnOnce(T) + Send + 'static) {
        self.serve_in(&self.pod(), make, run);
    }

    fn serve_in<T: Send + 'static>(&self, netns: &str, make: impl FnOnce() -> T + Send + 'static, run: impl FnOnce(T) + Send + 'static) {
        let netns = File::open(format!("/run/netns/{netns}")).expect("a namespace");
        let (sender, receiver) = std::sync::mpsc::channel();
        thread::spawn(move || {
            nix::sched::setns(netns, nix::sched::CloneFlags::CLONE_NEWNET).expect("as root");
            let made = make();
            sender.send(()).expect("somebody waits");
            run(made);
        });
        receiver.recv().expect("a server");
    }

    /// Runs checks in the pod; what the program writes, and how it ends.
    pub fn output(&self, how: How, checks: &[&str], environment: &[(&str, &str)]) -> (Batch, Output) {
        let How { agreeing, patience, at_once, deadline } = how;
        let checks: Vec<Check> = checks.iter().map(|word| word.parse().expect("a check")).collect();
        let batch = Batch { nonce: NONCE.to_owned(), agreeing, attempts: agreeing + 2, patience, at_once, deadline, checks };
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.pod(), env!("CARGO_BIN_EXE_netstore-probe")]).args(batch.words());
        let output = command.envs(environment.iter().copied()).output().expect("the program");
        (batch, output)
    }

    /// Runs checks in the pod; what came of them.
    pub fn probe(&self, how: How, checks: &[&str]) -> Vec<Observed> {
        let (batch, output) = self.output(how, checks, &[]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        wire::read(&String::from_utf8(output.stdout).expect("UTF-8"), &batch)
    }

    /// Runs all checks of a table at once, and compares the verdicts; details are compared where they are told.
    #[track_caller]
    pub fn expect(&self, how: How, table: &[(&str, Verdict, &str)]) {
        let checks: Vec<&str> = table.iter().map(|(check, ..)| *check).collect();
        let observed = self.probe(how, &checks);
        let wrong = observed.iter().zip(table).filter(|(observed, (_, verdict, detail))| {
            observed.verdict != *verdict || !(detail.is_empty() || observed.detail.contains(detail))
        });
        let wrong: Vec<String> =
            wrong.map(|(observed, (check, verdict, detail))| format!("{check}: {verdict} {detail}: {observed:?}")).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for netns in [self.pod(), self.far()] {
            let _ = Command::new("ip").args(["netns", "del", &netns]).status();
            let _ = fs::remove_dir_all(PathBuf::from("/etc/netns").join(netns));
        }
    }
}
