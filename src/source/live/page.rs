//! One page of a list: its head before its items, its items into lean objects or raw values, bad items one by one.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::Value;
use serde_json::value::RawValue;

use super::error::Failure;
use crate::objects::{Meta, Objects, Resource};
use crate::source::decode;

/// What a list is read into.
pub(super) trait Harvest: Default + Send + 'static {
    /// Adds one object.
    fn add<'de, D: Deserializer<'de>>(&mut self, resource: Resource, item: D) -> Result<(), D::Error>;
    /// Adds everything of another.
    fn absorb(&mut self, other: Self);
    /// Names of the namespaces in it.
    fn namespaces(&self) -> Vec<String>;
}

impl Harvest for Objects {
    fn add<'de, D: Deserializer<'de>>(&mut self, resource: Resource, item: D) -> Result<(), D::Error> {
        decode::add_object(self, resource, item)
    }

    fn absorb(&mut self, other: Self) {
        self.merge(other);
    }

    fn namespaces(&self) -> Vec<String> {
        self.namespaces.iter().map(|n| n.metadata.name.clone()).collect()
    }
}

/// Objects as they came, of one kind.
impl Harvest for Vec<Value> {
    fn add<'de, D: Deserializer<'de>>(&mut self, resource: Resource, item: D) -> Result<(), D::Error> {
        let mut value = Value::deserialize(item)?;
        let Some(object) = value.as_object_mut() else { return Err(de::Error::custom("not an object")) };
        // Items of a list leave out what the list says once.
        object.insert("apiVersion".to_owned(), resource.api_version().into());
        object.insert("kind".to_owned(), resource.kind().into());
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            // A third of the bytes, and no question reads it.
            metadata.remove("managedFields");
        }
        self.push(value);
        Ok(())
    }

    fn absorb(&mut self, other: Self) {
        self.extend(other);
    }

    fn namespaces(&self) -> Vec<String> {
        let name = |v: &Value| v.pointer("/metadata/name").and_then(Value::as_str).map(str::to_owned);
        self.iter().filter(|v| v.get("kind").is_some_and(|k| k == "Namespace")).filter_map(name).collect()
    }
}

/// What a page says about itself and the rest of the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Token of the next page; none on the last.
    pub(super) next: Option<String>,
    /// At which version of the cluster the list is: a watch goes on from there.
    pub(super) version: Option<String>,
    /// How many objects are still to come, if the server counts.
    pub(super) remaining: Option<u64>,
}

/// Reads the head of a page without its items, so that the next page can be asked for before this one is decoded.
pub(super) fn head(resource: Resource, body: &[u8]) -> Result<Head, Failure> {
    let mut scan = Scan::default();
    let result = serde_json::Deserializer::from_slice(body).deserialize_map(HeadVisitor(&mut scan));
    // The visitor leaves at the items, which the parser takes for an error.
    if let Err(e) = result
        && !scan.items
    {
        return Err(Failure::Garbled(format!("the list of {} is not JSON: {e}", resource.plural())));
    }
    if scan.kind == "Status" {
        return Err(Failure::Status { code: scan.code, reason: scan.reason, message: scan.message });
    }
    // Without items it must not pass for a list with none.
    if !scan.items || scan.kind.strip_suffix("List") != Some(resource.kind()) {
        let kind = if scan.kind.is_empty() { "has no kind".to_owned() } else { format!("is {:?}", scan.kind) };
        return Err(Failure::Garbled(format!("the list of {} should be {}List and {kind}", resource.plural(), resource.kind())));
    }
    let metadata = scan.metadata.unwrap_or_default();
    let said = |text: Option<String>| text.filter(|t| !t.is_empty());
    let remaining = metadata.remaining.and_then(|n| u64::try_from(n).ok());
    Ok(Head { next: said(metadata.next), version: said(metadata.version), remaining })
}

/// The version of a single object.
pub(super) fn version(object: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Object {
        metadata: ListMeta,
    }
    serde_json::from_slice::<Object>(object).ok()?.metadata.version
}

#[derive(Default)]
struct Scan {
    kind: String,
    metadata: Option<ListMeta>,
    items: bool,
    code: u16,
    reason: String,
    message: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ListMeta {
    #[serde(rename = "continue")]
    next: Option<String>,
    #[serde(rename = "resourceVersion")]
    version: Option<String>,
    #[serde(rename = "remainingItemCount")]
    remaining: Option<i64>,
}

struct HeadVisitor<'a>(&'a mut Scan);

