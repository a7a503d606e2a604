//! What a backup holds of documents, and how it is put back.

use std::fs;
use std::path::Path;

use super::error::{BlobError, missing_or};
use super::folder::{Blobs, Kept, LEVEL};
use super::packs::prove;
use crate::model::document::DocumentHash;

/// How a document goes into a backup.
#[derive(Debug)]
pub(in crate::io) enum Portable {
    /// By itself: its file as it stands.
    Document(Vec<u8>),
    /// With the file of many that it lies in: name and content.
    Pack(String, Vec<u8>),
    /// That file was given out already, in this turn.
    Among,
}

impl Blobs {
    /// Orders documents so that each file of many is unpacked once.
    pub(in crate::io) fn in_order(&self, documents: &mut [DocumentHash]) {
        // A folder that cannot be read is told of each document.
        documents.sort_by_cached_key(|hash| {
            let place = self.packs.place(hash).ok().flatten();
            (place.map(|(_, place)| place), hash.digest())
        });
    }

    /// How a document goes into a backup; `last` is the file of many that was looked at last.
    pub(in crate::io) fn portable(
        &self,
        hash: &DocumentHash,
        last: &mut Option<(String, bool)>,
    ) -> Result<Portable, BlobError> {
        let file = match self.kept(hash)? {
            Kept::Alone(path) | Kept::Against(path, _) => {
                let content = fs::read(&path).map_err(|source| missing_or(hash, &path, source))?;
                return Ok(Portable::Document(content));
            }
            Kept::Among(file, ..) => file,
        };
        let name = name_of(&file);
        match last {
            Some((known, true)) if *known == name => return Ok(Portable::Among),
            Some((known, false)) if *known == name => {}
            Some(_) | None => {
                let content = fs::read(&file).map_err(BlobError::io("read", &file))?;
                let sound = prove(&file, &content).is_ok();
                *last = Some((name.clone(), sound));
                if sound {
                    return Ok(Portable::Pack(name, content));
                }
            }
        }
        // Something else in that file is damaged.
        let bytes = self.get(hash)?;
        let alone = zstd::bulk::compress(&bytes, LEVEL).map_err(BlobError::io("pack", &file))?;
        Ok(Portable::Document(alone))
    }

    /// Puts a file back as a backup has it, after proving that it is what it should be.
    pub(in crate::io) fn put_portable(
        &self,
        hash: &DocumentHash,
        compressed: &[u8],
    ) -> Result<(), BlobError> {
        if self.verify(hash).is_ok() {
            return Ok(());
        }
        self.unpack(hash, &self.path(hash), compressed, |_| {})?;
        self.write(hash, compressed)
    }

    /// Puts a file of many back, after proving every document in it; returns how many those are.
    pub(in crate::io) fn put_pack(&self, name: &str, file: &[u8]) -> Result<u64, BlobError> {
        self.packs.put_back(name, file)
    }
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
