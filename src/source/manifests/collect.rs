//! From documents to objects: lists taken apart, kinds recognised, fields checked, later objects replacing earlier ones.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;

use super::check::{self, Problem, What};
use super::findings::{
    LONE_LETTER, MISSPELT_KIND, NAMELESS_OBJECT, NOT_AN_OBJECT, OTHER_KINDS, POLICY_NOT_EVALUATED, POLICY_WITHOUT_SPEC, REFUSED_METADATA,
    REPEATED_KEY, REPEATED_OBJECT, UNKNOWN_FIELD, UNREADABLE_DOCUMENT, UNRENDERED_TEMPLATE, VERSION_NOT_SERVED, WRONG_TYPE,
};
use super::kinds::{self, Kind};
use super::lists;
use super::parse::{Document, Unreadable};
use super::{refused, schema};
use crate::objects::{Labels, Meta, Objects, Resource};
use crate::policy::validate::{Refusal, label_refusals, metadata_refusals};
use crate::report::{Finding, FindingKind, ObjectRef};
use crate::source::decode;

/// Where something was found: `shop/netpol.yaml:12 (document 3, items[1])`.
#[derive(Debug, Clone)]
pub(super) struct Place {
    file: Rc<str>,
    line: usize,
    document: usize,
    item: String,
}

impl Place {
    pub(super) fn new(file: &str, document: usize, line: usize) -> Self {
        Self { file: file.into(), line, document, item: String::new() }
    }

    fn item(&self, index: usize) -> Self {
        Self { item: format!("{}.items[{index}]", self.item), ..self.clone() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} (document {}", self.file, self.line, self.document)?;
        if let Some(item) = self.item.strip_prefix('.') {
            write!(f, ", {item}")?;
        }
        f.write_str(")")
    }
}

/// What identifies an object.
type Key = (Resource, String, String);

/// Takes documents, gives objects and findings.
pub(super) struct Collector<'a> {
    default_namespace: &'a str,
    objects: Objects,
    findings: Vec<Finding>,
    /// Position of each object in its list, and where it came from.
    seen: HashMap<Key, (usize, Place)>,
    other_kinds: BTreeMap<String, usize>,
    /// Documents that were objects of any kind, also those that were left out afterwards.
    recognised: usize,
}

impl<'a> Collector<'a> {
    pub(super) fn new(default_namespace: &'a str) -> Self {
        Self {
            default_namespace,
            objects: Objects::default(),
            findings: Vec::new(),
            seen: HashMap::new(),
            other_kinds: BTreeMap::new(),
            recognised: 0,
        }
    }

    /// Whether anything was an object.
    pub(super) fn found_anything(&self) -> bool {
        self.recognised > 0
    }

    /// The first thing that was wrong, and how much more.
    pub(super) fn complaints(&self) -> String {
        match self.findings.as_slice() {
            [] => "no objects in it".to_owned(),
            [only] => only.message.clone(),
            [first, more @ ..] => format!("{} (and {} more)", first.message, more.len()),
        }
    }

    /// Everything collected from these files.
    pub(super) fn finish(mut self, files: &[String]) -> (Objects, Vec<Finding>) {
        if !self.other_kinds.is_empty() {
            let total: usize = self.other_kinds.values().sum();
            let kinds: Vec<String> = self.other_kinds.iter().map(|(kind, n)| format!("{kind} ({n})")).collect();
            let objects = if total == 1 { "1 object".to_owned() } else { format!("{total} objects") };
            let message = format!("{objects} of kinds that do not bear on the answer: {}", kinds.join(", "));
            let name = match files {
                [only] => only.clone(),
                several => format!("{} files", several.len()),
            };
            self.findings.push(OTHER_KINDS.on(ObjectRef::new("File", "", &name), message));
        }
        (self.objects, self.findings)
    }

    /// A document that could not be read.
    pub(super) fn unreadable(&mut self, place: &Place, error: &Unreadable) {
        let (kind, what): (&'static FindingKind, _) = if error.template {
            (&UNRENDERED_TEMPLATE, "is a template that was not rendered")
        } else {
            (&UNREADABLE_DOCUMENT, "cannot be read")
        };
        self.about_file(kind, place, format!("{what}: {}", error.reason));
    }

