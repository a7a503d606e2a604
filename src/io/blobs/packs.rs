//! Many small documents in one file.
//!
//! A file for each of hundreds of pages costs more than all the rest of a first check: each would be made,
//! synced and renamed by itself. Here they are gathered, and a pack of them becomes one file before
//! anything is committed that speaks of them.
//!
//! What such a file looks like is in [`super::pack_file`].

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::BlobError;
use super::hash::hash_of;
use super::pack_file::{FULL, List, MANY, Place, damaged, file_name, list, pack, part, unpack};
use crate::io::disk::{make_folder, sync_folder, write_synced};
use crate::model::document::DocumentHash;

/// The folder of packs.
#[derive(Debug)]
pub(super) struct Packs {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Documents that are in no file yet.
    gathered: Vec<(DocumentHash, Arc<[u8]>)>,
    bytes: usize,
    /// The files that were looked at.
    files: Vec<PathBuf>,
    known: HashSet<PathBuf>,
    places: HashMap<DocumentHash, Place>,
    looked: bool,
    /// The pack that was unpacked last.
    open: Option<(u32, Arc<[u8]>)>,
}

/// A document, or where it should be.
pub(super) enum Found {
    Gathered(Arc<[u8]>),
    Packed(PathBuf, Arc<[u8]>),
}

impl Packs {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds a document until a pack is full, or [`Packs::write`] is called.
    pub(super) fn gather(&self, hash: DocumentHash, bytes: Arc<[u8]>) -> Result<(), BlobError> {
        let mut state = self.state();
        self.look(&mut state, false)?;
        if state.has(&hash) {
            return Ok(());
        }
        state.bytes += bytes.len();
        state.gathered.push((hash, bytes));
        if state.bytes >= FULL || state.gathered.len() >= MANY {
            self.write_all(&mut state)?;
        }
        Ok(())
    }

    /// Writes what is held; it is on disk when this returns.
    pub(super) fn write(&self) -> Result<(), BlobError> {
        self.write_all(&mut self.state())
    }

    /// Whether the document is held, or in a pack that is known.
    pub(super) fn contains(&self, hash: &DocumentHash) -> Result<bool, BlobError> {
        let mut state = self.state();
        self.look(&mut state, false)?;
        Ok(state.has(hash))
    }

    /// The file of a document and its place there; nothing where it is in no pack.
    pub(super) fn place(&self, hash: &DocumentHash) -> Result<Option<(PathBuf, Place)>, BlobError> {
        let mut state = self.state();
        self.look(&mut state, false)?;
        Ok(state.place(hash))
    }

    /// The bytes of a document, not proven yet; nothing where no pack has it.
    pub(super) fn get(&self, hash: &DocumentHash) -> Result<Option<Found>, BlobError> {
        let mut state = self.state();
        self.look(&mut state, false)?;
        if let Some((_, bytes)) = state.gathered.iter().find(|(held, _)| held == hash) {
            return Ok(Some(Found::Gathered(Arc::clone(bytes))));
        }
        if !state.places.contains_key(hash) {
            // Another process may have written it.
            self.look(&mut state, true)?;
        }
        let Some((path, place)) = state.place(hash) else {
            return Ok(None);
        };
        let whole = match &state.open {
            Some((file, whole)) if *file == place.file => Arc::clone(whole),
            _ => {
                let file = fs::read(&path).map_err(BlobError::io("read", &path))?;
                let (_, whole) = unpack(&path, &file)?;
                let whole: Arc<[u8]> = whole.into();
                state.open = Some((place.file, Arc::clone(&whole)));
                whole
            }
        };
        Ok(Some(Found::Packed(path, part(&whole, place).into())))
    }

    /// Puts a pack back as a backup has it, after proving every document in it.
    pub(super) fn put_back(&self, name: &str, file: &[u8]) -> Result<u64, BlobError> {
        let path = self.folder.join(name);
        let list = prove(&path, file)?;
        if path.file_name() != Some(name.as_ref()) || name != file_name(&list) {
            return Err(damaged(&path, "it has another name than its list says"));
        }
        let mut state = self.state();
        self.write_file(&path, file)?;
        state.add(path, &list);
        Ok(list.len() as u64)
    }

    fn write_all(&self, state: &mut State) -> Result<(), BlobError> {
        if state.gathered.is_empty() {
            return Ok(());
        }
        let (list, file) = pack(&state.gathered).map_err(BlobError::io("pack", &self.folder))?;
        let path = self.folder.join(file_name(&list));
        self.write_file(&path, &file)?;
        state.add(path, &list);
        state.gathered.clear();
        state.bytes = 0;
        Ok(())
    }

    fn write_file(&self, path: &Path, file: &[u8]) -> Result<(), BlobError> {
        if !self.folder.is_dir() {
            make_folder(&self.folder).map_err(BlobError::io("create", &self.folder))?;
            let above = self.folder.parent().unwrap_or(&self.folder);
            sync_folder(above).map_err(BlobError::io("sync", above))?;
        }
        // The state is locked, and only the holder of the instance lock writes.
        let temporary = self.folder.join(".part");
        // What a process that was killed left is in nobody's way.
        let _ = fs::remove_file(&temporary);
        write_synced(&temporary, file)
            .and_then(|()| fs::rename(&temporary, path))
            .map_err(BlobError::io("write", path))?;
        sync_folder(&self.folder).map_err(BlobError::io("sync", &self.folder))
    }

