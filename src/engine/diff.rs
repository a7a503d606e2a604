//! What moved between two beliefs.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;

use super::fold::{Stretch, believed, by_topic, utterances};
use crate::model::attribute::Attribute;
use crate::model::change::Change;
use crate::model::fact::{Fact, FactKey, Observation};
use crate::model::timeline::{Period, Timelines};
use crate::model::topic::Topic;

/// The days on which `after` says something else than `before`, as few changes as possible.
///
/// Only observations count: the same value proved by another document is no change.
pub fn diff(before: &Timelines, after: &Timelines) -> Vec<Change> {
    let keys: BTreeSet<FactKey> = [before, after]
        .into_iter()
        .flat_map(Timelines::topics)
        .flat_map(|(topic, attributes)| {
            attributes.keys().map(|&attribute| FactKey {
                topic: topic.clone(),
                attribute,
            })
        })
        .collect();
    let mut changes = Vec::new();
    for key in keys {
        let (old, new) = (stretches(before, &key), stretches(after, &key));
        changes.extend(diff_key(&key.topic, key.attribute, &old, &new));
    }
    changes
}

fn stretches<'f>(timelines: &'f Timelines, key: &FactKey) -> Vec<Stretch<'f>> {
    let timeline = timelines.get(&key.topic, key.attribute);
    let segments = timeline.into_iter().flat_map(|timeline| &timeline.segments);
    segments.map(Stretch::from).collect()
}

/// `diff(&fold(before), &fold(after))`, without building the beliefs that do not differ.
///
/// A document names thousands of rows and moves few of them. Where every fact of a topic speaks of
/// the same attributes, as the rows of one table do, its belief is first compared row by row.
pub fn moved(before: &[Arc<Fact>], after: &[Arc<Fact>]) -> Vec<Change> {
    let (before, after) = (by_topic(before), by_topic(after));
    let topics: BTreeSet<&Topic> = before.keys().chain(after.keys()).copied().collect();
    let mut changes = Vec::new();
    for topic in topics {
        let old = utterances(before.get(topic).into_iter().flatten().copied());
        let new = utterances(after.get(topic).into_iter().flatten().copied());
        if speak_of_the_same(&old, &new) && rows_agree(&old, &new) {
            continue;
        }
        let (old, new) = (believed(&old), believed(&new));
        let attributes: BTreeSet<Attribute> = old.keys().chain(new.keys()).copied().collect();
        for attribute in attributes {
            let old = old.get(&attribute).map_or(&[][..], Vec::as_slice);
            let new = new.get(&attribute).map_or(&[][..], Vec::as_slice);
            changes.extend(diff_key(topic, attribute, old, new));
        }
    }
    changes
}

type Utterance<'f> = (NaiveDate, &'f Arc<Fact>);

/// Whether all these facts have the same attributes, so that each overrides the others whole.
fn speak_of_the_same(old: &[Utterance<'_>], new: &[Utterance<'_>]) -> bool {
    let mut all = old
        .iter()
        .chain(new)
        .map(|(_, fact)| &fact.statement.values);
    let Some(first) = all.next() else {
        return true;
    };
    all.all(|values| Arc::ptr_eq(values, first) || values.keys().eq(first.keys()))
}

/// Whether the rows that are believed say the same on every day.
fn rows_agree(old: &[Utterance<'_>], new: &[Utterance<'_>]) -> bool {
    let (old, new) = (rows(old), rows(new));
    let mut days: Vec<NaiveDate> = old.iter().chain(&new).map(|(from, _)| *from).collect();
    days.sort_unstable();
    days.dedup();
    days.into_iter()
        .all(|day| match (row_on(&old, day), row_on(&new, day)) {
            (None, None) => true,
            (Some(was), Some(now)) => {
                let (was, now) = (&was.statement.values, &now.statement.values);
                Arc::ptr_eq(was, now) || was == now
            }
            (None, Some(_)) | (Some(_), None) => false,
        })
}

/// The step function of whole rows.
fn rows<'f>(utterances: &[Utterance<'f>]) -> Vec<Utterance<'f>> {
    let mut rows: Vec<Utterance<'f>> = Vec::with_capacity(utterances.len());
    for &(from, fact) in utterances {
        rows.truncate(rows.partition_point(|(earlier, _)| *earlier < from));
        rows.push((from, fact));
    }
    rows
}

