//! A source's own code, run where a panic or an endless loop of it ends nothing else.

use std::sync::{Arc, Mutex, PoisonError};

use crate::app::state::App;

/// What the code of a source is at work on, also when nobody waits for it any more: a thread cannot
/// be ended from outside.
///
/// There is never more than one such thread to a source, so that a source that hangs cannot take
/// all threads, which the others need.
#[derive(Debug, Clone, Default)]
pub struct AtWork(Arc<Mutex<Option<String>>>);

impl AtWork {
    /// The unit; empty for the lists.
    pub fn on(&self) -> Option<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// `Err` with what it is still at work on.
    fn begin(&self, subject: &str) -> Result<Working, String> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(still) = &*slot {
            return Err(still.clone());
        }
        *slot = Some(subject.to_owned());
        Ok(Working(self.clone()))
    }
}

/// Ends with the work, however that ends.
struct Working(AtWork);

impl Drop for Working {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The source's code did not come to an end of its own.
#[derive(Debug)]
pub(super) struct Defect {
    /// The unit that it was at work on; empty for the lists.
    pub(super) subject: String,
    pub(super) text: String,
}

impl Defect {
    fn endless(app: &App, subject: &str) -> Self {
        let what = what(subject);
        Self {
            subject: subject.to_owned(),
            text: format!(
                "{what} did not end within {} s; the source is left alone until it does or coverd is started again",
                app.limits.extract.as_secs_f32()
            ),
        }
    }
}

fn what(subject: &str) -> String {
    if subject.is_empty() {
        "reading the lists".to_owned()
    } else {
        format!("reading {subject}")
    }
}

/// Runs code of a source on a thread of its own, for at most [`crate::app::state::Limits::extract`].
///
/// `subject` is the unit; empty for the lists. The outer error is this machine's own fault.
pub(super) async fn guarded<T: Send + 'static>(
    app: &App,
    source: &'static str,
    subject: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<Result<T, Defect>> {
    let at_work = app
        .sources
        .get(source)
        .map(|scheduled| scheduled.at_work.clone())
        .unwrap_or_default();
    let working = match at_work.begin(subject) {
        Ok(working) => working,
        Err(still) => return Ok(Err(Defect::endless(app, &still))),
    };
    let work = tokio::task::spawn_blocking(move || {
        let _working = working;
        work()
    });
    match tokio::time::timeout(app.limits.extract, work).await {
        Ok(Ok(done)) => Ok(Ok(done)),
        Ok(Err(join)) if join.is_panic() => Ok(Err(Defect {
            subject: subject.to_owned(),
            text: format!("{} panicked; please report this", what(subject)),
        })),
        Ok(Err(join)) => Err(join.into()),
        Err(_elapsed) => Ok(Err(Defect::endless(app, subject))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_at_work_on_one_thing_until_that_ends() {
        let at_work = AtWork::default();
        let first = at_work.begin("RVU20A").ok().unwrap();
        assert_eq!(at_work.on().as_deref(), Some("RVU20A"));
        assert_eq!(at_work.begin("RVU20B").err().as_deref(), Some("RVU20A"));
        drop(first);
        assert_eq!(at_work.on(), None);
        assert!(at_work.begin("").is_ok());
    }
}
