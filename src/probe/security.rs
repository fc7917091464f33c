//! What Pod Security says when it refuses a pod: which containers it means.

use std::collections::BTreeSet;

/// The containers that the API server's words name, but for `own`: a container that keeps to the strictest level is refused because of
/// others of its pod, for the whole pod is judged when one is added.
pub fn other_containers<'m>(message: &'m str, own: &str) -> BTreeSet<&'m str> {
    let Some((_, violations)) = message.split_once("violates PodSecurity ") else { return BTreeSet::new() };
    let mut found = BTreeSet::new();
    // `container "a"`, `containers "a", "b"`
    for part in violations.split("container").skip(1) {
        let mut rest = part.strip_prefix('s').unwrap_or(part);
        while let Some((name, behind)) = rest.trim_start_matches([' ', ',']).strip_prefix('"').and_then(|quoted| quoted.split_once('"')) {
            found.insert(name);
            rest = behind;
        }
    }
    found.remove(own);
    found
}
