//! The door of a running daemon: a Unix socket in the state folder, for `coverd check` and the like.
//!
//! One connection carries one request and one reply, each a line of JSON. The socket belongs to the
//! service's user alone (mode 0600), who may do all of this anyway; lines are bounded, a client that
//! says nothing is dropped, and a slow one holds up nobody.

use std::fs;
use std::future::Future;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::lock::InstanceLock;

const NAME: &str = "control.sock";
/// Most bytes of a line.
const MAX_LINE: u64 = 1024 * 1024;
/// Most requests at a time.
const MAX_CLIENTS: usize = 16;
/// Longest time for a client to say its line, and to take the reply.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(10);

/// A request could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No daemon listens in the state folder.
    #[error("no coverd is running on {}: start it with `systemctl start coverd`", .0.display())]
    NotRunning(PathBuf),
    /// The socket could not be made or used.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// No reply in time. The daemon may still be doing what it was asked.
    #[error("the running coverd did not reply within {} s; look at its log with `journalctl -u coverd`", .0.as_secs())]
    TimedOut(Duration),
    /// The reply is not a line of JSON.
    #[error(
        "the running coverd gave a reply that is not understood ({0}): is it of another version?"
    )]
    Reply(String),
}

/// The daemon's side. The socket stays behind when the daemon ends: nobody answers at it then, and the
/// next one replaces it. (Removing it here could remove the next daemon's.)
#[derive(Debug)]
pub struct ControlServer {
    listener: UnixListener,
}

impl ControlServer {
    /// Listens in the state folder of `lock`. What a killed daemon left there is replaced: whoever
    /// has the lock is the only daemon.
    ///
    /// # Errors
    /// When the socket cannot be made, as when the folder's path is longer than the roughly 90 bytes
    /// that the system allows.
    pub fn bind(lock: &InstanceLock) -> Result<Self, ControlError> {
        let path = lock.folder().join(NAME);
        // Under another name until its mode is set, so that nobody else can slip in before.
        let fresh = lock.folder().join(format!("{NAME}.new"));
        let bound = || -> io::Result<UnixListener> {
            match fs::remove_file(&fresh) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
            let listener = UnixListener::bind(&fresh)?;
            fs::set_permissions(&fresh, fs::Permissions::from_mode(0o600))?;
            fs::rename(&fresh, &path)?;
            Ok(listener)
        };
        match bound() {
            Ok(listener) => Ok(Self { listener }),
            Err(error) => Err(ControlError::Io { path, error }),
        }
    }

