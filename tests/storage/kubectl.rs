//! kubectl, as far as remedies use it, on the objects of a fixture. What it does not know it panics at: a new form of command has to be
//! taught, and tried on a real API server (tests/live_cluster/remedies.rs).

use serde_json::{Map, Value, json};

use super::controllers;

/// The objects of a cluster.
#[derive(Clone)]
pub struct World {
    pub objects: Vec<Value>,
    /// For uids of what is created.
    made: usize,
}

/// Whether a command shows something and changes nothing.
pub fn is_look(command: &str) -> bool {
    let looks = ["kubectl get ", "kubectl describe ", "kubectl logs ", "kubectl auth can-i ", "kubectl netstore "];
    looks.iter().any(|look| command.starts_with(look)) && !command.contains("kubectl replace")
}

impl World {
    /// The documents of a fixture.
    pub fn read(yaml: &str) -> Self {
        let texts = yaml.split("\n---").map(|text| text.trim_start_matches("---")).filter(|text| !text.trim().is_empty());
        let options = || serde_saphyr::options! { strict_booleans: true };
        Self { objects: texts.map(|text| serde_saphyr::from_str_with_options(text, options()).expect("YAML")).collect(), made: 0 }
    }

    /// As a file for netstore. JSON is YAML.
    pub fn text(&self) -> String {
        self.objects.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n")
    }

    /// Runs a command line as a shell would, and lets the controllers act.
    pub fn run(&mut self, line: &str) {
        for pipeline in words(line).split(|word| word == "&&") {
            let mut passed = None;
            for command in pipeline.split(|word| word == "|") {
                passed = match command {
                    [echo, text] if echo == "echo" => Some(serde_json::from_str(text).expect("JSON")),
                    [kubectl, verb, rest @ ..] if kubectl == "kubectl" => self.verb(verb, &Arguments::of(rest), passed),
                    _ => panic!("{line}"),
                };
            }
            controllers::act(&mut self.objects);
        }
    }

    fn verb(&mut self, verb: &str, arguments: &Arguments, passed: Option<Value>) -> Option<Value> {
        let patch = || serde_json::from_str::<Value>(arguments.flag("-p").expect("a patch")).expect("JSON");
        match verb {
            "get" => return Some(self.named(arguments).clone()),
            "patch" if arguments.has("--local") => {
                let mut object = passed.expect("an object on standard input");
                assert_eq!(arguments.flag("--type"), Some("merge"));
                merge(&mut object, &patch());
                return Some(object);
            }
            "apply" => self.objects.push(passed.expect("an object on standard input")),
            "replace" => self.replace(passed.expect("an object on standard input")),
            "patch" => {
                let object = self.named(arguments);
                match arguments.flag("--type").unwrap_or("strategic") {
                    "merge" => merge(object, &patch()),
                    "json" => edit(object, &patch()),
                    // Of one directive that is used: what it names stays, the rest goes.
                    "strategic" => merge(object, &retained(patch())),
                    other => panic!("{other}"),
                }
            }
            "annotate" => change(self.named(arguments), "annotations", arguments),
            "label" => change(self.named(arguments), "labels", arguments),
            "delete" => {
                let [kind, names @ ..] = &*arguments.plain else { panic!("{:?}", arguments.plain) };
                for name in names {
                    let at = self.position(kind, name, arguments.flag("-n"));
                    self.objects.remove(at);
                }
            }
            "scale" => {
                let replicas: i64 = arguments.flag("--replicas").expect("a number").parse().expect("a number");
                self.named(arguments)["spec"]["replicas"] = json!(replicas);
            }
            "uncordon" => {
                let at = self.position("node", &arguments.plain[0], None);
                merge(&mut self.objects[at], &json!({"spec": {"unschedulable": null}}));
            }
            "taint" => {
                let (taint, effect) = arguments.plain[2].rsplit_once(':').expect("an effect");
                let (key, value) = taint.split_once('=').unwrap_or((taint, ""));
                let node = self.named(arguments);
                let mut taints = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
                assert!(!taints.iter().any(|taint| taint["key"] == key), "kubectl refuses a taint that is there: {key}");
                taints.push(json!({"key": key, "value": value, "effect": effect}));
                node["spec"]["taints"] = json!(taints);
            }
            "create" => self.create(arguments),
            other => panic!("kubectl {other} is not known here"),
        }
        None
    }

