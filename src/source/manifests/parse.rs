//! Reads the text of one document, YAML or JSON, as kubectl would.
//!
//! kubectl reads YAML 1.1 by the rules of sigs.k8s.io/yaml: a plain `yes`, `no`, `on`, `off` is a boolean and `0777` an octal
//! number, whatever the field wants. So a label `enabled: on` is a boolean here too, and refused, as it would be by the API
//! server; guessing what was meant would show a cluster that no one will get. The letters `y` and `n` are the exception: half
//! of all YAML writers leave them without quotes (a namespace `y` is common in tests), so they stay text, and are counted.

use std::cell::RefCell;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::path::Path;
use super::split::Chunk;

/// A document that could be read.
pub(super) struct Document {
    /// Its content.
    pub(super) value: Value,
    /// Fields that were written more than once; `value` has the last of each, as kubectl takes it.
    pub(super) repeated: Vec<String>,
    /// Paths of plain `y` and `n`, which kubectl takes for booleans; `value` has them as text.
    pub(super) letters: Vec<String>,
    /// The line (from 1) on which it begins.
    pub(super) line: usize,
}

/// Why a document could not be read.
pub(super) struct Unreadable {
    /// The line (from 1) on which reading failed.
    pub(super) line: usize,
    /// What the parser says.
    pub(super) reason: String,
    /// Whether this looks like a template that was never rendered.
    pub(super) template: bool,
}

/// Depth of nesting at which reading stops. Objects nest 15 deep, the largest CustomResourceDefinitions 50. The parser
/// recurses, with frames of 20 KB a level in debug builds: twice this overflows the 2 MB of a thread.
const MAX_DEPTH: usize = 64;

/// Nodes that aliases may add to one document: thousands of uses of a block of labels, but no billion laughs.
const MAX_ALIAS_NODES: usize = 200_000;

/// Reads all documents of a chunk: one if it is YAML, any number if it is JSON.
pub(super) fn chunk(chunk: &Chunk<'_>) -> Vec<Result<Document, Unreadable>> {
    if chunk.text.trim_start().starts_with(['{', '[']) { json(chunk) } else { vec![yaml(chunk)] }
}

fn json(chunk: &Chunk<'_>) -> Vec<Result<Document, Unreadable>> {
    let mut documents = Vec::new();
    let mut stream = serde_json::Deserializer::from_str(chunk.text).into_iter::<Tree>();
    loop {
        let rest = chunk.text.get(stream.byte_offset()..).unwrap_or_default();
        let blank = rest.len() - rest.trim_start().len();
        let before = chunk.text.get(..stream.byte_offset() + blank).unwrap_or_default();
        let line = chunk.line + before.matches('\n').count();
        match stream.next() {
            None => return documents,
            Some(Ok(Tree { value, repeated })) => {
                documents.push(Ok(Document { value, repeated, letters: Vec::new(), line }));
            }
            Some(Err(error)) if documents.is_empty() => {
                // YAML in flow style looks like JSON at first; so does a line that begins with `{{`. kubectl falls back, too.
                let as_yaml = yaml(chunk);
                let is_json = rest.trim_start().strip_prefix('{').is_some_and(|r| r.trim_start().starts_with(['"', '/']));
                let fields = ["apiVersion", "kind"];
                let is_object = as_yaml.as_ref().is_ok_and(|document| fields.iter().all(|f| document.value.get(f).is_some()));
                return vec![if is_json && !is_object { Err(json_error(chunk, &error)) } else { as_yaml }];
            }
            Some(Err(error)) => {
                documents.push(Err(json_error(chunk, &error)));
                return documents;
            }
        }
    }
}

fn json_error(chunk: &Chunk<'_>, error: &serde_json::Error) -> Unreadable {
    // serde_json appends « at line 3 column 4», counted from the start of the chunk.
    let text = error.to_string();
    let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason).to_owned();
    Unreadable { line: (chunk.line + error.line()).saturating_sub(1), reason, template: looks_like_template(chunk.text) }
}

fn yaml(chunk: &Chunk<'_>) -> Result<Document, Unreadable> {
    let Tree { mut value, repeated } = tree(chunk.text, false).map_err(|error| yaml_error(chunk, &error))?;
    let mut letters = Vec::new();
    // Only a reading without the old booleans tells a plain `y` from `true`.
    if has_lone_letter(chunk.text)
        && let Ok(Tree { value: strict, .. }) = tree(chunk.text, true)
    {
        keep_letters(&mut value, strict, &Path::Root, &mut letters);
    }
    Ok(Document { value, repeated, letters, line: chunk.content_line() })
}

/// Reads YAML with the booleans of YAML 1.1, or of 1.2 where only `true` and `false` are any.
fn tree(text: &str, only_true_and_false: bool) -> Result<Tree, serde_saphyr::Error> {
    let mut options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            // Size is bounded where files are read; an honest file of 50 MB has some ten million nodes.
            max_events: usize::MAX,
            max_nodes: usize::MAX,
            max_total_scalar_bytes: usize::MAX,
            max_total_comment_bytes: usize::MAX,
            max_buffered_comment_events: usize::MAX,
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            // The bound on what aliases add is MAX_ALIAS_NODES; few anchors used often are honest.
            enforce_alias_anchor_ratio: false,
        },
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::PassThrough,
        emit_comments: false,
        legacy_octal_numbers: true,
        strict_booleans: only_true_and_false,
        with_snippet: false,
    };
    options.alias_limits.max_total_replayed_events = MAX_ALIAS_NODES;
    serde_saphyr::from_str_with_options::<Tree>(text, options)
}

