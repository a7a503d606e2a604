//! Messages that tell no single alert: digests of messages that waited, reminders, and the weekly one.
//!
//! A digest and a reminder are made of the messages that are in the outbox already, word for word: what is
//! said about a change is written once.

use askama::Template;
use mail_parser::MessageParser;

use super::bodies::{Bodies, NO_ADVICE, PLEASE};
use super::mime::{ComposeError, Envelope, letter_id, write};
use super::subject::TAG;
use super::text::{FOOT, Text};
use crate::model::delivery::{Outgoing, Purpose, Recipient};
use crate::render::clean;
use chrono::{DateTime, Utc};

/// Longest subject without its tag, in characters.
const LONGEST: usize = 150;

/// A message as it is told inside another one.
struct Part {
    /// Its subject without the tag.
    headline: String,
    text: String,
    /// What stands in `<main>` of its page: written by our own templates, nothing else can be there.
    html: String,
}

impl Part {
    /// Without its last section, which asks its reader to acknowledge: the link there is that reader's, and
    /// whoever else followed it would answer in their name.
    fn without_asking(mut self) -> Self {
        let heading = format!("\n{}\n", PLEASE.to_uppercase());
        if let Some(at) = self.text.rfind(&heading) {
            self.text.truncate(at);
        }
        if let Some(at) = self.html.rfind(&format!("<h2>{PLEASE}</h2>")) {
            self.html.truncate(at);
        }
        self
    }
}

#[derive(Template)]
#[template(path = "mail_letter.html", whitespace = "minimize")]
struct LetterPage<'a> {
    title: &'a str,
    practice: &'a str,
    advice: &'a str,
    headline: &'a str,
    intro: &'a [String],
    parts: &'a [Part],
}

#[derive(Template)]
#[template(path = "mail_weekly.html", whitespace = "minimize")]
struct WeeklyPage<'a> {
    title: &'a str,
    practice: &'a str,
    advice: &'a str,
    weekly: &'a Weekly,
}

/// What the weekly message says; every line is finished.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Weekly {
    /// In one line: whether all is well.
    pub headline: String,
    /// Each code with its answer of today.
    pub answers: Vec<(String, String)>,
    /// What was told in the week, newest first.
    pub told: Vec<String>,
    /// What is coming: rulemakings, dates.
    pub coming: Vec<String>,
    /// Each source with how it stands.
    pub sources: Vec<(String, String)>,
    /// What needs someone's attention.
    pub attention: Vec<String>,
}

/// One message that tells all of these, oldest first.
///
/// # Errors
/// When an address cannot stand in a header, or a template failed.
pub fn digest(
    rows: &[&Outgoing],
    to: &Recipient,
    envelope: &Envelope,
    created: DateTime<Utc>,
) -> Result<Outgoing, ComposeError> {
    let parts: Vec<Part> = rows.iter().map(|row| part(row)).collect();
    let first = parts.first().map_or("", |part| part.headline.as_str());
    let headline = match parts.len() {
        1 => first.to_owned(),
        number => clean::line(&format!("{number} messages: {first}; …"), LONGEST),
    };
    let intro = vec![format!(
        "{} messages that waited for this one, in the order in which they were written.",
        parts.len()
    )];
    let told: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let id = letter_id(Purpose::Digest, &told.join(" "), &to.channel, &to.address);
    let bodies = bodies(&headline, &intro, &parts, envelope)?;
    let mut letter = write(id, None, bodies, to, envelope, created, &[])?;
    letter.purpose = Purpose::Digest;
    Ok(letter)
}

/// The message of an alert that nobody acknowledged, for the next person; `step` counts them.
///
/// # Errors
/// As [`digest`].
pub fn reminder(
    told: &Outgoing,
    alert: &str,
    step: usize,
    to: &Recipient,
    envelope: &Envelope,
    created: DateTime<Utc>,
) -> Result<Outgoing, ComposeError> {
    let part = part(told).without_asking();
    let headline = clean::line(
        &format!("NOT ACKNOWLEDGED: {}", part.headline),
        LONGEST + 50,
    );
    let day = told.created.with_timezone(&envelope.zone).date_naive();
    let mut intro = vec![
        format!("This was told on {day}, and nobody has acknowledged it."),
        format!(
            "Whoever takes care of it writes: coverd ack {} --by NAME",
            clean::line(alert, 80)
        ),
    ];
    if !envelope.acknowledge_link.is_empty() {
        intro.push(format!(
            "Or says so on the page: {}",
            envelope.acknowledge_link
        ));
    }
    let what = format!("{alert} {step}");
    let id = letter_id(Purpose::Reminder, &what, &to.channel, &to.address);
    let bodies = bodies(&headline, &intro, std::slice::from_ref(&part), envelope)?;
    let earlier = std::slice::from_ref(&told.message_id);
    let same_reader = told.recipient == to.address;
    let earlier = if same_reader { earlier } else { &[] };
    let mut letter = write(id, Some(alert), bodies, to, envelope, created, earlier)?;
    letter.purpose = Purpose::Reminder;
    Ok(letter)
}

