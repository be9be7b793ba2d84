#[rusm_rs::client]
pub mod counter {
    pub fn add(a: u32, name: String) -> u32;
}

fn main() {
    let counter = counter::Client::connect("counter").unwrap();
    counter.add(1, "x").unwrap();
    counter.add(&1, String::new()).unwrap();
    counter.add("1", "x").unwrap();
    counter.add(1).unwrap();
}