    /// A document that could be read.
    pub(super) fn document(&mut self, place: Place, document: Document) {
        let Document { value, mut repeated, letters, .. } = document;
        let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        let subject = self.subject(&place, &value, kind, &kinds::classify(api_version, kind));
        // With its kind twice a document is two objects in one.
        if repeated.iter().any(|field| field == "apiVersion" || field == "kind") {
            let (fields, rest): (Vec<String>, Vec<String>) = repeated.into_iter().partition(|field| !field.contains(['.', '[']));
            let fields = fields.join("`, `");
            let message = format!("{place}: `{fields}` are there more than once; the last ones count. Is a `---` missing between objects?");
            self.findings.push(REPEATED_KEY.on(subject.clone(), message).shown_by(&subject, "kind", "repeated"));
            repeated = rest;
        }
        for field in repeated {
            let message = format!("{place}: `{field}` is there more than once; the last one counts");
            self.findings.push(REPEATED_KEY.on(subject.clone(), message).shown_by(&subject, field, "repeated"));
        }
        if let Some(first) = letters.first() {
            let message = format!("{place}: `{first}` is a plain letter that kubectl reads as a boolean: put it in quotes; taken as text");
            let finding = LONE_LETTER.on(subject.clone(), message);
            self.findings.push(letters.into_iter().fold(finding, |finding, field| finding.shown_by(&subject, field, "plain y or n")));
        }
        self.value(place, value, None);
    }

    /// The object a document is about; its file if the document does not say.
    fn subject(&self, place: &Place, value: &Value, kind: &str, known: &Kind) -> ObjectRef {
        let text = |field: &str| match value.get("metadata").and_then(|meta| meta.get(field)) {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            Some(other @ (Value::Number(_) | Value::Bool(_))) => Some(other.to_string()),
            _ => None,
        };
        let Some(name) = text("name").or_else(|| text("generateName")).filter(|_| !kind.is_empty()) else {
            return file(place);
        };
        let namespace = match known {
            Kind::Read(resource) if !resource.namespaced() => String::new(),
            // Of foreign kinds it is not known whether they live in namespaces.
            Kind::Policy | Kind::Other => text("namespace").unwrap_or_default(),
            _ => text("namespace").unwrap_or_else(|| self.default_namespace.to_owned()),
        };
        ObjectRef { kind: kind.to_owned(), namespace, name }
    }

    /// `typed`: the (apiVersion, kind) that the list's own kind gives to items without one.
    fn value(&mut self, place: Place, value: Value, typed: Option<(&str, &str)>) {
        let Value::Object(mut map) = value else {
            if !value.is_null() {
                self.about_file(&NOT_AN_OBJECT, &place, "is no object but a single value or a list".to_owned());
            }
            return;
        };
        let text = |field: &str| map.get(field).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        let api_version = text("apiVersion").or_else(|| typed.map(|(api_version, _)| api_version.to_owned()));
        let kind = text("kind").or_else(|| typed.map(|(_, kind)| kind.to_owned()));
        let (Some(api_version), Some(kind)) = (api_version.clone(), kind.clone()) else {
            let missing = if api_version.is_none() { "apiVersion" } else { "kind" };
            self.about_file(&NOT_AN_OBJECT, &place, format!("has no `{missing}`, or none that is a string"));
            return;
        };
        self.recognised += 1;
        if let Some(item_kind) = kind.strip_suffix("List")
            && map.contains_key("items")
        {
            match map.remove("items") {
                None | Some(Value::Null) => {}
                Some(Value::Array(items)) => {
                    let typed = (!item_kind.is_empty()).then_some((api_version.as_str(), item_kind));
                    for (index, item) in items.into_iter().enumerate() {
                        self.value(place.item(index), item, typed);
                    }
                }
                Some(_) => self.about_file(&NOT_AN_OBJECT, &place, format!("is a {kind} whose `items` is no list")),
            }
            return;
        }
        let value = Value::Object(map);
        let known = kinds::classify(&api_version, &kind);
        let subject = self.subject(&place, &value, &kind, &known);
        match known {
            Kind::Read(resource) => self.object(&place, resource, value, subject),
            Kind::Other => *self.other_kinds.entry(kinds::qualified(&api_version, &kind)).or_default() += 1,
            Kind::Policy => {
                let message = format!("{place}: {kind} ({api_version}) can change who reaches whom and is not evaluated yet");
                self.findings.push(POLICY_NOT_EVALUATED.on(subject, message));
            }
            Kind::NotServed { served, since } => {
                let since = since.map(|v| format!(" since {v}")).unwrap_or_default();
                let message = format!("{place}: Kubernetes does not serve {kind} as {api_version}{since}; write {served}; left out");
                self.findings.push(VERSION_NOT_SERVED.on(subject.clone(), message).shown_by(&subject, "apiVersion", api_version));
            }
            Kind::Misspelt(meant) => {
                let message = format!("{place}: there is no kind {kind} (did you mean {meant}?); left out");
                self.findings.push(MISSPELT_KIND.on(subject.clone(), message).shown_by(&subject, "kind", kind));
            }
        }
    }

