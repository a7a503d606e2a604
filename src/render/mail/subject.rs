//! The subject line: it carries the answer.

use std::collections::BTreeSet;
use std::mem::discriminant;

use super::moves::{Move, What, names, plain};
use super::records::Record;
use super::when;
use crate::model::alert::{ChangeAlert, OperatorNotice, Phase};
use crate::model::attribute::Attribute;
use crate::model::change::Severity;
use crate::model::fact::Observation;
use crate::model::health::ProblemKind;
use crate::model::topic::{Place, Stage, Subject};
use crate::render::{clean, wording};

/// What every subject begins with, for filters.
pub(super) const TAG: &str = "[coverd] ";
/// Longest subject without its tag, in characters.
const LONGEST: usize = 150;
/// Longest value quoted in a subject.
const VALUE: usize = 36;
/// Codes named in a subject before they are counted.
const CODES: usize = 2;

/// The answer in one line, without the tag.
pub(super) fn headline(alert: &ChangeAlert, moves: &[Move<'_>], new: &[Record<'_>]) -> String {
    // A proposal must be known as one even where a phone cuts the line.
    let prefix = match alert.phase {
        Phase::InForce => String::new(),
        phase => format!("{}: ", phase.label()),
    };
    let lead = lead(moves);
    let record = new.first();
    let lead = match (lead, record) {
        (Some(lead), Some(record)) if lead.severity >= record.severity => lead,
        (_, Some(record)) => {
            let text = format!("{prefix}{}", record.headline());
            return clean::line(&text, LONGEST + 50);
        }
        (Some(lead), None) => lead,
        (None, None) => return "a change without content".to_owned(),
    };
    let suffix = match lead.scope.stage {
        Stage::InForce if lead.severity == Severity::Coverage => ", in force".to_owned(),
        Stage::InForce => String::new(),
        Stage::ProposedBy(docket) | Stage::FinalBy(docket) => {
            format!(" ({})", clean::line(docket, 30))
        }
    };
    // A field of a rule's own record is of no date of service.
    let is_of_rule = matches!(lead.subjects.first(), Some(Subject::Rule(_)));
    let days = if is_of_rule {
        String::new()
    } else {
        format!(", {}", when::services(lead.scope.days))
    };
    let mut phrases = phrases(lead, moves);
    loop {
        let text = format!("{prefix}{}{days}{suffix}", phrases.said());
        if text.chars().count() <= LONGEST || !phrases.shorten() {
            return clean::line(&text, LONGEST + 50);
        }
    }
}

/// What is told first among moves of one severity: the answer before its circumstances.
fn rank(what: What) -> (u8, What) {
    let first = match what {
        What::One(Attribute::Status) => 0,
        What::One(Attribute::Listed) => 1,
        What::One(Attribute::Indications) => 2,
        What::Whole => 3,
        What::One(_) => 4,
    };
    (first, what)
}

/// The gravest and most telling move.
fn lead<'a, 'b>(moves: &'b [Move<'a>]) -> Option<&'b Move<'a>> {
    moves.iter().min_by(|a, b| {
        (b.severity.cmp(&a.severity))
            .then_with(|| rank(a.what).cmp(&rank(b.what)))
            .then_with(|| a.scope.days.from.cmp(&b.scope.days.from))
            .then_with(|| a.subjects.first().cmp(&b.subjects.first()))
    })
}

/// What can be said, from the most telling form to the shortest.
struct Phrases {
    parts: Vec<String>,
    shown: usize,
    separator: &'static str,
    short: String,
    shortest: bool,
}

impl Phrases {
    fn said(&self) -> String {
        if self.shortest {
            return self.short.clone();
        }
        let mut text: Vec<&str> = self
            .parts
            .iter()
            .take(self.shown)
            .map(String::as_str)
            .collect();
        let more = self.parts.len().saturating_sub(self.shown);
        let more = format!("{more} more");
        if self.parts.len() > self.shown {
            text.push(&more);
        }
        text.join(self.separator)
    }

    /// Says less, if it can.
    fn shorten(&mut self) -> bool {
        if self.shortest {
            return false;
        }
        if self.shown > 1 {
            self.shown -= 1;
        } else {
            self.shortest = true;
        }
        true
    }
}

fn phrases(lead: &Move<'_>, moves: &[Move<'_>]) -> Phrases {
    let alike: Vec<&Move<'_>> = moves
        .iter()
        .filter(|one| {
            one.severity == lead.severity
                && one.scope.stage == lead.scope.stage
                && one.scope.days == lead.scope.days
        })
        .collect();
    let same_kind = |subject: &&Subject| {
        lead.subjects
            .first()
            .is_some_and(|first| discriminant(*first) == discriminant(*subject))
    };
    let subjects: BTreeSet<&Subject> = alike
        .iter()
        .flat_map(|one| one.subjects.iter().copied())
        // the conversion factor stands beside the codes, it is none
        .filter(same_kind)
        .collect();
    let whom = format!("{}{}", names(&subjects, CODES), place(lead.scope.place));
    let is_payment_of_codes = lead.severity == Severity::Payment
        && lead.what != What::Whole
        && matches!(lead.subjects.first(), Some(Subject::Service(_)));
    if is_payment_of_codes {
        return payment(&whom, subjects.len(), &alike);
    }
    let mut ordered = alike;
    ordered.sort_by(|a, b| {
        (rank(a.what).cmp(&rank(b.what))).then_with(|| a.subjects.first().cmp(&b.subjects.first()))
    });
    let mut parts: Vec<String> = Vec::new();
    let mut named = String::new();
    for one in ordered {
        let whose = format!("{}{}", names(&one.subjects, CODES), place(one.scope.place));
        if whose == named {
            parts.push(step(one));
        } else {
            parts.push(format!("{whose}: {}", step(one)));
            named = whose;
        }
    }
    Phrases {
        shown: parts.len().min(2),
        parts,
        separator: "; ",
        short: format!("{whom}: {} changed", short_label(lead)),
        shortest: false,
    }
}

