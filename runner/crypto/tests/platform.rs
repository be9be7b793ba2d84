//! `crypto.subtle` by what is done with it: each a file in `runner/platform/crypto/tests`, run in the guest's own engine over the
//! algorithms that the host computes by.

#[path = "support/direct.rs"]
mod direct;
#[path = "../../web/tests/harness/mod.rs"]
mod harness;

macro_rules! apis {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name));
            }
        )*
    };
}

apis!(agree, derive, digest, encrypt, generate, import, interfaces, jose, node, sign, wrap);

fn check(name: &str) {
    let cases = harness::run_with(&format!("crypto/tests/{name}.test.ts"), |ctx| {
        ctx.globals().set("__cryptoNatives", rusm_runner_crypto::natives(ctx, direct::Direct)?)
    });
    assert!(!cases.is_empty(), "{name} has no cases");
    let mut failures = Vec::new();
    for case in &cases {
        match (&case.failure, &case.known) {
            (Some(failure), None) => failures.push(format!("{}: {failure}", case.name)),
            (None, Some(reason)) => failures.push(format!("{}: passes, though it is known to fail: {reason}", case.name)),
            _ => {}
        }
    }
    assert!(failures.is_empty(), "{} of {} cases of {name}:\n{}", failures.len(), cases.len(), failures.join("\n"));
    println!("{name}: {} cases", cases.len());
}
