//! Names as they are asked for: lower case, without the dot at the end, so that the root is empty.

/// Most characters of a name, its dots included.
const NAME: usize = 253;
/// Most characters of a label.
const LABEL: usize = 63;

/// A name that a question can be about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing at all; the root is a dot.
    #[error("a name must not be empty")]
    Empty,
    /// Two dots, or one at the beginning.
    #[error("a name must not have a dot at its beginning or two in a row")]
    EmptyLabel,
    /// A label of more than 63 characters.
    #[error("a part of a name has at most 63 characters, one has {0}")]
    LongLabel(usize),
    /// More than 253 characters.
    #[error("a name has at most 253 characters, this one has {0}")]
    Long(usize),
    /// A character beyond ASCII.
    #[error("{0:?} can only be asked for in punycode (xn--…)")]
    NotAscii(char),
    /// A blank, a control character, or one that means something else in zone files.
    #[error("{0:?} cannot be part of a name")]
    Character(char),
}

impl Name {
    /// Reads a name, with or without the dot at its end.
    ///
    /// # Errors
    /// If no question can be about it.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text == "." {
            return Ok(Self(String::new()));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        if let Some(c) = name.chars().find(|c| !c.is_ascii_graphic() || "\\\"'@;()".contains(*c)) {
            return Err(if c.is_ascii() { NameError::Character(c) } else { NameError::NotAscii(c) });
        }
        for label in name.split('.') {
            match label.len() {
                0 => return Err(NameError::EmptyLabel),
                length if length > LABEL => return Err(NameError::LongLabel(length)),
                _ => {}
            }
        }
        if name.len() > NAME { Err(NameError::Long(name.len())) } else { Ok(Self(name.to_ascii_lowercase())) }
    }

    /// The name without the dot at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "." } else { &self.0 })
    }
}

/// Whether a name is a zone or below it.
pub fn is_within(name: &str, zone: &str) -> bool {
    zone.is_empty() || below(name, zone).is_some()
}

/// What of a name stands before its zone, empty for the zone itself; none if it is not in there.
pub fn below<'n>(name: &'n str, zone: &str) -> Option<&'n str> {
    if zone.is_empty() {
        return Some(name);
    }
    let head = name.strip_suffix(zone)?;
    if head.is_empty() { Some(head) } else { head.strip_suffix('.') }
}

/// The longest of these zones that a name is in.
pub fn longest_zone<'z>(name: &str, zones: impl IntoIterator<Item = &'z String>) -> Option<&'z str> {
    zones.into_iter().filter(|zone| is_within(name, zone)).max_by_key(|zone| zone.len()).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_and_end_without_a_dot() {
        let (long, label) = (format!("{}.ab", ["a".repeat(62).as_str(); 4].join(".")), "a".repeat(63));
        for (text, read) in [
            ("Web.Shop.", Ok("web.shop")),
            (".", Ok("")),
            ("_http._tcp.web", Ok("_http._tcp.web")),
            ("xn--bcher-kva.example", Ok("xn--bcher-kva.example")),
            ("*.web", Ok("*.web")),
            (&label, Ok(&*label)),
            ("", Err(NameError::Empty)),
            ("..", Err(NameError::EmptyLabel)),
            (".a", Err(NameError::EmptyLabel)),
            ("a..b", Err(NameError::EmptyLabel)),
            (&format!("{label}a.b"), Err(NameError::LongLabel(64))),
            (&long, Err(NameError::Long(254))),
            ("bücher.example", Err(NameError::NotAscii('ü'))),
            ("a b", Err(NameError::Character(' '))),
            ("a\\046b", Err(NameError::Character('\\'))),
            ("a\u{1b}[2J", Err(NameError::Character('\u{1b}'))),
        ] {
            assert_eq!(Name::parse(text).map(|name| name.0), read.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn zones_end_at_dots() {
        let zones = ["b".to_owned(), "a.b".to_owned(), String::new()];
        for (name, zone, head) in [("x.a.b", "a.b", "x"), ("a.b", "a.b", ""), ("xa.b", "b", "xa"), ("c", "", "c"), ("", "", "")] {
            assert_eq!((longest_zone(name, &zones), below(name, zone)), (Some(zone), Some(head)), "{name}");
        }
        assert_eq!((longest_zone("c", &zones[..2]), below("xb", "b")), (None, None));
    }
}
