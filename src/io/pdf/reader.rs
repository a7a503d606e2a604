//! The parent's side: one child at a time, bounded in what it is given, what it says, and how long.

use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::limits::ProcessLimits;

/// How much of what the child complains about is kept.
const MAX_COMPLAINT: usize = 4_096;
/// How long a killed child may take to be gone.
const REAP: Duration = Duration::from_secs(5);

/// How PDFs are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PdfConfig {
    /// The program whose `pdf-text` is run: coverd itself.
    pub program: PathBuf,
    /// The command that turns a PDF on its input into text on its output; empty: the program's own reader.
    pub command: Vec<String>,
    /// Longest time for one PDF.
    pub deadline: Duration,
    /// What the child may take.
    pub limits: ProcessLimits,
    /// Largest PDF, in bytes.
    pub max_bytes: usize,
    /// Longest text, in bytes.
    pub max_text: usize,
}

impl PdfConfig {
    /// Limits with room for the longest rule of the Federal Register, and for a service that may take
    /// 1 GB in all.
    pub fn new(program: PathBuf, command: Vec<String>) -> Self {
        Self {
            program,
            command,
            deadline: Duration::from_mins(2),
            limits: ProcessLimits {
                memory: 600_000_000,
                processor: Duration::from_mins(2),
            },
            max_bytes: 64_000_000,
            max_text: 32_000_000,
        }
    }
}

/// Why there is no text.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The PDF is larger than is read.
    #[error("the PDF has {0} bytes, more than the {1} that are read")]
    TooLarge(usize, usize),
    /// The child could not be started.
    #[error("the program that reads PDFs, {}, cannot be started: {error}", .program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// The child did not end in time; it was killed.
    #[error("reading the PDF did not end within {} s", .0.as_secs_f32())]
    Deadline(Duration),
    /// The child said more than is wanted; it was killed.
    #[error("the PDF has more than {0} bytes of text")]
    TooLong(usize),
    /// The child ended badly.
    #[error("reading the PDF ended with {status}{}", complaint(.said))]
    Ended {
        /// Code or signal.
        status: ExitStatus,
        /// What it said on standard error, shortened.
        said: String,
    },
    /// What the child said is no UTF-8.
    #[error("the program that reads PDFs wrote something else than UTF-8")]
    NotText,
    /// The child could not be heard.
    #[error("the program that reads PDFs cannot be heard: {0}")]
    Io(#[from] io::Error),
}

fn complaint(said: &str) -> String {
    let words: Vec<&str> = said.split_whitespace().collect();
    let words: String = words.join(" ").chars().take(300).collect();
    if words.is_empty() {
        String::new()
    } else {
        format!(": {words}")
    }
}

/// Turns PDFs into text.
#[derive(Debug)]
pub struct PdfReader {
    config: PdfConfig,
    /// One child at a time: each may take most of the memory that the service has.
    turn: Semaphore,
}

impl PdfReader {
    /// A reader with these limits.
    pub fn new(config: PdfConfig) -> Self {
        Self {
            config,
            turn: Semaphore::new(1),
        }
    }

    /// The text of a PDF as the child wrote it, a form feed between pages.
    ///
    /// When the future is dropped, the child and all it started are killed.
    ///
    /// # Errors
    /// When there is no text: the PDF is hostile or broken, or the program is missing.
    pub async fn text(&self, pdf: &[u8]) -> Result<String, PdfError> {
        let config = &self.config;
        if pdf.len() > config.max_bytes {
            return Err(PdfError::TooLarge(pdf.len(), config.max_bytes));
        }
        // The semaphore is never closed.
        let _turn = self.turn.acquire().await.map_err(io::Error::other)?;
        let mut child = Family::start(config)?;
        let done = timeout(config.deadline, child.work(pdf, config.max_text)).await;
        child.end().await;
        let (status, text, said) = done.map_err(|_| PdfError::Deadline(config.deadline))??;
        if !status.success() {
            let said = String::from_utf8_lossy(&said).into_owned();
            return Err(PdfError::Ended { status, said });
        }
        String::from_utf8(text).map_err(|_| PdfError::NotText)
    }
}

/// A child in a process group of its own.
struct Family {
    child: Child,
    /// The group, until its leader was waited for.
    group: Option<Pid>,
}

impl Family {
    fn start(config: &PdfConfig) -> Result<Self, PdfError> {
        let ProcessLimits { memory, processor } = config.limits;
        let child = Command::new(&config.program)
            .arg0("coverd")
            .arg("pdf-text")
            .args(["--memory", &memory.to_string()])
            .args(["--seconds", &processor.as_secs().to_string()])
            .args(["--text", &config.max_text.to_string()])
            .arg("--")
            .args(&config.command)
            // Nothing of ours is its business: no password, no path of the store.
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C.UTF-8")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| PdfError::Start {
                program: config.program.clone(),
                error,
            })?;
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Ok(Self {
            child,
            group: id.and_then(Pid::from_raw),
        })
    }

    /// Gives it the PDF and hears it out.
    async fn work(
        &mut self,
        pdf: &[u8],
        most: usize,
    ) -> Result<(ExitStatus, Vec<u8>, Vec<u8>), PdfError> {
        let (stdin, stdout, stderr) = (
            self.child.stdin.take(),
            self.child.stdout.take(),
            self.child.stderr.take(),
        );
        let feed = async {
            if let Some(mut stdin) = stdin {
                // A child that has heard enough closes its end; how it ends tells why.
                let _ = stdin.write_all(pdf).await;
            }
            Ok(())
        };
        let hear = async {
            let text = at_most(stdout, most).await?;
            if text.len() > most {
                return Err(PdfError::TooLong(most));
            }
            Ok(text)
        };
        let complaints = async {
            let mut stderr = stderr;
            let said = at_most(stderr.as_mut(), MAX_COMPLAINT).await?;
            if let Some(mut rest) = stderr {
                // One that goes on complaining does not fail for it.
                tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
            }
            Ok(said)
        };
        let ((), text, said) = tokio::try_join!(feed, hear, complaints)?;
        let status = self.child.wait().await?;
        self.group = None;
        Ok((status, text, said))
    }

    /// Kills what is left of it, and waits until it is gone.
    async fn end(mut self) {
        if self.group.is_some() {
            self.kill();
            if timeout(REAP, self.child.wait()).await.is_ok() {
                self.group = None;
            }
        }
    }

    fn kill(&self) {
        if let Some(group) = self.group {
            // It may be gone already.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The first bytes of a stream, one more than `most` where there are more.
async fn at_most(stream: Option<impl AsyncRead + Unpin>, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        let mut stream = stream.take(limit);
        stream.read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}
