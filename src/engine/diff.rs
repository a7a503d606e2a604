//! What moved between two beliefs.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::model::change::Change;
use crate::model::fact::{FactKey, Observation};
use crate::model::timeline::{Period, Segment, Timeline, Timelines};

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
    let empty = Timeline::default();
    keys.into_iter()
        .flat_map(|key| {
            let old = before.get(&key.topic, key.attribute).unwrap_or(&empty);
            let new = after.get(&key.topic, key.attribute).unwrap_or(&empty);
            diff_key(&key, old, new)
        })
        .collect()
}

fn diff_key(key: &FactKey, old: &Timeline, new: &Timeline) -> Vec<Change> {
    let mut days: Vec<NaiveDate> = [old, new]
        .into_iter()
        .flat_map(|timeline| &timeline.segments)
        .flat_map(|segment| std::iter::once(segment.period.from).chain(segment.period.until))
        .collect();
    days.sort_unstable();
    days.dedup();

    let mut changes: Vec<Change> = Vec::new();
    for (index, &from) in days.iter().enumerate() {
        let until = days.get(index + 1).copied();
        let (was, now) = (old.at(from), new.at(from));
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
                key: key.clone(),
                days: Period { from, until },
                was: observed(was).cloned(),
                now: observed(now).cloned(),
                before: was.map(|segment| segment.fact.clone()),
                after: now.map(|segment| segment.fact.clone()),
            });
        }
    }
    changes
}

fn observed(segment: Option<&Segment>) -> Option<&Observation> {
    segment.map(|segment| &segment.observation)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::fold::fold;
    use crate::engine::tests::{Say, day, facts, status};

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
            None => observed(before.get(&key.topic, key.attribute).and_then(|t| t.at(on))).cloned(),
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

    proptest! {
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
                            observed(timeline.at(on)).cloned(),
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
