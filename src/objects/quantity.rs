//! Quantities (`20Gi`, `1.5`, `950E`), exact however large: Kubernetes compares sizes as decimals, not as 64-bit integers.
//!
//! Source: `k8s.io/apimachinery/pkg/api/resource/quantity.go`: `ParseQuantity`, `Cmp`, `Value`.

use std::cmp::Ordering;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// Digits behind the point that a quantity keeps; what is smaller is rounded up.
const NANO: i64 = 9;
/// Mantissas of more digits take Kubernetes' slow path.
const FAST_DIGITS: usize = 18;
/// Exponents beyond this are taken for a mistake.
const MAX_EXPONENT: i64 = 100_000;

/// A quantity as it was written. A text that is none has the amount zero and says that it is malformed.
#[derive(Debug, Clone)]
pub struct Quantity {
    text: Box<str>,
    amount: Amount,
    /// Whether Kubernetes gives zero where it has no room for it in 64 bits, and not the low bits.
    zero_beyond: bool,
    malformed: bool,
}

/// INVARIANT: `Large` only holds what does not fit `Nano`, so it is beyond every `Nano`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Amount {
    /// Thousand-millionths.
    Nano(i128),
    /// Decimal digits without zeros at either end, times ten to the exponent.
    Large { negative: bool, digits: Box<[u8]>, exponent: i64 },
}

impl Default for Quantity {
    fn default() -> Self {
        Self { text: "0".into(), amount: Amount::Nano(0), zero_beyond: false, malformed: false }
    }
}

impl Quantity {
    /// Reads a quantity; none if Kubernetes would refuse the text.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix(['+', '-']) {
            Some(rest) => (text.starts_with('-'), rest),
            None => (false, text),
        };
        let (whole, rest) = digits_of(rest);
        let (fraction, suffix) = rest.strip_prefix('.').map_or(("", rest), digits_of);
        if text.is_empty() {
            return None;
        }
        let (binary, exponent) = suffix_of(suffix)?;
        // Kubernetes takes a suffix alone for zero, where it need not look at the digits once more.
        if whole.is_empty() && fraction.is_empty() {
            let looked_at = if binary { exponent > 40 } else { exponent < -NANO };
            return (!looked_at).then(|| Self { text: text.into(), ..Self::default() });
        }
        let whole = whole.trim_start_matches('0');
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|b| b.wrapping_sub(b'0')).collect();
        let places = i64::try_from(fraction.len()).ok()?;
        let short = whole.len().max(1) + fraction.len() <= FAST_DIGITS;
        let mut scale = -places;
        if binary {
            multiply_by_power_of_two(&mut digits, exponent);
        } else {
            scale += exponent;
        }
        // An integer and an exponent is multiplied step by step, but for these exponents, for which it is done at once.
        let zero_beyond = !binary && short && scale >= -NANO && !matches!(scale, 0 | 1 | 2 | 3 | 6 | 9);
        let mut amount = Amount::of(negative, digits, scale);
        if binary && let Amount::Nano(nano) = &mut amount {
            *nano = (*nano).clamp(-MOST_BINARY, MOST_BINARY);
        } else if binary {
            amount = Amount::Nano(if negative { -MOST_BINARY } else { MOST_BINARY });
        }
        Some(Self { text: text.into(), amount, zero_beyond, malformed: false })
    }

    /// Reads a quantity, or keeps what is none as a malformed zero.
    pub fn lenient(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|| Self { text: text.into(), malformed: true, ..Self::default() })
    }

    /// Whether the text is no quantity.
    pub fn is_malformed(&self) -> bool {
        self.malformed
    }

    /// Whether it is more than nothing.
    pub fn is_positive(&self) -> bool {
        match &self.amount {
            Amount::Nano(nano) => *nano > 0,
            Amount::Large { negative, .. } => !negative,
        }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// `Quantity.Value()`: rounded away from zero to a whole number. What has no room in 64 bits is what it is in Kubernetes: zero,
    /// or the low 64 bits.
    pub fn value(&self) -> i64 {
        match &self.amount {
            Amount::Nano(nano) => {
                let rounded = nano / 1_000_000_000 + (nano % 1_000_000_000).signum();
                let low = || if self.zero_beyond { 0 } else { i64::from_ne_bytes(low_bits(rounded).to_ne_bytes()) };
                i64::try_from(rounded).unwrap_or_else(|_| low())
            }
            Amount::Large { .. } if self.zero_beyond => 0,
            Amount::Large { negative, digits, exponent } => {
                let whole =
                    usize::try_from(i64::try_from(digits.len()).unwrap_or(i64::MAX).saturating_add((*exponent).min(0))).unwrap_or(0);
                let mut low = digits.iter().take(whole).fold(0_u64, |low, digit| low.wrapping_mul(10).wrapping_add(u64::from(*digit)));
                // Ten to the 64th has nothing left in 64 bits.
                for _ in 0..(*exponent).clamp(0, 64) {
                    low = low.wrapping_mul(10);
                }
                low = low.wrapping_add(u64::from(whole < digits.len()));
                i64::from_ne_bytes(if *negative { low.wrapping_neg() } else { low }.to_ne_bytes())
            }
        }
    }

    /// In thousand-millionths; none for what is malformed or far beyond 64 bits.
    pub fn nano(&self) -> Option<i128> {
        match self.amount {
            Amount::Nano(nano) if !self.malformed => Some(nano),
            _ => None,
        }
    }

    /// The sum of two quantities; none beyond what addition in practice meets.
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        let (Amount::Nano(a), Amount::Nano(b)) = (&self.amount, &other.amount) else { return None };
        let sum = a.checked_add(*b)?;
        Some(Self { text: whole_text(sum).into(), amount: Amount::Nano(sum), zero_beyond: false, malformed: false })
    }
}

