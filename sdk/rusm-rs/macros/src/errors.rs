//! Mistakes in what a macro was given.

use syn::Error;

/// Every mistake in the module at once, rather than one for each compilation.
#[derive(Default)]
pub(crate) struct Errors {
    pub(crate) all: Option<Error>,
    pub(crate) count: usize,
}

impl Errors {
    pub(crate) fn add(&mut self, error: Error) {
        self.count += 1;
        match &mut self.all {
            Some(all) => all.combine(error),
            None => self.all = Some(error),
        }
    }
}
