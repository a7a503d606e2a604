//! What an address answers, well or badly.

use std::convert::Infallible;
use std::io::{Cursor, Write};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::stream;

/// What an address answers.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Served,
    delay: Duration,
    /// Answers 304 when the request carries exactly these.
    validators: Option<(Option<String>, Option<String>)>,
}

#[derive(Debug, Clone)]
enum Served {
    Whole(Bytes),
    /// Fewer bytes than announced, then the connection is closed.
    Short(Bytes, usize),
    /// One byte at a time.
    Slow(Bytes, Duration),
    /// Some bytes, then nothing more.
    Stalled(Bytes),
    /// These bytes again and again.
    Endless(Bytes),
    /// Not even headers.
    Silence,
}

impl Answer {
    fn new(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap(),
            headers: vec![(header::CONTENT_TYPE, HeaderValue::from_static(content_type))],
            body: Served::Whole(Bytes::from(body.into())),
            delay: Duration::ZERO,
            validators: None,
        }
    }

    pub(crate) fn html(body: &str) -> Self {
        Self::new(200, "text/html; charset=utf-8", body)
    }

    pub(crate) fn json(body: &str) -> Self {
        Self::new(200, "application/json", body)
    }

    pub(crate) fn xml(body: &str) -> Self {
        Self::new(200, "application/xml", body)
    }

    pub(crate) fn text(body: &str) -> Self {
        Self::new(200, "text/plain; charset=utf-8", body)
    }

    pub(crate) fn zip(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, "application/zip", body)
    }

    /// A status with a short text.
    pub(crate) fn pdf(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, "application/pdf", body)
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::new(status, "text/plain", format!("status {status}"))
    }

    /// The same body under another status.
    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = StatusCode::from_u16(status).unwrap();
        self
    }

    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("location", location)
    }

    /// Takes the request and never answers.
    pub(crate) fn silence() -> Self {
        Self {
            body: Served::Silence,
            ..Self::status(200)
        }
    }

    /// An endless body.
    pub(crate) fn endless() -> Self {
        Self {
            body: Served::Endless(Bytes::from(vec![b' '; 16 * 1024])),
            ..Self::html("")
        }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers
            .push((name.parse().unwrap(), value.parse().unwrap()));
        self
    }

    pub(crate) fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Serves these validators and answers 304 to a request that sends the `ETag` back exactly, or,
    /// without an `ETag`, exactly the date.
    pub(crate) fn validators(mut self, etag: Option<&str>, last_modified: Option<&str>) -> Self {
        self.validators = Some((etag.map(str::to_owned), last_modified.map(str::to_owned)));
        for (name, value) in [("etag", etag), ("last-modified", last_modified)] {
            if let Some(value) = value {
                self = self.header(name, value);
            }
        }
        self
    }

    /// Announces `length` bytes and closes the connection after those there are.
    pub(crate) fn announcing(mut self, length: usize) -> Self {
        self.body = Served::Short(self.bytes(), length);
        self
    }

    /// Sends the body byte by byte.
    pub(crate) fn slowly(mut self, every: Duration) -> Self {
        self.body = Served::Slow(self.bytes(), every);
        self
    }

    /// Sends the body without its end, and keeps the connection open.
    pub(crate) fn stalling(mut self) -> Self {
        self.body = Served::Stalled(self.bytes());
        self
    }

    /// Sends the body compressed as `gzip` or `zstd`.
    pub(crate) fn compressed(mut self, coding: &str) -> Self {
        let plain = self.bytes();
        let packed = match coding {
            "gzip" => gzip(&plain),
            "zstd" => zstd::encode_all(Cursor::new(&plain), 3).unwrap(),
            other => panic!("no coding {other}"),
        };
        self.body = Served::Whole(Bytes::from(packed));
        self.header("content-encoding", coding)
    }

    /// Cuts the body as it goes over the wire.
    pub(crate) fn cut_to(mut self, length: usize) -> Self {
        self.body = Served::Whole(self.bytes().slice(..length));
        self
    }

    /// Bytes of the body as it goes over the wire.
    pub(crate) fn bytes(&self) -> Bytes {
        match &self.body {
            Served::Whole(bytes)
            | Served::Short(bytes, _)
            | Served::Slow(bytes, _)
            | Served::Stalled(bytes)
            | Served::Endless(bytes) => bytes.clone(),
            Served::Silence => Bytes::new(),
        }
    }

    fn confirms(&self, request: &HeaderMap) -> bool {
        let sent = |name| {
            request
                .get(name)
                .and_then(|value: &HeaderValue| value.to_str().ok())
        };
        let Some((etag, modified)) = &self.validators else {
            return false;
        };
        match sent(header::IF_NONE_MATCH) {
            Some(sent) => etag.as_deref() == Some(sent),
            None => modified.is_some() && modified.as_deref() == sent(header::IF_MODIFIED_SINCE),
        }
    }

    pub(super) async fn respond(self, request: &HeaderMap) -> Response {
        tokio::time::sleep(self.delay).await;
        let confirmed = self.confirms(request);
        let mut short = None;
        let body = match self.body {
            _ if confirmed => Body::empty(),
            Served::Whole(bytes) => Body::from(bytes),
            Served::Short(bytes, length) => {
                short = Some(length);
                Body::from_stream(stream::unfold(Some(bytes), |left| async move {
                    if left.is_none() {
                        // Let the beginning go out before the connection is closed on it.
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                    left.map(|bytes| (Ok::<_, Infallible>(bytes), None))
                }))
            }
            Served::Slow(bytes, every) => {
                Body::from_stream(stream::unfold(bytes, move |mut left| async move {
                    tokio::time::sleep(every).await;
                    let next = (!left.is_empty()).then(|| left.split_to(1))?;
                    Some((Ok::<_, Infallible>(next), left))
                }))
            }
            Served::Stalled(bytes) => {
                Body::from_stream(stream::unfold(Some(bytes), |left| async move {
                    match left {
                        Some(bytes) => Some((Ok::<_, Infallible>(bytes), None)),
                        None => std::future::pending().await,
                    }
                }))
            }
            Served::Endless(bytes) => Body::from_stream(stream::repeat_with(move || {
                Ok::<_, Infallible>(bytes.clone())
            })),
            Served::Silence => return std::future::pending().await,
        };
        let mut response = Response::new(body);
        *response.status_mut() = if confirmed {
            StatusCode::NOT_MODIFIED
        } else {
            self.status
        };
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        if let Some(length) = short {
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, length.into());
        }
        response
    }
}

/// `plain` as gzip: the deflated data of a ZIP entry between gzip's own head and tail.
fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let deflated = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    writer.start_file("a", deflated).unwrap();
    writer.write_all(plain).unwrap();
    let archive = writer.finish().unwrap().into_inner();
    let mut reader = zip::ZipArchive::new(Cursor::new(&archive)).unwrap();
    let entry = reader.by_index(0).unwrap();
    let start = usize::try_from(entry.data_start().unwrap()).unwrap();
    let end = start + usize::try_from(entry.compressed_size()).unwrap();
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    packed.extend(&archive[start..end]);
    packed.extend(entry.crc32().to_le_bytes());
    packed.extend(u32::try_from(plain.len()).unwrap().to_le_bytes());
    packed
}
