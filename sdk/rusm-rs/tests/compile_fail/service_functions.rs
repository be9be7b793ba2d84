use rusm_rs::service::Callback;

#[rusm_rs::service]
pub mod counter {
    use super::*;

    pub async fn wait() {}

    pub fn stateful(&mut self) {}

    pub fn state_without_init(state: &mut u32) -> u32 {
        *state
    }

    pub fn borrowed(count: u32, name: &str) -> u32 {
        count + name.len() as u32
    }

    pub fn generic<T>(value: T) {}

    pub fn anything(value: impl Sized) {}

    pub fn unnamed() -> impl Sized {}

    pub fn aliased() -> Result {
        Ok(())
    }

    pub fn both(progress: Callback<u32>) -> impl Iterator<Item = u32> {
        0..1
    }

    pub fn connect() {}

    // Correct, and so not spoken of.
    pub fn add(a: u32, b: u32) -> u32 {
        a + b
    }
}

type Result = std::result::Result<(), String>;

fn main() {}
