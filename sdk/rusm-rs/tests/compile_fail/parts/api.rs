//! The body of a module that stands in a file of its own.
