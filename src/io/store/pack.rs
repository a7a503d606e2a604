//! Long payloads, compressed: pages of one site differ in a few sentences, and a database that holds
//! all of each would be larger than the documents.

use std::io::Read;

use rusqlite::{Connection, OptionalExtension};
use zstd::dict::EncoderDictionary;

use super::error::StoreError;

/// Shorter contents are kept as they are.
const LONG: usize = 2_048;
/// No payload is longer than this, unpacked.
const MOST: u64 = 64 << 20;
const LEVEL: i32 = 3;

/// What goes into the columns of a payload.
pub(super) struct Packed {
    /// Empty where `frame` stands for it.
    pub(super) content: String,
    pub(super) frame: Option<Vec<u8>>,
    pub(super) base: Option<i64>,
}

/// Packs the payloads of one transaction: the first long one is the base of the others, so that at
/// most one transaction's payloads depend on one row.
#[derive(Default)]
pub(super) struct Packer {
    base: Option<(i64, EncoderDictionary<'static>)>,
}

impl Packer {
    pub(super) fn pack(&self, content: String) -> Result<Packed, StoreError> {
        if content.len() < LONG {
            return Ok(Packed {
                content,
                frame: None,
                base: None,
            });
        }
        let failed = |error: std::io::Error| StoreError::Other(error.to_string());
        let packed = match &self.base {
            Some((_, dictionary)) => zstd::bulk::Compressor::with_prepared_dictionary(dictionary)
                .and_then(|mut compressor| compressor.compress(content.as_bytes()))
                .map_err(failed)?,
            None => zstd::bulk::compress(content.as_bytes(), LEVEL).map_err(failed)?,
        };
        Ok(Packed {
            content: String::new(),
            frame: Some(packed),
            base: self.base.as_ref().map(|(id, _)| *id),
        })
    }

    /// A long payload was stored under this number.
    pub(super) fn stored(&mut self, id: i64, content: &str) {
        if self.base.is_none() && content.len() >= LONG {
            self.base = Some((id, EncoderDictionary::copy(content.as_bytes(), LEVEL)));
        }
    }
}

/// The content of a payload; `None` when there is no such row.
pub(super) fn content(connection: &Connection, id: i64) -> Result<Option<String>, StoreError> {
    let Some((content, packed, base)) = row(connection, id)? else {
        return Ok(None);
    };
    let Some(packed) = packed else {
        return Ok(Some(content));
    };
    let base = match base {
        None => String::new(),
        Some(base) => match row(connection, base)? {
            Some((content, None, None)) => content,
            Some((_, Some(packed), None)) => unpack(&packed, "")?,
            Some((_, _, Some(_))) | None => return Err(damaged("its base is no base")),
        },
    };
    unpack(&packed, &base).map(Some)
}

type Row = (String, Option<Vec<u8>>, Option<i64>);

fn row(connection: &Connection, id: i64) -> Result<Option<Row>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT content, packed, base FROM payloads WHERE id = ?1")?;
    let found = statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    Ok(found.optional()?)
}

fn unpack(packed: &[u8], base: &str) -> Result<String, StoreError> {
    let failed = |error: std::io::Error| damaged(&error.to_string());
    let decoder = zstd::stream::read::Decoder::with_dictionary(packed, base.as_bytes());
    let mut content = String::new();
    decoder
        .map_err(failed)?
        .take(MOST)
        .read_to_string(&mut content)
        .map_err(failed)?;
    Ok(content)
}

fn damaged(why: &str) -> StoreError {
    StoreError::unreadable("a packed payload", why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_content_is_small_beside_one_like_it_and_unpacks() {
        let lines: Vec<String> = (0..2_000)
            .map(|n| format!("paragraph {}\n", n * 7_919))
            .collect();
        let one = lines.concat();
        let other = one.replace("7919", "7920");
        let mut packer = Packer::default();
        let first = packer.pack(one.clone()).unwrap();
        packer.stored(7, &one);
        let second = packer.pack(other.clone()).unwrap();
        assert_eq!((first.base, second.base), (None, Some(7)));
        let (first, second) = (first.frame.unwrap(), second.frame.unwrap());
        assert!(
            second.len() * 10 < first.len(),
            "{} {}",
            first.len(),
            second.len()
        );
        assert_eq!(unpack(&first, "").unwrap(), one);
        assert_eq!(unpack(&second, &one).unwrap(), other);
        assert!(unpack(&second, "").is_err());
        assert_eq!(packer.pack("short".to_owned()).unwrap().content, "short");
    }
}
