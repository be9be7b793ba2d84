//! What the wire costs beside plain `serde_json`, of a call's typical arguments.
//!
//! `cargo run --release -p rusm-rs --example wire_cost`

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Order {
    id: u32,
    customer: String,
    items: Vec<Item>,
    paid: bool,
}

#[derive(Serialize, Deserialize)]
struct Item {
    name: String,
    count: u32,
    price: f64,
}

fn main() {
    let item = |name: &str| Item { name: name.into(), count: 3, price: 4.25 };
    let order = Order { id: 7, customer: "Ada".into(), items: vec![item("tea"), item("milk")], paid: false };
    let numbers = (2_i64, 3_i64);
    compare("two integers", &numbers);
    compare("an order", &order);
}

fn compare<T: Serialize + serde::de::DeserializeOwned>(what: &str, value: &T) {
    let text = serde_json::to_vec(value).unwrap();
    assert_eq!(rusm_rs::wire::to_vec(value).unwrap(), text);
    let plain = || {
        let text = serde_json::to_vec(black_box(value)).unwrap();
        black_box(serde_json::from_slice::<T>(black_box(&text)).unwrap());
    };
    let wire = || {
        let text = rusm_rs::wire::to_vec(black_box(value)).unwrap();
        black_box(rusm_rs::wire::from_slice::<T>(black_box(&text)).unwrap());
    };
    let mut best = [Duration::MAX; 2];
    for _ in 0..20 {
        best = [best[0].min(time(&plain)), best[1].min(time(&wire))];
    }
    println!(
        "{what}, {} bytes, written and read: serde_json {} ns, wire {} ns",
        text.len(),
        best[0].as_nanos() / ROUNDS,
        best[1].as_nanos() / ROUNDS
    );
}

const ROUNDS: u128 = 50_000;

fn time(work: &dyn Fn()) -> Duration {
    let start = Instant::now();
    (0..ROUNDS).for_each(|_| work());
    start.elapsed()
}
