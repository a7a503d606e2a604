//! The answer inside of a record: status, headers, and the body without what it was wrapped in on its way.

use std::io::{self, BufRead, Read};

use flate2::bufread::{GzDecoder, ZlibDecoder};

use super::record::{self, Fields};

fn wrong(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

/// Status and headers of an answer; the reader then stands at its body.
pub(super) fn head(reader: &mut impl BufRead) -> io::Result<(u16, Fields)> {
    let mut line = Vec::new();
    reader.by_ref().take(4_096).read_until(b'\n', &mut line)?;
    let line = String::from_utf8_lossy(&line);
    let status = line
        .strip_prefix("HTTP/")
        .and_then(|rest| rest.split_ascii_whitespace().nth(1))
        .and_then(|status| status.parse().ok())
        .ok_or_else(|| wrong("its block does not begin with the status line of an answer"))?;
    Ok((status, record::fields(reader)?))
}

/// The body, at most so many bytes of it.
pub(super) fn body(reader: impl BufRead, headers: &Fields, most: u64) -> io::Result<Vec<u8>> {
    let is = |name: &str, value: &str| {
        let field = headers.get(name).unwrap_or_default().to_ascii_lowercase();
        field.split(',').any(|part| part.trim() == value)
    };
    let raw = if is("transfer-encoding", "chunked") {
        // Some tools keep the field and undo the encoding.
        let all = bounded(reader, most)?;
        unchunked(&all).unwrap_or(all)
    } else {
        bounded(reader, most)?
    };
    let encoding = headers
        .get("content-encoding")
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match encoding.as_str() {
        "" | "identity" => Ok(raw),
        // And some keep it and undo this.
        "gzip" | "x-gzip" if !raw.starts_with(&[0x1f, 0x8b]) => Ok(raw),
        "gzip" | "x-gzip" => bounded(GzDecoder::new(raw.as_slice()), most),
        "deflate" => bounded(ZlibDecoder::new(raw.as_slice()), most),
        "zstd" => bounded(zstd::Decoder::new(raw.as_slice())?, most),
        other => {
            let shown: String = other.chars().take(40).collect();
            Err(wrong(format!(
                "its body is encoded as {shown:?}, which is not read: record it as gzip or plain"
            )))
        }
    }
}

/// All of it, unless it is more than allowed.
pub(super) fn bounded(reader: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
        return Err(wrong(format!("it is larger than {most} bytes")));
    }
    Ok(bytes)
}

/// The bytes of chunks; `None` where they are none.
fn unchunked(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = bytes.iter().take(1_024).position(|byte| *byte == b'\n')?;
        let line = std::str::from_utf8(bytes.get(..end)?).ok()?;
        let size = line.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        bytes = bytes.get(end + 1..)?;
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(bytes.get(..size)?);
        bytes = bytes.get(size..)?;
        bytes = bytes
            .strip_prefix(b"\r\n")
            .or_else(|| bytes.strip_prefix(b"\n"))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn chunks_are_put_together() {
        let of = |text: &str| unchunked(text.as_bytes());
        assert_eq!(
            of("3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n"),
            Some(b"abcde".to_vec())
        );
        assert_eq!(of("0\r\n\r\n"), Some(vec![]));
        for none in ["", "abc", "3\r\nab", "zz\r\n", "ffffffffffffffff\r\nab"] {
            assert_eq!(of(none), None, "{none:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = unchunked(&bytes);
            let mut reader = bytes.as_slice();
            if let Ok((_, headers)) = head(&mut reader) {
                let _ = body(reader, &headers, 1_000);
            }
        }
    }
}
