//! What went wrong, where, and what to do next, in rustc's manner.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// A text that diagnostics point into.
#[derive(Debug)]
pub struct Source {
    /// The file's name as it is shown.
    pub path: String,
    /// All of the file.
    pub text: String,
}

impl Source {
    /// A source to point into, shared by its diagnostics.
    pub fn new(path: &Path, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { path: shown(path), text: text.into() })
    }
}

/// A path as messages show it.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Severity {
    Error,
    Warning,
}

#[derive(Debug, Clone)]
struct Place {
    source: Arc<Source>,
    span: Range<usize>,
    label: String,
    /// A second place in the same source that explains the first.
    context: Option<(Range<usize>, String)>,
}

/// One thing to tell the user.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    severity: Severity,
    title: String,
    place: Option<Place>,
    notes: Vec<String>,
    helps: Vec<String>,
}

impl Diagnostic {
    /// Something that must be mended first.
    pub fn error(title: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            title: title.into(),
            place: None,
            notes: Vec::new(),
            helps: Vec::new(),
        }
    }

    /// Something that is probably not meant.
    pub fn warning(title: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(title) }
    }

    /// Underlines `span` (bytes) of `source` and writes `label` below it; an empty label writes nothing.
    #[must_use]
    pub fn at(mut self, source: &Arc<Source>, span: Range<usize>, label: impl Into<String>) -> Self {
        self.place = Some(Place { source: source.clone(), span, label: label.into(), context: None });
        self
    }

    /// Marks a second place in the same source. Needs [`at`](Self::at) first.
    #[must_use]
    pub fn context(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        if let Some(place) = &mut self.place {
            place.context = Some((span, label.into()));
        }
        self
    }

    /// Adds what explains it further.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds a line on what to do next.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(text.into());
        self
    }

    /// Where in its source it stands, for sorting.
    fn position(&self) -> usize {
        self.place.as_ref().map_or(0, |place| place.span.start)
    }

    fn group(&self) -> Group<'_> {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(&self.title);
        let notes = self.notes.iter().map(|note| Level::NOTE.message(note));
        let more = notes.chain(self.helps.iter().map(|help| Level::HELP.message(help)));
        let Some(place) = &self.place else {
            return title.elements(more);
        };
        let label = (!place.label.is_empty()).then_some(place.label.as_str());
        let snippet = Snippet::source(&place.source.text)
            .path(&place.source.path)
            .annotation(AnnotationKind::Primary.span(place.span.clone()).label(label))
            .annotations(
                place
                    .context
                    .iter()
                    .map(|(span, label)| AnnotationKind::Context.span(span.clone()).label(label.as_str())),
            );
        title.element(snippet).elements(more)
    }

    fn render(&self, renderer: &Renderer) -> String {
        renderer.render(&[self.group()])
    }

    /// Writes the diagnostic to standard error, coloured if that is a terminal that wants colours.
    pub fn print(&self) {
        anstream::eprintln!("{}\n", self.render(&Renderer::styled()));
    }
}

/// Everything that is wrong, as one error: a command reports all it found, not only the first.
#[derive(Debug, Clone, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Adds a diagnostic.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Adds all that another report has.
    pub fn append(&mut self, mut other: Self) {
        self.diagnostics.append(&mut other.diagnostics);
    }

    /// Puts diagnostics of one source into the order of its text.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.diagnostics.sort_by_key(Diagnostic::position);
        self
    }

    /// `Ok(value)` when nothing was reported, the report otherwise.
    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.diagnostics.is_empty() { Ok(value) } else { Err(self) }
    }

    /// Writes every diagnostic to standard error.
    pub fn print(&self) {
        self.diagnostics.iter().for_each(Diagnostic::print);
    }
}

impl From<Diagnostic> for Report {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { diagnostics: vec![diagnostic] }
    }
}

impl fmt::Display for Report {
    /// Without colours.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let renderer = Renderer::plain();
        for (i, diagnostic) in self.diagnostics.iter().enumerate() {
            let separator = if i == 0 { "" } else { "\n\n" };
            write!(f, "{separator}{}", diagnostic.render(&renderer))?;
        }
        Ok(())
    }
}

impl std::error::Error for Report {}

impl From<Diagnostic> for anyhow::Error {
    fn from(diagnostic: Diagnostic) -> Self {
        Report::from(diagnostic).into()
    }
}
