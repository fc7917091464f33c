//! Object metadata: names, labels, owners, times.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use serde::Deserialize as DeriveDeserialize;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// `metadata` of any object.
#[derive(Debug, Default, Clone, PartialEq, Eq, DeriveDeserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta {
    /// Name, unique among objects of the kind in the namespace.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
    /// Namespace; empty for cluster-scoped objects.
    #[serde(deserialize_with = "null_default")]
    pub namespace: String,
    /// Which object of this name.
    #[serde(deserialize_with = "null_default")]
    pub uid: String,
    /// Labels, sorted by key.
    #[serde(deserialize_with = "null_default")]
    pub labels: Labels,
    /// Annotations that a question reads; the others are not kept.
    #[serde(deserialize_with = "known_annotations")]
    pub annotations: Labels,
    /// Who has to agree before the object is gone.
    #[serde(deserialize_with = "few")]
    pub finalizers: Vec<String>,
    /// Owners; at most one of them is the controller.
    #[serde(deserialize_with = "few")]
    pub owner_references: Vec<OwnerReference>,
    /// Creation time, if it can be read.
    #[serde(deserialize_with = "lenient_time")]
    pub creation_timestamp: Option<Timestamp>,
    /// Set while the object is being deleted.
    #[serde(deserialize_with = "lenient_time")]
    pub deletion_timestamp: Option<Timestamp>,
}

impl Meta {
    /// Namespace and name: what tells objects of one kind apart, and the order of every list.
    pub fn key(&self) -> (&str, &str) {
        (&self.namespace, &self.name)
    }

    /// The owner that controls this object.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|o| o.controller)
    }

    /// Age at `now` in whole seconds; none without a creation time, zero for a creation in the future.
    pub fn age_seconds(&self, now: Timestamp) -> Option<u64> {
        let created = self.creation_timestamp?;
        Some(u64::try_from(now.as_second() - created.as_second()).unwrap_or(0))
    }
}

/// One entry of `metadata.ownerReferences`.
#[derive(Debug, Default, Clone, PartialEq, Eq, DeriveDeserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerReference {
    /// Kind of the owner, such as `ReplicaSet`.
    #[serde(deserialize_with = "null_default")]
    pub kind: String,
    /// Name of the owner, in the same namespace.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
    /// Which object of that name.
    #[serde(deserialize_with = "null_default")]
    pub uid: String,
    /// Whether this owner manages the object.
    #[serde(deserialize_with = "null_default")]
    pub controller: bool,
}

/// Labels: pairs sorted by key, each key once.
#[derive(Debug, Default, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Labels(Vec<(String, String)>);

impl Labels {
    /// Value of a label.
    pub fn get(&self, key: &str) -> Option<&str> {
        let at = self.0.binary_search_by(|(k, _)| k.as_str().cmp(key)).ok()?;
        self.0.get(at).map(|(_, v)| v.as_str())
    }

    /// Sets a label.
    pub fn set(&mut self, key: &str, value: &str) {
        match self.0.binary_search_by(|(k, _)| k.as_str().cmp(key)) {
            Ok(at) => {
                if let Some(pair) = self.0.get_mut(at) {
                    pair.1 = value.to_owned();
                }
            }
            Err(at) => self.0.insert(at, (key.to_owned(), value.to_owned())),
        }
    }

    /// These labels, with the others put upon them.
    #[must_use]
    pub fn with(&self, others: &Self) -> Self {
        let mut all = self.clone();
        others.iter().for_each(|(key, value)| all.set(key, value));
        all
    }

    /// Pairs in the order of keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// Whether there is no label.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let sorted: BTreeMap<String, String> = pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
        Self(sorted.into_iter().collect())
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Labels;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of strings")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
                let mut pairs: Vec<(String, String)> = Vec::with_capacity(map.size_hint().unwrap_or(4).min(64));
                // Go decodes a null string as the empty string.
                while let Some((key, value)) = map.next_entry::<String, Option<String>>()? {
                    pairs.push((key, value.unwrap_or_default()));
                }
                let sorted = pairs.windows(2).all(|w| matches!(w, [a, b] if a.0 < b.0));
                Ok(if sorted { Labels(pairs) } else { pairs.into_iter().collect() })
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// How the annotations begin that questions read: binding, provisioning and default classes; snapshots and backups; what LimitRanges
/// set; static pods.
const KNOWN_ANNOTATIONS: [&str; 9] = [
    "volume.kubernetes.io/",
    "volume.beta.kubernetes.io/",
    "pv.kubernetes.io/",
    "storageclass.",
    "snapshot.storage.kubernetes.io/",
    "backup.velero.io/",
    "velero.io/",
    "kubernetes.io/limit-ranger",
    "kubernetes.io/config.",
];

/// Keeps the annotations that questions read: all of them would be half the memory of a cluster.
fn known_annotations<'de, D: Deserializer<'de>>(d: D) -> Result<Labels, D::Error> {
    struct Known;
    impl<'de> Visitor<'de> for Known {
        type Value = Labels;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map of strings")
        }
        fn visit_unit<E>(self) -> Result<Labels, E> {
            Ok(Labels::default())
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
            let mut known = Labels::default();
            while let Some(key) = map.next_key::<String>()? {
                if KNOWN_ANNOTATIONS.iter().any(|domain| key.starts_with(domain)) {
                    known.set(&key, &map.next_value::<Option<String>>()?.unwrap_or_default());
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(known)
        }
    }
    d.deserialize_any(Known)
}

/// Fields an object has that this version of netstore does not know: what they mean is unknown, so they are counted.
pub type Unknown = BTreeMap<String, IgnoredAny>;

/// `null` is the default, as for Go's decoder.
pub(super) fn null_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(d: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(d).map(Option::unwrap_or_default)
}

/// A list that mostly has one element or two: room for more, as the usual reader makes it, would be a third of the memory of a cluster.
pub(super) fn few<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Vec<T>, D::Error> {
    struct Few<T>(Vec<T>);
    impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
        fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
            d.deserialize_seq(Elements(PhantomData))
        }
    }
    struct Elements<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Elements<T> {
        type Value = Few<T>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Few<T>, A::Error> {
            let mut list = Vec::new();
            while let Some(element) = elements.next_element()? {
                if list.len() == list.capacity() {
                    list.reserve_exact(list.len().max(1));
                }
                list.push(element);
            }
            Ok(Few(list))
        }
    }
    Option::<Few<T>>::deserialize(d).map(|list| list.map(|Few(list)| list).unwrap_or_default())
}

/// What somebody says, on one line: what counts of a failed mount stands in the last line of four.
pub(super) fn one_line<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    let text: String = null_default(d)?;
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Ok(lines.join("; "))
}

/// A time that cannot be read is no time: only ages depend on it.
pub(super) fn lenient_time<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Option::<String>::deserialize(d)?.and_then(|text| text.parse().ok()))
}
