//! Listening, and connections that may not last or multiply without end.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::{Listener, ListenerExt as _};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::CancellationToken;

use super::overview;
use super::routes::router;
use super::site::{Setup, Site};

/// Connections at one time; more of them wait.
const CONNECTIONS: usize = 128;
/// A connection over which nothing comes for so long is ended.
const SILENCE: Duration = Duration::from_secs(30);
/// How long answers in flight may take when the service stops.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// Serves the page until `stop` is cancelled.
///
/// # Errors
/// When the socket fails.
pub async fn serve(listener: TcpListener, setup: Setup, stop: CancellationToken) -> io::Result<()> {
    let site = Arc::new(Site::new(setup));
    let keeper =
        tokio_util::task::AbortOnDropHandle::new(tokio::spawn(overview::keep(Arc::clone(&site))));
    let listener = Limited {
        listener,
        turns: Arc::new(Semaphore::new(CONNECTIONS)),
    };
    let stopped = stop.clone().cancelled_owned();
    let server = axum::serve(listener.tap_io(|_| {}), router(site)).with_graceful_shutdown(stopped);
    let cut_off = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST_ANSWERS).await;
    };
    tokio::select! {
        ended = async { server.await } => ended?,
        () = cut_off => {}
    }
    drop(keeper);
    Ok(())
}

/// A listener that accepts only so many connections at a time.
struct Limited {
    listener: TcpListener,
    turns: Arc<Semaphore>,
}

impl Listener for Limited {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        // The semaphore is never closed.
        let turn = Arc::clone(&self.turns).acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let silence = Box::pin(tokio::time::sleep(SILENCE));
        let connection = Connection {
            stream,
            silence,
            _turn: turn,
        };
        (connection, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that ends when its other side says nothing for too long.
struct Connection {
    stream: TcpStream,
    silence: Pin<Box<Sleep>>,
    _turn: Option<OwnedSemaphorePermit>,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Ready(read) => {
                self.silence.as_mut().reset(Instant::now() + SILENCE);
                Poll::Ready(read)
            }
            Poll::Pending => match self.silence.as_mut().poll(context) {
                Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                Poll::Pending => Poll::Pending,
            },
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
