//! The proof: rows and passages quoted, and the documents they stand in.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono_tz::Tz;

use super::when;
use crate::model::alert::ChangeAlert;
use crate::model::change::Change;
use crate::model::fact::Fact;
use crate::model::topic::Stage;
use crate::render::clean;

/// Rows and passages that are quoted.
const QUOTED: usize = 12;
/// Longest quotation, in characters.
const LONGEST_QUOTE: usize = 600;
/// Documents with changes that are listed, where one message tells of several.
const NEWS: usize = 12;
/// Earlier documents that are listed.
const EARLIER: usize = 3;

/// A row or passage as the document has it.
pub(super) struct Quote {
    /// Whether it is the new or the old text, and of what.
    pub(super) title: String,
    /// Edition and place in the document.
    pub(super) locator: String,
    /// The words.
    pub(super) text: String,
}

/// A document that proves something.
pub(super) struct Proof {
    /// Which it is.
    pub(super) title: String,
    /// Where it was read.
    pub(super) url: String,
    /// Whether the address may be made a link.
    pub(super) is_link: bool,
    /// Publication, capture, hash.
    pub(super) details: Vec<String>,
}

/// The quotations for the moves shown, and how many facts are not quoted.
pub(super) fn quotes(told: &[&Change]) -> (Vec<Quote>, usize) {
    let mut seen = BTreeSet::new();
    let mut quotes = Vec::new();
    let mut left_out = 0;
    for change in told {
        let sides = [("Now", &change.after), (earlier(change).0, &change.before)];
        for (word, fact) in sides {
            let Some(fact) = fact else { continue };
            let origin = &fact.origin;
            if !seen.insert((origin.document, fact.statement.locator.as_str())) {
                continue;
            }
            if quotes.len() >= QUOTED {
                left_out += 1;
                continue;
            }
            quotes.push(quote(word, fact));
        }
    }
    (quotes, left_out)
}

/// What the belief is that a change is compared with, before a quotation and after the name of its
/// document: a rule is compared with what is in force, or with what had been proposed.
fn earlier(change: &Change) -> (&'static str, &'static str) {
    let stage = change
        .before
        .as_ref()
        .map(|fact| &fact.statement.topic.stage);
    match stage {
        Some(stage) if *stage == change.key.topic.stage => ("Before", "what held before"),
        Some(Stage::InForce) => ("In force", "what is in force"),
        Some(Stage::ProposedBy(_)) => ("Proposed", "what had been proposed"),
        Some(Stage::FinalBy(_)) | None => ("Before", "what held before"),
    }
}

fn quote(word: &str, fact: &Arc<Fact>) -> Quote {
    let (statement, origin) = (&fact.statement, &fact.origin);
    Quote {
        title: format!(
            "{word}: {}",
            clean::line(&statement.topic.subject.to_string(), 60)
        ),
        locator: format!(
            "{}, published {}, {}",
            clean::line(&origin.edition.name, 60),
            origin.published,
            clean::line(&statement.locator, 160)
        ),
        text: clean::line(&statement.quote, LONGEST_QUOTE),
    }
}

/// The document that brought the change, a page for people where there is one, and the documents
/// that the old beliefs rest on.
pub(super) fn proofs(alert: &ChangeAlert, told: &[&Change], zone: Tz) -> Vec<Proof> {
    let edition = clean::line(&alert.edition, 60);
    let mut proofs = vec![proof(
        format!("{edition}: the document with the change"),
        &alert.url,
        vec![
            format!("published {}", alert.published),
            format!("captured {}", when::instant(alert.captured, zone)),
            format!("SHA-256 {}", alert.document),
        ],
    )];
    if let Some(page) = page_for_people(&alert.url) {
        proofs.push(proof(
            format!("{edition}: the same, as a page"),
            &page,
            Vec::new(),
        ));
    }
    let mut seen = BTreeSet::from([alert.document]);
    let news = told.iter().filter_map(|change| change.after.as_ref());
    for fact in news {
        if seen.len() <= NEWS && seen.insert(fact.origin.document) {
            proofs.push(of_fact(fact, "the document with the change", zone));
        }
    }
    let mut older = 0;
    for change in told {
        let Some(fact) = &change.before else { continue };
        if older < EARLIER && seen.insert(fact.origin.document) {
            older += 1;
            proofs.push(of_fact(fact, earlier(change).1, zone));
        }
    }
    proofs
}

fn of_fact(fact: &Fact, what: &str, zone: Tz) -> Proof {
    let origin = &fact.origin;
    proof(
        format!("{}: {what}", clean::line(&origin.edition.name, 60)),
        &origin.url,
        vec![
            format!("published {}", origin.published),
            format!("captured {}", when::instant(origin.learned, zone)),
            format!("SHA-256 {}", origin.document),
        ],
    )
}

fn proof(title: String, url: &str, details: Vec<String>) -> Proof {
    let url = clean::line(url, 500);
    Proof {
        title,
        // only what is certainly an address of the web becomes one that can be clicked
        is_link: url.starts_with("https://") || url.starts_with("http://"),
        url,
        details,
    }
}

/// The page that shows people what was read by a program: of the Medicare Coverage Database, or of the
/// Federal Register.
fn page_for_people(url: &str) -> Option<String> {
    if let Some(path) = url.strip_prefix("https://www.federalregister.gov/documents/full_text/") {
        let number = path.rsplit('/').next()?.strip_suffix(".xml")?;
        let is_number = number
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-');
        return is_number.then(|| format!("https://www.federalregister.gov/d/{number}"));
    }
    let query = url.strip_prefix("https://api.coverage.cms.gov/v1/data/ncd")?;
    let number = |name: &str| {
        let value = query
            .split(['?', '&'])
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)?
            .1;
        (!value.is_empty() && value.len() <= 9 && value.bytes().all(|b| b.is_ascii_digit()))
            .then_some(value)
    };
    let id = number("ncdid")?;
    let version = number("ncdver").map_or(String::new(), |version| format!("&ncdver={version}"));
    Some(format!(
        "https://www.cms.gov/medicare-coverage-database/view/ncd.aspx?ncdid={id}{version}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_answer_has_a_page_that_people_can_open() {
        assert_eq!(
            page_for_people("https://api.coverage.cms.gov/v1/data/ncd/?ncdid=373&ncdver=1")
                .as_deref(),
            Some("https://www.cms.gov/medicare-coverage-database/view/ncd.aspx?ncdid=373&ncdver=1")
        );
        for other in [
            "https://www.cms.gov/files/zip/rvu20b.zip",
            "https://api.coverage.cms.gov/v1/data/ncd/?ncdid=1%0d%0a",
            "",
        ] {
            assert_eq!(page_for_people(other), None, "{other}");
        }
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert!(proof(String::new(), "https://www.cms.gov/a", Vec::new()).is_link);
        for no in ["javascript:alert(1)", "data:text/html,x", "//evil.example/"] {
            assert!(!proof(String::new(), no, Vec::new()).is_link);
        }
    }
}
