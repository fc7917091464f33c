//! Which image is chosen.

use netstore::objects::Node;
use netstore::probe::image::{Because, DEFAULT, Program, PullPolicy, choose};
use serde_json::json;

fn node(images: &[&str]) -> Node {
    let images: Vec<_> = images.iter().map(|name| json!({"names": [name], "sizeBytes": 5})).collect();
    serde_json::from_value(json!({"status": {"images": images}})).expect("a node")
}

/// Image, pull policy, program, reason.
#[track_caller]
fn chosen(asked: Option<&str>, pull: Option<PullPolicy>, on_node: &[&str], expected: (&str, PullPolicy, Program, Because)) {
    let image = choose(asked, pull, Some(&node(on_node)));
    assert_eq!((image.name.as_str(), image.pull, image.program, image.because), expected);
}

const AGNHOST: &str = "registry.k8s.io/e2e-test-images/agnhost:2.56";

#[test]
fn an_image_that_the_node_has_is_never_pulled() {
    let expected = (AGNHOST, PullPolicy::Never, Program::Script, Because::OnNode);
    chosen(None, None, &["docker.io/library/nginx:1", AGNHOST, "registry.k8s.io/pause:3.10"], expected);
}

#[test]
fn the_small_program_is_better_than_tools() {
    let own = "mirror.local:5000/tools/netstore-probe:0.1.0";
    chosen(None, None, &[AGNHOST, own], (own, PullPolicy::Never, Program::Agent, Because::OnNode));
}

#[test]
fn of_several_releases_the_newest_is_taken_by_number() {
    let (old, new) = ("k8s.gcr.io/e2e-test-images/agnhost:2.9", "mirror/agnhost:2.40");
    chosen(None, None, &[new, old], (new, PullPolicy::Never, Program::Script, Because::OnNode));
    chosen(None, None, &[old, new], (new, PullPolicy::Never, Program::Script, Because::OnNode));
}

/// An image has its digest for a name, too; the tag can be read.
#[test]
fn a_tag_is_better_than_a_digest() {
    let digest = "registry.k8s.io/e2e-test-images/agnhost@sha256:16bbf38c463a4223d8cfe4da12bc61010b082a79b4bb003e2d3ba3ece5dd5f9e";
    chosen(None, None, &[digest, AGNHOST], (AGNHOST, PullPolicy::Never, Program::Script, Because::OnNode));
    chosen(None, None, &[digest], (digest, PullPolicy::Never, Program::Script, Because::OnNode));
}

#[test]
fn names_that_only_look_alike_are_others() {
    let others = ["registry/agnhost-windows:2", "registry/my-netstore-probe", "agnhost.io/nginx:1", "agnhost:5000/nginx"];
    chosen(None, None, &others, (DEFAULT, PullPolicy::IfNotPresent, Program::Script, Because::Default));
}

#[test]
fn what_is_asked_for_is_taken_and_pulled_if_need_be() {
    chosen(Some("busybox"), None, &[AGNHOST], ("busybox", PullPolicy::IfNotPresent, Program::Script, Because::Asked));
    let own = "mirror:5000/netstore-probe";
    chosen(Some(own), Some(PullPolicy::Always), &[AGNHOST], (own, PullPolicy::Always, Program::Agent, Because::Asked));
}

#[test]
fn whoever_wants_it_pulled_gets_what_the_registry_has() {
    chosen(None, Some(PullPolicy::Always), &["mirror/agnhost:2.1"], (DEFAULT, PullPolicy::Always, Program::Script, Because::Default));
    chosen(None, Some(PullPolicy::IfNotPresent), &[AGNHOST], (AGNHOST, PullPolicy::IfNotPresent, Program::Script, Because::OnNode));
}

#[test]
fn nobody_knows_what_an_unknown_node_has() {
    assert_eq!(choose(None, None, None).because, Because::Default);
}
