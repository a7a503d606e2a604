//! The server itself, and what it has seen.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use tokio::sync::oneshot;

use super::answer::Answer;

/// The hosts that are mapped by default.
const HOSTS: [&str; 6] = [
    "www.cms.gov",
    "download.cms.gov",
    "downloads.cms.gov",
    "api.coverage.cms.gov",
    "www.federalregister.gov",
    "www.payer.example",
];

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

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
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

    /// What `url` answers next.
    pub(crate) fn answer(&self, url: &str) -> Option<Answer> {
        self.state().answers.get(url)?.front().cloned()
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