    /// An object of a kind we read.
    fn object(&mut self, place: &Place, resource: Resource, mut value: Value, subject: ObjectRef) {
        let spec = if value.get("spec").is_none_or(Value::is_null) { "no" } else { "an empty" };
        let problems = check::object(&mut value, schema::of(resource));
        let mut refused = false;
        for problem in problems {
            refused |= matches!(problem.what, What::Type { .. });
            self.findings.push(complain(place, resource, &subject, &problem));
        }
        if refused {
            if resource == Resource::NetworkPolicies {
                self.objects.network_policies.push(refused::policy(&value, &subject));
            } else if let Some(policy) = refused::cluster_policy(resource, &value, &subject) {
                self.objects.cluster_policies.push(policy);
            }
            return;
        }
        let Some(generated) = settle_metadata(&mut value, resource, self.default_namespace) else {
            let message = format!("{place}: a {} has no `metadata.name`; left out", resource.kind());
            self.findings.push(NAMELESS_OBJECT.on(subject, message));
            return;
        };
        if resource == Resource::NetworkPolicies && value.get("spec").is_none_or(is_empty) {
            let effect = format!("which selects every pod of namespace {} and denies all ingress", subject.namespace);
            let message = format!("{place}: has {spec} `spec`, {effect}");
            self.findings.push(POLICY_WITHOUT_SPEC.on(subject.clone(), message).shown_by(&subject, "spec", "<unset>"));
        }
        let meta = match value.get("metadata").map(|meta| serde_json::from_value::<Meta>(meta.clone())) {
            Some(Ok(meta)) => meta,
            Some(Err(error)) => return self.undecodable(place, subject, &error),
            None => Meta::default(),
        };
        // Refused policies stay: the engine reports them, with everything else it has to say about policies.
        let policy = resource == Resource::NetworkPolicies || resource.is_cluster_policy();
        if !policy && let Some(Refusal { field, reason }) = refusal(resource, &meta, generated, &value) {
            let message = format!("{place}: Kubernetes would refuse it: {field}: {reason}; left out");
            self.findings.push(REFUSED_METADATA.on(subject.clone(), message).shown_by(&subject, field, reason));
            return;
        }
        if let Err(error) = self.add(resource, &value) {
            return self.undecodable(place, subject, &error);
        }
        if !generated {
            self.replace_earlier(place, resource, meta, subject);
        }
    }

    /// By way of its JSON: decoders of all kinds are a megabyte of the program for each form that they read.
    fn add(&mut self, resource: Resource, value: &Value) -> Result<(), serde_json::Error> {
        let text = serde_json::to_vec(value)?;
        decode::add_object(&mut self.objects, resource, &mut serde_json::Deserializer::from_slice(&text))
    }

