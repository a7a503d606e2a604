//! Whether what a PDF says is what was put into it.
//!
//! The library is made for people who want to see what is left of a broken file: what cannot be unpacked it
//! leaves out or shows as far as it goes. Here that would be a change of what the document says.

use std::io;

use flate2::read::{DeflateDecoder, ZlibDecoder};
use pdf_extract::xref::XrefEntry;
use pdf_extract::{Dictionary, Document, Object, Stream};

/// Why the file cannot be whole, if so: packed parts have checksums, and every page has its content.
pub(super) fn fault(document: &Document, bytes: &[u8]) -> Option<String> {
    let found = document.get_pages().len();
    if let Some(said) = count(document)
        && found != said
    {
        return Some(format!("{found} of {said} pages are there"));
    }
    let unnamed = document
        .objects
        .iter()
        .find(|(_, object)| is_garbled(object));
    if let Some((id, _)) = unnamed {
        return Some(format!("its part {} has a name with control signs", id.0));
    }
    for (number, page) in document.get_pages() {
        let broken = |id| !matches!(document.get_object(id), Ok(Object::Stream(_)));
        let missing = match document
            .get_dictionary(page)
            .and_then(|page| page.get(b"Contents"))
        {
            Err(_) => false,
            Ok(Object::Reference(id)) => match document.get_object(*id) {
                Ok(Object::Array(parts)) => parts
                    .iter()
                    .any(|part| part.as_reference().map_or(true, broken)),
                _ => broken(*id),
            },
            Ok(Object::Array(parts)) => parts
                .iter()
                .any(|part| part.as_reference().map_or(true, broken)),
            Ok(_) => true,
        };
        if missing {
            return Some(format!("a part of page {number} is missing"));
        }
    }
    if document.is_encrypted() {
        // What the bytes are before they are decrypted says nothing.
        return None;
    }
    let damaged = document.objects.iter().find_map(|(id, object)| {
        let Object::Stream(stream) = object else {
            return None;
        };
        let raw = if is_container(stream) {
            in_file(document, id.0, bytes)?
        } else {
            &stream.content
        };
        is_damaged(stream, raw).then_some(id.0)
    })?;
    Some(format!("its part {damaged} is damaged"))
}

/// How many pages it says that it has; nothing where it does not say so.
fn count(document: &Document) -> Option<usize> {
    let pages = document.catalog().and_then(|catalog| catalog.get(b"Pages"));
    let (_, pages) = document.dereference(pages.ok()?).ok()?;
    let count = pages.as_dict().and_then(|pages| pages.get(b"Count")).ok()?;
    let (_, count) = document.dereference(count).ok()?;
    usize::try_from(count.as_i64().ok()?).ok()
}

/// Whether a name in it has control signs, as no program writes them.
fn is_garbled(object: &Object) -> bool {
    let garbled = |name: &[u8]| name.iter().any(|&byte| byte < 0x20);
    let mut left = vec![object];
    while let Some(object) = left.pop() {
        let dict = match object {
            Object::Name(name) if garbled(name) => return true,
            Object::Array(parts) => {
                left.extend(parts);
                continue;
            }
            Object::Dictionary(dict) => dict,
            Object::Stream(stream) => &stream.dict,
            _ => continue,
        };
        if dict.iter().any(|(key, _)| garbled(key)) {
            return true;
        }
        left.extend(dict.iter().map(|(_, value)| value));
    }
    false
}

/// A part that holds others: the library unpacked it when it read them.
fn is_container(stream: &Stream) -> bool {
    stream.dict.get(b"Type").and_then(Object::as_name).ok() == Some(b"ObjStm")
}

/// A stream from its first byte to the end of the file.
fn in_file<'a>(document: &Document, number: u32, bytes: &'a [u8]) -> Option<&'a [u8]> {
    let entry = document.reference_table.get(number)?;
    let XrefEntry::Normal { offset, .. } = entry else {
        return None;
    };
    let object = bytes.get(usize::try_from(*offset).ok()?..)?;
    let at = memchr::memmem::find(object, b"stream")?;
    let data = object.get(at + 6..)?;
    let data = data.strip_prefix(b"\r").unwrap_or(data);
    Some(data.strip_prefix(b"\n").unwrap_or(data))
}

/// Whether a packed part does not unpack to what its checksum says. Pictures do not matter.
fn is_damaged(stream: &Stream, raw: &[u8]) -> bool {
    let name = |key: &[u8]| stream.dict.get(key).and_then(Object::as_name).ok();
    let is_zlib = matches!(raw, [method, flags, ..]
        if method & 0x0f == 8 && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0);
    let container = is_container(stream);
    // A container may be packed otherwise, or not at all.
    let packed = if container {
        is_zlib
    } else {
        first_filter(&stream.dict) == Some(b"FlateDecode") && !raw.is_empty()
    };
    if !packed || name(b"Subtype") == Some(b"Image") {
        return false;
    }
    if !is_zlib {
        return true;
    }
    let unpacks = |mut from: Box<dyn io::Read + '_>| io::copy(&mut from, &mut io::sink()).is_ok();
    if unpacks(Box::new(ZlibDecoder::new(raw))) {
        return false;
    }
    // Some programs leave the checksum out.
    let mut decoder = DeflateDecoder::new(raw.get(2..).unwrap_or_default());
    let whole = unpacks(Box::new(&mut decoder));
    let end = usize::try_from(decoder.total_in()).unwrap_or(usize::MAX);
    let rest = raw.get(2..).and_then(|data| data.get(end..));
    let ends = rest.is_some_and(|rest| {
        let rest = rest.trim_ascii_start();
        rest.is_empty() || rest.starts_with(b"endstream")
    });
    !(whole && ends)
}

fn first_filter(dict: &Dictionary) -> Option<&[u8]> {
    match dict.get(b"Filter").ok()? {
        Object::Name(name) => Some(name),
        Object::Array(filters) => filters.first()?.as_name().ok(),
        _ => None,
    }
}
