//! The page for people as a second witness of what the API says.
//!
//! How the page is built is not known for certain, so nothing is read from it: it is asked whether
//! it has the words of a record. Only a page that can be recognised is heard. One that cannot (a
//! licence pop-up, a page that a script fills) is no evidence against the record and raises no
//! concern; then the API alone is believed.

use super::record::Record;
use crate::model::attribute::Attribute;
use crate::model::document::Document;
use crate::model::fact::{Fact, Observation, Value};
use crate::model::request::Concern;
use crate::model::topic::Subject;
use crate::parse::text::{find_words, headlines, paragraphs, words};

/// What the page says of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageVerdict {
    /// It has the text, word for word.
    Agrees,
    /// It is the page of this determination, but its words are others.
    Differs {
        /// The field in which the first difference is.
        field: &'static str,
        /// The words of the page around the difference, in lower case without punctuation.
        page: String,
        /// The words of the text around it, in the same form.
        text: String,
    },
    /// It is not, or not recognisably, the page of this determination.
    NotRecognised {
        /// What it lacks.
        why: String,
    },
}

/// Compares the page with the indications that were last believed, for the days on which the API
/// cannot be reached.
///
/// `title` and `section` are those of the determination; `indications` is the text as kept, one
/// paragraph a line. Words that the page has after the indications go unnoticed: where a field ends
/// on the page is not known.
pub fn page_against_last(
    page: &Document,
    title: &str,
    section: &str,
    indications: &str,
) -> PageVerdict {
    compare(page, title, section, &[(INDICATIONS, words(indications))])
}

/// What the operator is told while the record cannot be had and the page can: whether the page still
/// shows what was last believed. Never a fact.
pub(super) fn while_unreachable(page: &Document, believed: &[Fact]) -> Option<String> {
    let last = believed
        .iter()
        .max_by_key(|fact| (fact.origin.published, fact.origin.learned))?;
    let Subject::Policy(name) = &last.statement.topic.subject else {
        return None;
    };
    let text = |attribute| match last.statement.values.get(&attribute)? {
        Observation::Value(Value::Text(text)) => Some(text.as_str()),
        Observation::Value(Value::Amount(_) | Value::Count(_)) | Observation::Absent => None,
    };
    let section = name.strip_prefix("NCD ")?;
    let verdict = page_against_last(
        page,
        text(Attribute::Title)?,
        section,
        text(Attribute::Indications)?,
    );
    let at = &page.final_url;
    Some(match verdict {
        PageVerdict::Agrees => format!(
            "The page {at} still shows the indications that were last read ({})",
            last.origin.published
        ),
        PageVerdict::Differs { page, text, .. } => {
            format!(
                "The page {at} shows other indications than were last read: \"{page}\" where the record had \"{text}\"; read it yourself, coverd believes the record only"
            )
        }
        PageVerdict::NotRecognised { why } => {
            format!("The page {at} could be captured but not compared ({why})")
        }
    })
}

/// What the operator is told when the page contradicts the record.
pub(super) fn concern(page: &Document, record: &Record) -> Option<Concern> {
    let fields = [
        (INDICATIONS, words(&record.indications.join("\n"))),
        (
            "item/service description",
            words(&record.item_description.join("\n")),
        ),
    ];
    match compare(page, &record.title, &record.section, &fields) {
        PageVerdict::Agrees | PageVerdict::NotRecognised { .. } => None,
        PageVerdict::Differs {
            field,
            page: on_page,
            text,
        } => Some(Concern {
            key: format!("witness NCD {}", record.id),
            text: format!(
                "the page of NCD {} and its record in the API differ in the {field}: the page has \"{on_page}\" where the record has \"{text}\"",
                record.section
            ),
            remedy: format!(
                "read {}; coverd goes by the API, whose text CMS may post some hours before or after the page",
                page.url
            ),
        }),
    }
}

const INDICATIONS: &str = "indications and limitations of coverage";

fn compare(
    page: &Document,
    title: &str,
    section: &str,
    fields: &[(&'static str, Vec<String>)],
) -> PageVerdict {
    let not_recognised = |why: &str| PageVerdict::NotRecognised {
        why: why.to_owned(),
    };
    let Ok(html) = std::str::from_utf8(&page.bytes) else {
        return not_recognised("it is no UTF-8 text");
    };
    if !html
        .trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('<')
    {
        return not_recognised("it is no HTML");
    }
    let title = words(title);
    let names_it = headlines(html).iter().any(|headline| {
        find_words(&words(headline), &title).is_some() || has_section(headline, section)
    });
    if !names_it {
        return not_recognised("neither its title nor a first heading names the determination");
    }
    let shown = words(&paragraphs(html).join("\n"));
    if find_words(&shown, &words(INDICATIONS)).is_none() {
        return not_recognised("it has no section \"Indications and Limitations of Coverage\"");
    }
    for (field, expected) in fields {
        let (matched, end) = longest_beginning(&shown, expected);
        if matched < expected.len() {
            return PageVerdict::Differs {
                field,
                page: around(&shown, end),
                text: around(expected, matched),
            };
        }
    }
    PageVerdict::Agrees
}

/// Whether a headline has the section as a word of its own: `30.3` is not in `30.3.3`.
fn has_section(headline: &str, section: &str) -> bool {
    headline
        .split(|c: char| !c.is_alphanumeric() && c != '.')
        .any(|word| word.trim_matches('.') == section)
}

/// How many of the first words of `expected` occur in a row in `shown`, and where the first such
/// run ends. Knuth, Morris and Pratt: a hostile page of one repeated word takes no longer.
fn longest_beginning(shown: &[String], expected: &[String]) -> (usize, usize) {
    // fallback[n]: the longest proper beginning of `expected` that also ends its first n words.
    let mut fallback = vec![0; expected.len() + 1];
    let mut run = 0;
    for (at, word) in expected.iter().enumerate().skip(1) {
        run = next_run(expected, &fallback, run, word);
        if let Some(slot) = fallback.get_mut(at + 1) {
            *slot = run;
        }
    }
    let (mut best, mut best_end) = (0, 0);
    run = 0;
    for (at, word) in shown.iter().enumerate() {
        if run == expected.len() {
            break;
        }
        run = next_run(expected, &fallback, run, word);
        if run > best {
            (best, best_end) = (run, at + 1);
        }
    }
    (best, best_end)
}

fn next_run(expected: &[String], fallback: &[usize], mut run: usize, word: &String) -> usize {
    loop {
        if expected.get(run) == Some(word) {
            return run + 1;
        }
        if run == 0 {
            return 0;
        }
        run = fallback.get(run).copied().unwrap_or_default();
    }
}

/// Some words before and after a place.
fn around(words: &[String], at: usize) -> String {
    const BEFORE: usize = 6;
    const AFTER: usize = 12;
    let begin = at.saturating_sub(BEFORE);
    let end = (at + AFTER).min(words.len());
    words.get(begin..end).unwrap_or_default().join(" ")
}