    /// The checks before should have caught everything; if one is missing, Kubernetes' answer is still a refusal.
    fn undecodable(&mut self, place: &Place, subject: ObjectRef, error: &serde_json::Error) {
        self.findings.push(WRONG_TYPE.on(subject, format!("{place}: cannot be decoded: {error}; left out")));
    }

    /// The object just added replaces an earlier one of the same name.
    fn replace_earlier(&mut self, place: &Place, resource: Resource, meta: Meta, subject: ObjectRef) {
        let last = lists::length(&self.objects, resource).saturating_sub(1);
        let key = (resource, meta.namespace, meta.name);
        match self.seen.get_mut(&key) {
            None => {
                self.seen.insert(key, (last, place.clone()));
            }
            Some((position, earlier)) => {
                let message = format!("{place}: the same object is already at {earlier}; the last one counts");
                self.findings.push(REPEATED_OBJECT.on(subject, message));
                *earlier = place.clone();
                let position = *position;
                lists::move_last_to(&mut self.objects, resource, position);
            }
        }
    }

    fn about_file(&mut self, kind: &'static FindingKind, place: &Place, what: String) {
        self.findings.push(kind.on(file(place), format!("{place} {what}")));
    }
}

/// Says what is wrong with a field.
fn complain(place: &Place, resource: Resource, subject: &ObjectRef, problem: &Problem) -> Finding {
    let Problem { field, value, what } = problem;
    let kind = resource.kind();
    let finding = match what {
        What::Unknown { meant, belongs } => {
            let hint = match (meant, belongs) {
                (Some(meant), _) => format!(" (did you mean `{meant}`?)"),
                (None, Some(home)) => format!(" (it belongs at `{home}`)"),
                (None, None) => String::new(),
            };
            UNKNOWN_FIELD.on(subject.clone(), format!("{place}: `{field}` is no field of a {kind}{hint}; Kubernetes drops it"))
        }
        What::Type { found, wanted } => {
            let shown = if *found == "a number" { format!(" ({value})") } else { String::new() };
            let quote = if *wanted == "a string" && *found != "a list" && *found != "a map" { ": put it in quotes" } else { "" };
            let message = format!("{place}: `{field}` is {found}{shown}, not {wanted}{quote}; Kubernetes refuses the {kind}; left out");
            WRONG_TYPE.on(subject.clone(), message)
        }
    };
    finding.shown_by(subject, field, value)
}

/// Names and namespaces as the API server completes them. Gives whether the name is a generated one; none if there is none.
fn settle_metadata(value: &mut Value, resource: Resource, default_namespace: &str) -> Option<bool> {
    let meta = value.get_mut("metadata")?.as_object_mut()?;
    let text = |meta: &serde_json::Map<String, Value>, field: &str| meta.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    if !resource.namespaced() {
        meta.remove("namespace");
    } else if text(meta, "namespace").is_empty() {
        meta.insert("namespace".to_owned(), default_namespace.into());
    }
    if !text(meta, "name").is_empty() {
        return Some(false);
    }
    // The API server appends five random characters; the prefix has to do as a name.
    let prefix = text(meta, "generateName");
    if prefix.is_empty() {
        return None;
    }
    meta.insert("name".to_owned(), prefix.into());
    Some(true)
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty)
}

/// The first reason to refuse the name or labels of an object, or the labels of its template.
fn refusal(resource: Resource, meta: &Meta, generated: bool, value: &Value) -> Option<Refusal> {
    // A generated name gets more letters behind it, so its prefix may end in `-`.
    let own = metadata_refusals(resource, meta).into_iter().filter(|r| !(generated && r.field == "metadata.name"));
    let template = ["spec.template.metadata.labels", "spec.jobTemplate.spec.template.metadata.labels"].into_iter().flat_map(|path| {
        let labels = value.pointer(&format!("/{}", path.replace('.', "/"))).map(Labels::deserialize);
        labels.and_then(Result::ok).map(|labels| label_refusals(&labels, path)).unwrap_or_default()
    });
    own.chain(template).next()
}

fn file(place: &Place) -> ObjectRef {
    ObjectRef::new("File", "", &place.file)
}
