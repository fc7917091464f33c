//! Zones as they are written in a Corefile: names and blocks of addresses, with scheme and port.

use ipnet::IpNet;

/// The schemes that CoreDNS knows.
const SCHEMES: [&str; 7] = ["tls", "dns", "quic", "grpc", "https3", "https", "unix"];

/// What a server block listens for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) scheme: &'static str,
    pub(super) port: Option<u16>,
    /// More than one if it is a block of addresses that does not end at a dot of the names of addresses.
    pub(super) zones: Vec<String>,
}

impl Key {
    /// Reads `dns://corp.example:1053`, `10.96.0.0/12`, `.`; none if CoreDNS would refuse it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let with_scheme = |scheme: &&'static str| Some((*scheme, text.strip_prefix(scheme)?.strip_prefix("://")?));
        let (scheme, rest) = SCHEMES.iter().find_map(with_scheme).unwrap_or(("dns", text));
        let (host, port) = match rest.rsplit_once(':') {
            Some((_, "")) => return None,
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port.parse().ok()?)),
            _ => (rest, None),
        };
        let zones = match host.parse::<IpNet>() {
            Ok(block) => reverse_zones(block),
            Err(_) => vec![host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()],
        };
        Some(Self { scheme, port, zones })
    }
}

/// The zones of some keys; what cannot be read is left out, as CoreDNS does.
pub(super) fn zones<'t>(texts: impl IntoIterator<Item = &'t String>) -> Vec<String> {
    texts.into_iter().filter_map(|text| Key::parse(text)).flat_map(|key| key.zones).collect()
}

/// The zones in which the names of a block of addresses are.
fn reverse_zones(block: IpNet) -> Vec<String> {
    let step = if block.addr().is_ipv4() { 8 } else { 4 };
    let length = block.prefix_len().div_ceil(step) * step;
    let parts = block.trunc().subnets(length);
    parts.into_iter().flatten().map(|part| reverse_zone(part, usize::from(length / step))).collect()
}

fn reverse_zone(block: IpNet, labels: usize) -> String {
    let (mut parts, suffix): (Vec<String>, _) = match block {
        IpNet::V4(block) => (block.addr().octets().iter().map(u8::to_string).collect(), "in-addr.arpa"),
        IpNet::V6(block) => {
            let nibbles = block.addr().octets().into_iter().flat_map(|octet| [octet >> 4, octet & 15]);
            (nibbles.map(|nibble| format!("{nibble:x}")).collect(), "ip6.arpa")
        }
    };
    parts.truncate(labels);
    parts.reverse();
    parts.push(suffix.to_owned());
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_zones_with_scheme_and_port() {
        for (text, scheme, port, zones) in [
            (".", "dns", None, vec![""]),
            (".:53", "dns", Some(53), vec![""]),
            ("dns://Corp.Example.:1053", "dns", Some(1053), vec!["corp.example"]),
            ("tls://a", "tls", None, vec!["a"]),
            ("10.0.0.0/8", "dns", None, vec!["10.in-addr.arpa"]),
            ("10.96.1.7/24:5353", "dns", Some(5353), vec!["1.96.10.in-addr.arpa"]),
            ("10.2.0.0/15", "dns", None, vec!["2.10.in-addr.arpa", "3.10.in-addr.arpa"]),
            ("fd00:10::/31", "dns", None, vec!["0.1.0.0.0.0.d.f.ip6.arpa", "1.1.0.0.0.0.d.f.ip6.arpa"]),
            ("0.0.0.0/0", "dns", None, vec!["in-addr.arpa"]),
            ("2001:db8::1", "dns", Some(1), vec!["2001:db8:"]),
        ] {
            let zones: Vec<String> = zones.into_iter().map(str::to_owned).collect();
            assert_eq!(Key::parse(text), Some(Key { scheme, port, zones }), "{text}");
        }
        assert_eq!((Key::parse("a:"), Key::parse("a:99999")), (None, None));
    }
}
