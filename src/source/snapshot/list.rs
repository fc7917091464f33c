//! Lists of objects: written one object a line, decoded from the bytes straight into lean structs.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::prune;
use crate::objects::{Objects, Resource};
use crate::source::decode;

/// The text of a list: items pruned, sorted by namespace and name.
pub(super) fn encode(resource: Resource, items: &[Value]) -> Result<Vec<u8>, serde_json::Error> {
    fn key(item: &Value) -> (&str, &str) {
        let text = |field| item.pointer(field).and_then(Value::as_str).unwrap_or_default();
        (text("/metadata/namespace"), text("/metadata/name"))
    }
    let mut sorted: Vec<&Value> = items.iter().collect();
    sorted.sort_by(|a, b| key(a).cmp(&key(b)));
    let head = format!(r#"{{"apiVersion":"{}","kind":"{}List","items":["#, resource.api_version(), resource.kind());
    let mut text = head.into_bytes();
    for (index, item) in sorted.into_iter().enumerate() {
        text.extend_from_slice(if index == 0 { b"\n" } else { b",\n" });
        let mut item = item.clone();
        prune::item(resource, &mut item);
        serde_json::to_writer(&mut text, &item)?;
    }
    text.extend_from_slice(b"\n]}\n");
    Ok(text)
}

/// Decodes a list and adds its items. Nothing is buffered: ten thousand pods take as long as reading their text.
pub(super) fn decode(objects: &mut Objects, resource: Resource, text: &[u8]) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    List { objects, resource }.deserialize(&mut deserializer)?;
    deserializer.end()
}

struct List<'a> {
    objects: &'a mut Objects,
    resource: Resource,
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a {}List", self.resource.kind())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let mut found = false;
        while let Some(field) = fields.next_key::<String>()? {
            if field == "items" {
                fields.next_value_seed(Items { objects: self.objects, resource: self.resource })?;
                found = true;
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        if found { Ok(()) } else { Err(serde::de::Error::missing_field("items")) }
    }
}

struct Items<'a> {
    objects: &'a mut Objects,
    resource: Resource,
}

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Item { objects: self.objects, resource: self.resource })?.is_some() {}
        Ok(())
    }
}

struct Item<'a> {
    objects: &'a mut Objects,
    resource: Resource,
}

impl<'de> DeserializeSeed<'de> for Item<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        decode::add_object(self.objects, self.resource, deserializer)
    }
}
