//! What one check found, told in as few messages as it has subjects.

use super::judge::{Verdict, digest, sort};
use crate::model::alert::{Alert, AlertBody, ChangeAlert, Phase, Unchanged};
use crate::model::record::ChangeRecord;

/// What follows from several documents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gathered {
    /// The alerts, fewer than there were documents.
    pub alerts: Vec<Alert>,
    /// Everything that moved, each change with the alert that now tells it.
    pub changes: Vec<ChangeRecord>,
}

/// The verdicts on all documents of one check, told in as few alerts as [`merged`] makes of them.
pub fn gathered(verdicts: Vec<Verdict>) -> Gathered {
    let (mut alerts, mut changes) = (Vec::new(), Vec::new());
    for verdict in verdicts {
        alerts.extend(verdict.alert);
        changes.extend(verdict.changes);
    }
    let merged = merged(alerts);
    for change in &mut changes {
        let now = merged
            .iter()
            .find(|(_, of)| change.alert.as_ref().is_some_and(|id| of.contains(id)));
        if let Some((alert, _)) = now {
            change.alert = Some(alert.id.clone());
        }
    }
    Gathered {
        alerts: merged.into_iter().map(|(alert, _)| alert).collect(),
        changes,
    }
}

/// One alert for each rulemaking and phase, and one for all that belongs to none. A proposal and a
/// final rule are never told in one: each message is of one phase.
///
/// The document named first is the one with the gravest change; every change has the proof of its own.
/// Alerts to the operator pass through as they are.
///
/// Each comes with the ids of the alerts that it was made of.
fn merged(alerts: Vec<Alert>) -> Vec<(Alert, Vec<String>)> {
    let mut passed = Vec::new();
    let mut groups: Vec<(Option<String>, Phase, Vec<Alert>)> = Vec::new();
    for alert in alerts {
        let AlertBody::Change(body) = &alert.body else {
            let id = alert.id.clone();
            passed.push((alert, vec![id]));
            continue;
        };
        let (thread, phase) = (body.thread.clone(), body.phase);
        match groups
            .iter_mut()
            .find(|(other, of, _)| *other == thread && *of == phase)
        {
            Some((_, _, group)) => group.push(alert),
            None => groups.push((thread, phase, vec![alert])),
        }
    }
    passed.extend(
        groups
            .into_iter()
            .filter_map(|(_, _, group)| together(group)),
    );
    passed
}

