//! Requests and limits: what `resources` of a container, of a pod or of its status says.
//!
//! A cluster has hundreds of thousands of these numbers, so each is kept as the amount it stands for; only what is no amount
//! keeps its text.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::Quantity;
use super::meta::null_default;

/// Name of a resource, in the order in which they are listed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceName {
    /// `cpu`
    Cpu,
    /// `memory`
    Memory,
    /// `ephemeral-storage`
    EphemeralStorage,
    /// `hugepages-2Mi`, `example.com/gpu`, …
    Other(Box<str>),
}

impl ResourceName {
    /// The resource of this name.
    pub fn new(name: &str) -> Self {
        match name {
            "cpu" => Self::Cpu,
            "memory" => Self::Memory,
            "ephemeral-storage" => Self::EphemeralStorage,
            other => Self::Other(other.into()),
        }
    }

    /// As in objects.
    pub fn name(&self) -> &str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::EphemeralStorage => "ephemeral-storage",
            Self::Other(name) => name,
        }
    }

    /// Whether these are huge pages of some size.
    pub fn is_huge_pages(&self) -> bool {
        matches!(self, Self::Other(name) if name.starts_with("hugepages-"))
    }

    /// Whether amounts of it are bytes.
    pub fn in_bytes(&self) -> bool {
        matches!(self, Self::Memory | Self::EphemeralStorage) || self.is_huge_pages()
    }
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An amount, exact to a thousand-millionth.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i128);

/// Thousand-millionths of a unit.
const UNIT: i128 = 1_000_000_000;
/// Thousand-millionths of a thousandth.
const MILLI: i128 = 1_000_000;

impl Amount {
    /// What a quantity stands for; none for what the API server refuses: no quantity, or a negative one. What has no room in 64
    /// bits is none either: Kubernetes takes some, and adds up something else.
    pub fn of(quantity: &Quantity) -> Option<Self> {
        let nano = quantity.nano()?;
        (0..=i128::from(i64::MAX) * UNIT).contains(&nano).then_some(Self(nano))
    }

    /// What nearly all amounts look like, `250m` or `512Mi`, without taking them apart any further.
    fn of_short(text: &str) -> Option<Self> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, suffix) = text.split_at_checked(digits).filter(|(digits, _)| (1..=9).contains(&digits.len()))?;
        let unit = match suffix {
            "" => UNIT,
            "m" => MILLI,
            "Ki" => UNIT << 10,
            "Mi" => UNIT << 20,
            "Gi" => UNIT << 30,
            _ => return None,
        };
        Some(Self(digits.parse::<i128>().ok()? * unit))
    }

    /// Whole units, such as bytes.
    pub fn whole(units: i64) -> Self {
        Self(i128::from(units) * UNIT)
    }

    /// Thousandths of a unit, such as those of a CPU.
    pub fn thousandths(thousandths: i64) -> Self {
        Self(i128::from(thousandths) * MILLI)
    }

    /// Half of it, in whole units if it is one.
    #[must_use]
    pub fn half(self) -> Self {
        if self.is_whole() && self.0 > 8 * UNIT { Self::whole(self.value() / 2) } else { Self(self.0 / 2).rounded() }
    }

    /// Rounded up to thousandths, as the API server rounds all amounts of resources.
    #[must_use]
    pub fn rounded(self) -> Self {
        Self(up(self.0, MILLI) * MILLI)
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether it is more than nothing.
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether it is a whole number.
    pub fn is_whole(self) -> bool {
        self.0 % UNIT == 0
    }

    /// Rounded up to a whole number, at most what 64 bits hold.
    pub fn value(self) -> i64 {
        i64::try_from(up(self.0, UNIT)).unwrap_or(i64::MAX)
    }

    /// The sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, which may be less than nothing.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// So many times as much.
    #[must_use]
    pub fn times(self, times: i64) -> Self {
        Self(self.0.saturating_mul(i128::from(times)))
    }

    /// Whether it is more than so many times another amount.
    pub fn exceeds_ratio(self, other: Self, ratio: Self) -> bool {
        // Rounded to thousandths, a product of two amounts of 64 bits stays far within 128.
        self.0.saturating_mul(UNIT / MILLI) > (other.0 / MILLI).saturating_mul(ratio.0 / MILLI).saturating_mul(MILLI)
    }

    /// As Kubernetes would write it: bytes in the largest unit that divides them, thousandths where it is no whole number.
    pub fn text(self, resource: &ResourceName) -> String {
        if !self.is_whole() {
            return format!("{}m", up(self.0, MILLI));
        }
        let whole = self.0 / UNIT;
        let (step, units): (i128, &[&str]) = match (resource.in_bytes(), whole % 1024) {
            (true, 0) => (1024, &["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]),
            _ => (1000, &["k", "M", "G", "T", "P", "E"]),
        };
        let (mut value, mut unit) = (whole, "");
        for next in units.iter().take_while(|_| whole != 0) {
            if value % step != 0 {
                break;
            }
            value /= step;
            unit = next;
        }
        format!("{value}{unit}")
    }
}

/// Divided, and rounded up.
fn up(amount: i128, by: i128) -> i128 {
    amount.div_euclid(by) + i128::from(amount.rem_euclid(by) != 0)
}

/// What stands in an object for an amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stated {
    /// An amount.
    Amount(Amount),
    /// A text that is none, or none that counts.
    Unreadable(Box<str>),
}

impl From<&Quantity> for Stated {
    fn from(quantity: &Quantity) -> Self {
        Amount::of(quantity).map_or_else(|| Self::Unreadable(quantity.text().into()), Self::Amount)
    }
}

/// Amounts of resources, each once, in the order of names.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ResourceList(Vec<(ResourceName, Stated)>);

impl ResourceList {
    /// What is stated of a resource.
    pub fn get(&self, resource: &ResourceName) -> Option<&Stated> {
        self.0.iter().find(|(name, _)| name == resource).map(|(_, stated)| stated)
    }

    /// The amount of a resource; none if it is not stated or unreadable.
    pub fn amount(&self, resource: &ResourceName) -> Option<Amount> {
        match self.get(resource)? {
            Stated::Amount(amount) => Some(*amount),
            Stated::Unreadable(_) => None,
        }
    }

    /// All entries.
    pub fn iter(&self) -> impl Iterator<Item = (&ResourceName, &Stated)> {
        self.0.iter().map(|(name, stated)| (name, stated))
    }

    /// Whether nothing is stated.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(ResourceName, Stated)> for ResourceList {
    fn from_iter<I: IntoIterator<Item = (ResourceName, Stated)>>(entries: I) -> Self {
        let mut list: Vec<(ResourceName, Stated)> = Vec::new();
        for (name, stated) in entries {
            match list.binary_search_by(|(known, _)| known.cmp(&name)) {
                // Of a name that stands twice, the last counts.
                Ok(at) => {
                    if let Some(entry) = list.get_mut(at) {
                        entry.1 = stated;
                    }
                }
                Err(at) => {
                    if list.len() == list.capacity() {
                        list.reserve_exact(2);
                    }
                    list.insert(at, (name, stated));
                }
            }
        }
        Self(list)
    }
}

impl<'de> Deserialize<'de> for ResourceList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = ResourceList;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of quantities")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ResourceList, A::Error> {
                let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(2).min(8));
                while let Some(entry) = map.next_entry::<ResourceName, Stated>()? {
                    entries.push(entry);
                }
                Ok(entries.into_iter().collect())
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

