//! Whether a ZIP archive is whole, without unpacking it.

use super::classify::Body;

const END_RECORD: &[u8] = b"PK\x05\x06";
const END_RECORD_BYTES: usize = 22;
/// The longest comment that may follow the end record.
const MAX_COMMENT: usize = 0xffff;

/// The verdict on bytes that start with `PK`. What is cut off a ZIP is its directory, which stands at
/// the end: an archive is whole when it has one, and the directory lies where the end record says.
pub(super) fn whole(bytes: &[u8]) -> Body {
    let damaged = |why: &str| Body::Damaged(why.to_owned());
    if bytes.starts_with(END_RECORD) {
        return damaged("the ZIP archive holds no files");
    }
    if !bytes.starts_with(b"PK\x03\x04") {
        return damaged("this does not begin as a ZIP archive does");
    }
    let tail = bytes.len().saturating_sub(END_RECORD_BYTES + MAX_COMMENT);
    let ends = bytes.get(tail..).unwrap_or_default();
    let found = (0..ends.len())
        .rev()
        .filter(|&at| {
            ends.get(at..)
                .is_some_and(|rest| rest.starts_with(END_RECORD))
        })
        .any(|at| directory_is_there(bytes, tail + at));
    if found {
        Body::Content
    } else {
        damaged("the ZIP archive breaks off: its directory is missing")
    }
}

/// Whether the end record at `end` is whole and points at a directory before it.
fn directory_is_there(bytes: &[u8], end: usize) -> bool {
    let Some(record) = bytes.get(end..) else {
        return false;
    };
    let (Some(size), Some(start), Some(comment)) =
        (u32_at(record, 12), u32_at(record, 16), u16_at(record, 20))
    else {
        return false;
    };
    if record.len() < END_RECORD_BYTES + comment {
        return false;
    }
    if start == 0xffff_ffff || size == 0xffff_ffff {
        // ZIP64: the true place is in a record before this one, which the reader of the archive checks.
        return true;
    }
    let fits = start.checked_add(size).is_some_and(|after| after <= end);
    let directory = bytes.get(start..).unwrap_or_default();
    fits && directory.starts_with(b"PK\x01\x02")
}

fn u32_at(record: &[u8], at: usize) -> Option<usize> {
    let bytes = record.get(at..at + 4)?;
    usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
}

fn u16_at(record: &[u8], at: usize) -> Option<usize> {
    let bytes = record.get(at..at + 2)?;
    Some(usize::from(u16::from_le_bytes(bytes.try_into().ok()?)))
}
