//! The platform's tests by API, each a file in `runner/platform/web/tests`. Between them they carry the public tables of the
//! web platform tests; what came of them stands in `docs/web-platform.md`.

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

apis!(
    abort,
    base64,
    blob,
    encoding,
    event,
    exception,
    formdata,
    headers,
    request,
    response,
    timers,
    url,
    urlsearchparams,
);

fn check(name: &str) {
    let cases = harness::run(name);
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
}
