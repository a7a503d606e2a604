//! Messages as files of a folder, for archives, for programs that fetch them, and for tests.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::channel::{Receipt, SendError};
use crate::model::delivery::Outgoing;

/// Where the files go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileConfig {
    /// The folder; it is made when it is missing.
    pub dir: PathBuf,
}

/// Writes each message to a file of its own, named by time and delivery: writing it again
/// overwrites the same file with the same bytes.
#[derive(Debug)]
pub struct FileChannel {
    dir: PathBuf,
}

impl FileChannel {
    /// A channel into the folder.
    pub fn new(config: FileConfig) -> Self {
        Self { dir: config.dir }
    }

    /// Writes the message; it is there in full or not at all, also after a power cut.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub async fn send(&self, outgoing: &Outgoing) -> Result<Receipt, SendError> {
        let path = self.dir.join(file_name(outgoing));
        let shown = path.display().to_string();
        let message = outgoing.message.clone();
        let written = tokio::task::spawn_blocking(move || write(&path, &message)).await;
        let cause = match written {
            Ok(Ok(())) => return Ok(Receipt { words: shown }),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        Err(SendError::Write { path: shown, cause })
    }
}

/// `20200502T100000Z-0123….eml`; anything that is no letter or digit of an id becomes `_`.
fn file_name(outgoing: &Outgoing) -> String {
    let id: String = outgoing
        .id
        .chars()
        .take(80)
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect();
    format!("{}-{id}.eml", outgoing.created.format("%Y%m%dT%H%M%SZ"))
}

fn write(path: &Path, message: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(dir)?;
    let temporary = path.with_extension("tmp");
    let mut file = File::create(&temporary)?;
    file.write_all(message)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&temporary, path)?;
    // the new name itself must reach the disk
    File::open(dir)?.sync_all()
}
