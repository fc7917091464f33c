//! Puts a snapshot on disk: first beside its place, then, when all is written, by renaming.
//!
//! Temporary files are made for their owner only, and snapshots stay so: they say much about a cluster.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;

use super::header::Header;
use super::read::Files;
use super::{HEADER, Recording, SnapshotError, file_name, list};
use crate::objects::Resource;

/// The files of a snapshot and their texts, the header first.
pub(super) fn files(path: &Path, recording: &Recording) -> Result<Vec<(String, Vec<u8>)>, SnapshotError> {
    let error = |source: serde_json::Error| SnapshotError::Io { path: path.to_owned(), source: source.into() };
    let mut header = serde_json::to_vec_pretty(&Header::of(recording)).map_err(error)?;
    header.push(b'\n');
    let mut files = vec![(HEADER.to_owned(), header)];
    for (resource, items) in &recording.lists {
        files.push((file_name(*resource), list::encode(*resource, items).map_err(error)?));
    }
    Ok(files)
}

/// Writes an archive.
pub(super) fn archive(path: &Path, files: &[(String, Vec<u8>)], time: Timestamp, overwrite: bool) -> Result<(), SnapshotError> {
    let io = |source| SnapshotError::Io { path: path.to_owned(), source };
    match fs::metadata(path) {
        Ok(meta) if meta.is_dir() => return Err(SnapshotError::InTheWay(path.to_owned())),
        Ok(meta) if meta.len() > 0 && !overwrite && !is_snapshot(path) => return Err(SnapshotError::InTheWay(path.to_owned())),
        _ => {}
    }
    let parent = parent(path)?;
    let temporary = tempfile::NamedTempFile::new_in(parent).map_err(io)?;
    let pack = || {
        let mut tar = tar::Builder::new(GzEncoder::new(BufWriter::new(&temporary), Compression::default()));
        for (name, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            header.set_mode(0o644);
            // The time of the recording, so that packing the same recording twice gives the same bytes.
            header.set_mtime(u64::try_from(time.as_second()).unwrap_or_default());
            tar.append_data(&mut header, name, bytes.as_slice())?;
        }
        tar.into_inner()?.finish()?.flush()
    };
    pack().map_err(io)?;
    temporary.persist(path).map_err(|error| io(error.error))?;
    Ok(())
}

/// Writes a directory.
pub(super) fn directory(path: &Path, files: &[(String, Vec<u8>)], overwrite: bool) -> Result<(), SnapshotError> {
    let io = |source| SnapshotError::Io { path: path.to_owned(), source };
    let exists = match fs::metadata(path) {
        Ok(meta) if !meta.is_dir() => return Err(SnapshotError::InTheWay(path.to_owned())),
        Ok(_) => true,
        Err(_) => false,
    };
    let empty = exists && fs::read_dir(path).map_err(io)?.next().is_none();
    let ours = exists && is_snapshot(path);
    if exists && !empty && !ours && !overwrite {
        return Err(SnapshotError::InTheWay(path.to_owned()));
    }
    let stage = tempfile::Builder::new().prefix(".netstore-").tempdir_in(parent(path)?).map_err(io)?;
    for (name, bytes) in files {
        fs::write(stage.path().join(name), bytes).map_err(io)?;
    }
    if !exists {
        return fs::rename(stage.path(), path).map_err(io);
    }
    // Files that are not ours stay where they are. While files are exchanged there is no header: whoever reads now
    // finds no snapshot rather than a mixture of two.
    if ours {
        for name in Resource::ALL.into_iter().map(file_name).chain([HEADER.to_owned()]) {
            match fs::remove_file(path.join(name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
                _ => {}
            }
        }
    }
    let (header, lists): (Vec<_>, Vec<_>) = files.iter().map(|(name, _)| name).partition(|name| *name == HEADER);
    lists.into_iter().chain(header).try_for_each(|name| fs::rename(stage.path().join(name), path.join(name))).map_err(io)
}

/// Whether a snapshot of any version is there.
fn is_snapshot(path: &Path) -> bool {
    let header = Files::open(path, &[]).and_then(|files| super::header(path, &files));
    matches!(header, Ok(_) | Err(SnapshotError::Newer { .. }))
}

/// The directory a path is in, made if it is not there.
fn parent(path: &Path) -> Result<PathBuf, SnapshotError> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(parent).map_err(|source| SnapshotError::Io { path: parent.to_owned(), source })?;
    Ok(parent.to_owned())
}
