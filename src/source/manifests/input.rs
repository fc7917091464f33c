//! From paths to text: which files a `-f` means, and their bytes as text.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::Input;
use crate::source::words;

/// Why manifests could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// No such file.
    #[error("the path {0:?} does not exist")]
    Missing(PathBuf),
    /// A directory without any manifest.
    #[error("error reading [{}]: recognized file extensions are [.json .yaml .yml]", .0.display())]
    NoFiles(PathBuf),
    /// The file system says no.
    #[error("cannot read {}: {}", .path.display(), words::of_io(source))]
    Read {
        /// File or directory.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// More than any manifest has.
    #[error("cannot read {name}: larger than {} MiB", MAX_BYTES >> 20)]
    TooLarge {
        /// Name of the file.
        name: String,
    },
    /// Not one document could be understood.
    #[error("nothing could be read from {name}: {reason}")]
    Nothing {
        /// Names of the files.
        name: String,
        /// The first thing that went wrong.
        reason: String,
    },
}

/// Size at which reading a file stops: ten times the largest honest one, and an end for `/dev/zero`.
const MAX_BYTES: u64 = 512 << 20;

/// Extensions that count in directories; a file that is named itself is read whatever its name.
const EXTENSIONS: [&str; 3] = ["json", "yaml", "yml"];

/// One text to read.
pub(super) enum File<'a> {
    Path(PathBuf),
    Stdin(&'a [u8]),
}

/// The files the inputs mean: in the order given, those of a directory by name.
pub(super) fn files(inputs: &[Input], recursive: bool) -> Result<Vec<File<'_>>, ManifestError> {
    let mut files = Vec::new();
    for input in inputs {
        match input {
            Input::Stdin(bytes) => files.push(File::Stdin(bytes)),
            Input::Path(path) => match fs::metadata(path) {
                Ok(meta) if meta.is_dir() => {
                    let before = files.len();
                    directory(path, recursive, &mut files)?;
                    if files.len() == before {
                        return Err(ManifestError::NoFiles(path.clone()));
                    }
                }
                Ok(_) => files.push(File::Path(path.clone())),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(ManifestError::Missing(path.clone())),
                Err(source) => return Err(ManifestError::Read { path: path.clone(), source }),
            },
        }
    }
    Ok(files)
}

/// Walks as Go's `filepath.Walk`: by name, without following links to directories, so that it ends.
fn directory(path: &Path, recursive: bool, files: &mut Vec<File<'_>>) -> Result<(), ManifestError> {
    let error = |source| ManifestError::Read { path: path.to_owned(), source };
    let mut entries = fs::read_dir(path).map_err(error)?.collect::<Result<Vec<_>, _>>().map_err(error)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_type().map_err(error)?.is_dir() {
            if recursive {
                directory(&path, recursive, files)?;
            }
        } else if path.extension().is_some_and(|e| EXTENSIONS.iter().any(|known| e == *known)) && !path.is_dir() {
            files.push(File::Path(path));
        }
    }
    Ok(())
}

impl File<'_> {
    /// Name for messages, and the text.
    pub(super) fn read(&self) -> Result<(String, String), ManifestError> {
        match self {
            Self::Stdin(bytes) => Ok(("<stdin>".to_owned(), text(bytes))),
            Self::Path(path) => {
                let name = path.display().to_string();
                let error = |source| ManifestError::Read { path: path.clone(), source };
                let mut bytes = Vec::new();
                fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(error)?;
                if u64::try_from(bytes.len()).is_ok_and(|len| len > MAX_BYTES) {
                    return Err(ManifestError::TooLarge { name });
                }
                Ok((name, text(&bytes)))
            }
        }
    }
}

/// UTF-8, or UTF-16 with a byte order mark, as kubectl decodes files (`unicode.BOMOverride`); what is neither is replaced.
fn text(bytes: &[u8]) -> String {
    let utf16 = |body: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = body.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(unit).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xef, 0xbb, 0xbf, body @ ..] => String::from_utf8_lossy(body).into_owned(),
        [0xff, 0xfe, body @ ..] => utf16(body, u16::from_le_bytes),
        [0xfe, 0xff, body @ ..] => utf16(body, u16::from_be_bytes),
        body => String::from_utf8_lossy(body).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_marks() {
        assert_eq!(text(b"kind"), "kind");
        assert_eq!(text(b"\xef\xbb\xbfkind"), "kind");
        assert_eq!(text(b"\xff\xfek\0i\0"), "ki");
        assert_eq!(text(b"\xfe\xff\0k\0i"), "ki");
        assert_eq!(text(b"a\xff"), "a\u{fffd}");
    }

    #[test]
    fn directories_by_name_and_extension() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.yaml", "a.yml", "c.json", "d.txt", "sub/e.yaml"] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let list = |recursive| -> Vec<String> {
            let inputs = [Input::Path(dir.path().to_owned())];
            let found = files(&inputs, recursive).unwrap();
            found.iter().map(|f| f.read().unwrap().0.rsplit('/').next().unwrap().to_owned()).collect()
        };
        assert_eq!(list(false), ["a.yml", "b.yaml", "c.json"]);
        assert_eq!(list(true), ["a.yml", "b.yaml", "c.json", "e.yaml"]);
        let missing = files(&[Input::Path("nowhere/x.yaml".into())], false).err().unwrap();
        assert_eq!(missing.to_string(), "the path \"nowhere/x.yaml\" does not exist");
    }
}
