//! Asking a server of names through port-forward, whatever the way and the server do.

use std::time::{Duration, Instant};

use netstore::cli::connection::ConnectionOptions;
use netstore::cli::error::CommandError;
use netstore::dns::observed::{Asked, Said};
use netstore::dns::record::RecordType;
use netstore::source::Silent;
use netstore::source::live::{Cluster, PodPort, Replies};
use serde_json::json;

use super::pod::{Pod, Script};
use super::{options, run};

fn ask_with(options: &ConnectionOptions, questions: &[Asked]) -> Replies {
    let to = PodPort { namespace: "kube-system".to_owned(), pod: "coredns-1".to_owned(), port: 53 };
    run(async {
        let cluster = Cluster::connect(options).await.unwrap();
        cluster.ask_servers(&[to], questions, &Silent).await.remove(0)
    })
}

/// Asks for n0, n1, … with as much patience as a test has.
fn ask(pod: &Pod, questions: usize) -> Replies {
    let (_file, options) = options(&pod.url);
    let questions: Vec<Asked> = (0..questions).map(|n| Asked::new(&format!("n{n}.shop.svc.cluster.local"), RecordType::A)).collect();
    ask_with(&ConnectionOptions { request_timeout: Some(Duration::from_millis(400)), ..options }, &questions)
}

/// How many addresses each answer has; the reason where there is none.
fn said(replies: &Replies) -> Vec<Result<usize, &str>> {
    fn one(said: &Said) -> Result<usize, &str> {
        match said {
            Said::Answer { answer, .. } => Ok(answer.answers.len()),
            Said::Nothing(why) => Err(why.as_str()),
        }
    }
    replies.said.iter().map(one).collect()
}

#[test]
fn a_thousand_questions_go_over_one_way() {
    let pod = Pod::start(|_| Script::Open(|peer| peer.answer(usize::MAX)));
    let replies = ask(&pod, 1000);
    assert_eq!(said(&replies), vec![Ok(1); 1000]);
    assert_eq!((replies.connections, pod.connections()), (1, 1));
}

#[test]
fn the_way_is_asked_for_as_the_same_user_as_everything_else() {
    let pod = Pod::start(|_| Script::Open(|peer| peer.answer(usize::MAX)));
    let (_file, options) = options(&pod.url);
    let options = ConnectionOptions { impersonate: Some("jane".to_owned()), impersonate_groups: vec!["ops".to_owned()], ..options };
    let replies = ask_with(&options, &[Asked::new("a", RecordType::A)]);
    assert_eq!(said(&replies), [Ok(1)]);
    let request = pod.requests().remove(0);
    assert!(request.starts_with("/api/v1/namespaces/kube-system/pods/coredns-1/portforward?&ports=53\n"), "{request}");
    for header in ["impersonate-user: jane", "impersonate-group: ops", "user-agent: kubectl-netstore/", "upgrade: websocket"] {
        assert!(request.contains(header), "{header} in {request}");
    }
}

#[test]
fn a_proxy_is_on_the_way_to_pods_too() {
    let pod = Pod::start(|_| Script::Open(|peer| peer.answer(usize::MAX)));
    let (file, options) = options("http://api.invalid:6443");
    let text = std::fs::read_to_string(file.path()).unwrap();
    std::fs::write(file.path(), text.replace("6443'", &format!("6443', proxy-url: '{}'", pod.url))).unwrap();
    // The scripted server is no proxy: it is enough that it is asked.
    let replies = ask_with(&options, &[Asked::new("a", RecordType::A)]);
    assert!(pod.connections() > 0 && said(&replies)[0].is_err());
}

#[test]
fn answers_come_in_pieces_of_any_size() {
    let pod = Pod::start(|_| {
        Script::Open(|peer| {
            while let Some(question) = peer.question() {
                let bytes = question.answer(3);
                bytes.chunks(1).for_each(|byte| peer.send(byte));
            }
        })
    });
    assert_eq!(said(&ask(&pod, 3)), [Ok(3), Ok(3), Ok(3)]);
}

