//! Decisions read off a string of bytes. Where it ends, everything is decided for the plainest.

use serde_json::{Map, Value, json};

/// A string of bytes and how much of it is used up.
pub struct Genes<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

impl<'a> Genes<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter() }
    }

    fn next(&mut self) -> usize {
        self.bytes.next().copied().unwrap_or_default().into()
    }

    /// A number below `limit`, at most 256 of them.
    pub fn below(&mut self, limit: usize) -> usize {
        self.next() % limit
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    pub fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    /// One of the items, as often as its weight says; the first is the plainest.
    pub fn weighted<T: Clone>(&mut self, items: &[(usize, T)]) -> T {
        let mut at = self.below(items.iter().map(|(weight, _)| weight).sum());
        for (weight, item) in items {
            if at < *weight {
                return item.clone();
            }
            at -= weight;
        }
        items[0].1.clone()
    }

    /// Labels over a small alphabet, so that selectors and objects meet. The empty value is a value.
    pub fn labels(&mut self, keys: &[&str]) -> Value {
        let mut labels = Map::new();
        for key in keys {
            if let Some(value) = self.weighted(&[(2, Some("a")), (2, Some("b")), (1, Some("")), (2, None)]) {
                labels.insert((*key).to_owned(), json!(value));
            }
        }
        Value::Object(labels)
    }

    /// Sets a field; if there is nothing to set, leaves it out, writes `null`, or writes what is empty.
    pub fn set(&mut self, object: &mut Value, field: &str, value: Option<Value>, empty: Value) {
        match value {
            Some(value) => object[field] = value,
            None => match self.below(3) {
                0 => {}
                1 => object[field] = Value::Null,
                _ => object[field] = empty,
            },
        }
    }
}
