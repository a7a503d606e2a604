//! The proof of a statement, as the pages show it.

use std::sync::Arc;

use crate::io::store::{Reader, StoredDelivery};
use crate::model::delivery::{Attempt, DeliveryState, Outcome};
use crate::model::fact::Fact;
use crate::render::words::{minute, place};
use crate::web::error::WebError;

/// Captures that are shown of one document: the first and the last ones.
const CAPTURES: usize = 4;

/// Where something is written.
#[derive(Debug, Clone)]
pub(super) struct Proof {
    /// Edition, day, place in the document.
    pub(super) place: String,
    /// The row or passage itself.
    pub(super) quote: String,
    pub(super) url: String,
    /// Whether the address may be a link.
    pub(super) is_link: bool,
    pub(super) document: String,
    pub(super) captures: Vec<String>,
    pub(super) captures_left_out: usize,
}

impl Proof {
    /// Without the captures.
    pub(super) fn of(fact: &Fact) -> Self {
        let origin = &fact.origin;
        Self {
            place: place(fact),
            quote: fact.statement.quote.clone(),
            is_link: is_link(&origin.url),
            url: origin.url.clone(),
            document: origin.document.to_string(),
            captures: vec![minute(origin.learned)],
            captures_left_out: 0,
        }
    }

    /// With every capture that the store knows.
    pub(super) fn whole(reader: &Reader, fact: &Fact) -> Result<Self, WebError> {
        let captures = reader.captures_of(&fact.origin.document)?;
        let words = |capture: &crate::model::document::Capture| {
            format!(
                "{}, status {}, from {}",
                capture.at.format("%Y-%m-%d %H:%M:%S UTC"),
                capture.status,
                capture.final_url
            )
        };
        let left_out = captures.len().saturating_sub(CAPTURES);
        let shown = captures
            .iter()
            .enumerate()
            .filter(|(index, _)| *index == 0 || *index > left_out);
        Ok(Self {
            captures: shown.map(|(_, capture)| words(capture)).collect(),
            captures_left_out: left_out,
            ..Self::of(fact)
        })
    }
}

/// Facts as proofs, each place once.
pub(super) fn proofs(reader: &Reader, facts: &[&Arc<Fact>]) -> Result<Vec<Proof>, WebError> {
    let mut facts: Vec<&&Arc<Fact>> = facts.iter().collect();
    facts.sort_by_key(|fact| (fact.origin.document, &fact.statement.locator));
    facts.dedup_by_key(|fact| (fact.origin.document, &fact.statement.locator));
    facts
        .iter()
        .map(|fact| Proof::whole(reader, fact))
        .collect()
}

/// Only what leads to a web server becomes a link, whatever a document claims to be its address.
pub(super) fn is_link(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// A message to somebody, as it stands.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) recipient: String,
    pub(super) subject: String,
    pub(super) created: String,
    pub(super) state: DeliveryState,
    pub(super) tone: &'static str,
    /// The last attempt, or when the next one is due.
    pub(super) words: String,
    pub(super) attempts: usize,
    /// Empty where it tells several, or none.
    pub(super) alert: String,
}

impl Told {
    /// As it stands now, or as it stood after these attempts.
    pub(super) fn of(delivery: &StoredDelivery, attempts: &[Attempt], is_past: bool) -> Self {
        let outgoing = &delivery.outgoing;
        let last = attempts.last();
        let state = if is_past {
            state_after(attempts)
        } else {
            delivery.state
        };
        let next = delivery.next.filter(|_| !is_past);
        let mut words: Vec<String> = Vec::new();
        words.extend(last.map(|attempt| format!("{}: {}", minute(attempt.at), said(attempt))));
        if state == DeliveryState::Pending {
            words.extend(next.map(|at| format!("next attempt {}", minute(at))));
        }
        Self {
            recipient: outgoing.recipient.clone(),
            subject: outgoing.subject.clone(),
            created: minute(outgoing.created),
            state,
            tone: match state {
                DeliveryState::Delivered => "good",
                DeliveryState::Pending => "part",
                DeliveryState::Dead => "bad",
                DeliveryState::Gathered => "rule",
            },
            words: words.join("; "),
            attempts: attempts.len(),
            alert: outgoing.alert.clone().unwrap_or_default(),
        }
    }
}

/// Where a message stood after these attempts.
fn state_after(attempts: &[Attempt]) -> DeliveryState {
    let accepted = |attempt: &Attempt| matches!(attempt.outcome, Outcome::Accepted(_));
    match attempts.last() {
        _ if attempts.iter().any(accepted) => DeliveryState::Delivered,
        Some(last) if last.next.is_none() => DeliveryState::Dead,
        Some(_) | None => DeliveryState::Pending,
    }
}

fn said(attempt: &Attempt) -> &str {
    match &attempt.outcome {
        Outcome::Accepted(words) | Outcome::Deferred(words) | Outcome::Refused(words) => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_links() {
        assert!(is_link("https://www.cms.gov/files/zip/rvu20b.zip"));
        for no in [
            "javascript:alert(1)",
            "data:text/html,x",
            "//evil",
            "",
            "file:///etc",
        ] {
            assert!(!is_link(no), "{no}");
        }
    }
}
