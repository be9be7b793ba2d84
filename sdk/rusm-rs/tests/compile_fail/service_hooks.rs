#[rusm_rs::service]
pub mod counter {
    pub fn init() -> u32 {
        0
    }

    fn handle_info() {}

    pub fn add(total: &mut u32, amount: u32) -> u32 {
        *total += amount;
        *total
    }
}

fn main() {}
