//! A mail server on loopback that does what a test tells it: accepts, refuses, breaks off, stays
//! silent. It runs on a thread of its own, so that tests of the real binary can use it too.
//!
//! It speaks clear text only: STARTTLS would need certificates made at run time, and the channel's
//! TLS is the mail library's.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]
#![expect(
    unreachable_pub,
    reason = "one word for what the tests share, whichever module needs it"
)]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// What the server does with the next connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// Takes every message.
    Accept,
    /// Nothing listens on the port.
    RefuseConnection,
    /// `421` instead of a greeting.
    Greet421,
    /// `554` instead of a greeting.
    Greet554,
    /// `550` at MAIL FROM.
    RefuseSender,
    /// `535` at AUTH.
    RefuseLogin,
    /// `530` at MAIL FROM.
    DemandLogin,
    /// `450` at RCPT TO.
    DeferRecipient,
    /// `550` at RCPT TO for this address, others are accepted.
    RefuseRecipient(String),
    /// `451` after the message.
    DeferData,
    /// `554` after the message.
    RefuseData,
    /// The connection ends in the middle of the message.
    DropInData,
    /// The message is kept, but the connection ends before the client is told.
    DropBeforeReply,
    /// The message is kept, but nothing is said.
    SilentAfterData,
    /// Accepts the connection and says nothing.
    SilentAtGreeting,
}

/// A message that the server kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Envelope sender.
    pub sender: String,
    /// Envelope recipients.
    pub recipients: Vec<String>,
    /// The message with CRLF, dots unstuffed.
    pub bytes: Vec<u8>,
}

#[derive(Debug)]
struct State {
    mode: Mode,
    received: Vec<Received>,
    connections: usize,
    logins: Vec<String>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    mode_changed: tokio::sync::Notify,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn keep(&self, message: Received) {
        self.state().received.push(message);
        self.changed.notify_all();
    }
}

/// The server; it ends when it is dropped.
#[derive(Debug)]
pub struct SmtpSink {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl SmtpSink {
    /// A server on a free port of 127.0.0.1.
    pub fn start(mode: Mode) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                mode,
                received: Vec::new(),
                connections: 0,
                logins: Vec::new(),
            }),
            changed: Condvar::new(),
            mode_changed: tokio::sync::Notify::new(),
        });
        let stop = CancellationToken::new();
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (thread_shared, thread_stop) = (Arc::clone(&shared), stop.clone());
        let thread = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(serve(listener, address, thread_shared, thread_stop));
        });
        Self {
            address,
            shared,
            stop,
            thread: Some(thread),
        }
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What the server does from the next connection on.
    pub fn set(&self, mode: Mode) {
        let is_open = mode != Mode::RefuseConnection;
        let was = std::mem::replace(&mut self.shared.state().mode, mode);
        self.shared.mode_changed.notify_one();
        // opening and closing the port happens on the server's thread: wait until it is done
        if (was != Mode::RefuseConnection) != is_open {
            for _ in 0..1_000 {
                if std::net::TcpStream::connect(self.address).is_ok() == is_open {
                    break;
                }
                std::thread::yield_now();
            }
        }
    }

    /// The messages kept so far.
    pub fn received(&self) -> Vec<Received> {
        self.shared.state().received.clone()
    }

    /// Connections accepted so far.
    pub fn connections(&self) -> usize {
        self.shared.state().connections
    }

    /// Lines of AUTH seen so far.
    pub fn logins(&self) -> Vec<String> {
        self.shared.state().logins.clone()
    }

    /// Waits until at least `number` messages were kept; what is there when the patience ends.
    pub fn wait_for(&self, number: usize, patience: Duration) -> Vec<Received> {
        let state = self.shared.state();
        let (state, _) = self
            .shared
            .changed
            .wait_timeout_while(state, patience, |state| state.received.len() < number)
            .unwrap();
        state.received.clone()
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // a server that panicked has failed its test already
            drop(thread.join());
        }
    }
}

