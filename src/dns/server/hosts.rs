//! The plugin `hosts`: names and addresses as in `/etc/hosts`, from the Corefile and from a file beside it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::expected::{Because, Expected, Reason};
use super::kubernetes::{AddressName, address_of, record_of};
use super::zone::zones;
use crate::dns::corefile::Directive;
use crate::dns::name::{is_within, longest_zone};
use crate::dns::record::{Data, Rcode, Record, RecordType, Response};

/// The file that is read if none is named: that of the server's own pod.
const FILE: &str = "/etc/hosts";

/// What its lines in the Corefile say.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    zones: Vec<String>,
    names: BTreeMap<String, Vec<IpAddr>>,
    pointers: BTreeMap<String, Vec<String>>,
    no_reverse: bool,
    fallthrough: Vec<String>,
    fallthrough_unsupported: bool,
    file: File,
}

/// What is known of the file.
#[derive(Debug, Default, PartialEq, Eq)]
enum File {
    /// That which the kubelet writes for a pod.
    #[default]
    Pod,
    /// All of it.
    Read,
    /// Nothing.
    Unread(String),
}

impl Hosts {
    /// `keys` are those of the block; `file` is what a file at this path holds, if that is known;
    /// `own` is whether `/etc/hosts` is that of a pod like any other.
    pub(super) fn read<'f>(directive: &Directive, keys: &[String], file: &dyn Fn(&str) -> Option<&'f str>, own: bool) -> Self {
        let (path, named) = directive.arguments.split_first().map_or((FILE, &[][..]), |(path, named)| (path, named));
        let mut hosts = Self { zones: zones(if named.is_empty() { keys } else { named }), ..Self::default() };
        let mut inline: Vec<&[String]> = Vec::new();
        for line in &directive.body {
            match line.split_first() {
                Some((word, [])) if word == "fallthrough" => hosts.fallthrough = vec![String::new()],
                Some((word, named)) if word == "fallthrough" => hosts.fallthrough = zones(named),
                Some((word, _)) if word == "fallthrough_unsupported" => hosts.fallthrough_unsupported = true,
                Some((word, _)) if word == "no_reverse" => hosts.no_reverse = true,
                Some((word, _)) if word == "ttl" || word == "reload" => {}
                _ => inline.push(line),
            }
        }
        inline.into_iter().for_each(|line| hosts.add(line));
        hosts.file = match file(path) {
            Some(text) => {
                let words =
                    |line: &str| line.split('#').next().unwrap_or_default().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
                text.lines().for_each(|line| hosts.add(&words(line)));
                File::Read
            }
            None if path == FILE && own => File::Pod,
            None => File::Unread(path.to_owned()),
        };
        hosts
    }

    /// A line: an address and its names.
    fn add(&mut self, line: &[String]) {
        let Some((address, names)) = line.split_first() else { return };
        let Ok(address) = address.split('%').next().unwrap_or_default().parse::<IpAddr>() else { return };
        let address = address.to_canonical();
        for name in names {
            let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
            if longest_zone(&name, &self.zones).is_none() {
                continue;
            }
            if !self.no_reverse && !name.starts_with("*.") {
                self.pointers.entry(address.to_string()).or_default().push(name.clone());
            }
            self.names.entry(name).or_default().push(address);
        }
    }

    /// What it says; none if the next plugin is asked.
    pub(super) fn answer(&self, name: &str, kind: RecordType) -> Option<Expected> {
        let says = |rcode, mut answers: Vec<Record>| {
            answers.sort();
            answers.dedup();
            Some(Expected::Says { response: Response { rcode, answers }, because: Because::Plugin("hosts".to_owned()) })
        };
        let zone = longest_zone(name, &self.zones);
        if kind == RecordType::Ptr {
            let AddressName::Whole(address) = address_of(name) else { return None };
            if let Some(unknown) = self.unread(None, Some(&address)) {
                return Some(unknown);
            }
            let names = self.pointers.get(&address)?;
            let pointer = |target: &String| Record { name: name.to_owned(), data: Data::Ptr(target.clone()) };
            return says(Rcode::NoError, names.iter().map(pointer).collect());
        }
        zone?;
        let falls = longest_zone(name, &self.fallthrough).is_some();
        let is_address = matches!(kind, RecordType::A | RecordType::Aaaa);
        if !is_address && self.fallthrough_unsupported && falls {
            return None;
        }
        if let Some(unknown) = self.unread(Some(name), None) {
            return Some(unknown);
        }
        let own = |kind| self.addresses(name, kind);
        if own(RecordType::A).next().is_none() && own(RecordType::Aaaa).next().is_none() {
            return if falls { None } else { says(Rcode::ServFail, Vec::new()) };
        }
        says(Rcode::NoError, own(kind).collect())
    }

    /// Its addresses of one type: those of the name, else those of the wildcard above it.
    fn addresses<'h>(&'h self, name: &'h str, kind: RecordType) -> impl Iterator<Item = Record> + 'h {
        let of = move |key: &str| {
            let addresses = self.names.get(key).into_iter().flatten();
            addresses.map(|address| record_of(name, *address)).filter(|record| record.data.kind() == kind).collect::<Vec<_>>()
        };
        let exact = of(name);
        let found = match name.split_once('.') {
            Some((_, rest)) if exact.is_empty() => of(&format!("*.{rest}")),
            _ => exact,
        };
        found.into_iter()
    }

    /// Where the file decides, and it could not be read.
    fn unread(&self, name: Option<&str>, address: Option<&str>) -> Option<Expected> {
        let unknown = |path: &str| Some(Expected::Unknown(Reason::Plugin(format!("hosts, file {path}"))));
        match &self.file {
            File::Read => None,
            File::Unread(path) => unknown(path),
            // Names of the machine itself and of the pod have no dots, and their addresses are the pod's or of no network.
            File::Pod => {
                let of_pod = name.is_some_and(|name| !name.contains('.') || is_within(name, "localhost") || is_within(name, "localdomain"));
                let local = address.is_some_and(|address| {
                    let parsed = address.parse::<IpAddr>();
                    parsed.is_ok_and(|address| address.is_loopback() || address.is_multicast() || address.to_string().starts_with("fe00"))
                });
                if of_pod || local { unknown(FILE) } else { None }
            }
        }
    }
}
