//! Changes of templates for the tests: one written by hand, and one of arbitrary text.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::arbitrary::{command, text};
use crate::report::qos::Class;
use crate::report::qos_patch::*;
use crate::report::{Evidence, ObjectRef};

fn edit(container: Option<&str>, field: &str, from: Option<&str>, to: Option<&str>, guess: bool) -> NumberEdit {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    NumberEdit { container: owned(container), field: field.to_owned(), from: owned(from), to: owned(to), guess }
}

fn way(manner: PatchManner, edits: Vec<NumberEdit>, command: &str) -> PatchWay {
    PatchWay {
        manner,
        edits,
        command: Some(command.to_owned()),
        requests_added: [("memory".to_owned(), "1Gi".to_owned()), ("cpu".to_owned(), "-250m".to_owned())].into(),
        limits_lowered: Vec::new(),
        breaks: Vec::new(),
    }
}

/// Two ways, one of which a quota stands against.
pub(super) fn patch() -> Patch {
    let quota = Obstacle {
        message: "ResourceQuota team has 6Gi of 8Gi requests.memory in use: 3Gi more do not fit".to_owned(),
        evidence: Evidence {
            object: ObjectRef::new("ResourceQuota", "shop", "team"),
            field: "status.hard".to_owned(),
            value: "8Gi".to_owned(),
        },
    };
    let field = "spec.template.spec.containers[0].resources.requests.memory";
    let raise = vec![edit(Some("web"), field, Some("1Gi"), Some("2Gi"), false)];
    let whole = vec![
        edit(None, "spec.template.spec.resources.limits.cpu", None, Some("100m"), true),
        edit(None, "spec.template.spec.resources.limits.memory", Some("1.5.0Gi"), None, false),
    ];
    let raise = PatchWay { breaks: vec![quota], ..way(PatchManner::RaiseRequests, raise, "kubectl patch deployment web -n shop -p '{}'") };
    let whole = PatchWay {
        requests_added: [].into(),
        limits_lowered: vec!["spec.template.spec.resources.limits.cpu".to_owned()],
        ..way(PatchManner::PodLevel, whole, "kubectl patch deployment web -n shop -p '{}'")
    };
    Patch {
        want: Class::Guaranteed,
        target: ObjectRef::new("Deployment", "shop", "web"),
        pods: 3,
        already: false,
        ways: vec![raise, whole],
        note: None,
        unread: vec!["nodes".to_owned()],
    }
}

fn any_way() -> BoxedStrategy<PatchWay> {
    let any_edit = (option::of(text()), text(), option::of(text()), option::of(text()), any::<bool>());
    let any_edit = any_edit.prop_map(|(container, field, from, to, guess)| NumberEdit { container, field, from, to, guess });
    (vec(any_edit, 0..3), option::of(command()), text(), text())
        .prop_map(|(edits, command, resource, message)| PatchWay {
            command,
            requests_added: [(resource.clone(), message.clone())].into(),
            limits_lowered: vec![resource.clone()],
            breaks: vec![Obstacle {
                message,
                evidence: Evidence { object: ObjectRef::default(), field: resource.clone(), value: resource },
            }],
            ..way(PatchManner::LowerLimits, edits, "")
        })
        .boxed()
}

/// A change full of arbitrary text.
pub(super) fn any_patch() -> BoxedStrategy<Patch> {
    (text(), text(), option::of(text()), vec(any_way(), 0..3), any::<bool>())
        .prop_map(|(kind, name, note, ways, already)| Patch {
            target: ObjectRef::new(&kind, &name, &name),
            already,
            ways,
            note,
            unread: vec![name],
            ..patch()
        })
        .boxed()
}
