//! What a message carries.

use std::any::Any;
use std::fmt;

use bytes::Bytes;

/// What a message carries: bytes, which guests can read too, or any Rust value, which moves from one native
/// process to another untouched.
///
/// ```
/// use rusm_otp::Payload;
///
/// let text = Payload::from("hello");
/// assert_eq!(text.as_bytes(), Some(&b"hello"[..]));
///
/// let value = Payload::new(vec![1, 2, 3]);
/// assert_eq!(value.downcast::<Vec<i32>>().ok(), Some(vec![1, 2, 3]));
/// ```
pub struct Payload(Repr);

enum Repr {
    Bytes(Bytes),
    Value(Box<dyn Any + Send>),
}

impl Payload {
    /// A Rust value. Bytes that a guest is to read are made with `Payload::from` instead.
    ///
    /// ```
    /// # use rusm_otp::Payload;
    /// assert!(Payload::new(7_u32).is::<u32>());
    /// ```
    pub fn new<T: Any + Send>(value: T) -> Self {
        Self(Repr::Value(Box::new(value)))
    }

    /// The bytes, if that is what it carries.
    ///
    /// ```
    /// # use rusm_otp::Payload;
    /// assert_eq!(Payload::from(vec![1, 2]).as_bytes(), Some(&[1, 2][..]));
    /// assert_eq!(Payload::new(1).as_bytes(), None);
    /// ```
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Repr::Bytes(bytes) => Some(bytes),
            Repr::Value(_) => None,
        }
    }

    /// The bytes without a copy, or the payload back if it carries a value.
    ///
    /// ```
    /// # use rusm_otp::Payload;
    /// assert_eq!(Payload::from("hi").into_bytes().unwrap(), "hi");
    /// assert!(Payload::new(1).into_bytes().is_err());
    /// ```
    pub fn into_bytes(self) -> Result<Bytes, Self> {
        match self.0 {
            Repr::Bytes(bytes) => Ok(bytes),
            Repr::Value(_) => Err(self),
        }
    }

    /// Whether it carries a Rust value of this type.
    ///
    /// ```
    /// # use rusm_otp::Payload;
    /// assert!(!Payload::new(1_u32).is::<i64>());
    /// ```
    pub fn is<T: Any>(&self) -> bool {
        self.downcast_ref::<T>().is_some()
    }

    /// A look at the value, if it is of this type.
    ///
    /// ```
    /// # use rusm_otp::Payload;
    /// assert_eq!(Payload::new(1_u32).downcast_ref(), Some(&1_u32));
    /// ```
    pub fn downcast_ref<T: Any>(&self) -> Option<&T> {
        match &self.0 {
            Repr::Value(value) => value.downcast_ref(),
            Repr::Bytes(_) => None,
        }
    }

    /// The value, if it is of this type, or the payload back.
    ///
    /// ```
    /// # use rusm_otp::Payload;
    /// let payload = Payload::new(1_u32).downcast::<String>().unwrap_err();
    /// assert_eq!(payload.downcast::<u32>().unwrap(), 1);
    /// ```
    pub fn downcast<T: Any>(self) -> Result<T, Self> {
        match self.0 {
            Repr::Value(value) => {
                value.downcast().map(|value| *value).map_err(|value| Self(Repr::Value(value)))
            }
            Repr::Bytes(_) => Err(self),
        }
    }
}

impl From<Bytes> for Payload {
    fn from(bytes: Bytes) -> Self {
        Self(Repr::Bytes(bytes))
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

/// The text's UTF-8 bytes.
impl From<String> for Payload {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

/// The text's UTF-8 bytes, not copied.
impl From<&'static str> for Payload {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Bytes(bytes) => bytes.fmt(f),
            Repr::Value(_) => f.write_str("<value>"),
        }
    }
}
