use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use crate::io::blobs::hash_of;
use crate::io::fetch::{FailureKind, FetchedBody};
use crate::io::recording::Recording;
use crate::io::warc::WarcWriter;
use crate::model::document::{Capture, DocumentHash};

const A: &str = "https://www.cms.gov/files/zip/rvu20a.zip";
const B: &str = "https://www.cms.gov/list";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn capture(url: &str, when: &str, status: u16, body: Option<&[u8]>) -> Capture {
    Capture {
        url: url.to_owned(),
        final_url: url.replace("rvu20a", "rvu20a-updated"),
        at: at(when),
        status,
        headers: vec![
            ("content-type".to_owned(), "application/zip".to_owned()),
            ("content-encoding".to_owned(), "gzip".to_owned()),
            ("x-odd".to_owned(), "a: b\u{e9}".to_owned()),
        ],
        document: body.map(hash_of),
    }
}

const FIRST: &[u8] = b"first \r\n\r\n bytes \x00\xff";
const SECOND: &[u8] = b"second";

fn written(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let mut warc = WarcWriter::begin(&path, at("2026-01-01T00:00:00Z")).unwrap();
    let bytes = |hash: &DocumentHash| -> std::io::Result<Arc<[u8]>> {
        let all = [FIRST, SECOND];
        let found = all.iter().find(|bytes| hash_of(bytes) == *hash);
        Ok(Arc::from(*found.unwrap()))
    };
    for one in [
        capture(A, "2020-01-01T00:00:00.123Z", 200, Some(FIRST)),
        capture(B, "2020-01-02T00:00:00Z", 200, Some(SECOND)),
        capture(A, "2020-02-01T00:00:00Z", 304, Some(FIRST)),
        capture(B, "2020-02-02T00:00:00Z", 200, Some(FIRST)),
        capture(B, "2020-03-02T00:00:00Z", 503, None),
        capture(A, "2020-03-01T00:00:00Z", 200, Some(SECOND)),
    ] {
        warc.capture(&one, bytes).unwrap();
    }
    let counts = warc.finish().unwrap();
    assert_eq!(
        (counts.responses, counts.revisits, counts.left_out),
        (2, 3, 1)
    );
    path
}

fn said(recording: &Recording, url: &str, when: &str) -> Vec<u8> {
    match recording.fetch(url, at(when)).unwrap().body {
        FetchedBody::Bytes(bytes) => bytes,
        FetchedBody::NotModified => panic!("a recording has the bytes"),
    }
}

#[test]
fn what_was_written_reads_back_plain_and_compressed() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["x.warc", "x.warc.gz"] {
        let recording = Recording::open(&written(folder.path(), name)).unwrap();
        assert_eq!(said(&recording, A, "2020-01-15T00:00:00Z"), FIRST);
        assert_eq!(said(&recording, A, "2020-02-15T00:00:00Z"), FIRST);
        assert_eq!(said(&recording, A, "2020-03-15T00:00:00Z"), SECOND);
        assert_eq!(said(&recording, B, "2020-01-15T00:00:00Z"), SECOND);
        assert_eq!(said(&recording, B, "2020-02-15T00:00:00Z"), FIRST);
        let before = recording.fetch(A, at("2019-12-31T00:00:00Z")).unwrap_err();
        assert_eq!(before.kind(), FailureKind::NotRecorded);
        let first = recording.fetch(A, at("2020-01-15T00:00:00Z")).unwrap();
        assert!(first.final_url.ends_with("rvu20a-updated.zip"));
        assert_eq!(first.at, at("2020-01-01T00:00:00.123Z"));
        assert_eq!(first.header("content-type"), Some("application/zip"));
        assert_eq!(first.header("x-odd"), Some("a: b\u{e9}"));
        assert_eq!(recording.moments().len(), 5);
    }
}

#[test]
fn a_file_that_is_there_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "x.warc");
    assert!(WarcWriter::begin(&path, at("2026-01-01T00:00:00Z")).is_err());
}

fn made(records: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (head, block) in records {
        let head = head.replace('\n', "\r\n");
        write!(
            bytes,
            "WARC/1.0\r\n{head}Content-Length: {}\r\n\r\n",
            block.len()
        )
        .unwrap();
        bytes.extend_from_slice(block);
        bytes.extend_from_slice(b"\r\n\r\n");
    }
    bytes
}

fn opened(bytes: &[u8]) -> Result<Recording, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let (_, path) = file.keep().unwrap();
    let result = Recording::open(&path).map_err(|error| error.to_string());
    // Bodies are read from the file: it must outlive the recording in these tests.
    result
}

const RESPONSE: &str = "WARC-Type: response\nWARC-Target-URI: <https://x.gov/a>\nWARC-Date: 2020-01-01T00:00:00Z\n\
     Content-Type: application/http; msgtype=response\n";