/// The message that says how coverd and its sources are.
///
/// # Errors
/// As [`digest`].
pub fn weekly(
    weekly: &Weekly,
    to: &Recipient,
    envelope: &Envelope,
    created: DateTime<Utc>,
) -> Result<Outgoing, ComposeError> {
    let day = created.with_timezone(&envelope.zone).date_naive();
    let subject = format!("{TAG}{}", clean::line(&weekly.headline, LONGEST));
    let practice = clean::line(&envelope.practice, 120);
    let page = WeeklyPage {
        title: &subject,
        practice: &practice,
        advice: "",
        weekly,
    };
    let html = page.render().map_err(|_| ComposeError::Template)?;
    let bodies = Bodies {
        text: weekly_text(weekly, &practice),
        html,
        subject,
    };
    let id = letter_id(Purpose::Weekly, &day.to_string(), &to.channel, &to.address);
    let mut letter = write(id, None, bodies, to, envelope, created, &[])?;
    letter.purpose = Purpose::Weekly;
    Ok(letter)
}

fn weekly_text(weekly: &Weekly, practice: &str) -> String {
    let mut text = Text::default();
    text.prose("", &weekly.headline);
    if !weekly.attention.is_empty() {
        text.heading("Needs attention");
        weekly.attention.iter().for_each(|line| text.item(line));
    }
    text.heading("Today");
    for (code, says) in &weekly.answers {
        text.item(&format!("{code}: {says}"));
    }
    text.heading("Told in the last seven days");
    none_or(&mut text, &weekly.told);
    text.heading("What is coming");
    none_or(&mut text, &weekly.coming);
    text.heading("The sources");
    for (source, stands) in &weekly.sources {
        text.item(&format!("{source}: {stands}"));
    }
    text.end(practice, "")
}

fn none_or(text: &mut Text, lines: &[String]) {
    if lines.is_empty() {
        text.item("nothing");
    }
    for line in lines {
        text.item(line);
    }
}

fn bodies(
    headline: &str,
    intro: &[String],
    parts: &[Part],
    envelope: &Envelope,
) -> Result<Bodies, ComposeError> {
    let subject = format!("{TAG}{headline}");
    let practice = clean::line(&envelope.practice, 120);
    let page = LetterPage {
        title: &subject,
        practice: &practice,
        advice: NO_ADVICE,
        headline,
        intro,
        parts,
    };
    let html = page.render().map_err(|_| ComposeError::Template)?;
    let mut text = Text::default();
    text.prose("", headline);
    text.gap();
    for line in intro {
        text.prose("", line);
    }
    if parts.len() > 1 {
        text.gap();
        for part in parts {
            text.item(&part.headline);
        }
    }
    for part in parts {
        text.gap();
        text.line(&"=".repeat(72));
        part.text.lines().for_each(|line| text.line(line));
    }
    Ok(Bodies {
        subject,
        text: text.end(&practice, NO_ADVICE),
        html,
    })
}

/// The plain text of a message of ours, as its reader sees it; `None` where it cannot be taken apart.
pub fn text_of(row: &Outgoing) -> Option<String> {
    let parsed = MessageParser::default().parse(&row.message)?;
    Some(parsed.body_text(0)?.into_owned())
}

/// What a message of ours says. One that cannot be taken apart is told by its subject.
fn part(row: &Outgoing) -> Part {
    let headline = row.subject.strip_prefix(TAG).unwrap_or(&row.subject);
    let parsed = MessageParser::default().parse(&row.message);
    let html = parsed.as_ref().and_then(|message| message.body_html(0));
    let main = html.as_deref().and_then(|html| {
        let (_, inside) = html.split_once("<main>")?;
        let inside = inside.split_once("</main>")?.0.trim();
        // The letter has the one heading of the page.
        let lower = inside.replace("<h1>", "<h2>").replace("</h1>", "</h2>");
        Some(lower)
    });
    let text = text_of(row).map(|text| {
        let lines = text
            .lines()
            .take_while(|line| line.trim_end() != FOOT.trim_end());
        lines.collect::<Vec<_>>().join("\n")
    });
    Part {
        headline: headline.to_owned(),
        text: text.map_or_else(|| headline.to_owned(), |text| text.trim_end().to_owned()),
        html: main.unwrap_or_default(),
    }
}
