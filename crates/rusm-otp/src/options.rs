//! How a process is started.

use std::sync::Arc;

/// How a process is started. The default asks for nothing and costs nothing.
///
/// ```
/// use rusm_otp::SpawnOptions;
///
/// let options = SpawnOptions::default().label("clock");
/// ```
#[derive(Clone, Debug, Default)]
pub struct SpawnOptions {
    pub(crate) label: Option<Arc<str>>,
}

impl SpawnOptions {
    /// What the process is called in logs and listings. Many may have the same label; an `Arc<str>` kept and
    /// cloned costs no allocation.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use rusm_otp::SpawnOptions;
    /// let label: Arc<str> = "api#show".into();
    /// let options = SpawnOptions::default().label(label.clone());
    /// ```
    #[must_use]
    pub fn label(mut self, label: impl Into<Arc<str>>) -> Self {
        self.label = Some(label.into());
        self
    }
}