#[test]
fn answers_of_other_tools_are_unwrapped() {
    let mut packed = Vec::new();
    {
        let mut gzip = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::fast());
        gzip.write_all(b"<p>hello</p>").unwrap();
    }
    let mut gzipped = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n".to_vec();
    gzipped.extend_from_slice(&packed);
    let mut chunked = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n",
        packed.len()
    )
    .into_bytes();
    chunked.extend_from_slice(&packed);
    chunked.extend_from_slice(b"\r\n0\r\n\r\n");
    let plain = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n<p>hello</p>".to_vec();
    for block in [gzipped, chunked, plain] {
        let request = (
            "WARC-Type: request\nWARC-Target-URI: https://x.gov/a\n",
            &b"GET / HTTP/1.1\r\n\r\n"[..],
        );
        let recording = opened(&made(&[request, (RESPONSE, &block)])).unwrap();
        assert_eq!(
            said(&recording, "https://x.gov/a", "2020-01-02T00:00:00Z"),
            b"<p>hello</p>"
        );
    }
    let resource = RESPONSE
        .replace("response\n", "resource\n")
        .replace("application/http; msgtype=resource", "text/html");
    let recording = opened(&made(&[(&resource, b"body")])).unwrap();
    assert_eq!(
        said(&recording, "https://x.gov/a", "2020-01-02T00:00:00Z"),
        b"body"
    );
}

#[test]
fn what_is_wrong_is_refused_by_record() {
    let answer = b"HTTP/1.1 200 OK\r\n\r\nx";
    let refused = |bytes: &[u8], part: &str| {
        let error = opened(bytes).unwrap_err();
        assert!(error.contains(part), "{part:?} is not in {error:?}");
    };
    refused(b"", "no record");
    refused(b"PK\x03\x04 a ZIP file\n", "WARC/1.0 or WARC/1.1");
    refused(
        &made(&[(RESPONSE, b"no answer")]),
        "record 1: its block does not begin with the status line",
    );
    refused(
        &made(&[(&RESPONSE.replace("WARC-Date", "Date"), answer)]),
        "no WARC-Date",
    );
    refused(
        &made(&[(&RESPONSE.replace("2020-01-01T", "yesterday"), answer)]),
        "is no time",
    );
    refused(
        &made(&[(&RESPONSE.replace("https://x.gov/a", "a"), answer)]),
        "is not an address",
    );
    refused(
        b"WARC/1.0\r\nWARC-Type: response\r\n\r\n",
        "no Content-Length",
    );
    refused(
        &[b"WARC/1.0\r\n".to_vec(), vec![b'a'; 100_000]].concat(),
        "longer than 64 KiB",
    );
    refused(
        b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 99\r\n\r\nshort",
        "ends before",
    );
    let huge = RESPONSE.replace('\n', "\r\n");
    refused(
        format!("WARC/1.0\r\n{huge}Content-Length: 999999999999\r\n\r\n").as_bytes(),
        "larger than",
    );
    let lost = "WARC-Type: revisit\nWARC-Target-URI: https://x.gov/b\nWARC-Date: 2020-01-01T00:00:00Z\n\
                WARC-Payload-Digest: sha1:AAAA\nContent-Type: application/http\n";
    refused(&made(&[(lost, b"HTTP/1.1 200 OK\r\n\r\n")]), "304 confirms");
}

#[test]
fn a_body_that_is_another_one_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "x.warc");
    let mut bytes = std::fs::read(&path).unwrap();
    let place = bytes
        .windows(SECOND.len())
        .position(|window| window == SECOND)
        .unwrap();
    bytes[place] = b'X';
    std::fs::write(&path, bytes).unwrap();
    let recording = Recording::open(&path).unwrap();
    let error = recording.fetch(B, at("2020-01-15T00:00:00Z")).unwrap_err();
    assert!(error.to_string().contains("SHA-256"), "{error}");
}

#[test]
fn a_member_that_unpacks_to_much_is_bounded() {
    // A record of 300 MB of zeros in some hundred kilobytes.
    let mut packed = Vec::new();
    {
        let mut gzip = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::fast());
        let head = RESPONSE.replace('\n', "\r\n");
        write!(
            gzip,
            "WARC/1.0\r\n{head}Content-Length: 300000000\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
        )
        .unwrap();
        for _ in 0..100 {
            gzip.write_all(&vec![0; 3_000_000]).unwrap();
        }
    }
    let error = opened(&packed).unwrap_err();
    assert!(error.contains("larger than"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_file_cut_anywhere_is_refused_or_has_whole_records(cut in 0.0_f64..1.0, gzip in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path(), if gzip { "x.warc.gz" } else { "x.warc" });
        let bytes = std::fs::read(&path).unwrap();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a small file")]
        let place = (bytes.len() as f64 * cut) as usize;
        std::fs::write(&path, &bytes[..place]).unwrap();
        if let Ok(recording) = Recording::open(&path) {
            for url in recording.urls_at(at("2030-01-01T00:00:00Z")) {
                let body = said(&recording, &url, "2030-01-01T00:00:00Z");
                prop_assert!(body == FIRST || body == SECOND);
            }
        }
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..400), lead in 0_usize..4
    ) {
        let lead: &[u8] = [&b""[..], b"WARC/1.0\r\n", b"\x1f\x8b\x08\x00", b"WARC/1.1\r\nContent-Length: 3\r\n\r\n"][lead];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, [lead, &bytes].concat()).unwrap();
        let _ = Recording::open(&path);
    }
}
