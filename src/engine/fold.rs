//! Belief from facts: which document decides which day.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

use crate::model::attribute::Attribute;
use crate::model::document::DocumentHash;
use crate::model::fact::{Fact, FactKey, Observation, Origin, Repost};
use crate::model::timeline::{Period, Segment, Timeline, Timelines};
use crate::model::topic::Topic;

/// What is believed, by date of service, when all these facts are known.
///
/// Documents are put in the order in which they count ([`Origin::stands_from`], then publication,
/// then first capture, then hash), and each overrides what is believed from its first date of
/// service on. Of an edition that replaces itself only the last posting counts, and an edition whose
/// name continues that of another corrects it, whichever was posted last: `RVU24AR` counts after `RVU24A`. The result depends
/// on the set of facts only, never on the order in which they come.
pub fn fold(facts: impl IntoIterator<Item = Fact>) -> Timelines {
    let facts: Vec<Arc<Fact>> = facts.into_iter().map(Arc::new).collect();
    let mut timelines = Timelines::default();
    for (topic, facts) in by_topic(&facts) {
        for (attribute, stretches) in believed(&utterances(facts)) {
            let key = FactKey {
                topic: topic.clone(),
                attribute,
            };
            let segments = stretches.into_iter().map(Segment::from).collect();
            timelines.insert(key, Timeline { segments });
        }
    }
    timelines
}

/// The facts of each topic.
pub(super) fn by_topic(facts: &[Arc<Fact>]) -> BTreeMap<&Topic, Vec<&Arc<Fact>>> {
    let mut by_topic: BTreeMap<&Topic, Vec<&Arc<Fact>>> = BTreeMap::new();
    for fact in facts {
        by_topic
            .entry(&fact.statement.topic)
            .or_default()
            .push(fact);
    }
    by_topic
}

/// Only what CMS had published by the end of that day.
///
/// An edition that was in force on the day is shown even where the store holds only a later
/// posting of it: the earliest one there is, which the answer then says.
pub fn published_by(facts: &[Fact], day: NaiveDate) -> Vec<Fact> {
    // For each edition and topic: the postings of that day, or else the first later posting.
    let mut first_later: BTreeMap<(&Topic, EditionKey<'_>), Option<PostingKey>> = BTreeMap::new();
    for fact in facts {
        let slot = first_later.entry((&fact.statement.topic, edition_key(&fact.origin)));
        let posting = (fact.origin.published > day).then(|| posting_key(&fact.origin));
        // `None` sorts first: a posting that was public on the day hides all later ones.
        slot.and_modify(|known| *known = (*known).min(posting))
            .or_insert(posting);
    }
    let shown = |fact: &Fact| {
        if fact.origin.published <= day {
            return true;
        }
        let edition = (&fact.statement.topic, edition_key(&fact.origin));
        fact.origin.stands_from() <= day
            && first_later.get(&edition) == Some(&Some(posting_key(&fact.origin)))
    };
    facts.iter().filter(|fact| shown(fact)).cloned().collect()
}

/// Only what this installation had captured by that instant.
pub fn known_by(facts: Vec<Fact>, instant: DateTime<Utc>) -> Vec<Fact> {
    facts
        .into_iter()
        .filter(|fact| fact.origin.learned <= instant)
        .collect()
}

type EditionKey<'f> = (&'f str, &'f str);
type PostingKey = (NaiveDate, DateTime<Utc>, DocumentHash);

fn edition_key(origin: &Origin) -> EditionKey<'_> {
    (&origin.source, &origin.edition.name)
}

fn posting_key(origin: &Origin) -> PostingKey {
    (origin.published, origin.learned, origin.document)
}

/// A stretch of days in which one fact decides one attribute; nothing is copied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch<'f> {
    pub(super) period: Period,
    pub(super) observation: &'f Observation,
    pub(super) fact: &'f Arc<Fact>,
}

impl<'f> From<&'f Segment> for Stretch<'f> {
    fn from(segment: &'f Segment) -> Self {
        Self {
            period: segment.period,
            observation: &segment.observation,
            fact: &segment.fact,
        }
    }
}

impl From<Stretch<'_>> for Segment {
    fn from(stretch: Stretch<'_>) -> Self {
        Self {
            period: stretch.period,
            observation: stretch.observation.clone(),
            fact: Arc::clone(stretch.fact),
        }
    }
}

