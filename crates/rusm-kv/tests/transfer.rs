//! Exports and imports.

use std::fmt::Write;
use std::time::Duration;

use rusm_kv::{ImportProblem, ManualClock, Options, Scan, Store, Ttl};

const START: u64 = 1_700_000_000_000;

fn store(clock: &ManualClock) -> Store {
    Store::memory_with(Options::default().clock(clock.clone())).unwrap()
}

fn exported(store: &Store) -> String {
    let mut out = Vec::new();
    store.export(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn an_export_is_as_documented_and_comes_back_the_same() {
    let clock = ManualClock::new(START);
    let from = store(&clock);
    let bucket = |name| from.bucket(name).unwrap();
    bucket("users").set("ann", "{\"name\":\"Ann Lee\"}\n\0").wait().unwrap();
    bucket("users").set([0xff], [0, 0xff]).wait().unwrap();
    bucket("sessions").set_with_ttl("token", "", Duration::from_mins(1)).wait().unwrap();
    let text = exported(&from);
    let expected = [
        r#"{"rusm-kv":1}"#,
        r#"{"bucket":"sessions","key":"token","value":"","expires":1700000060000}"#,
        r#"{"bucket":"users","key":"ann","value":"{\"name\":\"Ann Lee\"}\n\u0000"}"#,
        r#"{"bucket":"users","key_base64":"/w==","value_base64":"AP8="}"#,
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);

    let to = store(&clock);
    assert_eq!(to.import(text.as_bytes()).unwrap(), 3);
    assert_eq!(exported(&to), text);
    assert_eq!(to.bucket("sessions").unwrap().ttl("token").unwrap(), Some(Ttl::For(Duration::from_mins(1))));

    let mut one = Vec::new();
    assert_eq!(bucket("sessions").export(&mut one).unwrap(), 1);
    assert_eq!(String::from_utf8(one).unwrap().lines().collect::<Vec<_>>(), expected[..2]);

    clock.advance(Duration::from_mins(1));
    let late = store(&clock);
    assert_eq!(late.import(text.as_bytes()).unwrap(), 2, "what has expired meanwhile is left out");
    assert_eq!(exported(&from), exported(&late));
}

#[test]
fn more_than_a_batch_and_more_than_a_page() {
    let clock = ManualClock::new(START);
    let mut text = "{\"rusm-kv\":1}\n\n".to_owned();
    for n in 0..2500 {
        let _ = writeln!(text, "{{\"bucket\":\"bucket {:04}\",\"key\":\"k\",\"value\":\"{n}\"}}", n % 1200);
    }
    let store = store(&clock);
    assert_eq!(store.import(text.as_bytes()).unwrap(), 2500);
    assert_eq!(exported(&store).lines().count(), 1 + 1200);
    assert_eq!(store.bucket("bucket 0001").unwrap().get("k").unwrap().unwrap(), b"2401");
}

#[test]
fn what_is_no_export_is_refused_with_its_line() {
    let clock = ManualClock::new(START);
    let good = r#"{"bucket":"b","key":"k","value":"v"}"#;
    let head = r#"{"rusm-kv":1}"#;
    for (lines, line, why) in [
        (vec![], 1, "the input is empty"),
        (vec![good], 1, "not the head of an export"),
        (vec!["hello"], 1, "not the head of an export"),
        (vec![r#"{"rusm-kv":2}"#], 1, "the export has the format 2"),
        (vec![head, good, "{"], 3, "EOF"),
        (vec![head, good, r#"{"bucket":"b","key":"k"}"#], 3, "it has no \"value\""),
        (vec![head, r#"{"bucket":"b","key":"k","key_base64":"aw==","value":""}"#], 2, "it has both \"key\""),
        (vec![head, r#"{"bucket":"b","key_base64":"?","value":""}"#], 2, "\"key_base64\""),
        (vec![head, r#"{"bucket":"b","key":"k","value":"","ttl":5}"#], 2, "unknown field `ttl`"),
        (vec![head, r#"{"bucket":"","key":"k","value":""}"#], 2, "the bucket's name is empty"),
        (vec![head, r#"{"bucket":"b","key":"","value":""}"#], 2, "the key is empty"),
    ] {
        let store = store(&clock);
        let error = store.import(lines.join("\n").as_bytes()).unwrap_err();
        assert_eq!((error.line, error.from), (line, 1), "{error}");
        assert!(error.to_string().contains(why), "{error}");
        assert!(store.buckets(&Scan::all()).unwrap().items.is_empty(), "{error}");
    }
}

/// Bytes without end, and none of them ends a line.
#[test]
fn a_line_that_does_not_end_is_refused() {
    let store = store(&ManualClock::new(START));
    let input = std::io::Read::chain(&b"{\"rusm-kv\":1}\n"[..], std::io::repeat(b' '));
    let error = store.import(std::io::BufReader::new(input)).unwrap_err();
    assert_eq!((error.line, error.from), (2, 1), "{error}");
    assert!(error.to_string().contains("longer than any key and value"), "{error}");
}

/// Each byte of the longest value takes six of JSON.
#[test]
fn the_longest_line_is_taken() {
    let clock = ManualClock::new(START);
    let (from, to) = (store(&clock), store(&clock));
    let key = [0x01; rusm_kv::MAX_KEY];
    let value = vec![0x01; from.max_value_bytes()];
    from.bucket("b".repeat(rusm_kv::MAX_BUCKET_NAME)).unwrap().set(key, &value).wait().unwrap();
    assert_eq!(to.import(exported(&from).as_bytes()).unwrap(), 1);
}

#[test]
fn an_error_tells_what_is_in_the_store() {
    let mut text = "{\"rusm-kv\":1}\n".to_owned();
    for n in 0..2500 {
        let _ = writeln!(text, "{{\"bucket\":\"b\",\"key\":\"{n}\",\"value\":\"\"}}");
    }
    text += "{}\n";
    let store = store(&ManualClock::new(START));
    let error = store.import(text.as_bytes()).unwrap_err();
    assert!(matches!(error.why, ImportProblem::Line(_)));
    assert_eq!((error.line, error.from), (2502, 2002));
    assert_eq!(store.bucket("b").unwrap().count().unwrap(), 2000);
}