fn row_on<'f>(rows: &[Utterance<'f>], day: NaiveDate) -> Option<&'f Arc<Fact>> {
    let after = rows.partition_point(|(from, _)| *from <= day);
    rows.get(after.checked_sub(1)?).map(|(_, fact)| *fact)
}

fn diff_key(
    topic: &Topic,
    attribute: Attribute,
    old: &[Stretch<'_>],
    new: &[Stretch<'_>],
) -> Vec<Change> {
    let mut days: Vec<NaiveDate> = old
        .iter()
        .chain(new)
        .flat_map(|stretch| std::iter::once(stretch.period.from).chain(stretch.period.until))
        .collect();
    days.sort_unstable();
    days.dedup();

    let mut changes: Vec<Change> = Vec::new();
    for (index, &from) in days.iter().enumerate() {
        let until = days.get(index + 1).copied();
        let (was, now) = (on(old, from), on(new, from));
        if observed(was) == observed(now) {
            continue;
        }
        let continues = changes.last_mut().filter(|last| {
            last.days.until == Some(from)
                && last.was.as_ref() == observed(was)
                && last.now.as_ref() == observed(now)
        });
        if let Some(last) = continues {
            last.days.until = until;
        } else {
            changes.push(Change {
                key: FactKey {
                    topic: topic.clone(),
                    attribute,
                },
                days: Period { from, until },
                was: observed(was).cloned(),
                now: observed(now).cloned(),
                before: was.map(|stretch| Arc::clone(stretch.fact)),
                after: now.map(|stretch| Arc::clone(stretch.fact)),
            });
        }
    }
    changes
}

fn on<'s, 'f>(stretches: &'s [Stretch<'f>], day: NaiveDate) -> Option<&'s Stretch<'f>> {
    let after = stretches.partition_point(|stretch| stretch.period.from <= day);
    let last = stretches.get(after.checked_sub(1)?)?;
    last.period.contains(day).then_some(last)
}

fn observed<'f>(stretch: Option<&Stretch<'f>>) -> Option<&'f Observation> {
    stretch.map(|stretch| stretch.observation)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::fold::fold;
    use crate::engine::tests::{Say, day, fact, facts, status};
    use crate::model::timeline::Timeline;
    use crate::model::topic::Subject;

    fn seen(timeline: Option<&Timeline>, on: NaiveDate) -> Option<Observation> {
        Some(timeline?.at(on)?.observation.clone())
    }

    /// The old belief with the changes applied, day by day at the ends of all periods.
    fn applied(
        before: &Timelines,
        changes: &[Change],
        key: &FactKey,
        on: NaiveDate,
    ) -> Option<Observation> {
        let moved = changes
            .iter()
            .find(|change| change.key == *key && change.days.contains(on));
        match moved {
            Some(change) => change.now.clone(),
            None => seen(before.get(&key.topic, key.attribute), on),
        }
    }

    #[test]
    fn one_release_moves_one_stretch_of_days() {
        let before = fold(vec![status("RVU20A", "2020-01-01", "2019-12-10", "N")]);
        let after = fold(vec![
            status("RVU20A", "2020-01-01", "2019-12-10", "N"),
            status("RVU20B", "2020-04-01", "2020-05-01", "A"),
        ]);
        let changes = diff(&before, &after);
        let [change] = &changes[..] else {
            panic!("{changes:?}")
        };
        assert_eq!(
            change.days,
            Period {
                from: day("2020-04-01"),
                until: None
            }
        );
        assert_eq!(
            (change.was.clone(), change.now.clone()),
            (Some(Observation::text("N")), Some(Observation::text("A")))
        );
        assert_eq!(
            change.retroactive_days(),
            Some(Period {
                from: day("2020-04-01"),
                until: Some(day("2020-05-01"))
            })
        );
    }

    #[test]
    fn the_same_value_in_the_next_release_is_no_change() {
        let before = fold(vec![status("RVU20B", "2020-04-01", "2020-03-20", "A")]);
        let after = fold(vec![
            status("RVU20B", "2020-04-01", "2020-03-20", "A"),
            status("RVU20C", "2020-07-01", "2020-06-19", "A"),
        ]);
        assert_eq!(diff(&before, &after), vec![]);
    }

    /// A status that moved, as `first day, was, now`.
    fn moves(before: Vec<Fact>, after: Vec<Fact>) -> Vec<(NaiveDate, String, String)> {
        let text = |side: &Option<Observation>| side.as_ref().map(ToString::to_string);
        diff(&fold(before), &fold(after))
            .iter()
            .map(|change| {
                let sides = [&change.was, &change.now].map(|side| text(side).unwrap_or_default());
                let [was, now] = sides;
                (change.days.from, was, now)
            })
            .collect()
    }

    #[test]
    fn days_with_the_same_change_are_one_change_and_others_are_told_apart() {
        let (first, second) = ("2020-01-01", "2020-04-01");
        let always = |letter: &str| vec![status("RVU20A", first, "2019-12-10", letter)];
        let two = |one: &str, other: &str| {
            vec![
                status("RVU20A", first, "2019-12-10", one),
                status("RVU20B", second, "2020-03-20", other),
            ]
        };
        let change = |from: &str, was: &str, now: &str| (day(from), was.to_owned(), now.to_owned());
        for (before, after, expected) in [
            (two("N", "N"), always("A"), vec![change(first, "N", "A")]),
            (always("N"), two("A", "A"), vec![change(first, "N", "A")]),
            (
                two("N", "B"),
                always("A"),
                vec![change(first, "N", "A"), change(second, "B", "A")],
            ),
            (
                always("N"),
                two("A", "R"),
                vec![change(first, "N", "A"), change(second, "N", "R")],
            ),
        ] {
            assert_eq!(moves(before, after), expected);
        }
    }

    #[test]
    fn a_row_that_speaks_of_less_leaves_the_rest_of_the_belief() {
        let whole = fact(
            "RVU20A",
            "2020-01-01",
            "2019-12-10",
            Subject::Service("20560".parse().unwrap()),
            &[(Attribute::Status, "N"), (Attribute::WorkRvu, "0.32")],
        );
        let part = status("RVU20B", "2020-04-01", "2020-03-20", "N");
        let before = vec![Arc::new(whole.clone())];
        let after = vec![Arc::new(whole), Arc::new(part)];
        assert_eq!(moved(&before, &after), vec![]);
    }

    proptest! {
        #[test]
        fn what_moved_is_the_difference_of_the_beliefs(
            says in prop::collection::vec(Say::any(), 0..12),
            left in prop::collection::vec(any::<bool>(), 12),
        ) {
            let after = facts(&says);
            let before: Vec<Fact> =
                after.iter().zip(left).filter(|(_, left)| !left).map(|(fact, _)| fact.clone()).collect();
            let shared = |facts: &[Fact]| facts.iter().cloned().map(Arc::new).collect::<Vec<_>>();
            let there = moved(&shared(&before), &shared(&after));
            let back = moved(&shared(&after), &shared(&before));
            let (before, after) = (fold(before), fold(after));
            prop_assert_eq!(there, diff(&before, &after));
            prop_assert_eq!(back, diff(&after, &before));
        }

        #[test]
        fn equal_beliefs_differ_in_nothing(says in prop::collection::vec(Say::any(), 0..12)) {
            let timelines = fold(facts(&says));
            prop_assert_eq!(diff(&timelines, &timelines), vec![]);
        }

        #[test]
        fn the_changes_applied_to_the_old_give_the_new(
            says in prop::collection::vec(Say::any(), 0..12), split in 0_usize..12,
        ) {
            let before = fold(facts(&says[..split.min(says.len())]));
            let after = fold(facts(&says));
            let changes = diff(&before, &after);
            for (topic, attributes) in after.topics() {
                for (&attribute, timeline) in attributes {
                    let key = FactKey { topic: topic.clone(), attribute };
                    let old = before.get(topic, attribute).cloned().unwrap_or_default();
                    let ends = timeline.segments.iter().chain(&old.segments).map(|s| s.period.from);
                    for on in ends.flat_map(|d| [d.pred_opt().unwrap(), d, d.succ_opt().unwrap()]) {
                        prop_assert_eq!(
                            applied(&before, &changes, &key, on),
                            seen(Some(timeline), on),
                        );
                    }
                }
            }
            for change in &changes {
                prop_assert!(change.was != change.now);
                prop_assert!(change.days.until.is_none_or(|until| until > change.days.from));
            }
        }
    }
}
