use std::fmt;

/// Header fields in their order, names in lower case, a repeated name standing repeatedly
/// (RFC 9110, section 5).
///
/// Values are bytes. [`get`](Self::get) gives those that are UTF-8, as nearly all are.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, Vec<u8>)>);

impl Headers {
    /// No headers.
    pub fn new() -> Headers {
        Headers::default()
    }

    /// The first value under this name, if it is UTF-8. Names are compared without regard to case.
    ///
    /// ```
    /// # use rusm_rs::http::Headers;
    /// let mut headers = Headers::new();
    /// headers.append("Accept", "text/html");
    /// headers.append("accept", "text/plain");
    /// assert_eq!(headers.get("ACCEPT"), Some("text/html"));
    /// assert_eq!(headers.get_all("accept").count(), 2);
    /// ```
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_bytes(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// The first value under this name, whatever bytes it holds.
    pub fn get_bytes(&self, name: &str) -> Option<&[u8]> {
        self.get_all(name).next()
    }

    /// Every value under this name, in order.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Every field, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// Puts this value in the place of all under the name.
    pub fn set(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.remove(name);
        self.append(name, value);
    }

    /// Adds a value and keeps those that stand under the name already: `set-cookie`, for one.
    pub fn append(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.0.push((name.to_ascii_lowercase(), value.as_ref().to_vec()));
    }

    /// Takes every value under this name away.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    }

    /// How many fields there are, repeated ones counted each time.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn from_wire(fields: Vec<(String, Vec<u8>)>) -> Headers {
        Headers(fields)
    }

    pub(crate) fn into_wire(self) -> Vec<(String, Vec<u8>)> {
        self.0
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(name, value)| (name, String::from_utf8_lossy(value)))).finish()
    }
}
