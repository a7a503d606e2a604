//! One thing that was tried, and what to do about it.

use std::fmt;

use crate::app::exit::Exit;
use crate::render::escape::harmless;

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app::commands) enum State {
    /// As it should be.
    Well,
    /// It works, and someone should look.
    Attention,
    /// It does not work.
    Wrong,
}

impl State {
    /// For programs, and at the beginning of a line.
    pub(in crate::app::commands) fn id(self) -> &'static str {
        match self {
            Self::Well => "ok",
            Self::Attention => "look",
            Self::Wrong => "WRONG",
        }
    }
}

/// What was tried, what was found, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::app::commands) struct Finding {
    /// How it stands.
    pub(in crate::app::commands) state: State,
    /// What was tried: "disk", "mail: login".
    pub(in crate::app::commands) what: String,
    /// What was found.
    pub(in crate::app::commands) found: String,
    /// What to do; empty where nothing is.
    pub(in crate::app::commands) remedy: String,
    /// What coverd ends with where this is wrong.
    pub(in crate::app::commands) exit: Exit,
}

impl Finding {
    /// As it should be.
    pub(in crate::app::commands) fn well(
        what: impl Into<String>,
        found: impl fmt::Display,
    ) -> Self {
        Self::new(State::Well, what.into(), Exit::Done, &found)
    }

    /// To be looked at.
    pub(in crate::app::commands) fn look(
        what: impl Into<String>,
        found: impl fmt::Display,
        remedy: &str,
    ) -> Self {
        Self::new(State::Attention, what.into(), Exit::Done, &found).remedied(remedy)
    }

    /// Wrong, with the exit code that says so.
    pub(in crate::app::commands) fn wrong(
        what: impl Into<String>,
        exit: Exit,
        found: impl fmt::Display,
    ) -> Self {
        Self::new(State::Wrong, what.into(), exit, &found)
    }

    fn new(state: State, what: String, exit: Exit, found: &dyn fmt::Display) -> Self {
        Self {
            state,
            what,
            found: harmless(&found.to_string()).into_owned(),
            remedy: String::new(),
            exit,
        }
    }

    /// With what to do about it.
    #[must_use]
    pub(in crate::app::commands) fn remedied(self, remedy: &str) -> Self {
        Self {
            remedy: remedy.to_owned(),
            ..self
        }
    }
}

/// As a line for people, with the remedy below.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<5} {}: {}",
            self.state.id(),
            self.what,
            self.found.trim_end()
        )?;
        if !self.remedy.is_empty() {
            writeln!(f, "      do: {}", self.remedy)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_a_line_with_its_remedy_and_nothing_that_a_terminal_obeys() {
        let finding = Finding::wrong("mail: login", Exit::DeliveryDead, "535 no\u{1b}[2J")
            .remedied("check the password");
        let said = finding.to_string();
        assert!(said.starts_with("WRONG mail: login: 535 no"), "{said}");
        assert!(said.ends_with("\n      do: check the password\n"), "{said}");
        assert!(!said.contains('\u{1b}'));
        let well = Finding::well("disk", "40 GB free").to_string();
        assert_eq!(well, "ok    disk: 40 GB free\n");
    }
}
