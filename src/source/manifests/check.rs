//! Checks one object field by field, as the API server's strict decoder does, and leaves it as that decoder would.
//!
//! Unknown fields are dropped (but from policy rules, where the engine must know of them), `null` entries of lists become empty ones, whole numbers written as `80.0` become
//! integers: after this the lean structs decode it to what the API server would store.

use serde_json::{Map, Value};

use super::path::Path;
use super::schema::{Fields, Shape};

/// What is wrong with a field.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// Path of the field.
    pub(super) field: String,
    /// Its value, shortened.
    pub(super) value: String,
    pub(super) what: What,
}

/// In which way a field is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Kubernetes has no such field here.
    Unknown {
        /// A field of this level that may be meant.
        meant: Option<&'static str>,
        /// Where a field of this name does exist.
        belongs: Option<String>,
    },
    /// Kubernetes has the field, but not with such a value.
    Type { found: &'static str, wanted: &'static str },
}

/// Checks and tidies an object; what is wrong comes back in the order of the fields.
pub(super) fn object(value: &mut Value, fields: &'static Fields) -> Vec<Problem> {
    let mut checker = Checker { root: fields, problems: Vec::new() };
    if let Value::Object(map) = value {
        checker.fields(map, fields, &Path::Root);
    }
    checker.problems
}

struct Checker {
    root: &'static Fields,
    problems: Vec<Problem>,
}

impl Checker {
    fn fields(&mut self, map: &mut Map<String, Value>, fields: &'static Fields, path: &Path<'_>) {
        let mut unknown = Vec::new();
        for (name, value) in map.iter_mut() {
            let here = path.field(name);
            if let Some(shape) = fields.get(name) {
                self.value(value, shape, &here);
                continue;
            }
            let meant = resembling(name, fields);
            if fields.closed || meant.is_some() {
                let is_selector = fields.get("matchLabels").is_some() && value.is_string();
                let belongs = match meant {
                    Some(_) => None,
                    None if is_selector => Some(format!("{path}.matchLabels.{name}")),
                    None => self.home_of(name, &here),
                };
                self.problems.push(Problem { field: here.to_string(), value: shorten(value), what: What::Unknown { meant, belongs } });
                unknown.push(name.clone());
            }
        }
        if !fields.kept {
            for name in unknown {
                map.remove(&name);
            }
        }
    }

    fn value(&mut self, value: &mut Value, shape: &'static Shape, path: &Path<'_>) {
        match (shape, &mut *value) {
            (Shape::Any, _) | (_, Value::Null) | (Shape::Text | Shape::IntOrText, Value::String(_)) | (Shape::Bool, Value::Bool(_)) => {}
            // A letter that YAML 1.1 takes for a boolean, where a boolean is wanted.
            (Shape::Bool, Value::String(letter)) if matches!(letter.as_str(), "y" | "Y" | "n" | "N") => {
                *value = Value::Bool(letter.eq_ignore_ascii_case("y"));
            }
            (Shape::Int | Shape::IntOrText, Value::Number(number)) => match whole(number) {
                Some(int) => *value = Value::Number(int.into()),
                None => self.wrong(value, shape, path),
            },
            (Shape::Texts, Value::Object(map)) => {
                for (key, entry) in map.iter_mut() {
                    if !matches!(entry, Value::String(_) | Value::Null) {
                        self.wrong(entry, &Shape::Text, &path.key(key));
                    }
                }
            }
            (Shape::List(item), Value::Array(list)) => {
                for (index, entry) in list.iter_mut().enumerate() {
                    if entry.is_null() {
                        *entry = zero(item);
                    }
                    self.value(entry, item, &path.index(index));
                }
            }
            (Shape::Object(fields), Value::Object(map)) => self.fields(map, fields, path),
            _ => self.wrong(value, shape, path),
        }
    }

    fn wrong(&mut self, value: &Value, shape: &Shape, path: &Path<'_>) {
        let what = What::Type { found: type_of(value), wanted: wanted(shape) };
        self.problems.push(Problem { field: path.to_string(), value: shorten(value), what });
    }

