use super::*;
use crate::objects::PodSpec;

fn spec(text: &str) -> PodSpec {
    serde_saphyr::from_str(text).unwrap()
}

fn range(items: &str) -> LimitRange {
    serde_saphyr::from_str(&format!("{{metadata: {{name: defaults}}, spec: {{limits: [{items}]}}}}")).unwrap()
}

fn said(shape: &Shape<'_>, ways: &[Way]) -> String {
    let one = |edit: &Edit| {
        let to = edit.to.map_or_else(|| "none".to_owned(), |amount| amount.text(&edit.resource));
        let guess = if edit.guessed { "?" } else { "" };
        format!("{}={to}{guess}", edit.path(shape).replace("containers[0].resources.", ""))
    };
    let way = |way: &Way| format!("{:?}: {}", way.manner, way.edits.iter().map(one).collect::<Vec<_>>().join(" "));
    ways.iter().map(way).collect::<Vec<_>>().join("; ")
}

fn ask(pod: &str, ranges: &[&str], wanted: QosClass) -> String {
    let spec = spec(pod);
    let stated = Shape::of(&spec);
    let ranges: Vec<LimitRange> = ranges.iter().map(|items| range(items)).collect();
    let all: Vec<&LimitRange> = ranges.iter().collect();
    let defaults: Vec<Defaults<'_>> = ranges.iter().map(Defaults::of).filter(|defaults| !defaults.is_empty()).collect();
    said(&stated, &ways(&Template { stated: &stated, defaults: &defaults, ranges: &all, injected: &[] }, wanted))
}

#[test]
fn numbers_that_kubernetes_refuses_are_not_left_behind_resources_of_the_pod() {
    for limits in ["{cpu: 1, memory: 1Gi}", "{cpu: -1, memory: 1Gi}", "{cpu: 1.5.0, memory: 1Gi}"] {
        let pod = format!("{{containers: [{{resources: {{requests: {{cpu: 2, memory: 1Gi}}, limits: {limits}}}}}]}}");
        let answer = ask(&pod, &[], QosClass::Guaranteed);
        assert!(answer.contains("RaiseRequests") && !answer.contains("PodLevel"), "{limits}: {answer}");
    }
}

#[test]
fn the_smallest_change_of_one_container() {
    use QosClass::{BestEffort, Burstable, Guaranteed};
    let even = "{containers: [{resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1, memory: 1Gi}}}]}";
    let limits = "{containers: [{resources: {limits: {cpu: 1, memory: 1Gi}}}]}";
    let uneven = "{containers: [{resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1, memory: 2Gi}}}]}";
    for (what, pod, ranges, wanted, answer) in [
        ("it is already", even, "", Guaranteed, "RaiseRequests: "),
        ("limits alone are requests, too", limits, "", Guaranteed, "RaiseRequests: "),
        (
            "one of two numbers gives way",
            uneven,
            "",
            Guaranteed,
            "RaiseRequests: requests.memory=2Gi; LowerLimits: limits.memory=1Gi; \
             PodLevel: resources.limits.cpu=1 resources.requests.memory=2Gi resources.limits.memory=2Gi",
        ),
        (
            "a limit is enough",
            "{containers: [{}]}",
            "",
            Guaranteed,
            "RaiseRequests: limits.cpu=100m? limits.memory=128Mi?; \
             PodLevel: resources.limits.cpu=100m? resources.limits.memory=128Mi?",
        ),
        (
            "cpu can be spared first",
            even,
            "",
            Burstable,
            "RaiseRequests: limits.cpu=none; LowerLimits: requests.cpu=500m; PodLevel: resources.limits.memory=1Gi",
        ),
        (
            "without a request the limit is its",
            limits,
            "",
            Burstable,
            "RaiseRequests: requests.cpu=500m; PodLevel: resources.limits.memory=1Gi",
        ),
        (
            "memory that is requested protects",
            "{containers: [{}]}",
            "",
            Burstable,
            "RaiseRequests: requests.memory=128Mi?; PodLevel: resources.limits.memory=128Mi?",
        ),
        ("all numbers go", limits, "", BestEffort, "RaiseRequests: limits.cpu=none limits.memory=none"),
        ("zero is nothing", "{containers: [{resources: {limits: {cpu: 0}}}]}", "", BestEffort, "RaiseRequests: "),
    ] {
        let ranges: Vec<&str> = Some(ranges).into_iter().filter(|items| !items.is_empty()).collect();
        assert_eq!(ask(pod, &ranges, wanted), answer, "{what}");
    }
}

