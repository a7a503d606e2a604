//! What an alert leaves as it was.

use std::collections::BTreeSet;

use super::sides::Unsettled;
use crate::app::state::App;
use crate::engine::answer::{Setting, answer, topics};
use crate::engine::judge::Verdict;
use crate::engine::unchanged::{codes_told, unchanged};
use crate::model::alert::AlertBody;
use crate::model::answer::Question;
use crate::model::topic::Topic;
use crate::model::watch::NcdLink;

/// Puts into the alert of a verdict the layers that its document changes nothing of: the answer for each
/// code that it is about, by belief without and with what it states.
pub(super) async fn tell_unchanged(
    app: &App,
    verdict: &mut Verdict,
    unsettled: Unsettled<'_>,
) -> anyhow::Result<()> {
    let Some(AlertBody::Change(alert)) = verdict.alert.as_mut().map(|alert| &mut alert.body) else {
        return Ok(());
    };
    let watch = &app.watch;
    let Some((services, on)) = codes_told(&alert.changes, watch) else {
        return Ok(());
    };
    let links: Vec<NcdLink> = watch.ncds.values().cloned().collect();
    let mut answers = Vec::new();
    for service in services {
        let question = Question::of(service, on);
        let known = app.ask(move |reader| reader.topics_about(service)).await?;
        let setting = Setting {
            links: &links,
            billed_with: &watch.billed_with,
            localities: &watch.localities,
            known: &known,
        };
        let wanted: BTreeSet<Topic> = topics(&question, &setting).into_iter().collect();
        let (before, new) = unsettled.sides(app, &wanted).await?;
        let after = before.iter().cloned().chain(new).collect();
        answers.push((
            answer(before, &question, &setting),
            answer(after, &question, &setting),
        ));
    }
    alert.unchanged = unchanged(&answers, &alert.changes);
    Ok(())
}