/// The largest quantity with a binary suffix: 2⁶³-1.
const MOST_BINARY: i128 = 9_223_372_036_854_775_807 * 1_000_000_000;

/// The low 64 bits, as Go's `big.Int.Int64` gives them.
fn low_bits(value: i128) -> u64 {
    u64::try_from(value & i128::from(u64::MAX)).unwrap_or_default()
}

/// A computed amount, in the largest binary unit that divides it.
fn whole_text(nano: i128) -> String {
    if nano % 1_000_000_000 != 0 {
        return format!("{}m", nano / 1_000_000 + i128::from(nano % 1_000_000 != 0));
    }
    let mut value = nano / 1_000_000_000;
    let mut unit = "";
    for next in ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] {
        if value == 0 || value % 1024 != 0 {
            break;
        }
        value /= 1024;
        unit = next;
    }
    format!("{value}{unit}")
}

impl Amount {
    fn of(negative: bool, mut digits: Vec<u8>, mut exponent: i64) -> Self {
        // Rounds up to a thousand-millionth: whoever asks for something gets something.
        while exponent < -NANO && !digits.is_empty() {
            let drop = usize::try_from(-NANO - exponent).unwrap_or(usize::MAX).min(digits.len());
            let kept = digits.len() - drop;
            let lost = digits.split_off(kept).iter().any(|d| *d != 0);
            exponent += i64::try_from(drop).unwrap_or(i64::MAX);
            if digits.is_empty() {
                exponent = -NANO;
            }
            if lost {
                increment(&mut digits);
            }
        }
        let leading = digits.iter().take_while(|d| **d == 0).count();
        digits.drain(..leading);
        while digits.last() == Some(&0) {
            digits.pop();
            exponent += 1;
        }
        if digits.is_empty() {
            return Self::Nano(0);
        }
        let small = u32::try_from(exponent + NANO).ok().and_then(|shift| 10_i128.checked_pow(shift)).and_then(|factor| {
            let mut value: i128 = 0;
            for digit in &digits {
                value = value.checked_mul(10)?.checked_add(i128::from(*digit))?;
            }
            value.checked_mul(factor)
        });
        match small {
            Some(value) => Self::Nano(if negative { -value } else { value }),
            None => Self::Large { negative, digits: digits.into(), exponent },
        }
    }
}

fn increment(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return;
        }
        *digit = 0;
    }
    digits.insert(0, 1);
}

fn multiply_by_power_of_two(digits: &mut Vec<u8>, power: i64) {
    for _ in 0..power / 10 {
        let mut carry = 0_u32;
        for digit in digits.iter_mut().rev() {
            let product = u32::from(*digit) * 1024 + carry;
            *digit = u8::try_from(product % 10).unwrap_or_default();
            carry = product / 10;
        }
        while carry > 0 {
            digits.insert(0, u8::try_from(carry % 10).unwrap_or_default());
            carry /= 10;
        }
    }
}

