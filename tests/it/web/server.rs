//! The page on a port of its own, over a store that a test has filled.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use coverd::ask::SourceInfo;
use coverd::io::clock::{Clock, SetClock};
use coverd::model::watch::Watch;
use coverd::web::{AckDesk, Setup, WebConfig, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::harness::filled::envelope;

/// A running page. It ends when it is dropped.
pub(super) struct Page {
    address: SocketAddr,
    stop: CancellationToken,
    pub(super) clock: Arc<SetClock>,
}

impl Drop for Page {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

pub(super) fn config() -> WebConfig {
    WebConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        public: None,
        hosts: Vec::new(),
        password_hash: None,
    }
}

impl Page {
    /// Over this database, on 26 November 2026.
    pub(super) async fn over(database: PathBuf, watch: Watch) -> Self {
        Self::with(database, watch, config()).await
    }

    pub(super) async fn with(database: PathBuf, watch: Watch, config: WebConfig) -> Self {
        Self::reading(sources(), database, watch, config).await
    }

    /// That takes acknowledgements.
    pub(super) async fn taking(
        desk: AckDesk,
        database: PathBuf,
        watch: Watch,
        config: WebConfig,
    ) -> Self {
        Self::start(Some(desk), sources(), database, watch, config).await
    }

    pub(super) async fn reading(
        sources: Vec<SourceInfo>,
        database: PathBuf,
        watch: Watch,
        config: WebConfig,
    ) -> Self {
        Self::start(None, sources, database, watch, config).await
    }

    async fn start(
        acknowledge: Option<AckDesk>,
        sources: Vec<SourceInfo>,
        database: PathBuf,
        watch: Watch,
        mut config: WebConfig,
    ) -> Self {
        let listener = TcpListener::bind(config.listen).await.unwrap();
        let address = listener.local_addr().unwrap();
        config.listen = address;
        let clock = Arc::new(SetClock::new("2026-11-26T15:00:00Z".parse().unwrap()));
        let setup = Setup {
            config,
            envelope: envelope(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            database,
            watch: Arc::new(watch),
            sources,
            yearly_units: BTreeMap::new(),
            replayed: false,
            acknowledge,
        };
        let stop = CancellationToken::new();
        tokio::spawn(serve(listener, setup, stop.clone()));
        Self {
            address,
            stop,
            clock,
        }
    }

    /// A request as it is written, with `HEADERS` as lines of their own.
    pub(super) async fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let host = if headers.to_lowercase().contains("host:") {
            String::new()
        } else {
            format!("Host: {}\r\n", self.address)
        };
        let length = if body.is_empty() {
            String::new()
        } else {
            format!(
                "Content-Length: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
                body.len()
            )
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\n{host}{length}{headers}Connection: close\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        read(&String::from_utf8(bytes).unwrap())
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", "").await
    }

    /// A page that must be there.
    pub(super) async fn html(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }
}

fn read(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    let status = status.split(' ').nth(1).unwrap_or_default();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let chunked = headers
        .get("transfer-encoding")
        .is_some_and(|it| it == "chunked");
    Answer {
        status: status.parse().unwrap(),
        body: if chunked {
            whole(body)
        } else {
            body.to_owned()
        },
        headers,
    }
}

fn whole(mut chunks: &str) -> String {
    let mut body = String::new();
    while let Some((size, rest)) = chunks.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        body.push_str(&rest[..size]);
        chunks = rest.get(size + 2..).unwrap_or_default();
    }
    body
}

fn sources() -> Vec<SourceInfo> {
    [
        ("pfs", "Physician Fee Schedule relative value files"),
        ("federal_register", "Rules in the Federal Register"),
    ]
    .map(|(id, title)| SourceInfo {
        id,
        title,
        home: "https://www.cms.gov/",
        about: "It is read daily.",
        unseen: "",
        schedule: "0 11 * * *".to_owned(),
        enabled: true,
        terms: None,
    })
    .into()
}
