//! The password of the mail account: where it lies, and reading it at the moment it is needed.

use std::io::Read;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

/// Where the unit takes credentials from: `LoadCredential=smtp-password:/etc/coverd/smtp-password`.
pub const CREDENTIALS: &str = "/etc/coverd";

/// Longest password file that is read, in bytes.
const MAX_BYTES: u64 = 4096;

/// Where the password is. The password itself is never part of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordSource {
    /// A systemd credential by name, with its file when the process was started with credentials.
    Credential {
        /// The name in `LoadCredential=`.
        name: String,
        /// The file in `$CREDENTIALS_DIRECTORY`.
        file: Option<PathBuf>,
    },
    /// A file.
    File(PathBuf),
}

impl PasswordSource {
    /// Reads the password; one line end at its end is not part of it.
    ///
    /// # Errors
    /// When it cannot be read or is empty.
    pub fn read(&self) -> Result<SecretString, SecretError> {
        let file = match self {
            Self::File(file)
            | Self::Credential {
                file: Some(file), ..
            } => file,
            Self::Credential { name, file: None } => return by_hand(name),
        };
        read_secret(file)
    }
}

/// Outside of the service there are no credentials; who may read the file that the unit takes this one from, and
/// that is root alone, has it all the same, so that `coverd mail-test` and `coverd doctor` try what the service does.
fn by_hand(name: &str) -> Result<SecretString, SecretError> {
    let file = Path::new(CREDENTIALS).join(name);
    match read_secret(&file) {
        Ok(password) => Ok(password),
        Err(SecretError::Empty { .. }) => Err(SecretError::Empty { file }),
        Err(_) => Err(SecretError::NoCredentials {
            name: name.to_owned(),
        }),
    }
}

fn read_secret(file: &Path) -> Result<SecretString, SecretError> {
    let unreadable = |source| SecretError::Unreadable {
        file: file.to_owned(),
        source,
    };
    let mut text = String::new();
    std::fs::File::open(file)
        .map_err(unreadable)?
        .take(MAX_BYTES)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return Err(SecretError::Empty {
            file: file.to_owned(),
        });
    }
    Ok(SecretString::from(password))
}

/// The password cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The process has no credentials.
    #[error(
        "the mail password is the systemd credential '{name}', and this process was started without credentials: run it as root, who may read /etc/coverd/{name}, or set mail.password_file"
    )]
    NoCredentials {
        /// The credential's name.
        name: String,
    },
    /// The file cannot be read.
    #[error("cannot read the mail password from {}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is empty, as the unit's default credential is.
    #[error(
        "the mail password in {} is empty: write it to /etc/coverd/smtp-password (mode 0600) and restart the service, or set mail.password_file, or leave mail.user empty for a server without login",
        file.display()
    )]
    Empty {
        /// The file.
        file: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_password_is_read_without_its_line_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "open sesame \r\n").unwrap();
        let password = PasswordSource::File(file.clone()).read().unwrap();
        assert_eq!(password.expose_secret(), "open sesame ");
        assert!(!format!("{password:?}").contains("sesame"));

        std::fs::write(&file, "\n").unwrap();
        let error = PasswordSource::File(file).read().unwrap_err();
        assert!(matches!(error, SecretError::Empty { .. }));
    }

    #[test]
    fn without_credentials_the_error_says_what_to_do() {
        let source = PasswordSource::Credential {
            name: "smtp-password".to_owned(),
            file: None,
        };
        let error = source.read().unwrap_err().to_string();
        assert!(error.contains("mail.password_file"), "{error}");
    }
}