    /// Where in this kind a field of this name does exist: of several places the one that shares most of the way.
    fn home_of(&self, name: &str, path: &Path<'_>) -> Option<String> {
        let mut homes = Vec::new();
        collect_homes(self.root, name, &mut Vec::new(), &mut homes);
        let way = path.names();
        let shared = |home: &Vec<(&str, bool)>| home.iter().zip(&way).take_while(|((a, _), b)| a == *b).count();
        // `max_by_key` takes the last of equals; the first is the one nearer to the root.
        let home = homes.into_iter().rev().max_by_key(shared)?;
        let text = home.iter().map(|(name, list)| if *list { format!("{name}[]") } else { (*name).to_owned() });
        Some(text.collect::<Vec<_>>().join("."))
    }
}

type Way = Vec<(&'static str, bool)>;

fn collect_homes(fields: &'static Fields, name: &str, way: &mut Way, homes: &mut Vec<Way>) {
    for (known, shape) in fields.known {
        let (inner, list) = match shape {
            Shape::Object(inner) => (Some(*inner), false),
            Shape::List(Shape::Object(inner)) => (Some(*inner), true),
            _ => (None, false),
        };
        if *known == name {
            let mut home = way.clone();
            home.push((known, false));
            homes.push(home);
        }
        if let Some(inner) = inner {
            way.push((known, list));
            collect_homes(inner, name, way, homes);
            way.pop();
        }
    }
}

/// A field of this level that the name may be a misspelling of.
fn resembling(name: &str, fields: &Fields) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let distance = |known: &str| strsim::osa_distance(&lower, &known.to_lowercase());
    let allowed = |known: &str| match known.len() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    let near = fields.known.iter().map(|(known, _)| *known).filter(|known| distance(known) <= allowed(known));
    near.min_by_key(|known| distance(known))
}

/// A whole number of 32 bits, however it is written: `80.0` in YAML becomes `80` on its way through kubectl.
fn whole(number: &serde_json::Number) -> Option<i64> {
    let int = number.as_i64().or_else(|| {
        let float = number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() <= f64::from(i32::MAX))?;
        // In this range the text of a whole float is that of the integer.
        format!("{float:.0}").parse().ok()
    })?;
    i32::try_from(int).is_ok().then_some(int)
}

