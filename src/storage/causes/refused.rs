//! Claims that the API server refuses (U): what would fit them does not matter.

use super::{Case, Diagnosis, or_unset};
use crate::storage::findings::uncreated::{CLAIM_REFUSED, MALFORMED_QUANTITY};
use crate::storage::words;

const MODES: [&str; 4] = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];

/// Puts what is refused before every other cause.
pub(super) fn add(case: &Case<'_, '_>, diagnosis: &mut Diagnosis<'_>) {
    let request = case.claim.request();
    let size = request.map_or("", |request| request.text());
    let finding = if request.is_some_and(|request| request.is_malformed()) {
        let message = format!("its size {size:?} is no quantity and counts as zero");
        case.finding(&MALFORMED_QUANTITY, message).shown_by(&case.me, SIZE, size)
    } else if let Some((field, value, why)) = refusal(case).filter(|_| case.facts.not_applied(case.claim)) {
        let message = format!("Kubernetes refuses it: {why}");
        case.finding(&CLAIM_REFUSED, message).shown_by(&case.me, field, or_unset(&value)).remedied_by(format!("correct {field}"), None)
    } else {
        return;
    };
    diagnosis.would_bind = None;
    diagnosis.causes.insert(0, finding);
}

const SIZE: &str = "spec.resources.requests.storage";

/// The field, what stands there, and what is wrong with it.
fn refusal(case: &Case<'_, '_>) -> Option<(&'static str, String, String)> {
    let (request, modes) = (case.claim.request(), &case.claim.spec.access_modes);
    if request.is_none_or(|request| !request.is_positive()) {
        let why = request.map_or_else(|| "it asks for no size".to_owned(), |size| format!("its size {size} is not more than nothing"));
        return Some((SIZE, request.map_or_else(String::new, ToString::to_string), why));
    }
    let field = "spec.accessModes";
    if modes.is_empty() {
        return Some((field, String::new(), "it asks for no access mode".to_owned()));
    }
    if let Some(other) = modes.iter().find(|mode| !MODES.contains(&mode.as_str())) {
        let near = words::near(other, MODES).map_or_else(String::new, |near| format!("; did you mean {near}?"));
        return Some((field, words::list(modes), format!("there is no access mode {other:?}{near}")));
    }
    if modes.len() > 1 && modes.iter().any(|mode| mode == "ReadWriteOncePod") {
        return Some((field, words::list(modes), "ReadWriteOncePod stands alone".to_owned()));
    }
    let mode = case.claim.mode();
    let known = matches!(mode, "Filesystem" | "Block");
    (!known).then(|| ("spec.volumeMode", mode.to_owned(), format!("there is no volumeMode {mode:?}")))
}
