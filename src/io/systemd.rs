//! The service manager: readiness, status, watchdog, credentials.
//!
//! Outside systemd every notification does nothing.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use sd_notify::NotifyState;
use secrecy::SecretString;

/// Most bytes of a credential.
const MAX_CREDENTIAL: u64 = 64 * 1024;
/// Most characters of a status line.
const MAX_STATUS: usize = 500;

/// Says that the service has started.
pub fn ready() {
    notify(&[NotifyState::Ready]);
}

/// Says that the service is stopping.
pub fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// Sets the line that `systemctl status` shows.
pub fn status(text: &str) {
    notify(&[NotifyState::Status(&one_line(text))]);
}

/// Tells the watchdog that the service is alive. Call it from where the work is done, so that it
/// falls silent when the work does.
pub fn watchdog() {
    notify(&[NotifyState::Watchdog]);
}

/// How often to call [`watchdog`]: half the time after which the service manager loses patience;
/// `None` when it does not watch.
pub fn watchdog_interval() -> Option<Duration> {
    let limit = sd_notify::watchdog_enabled()?;
    (!limit.is_zero()).then(|| limit / 2)
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        // The work goes on; if this was the watchdog, the service manager will restart the service.
        tracing::warn!(%error, "the service manager cannot be told");
    }
}

/// Status text as one line: a line break would begin another assignment of the protocol.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_STATUS)
        .collect()
}

/// A secret that could not be had.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The service was not given any credentials.
    #[error(
        "the credential {0} is needed, but this process was given none: add LoadCredential={0}:/path/to/the/secret to the unit"
    )]
    NoFolder(String),
    /// Not a file name.
    #[error("{0:?} is not the name of a credential: use letters, digits, dot, dash and underscore")]
    Name(String),
    /// The file cannot be read.
    #[error(
        "the credential {name} cannot be read: {error}; check LoadCredential={name}:... in the unit"
    )]
    Read {
        /// Its name.
        name: String,
        /// The system's reason.
        error: std::io::Error,
    },
    /// The file is empty, too long, or not text.
    #[error("the credential {name} {why}")]
    Content {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// Reads the secret `name` from the folder that systemd gave this process
/// (`$CREDENTIALS_DIRECTORY`), without the line break at its end.
///
/// # Errors
/// When there is no folder, the file cannot be read, or it does not hold one secret of text.
pub fn credential(name: &str, folder: Option<&Path>) -> Result<SecretString, CredentialError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        return Err(CredentialError::Name(name.to_owned()));
    }
    let folder = folder.ok_or_else(|| CredentialError::NoFolder(name.to_owned()))?;
    let unreadable = |error| CredentialError::Read {
        name: name.to_owned(),
        error,
    };
    let wrong = |why| CredentialError::Content {
        name: name.to_owned(),
        why,
    };
    let mut bytes = Vec::new();
    let file = File::open(folder.join(name)).map_err(unreadable)?;
    file.take(MAX_CREDENTIAL + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_CREDENTIAL {
        return Err(wrong("is longer than 64 KiB"));
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong("is not text (UTF-8)"))?;
    let secret = text.strip_suffix('\n').unwrap_or(&text);
    let secret = secret.strip_suffix('\r').unwrap_or(secret);
    if secret.is_empty() {
        return Err(wrong("is empty"));
    }
    Ok(SecretString::from(secret))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use std::fs;

    fn read(content: &[u8]) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("smtp"), content).unwrap();
        credential("smtp", Some(folder.path()))
            .map(|secret| secret.expose_secret().to_owned())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_credential_loses_one_line_break_and_nothing_else() {
        assert_eq!(read(b"secret\n").as_deref(), Ok("secret"));
        assert_eq!(read(b"secret\r\n").as_deref(), Ok("secret"));
        assert_eq!(read(b" se cret \n\n").as_deref(), Ok(" se cret \n"));
        assert_eq!(read(b"secret").as_deref(), Ok("secret"));
    }

    #[test]
    fn a_credential_that_cannot_be_one_is_an_error_that_names_it_and_not_its_content() {
        assert!(read(b"\n").unwrap_err().contains("smtp is empty"));
        assert!(read(b"\xff\xfe").unwrap_err().contains("UTF-8"));
        assert!(read(&vec![b'a'; 70_000]).unwrap_err().contains("64 KiB"));
        for name in ["", "../smtp", "a/b", ".hidden", "a b"] {
            let error = credential(name, Some(Path::new("/"))).unwrap_err();
            assert!(matches!(error, CredentialError::Name(_)), "{name}");
        }
        let none = credential("smtp", None).unwrap_err().to_string();
        assert!(none.contains("LoadCredential=smtp:"), "{none}");
        let missing = credential("smtp", Some(Path::new("/nonexistent"))).unwrap_err();
        assert!(matches!(missing, CredentialError::Read { .. }));
    }

    #[test]
    fn a_status_is_one_line() {
        assert_eq!(one_line("a\nREADY=1\u{7}"), "a READY=1 ");
        assert_eq!(one_line(&"x".repeat(1000)).len(), MAX_STATUS);
    }
}
