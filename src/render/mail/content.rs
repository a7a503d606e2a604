//! What a mail about a change says, before it is written as text or as HTML: both have the same
//! content because both are written from this.

use chrono::NaiveDate;

use super::dollars::dollar_sections;
use super::evidence::{Proof, Quote, proofs, quotes};
use super::meanings::meanings;
use super::mime::Envelope;
use super::moves::{Move, Scope, count, moves, names, plain, text};
use super::records::{Record, Shown, meaning, records};
use super::unchanged::unchanged;
use super::{subject, when};
use crate::model::alert::{Alert, ChangeAlert, Phase};
use crate::model::change::{Change, Severity};
use crate::model::fact::Observation;
use crate::model::topic::{Place, Stage, Subject};
use crate::render::redline::{Paragraph, redline};
use crate::render::{clean, wording};

/// Lines shown in one mail; what is beyond is counted.
const ROWS: usize = 50;
/// Texts shown as a redline in one mail.
const PASSAGES: usize = 8;
/// Changed paragraphs of one text.
const PARAGRAPHS: usize = 12;
/// Lines about look-alikes.
const LOOK_ALIKES: usize = 10;
/// New records in one mail.
const RECORDS: usize = 10;
/// Codes named in one line.
const CODES: usize = 24;

/// A mail about a change.
pub(super) struct Content {
    pub(super) headline: String,
    pub(super) facts: Vec<(&'static str, String)>,
    /// What is new, and nothing was before.
    pub(super) records: Vec<Shown>,
    pub(super) records_left_out: String,
    pub(super) sections: Vec<Section>,
    pub(super) left_out: String,
    /// What the document leaves as it was: of which day, and each layer; no day where nothing is known.
    pub(super) unchanged: (String, Vec<String>),
    pub(super) meanings: Vec<String>,
    pub(super) look_alikes: Vec<Row>,
    pub(super) look_alikes_left_out: String,
    pub(super) quotes: Vec<Quote>,
    pub(super) quotes_left_out: String,
    pub(super) proofs: Vec<Proof>,
    /// Where the page shows it; empty when there is none.
    pub(super) page: String,
    pub(super) commands: Vec<String>,
    /// What whoever takes care of it is asked to write; empty when nobody is asked.
    pub(super) acknowledge: String,
    /// The same on the page; empty when there is none.
    pub(super) acknowledge_link: String,
}

/// Moves for the same days, at the same place and stage.
pub(super) struct Section {
    pub(super) title: String,
    pub(super) claims: String,
    /// Whether claims that were filed already may have to be looked at.
    pub(super) is_past: bool,
    /// What the two sides of a row are.
    pub(super) sides: (&'static str, &'static str),
    pub(super) rows: Vec<Row>,
    pub(super) passages: Vec<Passage>,
}

/// One move.
pub(super) struct Row {
    pub(super) codes: String,
    pub(super) what: String,
    pub(super) before: String,
    pub(super) after: String,
    /// What the other stages say; may be empty.
    pub(super) note: String,
}

/// A text that changed.
pub(super) struct Passage {
    pub(super) title: String,
    pub(super) note: String,
    pub(super) paragraphs: Vec<Paragraph>,
    pub(super) left_out: String,
}

/// What the mail says.
pub(super) fn content(alert: &ChangeAlert, told: &Alert, envelope: &Envelope) -> Content {
    let zone = envelope.zone;
    let today = when::today(told.raised, zone);
    let id = clean::line(&told.id, 80);
    let asks = envelope.asks_to_acknowledge && alert.severity == Severity::Coverage;
    let all = moves(&alert.changes);
    let new = records(&alert.changes);
    let new_shown = &new[..new.len().min(RECORDS)];
    let shown: Vec<&Move<'_>> = within_limits(&all);
    let in_records: usize = new.iter().map(|record| record.changes.len()).sum();
    let left_out = (alert.changes.len() - in_records).saturating_sub(changes_in(&shown));
    let others = moves(&alert.look_alikes);
    let others_shown: Vec<&Move<'_>> = others.iter().take(LOOK_ALIKES).collect();
    let others_left_out = alert.look_alikes.len() - changes_in(&others_shown);
    let told = shown
        .iter()
        .flat_map(|one| one.changes.iter().copied())
        .chain(
            new_shown
                .iter()
                .flat_map(|record| record.changes.iter().copied()),
        );
    let told: Vec<&Change> = told.collect();
    let (quotes, quotes_left_out) = quotes(&told);
    let all_changes = format!("coverd changes --alert {id}");
    let whole = format!("coverd show {id}");
    Content {
        headline: subject::headline(alert, &all, &new),
        facts: stage_facts(alert)
            .into_iter()
            .chain([
                (
                    "Severity",
                    format!(
                        "{} ({})",
                        alert.severity,
                        wording::severity_meaning(alert.severity)
                    ),
                ),
                ("Source", clean::line(&alert.source_title, 120)),
                (
                    "Published",
                    format!("{} ({})", alert.published, clean::line(&alert.edition, 60)),
                ),
                ("Captured", when::instant(alert.captured, zone)),
            ])
            .collect(),
        records: new_shown.iter().map(Record::shown).collect(),
        records_left_out: more(new.len() - new_shown.len(), "more records", &all_changes),
        sections: sections(&shown, today)
            .into_iter()
            .chain(dollar_sections(&alert.dollars, &id))
            .collect(),
        left_out: more(left_out, "more changes", &all_changes),
        unchanged: unchanged(&alert.unchanged),
        meanings: meanings(shown.iter().chain(&others_shown).copied()),
        look_alikes: others_shown.iter().map(|one| look_alike(one)).collect(),
        look_alikes_left_out: more(others_left_out, "more of them", &all_changes),
        quotes,
        quotes_left_out: more(quotes_left_out, "more rows or passages", &whole),
        proofs: proofs(alert, &told, zone),
        page: if envelope.page.is_empty() {
            String::new()
        } else {
            format!("{}/alert/{id}", envelope.page)
        },
        commands: vec![whole, all_changes],
        acknowledge: if asks {
            format!("coverd ack {id} --by NAME")
        } else {
            String::new()
        },
        acknowledge_link: if asks {
            envelope.acknowledge_link.clone()
        } else {
            String::new()
        },
    }
}

fn more(number: usize, of_what: &str, command: &str) -> String {
    if number == 0 {
        return String::new();
    }
    format!("and {} {of_what}: {command}", count(number))
}

fn changes_in(moves: &[&Move<'_>]) -> usize {
    moves.iter().map(|one| one.changes.len()).sum()
}

fn within_limits<'a, 'b>(moves: &'b [Move<'a>]) -> Vec<&'b Move<'a>> {
    let (mut rows, mut passages) = (0, 0);
    moves
        .iter()
        .filter(|one| {
            let (counter, most) = if one.is_passage() {
                (&mut passages, PASSAGES)
            } else {
                (&mut rows, ROWS)
            };
            *counter += 1;
            *counter <= most
        })
        .collect()
}

fn sections(shown: &[&Move<'_>], today: NaiveDate) -> Vec<Section> {
    let mut groups: Vec<(&Scope<'_>, Vec<&Move<'_>>)> = Vec::new();
    for one in shown {
        match groups.iter_mut().find(|(scope, _)| **scope == one.scope) {
            Some((_, group)) => group.push(one),
            None => groups.push((&one.scope, vec![one])),
        }
    }
    groups
        .into_iter()
        .map(|(scope, group)| (scope, when::claims(scope, &group, today), group))
        .map(|(scope, (claims, is_past), group)| Section {
            title: title(scope, &group),
            claims,
            is_past,
            sides: match scope.stage {
                _ if is_of_rules(&group) => ("Before", "After"),
                Stage::InForce => ("Before", "After"),
                Stage::ProposedBy(_) => ("In force", "Proposed"),
                Stage::FinalBy(_) => ("In force", "Final"),
            },
            rows: group
                .iter()
                .filter(|one| !one.is_passage())
                .map(|one| row(one))
                .collect(),
            passages: group
                .iter()
                .filter(|one| one.is_passage())
                .map(|one| passage(one))
                .collect(),
        })
        .collect()
}

/// `In force, services from 2020-04-01`.
fn title(scope: &Scope<'_>, group: &[&Move<'_>]) -> String {
    let mut stage = clean::line(&scope.stage.to_string(), 60);
    if let Some(first) = stage.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let place = match scope.place {
        Place::National => String::new(),
        other => format!(", {}", clean::line(&other.to_string(), 60)),
    };
    if is_of_rules(group) {
        return format!("{stage}{place}: the rule's own record");
    }
    format!("{stage}{place}, {}", when::services(scope.days))
}

/// Whether it is the records of rules that moved: they are of no date of service, and what they said
/// before was never in force.
fn is_of_rules(group: &[&Move<'_>]) -> bool {
    group
        .iter()
        .all(|one| matches!(one.subjects.first(), Some(Subject::Rule(_))))
}

fn row(one: &Move<'_>) -> Row {
    Row {
        codes: names(&one.subjects, CODES),
        what: one.label().to_owned(),
        // What was proposed is in the note; the column says what is in force.
        before: if one.stays() {
            one.after()
        } else {
            one.before()
        },
        after: one.after(),
        note: one.note(),
    }
}

/// How far it has come, with the dates that matter, and which rule it is; nothing for what is in force
/// and belongs to no rulemaking.
fn stage_facts(alert: &ChangeAlert) -> Vec<(&'static str, String)> {
    let rule = alert.rule.as_deref();
    if alert.phase == Phase::InForce && rule.is_none() {
        return Vec::new();
    }
    let date = |text: Option<&String>, words: &str| match text.filter(|text| !text.is_empty()) {
        Some(day) => format!(", {words} {}", clean::line(day, 40)),
        None => String::new(),
    };
    let dates = match alert.phase {
        Phase::Proposed => date(rule.map(|rule| &rule.comments_close), "comments close on"),
        Phase::Final => date(rule.map(|rule| &rule.effective), "effective"),
        Phase::InForce | Phase::Corrected | Phase::Withdrawn => String::new(),
    };
    let mut facts = vec![(
        "Stage",
        format!("{}{dates}. {}", alert.phase.label(), meaning(alert.phase)),
    )];
    if let Some(rule) = rule {
        let parts = [&rule.docket, &rule.citation, &rule.title].map(|part| clean::line(part, 200));
        let known: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        facts.push(("Rule", known.join(", ")));
    }
    facts
}

fn look_alike(one: &Move<'_>) -> Row {
    let mut row = row(one);
    let mut kinds: Vec<&str> = one
        .subjects
        .iter()
        .filter_map(|subject| match subject {
            Subject::Service(service) => wording::other_service(*service),
            Subject::Policy(_)
            | Subject::Schedule(_)
            | Subject::Pair(_)
            | Subject::Rule(_)
            | Subject::Page(_) => None,
        })
        .collect();
    kinds.dedup();
    if !kinds.is_empty() {
        row.codes = format!("{} ({})", row.codes, kinds.join(", "));
    }
    if one.is_passage() {
        row.before = clean::line(&row.before, 60);
        row.after = clean::line(&row.after, 60);
    }
    row
}

fn passage(one: &Move<'_>) -> Passage {
    let result = redline(text(one.was), text(one.now), PARAGRAPHS);
    let sides = [(one.was, "Before"), (one.now, "Now")];
    let note: Vec<String> = sides
        .iter()
        .filter(|(side, _)| !matches!(side, Some(Observation::Value(_))))
        .map(|(side, word)| format!("{word}: {}.", plain(*side, 40)))
        .collect();
    Passage {
        title: format!("{}: {}", names(&one.subjects, CODES), one.label()),
        note: note.join(" "),
        paragraphs: result.paragraphs,
        left_out: match result.left_out {
            0 => String::new(),
            number => format!("and {} more changed paragraphs", count(number)),
        },
    }
}