    /// Reads the lists of packs that are not known yet: once, and again where that is asked for.
    fn look(&self, state: &mut State, again: bool) -> Result<(), BlobError> {
        if state.looked && !again {
            return Ok(());
        }
        state.looked = true;
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(BlobError::io("read", &self.folder)(error)),
        };
        for entry in entries {
            let path = entry.map_err(BlobError::io("read", &self.folder))?.path();
            let hidden = path
                .file_name()
                .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
            if hidden || state.known.contains(&path) {
                continue;
            }
            let mut file = File::open(&path).map_err(BlobError::io("open", &path))?;
            // One whose list is damaged has no documents; those that are missing are told by name.
            if let Some(list) = list(&mut file).map_err(BlobError::io("read", &path))? {
                state.add(path, &list);
            }
        }
        Ok(())
    }
}

/// The list of a pack in which every document is what its hash says.
pub(super) fn prove(path: &Path, file: &[u8]) -> Result<List, BlobError> {
    let (list, whole) = unpack(path, file)?;
    for (hash, place) in &list {
        if hash_of(part(&whole, *place)) != *hash {
            return Err(damaged(path, "a document in it has another SHA-256"));
        }
    }
    Ok(list)
}

impl State {
    fn has(&self, hash: &DocumentHash) -> bool {
        self.places.contains_key(hash) || self.gathered.iter().any(|(held, _)| held == hash)
    }

    fn place(&self, hash: &DocumentHash) -> Option<(PathBuf, Place)> {
        let place = self.places.get(hash)?;
        let path = self.files.get(usize::try_from(place.file).ok()?)?;
        Some((path.clone(), *place))
    }

    fn add(&mut self, path: PathBuf, list: &[(DocumentHash, Place)]) {
        if !self.known.insert(path.clone()) {
            return;
        }
        let file = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        self.files.push(path);
        for &(hash, place) in list {
            self.places.entry(hash).or_insert(Place { file, ..place });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(number: usize) -> Arc<[u8]> {
        let mut text = "<p>What all pages of a site have in common.</p>".repeat(40);
        text.push_str(&number.to_string());
        text.into_bytes().into()
    }

    fn gathered(packs: &Packs, numbers: std::ops::Range<usize>) -> Vec<DocumentHash> {
        let all = numbers.map(|number| {
            let bytes = document(number);
            let hash = hash_of(&bytes);
            packs.gather(hash, bytes).unwrap();
            hash
        });
        all.collect()
    }

    fn bytes(packs: &Packs, hash: &DocumentHash) -> Arc<[u8]> {
        match packs.get(hash).unwrap().unwrap() {
            Found::Gathered(bytes) | Found::Packed(_, bytes) => bytes,
        }
    }

    fn files(folder: &Path) -> usize {
        fs::read_dir(folder).map_or(0, Iterator::count)
    }

    #[test]
    fn documents_are_read_before_and_after_they_are_written_and_by_others() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("packs");
        let (packs, other) = (Packs::new(place.clone()), Packs::new(place.clone()));
        let hashes = gathered(&packs, 0..50);
        assert_eq!(files(&place), 0);
        assert_eq!(bytes(&packs, &hashes[7]), document(7));
        assert!(other.get(&hashes[7]).unwrap().is_none());
        packs.write().unwrap();
        packs.write().unwrap();
        assert_eq!(files(&place), 1);
        gathered(&packs, 0..50);
        packs.write().unwrap();
        assert_eq!(files(&place), 1);
        for (number, hash) in hashes.iter().enumerate() {
            assert_eq!(bytes(&packs, hash), document(number));
            assert_eq!(bytes(&other, hash), document(number));
        }
        let size = fs::read_dir(&place).unwrap().next().unwrap().unwrap();
        assert!(size.metadata().unwrap().len() < 50 * 60);
    }

    #[test]
    fn a_full_pack_is_written_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let packs = Packs::new(folder.path().join("packs"));
        let one = document(0).len();
        gathered(&packs, 0..FULL / one + 2);
        assert_eq!(files(&folder.path().join("packs")), 1);
    }

    #[test]
    fn damage_is_named_and_never_believed() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("packs");
        let packs = Packs::new(place.clone());
        let hashes = gathered(&packs, 0..20);
        packs.write().unwrap();
        let path = packs.place(&hashes[0]).unwrap().unwrap().0;
        let sound = fs::read(&path).unwrap();
        for at in (0..sound.len()).step_by(3) {
            let mut flipped = sound.clone();
            flipped[at] ^= 0x41;
            for bytes in [&flipped[..], &sound[..at]] {
                fs::write(&path, bytes).unwrap();
                let packs = Packs::new(place.clone());
                for (number, hash) in hashes.iter().enumerate() {
                    // Blobs compares the hash as well.
                    if let Ok(Some(Found::Packed(_, bytes))) = packs.get(hash) {
                        let same = bytes == document(number);
                        assert!(same || hash_of(&bytes) != *hash, "{at}");
                    }
                }
                let back = Packs::new(folder.path().join("back"));
                let name = path.file_name().unwrap().to_str().unwrap();
                assert!(back.put_back(name, bytes).is_err(), "{at}");
            }
        }
    }
}
