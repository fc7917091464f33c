//! Names with `*`, as Velero takes them.

use crate::objects::Truth;

/// Whether a name is meant by a pattern; patterns with more than `*` are not followed.
pub(super) fn matches(pattern: &str, name: &str) -> Truth {
    if pattern.contains(['?', '[', '{', '\\']) {
        return Truth::Unknown;
    }
    let Some((head, rest)) = pattern.split_once('*') else { return Truth::from(pattern == name) };
    let Some(mut left) = name.strip_prefix(head) else { return Truth::No };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match left.split_once(part) {
            Some((_, after)) => left = after,
            None => return Truth::No,
        }
    }
    Truth::from(left.ends_with(last))
}

/// Whether a name is among those that are included (none: all) and not excluded.
pub(super) fn admits(included: &[String], excluded: &[String], name: &str) -> Truth {
    let any = |patterns: &[String]| patterns.iter().fold(Truth::No, |found, pattern| found.or(matches(pattern, name)));
    let wanted = if included.is_empty() { Truth::Yes } else { any(included) };
    let left_in = match any(excluded) {
        Truth::Yes => Truth::No,
        Truth::No => Truth::Yes,
        Truth::Unknown => Truth::Unknown,
    };
    wanted.and(left_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, name, wanted) in [
            ("shop", "shop", Truth::Yes),
            ("shop", "shop-2", Truth::No),
            ("*", "shop", Truth::Yes),
            ("shop-*", "shop-2", Truth::Yes),
            ("shop-*", "shop", Truth::No),
            ("*-prod", "shop-prod", Truth::Yes),
            ("a*b*c", "a-b-b-c", Truth::Yes),
            ("a*b*c", "a-c", Truth::No),
            ("a*a", "a", Truth::No),
            ("sho?", "shop", Truth::Unknown),
        ] {
            assert_eq!(matches(pattern, name), wanted, "{pattern} {name}");
        }
    }

    #[test]
    fn what_is_excluded_is_not_admitted() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        for (included, excluded, wanted) in [
            (vec![], vec![], Truth::Yes),
            (vec!["*"], vec!["shop"], Truth::No),
            (vec!["shop"], vec![], Truth::Yes),
            (vec!["other"], vec![], Truth::No),
            (vec![], vec!["s?op"], Truth::Unknown),
            (vec!["other"], vec!["s?op"], Truth::No),
        ] {
            assert_eq!(admits(&list(&included), &list(&excluded), "shop"), wanted, "{included:?} {excluded:?}");
        }
    }
}
