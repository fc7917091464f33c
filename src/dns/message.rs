//! Questions and answers as messages: bytes, without the way they go.

use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::{DNSClass, Name, RData, RecordType as WireType};
use thiserror::Error;

use super::observed::{Answer, Asked};
use super::record::{Data, Record, RecordType};

/// Why a message says nothing.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum MessageError {
    /// The name cannot be asked for.
    #[error("no name of DNS: {0}")]
    Name(String),
    /// The bytes are no message.
    #[error("what came is no message of DNS: {0}")]
    Malformed(String),
    /// A message that answers nothing.
    #[error("what came is no answer")]
    NoAnswer,
}

/// A message that asks, numbered.
///
/// # Errors
/// If no name can be so.
pub fn question(id: u16, asked: &Asked) -> Result<Vec<u8>, MessageError> {
    let wrong = |error: &dyn ToString| MessageError::Name(error.to_string());
    // Label by label: the reader of whole names refuses those of IPv6 pods, which may begin with a dash.
    let labels = asked.name.split('.').filter(|_| !asked.name.is_empty()).map(str::as_bytes);
    let mut name = Name::from_labels(labels).map_err(|error| wrong(&error))?;
    name.set_fqdn(true);
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name, wire_type(asked.kind)));
    message.to_vec().map_err(|error| wrong(&error))
}

/// Reads an answer: its number, what it says it answers, and what it says.
///
/// # Errors
/// If it is none.
pub fn answer(bytes: &[u8]) -> Result<(u16, Option<Asked>, Answer), MessageError> {
    let message = Message::from_vec(bytes).map_err(|error| MessageError::Malformed(error.to_string()))?;
    if message.metadata.message_type != MessageType::Response {
        return Err(MessageError::NoAnswer);
    }
    let asked = match message.queries.as_slice() {
        [query] if query.query_class() == DNSClass::IN => {
            let kind = RecordType::ALL.into_iter().find(|kind| wire_type(*kind) == query.query_type());
            kind.map(|kind| Asked { name: plain(query.name()), kind })
        }
        _ => None,
    };
    let (mut answers, mut others) = (Vec::new(), Vec::new());
    for record in message.answers {
        match data(&record.data) {
            Some(data) => answers.push(Record { name: plain(&record.name), data }),
            None => others.push(record.record_type().to_string()),
        }
    }
    answers.sort();
    answers.dedup();
    others.sort();
    let answer = Answer { rcode: message.metadata.response_code.into(), truncated: message.metadata.truncation, answers, others };
    Ok((message.metadata.id, asked, answer))
}

fn wire_type(kind: RecordType) -> WireType {
    match kind {
        RecordType::A => WireType::A,
        RecordType::Aaaa => WireType::AAAA,
        RecordType::Cname => WireType::CNAME,
        RecordType::Ptr => WireType::PTR,
        RecordType::Srv => WireType::SRV,
        RecordType::Txt => WireType::TXT,
    }
}

fn data(data: &RData) -> Option<Data> {
    Some(match data {
        RData::A(address) => Data::A(address.0),
        RData::AAAA(address) => Data::Aaaa(address.0),
        RData::CNAME(name) => Data::Cname(plain(name)),
        RData::PTR(name) => Data::Ptr(plain(name)),
        RData::SRV(srv) => Data::Srv { priority: srv.priority, weight: srv.weight, port: srv.port, target: plain(&srv.target) },
        RData::TXT(text) => Data::Txt(text.txt_data.iter().map(|part| String::from_utf8_lossy(part)).collect()),
        _ => return None,
    })
}

