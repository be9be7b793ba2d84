//! What nobody granted.

use crate::node::App;

#[test]
fn a_component_without_grants_reaches_itself_alone() {
    let node = App::default().start();
    let run = |case: &str| node.run(&format!("outside/{case}"));
    let denied = |what: &str, key: &str| {
        format!("denied: outsider may not {what}: its profile `sandboxed` does not grant `{key}`")
    };
    assert_eq!(run("spawn"), denied("spawn `worker`", "allow-spawn"));
    assert_eq!(run("call"), denied("call `driver#target`", "allow-spawn"));
    assert_eq!(run("supervise"), denied("spawn `worker`", "allow-spawn"));
    assert_eq!(run("supervise-deep"), denied("spawn `echo`", "allow-spawn"));
    assert_eq!(run("list"), denied("list the node's processes", "allow-process-control"));
    let foreign = [
        "link to process N",
        "monitor process N",
        "send an exit signal to process N",
        "kill process N",
        "inspect process N",
        "ask supervisor N",
        "ask supervisor N",
        "ask supervisor N",
    ];
    assert_eq!(run("foreign"), foreign.map(|what| denied(what, "allow-process-control")).join("\n"));
    assert_eq!(run("own"), "outside 0 self");
}
