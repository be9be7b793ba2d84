#[rusm_rs::service]
pub mod counter {
    fn init() -> Vec<u32> {
        Vec::new()
    }

    pub fn all(state: &mut Vec<u32>) -> impl Iterator<Item = u32> {
        state.iter().copied()
    }
}

fn main() {}