/// What Go's decoder makes of a `null` in a list.
fn zero(shape: &Shape) -> Value {
    match shape {
        Shape::Text => Value::String(String::new()),
        Shape::Bool => Value::Bool(false),
        Shape::Int | Shape::IntOrText => Value::from(0),
        Shape::List(_) => Value::Array(Vec::new()),
        Shape::Object(_) | Shape::Texts => Value::Object(Map::new()),
        Shape::Any => Value::Null,
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

fn wanted(shape: &Shape) -> &'static str {
    match shape {
        Shape::Any => "anything",
        Shape::Text => "a string",
        Shape::Bool => "a boolean",
        Shape::Int => "a 32-bit integer",
        Shape::IntOrText => "a 32-bit integer or a string",
        Shape::Texts => "a map of strings",
        Shape::List(_) => "a list",
        Shape::Object(_) => "a map",
    }
}

/// The value as JSON, cut to what a table can show.
fn shorten(value: &Value) -> String {
    const MOST: usize = 60;
    // Only the beginning of a large value is of interest; the whole of it may be megabytes.
    let text = match value {
        Value::Array(list) if list.len() > MOST => "[…]".to_owned(),
        Value::Object(map) if map.len() > MOST => "{…}".to_owned(),
        Value::String(text) => text.chars().take(MOST + 1).collect(),
        other => other.to_string(),
    };
    if text.chars().count() > MOST { text.chars().take(MOST).chain(['…']).collect() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::Resource;
    use crate::source::manifests::schema;
    use serde_json::json;

    fn problems(resource: Resource, mut value: Value) -> Vec<(String, What)> {
        object(&mut value, schema::of(resource)).into_iter().map(|p| (p.field, p.what)).collect()
    }

    fn unknown(field: &str, meant: Option<&'static str>, belongs: Option<&str>) -> (String, What) {
        (field.to_owned(), What::Unknown { meant, belongs: belongs.map(str::to_owned) })
    }

    fn wrong(field: &str, found: &'static str, wanted: &'static str) -> (String, What) {
        (field.to_owned(), What::Type { found, wanted })
    }

    #[test]
    fn misspelt_and_misplaced_fields() {
        let policy = |value| problems(Resource::NetworkPolicies, value);
        assert_eq!(policy(json!({"spec": {"podselector": {}}})), [unknown("spec.podselector", Some("podSelector"), None)]);
        assert_eq!(policy(json!({"podSelector": {}})), [unknown("podSelector", None, Some("spec.podSelector"))]);
        assert_eq!(
            policy(json!({"spec": {"egress": [{"to": [{"ports": []}], "from": []}]}})),
            [
                unknown("spec.egress[0].from", None, Some("spec.ingress[].from")),
                unknown("spec.egress[0].to[0].ports", None, Some("spec.egress[].ports")),
            ]
        );
        assert_eq!(policy(json!({"spec": {"ingress": [{"port": []}]}})), [unknown("spec.ingress[0].port", Some("ports"), None)]);
        assert_eq!(policy(json!({"spec": {"accessMode": 1}})), [unknown("spec.accessMode", None, None)]);
        let pod = |value| problems(Resource::Pods, value);
        assert_eq!(pod(json!({"spec": {"hostnetwork": true}})), [unknown("spec.hostnetwork", Some("hostNetwork"), None)]);
        assert_eq!(
            pod(json!({"spec": {"dnsConfig": {"search": []}, "dnsPolicy": 3}})),
            [unknown("spec.dnsConfig.search", Some("searches"), None), wrong("spec.dnsPolicy", "a number", "a string")]
        );
        assert_eq!(pod(json!({"spec": {"volumes": [], "hostIPC": 2, "hostUsers": 3, "hostPID": true}, "status": {"hostIPs": []}})), []);
    }

    #[test]
    fn types_are_go_types() {
        let policy = |value| problems(Resource::NetworkPolicies, value);
        let port = |value| policy(json!({"spec": {"ingress": [{"ports": [{"port": value}]}]}}));
        let at = "spec.ingress[0].ports[0].port";
        assert_eq!(port(json!(80)), []);
        assert_eq!(port(json!(80.0)), []);
        assert_eq!(port(json!("http")), []);
        assert_eq!(port(json!(null)), []);
        assert_eq!(port(json!(80.5)), [wrong(at, "a number", "a 32-bit integer or a string")]);
        assert_eq!(port(json!(99_999_999_999_i64)), [wrong(at, "a number", "a 32-bit integer or a string")]);
        assert_eq!(port(json!(1e300)), [wrong(at, "a number", "a 32-bit integer or a string")]);
        assert_eq!(port(json!(true)), [wrong(at, "a boolean", "a 32-bit integer or a string")]);
        assert_eq!(policy(json!({"spec": {"ingress": [{"from": {}}]}})), [wrong("spec.ingress[0].from", "a map", "a list")]);
        assert_eq!(policy(json!({"spec": {"podSelector": []}})), [wrong("spec.podSelector", "a list", "a map")]);
        assert_eq!(policy(json!({"metadata": {"labels": {"v": 1}}})), [wrong("metadata.labels[v]", "a number", "a string")]);
        assert_eq!(policy(json!({"spec": "x"})), [wrong("spec", "a string", "a map")]);
    }

    #[test]
    fn objects_are_left_as_kubernetes_stores_them_but_for_what_a_rule_does_not_know() {
        let mut value = json!({"spec": {"ingress": [null, {"from": [null], "ports": [{"port": 80.0}], "x": 1}], "policyTypes": [null]}});
        object(&mut value, schema::of(Resource::NetworkPolicies));
        assert_eq!(value, json!({"spec": {"ingress": [{}, {"from": [{}], "ports": [{"port": 80}], "x": 1}], "policyTypes": [""]}}));
    }
}
