#[rusm_rs::service(public)]
pub mod counter {
    fn init() -> u32 {
        0
    }
}


#[rusm_rs::service]
fn alone() {}

#[rusm_rs::service(shared)]
pub mod empty {}

fn main() {}
