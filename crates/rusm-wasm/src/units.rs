//! Sizes and durations as people write them: `64 KiB`, `500ms`, `none`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

/// What is wrong with a written size or duration. Its text completes "invalid value: ...".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// No digits in front.
    #[error("expected {expected}, found `{found}`")]
    NotANumber {
        /// What would have been right, with an example.
        expected: &'static str,
        /// What was written.
        found: String,
    },
    /// Digits, then something that is no unit.
    #[error("unknown unit `{found}`: use {expected}")]
    Unit {
        /// The units there are.
        expected: &'static str,
        /// What was written in the unit's place.
        found: String,
    },
    /// Digits alone, where the unit is part of the meaning.
    #[error("`{0}` has no unit: use {DURATION_UNITS}")]
    NoUnit(String),
    /// More than 64 bits can hold.
    #[error("`{0}` is too large")]
    TooLarge(String),
    /// Zero where something must be allowed to pass.
    #[error("must be longer than zero")]
    Zero,
}

const SIZE: &str = "a size such as \"64 KiB\"";
const SIZE_UNITS: &str = "B, KiB, MiB or GiB";
const DURATION: &str = "a duration such as \"30s\"";
const DURATION_UNITS: &str = "ms, s, m or h";

/// Splits `"64 KiB"` into `(64, "KiB")`.
fn number_and_unit<'a>(text: &'a str, expected: &'static str) -> Result<(u64, &'a str), UnitError> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    if digits.is_empty() {
        return Err(UnitError::NotANumber { expected, found: text.into() });
    }
    let number = digits.parse().map_err(|_| UnitError::TooLarge(text.into()))?;
    Ok((number, unit.trim_start()))
}

/// A number of bytes: an integer, or text with a binary unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl Size {
    /// `n` times 1024 bytes.
    pub const fn kib(n: u64) -> Self {
        Self(n << 10)
    }

    /// `n` times 1024 KiB.
    pub const fn mib(n: u64) -> Self {
        Self(n << 20)
    }

    /// `n` times 1024 MiB.
    pub const fn gib(n: u64) -> Self {
        Self(n << 30)
    }

    /// The number of bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (number, unit) = number_and_unit(text, SIZE)?;
        let scale = match unit {
            "" | "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => {
                return Err(UnitError::Unit { expected: SIZE_UNITS, found: unit.into() });
            }
        };
        number.checked_mul(scale).map(Size).ok_or_else(|| UnitError::TooLarge(text.into()))
    }
}

impl fmt::Display for Size {
    /// The largest unit that divides the size, so that the text parses back to the same number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shift, unit) = match self.0 {
            n if n > 0 && n.trailing_zeros() >= 30 => (30, "GiB"),
            n if n > 0 && n.trailing_zeros() >= 20 => (20, "MiB"),
            n if n > 0 && n.trailing_zeros() >= 10 => (10, "KiB"),
            _ => (0, "B"),
        };
        write!(f, "{} {unit}", self.0 >> shift)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SizeVisitor;
        impl Visitor<'_> for SizeVisitor {
            type Value = Size;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{SIZE} or a number of bytes")
            }

            fn visit_u64<E: de::Error>(self, bytes: u64) -> Result<Size, E> {
                Ok(Size(bytes))
            }

            fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<Size, E> {
                u64::try_from(bytes)
                    .map(Size)
                    .map_err(|_| E::invalid_value(de::Unexpected::Signed(bytes), &self))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Size, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(SizeVisitor)
    }
}

/// A duration, zero included: `"0s"` where waiting may be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Delay(pub Duration);

/// A duration longer than zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timeout(pub Duration);

/// A duration longer than zero, or `"none"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimit(pub Option<Duration>);

impl FromStr for Delay {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (number, unit) = number_and_unit(text, DURATION)?;
        let millis = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "" => return Err(UnitError::NoUnit(text.into())),
            _ => {
                return Err(UnitError::Unit { expected: DURATION_UNITS, found: unit.into() });
            }
        };
        let millis = number.checked_mul(millis).ok_or_else(|| UnitError::TooLarge(text.into()))?;
        Ok(Delay(Duration::from_millis(millis)))
    }
}

impl FromStr for Timeout {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let Delay(duration) = text.parse()?;
        if duration.is_zero() { Err(UnitError::Zero) } else { Ok(Timeout(duration)) }
    }
}

impl FromStr for TimeLimit {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        if text == "none" {
            return Ok(TimeLimit(None));
        }
        let Timeout(duration) = text.parse()?;
        Ok(TimeLimit(Some(duration)))
    }
}

/// Deserializes a type that is always written as text.
struct Text<T>(&'static str, std::marker::PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// Implements `Deserialize` by `FromStr`, saying what was expected when the value is no text at all.
macro_rules! deserialize_text {
    ($($type:ty: $expected:expr),* $(,)?) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Text($expected, std::marker::PhantomData))
            }
        }
    )*};
}

deserialize_text! {
    Delay: DURATION,
    Timeout: DURATION,
    TimeLimit: "a duration such as \"30s\", or \"none\"",
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(text: &str) -> Result<u64, String> {
        text.parse().map(Size::bytes).map_err(|error: UnitError| error.to_string())
    }

    fn delay(text: &str) -> Result<Duration, String> {
        text.parse().map(|Delay(duration)| duration).map_err(|error: UnitError| error.to_string())
    }

    #[test]
    fn sizes_have_binary_units() {
        assert_eq!(size("17"), Ok(17));
        assert_eq!(size("17 B"), Ok(17));
        assert_eq!(size("64 KiB"), Ok(65_536));
        assert_eq!(size("8MiB"), Ok(8 << 20));
        assert_eq!(size("1 GiB"), Ok(1 << 30));
    }

    #[test]
    fn a_bad_size_says_what_would_be_right() {
        assert_eq!(size("8 MB").unwrap_err(), "unknown unit `MB`: use B, KiB, MiB or GiB");
        assert_eq!(size("-1 KiB").unwrap_err(), "expected a size such as \"64 KiB\", found `-1 KiB`");
        assert_eq!(size("99999999999 GiB").unwrap_err(), "`99999999999 GiB` is too large");
        assert_eq!(size("99999999999999999999").unwrap_err(), "`99999999999999999999` is too large");
    }

    #[test]
    fn a_size_prints_as_it_parses() {
        for text in ["0 B", "1 B", "1023 B", "64 KiB", "1025 KiB", "8 MiB", "3 GiB"] {
            assert_eq!(text.parse::<Size>().map(|size| size.to_string()), Ok(text.to_string()));
        }
    }

    #[test]
    fn durations_need_a_unit() {
        assert_eq!(delay("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(delay("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(delay("5m"), Ok(Duration::from_mins(5)));
        assert_eq!(delay("1 h"), Ok(Duration::from_hours(1)));
        assert_eq!(delay("0s"), Ok(Duration::ZERO));
        assert_eq!(delay("30").unwrap_err(), "`30` has no unit: use ms, s, m or h");
        assert_eq!(delay("30 sec").unwrap_err(), "unknown unit `sec`: use ms, s, m or h");
        assert_eq!(delay("soon").unwrap_err(), "expected a duration such as \"30s\", found `soon`");
    }

    #[test]
    fn a_limit_may_be_none_and_is_never_zero() {
        assert_eq!("none".parse(), Ok(TimeLimit(None)));
        assert_eq!("1s".parse(), Ok(TimeLimit(Some(Duration::from_secs(1)))));
        assert_eq!("0s".parse::<TimeLimit>(), Err(UnitError::Zero));
        assert_eq!("0ms".parse::<Timeout>(), Err(UnitError::Zero));
    }
}
