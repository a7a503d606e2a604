//! The same content twice: as HTML (escaped by the template engine) and as plain text.

use askama::Template;

use super::content::{Content, content};
use super::mime::{ComposeError, Envelope};
use super::notice::{Notice, notice};
use super::subject::{self, TAG};
use super::text;
use crate::model::alert::{Alert, AlertBody};
use crate::render::clean;
use crate::render::redline::Fate;

/// Said in every mail.
pub(in crate::render) const NO_ADVICE: &str = "This is what CMS publishes, as read by a program. It is no legal or billing advice: before acting \
     on it, read the document.";

/// Heads the layers that a document leaves as they were.
pub(super) const UNCHANGED: &str = "What it does not change";

/// Heads what is asked in a mail about coverage.
pub(super) const PLEASE: &str = "Please acknowledge";

/// Asked in a mail about coverage.
pub(super) const ACKNOWLEDGE: &str =
    "Whoever takes care of this writes so; until then others are told as well.";

/// What one alert says, in the three forms that a mail has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bodies {
    /// Subject line, with its tag.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// A whole HTML page, without anything that is fetched from elsewhere.
    pub html: String,
}

#[derive(Template)]
// "minimize" keeps one blank where there are some: nothing is ever glued together
#[template(path = "mail_change.html", whitespace = "minimize")]
struct ChangePage<'a> {
    title: &'a str,
    please: &'a str,
    ask: &'a str,
    unchanged: &'a str,
    practice: &'a str,
    advice: &'a str,
    content: &'a Content,
}

#[derive(Template)]
#[template(path = "mail_notice.html", whitespace = "minimize")]
struct NoticePage<'a> {
    title: &'a str,
    practice: &'a str,
    advice: &'a str,
    content: &'a Notice,
}

/// Writes an alert for people.
///
/// # Errors
/// When the HTML cannot be written, which is a defect of the template.
pub fn bodies(alert: &Alert, envelope: &Envelope) -> Result<Bodies, ComposeError> {
    let practice = clean::line(&envelope.practice, 120);
    let practice = practice.as_str();
    match &alert.body {
        AlertBody::Change(change) => {
            let content = content(change, alert, envelope);
            let subject = format!("{TAG}{}", content.headline);
            let page = ChangePage {
                title: &subject,
                please: PLEASE,
                ask: ACKNOWLEDGE,
                unchanged: UNCHANGED,
                practice,
                advice: NO_ADVICE,
                content: &content,
            };
            Ok(Bodies {
                html: page.render().map_err(|_| ComposeError::Template)?,
                text: text::change(&content, practice),
                subject,
            })
        }
        AlertBody::Operator(problem) => {
            let content = notice(problem, alert.raised, envelope.zone);
            let subject = format!("{TAG}{}", subject::notice(problem));
            let page = NoticePage {
                title: &subject,
                practice,
                advice: "",
                content: &content,
            };
            Ok(Bodies {
                html: page.render().map_err(|_| ComposeError::Template)?,
                text: text::notice(&content, practice),
                subject,
            })
        }
    }
}
