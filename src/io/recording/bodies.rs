//! Where the bytes of a recording come from: a folder, or the program itself.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use include_dir::Dir;

use super::warc::Warc;

/// Most bytes of one body.
pub(super) const MAX_BODY: u64 = 256 * 1024 * 1024;

/// The place of all files of a recording.
#[derive(Debug, Clone)]
pub(super) enum Bodies {
    /// A folder, by its canonical path.
    Folder(PathBuf),
    /// Compiled in.
    Embedded(&'static Dir<'static>),
    /// A WARC file: the name of a body is the number of its record.
    Warc(Arc<Warc>),
}

impl Bodies {
    /// For error texts.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Folder(folder) => folder.display().to_string(),
            Self::Embedded(dir) => format!("the recording {} in the program", dir.path().display()),
            Self::Warc(warc) => warc.place(),
        }
    }

    /// Whether `name` is a file that can be read as a body; the error says why not.
    pub(super) fn check(&self, name: &str) -> Result<(), String> {
        let path = inside(name)?;
        match self {
            Self::Folder(folder) => {
                let file = folder.join(path);
                let real = fs::canonicalize(&file)
                    .map_err(|error| format!("the file {name:?} cannot be opened ({error})"))?;
                if !real.starts_with(folder) {
                    return Err(format!("the file {name:?} lies outside the folder"));
                }
                let about = fs::metadata(&real)
                    .map_err(|error| format!("the file {name:?} cannot be opened ({error})"))?;
                if !about.is_file() {
                    return Err(format!("{name:?} is not a file"));
                }
                if about.len() > MAX_BODY {
                    return Err(format!("the file {name:?} is larger than {MAX_BODY} bytes"));
                }
                Ok(())
            }
            Self::Embedded(dir) => match dir.get_file(dir.path().join(path)) {
                Some(_) => Ok(()),
                None => Err(format!("there is no file {name:?}")),
            },
            // A WARC file has no manifest that could name a wrong one.
            Self::Warc(_) => Ok(()),
        }
    }

    /// The bytes of the file `name`, at most `max_bytes` of them.
    pub(super) fn read(&self, name: &str, max_bytes: u64) -> io::Result<Vec<u8>> {
        if let Self::Warc(warc) = self {
            return warc.read(name, max_bytes);
        }
        let path = inside(name).map_err(io::Error::other)?;
        let bytes = match self {
            Self::Warc(_) => Vec::new(),
            Self::Folder(folder) => {
                let mut bytes = Vec::new();
                let file = File::open(folder.join(path))?;
                file.take(max_bytes.saturating_add(1))
                    .read_to_end(&mut bytes)?;
                bytes
            }
            Self::Embedded(dir) => dir
                .get_file(dir.path().join(path))
                .ok_or(io::ErrorKind::NotFound)?
                .contents()
                .to_vec(),
        };
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > max_bytes {
            return Err(io::Error::other(format!(
                "it is larger than {max_bytes} bytes"
            )));
        }
        Ok(bytes)
    }
}

/// `name` as a path that cannot lead out of the folder.
fn inside(name: &str) -> Result<&Path, String> {
    let path = Path::new(name);
    let plain = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if name.is_empty() || !plain || name.contains(['\\', '\0']) {
        return Err(format!(
            "{name:?} is not a path inside the folder: write it relative, with / and without .."
        ));
    }
    Ok(path)
}
