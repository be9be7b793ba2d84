pub struct Opaque;

#[rusm_rs::service]
pub mod counter {
    use super::*;

    pub fn put(value: Opaque) {}

    pub fn get() -> Opaque {
        Opaque
    }

    pub fn fail() -> Result<u32, Opaque> {
        Err(Opaque)
    }
}

fn main() {}