impl<'de> Deserialize<'de> for ResourceName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = ResourceName;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a resource")
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<ResourceName, E> {
                Ok(ResourceName::new(name))
            }
        }
        deserializer.deserialize_str(Name)
    }
}

impl<'de> Deserialize<'de> for Stated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Stated;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a quantity")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Stated, E> {
                Ok(Amount::of_short(text).map_or_else(|| Stated::from(&Quantity::lenient(text)), Stated::Amount))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Stated, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Stated, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Stated, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<Stated, E> {
                self.visit_str(&value.to_string())
            }
            fn visit_unit<E: Error>(self) -> Result<Stated, E> {
                Ok(Stated::Amount(Amount::default()))
            }
        }
        deserializer.deserialize_any(Text)
    }
}

/// `resources` of a container or a pod.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Requirements {
    /// What is kept for it.
    #[serde(deserialize_with = "null_default")]
    pub requests: ResourceList,
    /// What it may not exceed.
    #[serde(deserialize_with = "null_default")]
    pub limits: ResourceList,
}

/// The class of a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QosClass {
    /// Requests equal limits.
    Guaranteed,
    /// Something between.
    Burstable,
    /// No requests and no limits.
    BestEffort,
}

impl QosClass {
    /// As in objects.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Guaranteed => "Guaranteed",
            Self::Burstable => "Burstable",
            Self::BestEffort => "BestEffort",
        }
    }
}

impl fmt::Display for QosClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A class as a status has it: a name we do not know is none.
pub(super) fn lenient_class<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<QosClass>, D::Error> {
    let name = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    let all = [QosClass::Guaranteed, QosClass::Burstable, QosClass::BestEffort];
    Ok(all.into_iter().find(|class| class.name() == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(json: &str) -> ResourceList {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn short_amounts_are_what_their_quantities_are() {
        for text in ["0", "1", "007", "250m", "512Mi", "999999999Gi", "1Ki", "1000000000", "1.5Gi", "1k", "-1", "m", "", "1mm", "+1"] {
            if let Some(short) = Amount::of_short(text) {
                assert_eq!(Some(short), Amount::of(&Quantity::lenient(text)), "{text}");
            }
        }
        assert!(Amount::of_short("512Mi").is_some() && Amount::of_short("1.5Gi").is_none());
    }

    #[test]
    fn amounts_are_rounded_up_to_thousandths() {
        for (text, rounded) in [("0.0001", "1m"), ("1.5", "1500m"), ("1500u", "2m"), ("1", "1"), ("0", "0")] {
            let amount = Amount::of(&Quantity::lenient(text)).unwrap().rounded();
            assert_eq!(amount.text(&ResourceName::Cpu), rounded, "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_keeps_its_text_and_the_rest_is_read() {
        for text in ["1.5.0Gi", "-1", "1e999", "0x10", ""] {
            let list = list(&format!(r#"{{"memory":"{text}","cpu":1,"cpu":"2"}}"#));
            assert_eq!(list.get(&ResourceName::Memory), Some(&Stated::Unreadable(text.into())));
            assert_eq!(list.amount(&ResourceName::Memory), None);
            assert_eq!(list.amount(&ResourceName::Cpu), Some(Amount::whole(2)), "the last counts");
        }
    }

    #[test]
    fn amounts_are_written_as_kubernetes_does() {
        for (resource, text) in [
            ("memory", "1Gi"),
            ("memory", "1536Mi"),
            ("memory", "1G"),
            ("memory", "100"),
            ("memory", "0"),
            ("memory", "512m"),
            ("cpu", "1500m"),
            ("cpu", "2"),
            ("cpu", "1024"),
            ("cpu", "2k"),
            ("hugepages-2Mi", "4Mi"),
            ("example.com/gpu", "1"),
        ] {
            let amount = Amount::of(&Quantity::lenient(text)).unwrap();
            assert_eq!(amount.text(&ResourceName::new(resource)), text);
        }
    }
}
