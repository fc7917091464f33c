//! Long lists, read block by block and decoded by all processors: nobody waits for, or keeps, the whole text.
//!
//! A shortcut for lists laid out as `list::encode` does, one object a line. Of all others `list::decode` makes something, or says what is
//! wrong with them.

use std::io::{self, Read};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::list;
use crate::objects::{Objects, Resource};
use crate::source::decode::add_object;

/// Bytes that are read and handed over together; a list that is no longer than that is not for here.
const BLOCK: usize = 1 << 20;

/// Reads a long list and adds its items in their order. If it is short, or anything is amiss, adds nothing and says so.
pub(super) fn read(objects: &mut Objects, resource: Resource, mut text: impl Read) -> bool {
    let Ok((block, false)) = fill(&mut text, Vec::new()) else { return false };
    let Some(block) = after_head(resource, block) else { return false };
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let decoded: Option<Vec<Vec<Objects>>> = thread::scope(|scope| {
        let (senders, workers): (Vec<SyncSender<_>>, Vec<_>) = std::iter::repeat_with(|| sync_channel(1))
            .take(threads)
            .map(|(sender, blocks)| (sender, scope.spawn(move || decode(resource, &blocks))))
            .unzip();
        let whole = hand_over(text, block, &senders);
        drop(senders);
        let decoded: Vec<_> = workers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        whole.and_then(|()| decoded.into_iter().map(|blocks| blocks.ok()?).collect())
    });
    let Some(decoded) = decoded else { return false };
    // As the blocks went round the threads, so they come back.
    let mut decoded: Vec<_> = decoded.into_iter().map(Vec::into_iter).collect();
    while let Some(more) = decoded.iter_mut().map(|blocks| blocks.next().map(|block| objects.merge(block))).reduce(Option::or) {
        if more.is_none() {
            break;
        }
    }
    true
}

/// Reads one block more, and says whether that was the end of the text.
fn fill(text: &mut impl Read, mut block: Vec<u8>) -> io::Result<(Vec<u8>, bool)> {
    block.reserve_exact(BLOCK);
    let read = text.take(BLOCK as u64).read_to_end(&mut block)?;
    Ok((block, read < BLOCK))
}

/// What stands behind the line with which a list begins.
fn after_head(resource: Resource, mut block: Vec<u8>) -> Option<Vec<u8>> {
    let rest = block.split_off(block.iter().position(|byte| *byte == b'\n')? + 1);
    block.extend(b"]}");
    list::decode(&mut Objects::default(), resource, &block).ok()?;
    Some(rest)
}

/// Cuts the text between objects and deals the blocks out; none if it does not end as a list does, or nobody takes them any more.
fn hand_over(mut text: impl Read, mut block: Vec<u8>, senders: &[SyncSender<Vec<u8>>]) -> Option<()> {
    let mut turns = senders.iter().cycle();
    let mut ended = false;
    while !ended {
        if let Some(end) = block.windows(2).rposition(|pair| pair == b",\n") {
            let rest = block.split_off(end + 2);
            block.truncate(end);
            turns.next()?.send(block).ok()?;
            block = rest;
        }
        (block, ended) = fill(&mut text, block).ok()?;
    }
    let end = block.trim_ascii_end().strip_suffix(b"\n]}")?.len();
    block.truncate(end);
    turns.next()?.send(block).ok()
}

/// Decodes blocks of objects with a comma and a new line between them.
fn decode(resource: Resource, blocks: &Receiver<Vec<u8>>) -> Option<Vec<Objects>> {
    let objects = |block: Vec<u8>| {
        let mut objects = Objects::default();
        let mut lines = block.split(|byte| *byte == b'\n').peekable();
        while let Some(line) = lines.next() {
            let object = if lines.peek().is_some() { line.strip_suffix(b",")? } else { line };
            let mut deserializer = serde_json::Deserializer::from_slice(object);
            add_object(&mut objects, resource, &mut deserializer).ok()?;
            deserializer.end().ok()?;
        }
        Some(objects)
    };
    blocks.iter().map(objects).collect()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    fn pods(count: usize, odd: &str) -> String {
        let mut text = String::from("{\"apiVersion\":\"v1\",\"kind\":\"PodList\",\"items\":[\n");
        for index in 0..count {
            let end = if index + 1 == count { "\n]}\n" } else { ",\n" };
            let odd = if index == count / 2 { odd } else { "" };
            write!(text, r#"{{"metadata":{{"name":"pod-{index}","annotations":{{"x":"{}"}}}}{odd}}}{end}"#, "x".repeat(200)).unwrap();
        }
        text
    }

    fn names(text: &str) -> Option<Vec<String>> {
        let mut objects = Objects::default();
        let read = read(&mut objects, Resource::Pods, text.as_bytes());
        assert!(read || objects.pods.is_empty());
        read.then(|| objects.pods.into_iter().map(|pod| pod.metadata.name).collect())
    }

    #[test]
    fn long_lists_come_as_one_thread_would_read_them() {
        for count in [8_000, 20_000, 31_337] {
            let text = pods(count, "");
            let mut objects = Objects::default();
            list::decode(&mut objects, Resource::Pods, text.as_bytes()).unwrap();
            let one_by_one: Vec<String> = objects.pods.into_iter().map(|pod| pod.metadata.name).collect();
            assert_eq!(names(&text), Some(one_by_one));
        }
    }

    #[test]
    fn what_is_short_damaged_or_laid_out_otherwise_is_left_to_the_other_reader() {
        let whole = pods(20_000, "");
        for text in [
            pods(100, ""),
            pods(20_000, ",\"spec\":7"),
            pods(20_000, "}"),
            pods(20_000, "},\n{\"metadata\":{}"),
            whole.replacen(",\n", "\n", 1),
            whole.replace(",\n", ",\n\n"),
            whole.replace('{', "{\n"),
            whole.trim_end().trim_end_matches("\n]}").to_owned(),
            whole.replacen("items", "other", 1),
            " ".repeat(BLOCK * 2),
        ] {
            let valid_all_the_same = text == pods(20_000, "},\n{\"metadata\":{}");
            assert_eq!(names(&text).is_some(), valid_all_the_same, "{}", text.get(..200).unwrap_or(&text));
        }
    }
}
