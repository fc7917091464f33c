//! Syntax of names and labels, each rule with Kubernetes' message for breaking it, less the regular expressions in them.
//!
//! Source: `k8s.io/apimachinery/pkg/util/validation/validation.go`. Lengths are bytes there, too, whatever the message
//! calls them.

const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end \
                           with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345')";
const NAME_PART: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric \
                         character (e.g. 'MyName',  or 'my.name',  or '123-abc')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end \
                         with an alphanumeric character (e.g. 'example.com')";
const PREFIX_PART: &str = "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start \
                           and end with an alphanumeric character (e.g. 'example.com')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an \
                     alphanumeric character (e.g. 'my-name',  or '123-abc')";

/// `IsDNS1123Label`.
pub(super) fn dns_label(name: &str) -> Vec<&'static str> {
    let mut complaints = Vec::new();
    if name.len() > 63 {
        complaints.push("must be no more than 63 characters");
    }
    if !is_dns_label(name) {
        complaints.push(LABEL);
    }
    complaints
}

/// `IsDNS1123Subdomain`.
pub(super) fn dns_subdomain(name: &str) -> Vec<&'static str> {
    let mut complaints = Vec::new();
    if name.len() > 253 {
        complaints.push("must be no more than 253 characters");
    }
    if !name.split('.').all(is_dns_label) {
        complaints.push(SUBDOMAIN);
    }
    complaints
}

/// `IsQualifiedName`: an optional DNS prefix and `/`, then a name.
pub(super) fn label_key(key: &str) -> Vec<&'static str> {
    let mut complaints = Vec::new();
    let name = match key.split_once('/') {
        None => key,
        Some((_, name)) if name.contains('/') => {
            return vec![
                "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric \
                 character (e.g. 'MyName',  or 'my.name',  or '123-abc') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
            ];
        }
        Some((prefix, name)) => {
            if prefix.is_empty() {
                complaints.push("prefix part must be non-empty");
            } else {
                if prefix.len() > 253 {
                    complaints.push("prefix part must be no more than 253 bytes");
                }
                if !prefix.split('.').all(is_dns_label) {
                    complaints.push(PREFIX_PART);
                }
            }
            name
        }
    };
    if name.is_empty() {
        complaints.push("name part must be non-empty");
    } else if name.len() > 63 {
        complaints.push("name part must be no more than 63 bytes");
    }
    if !is_label_text(name) {
        complaints.push(NAME_PART);
    }
    complaints
}

/// `IsValidLabelValue`.
pub(super) fn label_value(value: &str) -> Vec<&'static str> {
    let mut complaints = Vec::new();
    if value.len() > 63 {
        complaints.push("must be no more than 63 bytes");
    }
    if !value.is_empty() && !is_label_text(value) {
        complaints.push(LABEL_VALUE);
    }
    complaints
}

/// `IsValidPortName`.
pub(super) fn port_name(name: &str) -> Vec<&'static str> {
    let mut complaints = Vec::new();
    if name.len() > 15 {
        complaints.push("must be no more than 15 characters");
    }
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        complaints.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    }
    if !name.bytes().any(|b| b.is_ascii_lowercase()) {
        complaints.push("must contain at least one letter (a-z)");
    }
    if name.contains("--") {
        complaints.push("must not contain consecutive hyphens");
    }
    if name.starts_with('-') || name.ends_with('-') {
        complaints.push("must not begin or end with a hyphen");
    }
    complaints
}

/// `[a-z0-9]([-a-z0-9]*[a-z0-9])?`
fn is_dns_label(text: &str) -> bool {
    let edge = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    bounded_by(text, edge) && text.bytes().all(|b| edge(b) || b == b'-')
}

/// `([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]`
fn is_label_text(text: &str) -> bool {
    bounded_by(text, |b| b.is_ascii_alphanumeric()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn bounded_by(text: &str, edge: fn(u8) -> bool) -> bool {
    text.bytes().next().is_some_and(edge) && text.bytes().next_back().is_some_and(edge)
}
