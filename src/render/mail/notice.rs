//! What a mail to the operator says: a problem that began, or that is over.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{subject, when};
use crate::model::alert::OperatorNotice;
use crate::model::health::ProblemKind;
use crate::render::{clean, wording};

/// A mail to the operator.
pub(super) struct Notice {
    pub(super) headline: String,
    pub(super) facts: Vec<(&'static str, String)>,
    /// Heading and paragraph.
    pub(super) paragraphs: Vec<(&'static str, String)>,
    pub(super) commands: Vec<String>,
}

/// What the mail says.
pub(super) fn notice(notice: &OperatorNotice, raised: DateTime<Utc>, zone: Tz) -> Notice {
    let problem = &notice.problem;
    let mut facts = vec![("Concerns", wording::source_name(&problem.source).to_owned())];
    if !problem.subject.is_empty() {
        facts.push(("Which", clean::line(&problem.subject, 160)));
    }
    facts.push(("Since", when::instant(notice.since, zone)));
    if notice.recovered {
        facts.push(("Until", when::instant(raised, zone)));
        facts.push(("Lasted", lasted(notice.since, raised)));
    }
    facts.push(("Kind", problem.kind.id().to_owned()));
    for (_, text) in &mut facts {
        *text = clean::line(text, 200);
    }
    let text = clean::line(&problem.text, 1_500);
    let paragraphs = if notice.recovered {
        vec![
            ("What was wrong", text),
            ("What it means now", over(problem.kind).to_owned()),
        ]
    } else {
        vec![
            ("What is wrong", text),
            (
                "What it means",
                wording::problem_meaning(problem.kind).to_owned(),
            ),
            ("What to do", clean::line(&problem.remedy, 1_500)),
        ]
    };
    Notice {
        headline: capitalised(&subject::notice(notice)),
        facts,
        paragraphs,
        commands: vec!["coverd health".to_owned()],
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

fn over(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Unreachable
        | ProblemKind::Blocked
        | ProblemKind::Gone
        | ProblemKind::Shape
        | ProblemKind::Unstable
        | ProblemKind::Defect => {
            "The source is read again. What CMS changed in the meantime is found now and reported \
             with its own dates. Nothing has to be done."
        }
        ProblemKind::Concern => "What needed a look is no longer seen. Nothing has to be done.",
        ProblemKind::Page => "The page can be opened again. Nothing has to be done.",
        ProblemKind::DeliveryDead => "The message was delivered after all. Nothing has to be done.",
    }
}

fn lasted(since: DateTime<Utc>, until: DateTime<Utc>) -> String {
    let minutes = (until - since).num_minutes().max(0);
    let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}
