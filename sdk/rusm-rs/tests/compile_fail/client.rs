#[rusm_rs::client]
pub mod counter {
    pub fn add(a: u32, b: u32) -> u32;

    pub fn body() -> u32 {
        1
    }

    pub fn state(state: &mut u32);
}

#[rusm_rs::client(shared)]
pub mod other {
    pub fn add(a: u32) -> u32;
}

#[rusm_rs::client]
pub mod empty {}

fn main() {}