/// Whether a `y` or `n` stands alone behind a space, a dash, a colon or a bracket, as only a plain scalar does.
fn has_lone_letter(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(2).enumerate().any(|(at, pair)| {
        let ends = bytes.get(at + 2).is_none_or(|b| b" \r\n\t,]}".contains(b));
        ends && matches!(pair, [b' ' | b'\n' | b'[' | b'{' | b',', b'y' | b'Y' | b'n' | b'N'])
    })
}

/// Puts the letter back wherever one reading has a boolean and the other the letter.
fn keep_letters(value: &mut Value, strict: Value, path: &Path<'_>, letters: &mut Vec<String>) {
    match (value, strict) {
        (value @ Value::Bool(_), Value::String(text)) if matches!(text.as_str(), "y" | "Y" | "n" | "N") => {
            letters.push(path.to_string());
            *value = Value::String(text);
        }
        (Value::Array(list), Value::Array(strict)) => {
            for (index, (entry, strict)) in list.iter_mut().zip(strict).enumerate() {
                keep_letters(entry, strict, &path.index(index), letters);
            }
        }
        (Value::Object(map), Value::Object(strict)) => {
            for (key, strict) in strict {
                if let Some(entry) = map.get_mut(&key) {
                    keep_letters(entry, strict, &path.field(&key), letters);
                }
            }
        }
        _ => {}
    }
}

fn yaml_error(chunk: &Chunk<'_>, error: &serde_saphyr::Error) -> Unreadable {
    let at = error.location().and_then(|at| usize::try_from(at.line()).ok()).filter(|line| *line > 0);
    let line = at.map_or_else(|| chunk.content_line(), |at| chunk.line + at - 1);
    let mut reason = words(error);
    let broken = chunk.text.lines().nth(line - chunk.line).unwrap_or_default();
    if broken.trim_start_matches(' ').starts_with('\t') {
        reason.push_str(" (YAML does not allow tabs for indentation)");
    }
    Unreadable { line, reason, template: looks_like_template(chunk.text) }
}

/// What the parser says, without its own counting of lines; in our words where its own are about its settings.
fn words(error: &serde_saphyr::Error) -> String {
    use serde_saphyr::Error;
    use serde_saphyr::budget::BudgetBreach;
    match error {
        Error::AliasError { error, .. } => words(error),
        Error::AliasReplayLimitExceeded { .. } => format!("its aliases stand for more than {MAX_ALIAS_NODES} values"),
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => format!("nested more than {MAX_DEPTH} levels deep"),
        Error::Budget { breach: BudgetBreach::MergeKeys { .. }, .. } => "its aliases merge into too many maps".to_owned(),
        _ => crate::source::words::of_yaml(error),
    }
}

/// Go templates, as in Helm charts: `{{ .Values.x }}`.
fn looks_like_template(text: &str) -> bool {
    text.split_once("{{").is_some_and(|(_, rest)| rest.contains("}}"))
}

/// Any value, with the fields that were given more than once.
struct Tree {
    value: Value,
    repeated: Vec<String>,
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let repeated = RefCell::new(Vec::new());
        let value = Node { path: Path::Root, repeated: &repeated }.deserialize(deserializer)?;
        Ok(Self { value, repeated: repeated.into_inner() })
    }
}

#[derive(Clone, Copy)]
struct Node<'a> {
    path: Path<'a>,
    repeated: &'a RefCell<Vec<String>>,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("infinity and NaN are no JSON numbers"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Node { path: self.path.index(list.len()), repeated: self.repeated })? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let path = self.path.field(&key);
            let value = entries.next_value_seed(Node { path, repeated: self.repeated })?;
            if map.contains_key(&key) {
                self.repeated.borrow_mut().push(path.to_string());
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Value {
        match yaml(&Chunk { text, line: 1 }) {
            Ok(document) => document.value,
            Err(error) => panic!("{}: {}", error.line, error.reason),
        }
    }

    #[test]
    fn yaml_1_1_as_kubectl_reads_it() {
        assert_eq!(read("[yes, No, on, OFF, true]"), json!([true, false, true, false, true]));
        assert_eq!(read("{a: y, b: [N, 'y'], c: yes}"), json!({"a": "y", "b": ["N", "y"], "c": true}));
        assert_eq!(read("['yes', \"on\", YES!, yesterday]"), json!(["yes", "on", "YES!", "yesterday"]));
        assert_eq!(
            read("[0777, 0x1F, 1_000, 12:30, 2024-01-01, 1e3, ~, null]"),
            json!([511, 31, 1000, "12:30", "2024-01-01", 1000.0, null, null])
        );
        assert_eq!(read("base: &b {a: 1}\nx: {<<: *b, c: 2}"), json!({"base": {"a": 1}, "x": {"a": 1, "c": 2}}));
    }

    #[test]
    fn repeated_keys_are_noticed_and_the_last_wins() {
        for text in ["a: 1\nb: {c: [{d: 1, d: 2}]}\na: 2", r#"{"a": 1, "b": {"c": [{"d": 1, "d": 2}]}, "a": 2}"#] {
            let mut documents = chunk(&Chunk { text, line: 1 });
            let document = documents.pop().and_then(Result::ok).unwrap();
            assert_eq!(document.value, json!({"a": 2, "b": {"c": [{"d": 2}]}}));
            assert_eq!(document.repeated, ["b.c[0].d", "a"]);
        }
    }

    #[test]
    fn json_documents_one_after_another() {
        let text = "\n{\"a\": 1}\n{\"b\": 2} {\"c\": \n3}\n{\"half\": ";
        let got: Vec<(usize, bool)> =
            chunk(&Chunk { text, line: 10 }).into_iter().map(|d| d.map_or_else(|e| (e.line, false), |d| (d.line, true))).collect();
        assert_eq!(got, [(11, true), (12, true), (12, true), (14, false)]);
    }
}
