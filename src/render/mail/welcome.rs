//! The message to a new recipient: what coverd says today, and what will come.

use std::collections::BTreeSet;

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};

use super::bodies::{Bodies, NO_ADVICE};
use super::mime::{ComposeError, Envelope, letter_id, write};
use super::subject::TAG;
use super::text::Text;
use crate::model::delivery::{Outgoing, Purpose, Recipient, Role};
use crate::render::clean;

/// What a welcome shows; every line is finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    /// The date of service of the answers.
    pub day: NaiveDate,
    /// Each code with its answer.
    pub answers: Vec<(String, String)>,
    /// The sources that were read.
    pub read: Vec<String>,
    /// Those that were not, with the reason.
    pub unread: Vec<String>,
    /// What is coming: rulemakings, dates.
    pub coming: Vec<String>,
}

#[derive(Template)]
#[template(path = "mail_welcome.html", whitespace = "minimize")]
struct WelcomePage<'a> {
    title: &'a str,
    practice: &'a str,
    advice: &'a str,
    headline: &'a str,
    welcome: &'a Welcome,
    answers: &'a str,
    unread: &'a [String],
    next: &'a [&'a str],
}

/// The message to one recipient, who has these roles.
///
/// # Errors
/// When an address cannot stand in a header, or a template failed.
pub fn welcome(
    welcome: &Welcome,
    roles: &BTreeSet<Role>,
    to: &Recipient,
    envelope: &Envelope,
    created: DateTime<Utc>,
) -> Result<Outgoing, ComposeError> {
    let codes: Vec<&str> = welcome
        .answers
        .iter()
        .map(|(code, _)| code.as_str())
        .collect();
    let what = match codes.len() {
        0 => "the whole fee schedule".to_owned(),
        1..=4 => codes.join(", "),
        number => format!("{number} codes"),
    };
    let headline = format!("watching {what} for you from now on");
    let subject = format!("{TAG}{headline}");
    let practice = clean::line(&envelope.practice, 120);
    let unread: Vec<String> = welcome
        .unread
        .iter()
        .map(|line| clean::line(line, 300))
        .collect();
    let answers = format!(
        "What it says for a date of service of today, {}",
        welcome.day
    );
    let next = next(roles);
    let page = WelcomePage {
        title: &subject,
        practice: &practice,
        advice: NO_ADVICE,
        headline: &headline,
        welcome,
        answers: &answers,
        unread: &unread,
        next: &next,
    };
    let html = page.render().map_err(|_| ComposeError::Template)?;
    let mut text = Text::default();
    text.prose("", &headline);
    if !welcome.answers.is_empty() {
        text.heading(&answers);
        for (code, says) in &welcome.answers {
            text.item(&format!("{code}: {says}"));
        }
    }
    if !unread.is_empty() {
        text.heading(UNREAD);
        for line in &unread {
            text.item(line);
        }
    }
    if !welcome.coming.is_empty() {
        text.heading("What is coming");
        welcome.coming.iter().for_each(|line| text.item(line));
    }
    text.heading("What you will get from now on");
    for line in &next {
        text.item(line);
    }
    if !welcome.read.is_empty() {
        text.heading("What was read");
        welcome.read.iter().for_each(|line| text.item(line));
    }
    let bodies = Bodies {
        subject,
        text: text.end(&practice, NO_ADVICE),
        html,
    };
    let id = letter_id(Purpose::Welcome, "", &to.channel, &to.address);
    let mut letter = write(id, None, bodies, to, envelope, created, &[])?;
    letter.purpose = Purpose::Welcome;
    Ok(letter)
}

/// The answers may still change by what is not read.
const UNREAD: &str = "Not read yet, so that the answers may be incomplete";

fn next(roles: &BTreeSet<Role>) -> Vec<&'static str> {
    let mut lines = Vec::new();
    if roles.contains(&Role::Practice) {
        lines.push("A message when CMS changes something for your codes, or proposes to, with what it was, what it is, the dates of service concerned, and the row or passage that proves it.");
        lines.push("Nothing for what was so before today: that is history, which `coverd history CODE` shows.");
    }
    if roles.contains(&Role::Operator) {
        lines.push("A message when coverd cannot read a source or deliver a message, and when that is over.");
    }
    lines.push("On Mondays a short message that it is still watching, unless still_watching = false in your block of the configuration.");
    lines
}