/// What counts of one topic's facts, in the order in which it counts, each with the day from which
/// on it overrides what came before.
pub(super) fn utterances<'f>(
    facts: impl IntoIterator<Item = &'f Arc<Fact>>,
) -> Vec<(NaiveDate, &'f Arc<Fact>)> {
    let mut facts = without_replaced_postings(facts.into_iter().collect());
    let standing = standings(&facts);
    facts.sort_by_key(|fact| rank(fact, &standing));
    // The first posting of an edition that amends itself speaks from its beginning; a later one
    // with the same beginning from its own publication, also where it is the same bytes again: words that
    // come back hold from the day on which they came back.
    let mut amended: BTreeMap<(EditionKey<'_>, NaiveDate), PostingKey> = BTreeMap::new();
    let from = |fact: &'f Arc<Fact>| {
        let (origin, stated) = (&fact.origin, fact.statement.from);
        if origin.edition.repost == Repost::Replaces {
            return stated;
        }
        let first = *amended
            .entry((edition_key(origin), stated))
            .or_insert_with(|| posting_key(origin));
        if first == posting_key(origin) {
            stated
        } else {
            stated.max(origin.published)
        }
    };
    let days: Vec<NaiveDate> = facts.iter().copied().map(from).collect();
    days.into_iter().zip(facts).collect()
}

/// The belief about one topic, by attribute.
pub(super) fn believed<'f>(
    utterances: &[(NaiveDate, &'f Arc<Fact>)],
) -> BTreeMap<Attribute, Vec<Stretch<'f>>> {
    let mut stretches: BTreeMap<Attribute, Vec<Stretch<'f>>> = BTreeMap::new();
    for &(from, fact) in utterances {
        for (&attribute, observation) in fact.statement.values.iter() {
            let stretch = Stretch {
                period: Period { from, until: None },
                observation,
                fact,
            };
            override_from(stretches.entry(attribute).or_default(), stretch);
        }
    }
    stretches
}

/// Where documents stand in order. The statement's own day comes last: one document may speak of
/// several days (a determination and its end).
fn rank(fact: &Fact, standings: &Standings<'_>) -> (Standing, PostingKey, NaiveDate) {
    let own = (fact.origin.stands_from(), 0);
    (
        *standings.get(&edition_key(&fact.origin)).unwrap_or(&own),
        posting_key(&fact.origin),
        fact.statement.from,
    )
}

/// From which day on an edition counts, and how many others it corrects.
type Standing = (NaiveDate, usize);
type Standings<'f> = BTreeMap<EditionKey<'f>, Standing>;

/// Where the editions that replace themselves stand, by what is left of each: its last posting.
fn standings<'f>(facts: &[&'f Arc<Fact>]) -> Standings<'f> {
    let alone: BTreeMap<EditionKey<'f>, NaiveDate> = facts
        .iter()
        .map(|fact| &fact.origin)
        .filter(|origin| origin.edition.repost == Repost::Replaces)
        .map(|origin| (edition_key(origin), origin.stands_from()))
        .collect();
    alone
        .iter()
        .map(|(&(source, name), &stands)| {
            let corrected = alone.iter().filter(|((other_source, other), _)| {
                *other_source == source && *other != name && name.starts_with(other)
            });
            let standing = corrected.fold((stands, 0), |(latest, number), (_, &stands)| {
                (latest.max(stands), number + 1)
            });
            ((source, name), standing)
        })
        .collect()
}

fn without_replaced_postings(mut facts: Vec<&Arc<Fact>>) -> Vec<&Arc<Fact>> {
    let mut last: BTreeMap<EditionKey<'_>, PostingKey> = BTreeMap::new();
    for fact in &facts {
        if fact.origin.edition.repost == Repost::Replaces {
            let posting = posting_key(&fact.origin);
            last.entry(edition_key(&fact.origin))
                .and_modify(|known| *known = (*known).max(posting))
                .or_insert(posting);
        }
    }
    facts.retain(|fact| {
        fact.origin.edition.repost == Repost::Amends
            || last.get(&edition_key(&fact.origin)) == Some(&posting_key(&fact.origin))
    });
    facts
}

