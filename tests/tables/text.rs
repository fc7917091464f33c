//! Objects from YAML text.

use netstore::objects::{Objects, Resource};
use netstore::source::decode;
use serde_json::Value;

/// Decodes a stream of documents.
pub fn objects(yaml: &str) -> Objects {
    let mut objects = Objects::default();
    for text in yaml.split("\n---").map(|text| text.trim_start_matches("---")).filter(|text| !text.trim().is_empty()) {
        let options = serde_saphyr::options! { strict_booleans: true };
        let value: Value = serde_saphyr::from_str_with_options(text, options).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let field = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("no {name} in\n{text}"));
        let resource = Resource::of(field("apiVersion"), field("kind")).unwrap_or_else(|| panic!("unknown kind in\n{text}"));
        decode::add_object(&mut objects, resource, value).unwrap_or_else(|error| panic!("{error}\n{text}"));
    }
    objects
}
