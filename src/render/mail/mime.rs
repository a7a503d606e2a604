//! The message as it goes over the wire: headers, boundary and encodings fixed by its content.

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use lettre::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use sha2::{Digest, Sha256};

use super::bodies::{Bodies, bodies};
use crate::model::alert::Alert;
use crate::model::delivery::{Outgoing, Purpose, Recipient};
use crate::model::document::DocumentHash;

/// What is the same in all mails of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Display name of the sender.
    pub from_name: String,
    /// Address of the sender, in the envelope too; its domain names the message ids.
    pub from_address: String,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<String>,
    /// Host name for `List-Id`, such as `coverd.example.org`.
    pub list_host: String,
    /// The practice's time zone; instants are shown in it beside UTC.
    pub zone: Tz,
    /// Name of the practice, for the foot of the mail.
    pub practice: String,
    /// Whether changes of coverage ask to be acknowledged.
    pub asks_to_acknowledge: bool,
    /// The address of the page, without a slash at its end; empty when it is off.
    pub page: String,
    /// Where the reader of this message acknowledges it on the page; empty when there is none.
    pub acknowledge_link: String,
}

/// Why a message cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// No address that a mail can be sent to or from.
    #[error(
        "'{address}' is no mail address: write it as name@example.org, in ASCII (an international domain as xn--…)"
    )]
    Address {
        /// The text, shortened.
        address: String,
    },
    /// A header would get a control character or a line break.
    #[error(
        "the {field} '{text}' has control characters, which a mail header cannot carry: write it in one plain line"
    )]
    Header {
        /// Which setting.
        field: &'static str,
        /// The text, made visible and shortened.
        text: String,
    },
    /// The clock is no clock of a mail's time.
    #[error("the date {year} cannot be the date of a mail: set the clock of this machine")]
    Date {
        /// The year.
        year: i32,
    },
    /// A template failed.
    #[error("the mail's template failed; this is a defect of coverd")]
    Template,
    /// The message could not be put together.
    #[error("the mail could not be put together ({reason}); this is a defect of coverd")]
    Message {
        /// What the mail library says.
        reason: String,
    },
}

/// The id of the delivery of an alert to one recipient over one channel: the same three give the
/// same id, so that repeating a step adds nothing.
pub fn delivery_id(alert: &str, channel: &str, recipient: &str) -> String {
    hashed(&[alert, channel, recipient])
}

/// The id of a message that is no delivery of an alert: `what` names what it tells.
pub(super) fn letter_id(purpose: Purpose, what: &str, channel: &str, recipient: &str) -> String {
    hashed(&[purpose.id(), what, channel, recipient])
}

fn hashed(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        // lengths, so that no two triples run together
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    let hash = DocumentHash::new(digest.finalize().into()).to_string();
    hash.chars().take(24).collect()
}

/// Writes the message of an alert for one recipient, ready for the outbox.
///
/// `earlier` are the Message-IDs of the messages about the same rulemaking that this recipient got
/// before, oldest first: mail programs show all of them as one conversation.
///
/// # Errors
/// When an address or a name cannot stand in a header; nothing is ever cut or repaired silently.
pub fn compose(
    alert: &Alert,
    to: &Recipient,
    envelope: &Envelope,
    created: DateTime<Utc>,
    earlier: &[String],
) -> Result<Outgoing, ComposeError> {
    let id = delivery_id(&alert.id, &to.channel, &to.address);
    let bodies = bodies(alert, envelope)?;
    write(id, Some(&alert.id), bodies, to, envelope, created, earlier)
}

/// Writes a message by which a person sees that mail from coverd arrives. It tells no alert and is
/// not for the outbox.
///
/// # Errors
/// As [`compose`].
pub fn test_message(
    to: &Recipient,
    envelope: &Envelope,
    created: DateTime<Utc>,
) -> Result<Outgoing, ComposeError> {
    let id = delivery_id(&format!("test {created}"), &to.channel, &to.address);
    let words = "This is a test: mail from coverd reaches you. Nothing changed at CMS.";
    let text = Bodies {
        subject: "[coverd] test: mail from coverd reaches you".to_owned(),
        text: format!("{words}\n"),
        html: format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>coverd</title></head><body><p>{words}</p></body></html>\n"
        ),
    };
    write(id, None, text, to, envelope, created, &[])
}