#[test]
fn limit_ranges_have_a_say() {
    use QosClass::{BestEffort, Burstable, Guaranteed};
    let bare = "{containers: [{}]}";
    let most = "{type: Container, max: {cpu: 2, memory: 1Gi}}";
    for (what, range, wanted, answer) in [
        ("what it gives is given", most, Guaranteed, "RaiseRequests: "),
        ("zero keeps its defaults away", most, BestEffort, "RaiseRequests: limits.cpu=0 limits.memory=0"),
        ("its minimum is more than nothing", "{type: Container, min: {cpu: 1}}", BestEffort, ""),
        (
            "its default limit is above its default request",
            "{type: Container, default: {cpu: 1, memory: 32Mi}, defaultRequest: {memory: 16Mi}}",
            Guaranteed,
            "RaiseRequests: requests.memory=32Mi; LowerLimits: limits.memory=16Mi; \
             PodLevel: resources.limits.cpu=1 resources.limits.memory=32Mi",
        ),
        ("half of the limit it gives", most, Burstable, "RaiseRequests: requests.cpu=1; PodLevel: resources.limits.memory=1Gi"),
    ] {
        assert_eq!(ask(bare, &[range], wanted), answer, "{what}");
    }
    let chance = ["{type: Container, default: {cpu: 1, memory: 1Gi}}", "{type: Container, max: {cpu: 2, memory: 2Gi}}"];
    assert_eq!(
        ask("{containers: [{resources: {requests: {cpu: 1, memory: 1Gi}}}]}", &chance, Guaranteed),
        "RaiseRequests: limits.cpu=1 limits.memory=1Gi; PodLevel: resources.limits.cpu=1 resources.limits.memory=1Gi",
        "chance decides which of two comes first: both must give the class"
    );
}

#[test]
fn init_containers_sidecars_and_the_pod_as_a_whole() {
    use QosClass::{BestEffort, Guaranteed};
    let with_sidecar = "{containers: [{resources: {limits: {cpu: 1, memory: 1Gi}}}], \
                        initContainers: [{restartPolicy: Always}, {resources: {requests: {cpu: 100m}, limits: {memory: 64Mi}}}]}";
    let whole = "{resources: {requests: {cpu: 1}}, containers: [{resources: {limits: {memory: 1Gi}}}]}";
    let unreadable = "{containers: [{resources: {limits: {memory: 1.5.0Gi}}}]}";
    for (pod, wanted, answer) in [
        (
            with_sidecar,
            Guaranteed,
            "PodLevel: resources.limits.cpu=1 resources.limits.memory=1Gi; \
             RaiseRequests: initContainers[0].resources.limits.cpu=100m? initContainers[0].resources.limits.memory=128Mi? \
             initContainers[1].resources.limits.cpu=100m",
        ),
        (
            whole,
            Guaranteed,
            "RaiseRequests: resources.requests.cpu=none limits.cpu=100m?; \
             PodLevel: resources.limits.cpu=1 resources.limits.memory=1Gi",
        ),
        (whole, BestEffort, "RaiseRequests: resources.requests.cpu=none limits.memory=none"),
        (unreadable, Guaranteed, "RaiseRequests: limits.cpu=100m? limits.memory=128Mi?"),
    ] {
        assert_eq!(ask(pod, &[], wanted), answer, "{pod}");
    }
}

