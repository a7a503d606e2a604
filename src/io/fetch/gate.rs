//! One host's turn: CMS is never asked more often, or more at a time, than is polite.
//!
//! A turn is a permit of the host's semaphore, taken first, and then a start time. Nothing is
//! reserved while waiting, so dropping the waiting future leaves no trace.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

/// The turns of all hosts.
#[derive(Debug)]
pub(super) struct Gates {
    interval: Duration,
    concurrency: usize,
    hosts: Mutex<HashMap<String, Arc<Gate>>>,
}

#[derive(Debug)]
struct Gate {
    slots: Arc<Semaphore>,
    times: Mutex<Times>,
}

#[derive(Debug, Clone, Copy)]
struct Times {
    /// The next request may start then.
    next: Instant,
    /// The host asked to be left alone until then.
    paused: Instant,
}

/// The right to have one request under way; given back on drop.
#[derive(Debug)]
pub(super) struct Turn {
    _slot: OwnedSemaphorePermit,
}

/// The host asked to be left alone for longer than the caller can wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Paused {
    /// How much longer.
    pub(super) left: Duration,
}

impl Gates {
    pub(super) fn new(interval: Duration, concurrency: usize) -> Self {
        Self {
            interval,
            concurrency,
            hosts: Mutex::new(HashMap::new()),
        }
    }

    /// Waits for a turn at `host`. Waiting behind other requests has no limit, a pause that the host
    /// asked for is waited out only when it ends within `patience`.
    pub(super) async fn turn(&self, host: &str, patience: Duration) -> Result<Turn, Paused> {
        let gate = self.gate(host);
        let latest = Instant::now() + patience;
        // The semaphore is never closed; were it, asking the host would be wrong.
        let Ok(slot) = Arc::clone(&gate.slots).acquire_owned().await else {
            return Err(Paused {
                left: Duration::ZERO,
            });
        };
        loop {
            let now = Instant::now();
            let ready = {
                let mut times = gate.times.lock().unwrap_or_else(PoisonError::into_inner);
                if times.paused > latest.max(now) {
                    return Err(Paused {
                        left: times.paused - now,
                    });
                }
                let ready = times.next.max(times.paused);
                if ready <= now {
                    times.next = now + self.interval;
                    return Ok(Turn { _slot: slot });
                }
                ready
            };
            sleep_until(ready).await;
        }
    }

    /// Leaves `host` alone for `pause` from now on, or longer if it asked for more before.
    pub(super) fn pause(&self, host: &str, pause: Duration) {
        let gate = self.gate(host);
        let mut times = gate.times.lock().unwrap_or_else(PoisonError::into_inner);
        times.paused = times.paused.max(Instant::now() + pause);
    }

    fn gate(&self, host: &str) -> Arc<Gate> {
        // Only admitted hosts get here, so the map is as small as the list of CMS's hosts.
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let gate = hosts.entry(host.to_owned()).or_insert_with(|| {
            let now = Instant::now();
            Arc::new(Gate {
                slots: Arc::new(Semaphore::new(self.concurrency)),
                times: Mutex::new(Times {
                    next: now,
                    paused: now,
                }),
            })
        });
        Arc::clone(gate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn starts_at_one_host_are_spaced_and_other_hosts_do_not_wait() {
        let gates = Gates::new(SECOND, 10);
        let start = Instant::now();
        for expected in 0..4 {
            let _turn = gates.turn("a", SECOND).await.unwrap();
            assert_eq!(
                (start.elapsed() + Duration::from_millis(5)).as_secs(),
                expected
            );
        }
        let before = Instant::now();
        let _turn = gates.turn("b", SECOND).await.unwrap();
        assert_eq!(before.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_the_allowed_number_is_under_way_at_a_time() {
        let gates = Arc::new(Gates::new(Duration::ZERO, 2));
        let first = gates.turn("a", SECOND).await.unwrap();
        let _second = gates.turn("a", SECOND).await.unwrap();
        let waiting = tokio::time::timeout(SECOND, gates.turn("a", SECOND));
        assert!(waiting.await.is_err(), "a third was let in");
        drop(first);
        assert!(gates.turn("a", SECOND).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_is_waited_out_or_reported_when_it_is_too_long() {
        let gates = Gates::new(Duration::ZERO, 1);
        gates.pause("a", 10 * SECOND);
        gates.pause("a", SECOND);
        assert_eq!(
            gates.turn("a", 9 * SECOND).await.unwrap_err(),
            Paused { left: 10 * SECOND }
        );
        let start = Instant::now();
        let _turn = gates.turn("a", 11 * SECOND).await.unwrap();
        assert!(start.elapsed() >= 10 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_wait_leaves_no_trace() {
        let gates = Gates::new(SECOND, 1);
        drop(gates.turn("a", SECOND).await.unwrap());
        let start = Instant::now();
        for _ in 0..5 {
            let cut = tokio::time::timeout(Duration::from_millis(10), gates.turn("a", SECOND));
            assert!(cut.await.is_err());
        }
        drop(gates.turn("a", SECOND).await.unwrap());
        assert!(start.elapsed() <= SECOND + Duration::from_millis(5));
    }
}
