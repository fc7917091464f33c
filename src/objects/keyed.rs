//! ConfigMaps and Secrets: their keys, and of ConfigMaps the few values that say how names are resolved.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::meta::{Meta, null_default};

/// A ConfigMap or a Secret: its keys, and no values but those that [`Keyed::text`] can ask for.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Keyed {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    #[serde(deserialize_with = "null_default")]
    data: BTreeMap<String, IgnoredAny>,
    #[serde(deserialize_with = "null_default")]
    binary_data: BTreeMap<String, IgnoredAny>,
    #[serde(deserialize_with = "null_default")]
    string_data: BTreeMap<String, IgnoredAny>,
    #[serde(skip)]
    texts: BTreeMap<String, String>,
}

impl Keyed {
    /// Decodes a ConfigMap: only there values are looked at.
    ///
    /// # Errors
    /// If it is none.
    pub fn config_map<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct ConfigMap {
            #[serde(deserialize_with = "null_default")]
            metadata: Meta,
            #[serde(deserialize_with = "null_default")]
            data: Data,
            #[serde(deserialize_with = "null_default")]
            binary_data: BTreeMap<String, IgnoredAny>,
        }
        let ConfigMap { metadata, data, binary_data } = ConfigMap::deserialize(deserializer)?;
        Ok(Self { metadata, data: data.keys, binary_data, string_data: BTreeMap::new(), texts: data.texts })
    }

    /// Whether it has a key.
    pub fn has(&self, key: &str) -> bool {
        [&self.data, &self.binary_data, &self.string_data].iter().any(|keys| keys.contains_key(key))
    }

    /// Its keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.data.keys().chain(self.binary_data.keys()).chain(self.string_data.keys()).map(String::as_str)
    }

    /// The value of a key about names.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.texts.get(key).map(String::as_str)
    }

    /// All values about names, by their keys.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(key, text)| (key.as_str(), text.as_str()))
    }
}

/// Whether the value of a key of a ConfigMap is about names: CoreDNS' configuration and what it reads beside it, and that of the kubelet.
pub fn is_about_names(key: &str) -> bool {
    matches!(key, "Corefile" | "NodeHosts" | "kubelet") || key.ends_with(".server") || key.ends_with(".override")
}

/// `data` of a ConfigMap.
#[derive(Default)]
struct Data {
    keys: BTreeMap<String, IgnoredAny>,
    texts: BTreeMap<String, String>,
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Data;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("keys and values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Data, A::Error> {
                let mut data = Data::default();
                while let Some(key) = map.next_key::<String>()? {
                    if !is_about_names(&key) {
                        map.next_value::<IgnoredAny>()?;
                    } else if let Some(text) = map.next_value::<Option<String>>()? {
                        data.texts.insert(key.clone(), text);
                    }
                    data.keys.insert(key, IgnoredAny);
                }
                Ok(data)
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &str = r#"{"data": {"Corefile": "a", "x.server": "b", "token": "c", "kubelet": null}, "binaryData": {"k": "ZA=="}}"#;

    #[test]
    fn of_config_maps_only_the_values_about_names_are_kept() {
        let map = Keyed::config_map(&mut serde_json::Deserializer::from_str(DATA)).unwrap();
        assert_eq!(map.keys().collect::<Vec<_>>(), ["Corefile", "kubelet", "token", "x.server", "k"]);
        assert_eq!(map.texts().collect::<Vec<_>>(), [("Corefile", "a"), ("x.server", "b")]);
    }

    #[test]
    fn of_secrets_no_value_is_kept() {
        let secret: Keyed = serde_json::from_str(DATA).unwrap();
        assert_eq!((secret.keys().count(), secret.texts().count()), (5, 0));
    }
}
