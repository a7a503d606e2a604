//! What a process that reads a PDF may take, set by that process on itself before it reads.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};

/// What the process may take at most; the system ends it when it takes more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessLimits {
    /// Address space in bytes.
    pub memory: u64,
    /// Processor time, in whole seconds. It ends an endless loop also when nobody waits any more.
    pub processor: Duration,
}

/// Limits this process and what it becomes by `exec`. There is no way back.
///
/// # Errors
/// When the system refuses: the process had better end.
pub fn limit_this_process(limits: &ProcessLimits) -> io::Result<()> {
    let most = |resource, value| {
        let limit = Rlimit {
            current: Some(value),
            maximum: Some(value),
        };
        setrlimit(resource, limit).map_err(io::Error::from)
    };
    most(Resource::As, limits.memory)?;
    most(Resource::Cpu, limits.processor.as_secs().max(1))?;
    // A core file would fill the disk with what a stranger's file made of us.
    most(Resource::Core, 0)?;
    most(Resource::Nofile, 64)
}

/// The program that runs, to be started once more. By this name the system finds it also when its file
/// was replaced by a newer version meanwhile.
pub fn own_program() -> PathBuf {
    PathBuf::from("/proc/self/exe")
}
