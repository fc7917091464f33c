//! Resource arguments: `NAME`, `TYPE/NAME`, `TYPE NAME`, `NAMESPACE/TYPE/NAME`, an address, a CIDR, each with a port.
//!
//! [`parse`] turns words into [`Target`]s without knowing the cluster; [`resolve`] finds them in an inventory.

mod missing;
mod port;
mod resolve;
#[cfg(test)]
mod tests;
mod types;

use std::net::IpAddr;

pub use missing::similar_namespace;
pub use port::parse as parse_port;
pub use resolve::resolve;
use types::Type;

use super::{CommandError, ErrorKind};
use crate::inventory::GroupKind;
use crate::objects::{Cidr, LabelSelector};
use crate::policy::question::PortQuery;

/// One end of a connection as it was typed, with the port behind its colon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What is meant.
    pub end: TargetArg,
    /// On which port.
    pub port: Option<PortQuery>,
}

/// What a resource argument means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetArg {
    /// One pod.
    Pod {
        /// Namespace, if the argument names one.
        namespace: Option<String>,
        /// Name.
        name: String,
    },
    /// The pods of a workload.
    Workload {
        /// Its kind: that of objects, or the word that was typed for a kind we do not know.
        kind: GroupKind,
        /// Namespace, if the argument names one.
        namespace: Option<String>,
        /// Name.
        name: String,
    },
    /// All pods of a namespace.
    Namespace(String),
    /// Pods by their labels.
    Selector {
        /// The labels.
        selector: LabelSelector,
        /// As it was typed.
        text: String,
        /// Namespace; none: all of them.
        namespace: Option<String>,
    },
    /// A Service.
    Service {
        /// Namespace, if the argument names one.
        namespace: Option<String>,
        /// Name.
        name: String,
    },
    /// One address.
    Address(IpAddr),
    /// A block of addresses.
    Cidr(Cidr),
}

impl TargetArg {
    /// The namespace the argument itself names.
    pub fn namespace(&self) -> Option<&str> {
        match self {
            Self::Pod { namespace, .. } | Self::Workload { namespace, .. } | Self::Service { namespace, .. } => namespace.as_deref(),
            Self::Selector { namespace, .. } => namespace.as_deref(),
            Self::Namespace(name) => Some(name),
            Self::Address(_) | Self::Cidr(_) => None,
        }
    }

    /// Whether it is a name that means something else in each namespace.
    pub fn needs_namespace(&self) -> bool {
        matches!(self, Self::Pod { namespace, .. } | Self::Workload { namespace, .. } | Self::Service { namespace, .. } if namespace.is_none())
    }
}

/// Reads the words of a command that wants one target for each of `wanted` (`["SOURCE", "TARGET"]`). What `--selector`
/// means takes the first place, if it is given.
///
/// # Errors
/// If words are missing, too many or misspelt.
pub fn parse(words: &[String], selector: Option<TargetArg>, wanted: &[&str]) -> Result<Vec<Target>, CommandError> {
    let selected: Vec<Target> = selector.into_iter().map(|end| Target { end, port: None }).collect();
    let missing = wanted.get(selected.len()..).unwrap_or_default();
    if missing.is_empty() && !words.is_empty() {
        return Err(CommandError::new(ErrorKind::Usage, "name cannot be provided when a selector is specified"));
    }
    let texts = split(words, missing)?;
    let named = texts.iter().map(|text| match text {
        [word] => one_word(word),
        [kind, name] => two_words(kind, name),
        _ => Err(too_many(missing)),
    });
    selected.into_iter().map(Ok).chain(named).collect()
}

/// Reads the words of a command that takes any number of targets: each a target of its own, or `TYPE NAME…`.
///
/// # Errors
/// If one is misspelt.
pub fn parse_each(words: &[String]) -> Result<Vec<Target>, CommandError> {
    match words {
        [kind, names @ ..] if !names.is_empty() && types::is_known(kind) => names.iter().map(|name| two_words(kind, name)).collect(),
        _ => words.iter().map(|word| one_word(word)).collect(),
    }
}

