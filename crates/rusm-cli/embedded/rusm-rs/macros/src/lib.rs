//! The macros of rusm-rs.
