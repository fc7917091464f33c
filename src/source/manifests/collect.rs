//! From documents to objects: lists taken apart, kinds recognised, fields checked, later objects replacing earlier ones.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::rc::Rc;

use serde_json::Value;

use super::check::{self, Problem, What};
use super::findings::{
    MISSPELT_KIND, NAMELESS_OBJECT, NOT_AN_OBJECT, OTHER_KINDS, POLICY_NOT_EVALUATED, POLICY_WITHOUT_SPEC, REFUSED_METADATA, REPEATED_KEY,
    REPEATED_OBJECT, UNKNOWN_FIELD, UNREADABLE_DOCUMENT, UNRENDERED_TEMPLATE, VERSION_NOT_SERVED, WRONG_TYPE,
};
use super::kinds::{self, Kind};
use super::parse::{Document, Unreadable};
use super::schema;
use crate::objects::{Meta, Objects, Resource};
use crate::policy::validate::{Refusal, metadata_refusals};
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

    /// The first thing that was wrong.
    pub(super) fn first_complaint(&self) -> Option<String> {
        self.findings.first().map(|f| f.message.clone())
    }

    /// Everything collected.
    pub(super) fn finish(mut self) -> (Objects, Vec<Finding>) {
        if !self.other_kinds.is_empty() {
            let total: usize = self.other_kinds.values().sum();
            let kinds: Vec<String> = self.other_kinds.iter().map(|(kind, n)| format!("{kind} ({n})")).collect();
            let objects = if total == 1 { "1 object".to_owned() } else { format!("{total} objects") };
            let message = format!("{objects} of kinds that do not bear on the answer: {}", kinds.join(", "));
            self.findings.push(OTHER_KINDS.on(ObjectRef::new("File", "", ""), message));
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
        let Document { value, repeated, .. } = document;
        for field in repeated {
            let subject = reference(&value, "", "").unwrap_or_else(|| file(&place));
            let message = format!("{place}: `{field}` is there more than once; the last one counts");
            self.findings.push(REPEATED_KEY.on(subject.clone(), message).shown_by(&subject, field, "repeated"));
        }
        self.value(place, value, None);
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
        let subject = reference(&value, &kind, self.default_namespace).unwrap_or_else(|| file(&place));
        match kinds::classify(&api_version, &kind) {
            Kind::Read(resource) => self.object(&place, resource, value),
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
    fn object(&mut self, place: &Place, resource: Resource, mut value: Value) {
        let problems = check::object(&mut value, schema::of(resource));
        let namespace = if resource.namespaced() { self.default_namespace } else { "" };
        let subject = reference(&value, resource.kind(), namespace).unwrap_or_else(|| file(place));
        let mut refused = false;
        for problem in problems {
            refused |= matches!(problem.what, What::Type { .. });
            self.findings.push(complain(place, resource, &subject, &problem));
        }
        if refused {
            return;
        }
        let Some(generated) = settle_metadata(&mut value, resource, self.default_namespace) else {
            let message = format!("{place}: a {} has no `metadata.name`; left out", resource.kind());
            self.findings.push(NAMELESS_OBJECT.on(subject, message));
            return;
        };
        if resource == Resource::NetworkPolicies && value.get("spec").is_none_or(is_empty) {
            let message =
                format!("{place}: has no `spec`, which selects every pod of namespace {} and denies all ingress", subject.namespace);
            self.findings.push(POLICY_WITHOUT_SPEC.on(subject.clone(), message).shown_by(&subject, "spec", "<unset>"));
        }
        let meta = match value.get("metadata").map(|meta| serde_json::from_value::<Meta>(meta.clone())) {
            Some(Ok(meta)) => meta,
            Some(Err(error)) => return self.undecodable(place, subject, &error),
            None => Meta::default(),
        };
        // Refused policies stay: the engine reports them, with everything else it has to say about policies.
        if resource != Resource::NetworkPolicies
            && let Some(Refusal { field, reason }) =
                metadata_refusals(resource, &meta).into_iter().find(|r| !(generated && r.field == "metadata.name"))
        {
            let message = format!("{place}: Kubernetes would refuse it: {field}: {reason}; left out");
            self.findings.push(REFUSED_METADATA.on(subject.clone(), message).shown_by(&subject, field, reason));
            return;
        }
        if let Err(error) = decode::add_object(&mut self.objects, resource, value) {
            return self.undecodable(place, subject, &error);
        }
        if !generated {
            self.replace_earlier(place, resource, meta, subject);
        }
    }

    /// The checks before should have caught everything; if one is missing, Kubernetes' answer is still a refusal.
    fn undecodable(&mut self, place: &Place, subject: ObjectRef, error: &serde_json::Error) {
        self.findings.push(WRONG_TYPE.on(subject, format!("{place}: cannot be decoded: {error}; left out")));
    }

    /// The object just added replaces an earlier one of the same name.
    fn replace_earlier(&mut self, place: &Place, resource: Resource, meta: Meta, subject: ObjectRef) {
        let last = self.len_of(resource).saturating_sub(1);
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
                self.move_last_to(resource, position);
            }
        }
    }

    fn len_of(&self, resource: Resource) -> usize {
        let o = &self.objects;
        match resource {
            Resource::Namespaces => o.namespaces.len(),
            Resource::Nodes => o.nodes.len(),
            Resource::Pods => o.pods.len(),
            Resource::Services => o.services.len(),
            Resource::EndpointSlices => o.endpoint_slices.len(),
            Resource::NetworkPolicies => o.network_policies.len(),
            Resource::ConfigMaps | Resource::Secrets => 0,
            _ => o.workloads.len(),
        }
    }

    /// The last object of the list takes the given position, and what was there is dropped.
    fn move_last_to(&mut self, resource: Resource, position: usize) {
        fn move_last<T>(list: &mut Vec<T>, position: usize) {
            if position < list.len() {
                list.swap_remove(position);
            }
        }
        let o = &mut self.objects;
        match resource {
            Resource::Namespaces => move_last(&mut o.namespaces, position),
            Resource::Nodes => move_last(&mut o.nodes, position),
            Resource::Pods => move_last(&mut o.pods, position),
            Resource::Services => move_last(&mut o.services, position),
            Resource::EndpointSlices => move_last(&mut o.endpoint_slices, position),
            Resource::NetworkPolicies => move_last(&mut o.network_policies, position),
            Resource::ConfigMaps | Resource::Secrets => {}
            _ => move_last(&mut o.workloads, position),
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
            let quote = if *wanted == "a string" && *found != "a list" && *found != "a map" { ": put it in quotes" } else { "" };
            let message = format!("{place}: `{field}` is {found}, not {wanted}{quote}; Kubernetes refuses the {kind}; left out");
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

/// The object a document is about, if it says so.
fn reference(value: &Value, kind: &str, default_namespace: &str) -> Option<ObjectRef> {
    let text = |v: Option<&Value>| v.and_then(Value::as_str).filter(|t| !t.is_empty()).map(str::to_owned);
    let meta = value.get("metadata");
    let name = text(meta.and_then(|m| m.get("name"))).or_else(|| text(meta.and_then(|m| m.get("generateName"))))?;
    let namespace = text(meta.and_then(|m| m.get("namespace"))).unwrap_or_else(|| default_namespace.to_owned());
    let kind = if kind.is_empty() { text(value.get("kind"))? } else { kind.to_owned() };
    Some(ObjectRef { kind, namespace, name })
}

fn file(place: &Place) -> ObjectRef {
    ObjectRef::new("File", "", &place.file)
}
