//! The actor core of rusm.
