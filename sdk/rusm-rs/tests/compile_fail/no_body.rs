#[rusm_rs::handlers]
#[path = "parts/api.rs"]
pub mod api;

fn main() {}
