//! Time, memory and sizes, as the system accounts for them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// CPU time of all living threads of this process so far, in nanoseconds of the scheduler.
pub(crate) fn cpu() -> Duration {
    // The scheduler books the time of a running thread when it is taken off its core.
    thread::yield_now();
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let nanoseconds = threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("schedstat")).ok())
        .filter_map(|line| line.split_whitespace().next()?.parse::<u64>().ok())
        .sum();
    Duration::from_nanos(nanoseconds)
}

/// CPU time of all children that have ended, in ticks of ten milliseconds.
pub(crate) fn cpu_of_children() -> Duration {
    let line = fs::read_to_string("/proc/self/stat").unwrap();
    let (_, behind_name) = line.rsplit_once(')').unwrap();
    let ticks = |field: usize| -> u64 {
        let text = behind_name.split_whitespace().nth(field).unwrap();
        text.parse().unwrap()
    };
    // `cutime` and `cstime`, fields 16 and 17; the first behind the name is field 3.
    Duration::from_millis((ticks(13) + ticks(14)) * 10)
}

/// The measured runs of one piece of work, least first.
#[derive(Debug)]
pub(crate) struct Runs(Vec<Duration>);

impl Runs {
    pub(crate) fn of(mut runs: Vec<Duration>) -> Self {
        runs.sort_unstable();
        Self(runs)
    }

    /// CPU time of some runs in this process.
    pub(crate) fn cpu<T>(runs: usize, mut work: impl FnMut() -> T) -> Self {
        let once = |_| {
            let before = cpu();
            let made = work();
            let used = cpu().saturating_sub(before);
            drop(made);
            used
        };
        Self::of((0..runs).map(once).collect())
    }

    /// CPU time of programs that `work` starts and waits for, as the mean of `each` in a row.
    pub(crate) fn children(runs: usize, each: u32, mut work: impl FnMut()) -> Self {
        let once = |_| {
            let before = cpu_of_children();
            (0..each).for_each(|_| work());
            cpu_of_children().saturating_sub(before) / each
        };
        Self::of((0..runs).map(once).collect())
    }

    /// Time on the wall.
    pub(crate) fn wall(runs: usize, mut work: impl FnMut()) -> Self {
        let once = |_| {
            let begin = Instant::now();
            work();
            begin.elapsed()
        };
        Self::of((0..runs).map(once).collect())
    }

    pub(crate) fn best(&self) -> Duration {
        self.0.first().copied().unwrap_or_default()
    }

    pub(crate) fn median(&self) -> Duration {
        self.at(50)
    }

    /// The run that so many of a hundred do not exceed.
    pub(crate) fn at(&self, percent: usize) -> Duration {
        let index = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(index).copied().unwrap_or_default()
    }
}

/// A figure of `/proc/PID/status` in kilobytes, such as `VmRSS`.
pub(crate) fn kilobytes(process: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Bytes of all files in a folder.
pub(crate) fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(about) if about.is_dir() => size(&entry.path()),
            Ok(about) => about.len(),
            Err(_) => 0,
        })
        .sum()
}

pub(crate) fn milliseconds(time: Duration) -> String {
    let value = time.as_secs_f64() * 1e3;
    match value {
        ..0.1 => format!("{:.0} µs", value * 1e3),
        ..10.0 => format!("{value:.2} ms"),
        ..100.0 => format!("{value:.1} ms"),
        _ => format!("{value:.0} ms"),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "sizes of files, shown with few digits"
)]
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// `1.8x`
pub(crate) fn ratio(time: Duration, floor: Duration) -> String {
    format!("{:.1}x", time.as_secs_f64() / floor.as_secs_f64())
}

/// A table of the report, in Markdown.
#[derive(Debug)]
pub(crate) struct Report(String);

impl Report {
    pub(crate) fn new(title: &str, note: &str, columns: &[&str]) -> Self {
        let rule = vec!["---"; columns.len()].join("|");
        Self(format!(
            "\n## {title}\n\n{note}\n\n| {} |\n|{rule}|\n",
            columns.join(" | ")
        ))
    }

    pub(crate) fn row(&mut self, cells: &[String]) {
        let _ = writeln!(self.0, "| {} |", cells.join(" | "));
    }

    #[expect(
        clippy::print_stdout,
        reason = "the report is what this program is for"
    )]
    pub(crate) fn print(self) {
        print!("{}", self.0);
    }
}
