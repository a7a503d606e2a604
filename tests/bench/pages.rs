//! Hundreds of configured pages, five of them changed, on loopback; beside curl on the same pages.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use coverd::app::wiring::DATABASE;
use coverd::io::store::{ChangeFilter, DeliveryFilter, Reader};

use crate::measure::{Report, cpu_of_children, megabytes, size};
use crate::releases::Material;

/// Words of which the texts are made.
const WORDS: [&str; 24] = [
    "coverage",
    "policy",
    "service",
    "therapy",
    "claim",
    "code",
    "modifier",
    "payment",
    "needle",
    "visit",
    "practice",
    "rule",
    "final",
    "effective",
    "section",
    "amount",
    "contractor",
    "plan",
    "review",
    "appeal",
    "prior",
    "approval",
    "provider",
    "notice",
];

pub(crate) fn run(_material: &Material) {
    measure(&[500, 5_000]);
}

pub(crate) fn run_many(_material: &Material) {
    measure(&[50_000]);
}

fn measure(counts: &[usize]) {
    let mut report = Report::new(
        "Configured pages",
        "One `coverd check page --no-deliver` of the real program, CPU seconds of the process; pages of 107 KB on loopback, \
         main text of some 22 KB each (words taken at random), `Last-Modified` compared exactly by the server. \"Fresh token\": every answer has another \
         token in its attributes, scripts and hidden fields. curl fetches the same pages and keeps nothing.",
        &[
            "pages",
            "curl",
            "first",
            "unchanged (304)",
            "fresh token",
            "5 changed",
            "peak",
            "store",
            "grown by the last check",
        ],
    );
    for &pages in counts {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::start();
        configure(folder.path(), site.address, pages);
        let store = folder.path().join("store");
        let curl = Measured::of(|| fetch_all(folder.path(), site.address, pages));
        let check = || Measured::of(|| checked(folder.path()));
        let first = check();
        let unchanged = check();
        site.changed.store(5, Ordering::Relaxed);
        let changed = check();
        // Exactly those, in one message; and nothing for the fresh tokens below.
        told(&store, 5, 1);
        site.fresh.store(true, Ordering::Relaxed);
        let fresh = check();
        let before = size(&store);
        let again = check();
        let grown = size(&store).saturating_sub(before);
        told(&store, 5, 1);
        let peak = [&first, &unchanged, &fresh, &again, &changed]
            .iter()
            .map(|run| run.peak)
            .max();
        report.row(&[
            pages.to_string(),
            curl.words(),
            first.words(),
            unchanged.words(),
            fresh.words(),
            changed.words(),
            format!("{:.0} MB", megabytes(peak.unwrap_or(0))),
            format!("{:.1} MB", megabytes(size(&store))),
            format!("{:.1} KB", megabytes(grown) * 1e3),
        ]);
    }
    report.print();
}

/// What the store has to have told by now.
fn told(store: &Path, changes: usize, messages: usize) {
    let reader = Reader::open(&store.join(DATABASE)).unwrap();
    let found = reader.changes(&ChangeFilter::default()).unwrap();
    let sent = reader.deliveries(&DeliveryFilter::default()).unwrap();
    assert_eq!((found.len(), sent.len()), (changes, messages));
}

/// CPU seconds and peak memory of a child.
struct Measured {
    cpu: f64,
    peak: u64,
}

impl Measured {
    fn of(work: impl FnOnce() -> u64) -> Self {
        let before = cpu_of_children();
        let peak = work();
        let cpu = cpu_of_children().saturating_sub(before).as_secs_f64();
        Self { cpu, peak }
    }

    fn words(&self) -> String {
        format!("{:.2} s", self.cpu)
    }
}

/// Runs a program to its end; the greatest resident size that was seen meanwhile, in bytes.
#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark without a runtime waits for another process"
)]
fn watched(command: &mut Command) -> u64 {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    loop {
        let status = format!("/proc/{}/status", child.id());
        let text = std::fs::read_to_string(status).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("VmHWM"));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        peak = peak.max(kilobytes.unwrap_or(0) * 1024);
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return peak;
        }
        thread::sleep(std::time::Duration::from_millis(20));
    }
}

fn checked(folder: &Path) -> u64 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coverd"));
    command.arg("--config").arg(folder.join("coverd.toml"));
    watched(command.args(["check", "page", "--no-deliver"]))
}

fn fetch_all(folder: &Path, address: SocketAddr, pages: usize) -> u64 {
    let mut text = String::new();
    for number in 0..pages {
        let _ = writeln!(
            text,
            "url = \"http://{address}/p/{number}\"\noutput = \"/dev/null\""
        );
    }
    let list = folder.join("curl.cfg");
    std::fs::write(&list, text).unwrap();
    watched(Command::new("curl").arg("-s").arg("-K").arg(list))
}