/// Payment moves for each code by amounts of its own: the total is what a practice knows.
fn payment(whom: &str, codes: usize, moves: &[&Move<'_>]) -> Phrases {
    const TELLING: [Attribute; 3] = [
        Attribute::NonFacilityTotal,
        Attribute::FacilityTotal,
        Attribute::WorkRvu,
    ];
    let short = format!("{whom}: payment changed");
    let told = TELLING
        .into_iter()
        .map(What::One)
        .chain(moves.iter().map(|one| one.what))
        .find(|what| moves.iter().any(|one| one.what == *what));
    let steps: Vec<String> = moves
        .iter()
        .filter(|one| Some(one.what) == told)
        .map(|one| {
            let step = format!("{} → {}", plain(one.was, VALUE), plain(one.now, VALUE));
            if one.subjects.len() == codes {
                step
            } else {
                format!("{} {step}", names(&one.subjects, CODES))
            }
        })
        .collect();
    let label = match told {
        Some(What::One(attribute)) => attribute.label().trim_end_matches(" RVU"),
        _ => "",
    };
    let shortest = codes > 3 && steps.len() > 1;
    Phrases {
        parts: vec![format!("{short} ({label} {})", steps.join(", "))],
        shown: 1,
        separator: "",
        short,
        shortest,
    }
}

/// What happened to one attribute.
fn step(one: &Move<'_>) -> String {
    let label = short_label(one);
    match (one.was, one.now) {
        (_, Some(Observation::Absent)) => match one.what {
            What::One(Attribute::Status) => {
                format!("status {} → no longer listed", plain(one.was, VALUE))
            }
            What::One(Attribute::Listed) | What::Whole => "no longer listed by CMS".to_owned(),
            What::One(_) => format!("{label} no longer listed"),
        },
        (Some(Observation::Absent), _) if one.what == What::Whole => {
            format!("newly listed, {}", one.summary)
        }
        (Some(Observation::Absent), _) if one.what == What::One(Attribute::Listed) => {
            "listed by CMS again".to_owned()
        }
        // CMS retires a determination by writing so into its title.
        (was, Some(now))
            if one.what == What::One(Attribute::Title)
                && says_retired(Some(now))
                && !says_retired(was) =>
        {
            "retired, as its title says now".to_owned()
        }
        _ if one.is_passage() => format!("{label} changed"),
        (was, now) if one.stays() => {
            let (was, now) = (plain(was, VALUE), plain(now, VALUE));
            format!("{label} stays {now}, the proposed {was} is not adopted")
        }
        (was, now) => {
            let now = plain(now, VALUE);
            let meaning = match (one.what, wording::status_short(&now)) {
                (What::One(Attribute::Status), Some(short)) => format!(" ({short})"),
                _ => String::new(),
            };
            format!("{label} {} → {now}{meaning}", plain(was, VALUE))
        }
    }
}

fn says_retired(title: Option<&Observation>) -> bool {
    title.is_some_and(|title| title.to_string().to_uppercase().contains("RETIRED"))
}

fn short_label(one: &Move<'_>) -> &'static str {
    match one.what {
        What::Whole => "listing",
        What::One(Attribute::Status) => "status",
        What::One(Attribute::Indications) => "coverage text",
        What::One(attribute) => attribute.label(),
    }
}

fn place(place: &Place) -> String {
    match place {
        Place::National => String::new(),
        other => format!(", {}", clean::line(&other.to_string(), 40)),
    }
}

/// What a problem is about, in a few words: of an address the host, the mail itself has all of it.
fn which(subject: &str) -> &str {
    let address = subject
        .strip_prefix("https://")
        .or_else(|| subject.strip_prefix("http://"));
    address.map_or(subject, |address| {
        address.split('/').next().unwrap_or(address)
    })
}

/// The subject of an operator notice, without the tag.
pub(super) fn notice(notice: &OperatorNotice) -> String {
    let problem = &notice.problem;
    let source = wording::source_name(&problem.source);
    let whole = match which(&problem.subject) {
        "" => source.to_owned(),
        which => format!("{source} ({which})"),
    };
    let text = match (problem.kind, notice.recovered) {
        (ProblemKind::DeliveryDead, false) => {
            format!("cannot deliver a message: {}", problem.subject)
        }
        (ProblemKind::DeliveryDead, true) => {
            format!("a message is delivered after all: {}", problem.subject)
        }
        (ProblemKind::Page, false) => format!("the page is not served: {}", problem.subject),
        (ProblemKind::Page, true) => format!("the page is served again: {}", problem.subject),
        (ProblemKind::Concern, false) => format!("needs a look: {whole}"),
        (ProblemKind::Concern, true) => format!("no longer needs a look: {whole}"),
        (kind, false) => format!("cannot read {whole}: {}", wording::problem_short(kind)),
        (_, true) => format!("reads {whole} again"),
    };
    clean::line(&text, LONGEST)
}
