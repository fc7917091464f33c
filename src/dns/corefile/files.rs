//! The files beside a Corefile, as far as they are known: what `import` finds.

use std::collections::BTreeMap;

/// Folders by path. What is in no folder here was not read.
#[derive(Debug, Default, Clone)]
pub struct Files<'a> {
    /// Where the Corefile is.
    home: String,
    folders: BTreeMap<String, Folder<'a>>,
}

/// What is in a folder: texts by name, none for one that was not kept.
pub type Folder<'a> = BTreeMap<&'a str, Option<&'a str>>;

/// What an import finds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// Paths and texts, in the order of their names.
    Texts(Vec<(String, &'a str)>),
    /// It is not known what is there.
    Unread,
    /// A file that is not there.
    Missing,
    /// A pattern that may not be, or that matches a folder.
    Refused,
}

impl<'a> Files<'a> {
    /// Of a Corefile in this folder.
    pub fn beside(home: &str) -> Self {
        Self { home: home.to_owned(), folders: BTreeMap::new() }
    }

    /// Adds a folder all contents of which are known.
    pub fn add(&mut self, path: &str, folder: Folder<'a>) {
        self.folders.entry(clean(path)).or_default().extend(folder);
    }

    /// What a path or a pattern means in a file of the folder `from`; none is that of the Corefile.
    pub(super) fn find(&self, pattern: &str, from: Option<&str>) -> Found<'a> {
        let whole = if pattern.starts_with('/') { pattern.to_owned() } else { format!("{}/{pattern}", from.unwrap_or(&self.home)) };
        let several = |c| whole.matches(c).count() > 1;
        if several('*') || several('?') || (whole.contains('[') && whole.contains(']')) {
            return Found::Refused;
        }
        if whole.contains(['\\', '[']) {
            return Found::Unread;
        }
        let path = clean(&whole);
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let Some(known) = self.folders.get(folder) else { return Found::Unread };
        // The kubelet puts the files of a ConfigMap behind a link of this name.
        if name.contains(['*', '?']) && matches(name, "..data") {
            return Found::Refused;
        }
        let files: Vec<(&&str, &Option<&str>)> = known.iter().filter(|(file, _)| matches(name, file)).collect();
        if files.is_empty() && !name.contains(['*', '?']) {
            return Found::Missing;
        }
        let texts = files.into_iter().map(|(file, text)| text.map(|text| (format!("{folder}/{file}"), text)));
        texts.collect::<Option<Vec<_>>>().map_or(Found::Unread, Found::Texts)
    }
}

/// Without `.`, `..` and double slashes.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.into_iter().fold(String::new(), |path, part| path + "/" + part)
}

/// Whether a name is what a pattern with at most one `*` and one `?` means.
fn matches(pattern: &str, name: &str) -> bool {
    let fits = |pattern: &str, name: &str| {
        pattern.chars().count() == name.chars().count() && pattern.chars().zip(name.chars()).all(|(p, n)| p == '?' || p == n)
    };
    let Some((before, after)) = pattern.split_once('*') else { return fits(pattern, name) };
    let (count, [head, tail]) = (name.chars().count(), [before, after].map(|part| part.chars().count()));
    let part = |from: usize, length: usize| name.chars().skip(from).take(length).collect::<String>();
    count >= head + tail && fits(before, &part(0, head)) && fits(after, &part(count - tail, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_mean_files_of_known_folders() {
        let mut files = Files::beside("/etc/coredns");
        files.add("/etc/coredns/", Folder::from([("Corefile", Some("c")), ("blank", None)]));
        files.add("/etc/coredns/custom", Folder::from([("a.server", Some("a")), ("ab.server", Some("b")), ("x.override", Some("x"))]));
        let texts = |list: &[(&str, &'static str)]| Found::Texts(list.iter().map(|(path, text)| ((*path).to_owned(), *text)).collect());
        let [a, b] = [("/etc/coredns/custom/a.server", "a"), ("/etc/coredns/custom/ab.server", "b")];
        for (pattern, from, found) in [
            ("custom/*.server", None, texts(&[a, b])),
            ("/etc/coredns//custom/./?.server", None, texts(&[a])),
            ("a*.server", Some("/etc/coredns/custom"), texts(&[a, b])),
            ("../custom/a*b.server", Some("/etc/coredns/custom"), texts(&[b])),
            ("custom/*.none", None, texts(&[])),
            ("custom/none", None, Found::Missing),
            ("blank", None, Found::Unread),
            ("elsewhere/*.server", None, Found::Unread),
            ("custom/*", None, Found::Refused),
            ("*/*.server", None, Found::Refused),
            ("custom/[a].server", None, Found::Refused),
        ] {
            assert_eq!(files.find(pattern, from), found, "{pattern}");
        }
    }
}
