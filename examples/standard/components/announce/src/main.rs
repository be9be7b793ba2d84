//! A program that runs when the node starts.

fn main() {
    let user = std::env::var("USER").unwrap_or_else(|_| "whoever reads this".to_owned());
    println!("hello from {} to {user}", std::env::args().next().unwrap_or_default());
}