impl<'de> Visitor<'de> for HeadVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let scan = self.0;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "kind" => scan.kind = map.next_value::<Option<String>>()?.unwrap_or_default(),
                "metadata" => scan.metadata = Some(map.next_value::<Option<ListMeta>>()?.unwrap_or_default()),
                "code" => scan.code = map.next_value::<Option<u16>>()?.unwrap_or_default(),
                "reason" => scan.reason = map.next_value::<Option<String>>()?.unwrap_or_default(),
                "message" => scan.message = map.next_value::<Option<String>>()?.unwrap_or_default(),
                "items" => {
                    scan.items = true;
                    if scan.metadata.is_some() && !scan.kind.is_empty() {
                        return Ok(());
                    }
                    map.next_value::<IgnoredAny>()?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// The items of a page.
#[derive(Default)]
pub(super) struct Page<H> {
    /// Those that decoded.
    pub(super) harvest: H,
    /// How many there were.
    pub(super) count: usize,
    /// Those that did not decode.
    pub(super) bad: Vec<BadItem>,
}

/// An object that could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BadItem {
    pub(super) resource: Resource,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) why: String,
}

/// Decodes the items of a page; if one of them does not fit, the rest is had by looking at each alone.
pub(super) fn decode<H: Harvest>(resource: Resource, body: &[u8]) -> Result<Page<H>, Failure> {
    let mut page = Page { harvest: H::default(), count: 0, bad: Vec::new() };
    let mut parser = serde_json::Deserializer::from_slice(body);
    let whole = ListSeed { page: &mut page, resource }.deserialize(&mut parser).and_then(|()| parser.end());
    match whole {
        Ok(()) => Ok(page),
        Err(e) if e.is_eof() => Err(cut(resource)),
        Err(_) => salvage(resource, body),
    }
}

fn cut(resource: Resource) -> Failure {
    Failure::Broken(format!("the list of {} is cut off", resource.plural()))
}

fn salvage<H: Harvest>(resource: Resource, body: &[u8]) -> Result<Page<H>, Failure> {
    #[derive(Deserialize)]
    struct Items<'a> {
        #[serde(borrow)]
        items: Option<Vec<&'a RawValue>>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Named {
        metadata: Meta,
    }

    let text = String::from_utf8_lossy(body);
    let list: Items<'_> = serde_json::from_str(&text).map_err(|e| match e.is_eof() {
        true => cut(resource),
        false => Failure::Garbled(format!("the list of {} is not JSON: {e}", resource.plural())),
    })?;
    let items = list.items.unwrap_or_default();
    let mut page = Page { harvest: H::default(), count: items.len(), bad: Vec::new() };
    for item in items {
        let mut parser = serde_json::Deserializer::from_slice(item.get().as_bytes());
        if let Err(e) = page.harvest.add(resource, &mut parser) {
            let Named { metadata } = serde_json::from_str(item.get()).unwrap_or_default();
            page.bad.push(BadItem { resource, namespace: metadata.namespace, name: metadata.name, why: e.to_string() });
        }
    }
    Ok(page)
}

struct ListSeed<'a, H> {
    page: &'a mut Page<H>,
    resource: Resource,
}

impl<'de, H: Harvest> DeserializeSeed<'de> for ListSeed<'_, H> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, H: Harvest> Visitor<'de> for ListSeed<'_, H> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "items" {
                map.next_value_seed(ItemsSeed { page: &mut *self.page, resource: self.resource })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct ItemsSeed<'a, H> {
    page: &'a mut Page<H>,
    resource: Resource,
}

impl<'de, H: Harvest> DeserializeSeed<'de> for ItemsSeed<'_, H> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        // Go writes an empty list as null at times.
        deserializer.deserialize_option(self)
    }
}

impl<'de, H: Harvest> Visitor<'de> for ItemsSeed<'_, H> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("objects")
    }

    fn visit_none<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(ItemSeed { harvest: &mut self.page.harvest, resource: self.resource })?.is_some() {
            self.page.count += 1;
        }
        Ok(())
    }
}

struct ItemSeed<'a, H> {
    harvest: &'a mut H,
    resource: Resource,
}

impl<'de, H: Harvest> DeserializeSeed<'de> for ItemSeed<'_, H> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.harvest.add(self.resource, deserializer)
    }
}
