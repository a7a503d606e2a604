//! A server on loopback that plays all hosts of CMS, well or badly.
//!
//! It lives in a thread of its own, so that tests with and without a runtime can use it, and a real
//! binary that they spawn. It knows the hosts by the `Host` header: the fetcher names the true host
//! there also when an origin is mapped to [`FakeCms::origins`].
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::convert::Infallible;
use std::io::{Cursor, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::stream;
use tokio::sync::oneshot;

/// The hosts that are mapped by default.
const HOSTS: [&str; 5] = [
    "www.cms.gov",
    "download.cms.gov",
    "downloads.cms.gov",
    "api.coverage.cms.gov",
    "www.federalregister.gov",
];

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

    pub(crate) fn zip(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, "application/zip", body)
    }

    /// A status with a short text.
    pub(crate) fn status(status: u16) -> Self {
        Self::new(status, "text/plain", format!("status {status}"))
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

    async fn respond(self, request: &HeaderMap) -> Response {
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

/// A request that came in.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) at: Instant,
}

impl Hit {
    /// A header of the request.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

#[derive(Debug, Default)]
struct State {
    answers: HashMap<String, VecDeque<Answer>>,
    hits: Vec<Hit>,
    under_way: HashMap<String, usize>,
    most_under_way: HashMap<String, usize>,
}

/// The server; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct FakeCms {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeCms {
    /// Starts it on a free port of loopback.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let (stop, stopped) = oneshot::channel::<()>();
        let shared = Arc::clone(&state);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let app =
                    Router::new().fallback(move |request| answer(Arc::clone(&shared), request));
                let serving = axum::serve(listener, app).into_future();
                tokio::select! {
                    _ = serving => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            address,
            state,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Where the origins of CMS's hosts really are: `https://www.cms.gov` → here.
    pub(crate) fn origins(&self) -> BTreeMap<String, String> {
        HOSTS
            .iter()
            .map(|host| (format!("https://{host}"), self.base()))
            .collect()
    }

    /// Its true origin.
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets `url` answer this from now on.
    pub(crate) fn serve(&self, url: &str, answer: Answer) {
        self.serve_in_turn(url, [answer]);
    }

    /// Lets `url` answer these one after the other, and then the last for ever.
    pub(crate) fn serve_in_turn(&self, url: &str, answers: impl IntoIterator<Item = Answer>) {
        let answers = answers.into_iter().collect();
        self.state().answers.insert(url.to_owned(), answers);
    }

    /// Lets `url` answer 404, as everything does that was never served.
    pub(crate) fn forget(&self, url: &str) {
        self.state().answers.remove(url);
    }

    /// The requests for `url`, in order.
    pub(crate) fn hits(&self, url: &str) -> Vec<Hit> {
        let mut hits = self.all_hits();
        hits.retain(|hit| hit.url == url);
        hits
    }

    /// All requests, in order.
    pub(crate) fn all_hits(&self) -> Vec<Hit> {
        self.state().hits.clone()
    }

    /// The most requests to `host` that were under way at a time.
    pub(crate) fn most_at_a_time(&self, host: &str) -> usize {
        self.state().most_under_way.get(host).copied().unwrap_or(0)
    }

    /// The shortest time between two requests to `host` that followed each other.
    pub(crate) fn shortest_interval(&self, host: &str) -> Option<Duration> {
        let start = format!("https://{host}/");
        let hits = self.all_hits();
        let times: Vec<Instant> = hits
            .iter()
            .filter(|hit| hit.url.starts_with(&start))
            .map(|hit| hit.at)
            .collect();
        times.windows(2).map(|pair| pair[1] - pair[0]).min()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Drop for FakeCms {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Counts a request as under way until it is dropped, also when the client hangs up.
struct UnderWay {
    state: Arc<Mutex<State>>,
    host: String,
}

impl UnderWay {
    fn new(state: &Arc<Mutex<State>>, host: &str) -> Self {
        let mut guard = state.lock().unwrap();
        let now = guard.under_way.entry(host.to_owned()).or_default();
        *now += 1;
        let now = *now;
        let most = guard.most_under_way.entry(host.to_owned()).or_default();
        *most = now.max(*most);
        Self {
            state: Arc::clone(state),
            host: host.to_owned(),
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(now) = self.state.lock().unwrap().under_way.get_mut(&self.host) {
            *now -= 1;
        }
    }
}

async fn answer(state: Arc<Mutex<State>>, request: Request) -> Response {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or("nobody");
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str());
    let url = format!("https://{host}{path}");
    let _under_way = UnderWay::new(&state, host);
    let answer = {
        let mut state = state.lock().unwrap();
        state.hits.push(Hit {
            url: url.clone(),
            headers: request.headers().clone(),
            at: Instant::now(),
        });
        match state.answers.get_mut(&url) {
            Some(answers) if answers.len() > 1 => answers.pop_front(),
            Some(answers) => answers.front().cloned(),
            None => None,
        }
    };
    let answer = answer.unwrap_or_else(|| Answer::status(404));
    answer.respond(request.headers()).await
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