fn together(group: Vec<Alert>) -> Option<(Alert, Vec<String>)> {
    let mut ids: Vec<String> = group.iter().map(|alert| alert.id.clone()).collect();
    if ids.len() < 2 {
        return Some((group.into_iter().next()?, ids));
    }
    ids.sort_unstable();
    let id = digest(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let raised = group.iter().map(|alert| alert.raised).max()?;
    let mut bodies: Vec<ChangeAlert> = group
        .into_iter()
        .filter_map(|alert| match alert.body {
            AlertBody::Change(body) => Some(body),
            AlertBody::Operator(_) => None,
        })
        .collect();
    // The sort is stable: among equals the document that was read first leads.
    bodies.sort_by_key(|body| std::cmp::Reverse(body.severity));
    let edition = editions(&bodies);
    let mut rest = bodies.into_iter();
    let mut all = rest.next()?;
    all.edition = edition;
    for body in rest {
        all.published = all.published.max(body.published);
        all.captured = all.captured.max(body.captured);
        all.changes.extend(body.changes);
        all.look_alikes.extend(body.look_alikes);
        all.dollars.extend(body.dollars);
        keep_common(&mut all.unchanged, body.unchanged);
    }
    sort(&mut all.changes);
    let body = AlertBody::Change(all);
    Some((Alert { id, raised, body }, ids))
}

/// What one document leaves as it was, another may have changed: only what both leave is unchanged. One
/// that says nothing of layers, because it is about no code, has no part in it.
fn keep_common(all: &mut Vec<Unchanged>, others: Vec<Unchanged>) {
    if all.is_empty() {
        *all = others;
    } else if !others.is_empty() {
        all.retain(|line| others.contains(line));
    }
}

/// The names of a few, and how many there are beside them.
fn editions(bodies: &[ChangeAlert]) -> String {
    const NAMED: usize = 3;
    let mut names: Vec<&str> = Vec::new();
    for body in bodies {
        if !names.contains(&body.edition.as_str()) {
            names.push(&body.edition);
        }
    }
    match names.len() {
        0..=NAMED => names.join(", "),
        many => format!(
            "{} and {} more",
            names.get(..NAMED).unwrap_or_default().join(", "),
            many - NAMED
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::diff::diff;
    use crate::engine::fold::fold;
    use crate::engine::judge::{Occasion, judge};
    use crate::engine::tests::{day, fact};
    use crate::model::attribute::Attribute;
    use crate::model::change::Severity;
    use crate::model::topic::Subject;
    use crate::model::watch::{Codes, Watch};

    /// The verdict on one page that changed.
    fn page(name: &str, thread: Option<&str>, severity: Severity) -> Verdict {
        let said = |published: &str, text: &str| {
            let values = [(Attribute::Content, text)];
            fact(
                name,
                "2026-01-01",
                published,
                Subject::Page(name.to_owned()),
                &values,
            )
        };
        let (old, new) = (said("2026-01-01", "a"), said("2026-02-01", "b"));
        let (before, after) = (fold([old.clone()]), fold([old, new.clone()]));
        let watch = Watch {
            codes: Codes::Named([].into()),
            look_alikes: [].into(),
            words: [].into(),
            billed_with: [].into(),
            localities: [].into(),
            ncds: [].into(),
        };
        let occasion = Occasion {
            watch: &watch,
            source_title: "Pages",
            origin: &new.origin,
            baseline: false,
            announces_new: false,
            thread,
            severity: Some(severity),
            beliefs: &after,
            now: day("2026-02-02").and_hms_opt(0, 0, 0).unwrap().and_utc(),
        };
        judge(diff(&before, &after), &occasion)
    }

    fn body(alert: &Alert) -> &ChangeAlert {
        match &alert.body {
            AlertBody::Change(body) => body,
            AlertBody::Operator(_) => panic!("no change"),
        }
    }

    #[test]
    fn the_news_of_one_check_is_one_alert_and_every_change_names_it() {
        let pages = ["a", "b", "c", "d", "e"].map(|name| page(name, None, Severity::Coding));
        let single = pages[2].clone();
        let gathered_pages = gathered(pages.to_vec());
        let [alert] = gathered_pages.alerts.as_slice() else {
            panic!("{:?}", gathered_pages.alerts);
        };
        assert_eq!(body(alert).edition, "a, b, c and 2 more");
        assert_eq!(body(alert).changes.len(), 5);
        assert_eq!(gathered_pages.changes.len(), 5);
        assert!(
            gathered_pages
                .changes
                .iter()
                .all(|change| change.alert.as_ref() == Some(&alert.id))
        );

        let mut reversed = pages;
        reversed.reverse();
        assert_eq!(
            gathered(reversed.to_vec()).alerts[0].id,
            alert.id,
            "whatever the order"
        );
        let alone = gathered(vec![single.clone()]);
        assert_eq!(alone.alerts, single.alert.into_iter().collect::<Vec<_>>());
        assert_eq!(alone.changes, single.changes);
    }

    #[test]
    fn the_gravest_document_leads_and_each_rulemaking_is_told_alone() {
        let found = gathered(vec![
            page("a", None, Severity::Coding),
            page("b", Some("CMS-1848"), Severity::Coding),
            page("c", None, Severity::Coverage),
        ]);
        let told: Vec<_> = found
            .alerts
            .iter()
            .map(|alert| {
                (
                    body(alert).thread.as_deref(),
                    body(alert).severity,
                    body(alert).edition.as_str(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (None, Severity::Coverage, "c, a"),
                (Some("CMS-1848"), Severity::Coding, "b")
            ]
        );
        assert!(body(&found.alerts[0]).url.ends_with("/c.zip"));
    }

    #[test]
    fn what_one_document_leaves_and_another_changes_is_not_said_to_stay() {
        let stays = |says: &str| Unchanged {
            layer: crate::model::answer::Layer::Ncd,
            subjects: vec!["NCD 30.3.3".to_owned()],
            says: says.to_owned(),
            on: day("2020-01-01"),
        };
        let of = |sides: [Vec<Unchanged>; 2]| {
            let [mut all, others] = sides;
            keep_common(&mut all, others);
            all
        };
        let (a, b) = (stays("twelve visits"), stays("ten visits"));
        let only_b = vec![b.clone()];
        assert_eq!(of([vec![a.clone(), b], only_b.clone()]), only_b);
        assert_eq!(of([vec![], only_b.clone()]), only_b);
        let only_a = vec![a];
        assert_eq!(of([only_a.clone(), vec![]]), only_a);
        assert_eq!(of([only_a, only_b]), []);
    }
}