#[test]
fn answers_come_together_and_in_any_order() {
    let pod = Pod::start(|_| {
        Script::Open(|peer| {
            let questions: Vec<_> = (0..5).filter_map(|_| peer.question()).collect();
            let answers: Vec<u8> =
                questions.iter().rev().flat_map(|question| question.answer(question.label()[1..].parse().unwrap())).collect();
            peer.send(&answers);
            peer.wait();
        })
    });
    assert_eq!(said(&ask(&pod, 5)), [Ok(0), Ok(1), Ok(2), Ok(3), Ok(4)]);
}

#[test]
fn an_answer_of_64_kib_arrives_whole() {
    let pod = Pod::start(|_| {
        Script::Open(|peer| {
            while let Some(question) = peer.question() {
                peer.send(&question.answer(4090));
            }
        })
    });
    assert_eq!(said(&ask(&pod, 70)), vec![Ok(4090); 70]);
}

#[test]
fn what_a_server_did_not_answer_before_it_closed_is_asked_again() {
    let pod = Pod::start(|_| Script::Open(|peer| peer.answer(10)));
    let replies = ask(&pod, 95);
    assert_eq!(said(&replies), vec![Ok(1); 95]);
    assert_eq!(replies.connections, 10);
}

#[test]
fn a_close_in_the_middle_of_an_answer_costs_that_answer_alone() {
    let pod = Pod::start(|n| match n {
        0 => Script::Open(|peer| {
            peer.answer(2);
            let bytes = peer.question().unwrap().answer(3);
            peer.send(&bytes[..20]);
        }),
        _ => Script::Open(|peer| peer.answer(usize::MAX)),
    });
    let replies = ask(&pod, 4);
    assert_eq!((said(&replies), replies.connections), (vec![Ok(1); 4], 2));
}

#[test]
fn a_server_that_closes_after_each_answer_is_asked_to_the_end() {
    let pod = Pod::start(|_| Script::Open(|peer| peer.answer(1)));
    assert_eq!(said(&ask(&pod, 6)), vec![Ok(1); 6]);
}

#[test]
fn one_question_that_is_never_answered_is_not_the_end_of_the_others() {
    let pod = Pod::start(|_| {
        Script::Open(|peer| {
            while let Some(question) = peer.question() {
                if question.label() == "n1" {
                    return peer.wait();
                }
                peer.send(&question.answer(1));
            }
        })
    });
    assert_eq!(said(&ask(&pod, 4)), [Ok(1), Err("no answer in time"), Ok(1), Ok(1)]);
}

#[test]
fn a_server_that_never_answers_is_given_up_in_time() {
    let pod = Pod::start(|_| Script::Open(super::pod::Peer::wait));
    let started = Instant::now();
    let replies = ask(&pod, 1000);
    assert_eq!(said(&replies), vec![Err("no answer in time"); 1000]);
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
}

#[test]
fn garbage_is_no_answer() {
    let pod = Pod::start(|_| {
        Script::Open(|peer| {
            peer.question();
            peer.send(&[0, 5, 1, 2, 3, 4, 5]);
            peer.wait();
        })
    });
    for said in said(&ask(&pod, 2)) {
        assert!(said.is_err_and(|why| why.starts_with("what came is no message of DNS")), "{said:?}");
    }
}

#[test]
fn an_answer_to_another_question_is_none() {
    let pod = Pod::start(|_| {
        Script::Open(|peer| {
            let (first, second) = (peer.question().unwrap(), peer.question().unwrap());
            peer.send(&second.numbered(first.id, 1));
            peer.wait();
        })
    });
    assert_eq!(said(&ask(&pod, 2))[0], Err("it answers what was not asked"));
}

#[test]
fn an_answer_under_a_number_nobody_gave_is_not_heard() {
    let pod = Pod::start(|_| {
        Script::Open(|peer| {
            while let Some(question) = peer.question() {
                peer.send(&question.numbered(question.id.wrapping_add(999), 2));
                peer.send(&question.answer(1));
            }
        })
    });
    assert_eq!(said(&ask(&pod, 3)), [Ok(1), Ok(1), Ok(1)]);
}