/// Reads the first target of many words, of one of them or of two (`TYPE NAME`), and says what is left.
///
/// # Errors
/// If there is none, or if it is misspelt.
pub fn parse_first<'w>(words: &'w [String], wanted: &str) -> Result<(Target, &'w [String]), CommandError> {
    match words {
        [] => Err(missing(wanted)),
        [kind, name, rest @ ..] if types::is_known(kind) && !is_complete(name) => Ok((two_words(kind, name)?, rest)),
        [word, rest @ ..] => Ok((one_word(word)?, rest)),
    }
}

/// Divides words into as many targets as are wanted, each of one word or of two (`TYPE NAME`).
fn split<'a>(words: &'a [String], wanted: &[&str]) -> Result<Vec<&'a [String]>, CommandError> {
    let pair = |word: &String| types::is_known(word);
    match (wanted, words) {
        ([], []) => Ok(Vec::new()),
        ([first, ..], []) => Err(missing(first)),
        ([_], [_] | [_, _]) => Ok(vec![words]),
        ([_, second], [_]) => Err(missing(second)),
        // `can-reach deploy web` names one end, not pods called deploy and web.
        ([_, second], [kind, name]) if pair(kind) && !is_complete(name) => {
            Err(missing(second)
                .hint(format!("`{kind} {name}` is read as one object; for pods of these names say pod/{kind} and pod/{name}")))
        }
        ([_, _], [_, _] | [_, _, _, _]) => Ok(words.chunks(words.len() / 2).collect()),
        ([_, _], [_, second, third]) => {
            let second_is_type = pair(second) && !is_complete(third) && !words.first().is_some_and(pair);
            let (left, right) = words.split_at(if second_is_type { 1 } else { 2 });
            Ok(vec![left, right])
        }
        _ => Err(too_many(wanted)),
    }
}

/// Whether a word says its own type and so is no NAME after a TYPE.
fn is_complete(word: &str) -> bool {
    word.contains('/') && !word.contains(':')
        || word.split(':').next().is_some_and(|head| head.contains('/'))
        || word.parse::<IpAddr>().is_ok()
}

fn missing(what: &str) -> CommandError {
    CommandError::new(ErrorKind::Usage, format!("{what} is missing")).hint("name it as NAME, TYPE/NAME or TYPE NAME; --help shows examples")
}

fn too_many(wanted: &[&str]) -> CommandError {
    CommandError::new(ErrorKind::Usage, format!("too many arguments, wanted {}", wanted.join(" ")))
}

/// `NAME`, `TYPE/NAME`, `NAMESPACE/TYPE/NAME`, an address or a CIDR; then perhaps `:PORT`.
fn one_word(word: &str) -> Result<Target, CommandError> {
    let wrong = |reason: String| CommandError::new(ErrorKind::Usage, format!("{word}: {reason}"));
    if let Some((head, tail)) = word.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let end = block_or_address(head).unwrap_or_else(|| Err(format!("\"{head}\" is no address"))).map_err(wrong)?;
        let port = match tail.strip_prefix(':') {
            Some(port) => Some(parse_port(port).map_err(wrong)?),
            None if tail.is_empty() => None,
            None => return Err(wrong(format!("\"{tail}\" after the address is no port"))),
        };
        return Ok(Target { end, port });
    }
    // Before looking for a port: an IPv6 address is full of colons.
    if let Some(end) = block_or_address(word) {
        return Ok(Target { end: end.map_err(wrong)?, port: None });
    }
    let (head, port) = with_port(word)?;
    if let Some(end) = block_or_address(head) {
        return Ok(Target { end: end.map_err(wrong)?, port });
    }
    let parts: Vec<&str> = head.split('/').collect();
    let end = match parts.as_slice() {
        [name] => end_of(&Type::Pod, None, name)?,
        [kind, name] => end_of(&types::parse(kind).map_err(|error| three_parts(error, kind, name))?, None, name)?,
        [namespace, kind, name] if !namespace.is_empty() => end_of(&types::parse(kind)?, Some(namespace), name)?,
        _ => return Err(wrong("wanted NAME, TYPE/NAME or NAMESPACE/TYPE/NAME".to_owned())),
    };
    Ok(Target { end, port })
}

