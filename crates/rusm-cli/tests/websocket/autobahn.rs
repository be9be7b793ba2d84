//! The test suite of the Autobahn project, where it is installed.

use std::process::Command;

use crate::support::live::Live;

/// Runs `$AUTOBAHN_WSTEST ws://ADDRESS CASES`, which is to fail if a case does. The cases of `$AUTOBAHN_CASES`, by
/// default those that take seconds.
#[test]
fn autobahn() {
    let Ok(wstest) = std::env::var("AUTOBAHN_WSTEST") else {
        println!("skipped: AUTOBAHN_WSTEST names no script that runs Autobahn's suite");
        return;
    };
    let cases = std::env::var("AUTOBAHN_CASES").unwrap_or_else(|_| "1.*,2.*,5.*,6.*,7.*".to_owned());
    let node = Live { listener: "max-message-size = \"16 MiB\"", ..Live::default() }.serve();
    let url = format!("ws://{}/echo", node.address());
    let output = Command::new(wstest).args([&url, &cases]).output().unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