async fn serve(
    listener: std::net::TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
) {
    let mut listener = Some(TcpListener::from_std(listener).unwrap());
    loop {
        let is_closed = shared.state().mode == Mode::RefuseConnection;
        if is_closed {
            listener = None;
        } else if listener.is_none() {
            listener = Some(TcpListener::bind(address).await.unwrap());
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = shared.mode_changed.notified() => {}
            accepted = accept(listener.as_ref()) => {
                let mode = {
                    let mut state = shared.state();
                    state.connections += 1;
                    state.mode.clone()
                };
                let (shared, stop) = (Arc::clone(&shared), stop.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        // a client that goes away ends its dialogue, nothing else
                        _ = dialogue(accepted, mode, &shared) => {}
                    }
                });
            }
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> TcpStream {
    match listener {
        Some(listener) => listener.accept().await.unwrap().0,
        None => std::future::pending().await,
    }
}

async fn dialogue(stream: TcpStream, mode: Mode, shared: &Shared) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    match mode {
        Mode::SilentAtGreeting => return std::future::pending().await,
        Mode::Greet421 => return writer.write_all(b"421 4.3.2 too busy\r\n").await,
        Mode::Greet554 => return writer.write_all(b"554 5.3.2 no service here\r\n").await,
        _ => writer.write_all(b"220 sink.test ESMTP\r\n").await?,
    }
    let mut message = Received {
        sender: String::new(),
        recipients: Vec::new(),
        bytes: Vec::new(),
    };
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        let verb = line.get(..4).unwrap_or(line).to_ascii_uppercase();
        let answer: String = match verb.as_str() {
            "EHLO" => "250-sink.test\r\n250-AUTH PLAIN LOGIN\r\n250-8BITMIME\r\n250 OK".to_owned(),
            "AUTH" => {
                shared.state().logins.push(line.to_owned());
                match mode {
                    Mode::RefuseLogin => "535 5.7.8 authentication credentials invalid".to_owned(),
                    _ => "235 2.7.0 accepted".to_owned(),
                }
            }
            "MAIL" => match mode {
                Mode::RefuseSender => "550 5.7.1 you may not send here".to_owned(),
                Mode::DemandLogin => "530 5.7.0 authentication required".to_owned(),
                _ => {
                    message.sender = between(line);
                    "250 2.1.0 sender ok".to_owned()
                }
            },
            "RCPT" => {
                let recipient = between(line);
                match &mode {
                    Mode::DeferRecipient => "450 4.2.0 greylisted".to_owned(),
                    Mode::RefuseRecipient(one) if *one == recipient => {
                        format!("550 5.1.1 <{recipient}> user unknown")
                    }
                    _ => {
                        message.recipients.push(recipient);
                        "250 2.1.5 recipient ok".to_owned()
                    }
                }
            }
            "DATA" => {
                writer.write_all(b"354 go ahead\r\n").await?;
                if mode == Mode::DropInData {
                    let mut some = [0_u8; 64];
                    reader.read_exact(&mut some).await?;
                    return Ok(());
                }
                message.bytes = data(&mut reader).await?;
                let kept = std::mem::replace(
                    &mut message,
                    Received {
                        sender: String::new(),
                        recipients: Vec::new(),
                        bytes: Vec::new(),
                    },
                );
                match mode {
                    Mode::DeferData => "451 4.3.0 try again".to_owned(),
                    Mode::RefuseData => "554 5.6.0 message refused".to_owned(),
                    Mode::DropBeforeReply => {
                        shared.keep(kept);
                        return Ok(());
                    }
                    Mode::SilentAfterData => {
                        shared.keep(kept);
                        return std::future::pending().await;
                    }
                    _ => {
                        shared.keep(kept);
                        "250 2.0.0 queued as 1".to_owned()
                    }
                }
            }
            "QUIT" => return writer.write_all(b"221 2.0.0 bye\r\n").await,
            _ => "250 2.0.0 ok".to_owned(),
        };
        writer.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

/// The address between the angle brackets.
fn between(line: &str) -> String {
    line.split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map_or_else(String::new, |(address, _)| address.to_owned())
}

/// The message up to the line with the single dot, dots unstuffed.
async fn data(reader: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(message);
        }
        let start = usize::from(line.starts_with(b"."));
        message.extend_from_slice(&line[start..]);
    }
}
