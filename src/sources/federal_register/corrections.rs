//! Which document a correction or withdrawal is about.

use chrono::NaiveDate;

use super::address::is_number;
use super::docket::Kind;
use super::record::Record;
use crate::model::date::written_date;
use crate::model::topic::rulemaking;

/// What a correction says of the document it corrects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Reference {
    /// Its number, where that is known for certain.
    pub(super) number: Option<String>,
    /// Its docket.
    pub(super) docket: Option<String>,
    /// How it was found, when only its place in print is known: `90 FR 32352`.
    pub(super) citation: Option<String>,
}

/// Finds it: by the Register's own link; by the number, the citation or the day of the issue that the
/// text names; else as the last rule of the same docket or RIN before it.
pub(super) fn corrected(record: &Record, text: &str, known: &[Record]) -> Reference {
    let earlier =
        |other: &&Record| other.number != record.number && other.published <= record.published;
    let by_number = |number: &str| known.iter().find(|other| other.number == number);
    let named = record
        .correction_of
        .clone()
        .or_else(|| document_numbers(text, record));
    if let Some(number) = named {
        return Reference {
            docket: by_number(&number).map(|rule| rule.docket().to_owned()),
            number: Some(number),
            citation: None,
        };
    }
    let citation = citation(text);
    let of = |rule: &Record, citation: Option<String>| Reference {
        number: Some(rule.number.clone()),
        docket: Some(rule.docket().to_owned()),
        citation,
    };
    if let Some(citation) = &citation
        && let Some(rule) = known.iter().find(|other| other.citation == *citation)
    {
        return of(rule, Some(citation.clone()));
    }
    let related = known
        .iter()
        .filter(earlier)
        .filter(|other| is_related(record, other) && is_rule(other) && other.of == record.of);
    let issue = issue_day(text);
    let found = match issue {
        Some(day) => related.clone().find(|other| other.published == day),
        None => None,
    };
    // A citation that no list has names a document that is not known; another is not taken for it.
    if let Some(rule) = found {
        return of(rule, citation);
    }
    if citation.is_some() {
        return Reference {
            citation,
            ..Reference::default()
        };
    }
    let last = related.max_by_key(|other| (other.published, other.number.clone()));
    last.map_or_else(Reference::default, |rule| of(rule, None))
}

/// Whether two documents are of one rulemaking.
pub(super) fn is_related(one: &Record, other: &Record) -> bool {
    let same_docket = one.dockets.iter().any(|docket| {
        other
            .dockets
            .iter()
            .any(|known| rulemaking(known) == rulemaking(docket))
    });
    same_docket || one.rins.iter().any(|rin| other.rins.contains(rin))
}

fn is_rule(record: &Record) -> bool {
    !matches!(
        record.kind(),
        Kind::Correction | Kind::Withdrawal | Kind::Notice
    )
}

/// "In FR Doc. 2025-13271 of July 16, 2025": the first number that is not its own.
fn document_numbers(text: &str, record: &Record) -> Option<String> {
    text.match_indices("FR Doc")
        .filter_map(|(at, _)| super::full_text::number_in(text.get(at..)?))
        .map(|number| number.replace('\u{2013}', "-"))
        .find(|number| is_number(number) && *number != record.number)
}

/// "(90 FR 32352)".
fn citation(text: &str) -> Option<String> {
    text.match_indices(" FR ").find_map(|(at, _)| {
        let before = text.get(..at)?;
        let volume = before.rsplit(|c: char| !c.is_ascii_digit()).next()?;
        let rest = text.get(at + 4..)?;
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let page = rest.get(..end)?;
        let plausible = (1..=3).contains(&volume.len()) && (3..=6).contains(&page.len());
        plausible.then(|| format!("{volume} FR {page}"))
    })
}

/// "appeared in the November 15, 2019 Federal Register": the day of that issue.
fn issue_day(text: &str) -> Option<NaiveDate> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let mut days: Vec<(usize, NaiveDate)> = MONTHS
        .iter()
        .flat_map(|month| text.match_indices(month))
        .filter_map(|(at, _)| {
            let rest = text.get(at..)?;
            let end = rest
                .match_indices(' ')
                .nth(2)
                .map_or(rest.len(), |(end, _)| end);
            let day = rest
                .get(..end)?
                .trim_end_matches(|c: char| !c.is_ascii_digit());
            Some((at, written_date(day)?))
        })
        .collect();
    days.sort_unstable();
    days.first().map(|(_, day)| *day)
}
