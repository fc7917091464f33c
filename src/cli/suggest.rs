//! «Did you mean»: names close to what was typed.

/// Up to three of the candidates, closest first, that a slip of the fingers would turn `typed` into.
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let tolerated = match typed.chars().count() {
        0..=3 => 1,
        4..=7 => 2,
        _ => 3,
    };
    let lower = typed.to_lowercase();
    let mut near: Vec<(usize, usize, &str)> = candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate.len().abs_diff(typed.len()), candidate))
        .filter(|(distance, _, candidate)| *distance <= tolerated && *distance < candidate.chars().count())
        .collect();
    near.sort_unstable();
    near.dedup();
    near.truncate(3);
    near.into_iter().map(|(.., candidate)| candidate).collect()
}

/// `a`, `a or b`, `a, b or c`.
pub fn either(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} or {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let names = ["deployment", "deploy", "daemonset", "pod", "po"];
        assert_eq!(nearest("deploi", names), ["deploy"]);
        assert_eq!(nearest("deplyoment", names), ["deployment"]);
        assert_eq!(nearest("pdo", names), ["pod", "po"]);
        assert!(nearest("rollout", names).is_empty());
    }

    #[test]
    fn lists_read_as_sentences() {
        let names = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(either(&names), "a, b or c");
        assert_eq!(either(&names[..1]), "a");
    }
}
