//! Messages to a command of the practice's own: the JSON on its standard input, one run for each.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::channel::{Receipt, SendError};
use super::masked;
use crate::model::delivery::Outgoing;

/// What is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandConfig {
    /// Program and arguments; no shell is between.
    pub command: Vec<String>,
    /// How long it may take.
    pub deadline: Duration,
}

/// Runs the command for each message. Ending with 0 takes responsibility for it; anything else, and it
/// is run again later with the same message.
#[derive(Debug)]
pub struct CommandChannel {
    config: CommandConfig,
}

impl CommandChannel {
    /// A channel to this command.
    pub fn new(config: CommandConfig) -> Self {
        Self { config }
    }

    pub(super) async fn send(&self, outgoing: &Outgoing) -> Result<Receipt, SendError> {
        let Some((program, arguments)) = self.config.command.split_first() else {
            return Err(SendError::NoChannel {
                name: outgoing.channel.clone(),
            });
        };
        let failed = |cause: String| SendError::Command {
            program: program.clone(),
            cause,
        };
        let run = async {
            let mut child = Command::new(program)
                .args(arguments)
                .env("COVERD_DELIVERY", &outgoing.id)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .kill_on_drop(true)
                .spawn()
                .map_err(|error| failed(error.to_string()))?;
            if let Some(mut stdin) = child.stdin.take() {
                // One that does not read its input may be content all the same.
                let _ = stdin.write_all(&outgoing.message).await;
            }
            child
                .wait_with_output()
                .await
                .map_err(|error| failed(error.to_string()))
        };
        let ended = tokio::time::timeout(self.config.deadline, run)
            .await
            .map_err(|_| failed(format!("it did not end within {:?}", self.config.deadline)))??;
        if ended.status.success() {
            return Ok(Receipt {
                words: format!("{program} took it"),
            });
        }
        let said = masked::said(&String::from_utf8_lossy(&ended.stderr));
        Err(failed(format!("{}: {said}", ended.status)))
    }
}
