//! Names that a TAB key got a moment ago: a few seconds in a file, because the next key asks for them again.
//!
//! Nothing here ever fails: what cannot be remembered is asked for.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cli::connection::ConnectionOptions;

/// Long enough for a word, short enough for a pod that has just been made.
const SECONDS: Duration = Duration::from_secs(10);

/// Where kubectl's caches are: `--cache-dir`, `$KUBECACHEDIR`, `~/.kube/cache`; in it a folder of our own.
pub(super) fn folder(options: &ConnectionOptions) -> Option<PathBuf> {
    let of_environment = || std::env::var_os("KUBECACHEDIR").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let at_home = || std::env::home_dir().map(|home| home.join(".kube").join("cache"));
    let cache = options.cache_dir.clone().or_else(of_environment).or_else(at_home)?;
    Some(cache.join("netstore"))
}

/// The file of one question to one server by one user.
pub(super) struct Remembered {
    folder: PathBuf,
    file: PathBuf,
    /// The question in one line: two of them may share a file name.
    question: String,
}

impl Remembered {
    /// The file in this folder for a question made of these words.
    pub(super) fn new(folder: &Path, words: &[&str]) -> Self {
        let mut hasher = DefaultHasher::new();
        words.hash(&mut hasher);
        Self { folder: folder.to_owned(), file: folder.join(format!("{:016x}", hasher.finish())), question: format!("{words:?}") }
    }

    /// What was answered, if it is fresh.
    pub(super) fn read(&self) -> Option<Vec<String>> {
        if !is_fresh(&self.file) {
            return None;
        }
        let text = fs::read_to_string(&self.file).ok()?;
        let mut lines = text.lines().map(str::to_owned);
        (lines.next()? == self.question).then(|| lines.collect())
    }

    /// Keeps an answer, and forgets those that are old. Others of this machine cannot read it.
    pub(super) fn write(&self, names: &[String]) {
        let _ = self.try_write(names);
    }

    fn try_write(&self, names: &[String]) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        for entry in fs::read_dir(&self.folder)?.flatten() {
            if !is_fresh(&entry.path()) {
                fs::remove_file(entry.path())?;
            }
        }
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        writeln!(file, "{}", self.question)?;
        names.iter().try_for_each(|name| writeln!(file, "{name}"))?;
        file.persist(&self.file)?;
        Ok(())
    }
}

fn is_fresh(file: &Path) -> bool {
    let written = fs::metadata(file).and_then(|metadata| metadata.modified());
    written.is_ok_and(|written| written.elapsed().is_ok_and(|age| age < SECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn an_answer_is_kept_for_its_own_question_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let asked = Remembered::new(folder.path(), &["server", "jane", "/api/v1/pods"]);
        asked.write(&names(&["a", "b"]));
        assert_eq!(asked.read(), Some(names(&["a", "b"])));
        assert_eq!(Remembered::new(folder.path(), &["server", "joe", "/api/v1/pods"]).read(), None);
        let collides = Remembered { question: "another".to_owned(), ..asked };
        assert_eq!(collides.read(), None);
    }

    #[test]
    fn what_is_old_is_asked_again_and_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let [old, new] = ["old", "new"].map(|question| Remembered::new(folder.path(), &[question]));
        old.write(&names(&["a"]));
        let file = fs::File::options().append(true).open(&old.file).expect("the file");
        file.set_modified(std::time::SystemTime::now() - 2 * SECONDS).expect("its time");
        assert_eq!(old.read(), None);
        new.write(&names(&["b"]));
        assert!(!old.file.exists() && new.file.exists());
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_no_error() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let remembered = Remembered::new(file.path(), &["x"]);
        remembered.write(&names(&["a"]));
        assert_eq!(remembered.read(), None);
    }
}