/// A name as it is written here: lower case, no dot at its end, nothing escaped.
fn plain(name: &Name) -> String {
    let labels: Vec<_> = name.iter().map(|label| String::from_utf8_lossy(label).to_ascii_lowercase()).collect();
    labels.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: &str, kind: RecordType) -> Asked {
        Asked { name: name.to_owned(), kind }
    }

    /// A question turned into an answer with these records.
    fn answered(question: &[u8], records: &[&[u8]], flags: [u8; 2]) -> Vec<u8> {
        let mut bytes = question.to_vec();
        bytes.splice(2..4, flags);
        bytes.splice(6..8, u16::try_from(records.len()).unwrap().to_be_bytes());
        records.iter().for_each(|record| bytes.extend_from_slice(record));
        bytes
    }

    /// A record whose name is that of the question.
    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0xc0, 12];
        bytes.extend(kind.to_be_bytes());
        bytes.extend([0, 1, 0, 0, 0, 30]);
        bytes.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn a_question_is_what_servers_expect() {
        let bytes = question(0x1234, &asked("a.b", RecordType::Srv)).unwrap();
        assert_eq!(bytes, [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, b'a', 1, b'b', 0, 0, 33, 0, 1]);
    }

    #[test]
    fn names_of_ports_can_be_asked_for_and_names_that_are_too_long_cannot() {
        assert!(question(1, &asked("_dns-tcp._tcp.kube-dns.kube-system.svc.cluster.local", RecordType::Srv)).is_ok());
        assert!(question(1, &asked(&"x".repeat(64), RecordType::A)).is_err());
        assert!(question(1, &asked(&["x".repeat(60).as_str(); 5].join("."), RecordType::A)).is_err());
        assert!(question(1, &asked("a..b", RecordType::A)).is_err());
        assert_eq!(question(1, &asked("", RecordType::A)).unwrap()[12..], [0, 0, 1, 0, 1]);
    }

    #[test]
    fn answers_are_sets_of_lower_case_names() {
        let question = question(7, &asked("WEB.shop", RecordType::A)).unwrap();
        let (one, two) = (record(1, &[10, 0, 0, 2]), record(1, &[10, 0, 0, 1]));
        let bytes = answered(&question, &[&one, &two, &one], [0x87, 0x80]);
        let (id, of, answer) = super::answer(&bytes).unwrap();
        let address = |last| Record { name: "web.shop".to_owned(), data: Data::A([10, 0, 0, last].into()) };
        assert_eq!((id, of), (7, Some(asked("web.shop", RecordType::A))));
        assert_eq!(answer, Answer { rcode: 0, truncated: true, answers: vec![address(1), address(2)], others: Vec::new() });
    }

    #[test]
    fn every_type_is_read_and_others_are_named() {
        let question = question(7, &asked("x", RecordType::A)).unwrap();
        let name = [1, b'T', 0];
        let records = [
            record(28, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
            record(5, &name),
            record(12, &name),
            record(33, &[&[0, 1, 0, 2, 0, 80][..], &name].concat()),
            record(16, &[2, b'a', b'b', 1, b'c']),
            record(39, &name),
            record(15, &[&[0, 1][..], &name].concat()),
        ];
        let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        let (_, _, answer) = super::answer(&answered(&question, &records, [0x85, 3])).unwrap();
        let said: Vec<String> = answer.answers.iter().map(|record| format!("{} {}", record.data.kind().name(), record.data)).collect();
        assert_eq!(said, ["AAAA ::1", "CNAME t", "PTR t", "SRV 1 2 80 t", "TXT abc"]);
        assert_eq!((answer.rcode, answer.others.as_slice()), (3, &["DNAME".to_owned(), "MX".to_owned()][..]));
    }

    #[test]
    fn a_question_is_no_answer() {
        let question = question(7, &asked("x", RecordType::A)).unwrap();
        assert_eq!(super::answer(&question), Err(MessageError::NoAnswer));
        assert!(matches!(super::answer(&question[..9]), Err(MessageError::Malformed(_))));
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_it_is_read_or_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200), flags in 0_u8..=255) {
            drop(super::answer(&bytes));
            let question = question(7, &asked("x", RecordType::A)).unwrap();
            drop(super::answer(&answered(&question, &[&bytes], [0x80 | flags, 0])));
        }
    }
}
