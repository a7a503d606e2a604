//! The one thread that writes.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::{mpsc, oneshot};

use super::connection::Store;
use super::error::StoreError;

/// Work that waits; more and the senders wait too.
const QUEUE: usize = 64;

type Work = Box<dyn FnOnce(&mut Store) + Send>;

/// Sends work to the writer thread. Clones share the thread; when the last one is dropped, the work
/// already sent is finished, the database is closed, and the drop returns.
#[derive(Clone)]
pub struct StoreHandle {
    writer: Arc<Writer>,
}

struct Writer {
    work: Option<mpsc::Sender<Work>>,
    thread: Option<JoinHandle<()>>,
}

impl StoreHandle {
    /// Starts the writer thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(mut store: Store) -> Result<Self, StoreError> {
        let (sender, mut receiver) = mpsc::channel::<Work>(QUEUE);
        let thread = thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                while let Some(work) = receiver.blocking_recv() {
                    work(&mut store);
                }
            })
            .map_err(|error| StoreError::Other(format!("cannot start its thread: {error}")))?;
        Ok(Self {
            writer: Arc::new(Writer {
                work: Some(sender),
                thread: Some(thread),
            }),
        })
    }

    /// Runs work on the writer thread, one piece after the other. Work that was sent is done even
    /// when the caller stops waiting.
    ///
    /// # Errors
    /// What the work returns; [`StoreError::Panicked`] when it panics (its transaction is rolled
    /// back, the thread goes on).
    pub async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Store) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |store| {
            // A transaction is rolled back while the panic unwinds, so the store stays whole.
            let done = catch_unwind(AssertUnwindSafe(|| work(store)));
            let result = done.unwrap_or_else(|panic| {
                Err(StoreError::Panicked {
                    message: words_of(panic.as_ref()),
                })
            });
            // The caller may have stopped waiting.
            let _ = answer.send(result);
        });
        let sender = self.writer.work.as_ref().ok_or(StoreError::Stopped)?;
        sender.send(work).await.map_err(|_| StoreError::Stopped)?;
        answered.await.map_err(|_| StoreError::Stopped)?
    }
}

impl fmt::Debug for StoreHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreHandle").finish_non_exhaustive()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // The thread ends when the last sender is gone.
        drop(self.work.take());
        if let Some(thread) = self.thread.take() {
            // Work may hold a handle of its own: the thread cannot wait for itself.
            if thread.thread().id() != thread::current().id() {
                // Panics of work are caught, so there is nothing to learn from the result.
                let _ = thread.join();
            }
        }
    }
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without words".to_owned())
}
