//! One answer against what was expected: sets of records, without their order and their TTL.

use crate::dns::observed::{Answer, Asked, Said};
use crate::dns::record::{Record, Response};
use crate::dns::server::Expected;

/// What is to be said of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is what was expected.
    Agrees,
    /// It is something else.
    Differs,
    /// Nothing was expected of it, or it is not whole and right so far.
    Unknown,
    /// There is none.
    Silent,
}

/// Compares.
pub fn verdict(expected: &Expected, said: &Said) -> Verdict {
    match (expected, said.answer()) {
        (_, None) => Verdict::Silent,
        (Expected::Unknown(_), Some(_)) => Verdict::Unknown,
        (Expected::Says { response, .. }, Some(answer)) => of_answer(response, answer),
    }
}

fn of_answer(expected: &Response, answer: &Answer) -> Verdict {
    let is_expected = |record: &Record| expected.answers.contains(record);
    let nothing_else = expected.rcode.number() == answer.rcode && answer.others.is_empty() && answer.answers.iter().all(is_expected);
    let all = expected.answers.iter().all(|record| answer.answers.contains(record));
    match (nothing_else, all) {
        (true, true) => Verdict::Agrees,
        (true, false) if answer.truncated => Verdict::Unknown,
        _ => Verdict::Differs,
    }
}

/// Whether two servers say the same.
pub fn is_same(one: &Answer, other: &Answer) -> bool {
    (one.rcode, &one.answers, &one.others) == (other.rcode, &other.answers, &other.others)
}

/// Records as they are shown: what they say, and whose they are if that is not what was asked for.
pub fn shown<'a>(asked: &Asked, records: impl IntoIterator<Item = &'a Record>) -> Vec<String> {
    let one = |record: &Record| {
        let kind = record.data.kind();
        if record.name == asked.name && kind == asked.kind {
            return record.data.to_string();
        }
        format!("{} {} {}", record.name, kind.name(), record.data)
    };
    records.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::record::{Data, Rcode, RecordType};
    use crate::dns::server::{Because, Reason};

    fn records(last: &[u8]) -> Vec<Record> {
        last.iter().map(|last| Record { name: "web".to_owned(), data: Data::A([10, 0, 0, *last].into()) }).collect()
    }

    fn says(rcode: Rcode, last: &[u8]) -> Expected {
        Expected::Says { response: Response { rcode, answers: records(last) }, because: Because::Above }
    }

    fn said(rcode: u16, last: &[u8], truncated: bool) -> Said {
        Said::Answer { answer: Answer { rcode, truncated, answers: records(last), others: Vec::new() }, milliseconds: 1 }
    }

    #[test]
    fn answers_are_compared_as_sets() {
        use Rcode::{NoError, NxDomain};
        for (expected, said, wanted) in [
            (says(NoError, &[1, 2]), said(0, &[1, 2], false), Verdict::Agrees),
            (says(NoError, &[2, 1]), said(0, &[1, 2], false), Verdict::Agrees),
            (says(NoError, &[1, 2]), said(0, &[1], false), Verdict::Differs),
            (says(NoError, &[1]), said(0, &[1, 2], false), Verdict::Differs),
            (says(NoError, &[]), said(0, &[], false), Verdict::Agrees),
            (says(NoError, &[]), said(3, &[], false), Verdict::Differs),
            (says(NxDomain, &[]), said(3, &[], false), Verdict::Agrees),
            (says(NxDomain, &[]), said(9, &[], false), Verdict::Differs),
            (says(NoError, &[1, 2]), said(0, &[1], true), Verdict::Unknown),
            (says(NoError, &[1, 2]), said(0, &[1, 2], true), Verdict::Agrees),
            (says(NoError, &[1, 2]), said(0, &[3], true), Verdict::Differs),
            (Expected::Unknown(Reason::Loop), said(0, &[1], false), Verdict::Unknown),
            (says(NoError, &[1]), Said::Nothing("no answer in time".to_owned()), Verdict::Silent),
        ] {
            assert_eq!(verdict(&expected, &said), wanted, "{expected:?} {said:?}");
        }
    }

    #[test]
    fn a_record_that_nobody_knows_is_one_too_many() {
        let Said::Answer { answer, .. } = said(0, &[1], false) else { return };
        let answer = Answer { others: vec!["DNAME".to_owned()], ..answer };
        assert_eq!(verdict(&says(Rcode::NoError, &[1]), &Said::Answer { answer, milliseconds: 1 }), Verdict::Differs);
    }

    #[test]
    fn records_of_other_names_are_shown_with_them() {
        let asked = Asked::new("db", RecordType::A);
        let chain = [Record { name: "db".to_owned(), data: Data::Cname("web".to_owned()) }, records(&[1]).remove(0)];
        assert_eq!(shown(&asked, &chain), ["db CNAME web", "web A 10.0.0.1"]);
        assert_eq!(shown(&Asked::new("web", RecordType::A), &records(&[1])), ["10.0.0.1"]);
    }
}