#[test]
fn a_port_that_nobody_listens_on_is_told() {
    let pod =
        Pod::start(|_| Script::Open(|peer| peer.refuse("error forwarding port 53: dial tcp4 127.0.0.1:53: connect: connection refused")));
    let replies = ask(&pod, 2);
    let why = "nobody listens on port 53 of its localhost: connection refused";
    assert_eq!(said(&replies), [Err(why), Err(why)]);
}

#[test]
fn what_else_a_node_says_is_told_in_its_words() {
    let pod = Pod::start(|_| Script::Open(|peer| peer.refuse("error forwarding port 53: network namespace is gone\n")));
    assert_eq!(said(&ask(&pod, 1)), [Err("error forwarding port 53: network namespace is gone")]);
}

#[test]
fn a_refusal_is_told_in_the_words_of_the_server_with_the_way_out() {
    let message = "pods \"coredns-1\" is forbidden: User \"jane\" cannot create resource \"pods/portforward\" in API group \"\" in the namespace \"kube-system\"";
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 403, "reason": "Forbidden", "message": message});
    let pod = Pod::start(move |_| Script::Refuse(403, status.to_string()));
    let (file, options) = options(&pod.url);
    let replies = ask_with(&options, &[Asked::new("a", RecordType::A)]);
    assert_eq!((pod.connections(), replies.connections), (1, 0), "rights do not come by asking again");
    assert_eq!(
        CommandError::from(replies.refused.unwrap()).to_string(),
        format!(
            "Error from server (Forbidden): {message}\n\
             hint: what was needed and refused can be asked again with\n  \
             kubectl auth can-i get pods --subresource=portforward -n kube-system --kubeconfig={0}\n  \
             kubectl auth can-i create pods --subresource=portforward -n kube-system --kubeconfig={0}\n\
             hint: rules of a Role that would do:\n  rules:\n  - apiGroups: [\"\"]\n    resources: [pods/portforward]\n    verbs: [create, get]",
            file.path().display()
        )
    );
}

#[test]
fn a_server_that_never_opens_the_way_is_given_up_in_time() {
    let pod = Pod::start(|_| Script::Hang);
    let replies = ask(&pod, 3);
    assert_eq!(said(&replies), [Err("no port-forward within 0.4 s"); 3]);
    assert_eq!(pod.connections(), 1);
}

#[test]
fn a_login_page_instead_of_a_websocket_is_told_as_one() {
    let pod = Pod::start(|_| Script::Refuse(302, String::new()));
    let replies = ask(&pod, 1);
    let why = "no WebSocket to the pod, perhaps because of a proxy: failed to switch protocol: 302 Found";
    assert_eq!(said(&replies), [Err(why)]);
}

#[test]
fn a_pod_that_is_gone_is_not_asked_again() {
    let message = "pods \"coredns-1\" not found";
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404, "reason": "NotFound", "message": message});
    let pod = Pod::start(move |_| Script::Refuse(404, status.to_string()));
    let replies = ask(&pod, 1);
    assert_eq!((said(&replies), pod.connections()), (vec![Err("NotFound: pods \"coredns-1\" not found")], 1));
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    let pod = Pod::start(|n| match n {
        0 => Script::Refuse(503, "busy".to_owned()),
        _ => Script::Open(|peer| peer.answer(usize::MAX)),
    });
    assert_eq!((said(&ask(&pod, 1)), pod.connections()), (vec![Ok(1)], 2));
}

#[test]
fn a_name_that_cannot_be_asked_for_is_told_and_not_asked() {
    let pod = Pod::start(|_| Script::Open(|peer| peer.answer(usize::MAX)));
    let (_file, options) = options(&pod.url);
    let questions = [Asked::new(&"x".repeat(64), RecordType::A), Asked::new("a", RecordType::A)];
    let replies = ask_with(&options, &questions);
    assert!(said(&replies)[0].is_err_and(|why| why.starts_with("no name of DNS")), "{:?}", replies.said);
    assert_eq!(said(&replies)[1], Ok(1));
}
