//! Sentences and table rows in which a transmittal moves the status indicator of a code.
//!
//! Only what cannot be misunderstood is a fact: it names the code, says that it speaks of the status of the fee
//! schedule, has one new letter, and one first day. The rest stays a quoted passage.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::NaiveDate;
use regex::Regex;

use super::blocks::Block;
use super::dates::{dates, distinct};
use crate::model::code::{HcpcsCode, Service};
use crate::model::status::status_meaning;
use crate::model::watch::Watch;
use crate::parse::text::sentences;
use crate::sources::mentions::{MentionKind, mentions};

/// A status indicator that a transmittal gives a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) code: HcpcsCode,
    pub(super) status: String,
    pub(super) from: NaiveDate,
    /// The page, from 1, and the words.
    pub(super) page: usize,
    pub(super) quote: String,
}

#[expect(clippy::unwrap_used, reason = "the patterns are constant and tested")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap()
}

/// What makes a sentence speak of the status indicator.
const KEY: &str =
    r"(?i:\b(?:procedure\s+status(?:\s+(?:indicator|code)s?)?|status\s+(?:indicator|code)s?)\b)";
static SPEAKS: LazyLock<Regex> = LazyLock::new(|| pattern(KEY));
/// Another system's indicator, a condition, a proposal, a denial.
static DOUBTFUL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i:\b(?:OPPS|outpatient|APCs?|ASC|ambulatory|if|unless|propos\w*|would|not|no|remains?|might|could|consider\w*|request\w*|except|previous\w*|former\w*)\b)|\bmay\b",
    )
});
static FROM_TO: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"\bfrom\s+(?:status\s+)?["“'‘]?([A-Z])["”'’]?(?:\s*\([^)]{0,80}\))?\s+to\s+(?:status\s+)?["“'‘]?([A-Z])["”'’]?(?:[\s.,;:)|(]|$)"#,
    )
});
static ARROW: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b([A-Z])\s*(?:→|->|=>)\s*([A-Z])\b"));
static SET_TO: LazyLock<Regex> = LazyLock::new(|| {
    let verbs = r"(?:=|:|is\s+now|(?:is\s+|are\s+)?(?:being\s+)?chang(?:es?|ed|ing)\s+to|will\s+(?:be\s+changed\s+to|change\s+to|be))";
    let end = r#"["”'’]?\s*(?:[.;,)|(]|$|effective\b|for\b|beginning\b|as\s+of\b|on\b)"#;
    pattern(&format!(r#"{KEY}\s*{verbs}\s*["“'‘]?([A-Z]){end}"#))
});
static EFFECTIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:effective|on\s+(?:or|and)\s+after|on/after|beginning|retroactive(?:ly)?(?:\s+to)?)\b",
    )
});

/// The status indicators that the blocks of a transmittal give to codes that are kept.
///
/// `header` is the day of the cover's "EFFECTIVE DATE", where it names exactly one.
pub(super) fn moved(blocks: &[Block], header: Option<NaiveDate>, watch: &Watch) -> Vec<Moved> {
    let only_header = header.filter(|&day| {
        // The day of the cover holds for all of it only where it is the only one that is told of.
        let told = blocks.iter().flat_map(|block| effective_days(&block.text));
        told.into_iter().all(|told| told == day)
    });
    let mut found: Vec<Moved> = Vec::new();
    let mut running: Option<NaiveDate> = None;
    let mut table: Option<Table> = None;
    for block in blocks {
        if !block.is_row() {
            table = None;
            running = governing(running, &block.text);
        }
        let mut take = |codes: Vec<HcpcsCode>, status: String, own: Vec<NaiveDate>, quote: &str| {
            let from = match own[..] {
                [] => running.or(only_header),
                [day] => Some(day),
                _ => None,
            };
            let Some(from) = from else { return };
            let kept = codes
                .into_iter()
                .filter(|&code| watch.keeps(Service::plain(code)));
            found.extend(kept.map(|code| Moved {
                code,
                status: status.clone(),
                from,
                page: block.page,
                quote: quote.chars().take(400).collect(),
            }));
        };
        if block.is_row() {
            if let Some(header) = Table::of(&block.cells) {
                table = Some(header);
            } else if let Some((codes, status, days)) =
                table.as_ref().and_then(|table| table.row(&block.cells))
            {
                take(codes, status, days, &block.text);
            } else if let Some(status) = new_status(&block.text) {
                let first = block.cells.first().map_or("", String::as_str);
                take(
                    codes_of(first),
                    status,
                    effective_days(&block.text),
                    &block.text,
                );
            }
            continue;
        }
        for sentence in sentences(&block.text) {
            if let Some(status) = new_status(sentence) {
                take(
                    named(sentence, watch),
                    status,
                    effective_days(sentence),
                    sentence,
                );
            }
        }
    }
    without_contradictions(found)
}

