//! Whether an answer is the right one: its body has to equal the first.

use std::sync::OnceLock;

use super::response::Sink;

/// Compares a body with the first one as it arrives, or keeps it when there is none yet.
pub(crate) enum Check<'a> {
    Collect(Vec<u8>),
    /// What the rest of the body has to be; `None` once something differed.
    Expect(Option<&'a [u8]>),
}

impl<'a> Check<'a> {
    /// A check of the next body, given the first one if there has been one.
    pub(crate) fn new(first: Option<&'a Vec<u8>>) -> Self {
        first.map_or_else(|| Self::Collect(Vec::new()), |first| Self::Expect(Some(first)))
    }

    /// Whether the body, now whole, was that of the first answer; it becomes the first if there is none.
    pub(crate) fn settle(self, first: &OnceLock<Vec<u8>>) -> bool {
        match self {
            Self::Expect(rest) => rest.is_some_and(<[u8]>::is_empty),
            Self::Collect(body) => match first.set(body) {
                Ok(()) => true,
                Err(body) => first.get() == Some(&body),
            },
        }
    }
}

impl Sink for Check<'_> {
    fn head(&mut self, _: &httparse::Response<'_, '_>) {}

    fn body(&mut self, part: &[u8]) {
        match self {
            Self::Collect(body) => body.extend_from_slice(part),
            Self::Expect(rest) => *rest = rest.and_then(|rest| rest.strip_prefix(part)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a body that comes in `parts` passes as `first`.
    fn passes(first: &str, parts: &[&str]) -> bool {
        let first = OnceLock::from(first.as_bytes().to_vec());
        let mut check = Check::new(first.get());
        for part in parts {
            check.body(part.as_bytes());
        }
        check.settle(&first)
    }

    #[test]
    fn a_body_has_to_equal_the_first() {
        assert!(passes("hello", &["hello"]));
        assert!(passes("hello", &["he", "", "llo"]));
        assert!(passes("", &[]));
        assert!(!passes("hello", &["hellO"]));
        assert!(!passes("hello", &["hell"]));
        assert!(!passes("hello", &["hello", "!"]));
        assert!(!passes("hello", &["x", "hello"]));
    }

    #[test]
    fn of_two_first_bodies_one_wins() {
        let first = OnceLock::new();
        let begin = |body: &str| {
            let mut check = Check::new(first.get());
            check.body(body.as_bytes());
            check
        };
        let (one, same, other) = (begin("a"), begin("a"), begin("b"));
        assert!(one.settle(&first));
        assert!(same.settle(&first));
        assert!(!other.settle(&first));
    }
}
