//! Ports for people: which of those asked about are left when the allowed ones are taken away.

use crate::report::PortRange;

/// The last port there is.
const LAST: u32 = 65535;

/// What of `asked` is in none of `allowed`; none if nothing is left, or if the numbers cannot be read.
pub(super) fn without(asked: &PortRange, allowed: &[PortRange]) -> Option<PortRange> {
    let mut left = ranges(&asked.ports)?;
    for allowed in allowed.iter().filter(|allowed| allowed.protocol == asked.protocol) {
        for (low, high) in ranges(&allowed.ports)? {
            left = left
                .into_iter()
                .flat_map(|(from, to)| [(from, to.min(low.saturating_sub(1))), (from.max(high + 1), to)])
                .filter(|(from, to)| from <= to)
                .collect();
        }
    }
    let words: Vec<String> = left.iter().map(|(from, to)| if from == to { from.to_string() } else { format!("{from}-{to}") }).collect();
    (!words.is_empty()).then(|| PortRange { protocol: asked.protocol.clone(), ports: words.join(",") })
}

/// `80,8000-8080`, or `*`.
fn ranges(text: &str) -> Option<Vec<(u32, u32)>> {
    if text == "*" {
        return Some(vec![(1, LAST)]);
    }
    let number = |text: &str| text.trim().parse::<u32>().ok().filter(|number| (1..=LAST).contains(number));
    let range = |text: &str| match text.split_once('-') {
        Some((from, to)) => Some((number(from)?, number(to)?)),
        None => number(text).map(|number| (number, number)),
    };
    text.split(',').map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(asked: &str, allowed: &[(&str, &str)]) -> Option<String> {
        let range = |protocol: &str, ports: &str| PortRange { protocol: protocol.into(), ports: ports.into() };
        let allowed: Vec<PortRange> = allowed.iter().map(|(protocol, ports)| range(protocol, ports)).collect();
        without(&range("TCP", asked), &allowed).map(|range| range.ports)
    }

    #[test]
    fn takes_away_numbers_of_the_same_protocol() {
        assert_eq!(left("8080,9000", &[("TCP", "8080")]).as_deref(), Some("9000"));
        assert_eq!(left("8000-8080", &[("TCP", "8010-8020,8080")]).as_deref(), Some("8000-8009,8021-8079"));
        assert_eq!(left("53", &[("UDP", "53")]).as_deref(), Some("53"));
        assert_eq!(left("53", &[("TCP", "*")]), None);
        assert_eq!(left("*", &[("TCP", "1-80")]).as_deref(), Some("81-65535"));
        assert_eq!(left("http", &[]), None);
    }
}