fn configure(folder: &Path, address: SocketAddr, pages: usize) {
    let mut text = format!(
        "[store]\ndir = \"store\"\n[fetch]\ncontact = \"it@practice.example\"\nmin_interval_seconds = 0\n\
         allow_http_loopback = [\"{address}\"]\n[[recipient]]\naddress = \"billing@practice.example\"\n"
    );
    for number in 0..pages {
        let _ = writeln!(
            text,
            "[[page]]\nname = \"page {number}\"\nurl = \"http://{address}/p/{number}\""
        );
    }
    std::fs::write(folder.join("coverd.toml"), text).unwrap();
}

/// A site of any number of pages, made as they are asked for.
struct Site {
    address: SocketAddr,
    fresh: Arc<AtomicBool>,
    changed: Arc<AtomicUsize>,
}

impl Site {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let site = Self {
            address: listener.local_addr().unwrap(),
            fresh: Arc::default(),
            changed: Arc::default(),
        };
        let (fresh, changed) = (Arc::clone(&site.fresh), Arc::clone(&site.changed));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (fresh, changed) = (Arc::clone(&fresh), Arc::clone(&changed));
                thread::spawn(move || serve(&stream, &fresh, &changed));
            }
        });
        site
    }
}

fn serve(stream: &TcpStream, fresh: &AtomicBool, changed: &AtomicUsize) {
    let mut lines = BufReader::new(stream).lines();
    let mut answer = stream;
    let mut tokens = 0_usize;
    loop {
        let (mut number, mut since) = (None, String::new());
        loop {
            let Some(Ok(line)) = lines.next() else { return };
            if line.is_empty() {
                break;
            }
            if let Some(path) = line.strip_prefix("GET /p/") {
                number = path
                    .split(' ')
                    .next()
                    .and_then(|text| text.parse::<usize>().ok());
            } else if let Some(date) = line.strip_prefix("if-modified-since: ") {
                date.clone_into(&mut since);
            }
        }
        let Some(number) = number else { return };
        let is_fresh = fresh.load(Ordering::Relaxed);
        let is_new = number % 100 == 7 && number / 100 < changed.load(Ordering::Relaxed);
        let modified = format!(
            "Mon, {:02} Feb 2026 02:00:00 GMT",
            if is_new { 9 } else { 2 }
        );
        let dated = if is_fresh {
            String::new()
        } else {
            format!("Last-Modified: {modified}\r\n")
        };
        let sent = if !is_fresh && since == modified {
            answer.write_all(format!("HTTP/1.1 304 Not Modified\r\n{dated}\r\n").as_bytes())
        } else {
            tokens += 1;
            let token = if is_fresh {
                format!("{:016x}", tokens * 7_919 + number)
            } else {
                "0".repeat(16)
            };
            let page = page(number, is_new, &token);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{dated}Content-Length: {}\r\n\r\n",
                page.len()
            );
            answer.write_all(&[head.as_bytes(), page.as_bytes()].concat())
        };
        if sent.is_err() {
            return;
        }
    }
}

fn page(number: usize, is_new: bool, token: &str) -> String {
    let mut state = number.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    let mut words = |many: usize| {
        let mut text = String::new();
        for _ in 0..many {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            text.push_str(WORDS[(state >> 33) % WORDS.len()]);
            text.push(' ');
        }
        text
    };
    let mut body = String::new();
    for _ in 0..36 {
        let _ = write!(body, "<h2>{}</h2><p>{}</p><ul>", words(4), words(50));
        for _ in 0..4 {
            let _ = write!(body, "<li>{}</li>", words(7));
        }
        body.push_str("</ul>");
    }
    if is_new {
        body.push_str("<p>From 1 March 2026 prior authorization is needed.</p>");
    }
    let mut menu = String::new();
    for entry in 0..552 {
        let _ = write!(
            menu,
            "<li class=\"menu-item menu-item--{entry}\"><a class=\"menu-link\" href=\"/about/section-{entry}/overview\" data-path=\"node/{}\">Section {entry} of the agency</a></li>",
            entry * 17
        );
    }
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>Policy {number}</title><meta name=\"csrf\" content=\"{token}\">\
         <link rel=\"stylesheet\" href=\"/css/main.{token}.css\"></head><body><nav><ul>{menu}</ul></nav>\
         <main><h1>Policy {number}</h1>{body}</main><form><input type=\"hidden\" name=\"form\" value=\"{token}\"></form>\
         <script nonce=\"{token}\">window.token = \"{token}\";</script></body></html>"
    )
}
