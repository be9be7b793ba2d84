#[rusm_rs::service]
pub mod first {
    pub fn one() -> u32 {
        1
    }
}

#[rusm_rs::service]
pub mod second {
    pub fn two() -> u32 {
        2
    }
}

fn main() {}
