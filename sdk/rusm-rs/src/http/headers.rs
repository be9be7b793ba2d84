use std::fmt;

/// Header fields in their order, names in lower case, a repeated name standing repeatedly
/// (RFC 9110, section 5).
///
/// Values are bytes. [`get`](Self::get) gives those that are UTF-8, as nearly all are.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, Vec<u8>)>);

impl Headers {
    /// No headers.
    ///
    /// ```
    /// # use rusm_rs::http::Headers;
    /// assert!(Headers::new().is_empty());
    /// ```
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
    ///
    /// ```
    /// # use rusm_rs::http::Headers;
    /// let mut headers = Headers::new();
    /// headers.append("x-raw", [0xFF]);
    /// assert_eq!(headers.get_bytes("x-raw"), Some(&[0xFF][..]));
    /// assert_eq!(headers.get("x-raw"), None);
    /// ```
    pub fn get_bytes(&self, name: &str) -> Option<&[u8]> {
        self.get_all(name).next()
    }

    /// Every value under this name, in order.
    ///
    /// ```
    /// # use rusm_rs::http::Headers;
    /// let mut headers = Headers::new();
    /// headers.append("set-cookie", "a=1");
    /// headers.append("set-cookie", "b=2");
    /// assert!(headers.get_all("set-cookie").eq([b"a=1", b"b=2"]));
    /// ```
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Every field, in order.
    ///
    /// ```
    /// # use rusm_rs::http::Headers;
    /// let mut headers = Headers::new();
    /// headers.append("Host", "example.org");
    /// assert!(headers.iter().eq([("host", b"example.org".as_slice())]));
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// Puts this value in the place of all under the name.
    ///
    /// ```
    /// # use rusm_rs::http::Headers;
    /// let mut headers = Headers::new();
    /// headers.append("accept", "text/html");
    /// headers.append("accept", "text/plain");
    /// headers.set("Accept", "image/png");
    /// assert!(headers.get_all("accept").eq([b"image/png"]));
    /// ```
    pub fn set(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.remove(name);
        self.append(name, value);
    }

    /// Adds a value and keeps those that stand under the name already: `set-cookie`, for one.
    ///
    /// ```
    /// # use rusm_rs::http::Headers;
    /// let mut headers = Headers::new();
    /// headers.append("set-cookie", "a=1");
    /// headers.append("set-cookie", "b=2");
    /// assert_eq!(headers.len(), 2);
    /// ```
    pub fn append(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.0.push((name.to_ascii_lowercase(), value.as_ref().to_vec()));
    }

    /// Takes every value under this name away.
    ///
    /// ```
    /// # use rusm_rs::http::Headers;
    /// let mut headers = Headers::new();
    /// headers.append("x-debug", "1");
    /// headers.remove("X-Debug");
    /// assert!(headers.is_empty());
    /// ```
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    }

    /// How many fields there are, repeated ones counted each time.
    ///
    /// ```
    /// # use rusm_rs::http::Headers;
    /// let mut headers = Headers::new();
    /// headers.append("accept", "text/html");
    /// headers.append("accept", "text/plain");
    /// assert_eq!(headers.len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    ///
    /// ```
    /// # use rusm_rs::http::Headers;
    /// let mut headers = Headers::new();
    /// assert!(headers.is_empty());
    /// headers.set("host", "example.org");
    /// assert!(!headers.is_empty());
    /// ```
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
        f.debug_map()
            .entries(self.0.iter().map(|(name, value)| (name, String::from_utf8_lossy(value))))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Headers;

    #[test]
    fn fields_keep_their_order_and_names_are_in_lower_case() {
        let mut headers = Headers::new();
        for (name, value) in [("B", "1"), ("a", "2"), ("b", "3")] {
            headers.append(name, value);
        }
        let fields = [("b", "1"), ("a", "2"), ("b", "3")].map(|(name, value)| (name, value.as_bytes()));
        assert!(headers.iter().eq(fields));
    }

    #[test]
    fn setting_and_removing_leave_other_names_alone() {
        let mut headers = Headers::new();
        for (name, value) in [("a", "1"), ("b", "2"), ("a", "3")] {
            headers.append(name, value);
        }
        headers.set("A", "4");
        assert!(headers.iter().eq([("b", b"2".as_slice()), ("a", b"4")]));
        headers.remove("B");
        assert_eq!(headers.get("b"), None);
        assert_eq!(headers.get("a"), Some("4"));
    }

    #[test]
    fn fields_pass_the_wire_unchanged() {
        let fields = vec![("x".to_owned(), vec![0xFF]), ("x".to_owned(), Vec::new())];
        assert_eq!(Headers::from_wire(fields.clone()).into_wire(), fields);
    }

    #[test]
    fn debug_output_shows_values_as_text() {
        let mut headers = Headers::new();
        headers.append("accept", "text/html");
        assert_eq!(format!("{headers:?}"), r#"{"accept": "text/html"}"#);
    }
}
