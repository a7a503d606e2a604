//! Signs of life of the loops that make up the service.
//!
//! A scheduler that died while the process lived on would look like "nothing changed at CMS". So
//! every loop says by when it will be heard of again, and the watchdog of the service manager is
//! told of life only while all of them keep their word.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// By when each loop will be heard of again.
#[derive(Debug, Clone, Default)]
pub struct Pulses(Arc<Mutex<BTreeMap<String, Instant>>>);

impl Pulses {
    /// The pulse of one loop, which counts as alive for `first`.
    pub fn of(&self, name: &str, first: Duration) -> Pulse {
        let pulse = Pulse {
            name: name.to_owned(),
            all: self.clone(),
        };
        pulse.within(first);
        pulse
    }

    /// The loops that did not keep their word.
    pub fn overdue(&self) -> Vec<String> {
        let now = Instant::now();
        let overdue = |(name, &until): (&String, &Instant)| (until < now).then(|| name.clone());
        self.lock().iter().filter_map(overdue).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pulse of one loop. It stays on record when this is dropped: a loop that is gone is overdue.
#[derive(Debug)]
pub struct Pulse {
    name: String,
    all: Pulses,
}

impl Pulse {
    /// Says that the loop will be heard of again within this time.
    pub fn within(&self, time: Duration) {
        self.all
            .lock()
            .insert(self.name.clone(), Instant::now() + time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[tokio::test(start_paused = true)]
    async fn a_loop_is_overdue_when_it_did_not_keep_its_word() {
        let pulses = Pulses::default();
        let (pfs, ncd) = (pulses.of("pfs", MINUTE), pulses.of("ncd", MINUTE));
        tokio::time::advance(MINUTE / 2).await;
        pfs.within(MINUTE);
        assert_eq!(pulses.overdue(), Vec::<String>::new());
        tokio::time::advance(MINUTE * 3 / 4).await;
        assert_eq!(pulses.overdue(), ["ncd"]);
        ncd.within(MINUTE);
        assert_eq!(pulses.overdue(), Vec::<String>::new());
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_is_gone_is_missed() {
        let pulses = Pulses::default();
        drop(pulses.of("pfs", MINUTE));
        assert_eq!(pulses.overdue(), Vec::<String>::new());
        tokio::time::advance(MINUTE * 2).await;
        assert_eq!(pulses.overdue(), ["pfs"]);
    }
}