/// Puts a stretch without end over what is believed from its first day on.
fn override_from<'f>(stretches: &mut Vec<Stretch<'f>>, stretch: Stretch<'f>) {
    let from = stretch.period.from;
    stretches.truncate(stretches.partition_point(|earlier| earlier.period.from < from));
    if let Some(last) = stretches.last_mut() {
        last.period.until = Some(last.period.until.map_or(from, |until| until.min(from)));
    }
    stretches.push(stretch);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::tests::{Say, day, facts, status};
    use crate::model::topic::Subject;

    fn believed(facts: Vec<Fact>, on: NaiveDate) -> Option<String> {
        let timelines = fold(facts);
        let topic = Topic::national(Subject::Service("20560".parse().unwrap()));
        Some(
            timelines
                .get(&topic, Attribute::Status)?
                .at(on)?
                .observation
                .to_string(),
        )
    }

    #[test]
    fn a_later_document_overrides_from_its_first_day_on() {
        let facts = vec![
            status("RVU20A", "2020-01-01", "2019-12-10", "N"),
            status("RVU20B", "2020-04-01", "2020-03-20", "A"),
        ];
        for (on, letter) in [
            ("2019-12-31", None),
            ("2020-01-01", Some("N")),
            ("2020-03-31", Some("N")),
            ("2020-04-01", Some("A")),
            ("2030-01-01", Some("A")),
        ] {
            assert_eq!(believed(facts.clone(), day(on)).as_deref(), letter, "{on}");
        }
    }

    #[test]
    fn a_release_posted_again_late_does_not_outrank_the_next_release() {
        // RVU24A was posted again on 1 April 2024, when RVU24B had long been out.
        let facts = vec![
            status("RVU24A", "2024-01-01", "2024-04-01", "N"),
            status("RVU24B", "2024-04-01", "2024-03-18", "A"),
            status("RVU24AR", "2024-03-09", "2024-04-01", "R"),
        ];
        for (on, letter) in [
            ("2024-02-01", "N"),
            ("2024-03-09", "R"),
            ("2024-04-01", "A"),
            ("2024-12-01", "A"),
        ] {
            assert_eq!(
                believed(facts.clone(), day(on)).as_deref(),
                Some(letter),
                "{on}"
            );
        }
    }

    #[test]
    fn a_correction_counts_after_what_it_corrects_whichever_is_posted_last() {
        let release = |published| status("RVU24A", "2024-01-01", published, "N");
        let correction = |published| status("RVU24AR", "2024-01-01", published, "R");
        let again = |published| status("RVU24AR1", "2024-01-01", published, "A");
        for (facts, letter) in [
            (vec![release("2024-04-01"), correction("2024-04-01")], "R"),
            (vec![release("2024-04-02"), correction("2024-03-01")], "R"),
            // Posted before the year began, and the release once more after that.
            (vec![release("2024-01-05"), correction("2023-12-28")], "R"),
            (
                vec![
                    release("2024-04-02"),
                    correction("2024-04-01"),
                    again("2024-03-01"),
                ],
                "A",
            ),
        ] {
            assert_eq!(
                believed(facts.clone(), day("2024-02-01")).as_deref(),
                Some(letter),
                "{facts:?}"
            );
        }
        // The next release and another source are no corrections.
        let next = vec![
            correction("2024-01-01"),
            status("RVU24B", "2024-01-01", "2024-01-02", "N"),
        ];
        assert_eq!(believed(next, day("2024-02-01")).as_deref(), Some("N"));
        let mut elsewhere = correction("2024-01-01");
        Arc::make_mut(&mut elsewhere.origin).source = "opps".to_owned();
        let both = vec![elsewhere, release("2024-01-02")];
        assert_eq!(believed(both, day("2024-02-01")).as_deref(), Some("N"));
    }

    #[test]
    fn a_repost_takes_the_place_of_its_release_for_all_its_days() {
        let facts = vec![
            status("RVU20B", "2020-04-01", "2020-03-20", "N"),
            status("RVU20B", "2020-04-01", "2020-05-01", "A"),
        ];
        assert_eq!(
            believed(facts.clone(), day("2020-04-10")).as_deref(),
            Some("A")
        );
        assert_eq!(
            believed(published_by(&facts, day("2020-04-10")), day("2020-04-10")).as_deref(),
            Some("N")
        );
    }

    #[test]
    fn a_retroactive_document_reaches_back_and_later_releases_stand_on_it() {
        let mut order = status("CR 11661", "2020-01-21", "2020-02-14", "A");
        // A one-off document speaks on the day of its publication, not before.
        let origin = Arc::make_mut(&mut order.origin);
        origin.edition.begins = day("2020-02-14");
        let facts = vec![
            status("RVU20A", "2020-01-01", "2019-12-10", "N"),
            order,
            status("RVU20B", "2020-04-01", "2020-03-20", "A"),
        ];
        assert_eq!(
            believed(facts.clone(), day("2020-01-20")).as_deref(),
            Some("N")
        );
        assert_eq!(
            believed(facts.clone(), day("2020-01-21")).as_deref(),
            Some("A")
        );
        assert_eq!(
            believed(published_by(&facts, day("2020-02-01")), day("2020-01-25")).as_deref(),
            Some("N")
        );
    }

    #[test]
    fn an_amended_record_keeps_its_old_text_for_the_days_before_the_amendment() {
        let mut facts = vec![
            status("NCD 373", "2020-01-21", "2020-05-08", "old"),
            status("NCD 373", "2020-01-21", "2026-09-01", "new"),
        ];
        for fact in &mut facts {
            Arc::make_mut(&mut fact.origin).edition.repost = Repost::Amends;
        }
        for (on, text) in [
            ("2020-01-21", "old"),
            ("2026-08-31", "old"),
            ("2026-09-01", "new"),
        ] {
            assert_eq!(
                believed(facts.clone(), day(on)).as_deref(),
                Some(text),
                "{on}"
            );
        }
    }

    #[test]
    fn words_that_come_back_hold_from_the_day_on_which_they_came_back() {
        let mut facts = vec![
            status("NCD 373", "2020-01-21", "2020-05-08", "old"),
            status("NCD 373", "2020-01-21", "2026-02-01", "new"),
            status("NCD 373", "2020-01-21", "2026-09-01", "old"),
        ];
        let first = facts[0].origin.document;
        for fact in &mut facts {
            Arc::make_mut(&mut fact.origin).edition.repost = Repost::Amends;
        }
        // The same bytes as at first.
        Arc::make_mut(&mut facts[2].origin).document = first;
        for (on, text) in [
            ("2026-01-31", "old"),
            ("2026-02-01", "new"),
            ("2026-08-31", "new"),
            ("2026-09-01", "old"),
        ] {
            let found = believed(facts.clone(), day(on));
            assert_eq!(found.as_deref(), Some(text), "{on}");
        }
    }

    #[test]
    fn a_store_filled_by_backfill_answers_for_the_day_an_edition_began() {
        let facts = vec![
            status("RVU20A", "2020-01-01", "2020-01-31", "N"),
            status("RVU20B", "2020-04-01", "2020-05-01", "A"),
        ];
        let then = published_by(&facts, day("2020-01-15"));
        assert_eq!(then.len(), 1);
        assert!(then[0].origin.is_later_posting_on(day("2020-01-15")));
        assert_eq!(believed(then, day("2020-06-01")).as_deref(), Some("N"));
    }

    #[test]
    fn what_was_known_at_an_instant_was_captured_until_then() {
        let facts = vec![
            status("RVU20A", "2020-01-01", "2019-12-10", "N"),
            status("RVU20B", "2020-04-01", "2020-03-20", "A"),
        ];
        let noon = facts[0].origin.learned;
        let editions = |instant: DateTime<Utc>| -> Vec<String> {
            known_by(facts.clone(), instant)
                .iter()
                .map(|fact| fact.origin.edition.name.clone())
                .collect()
        };
        let second = chrono::TimeDelta::seconds(1);
        assert_eq!(editions(noon - second), Vec::<String>::new());
        assert_eq!(editions(noon), ["RVU20A"], "at that very instant");
        assert_eq!(editions(facts[1].origin.learned), ["RVU20A", "RVU20B"]);
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_does_not_matter(says in prop::collection::vec(Say::any(), 0..12), seed in any::<u64>()) {
            let forward = facts(&says);
            let mut shuffled = forward.clone();
            fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
            prop_assert_eq!(fold(forward), fold(shuffled));
        }

        #[test]
        fn reading_a_document_twice_changes_nothing(says in prop::collection::vec(Say::any(), 0..12)) {
            let once = facts(&says);
            let twice: Vec<Fact> = once.iter().chain(&once).cloned().collect();
            prop_assert_eq!(fold(once), fold(twice));
        }

        #[test]
        fn segments_are_in_order_and_do_not_overlap(says in prop::collection::vec(Say::any(), 0..12)) {
            for (_, attributes) in fold(facts(&says)).topics() {
                for timeline in attributes.values() {
                    for pair in timeline.segments.windows(2) {
                        prop_assert_eq!(pair[0].period.until, Some(pair[1].period.from));
                        prop_assert!(pair[0].period.from < pair[1].period.from);
                    }
                    prop_assert_eq!(timeline.segments.last().and_then(|last| last.period.until), None);
                }
            }
        }
    }
}
