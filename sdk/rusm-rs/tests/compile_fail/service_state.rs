#[rusm_rs::service]
pub mod counter {
    fn init() -> u32 {
        0
    }

    pub fn add(total: &mut u64, amount: u64) -> u64 {
        *total += amount;
        *total
    }
}

fn main() {}