/// The one new status of a sentence or row; `None` where it says none, or nothing that is certain.
fn new_status(text: &str) -> Option<String> {
    if !SPEAKS.is_match(text) || DOUBTFUL.is_match(text) {
        return None;
    }
    let letters = |pattern: &Regex, group: usize| -> Vec<String> {
        pattern
            .captures_iter(text)
            .filter_map(|found| Some(found.get(group)?.as_str().to_owned()))
            .collect()
    };
    let mut new = letters(&FROM_TO, 2);
    new.extend(letters(&ARROW, 2));
    if new.is_empty() {
        new = letters(&SET_TO, 1);
    }
    new.sort();
    new.dedup();
    match &new[..] {
        [one] if status_meaning(one).is_some() => Some(one.clone()),
        _ => None,
    }
}

/// The days that are told as first days.
fn effective_days(text: &str) -> Vec<NaiveDate> {
    const NEAR: usize = 90;
    let marks: Vec<usize> = EFFECTIVE.find_iter(text).map(|mark| mark.end()).collect();
    let mut days: Vec<NaiveDate> = dates(text)
        .into_iter()
        .filter(|&(_, end)| {
            // The last mark before it is the nearest.
            let before = marks.partition_point(|&mark| mark < end);
            let nearest = before.checked_sub(1).and_then(|last| marks.get(last));
            nearest.is_some_and(|mark| end - mark <= NEAR)
        })
        .map(|(day, _)| day)
        .collect();
    days.sort_unstable();
    days.dedup();
    days
}

/// "The following changes are effective ... January 21, 2020:" governs what follows; another
/// announcement without a day ends that.
fn governing(running: Option<NaiveDate>, text: &str) -> Option<NaiveDate> {
    if !text.ends_with(':') {
        return running;
    }
    match (&effective_days(text)[..], &distinct(text)[..]) {
        ([day], [_]) => Some(*day),
        _ => None,
    }
}

/// Watched codes and look-alikes that a sentence names, in ranges as well.
fn named(sentence: &str, watch: &Watch) -> Vec<HcpcsCode> {
    mentions(sentence, watch)
        .into_iter()
        .filter(|mention| matches!(mention.kind, MentionKind::Code | MentionKind::LookAlike))
        .filter_map(|mention| mention.term.parse().ok())
        .collect()
}

/// The codes of a cell that holds nothing else.
fn codes_of(cell: &str) -> Vec<HcpcsCode> {
    let words = cell
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '/' | '&'))
        .filter(|word| !word.is_empty() && *word != "and");
    words
        .map(|word| word.parse::<HcpcsCode>().ok())
        .collect::<Option<Vec<_>>>()
        .unwrap_or_default()
}

/// The columns of a table of status indicators.
struct Table {
    width: usize,
    code: usize,
    new: usize,
    effective: Option<usize>,
}

impl Table {
    fn of(cells: &[String]) -> Option<Self> {
        let plain = |cell: &String| -> String {
            cell.chars()
                .filter(|c| c.is_alphanumeric())
                .collect::<String>()
                .to_lowercase()
        };
        let names: Vec<String> = cells.iter().map(plain).collect();
        let at = |wanted: &[&str]| {
            let mut found = names
                .iter()
                .enumerate()
                .filter(|(_, name)| wanted.contains(&name.as_str()));
            match (found.next(), found.next()) {
                (Some((at, _)), None) => Some(at),
                _ => None,
            }
        };
        let code = at(&[
            "code",
            "cpt",
            "hcpcs",
            "cpthcpcs",
            "hcpcscpt",
            "cptcode",
            "hcpcscode",
            "cpthcpcscode",
            "hcpcscptcode",
            "procedurecode",
        ])?;
        let new = at(&[
            "newstatus",
            "newstatusindicator",
            "newprocedurestatus",
            "newstatuscode",
            "revisedstatus",
            "revisedstatusindicator",
        ])
        .or_else(|| {
            at(&[
                "procedurestatus",
                "statusindicator",
                "procedurestatusindicator",
            ])
        })?;
        Some(Self {
            width: cells.len(),
            code,
            new,
            effective: at(&["effectivedate", "effective"]),
        })
    }

    /// A row of as many cells as the header has, with codes and one letter where they belong.
    fn row(&self, cells: &[String]) -> Option<(Vec<HcpcsCode>, String, Vec<NaiveDate>)> {
        if cells.len() != self.width {
            return None;
        }
        let codes = codes_of(cells.get(self.code)?);
        let status = cells
            .get(self.new)?
            .trim_matches(['"', '“', '”'])
            .to_owned();
        let days = match self.effective {
            Some(at) => {
                let days = distinct(cells.get(at)?);
                // A row whose day is not understood says nothing certain.
                (!days.is_empty()).then_some(days)?
            }
            None => Vec::new(),
        };
        let letter = status.len() == 1 && status_meaning(&status).is_some();
        (letter && !codes.is_empty()).then_some((codes, status, days))
    }
}