/// `shop/web` is kubectl's TYPE/NAME; who means a namespace has to say the type, too.
fn three_parts(error: CommandError, first: &str, name: &str) -> CommandError {
    if types::is_known(first) {
        return error;
    }
    error.hint(format!("if {first} is a namespace: {first}/TYPE/{name} (NAMESPACE/TYPE/NAME)"))
}

/// `TYPE NAME[:PORT]`.
fn two_words(kind: &str, word: &str) -> Result<Target, CommandError> {
    if is_complete(kind) || kind.contains(':') {
        return Err(CommandError::new(ErrorKind::Usage, format!("unexpected argument \"{word}\" after {kind}")));
    }
    if is_complete(word) {
        return Err(CommandError::new(
            ErrorKind::Usage,
            format!("there is no need to specify a resource type as a separate argument when passing {word}"),
        ));
    }
    if !types::is_known(kind) {
        // Only `TYPE/NAME` may be a kind of somebody's own: two words are too easily two names.
        return Err(types::unknown(kind));
    }
    let (name, port) = with_port(word)?;
    Ok(Target { end: end_of(&types::parse(kind)?, None, name)?, port })
}

/// Splits at the colon, which no name of an object contains.
fn with_port(word: &str) -> Result<(&str, Option<PortQuery>), CommandError> {
    let Some((head, port)) = word.split_once(':') else { return Ok((word, None)) };
    match parse_port(port) {
        Ok(port) => Ok((head, Some(port))),
        Err(reason) => Err(CommandError::new(ErrorKind::Usage, format!("{word}: {reason}"))),
    }
}

/// An address or a CIDR; none if the text looks like neither.
fn block_or_address(text: &str) -> Option<Result<TargetArg, String>> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some(Ok(TargetArg::Address(ip)));
    }
    let (address, prefix) = text.split_once('/')?;
    address.parse::<IpAddr>().ok()?;
    if prefix.contains(':') {
        return None;
    }
    Some(text.parse::<Cidr>().map(TargetArg::Cidr).map_err(|error| error.to_string()))
}

/// Refuses what no namespace can be called: nothing would be found there, and nothing would say why.
///
/// # Errors
/// If it is no label of DNS.
pub fn check_namespace(name: &str) -> Result<(), CommandError> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let valid = name.len() <= 63 && name.starts_with(inner) && name.ends_with(inner) && name.chars().all(|c| inner(c) || c == '-');
    if valid {
        return Ok(());
    }
    Err(CommandError::new(ErrorKind::Usage, format!("\"{name}\" cannot be the name of a namespace")).hint(
        "such names have lower-case letters, digits and '-' only, begin and end with a letter or digit, and have 63 characters at most",
    ))
}

fn end_of(kind: &Type, namespace: Option<&str>, name: &str) -> Result<TargetArg, CommandError> {
    if name.is_empty() {
        return Err(CommandError::new(ErrorKind::Usage, "arguments in resource/name form must have a single resource and name"));
    }
    namespace.map_or(Ok(()), check_namespace)?;
    let (name, owned) = (name.to_owned(), namespace.map(str::to_owned));
    Ok(match kind {
        Type::Pod => TargetArg::Pod { namespace: owned, name },
        Type::Service => TargetArg::Service { namespace: owned, name },
        Type::Workload(kind) => TargetArg::Workload { kind: kind.clone(), namespace: owned, name },
        Type::Namespace if namespace.is_none() => TargetArg::Namespace(name),
        Type::Namespace => {
            return Err(CommandError::new(ErrorKind::Usage, "a namespace lives in no namespace").hint(format!("say ns/{name}")));
        }
    })
}