fn digits_of(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Whether the exponent is one of two, and the exponent.
fn suffix_of(suffix: &str) -> Option<(bool, i64)> {
    Some(match suffix {
        "" => (false, 0),
        "n" => (false, -9),
        "u" => (false, -6),
        "m" => (false, -3),
        "k" => (false, 3),
        "M" => (false, 6),
        "G" => (false, 9),
        "T" => (false, 12),
        "P" => (false, 15),
        "E" => (false, 18),
        "Ki" => (true, 10),
        "Mi" => (true, 20),
        "Gi" => (true, 30),
        "Ti" => (true, 40),
        "Pi" => (true, 50),
        "Ei" => (true, 60),
        exponent => {
            let number: i64 = exponent.strip_prefix(['e', 'E'])?.parse().ok()?;
            (number.abs() <= MAX_EXPONENT).then_some((false, number))?
        }
    })
}

impl Ord for Amount {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |negative: bool| if negative { Ordering::Less } else { Ordering::Greater };
        match (self, other) {
            (Self::Nano(a), Self::Nano(b)) => a.cmp(b),
            (Self::Large { negative, .. }, Self::Nano(_)) => sign(*negative),
            (Self::Nano(_), Self::Large { negative, .. }) => sign(*negative).reverse(),
            (Self::Large { negative: a, digits: x, exponent: p }, Self::Large { negative: b, digits: y, exponent: q }) => {
                let size = |digits: &[u8], exponent: i64| i64::try_from(digits.len()).unwrap_or(i64::MAX).saturating_add(exponent);
                // Without zeros at the end, the order of texts is the order of fractions.
                let magnitude = size(x, *p).cmp(&size(y, *q)).then_with(|| x.cmp(y));
                match (a, b) {
                    (false, false) => magnitude,
                    (true, true) => magnitude.reverse(),
                    (a, _) => sign(*a),
                }
            }
        }
    }
}

impl PartialOrd for Amount {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Quantities are the same if their amounts are: `1Gi` is `1024Mi`.
impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.amount == other.amount
    }
}

impl Eq for Quantity {}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.amount.cmp(&other.amount)
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Quantity;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a quantity")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Quantity, E> {
                Ok(Quantity::lenient(text))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Quantity, E> {
                Ok(Quantity::lenient(&number.to_string()))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Quantity, E> {
                Ok(Quantity::lenient(&number.to_string()))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Quantity, E> {
                Ok(Quantity::lenient(&number.to_string()))
            }
            fn visit_unit<E: Error>(self) -> Result<Quantity, E> {
                Ok(Quantity::default())
            }
        }
        deserializer.deserialize_any(Text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quantity(text: &str) -> Quantity {
        Quantity::parse(text).unwrap_or_else(|| panic!("{text} is no quantity"))
    }

    #[test]
    fn suffixes_are_those_of_kubernetes() {
        for (a, b) in [
            ("1Gi", "1024Mi"),
            ("1k", "1000"),
            ("1e3", "1k"),
            ("1E3", "1000"),
            ("1E", "1e18"),
            ("1.5Gi", "1536Mi"),
            (".5Gi", "512Mi"),
            ("5.", "5"),
            ("100m", "0.1"),
            ("0.1n", "1n"),
            ("1e-12", "1n"),
            ("+1", "1"),
            ("-1Ki", "-1024"),
            ("0", "0Gi"),
            ("Gi", "0"),
            ("-", "0"),
            ("16Ei", "9223372036854775807"),
            ("9.5Ei", "8Ei"),
            ("0.3Ki", "307.2"),
        ] {
            assert_eq!(quantity(a), quantity(b), "{a} {b}");
        }
        for text in ["", "Ei", "e-10", "abc", "1gi", "1 Gi", "1KB", "1i", "1.1.1", "--1", "1e", "1e1.5", "1Gi2", "٣", "1e99999999999"] {
            assert!(Quantity::parse(text).is_none(), "{text}");
            assert!(Quantity::lenient(text).is_malformed());
        }
    }

    #[test]
    fn comparison_is_exact_beyond_64_bits() {
        let ascending =
            ["-1e40", "-950E", "-1n", "0", "1n", "1", "16Ei", "9.3E", "200E", "800E", "950E", "950.000000001E", "1e30", "1e40", "1.1e40"];
        for pair in ascending.windows(2) {
            assert!(quantity(pair[0]) < quantity(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn value_rounds_up_and_is_zero_where_go_overflows() {
        for (text, value) in [("1m", 1), ("1.5", 2), ("-1.5", -2), ("1Gi", 1 << 30), ("950E", 0), ("16Ei", i64::MAX), ("0", 0)] {
            assert_eq!(quantity(text).value(), value, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[+-]?[0-9]{0,45}(\\.[0-9]{0,20})?([numkMGTPE]i?|[eE][+-]?[0-9]{1,4})?") {
            let q = Quantity::lenient(&text);
            prop_assert_eq!(&q, &q.clone());
            let _ = q.value();
        }

        #[test]
        fn comparison_is_that_of_integers(a in any::<i64>(), b in any::<i64>()) {
            prop_assert_eq!(quantity(&a.to_string()).cmp(&quantity(&b.to_string())), a.cmp(&b));
            prop_assert_eq!(quantity(&a.to_string()).value(), a);
        }

        #[test]
        fn a_longer_number_is_larger(digits in "[1-9][0-9]{0,60}") {
            let (small, large) = (quantity(&digits), quantity(&format!("{digits}0")));
            prop_assert!(small < large);
            prop_assert_eq!(quantity(&format!("{digits}000")), quantity(&format!("{digits}k")));
        }
    }
}
