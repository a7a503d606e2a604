//! Questions at a terminal.

use std::fmt;
use std::io::{BufRead as _, Write as _};

use crate::app::exit::{Exit, Failure};
use crate::render::escape::harmless;

/// Longest answer, in bytes.
const LONGEST: usize = 2_000;
/// How often a wrong answer is asked for again.
const PATIENCE: usize = 5;

/// Asks, or, where nobody is there, takes what is usual.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asker {
    is_interactive: bool,
}

impl Asker {
    pub(super) fn new(is_interactive: bool) -> Self {
        Self { is_interactive }
    }

    pub(super) fn is_interactive(self) -> bool {
        self.is_interactive
    }

    /// Shows a text to who is there to answer.
    pub(super) fn explain(self, text: &str) -> Result<(), Failure> {
        if self.is_interactive {
            say(text)?;
        }
        Ok(())
    }

    /// One line; the usual answer for an empty one. `judge` says what is wrong with an answer, which is then asked
    /// for again.
    ///
    /// # Errors
    /// When nobody is there and nothing is usual: `flag` names what to give.
    pub(super) fn line<T, E: fmt::Display>(
        self,
        question: &str,
        flag: &str,
        usual: Option<&str>,
        judge: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, Failure> {
        if !self.is_interactive {
            let Some(usual) = usual else {
                let words = format!("{flag} is not given, and nobody is asked");
                return Err(Failure::message(Exit::Usage, words)
                    .next(format!("give {flag}, or run `coverd setup` on a terminal")));
            };
            return judge(usual).map_err(|why| wrong(flag, &why));
        }
        for _ in 0..PATIENCE {
            {
                let mut out = std::io::stdout().lock();
                match usual {
                    Some("") => write!(out, "{question} [none]: ")?,
                    Some(usual) => write!(out, "{question} [{usual}]: ")?,
                    None => write!(out, "{question}: ")?,
                }
                out.flush()?;
            }
            let answer = read_line()?;
            let answer = match (answer.trim(), usual) {
                ("", Some(usual)) => usual,
                ("", None) => {
                    say("  this is needed")?;
                    continue;
                }
                (answer, _) => answer,
            };
            match judge(answer) {
                Ok(good) => return Ok(good),
                Err(why) => say(&format!("  {}", harmless(&why.to_string())))?,
            }
        }
        Err(Failure::message(
            Exit::Usage,
            "no answer that could be used; nothing was written",
        ))
    }

    /// Yes or no.
    pub(super) fn yes(self, question: &str, usual: bool) -> Result<bool, Failure> {
        let usual = if usual { "yes" } else { "no" };
        self.line(question, "an answer", Some(usual), |answer| {
            match answer.to_lowercase().as_str() {
                "y" | "yes" => Ok(true),
                "n" | "no" => Ok(false),
                _ => Err("yes or no?"),
            }
        })
    }
}

/// Shows a text.
pub(super) fn say(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}

/// A word that is not shown.
pub(super) fn secret(question: &str) -> Result<String, Failure> {
    Ok(rpassword::prompt_password(format!("{question}: "))?)
}

/// What a flag says is wrong.
pub(super) fn wrong(flag: &str, why: &impl fmt::Display) -> Failure {
    Failure::message(
        Exit::Usage,
        format!("{flag}: {}", harmless(&why.to_string())),
    )
}

fn read_line() -> Result<String, Failure> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line)?;
    if read == 0 {
        return Err(Failure::message(
            Exit::Usage,
            "broken off; nothing was written",
        ));
    }
    line.truncate(line.floor_char_boundary(LONGEST));
    Ok(line)
}
