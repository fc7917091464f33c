//! Label selectors: decoding, the text form of `-l`, and matching in three values.

use serde::Deserialize;

use super::Labels;
use super::meta::null_default;

/// Yes, no, or not to be told from what could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// Certainly not.
    No,
    /// Not to be told.
    Unknown,
    /// Certainly.
    Yes,
}

impl Truth {
    /// Kleene conjunction.
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// Kleene disjunction.
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }
}

impl From<bool> for Truth {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// A `LabelSelector`: all requirements must hold; an empty one matches everything.
#[derive(Debug, Default, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    /// Equalities.
    #[serde(deserialize_with = "null_default")]
    pub match_labels: Labels,
    /// Set-based requirements.
    #[serde(deserialize_with = "null_default")]
    pub match_expressions: Vec<Requirement>,
}

/// One entry of `matchExpressions`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Requirement {
    /// Label key.
    #[serde(deserialize_with = "null_default")]
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`; anything else is refused by Kubernetes.
    #[serde(deserialize_with = "null_default")]
    pub operator: String,
    /// Values of `In` and `NotIn`.
    #[serde(deserialize_with = "null_default")]
    pub values: Vec<String>,
}

impl Requirement {
    /// Whether a label with this value (none: absent) satisfies the requirement. An operator Kubernetes does not have
    /// is never satisfied and never violated.
    pub fn holds(&self, value: Option<&str>) -> Truth {
        let listed = |v: &str| self.values.iter().any(|w| w == v);
        match self.operator.as_str() {
            "In" => value.is_some_and(listed).into(),
            "NotIn" => (!value.is_some_and(listed)).into(),
            "Exists" => value.is_some().into(),
            "DoesNotExist" => value.is_none().into(),
            _ => Truth::Unknown,
        }
    }
}

impl LabelSelector {
    /// Whether the selector has no requirement at all and so matches everything.
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }

    /// A selector of equalities only.
    pub fn equalities(labels: &Labels) -> Self {
        Self { match_labels: labels.clone(), match_expressions: Vec::new() }
    }

    /// Whether the labels satisfy the selector.
    ///
    /// Source: `LabelSelectorAsSelector` in apimachinery; `NotIn` and `DoesNotExist` hold when the key is absent.
    pub fn matches(&self, labels: &Labels) -> Truth {
        let mut truth = Truth::Yes;
        for (key, wanted) in self.match_labels.iter() {
            truth = truth.and((labels.get(key) == Some(wanted)).into());
        }
        for requirement in &self.match_expressions {
            truth = truth.and(requirement.holds(labels.get(&requirement.key)));
        }
        truth
    }

    /// As [`matches`](Self::matches), but only the labels given are known: a requirement on any other key is undecided.
    pub fn matches_known(&self, known: &Labels) -> Truth {
        let mut truth = Truth::Yes;
        for (key, wanted) in self.match_labels.iter() {
            truth = truth.and(known.get(key).map_or(Truth::Unknown, |have| (have == wanted).into()));
        }
        for requirement in &self.match_expressions {
            let one = known.get(&requirement.key).map_or(Truth::Unknown, |have| requirement.holds(Some(have)));
            truth = truth.and(one);
        }
        truth
    }

    /// kubectl's text form: `app=web,tier in (a,b),!old`; `<all>` when empty.
    pub fn describe(&self) -> String {
        let mut parts: Vec<String> = self.match_labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
        for r in &self.match_expressions {
            let values = r.values.join(",");
            parts.push(match r.operator.as_str() {
                "In" => format!("{} in ({values})", r.key),
                "NotIn" => format!("{} notin ({values})", r.key),
                "Exists" => r.key.clone(),
                "DoesNotExist" => format!("!{}", r.key),
                other => format!("{} {other} ({values})", r.key),
            });
        }
        if parts.is_empty() { "<all>".to_owned() } else { parts.join(",") }
    }
}

/// Why a text is no selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unable to parse requirement `{requirement}`: {reason}")]
pub struct SelectorError {
    requirement: String,
    reason: &'static str,
}

/// Reads the text form of `-l`: `a=b`, `a==b`, `a!=b`, `a in (x,y)`, `a notin (x)`, `a`, `!a`, joined by commas.
///
/// # Errors
/// Names the requirement that cannot be read.
pub fn parse_selector(text: &str) -> Result<LabelSelector, SelectorError> {
    let mut selector = LabelSelector::default();
    for part in split_requirements(text) {
        selector.match_expressions.push(parse_requirement(part.trim())?);
    }
    Ok(selector)
}

/// Splits at commas outside parentheses.
fn split_requirements(text: &str) -> Vec<&str> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let mut depth = 0_i32;
    text.split(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    })
    .collect()
}

fn parse_requirement(part: &str) -> Result<Requirement, SelectorError> {
    let error = |reason| SelectorError { requirement: part.to_owned(), reason };
    let make = |key: &str, operator: &str, values: Vec<String>| {
        let key = key.trim();
        let bad = key.is_empty() || key.contains(|c: char| c.is_whitespace() || "()!=,".contains(c));
        if bad {
            Err(error("a label key was expected"))
        } else {
            Ok(Requirement { key: key.to_owned(), operator: operator.to_owned(), values })
        }
    };
    if let Some(key) = part.strip_prefix('!') {
        return make(key, "DoesNotExist", Vec::new());
    }
    if let Some((key, value)) = part.split_once("!=") {
        return make(key, "NotIn", vec![value.trim().to_owned()]);
    }
    if let Some(open) = part.find('(') {
        let (head, list) = part.split_at(open);
        let list = list.trim().strip_prefix('(').and_then(|l| l.strip_suffix(')')).ok_or_else(|| error("`)` was expected"))?;
        let values = list.split(',').map(|v| v.trim().to_owned()).collect();
        let (key, operator) = head.trim().rsplit_once(char::is_whitespace).ok_or_else(|| error("`in` or `notin` was expected"))?;
        return match operator {
            "in" => make(key, "In", values),
            "notin" => make(key, "NotIn", values),
            _ => Err(error("`in` or `notin` was expected")),
        };
    }
    match part.split_once("==").or_else(|| part.split_once('=')) {
        Some((key, value)) => make(key, "In", vec![value.trim().to_owned()]),
        None => make(part, "Exists", Vec::new()),
    }
}