/// One statement for each code and first day; where two contradict each other, none.
fn without_contradictions(found: Vec<Moved>) -> Vec<Moved> {
    let mut by_key: BTreeMap<(HcpcsCode, NaiveDate), Option<Moved>> = BTreeMap::new();
    for moved in found {
        by_key
            .entry((moved.code, moved.from))
            .and_modify(|known| {
                if known
                    .as_ref()
                    .is_some_and(|known| known.status != moved.status)
                {
                    *known = None;
                }
            })
            .or_insert(Some(moved));
    }
    by_key.into_values().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::watch::Codes;
    use crate::sources::transmittals::blocks::blocks;

    fn watch() -> Watch {
        let services = |codes: &[&str]| codes.iter().map(|code| code.parse().unwrap()).collect();
        Watch {
            codes: Codes::Named(services(&["20560", "20561"])),
            look_alikes: services(&["97810", "97811", "97813", "97814"]),
            words: ["dry needling".to_owned()].into(),
            billed_with: [].into(),
            localities: [].into(),
            ncds: [].into(),
        }
    }

    /// `20560 A 2020-01-21` of each.
    fn found(text: &str, header: &str) -> Vec<String> {
        moved(&blocks(text), header.parse().ok(), &watch())
            .into_iter()
            .map(|moved| format!("{} {} {}", moved.code, moved.status, moved.from))
            .collect()
    }

    #[test]
    fn sentences_that_cannot_be_misunderstood_are_facts() {
        let both = ["20560 A 2020-01-21", "20561 A 2020-01-21"];
        for text in [
            "For dates of service on or after January 21, 2020, the status indicator of CPT codes 20560 and 20561 changes from N to A.",
            "The procedure status for HCPCS codes 20560 and 20561 is changed from \"N\" (non-covered service) to \"A\" (active code), effective January 21, 2020.",
            "Effective for dates of service on and after January 21, 2020, codes 20560, 20561: Procedure Status = A.",
            "Codes 20560, 20561 status indicator N -> A effective 1/21/2020",
            "The following changes are effective for dates of service on and after January 21, 2020:\n\nCPT/HCPCS  Action\n20560  Procedure Status = A\n20561  Procedure Status = A",
            "The following changes are effective January 21, 2020:\n\nCode  Old Status  New Status\n20560  N  A\n20561  N  A\n99999  N  A",
            "Changes:\n\nHCPCS Code  Procedure Status  Effective Date\n20560, 20561  A  01/21/2020",
        ] {
            assert_eq!(found(text, "2020-01-01"), both, "{text}");
        }
        assert_eq!(
            found(
                "Status indicator for codes 97810 through 97814 changes from N to A effective January 21, 2020.",
                ""
            ),
            ["97810", "97811", "97813", "97814"].map(|code| format!("{code} A 2020-01-21"))
        );
    }

    #[test]
    fn the_day_of_the_cover_counts_only_where_no_other_is_told() {
        let text = "The procedure status of code 20560 is changed from N to A.";
        assert_eq!(found(text, "2020-01-01"), ["20560 A 2020-01-01"]);
        assert_eq!(found(text, ""), [""; 0]);
        let with_other = format!("{text}\n\nEffective January 21, 2020, acupuncture is covered.");
        assert_eq!(found(&with_other, "2020-01-01"), [""; 0]);
    }

    #[test]
    fn what_is_doubtful_is_no_fact() {
        for text in [
            "The OPPS status indicator of code 20560 changes from E1 to S effective April 1, 2020.",
            "The OPPS status indicator of code 20560 changes from E to S effective April 1, 2020.",
            "The status indicator of code 20560 does not change from N to A, effective April 1, 2020.",
            "If it is covered, the status indicator of code 20560 changes from N to A, effective April 1, 2020.",
            "We proposed to change the status indicator of code 20560 from N to A, effective April 1, 2020.",
            "The status indicator of code 20560 changes from N to A and of code 20561 from N to R, effective April 1, 2020.",
            "Code 20560 is payable, effective April 1, 2020.",
            "Codes with a status indicator of A, such as 20560, are payable, effective April 1, 2020.",
            "The status indicator of code 20560 changes from N to A, effective April 1, 2020 or effective May 1, 2020.",
            "The status indicator of code 20560 changes from N to W, effective April 1, 2020.",
            "The status indicator of docket 20560 changes from N to A, effective April 1, 2020.",
            "HCPCS Code  Status\n20560  A",
            "HCPCS Code  New Status  Effective Date\n20560  A  upon notice",
        ] {
            assert_eq!(found(text, "2020-01-01"), [""; 0], "{text}");
        }
        let contradiction = "The status indicator of code 20560 changes from N to A effective April 1, 2020.\n\nThe status indicator of code 20560 changes from N to R effective April 1, 2020.";
        assert_eq!(found(contradiction, "2020-01-01"), [""; 0]);
    }
}