mod brute_force {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::*;
    use crate::objects::PodSpec;
    use crate::qos::class::COUNTING;

    const AMOUNTS: [&str; 3] = ["0", "1", "2"];

    /// None, or one of few amounts: many equal ones.
    fn number() -> impl Strategy<Value = Option<&'static str>> {
        prop_oneof![2 => Just(None), 1 => Just(Some("0")), 3 => Just(Some("1")), 3 => Just(Some("2"))]
    }

    /// Request and limit of a resource, as an API server takes them.
    fn pair() -> impl Strategy<Value = (Option<&'static str>, Option<&'static str>)> {
        let in_order = |(request, limit): &(Option<&str>, Option<&str>)| limit.is_none() || request <= limit;
        (number(), number()).prop_filter("requests are within limits", in_order)
    }

    fn list(cpu: Option<&str>, memory: Option<&str>) -> Value {
        [("cpu", cpu), ("memory", memory)].into_iter().filter_map(|(name, amount)| Some((name.to_owned(), json!(amount?)))).collect()
    }

    fn resources() -> impl Strategy<Value = Value> {
        (pair(), pair()).prop_map(
            |((cpu, cpu_limit), (memory, memory_limit))| json!({"requests": list(cpu, memory), "limits": list(cpu_limit, memory_limit)}),
        )
    }

    fn template() -> impl Strategy<Value = Value> {
        let container = (resources(), any::<bool>())
            .prop_map(|(resources, stays)| json!({"name": "c", "resources": resources, "restartPolicy": stays.then_some("Always")}));
        // Resources that are there and empty are nobody's number to change: what they mean differs from release to release.
        let stated = |resources: &Value| {
            resources.pointer("/requests").into_iter().chain(resources.pointer("/limits")).any(|list| *list != json!({}))
        };
        let pod = prop::option::weighted(0.2, resources()).prop_map(move |pod| pod.filter(stated));
        (prop::collection::vec(container, 1..=3), 0_usize..3, pod).prop_map(|(mut containers, init, pod)| {
            let rest = containers.split_off(init.min(containers.len() - 1));
            json!({"initContainers": containers, "containers": rest, "resources": pod})
        })
    }

    fn limit_range() -> impl Strategy<Value = Value> {
        (pair(), pair(), any::<[bool; 2]>()).prop_map(|((request, limit), (least, most), [defaults, bounds])| {
            let only = |wanted: bool, amount: Option<&'static str>| amount.filter(|_| wanted);
            json!({"metadata": {"name": "r"}, "spec": {"limits": [{"type": "Container",
                "defaultRequest": list(None, only(defaults, request)), "default": list(None, only(defaults, limit)),
                "min": list(only(bounds, least), None), "max": list(only(bounds, most), None)}]}})
        })
    }

    /// Everything that may become of the four numbers of a container or of the pod as a whole.
    fn outcomes(part: Option<usize>) -> Vec<Vec<Edit>> {
        let mut all = vec![Vec::new()];
        for resource in COUNTING {
            for field in [Field::Request, Field::Limit] {
                let amounts = AMOUNTS.iter().map(|text| Some(Amount::whole(text.parse().unwrap())));
                let edits: Vec<Edit> = amounts
                    .chain([None])
                    .map(|to| Edit { part, resource: resource.clone(), field, from: None, to, guessed: false })
                    .collect();
                let with = |edits: &Vec<Edit>, edit: &Edit| edits.iter().chain([edit]).cloned().collect();
                let longer: Vec<Vec<Edit>> = all.iter().flat_map(|before| edits.iter().map(move |edit| with(before, edit))).collect();
                all.extend(longer);
            }
        }
        all.sort_by_key(Vec::len);
        all
    }

    /// Whether an API server with this LimitRange takes what is made of it.
    fn is_valid(template: &Template<'_, '_>, stated: &Shape<'_>) -> bool {
        let made = template.made(stated, false);
        let within = |request: Option<Amount>, limit: Option<Amount>| limit.is_none_or(|limit| request.is_none_or(|r| r <= limit));
        let parts = made.parts.iter().all(|part| {
            COUNTING.iter().all(|resource| {
                let (request, limit) = (part.numbers.requests.amount(resource), part.numbers.limits.amount(resource));
                let (least, most) = template.bounds(resource);
                within(request, limit)
                    && least.is_none_or(|least| request.is_some_and(|request| request >= least))
                    && most.is_none_or(|most| limit.is_some_and(|limit| limit <= most))
            })
        });
        let sums = crate::qos::effective::containers_requests(&made);
        let pod = made.pod.as_ref().is_none_or(|pod| {
            COUNTING.iter().all(|resource| {
                let (request, limit) = (pod.requests.amount(resource), pod.limits.amount(resource));
                let largest = made.parts.iter().filter_map(|part| part.numbers.limits.amount(resource)).max();
                within(request, limit) && within(largest, limit) && within(sums.get(resource).copied(), request)
            })
        });
        parts && pod
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn every_way_gives_the_class_and_none_is_shorter(template in template(), range in prop::option::weighted(0.4, limit_range())) {
            let spec: PodSpec = serde_json::from_value(template).unwrap();
            let range: Option<LimitRange> = range.map(|range| serde_json::from_value(range).unwrap());
            let ranges: Vec<&LimitRange> = range.iter().collect();
            let defaults: Vec<Defaults<'_>> = ranges.iter().map(|range| Defaults::of(range)).collect();
            let stated = Shape::of(&spec);
            let template = Template { stated: &stated, defaults: &defaults, ranges: &ranges, injected: &[] };
            prop_assume!(is_valid(&template, &stated));
            for wanted in [QosClass::Guaranteed, QosClass::Burstable, QosClass::BestEffort] {
                let ways = ways(&template, wanted);
                for way in &ways {
                    let changed = apply(&stated, &way.edits);
                    prop_assert_eq!(template.class(&changed), Some(wanted), "{:?}", way);
                    prop_assert!(is_valid(&template, &changed), "{:?}", way);
                }
                let shortest = ways.first().map_or(usize::MAX, |way| way.edits.len());
                if let Some(shorter) = shorter(&template, wanted, shortest) {
                    prop_assert!(false, "{:?}: {} is not {}: {:?}", wanted, shortest, shorter.len(), shorter);
                }
            }
        }
    }

    /// A change of fewer numbers that gives the class, if there is one.
    fn shorter(template: &Template<'_, '_>, wanted: QosClass, than: usize) -> Option<Vec<Edit>> {
        let gives = |edits: &Vec<Edit>| {
            let changed = apply(template.stated, edits);
            template.class(&changed) == Some(wanted) && is_valid(template, &changed)
        };
        let of_pod = if wanted == QosClass::BestEffort { Vec::new() } else { outcomes(None) };
        let whole = of_pod.into_iter().take_while(|edits| edits.len() < than).find(gives);
        if whole.is_some() || template.stated.pod.is_some() {
            return whole;
        }
        // Class by class of its containers, the shortest change of each; then all of them together.
        let mut together: Vec<Vec<Edit>> = vec![Vec::new()];
        for part in 0..template.stated.parts.len() {
            let mut of_class: Vec<(QosClass, Vec<Edit>)> = Vec::new();
            for edits in outcomes(Some(part)).into_iter().take_while(|edits| edits.len() < than) {
                let changed = apply(template.stated, &edits);
                let class = crate::qos::class::of_all(template.made(&changed, false).parts.get(part).map(|part| &part.numbers).into_iter());
                let known = of_class.iter().any(|(known, _)| *known == class);
                if !known && is_valid(template, &changed) {
                    of_class.push((class, edits));
                }
            }
            together = together
                .iter()
                .flat_map(|before| of_class.iter().map(move |(_, edits)| before.iter().chain(edits).cloned().collect()))
                .collect();
        }
        together.into_iter().filter(|edits| edits.len() < than).find(gives)
    }
}
