//! The files of a snapshot, from a directory or out of an archive. Archives are unpacked in memory, never to disk.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

use super::{HEADER, SnapshotError, file_name};
use crate::objects::Resource;

/// Size at which unpacking stops. 100,000 pods are about half a GiB; a few KB of gzip can claim any size.
pub(super) const MAX_BYTES: u64 = 4 << 30;

/// The files of a snapshot that a question needs.
pub(super) enum Files {
    Directory(PathBuf),
    Archive(BTreeMap<String, Vec<u8>>),
}

impl Files {
    /// Opens a snapshot; an archive is read here, but only the header and the lists of these kinds are kept.
    pub(super) fn open(path: &Path, resources: &[Resource]) -> Result<Self, SnapshotError> {
        let io = |source| SnapshotError::Io { path: path.to_owned(), source };
        if std::fs::metadata(path).map_err(io)?.is_dir() {
            return Ok(Self::Directory(path.to_owned()));
        }
        let mut wanted: Vec<String> = resources.iter().map(|r| file_name(*r)).collect();
        wanted.push(HEADER.to_owned());
        let reader = Capped { inner: GzDecoder::new(io::BufReader::new(File::open(path).map_err(io)?)), left: MAX_BYTES };
        let files = unpack(reader, &wanted).map_err(|source| match source.get_ref() {
            Some(inner) if inner.is::<CapReached>() => SnapshotError::TooLarge(path.to_owned()),
            _ => io(source),
        })?;
        Ok(Self::Archive(files))
    }

    /// A file, if it is there, to be read from its beginning.
    pub(super) fn reader(&self, name: &str) -> Result<Option<Box<dyn Read + '_>>, SnapshotError> {
        match self {
            Self::Archive(files) => Ok(files.get(name).map(|bytes| Box::new(bytes.as_slice()) as Box<dyn Read>)),
            Self::Directory(path) => {
                let path = path.join(name);
                match File::open(&path) {
                    Ok(file) => Ok(Some(Box::new(file.take(MAX_BYTES)))),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                    Err(source) => Err(SnapshotError::Io { path, source }),
                }
            }
        }
    }

    /// The bytes of a file, if it is there.
    pub(super) fn get(&self, name: &str) -> Result<Option<Cow<'_, [u8]>>, SnapshotError> {
        let path = match self {
            Self::Archive(files) => return Ok(files.get(name).map(|bytes| Cow::Borrowed(bytes.as_slice()))),
            Self::Directory(path) => path.join(name),
        };
        let Some(mut file) = self.reader(name)? else { return Ok(None) };
        let mut bytes = Vec::new();
        match file.read_to_end(&mut bytes) {
            Ok(_) => Ok(Some(Cow::Owned(bytes))),
            Err(source) => Err(SnapshotError::Io { path, source }),
        }
    }
}

/// The wanted files of a tar archive, by their names without directories: `tar` users pack `./x` as well as `shop/x`.
fn unpack(reader: impl Read, wanted: &[String]) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(reader).entries()? {
        let mut entry = entry?;
        let name = entry.path()?.file_name().and_then(|name| name.to_str()).map(str::to_owned);
        // Only regular files: a sparse one would unpack to more than was counted.
        if let Some(name) = name.filter(|name| entry.header().entry_type().is_file() && wanted.contains(name)) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            let claimed = entry.header().entry_size()?;
            if u64::try_from(bytes.len()).ok() != Some(claimed) {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("{name} is cut off")));
            }
            files.insert(name, bytes);
        }
    }
    Ok(files)
}

/// A reader that ends with an error after so many bytes.
struct Capped<R> {
    inner: R,
    left: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("too many bytes")]
struct CapReached;

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let bytes = u64::try_from(read).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(bytes).ok_or_else(|| io::Error::other(CapReached))?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bombs_are_not_unpacked() {
        let mut reader = Capped { inner: io::repeat(0), left: 10_000 };
        let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
        assert!(error.get_ref().is_some_and(|inner| inner.is::<CapReached>()));
    }
}