    /// Answers requests with `handle` until the future is dropped; requests under way are dropped
    /// with it. A request that is not JSON gets `{"error": "..."}` without being handled.
    pub async fn serve<H, F>(self, handle: H)
    where
        H: Fn(Value) -> F + Send + Sync + 'static,
        F: Future<Output = Value> + Send + 'static,
    {
        let handle = Arc::new(handle);
        let slots = Arc::new(Semaphore::new(MAX_CLIENTS));
        let mut clients = JoinSet::new();
        loop {
            while clients.try_join_next().is_some() {}
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
                return;
            };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let handle = Arc::clone(&handle);
                    clients.spawn(async move {
                        let _slot = slot;
                        if let Err(error) = answer(stream, &*handle).await {
                            tracing::debug!(%error, "a control client went away");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the control socket cannot accept");
                    // Out of file descriptors, most likely: do not spin until some are free.
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

async fn answer<H, F>(stream: UnixStream, handle: &H) -> io::Result<()>
where
    H: Fn(Value) -> F,
    F: Future<Output = Value>,
{
    let (reading, mut writing) = stream.into_split();
    let line = timeout(CLIENT_TIMEOUT, read_line(reading)).await??;
    let reply = match serde_json::from_slice(&line) {
        Ok(request) => handle(request).await,
        Err(error) => serde_json::json!({ "error": format!("not a line of JSON: {error}") }),
    };
    timeout(CLIENT_TIMEOUT, write_line(&mut writing, &reply)).await?
}

/// The client's side.
#[derive(Debug, Clone)]
pub struct ControlClient {
    path: PathBuf,
    folder: PathBuf,
}

impl ControlClient {
    /// Whether a daemon listens. Its socket is its user's alone: one that refuses us is in use, as far as we can
    /// know.
    pub async fn is_answered(&self) -> bool {
        match UnixStream::connect(&self.path).await {
            Ok(_) => true,
            Err(error) => error.kind() == io::ErrorKind::PermissionDenied,
        }
    }

    /// A client of the daemon of the state folder `folder`.
    pub fn new(folder: &Path) -> Self {
        Self {
            path: folder.join(NAME),
            folder: folder.to_owned(),
        }
    }

    /// Sends `request` and waits at most `patience` for the reply.
    ///
    /// # Errors
    /// [`ControlError::NotRunning`] when nobody listens; otherwise when there is no reply in time or
    /// it is not JSON.
    pub async fn ask(&self, request: &Value, patience: Duration) -> Result<Value, ControlError> {
        let exchange = async {
            let stream = UnixStream::connect(&self.path)
                .await
                .map_err(|error| self.unconnected(error))?;
            let (reading, mut writing) = stream.into_split();
            let io = |error| self.io(error);
            write_line(&mut writing, request).await.map_err(io)?;
            let line = read_line(reading).await.map_err(io)?;
            serde_json::from_slice(&line).map_err(|error| ControlError::Reply(error.to_string()))
        };
        timeout(patience, exchange)
            .await
            .unwrap_or(Err(ControlError::TimedOut(patience)))
    }

    fn unconnected(&self, error: io::Error) -> ControlError {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                ControlError::NotRunning(self.folder.clone())
            }
            _ => self.io(error),
        }
    }

    fn io(&self, error: io::Error) -> ControlError {
        ControlError::Io {
            path: self.path.clone(),
            error,
        }
    }
}

/// A line without its line break; an error when it is too long or does not end.
async fn read_line(reading: impl tokio::io::AsyncRead + Unpin) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut reading = BufReader::new(reading).take(MAX_LINE);
    reading.read_until(b'\n', &mut line).await?;
    if line.pop() != Some(b'\n') {
        let why = "the line is too long or does not end";
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok(line)
}

async fn write_line(
    writing: &mut (impl tokio::io::AsyncWrite + Unpin),
    value: &Value,
) -> io::Result<()> {
    // `Value` is written without line breaks.
    let mut line = value.to_string().into_bytes();
    line.push(b'\n');
    writing.write_all(&line).await?;
    writing.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn serve(folder: &Path) -> (InstanceLock, tokio::task::JoinHandle<()>) {
        let lock = InstanceLock::acquire(folder).unwrap();
        let server = ControlServer::bind(&lock).unwrap();
        let serving =
            tokio::spawn(server.serve(|request| async move { json!({ "echo": request }) }));
        (lock, serving)
    }

    #[tokio::test]
    async fn a_request_gets_its_reply_and_nobody_gets_one_after_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let client = ControlClient::new(folder.path());
        let nobody = client.ask(&json!(1), PATIENCE).await.unwrap_err();
        assert!(matches!(nobody, ControlError::NotRunning(_)), "{nobody}");
        let (_lock, serving) = serve(folder.path());
        let request = json!({ "check": "pfs", "text": "two\nlines" });
        let reply = client.ask(&request, PATIENCE).await.unwrap();
        assert_eq!(reply, json!({ "echo": request }));
        serving.abort();
        let _ = serving.await;
        let gone = client.ask(&json!(1), PATIENCE).await.unwrap_err();
        assert!(matches!(gone, ControlError::NotRunning(_)), "{gone}");
    }

    #[tokio::test]
    async fn the_socket_is_private_and_a_stale_one_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let client = ControlClient::new(folder.path());
        let stale = client.ask(&json!(1), PATIENCE).await.unwrap_err();
        assert!(matches!(stale, ControlError::NotRunning(_)), "{stale}");
        let (_lock, _serving) = serve(folder.path());
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(client.ask(&json!(1), PATIENCE).await.is_ok());
    }

    #[tokio::test]
    async fn garbage_and_silence_of_one_client_do_not_disturb_another() {
        let folder = tempfile::tempdir().unwrap();
        let (_lock, _serving) = serve(folder.path());
        let path = folder.path().join(NAME);
        let _silent = UnixStream::connect(&path).await.unwrap();
        let mut garbage = UnixStream::connect(&path).await.unwrap();
        garbage.write_all(b"{no json\n").await.unwrap();
        let mut reply = String::new();
        garbage.read_to_string(&mut reply).await.unwrap();
        assert!(
            reply.starts_with(r#"{"error":"not a line of JSON"#),
            "{reply}"
        );
        let mut endless = UnixStream::connect(&path).await.unwrap();
        // The server hangs up in the middle.
        let _ = endless.write_all(&vec![b' '; 3 * 1024 * 1024]).await;
        let client = ControlClient::new(folder.path());
        assert_eq!(
            client.ask(&json!(7), PATIENCE).await.unwrap(),
            json!({ "echo": 7 })
        );
    }

    #[tokio::test]
    async fn a_daemon_that_does_not_reply_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let lock = InstanceLock::acquire(folder.path()).unwrap();
        let server = ControlServer::bind(&lock).unwrap();
        let _serving = tokio::spawn(server.serve(|_| std::future::pending()));
        let client = ControlClient::new(folder.path());
        let error = client
            .ask(&json!(1), Duration::from_millis(50))
            .await
            .unwrap_err();
        assert!(matches!(error, ControlError::TimedOut(_)), "{error}");
    }
}