pub(super) fn write(
    id: String,
    alert: Option<&str>,
    bodies: Bodies,
    to: &Recipient,
    envelope: &Envelope,
    created: DateTime<Utc>,
    earlier: &[String],
) -> Result<Outgoing, ComposeError> {
    let Bodies {
        subject,
        text,
        html,
    } = bodies;
    let from = mailbox(
        "name of the sender",
        &envelope.from_name,
        &envelope.from_address,
    )?;
    let message_id = format!("<{id}@{}>", from.email.domain());
    let message = message(&Parts {
        alert,
        id: &id,
        message_id: &message_id,
        subject: &subject,
        text,
        html,
        from,
        to: mailbox("name of the recipient", &to.name, &to.address)?,
        envelope,
        created,
        earlier,
    })?;
    Ok(Outgoing {
        id,
        purpose: Purpose::Alert,
        alert: alert.map(str::to_owned),
        channel: to.channel.clone(),
        recipient: to.address.clone(),
        sender: envelope.from_address.clone(),
        message_id,
        subject,
        message,
        created,
        not_before: created,
        gathers: false,
    })
}

struct Parts<'a> {
    alert: Option<&'a str>,
    id: &'a str,
    message_id: &'a str,
    subject: &'a str,
    text: String,
    html: String,
    from: Mailbox,
    to: Mailbox,
    envelope: &'a Envelope,
    created: DateTime<Utc>,
    earlier: &'a [String],
}

/// Messages named in `References`: the first of a conversation and its latest ones.
const LATEST_NAMED: usize = 8;

fn message(parts: &Parts<'_>) -> Result<Vec<u8>, ComposeError> {
    let year = parts.created.year();
    if !(1990..=9999).contains(&year) {
        return Err(ComposeError::Date { year });
    }
    let list_host = one_line("host of the list", &parts.envelope.list_host)?;
    let mut builder = Message::builder()
        .date(parts.created.into())
        .message_id(Some(parts.message_id.to_owned()))
        .from(parts.from.clone())
        .to(parts.to.clone())
        .subject(parts.subject);
    if let [first, rest @ ..] = parts.earlier {
        let latest = rest.get(rest.len().saturating_sub(LATEST_NAMED)..);
        let named: Vec<&str> = std::iter::once(first)
            .chain(latest.unwrap_or_default())
            .map(String::as_str)
            .collect();
        let last = named.last().copied().unwrap_or_default();
        builder = builder
            .in_reply_to(last.to_owned())
            .references(named.join(" "));
    }
    if let Some(address) = &parts.envelope.reply_to {
        builder = builder.reply_to(mailbox("address for answers", "", address)?);
    }
    let mut headers = vec![
        ("List-Id", format!("coverd <alerts.{list_host}>")),
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("X-Auto-Response-Suppress", "All".to_owned()),
    ];
    if let Some(alert) = parts.alert {
        let alert = one_line("id of the alert", alert)?.to_owned();
        headers.push(("X-Coverd-Alert", alert));
    }
    for (name, value) in headers {
        builder = builder.raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str(name),
            value,
        ));
    }
    let body = MultiPart::alternative()
        .boundary(format!("=_coverd_{}", parts.id))
        .singlepart(part(ContentType::TEXT_PLAIN, parts.text.clone()))
        .singlepart(part(ContentType::TEXT_HTML, parts.html.clone()));
    builder
        .multipart(body)
        .map(|message| message.formatted())
        .map_err(|error| ComposeError::Message {
            reason: error.to_string(),
        })
}

/// Quoted-printable whatever the text is: lines stay short, and every relay carries it.
fn part(kind: ContentType, body: String) -> SinglePart {
    SinglePart::builder()
        .header(kind)
        .header(ContentTransferEncoding::QuotedPrintable)
        .body(body)
}

fn mailbox(field: &'static str, name: &str, address: &str) -> Result<Mailbox, ComposeError> {
    let wrong = || ComposeError::Address {
        address: visible(address),
    };
    if !address.is_ascii() || address.len() > 254 || address.chars().any(char::is_control) {
        return Err(wrong());
    }
    let name = one_line(field, name)?.trim();
    let email: Address = address.parse().map_err(|_| wrong())?;
    Ok(Mailbox::new(
        (!name.is_empty()).then(|| name.to_owned()),
        email,
    ))
}

/// Longest name or other text in a header, in bytes; the configuration takes no longer one.
pub const LONGEST_TEXT: usize = 1_000;

/// Whether a character ends a line, or is for machines: it cannot stand in a header.
pub fn breaks_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// The text, if it can stand in a header.
fn one_line<'a>(field: &'static str, text: &'a str) -> Result<&'a str, ComposeError> {
    if text.chars().any(breaks_a_line) || text.len() > LONGEST_TEXT {
        return Err(ComposeError::Header {
            field,
            text: visible(text),
        });
    }
    Ok(text)
}

fn visible(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_debug).collect()
}
