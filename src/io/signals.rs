//! Signals that would end the program where an error says more.

use rustix::process::Signal;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

/// Makes a file that may not grow any more (`ulimit -f`) an error of the write: as it is, the system kills the program
/// without a word. The handler, which does nothing, stays until the program ends; programs that it starts have none.
///
/// Where it cannot be set, which takes a lack of file descriptors, everything is as it was.
pub fn survive_large_files() {
    let Ok(runtime) = Builder::new_current_thread().enable_io().build() else {
        return;
    };
    let _here = runtime.enter();
    let _ = signal(SignalKind::from_raw(Signal::XFSZ.as_raw()));
}