    /// `create configmap NAME`, `create secret generic NAME`: from a folder that holds what the pod needs.
    fn create(&mut self, arguments: &Arguments) {
        assert!(arguments.flag("--from-file").is_some());
        let (kind, name) = match &*arguments.plain {
            [kind, name] if kind == "configmap" => ("ConfigMap", name),
            [kind, generic, name] if kind == "secret" && generic == "generic" => ("Secret", name),
            other => panic!("{other:?}"),
        };
        let namespace = arguments.flag("-n").expect("a namespace");
        self.objects.push(json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}, "data": {}}));
    }

    /// `replace --force`: deleted, and created as something new of the name.
    fn replace(&mut self, mut object: Value) {
        let (kind, name) = (text(&object, "/kind"), text(&object, "/metadata/name"));
        let namespace = object["metadata"]["namespace"].as_str().map(str::to_owned);
        let at = self.position(&kind, &name, namespace.as_deref());
        self.objects.remove(at);
        controllers::act(&mut self.objects);
        self.made += 1;
        object["metadata"]["uid"] = json!(format!("made-{}", self.made));
        object["metadata"]["creationTimestamp"] = json!("2026-11-21T12:00:00Z");
        object.as_object_mut().expect("an object").remove("status");
        if kind == "PersistentVolumeClaim" || kind == "Pod" {
            object["status"] = json!({"phase": "Pending"});
        }
        self.objects.push(object);
    }

    fn named(&mut self, arguments: &Arguments) -> &mut Value {
        let [kind, name, ..] = &*arguments.plain else { panic!("{:?}", arguments.plain) };
        let at = self.position(kind, name, arguments.flag("-n"));
        &mut self.objects[at]
    }

    fn position(&self, kind: &str, name: &str, namespace: Option<&str>) -> usize {
        let kind = match kind {
            "pvc" => "persistentvolumeclaim",
            "pv" => "persistentvolume",
            other => other,
        };
        let same = |object: &Value| {
            text(object, "/kind").eq_ignore_ascii_case(kind)
                && object["metadata"]["name"] == name
                && object["metadata"]["namespace"].as_str() == namespace
        };
        self.objects.iter().position(same).unwrap_or_else(|| panic!("no {kind} {name} in namespace {namespace:?}"))
    }
}

/// A string, or the empty one.
pub fn text(object: &Value, pointer: &str) -> String {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

struct Arguments {
    plain: Vec<String>,
    flags: Vec<(String, String)>,
}

impl Arguments {
    fn of(words: &[String]) -> Self {
        let mut arguments = Self { plain: Vec::new(), flags: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if let Some((flag, value)) = word.split_once('=').filter(|_| word.starts_with("--")) {
                arguments.flags.push((flag.to_owned(), value.to_owned()));
            } else if ["-n", "-p", "-o", "-f"].contains(&word.as_str()) {
                arguments.flags.push((word.clone(), words.next().expect("a value").clone()));
            } else if word.starts_with('-') {
                arguments.flags.push((word.clone(), String::new()));
            } else {
                arguments.plain.push(word.clone());
            }
        }
        arguments
    }

    fn flag(&self, name: &str) -> Option<&str> {
        self.flags.iter().find(|(flag, _)| flag == name).map(|(_, value)| value.as_str())
    }

    fn has(&self, name: &str) -> bool {
        self.flag(name).is_some()
    }
}

/// The words of a shell's line; operators stand alone.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut begun) = (Vec::new(), String::new(), false, false);
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => (quoted, begun) = (!quoted, true),
            _ if quoted => word.push(c),
            '\\' => word.push(chars.next().expect("a character")),
            ' ' if begun || !word.is_empty() => {
                words.push(std::mem::take(&mut word));
                begun = false;
            }
            ' ' => {}
            '$' | '"' | ';' | '<' | '>' | '*' | '`' | '(' | '{' => panic!("{c} means something to a shell: {line}"),
            _ => word.push(c),
        }
    }
    assert!(!quoted, "{line}");
    words.extend(Some(word).filter(|word| begun || !word.is_empty()));
    words
}

/// A JSON merge patch (RFC 7386).
fn merge(object: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    for (name, value) in fields {
        if value.is_null() {
            object.as_object_mut().expect("an object").remove(name);
        } else {
            merge(&mut object[name], value);
        }
    }
}

/// A JSON patch (RFC 6902) that replaces.
fn edit(object: &mut Value, patch: &Value) {
    for operation in patch.as_array().expect("operations") {
        assert_eq!(operation["op"], "replace");
        *object.pointer_mut(operation["path"].as_str().expect("a path")).expect("something to replace") = operation["value"].clone();
    }
}

/// `$retainKeys: [type]` in a strategy: nothing else stays of it.
fn retained(mut patch: Value) -> Value {
    let strategy = patch.pointer_mut("/spec/strategy").expect("a strategy").as_object_mut().expect("an object");
    assert_eq!(strategy.remove("$retainKeys"), Some(json!(["type"])));
    strategy.insert("rollingUpdate".to_owned(), Value::Null);
    patch
}

/// `kubectl annotate` and `kubectl label`: `key=value`, `key-`.
fn change(object: &mut Value, field: &str, arguments: &Arguments) {
    for word in arguments.plain.iter().skip(2) {
        let values = &mut object["metadata"][field];
        if !values.is_object() {
            *values = json!({});
        }
        let values = values.as_object_mut().expect("an object");
        if let Some(key) = word.strip_suffix('-').filter(|key| !key.contains('=')) {
            values.remove(key);
        } else {
            let (key, value) = word.split_once('=').expect("key=value");
            let before = values.insert(key.to_owned(), json!(value));
            assert!(before.is_none() || arguments.has("--overwrite"), "kubectl refuses to overwrite {key}");
        }
    }
}
