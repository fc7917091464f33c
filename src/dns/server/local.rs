//! The plugin `local`: names of the machine itself, which are never asked of another server.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::expected::{Because, Expected};
use crate::dns::name::longest_zone;
use crate::dns::record::{Data, Rcode, Record, RecordType, Response};

/// What it says; none if the next plugin is asked.
pub(super) fn answer(name: &str, kind: RecordType) -> Option<Expected> {
    let zones = ["localhost", "0.in-addr.arpa", "127.in-addr.arpa", "255.in-addr.arpa"].map(str::to_owned);
    let is_machine = name == "localhost" || name.starts_with("localhost.") || name.ends_with(".localhost");
    let data = match kind {
        RecordType::A if is_machine => Some(Data::A(Ipv4Addr::LOCALHOST)),
        RecordType::Aaaa if is_machine => Some(Data::Aaaa(Ipv6Addr::LOCALHOST)),
        RecordType::Ptr if name == "1.0.0.127.in-addr.arpa" => Some(Data::Ptr("localhost".to_owned())),
        _ => None,
    };
    let exists = is_machine || name == "1.0.0.127.in-addr.arpa" || zones.iter().any(|zone| zone == name);
    if !is_machine && longest_zone(name, &zones).is_none() {
        return None;
    }
    let rcode = if exists { Rcode::NoError } else { Rcode::NxDomain };
    let answers = data.into_iter().map(|data| Record { name: name.to_owned(), data }).collect();
    Some(Expected::Says { response: Response { rcode, answers }, because: Because::Plugin("local".to_owned()) })
}
