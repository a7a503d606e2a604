//! `coverd web password`.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};

use anyhow::Context as _;

use crate::app::exit::{Exit, Failure};
use crate::web::hash_password;

/// Shortest password, in characters.
const LEAST: usize = 12;
/// Longest line that is read, in bytes.
const MOST: u64 = 1_000;

/// Prints the hash of a password that is typed twice, unseen, or is one line of standard input.
pub(super) fn password() -> Result<Exit, Failure> {
    let password = if std::io::stdin().is_terminal() {
        let first = rpassword::prompt_password("Password for the page: ")?;
        if rpassword::prompt_password("The same again: ")? != first {
            return Err(Failure::message(
                Exit::Usage,
                "the two passwords are not the same",
            ));
        }
        first
    } else {
        let mut line = String::new();
        std::io::stdin()
            .lock()
            .take(MOST)
            .read_line(&mut line)
            .context("cannot read the password from standard input")?;
        line.trim_end_matches(['\n', '\r']).to_owned()
    };
    if password.chars().count() < LEAST {
        let words = format!("the password has fewer than {LEAST} characters");
        return Err(Failure::message(Exit::Usage, words).next("several words are easy to keep"));
    }
    let hash = hash_password(&password)
        .map_err(|error| Failure::message(Exit::Unexpected, format!("no hash: {error}")))?;
    writeln!(std::io::stdout(), "password_hash = \"{hash}\"")?;
    Ok(Exit::Done)
}
