//! PDFs made here: pages of text as a word processor sets them, and parts of which a hostile one is
//! put together.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};

use zip::write::SimpleFileOptions;

/// A PDF with these pages. A line is a line, an empty one parts paragraphs, ` | ` parts the columns of a
/// table. `compressed` as in every PDF of today.
pub(crate) fn pdf(pages: &[&str], compressed: bool) -> Vec<u8> {
    let contents: Vec<Vec<u8>> = pages.iter().map(|page| content(page)).collect();
    let streams = contents.iter().map(|content| {
        if compressed {
            stream("/Filter /FlateDecode", &zlib(content))
        } else {
            stream("", content)
        }
    });
    assemble(&streams.collect::<Vec<_>>())
}

/// A PDF whose pages have these content streams (see [`stream`]).
pub(crate) fn assemble(streams: &[Vec<u8>]) -> Vec<u8> {
    let mut objects: Vec<Vec<u8>> = Vec::new();
    let kids: Vec<String> = (0..streams.len())
        .map(|page| format!("{} 0 R", 4 + 2 * page))
        .collect();
    objects.push(b"<< /Type /Catalog /Pages 2 0 R >>".to_vec());
    let pages = format!(
        "<< /Type /Pages /Kids [{}] /Count {} /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> >>",
        kids.join(" "),
        streams.len()
    );
    objects.push(pages.into_bytes());
    objects.push(
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_vec(),
    );
    for (page, stream) in streams.iter().enumerate() {
        let page = format!(
            "<< /Type /Page /Parent 2 0 R /Contents {} 0 R >>",
            5 + 2 * page
        );
        objects.push(page.into_bytes());
        objects.push(stream.clone());
    }
    file(&objects)
}

/// A PDF of these objects, numbered from 1; the first is the catalogue.
pub(crate) fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend(format!("{} 0 obj\n", number + 1).bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    let at = bytes.len();
    let mut end = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for place in places {
        let _ = writeln!(end, "{place:010} 00000 n ");
    }
    let _ = write!(
        end,
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{at}\n%%EOF\n",
        objects.len() + 1
    );
    bytes.extend(end.bytes());
    bytes
}

/// A stream object.
pub(crate) fn stream(entries: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = format!("<< /Length {} {entries} >>\nstream\n", data.len()).into_bytes();
    bytes.extend(data);
    bytes.extend(b"\nendstream");
    bytes
}

/// The letters of a page with their places.
fn content(page: &str) -> Vec<u8> {
    let (mut text, mut y) = (String::new(), 740);
    for line in page.lines() {
        let mut x = 40;
        for cell in line.split(" | ").map(str::trim) {
            if !cell.is_empty() {
                let escaped = cell
                    .replace('\\', "\\\\")
                    .replace('(', "\\(")
                    .replace(')', "\\)");
                let _ = writeln!(text, "BT /F1 8 Tf 1 0 0 1 {x} {y} Tm ({escaped}) Tj ET");
            }
            // Where the next column begins: no letter is wider than 7 points.
            x += (7 * cell.len() + 20).max(130);
        }
        y -= 10;
    }
    // The one font is in Latin letters of one byte each.
    text.chars()
        .map(|letter| u8::try_from(u32::from(letter)).unwrap())
        .collect()
}

/// Data in the form of `/FlateDecode`.
pub(crate) fn zlib(data: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive
        .start_file("x", SimpleFileOptions::default())
        .unwrap();
    archive.write_all(data).unwrap();
    let mut archive = zip::ZipArchive::new(archive.finish().unwrap()).unwrap();
    let mut deflated = Vec::new();
    archive
        .by_index_raw(0)
        .unwrap()
        .read_to_end(&mut deflated)
        .unwrap();
    let (mut a, mut b) = (1_u32, 0_u32);
    for &byte in data {
        a = (a + u32::from(byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    let mut bytes = vec![0x78, 0x9c];
    bytes.extend(deflated);
    bytes.extend((b << 16 | a).to_be_bytes());
    bytes
}
