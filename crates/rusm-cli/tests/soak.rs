//! What takes too long for every change; `ci/soak` runs it.

mod support;

use support::server::App;

/// A server's memory is what its peak of work took, however long it works: requests leave nothing behind.
#[test]
#[ignore = "200,000 requests; run by ci/soak"]
fn leak() {
    const WARM_UP: usize = 20_000;
    const ALL: usize = 200_000;
    const CONNECTIONS: usize = 32;

    let node = App::default().serve();
    let address = node.address();
    let run = |requests: usize| {
        std::thread::scope(|scope| {
            for _ in 0..CONNECTIONS {
                scope.spawn(|| {
                    let mut client = support::client::Client::connect(address);
                    for id in 0..requests / CONNECTIONS {
                        assert_eq!(client.get(&format!("/users/{id}")).text(), format!("user {id}\n"));
                    }
                });
            }
        });
        node.resident()
    };
    let start = node.resident();
    let warm = run(WARM_UP);
    println!("resident at start: {start} KiB");
    println!("after {WARM_UP} requests: {warm} KiB");
    let mut last = warm;
    for done in (WARM_UP..ALL).step_by(WARM_UP) {
        last = run(WARM_UP);
        println!("after {} requests: {last} KiB", done + WARM_UP);
    }
    assert!(last <= warm + warm / 10, "{last} KiB after {ALL} requests, {warm} KiB after {WARM_UP}");
}
