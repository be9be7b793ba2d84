//! What the compiler says of a module that `#[handlers]` cannot make actions of: one error for each mistake,
//! where the mistake is. To write the expectations anew: `TRYBUILD=overwrite cargo test -p rusm-rs`.

#[test]
fn a_wrong_module_is_told_what_is_wrong_and_where() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
