//! An answer that says the beginning of what was said before, in a form that does not show its end.
//!
//! Nobody can tell at once whether the end was lost on the way or deleted at the source. What is cut on the
//! way comes whole the next time; so it is told to the operator, and is news only when a later check
//! finds the very same.

use std::sync::Arc;

use super::look::Looked;
use super::unit::Done;
use crate::app::state::App;
use crate::model::document::Document;
use crate::model::health::ProblemKind;
use crate::model::record::Standing;
use crate::model::request::Unit;
use crate::sources::Source;

/// Why the answer is not believed yet, if so.
pub(super) async fn may_be_cut(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    unit: &Unit,
    looked: &Looked,
    standing: &Standing,
) -> anyhow::Result<Option<Done>> {
    if app.replayed().is_some() {
        // A recording has no later answer to wait for.
        return Ok(None);
    }
    let document = |hash, bytes, captured| Document {
        url: unit.request.url.clone(),
        final_url: looked.final_url.clone(),
        captured,
        hash,
        bytes,
        text: None,
    };
    let now = document(looked.hash, Arc::clone(&looked.bytes), looked.at);
    let earlier = app.load(standing.document).await?;
    let was = document(standing.document, earlier, standing.since);
    let (reader, one) = (Arc::clone(source), unit.clone());
    let cut = super::guard::guarded(app, source.meta().id, &unit.name, move || {
        reader.may_be_cut(&one, &now, &was)
    });
    if !matches!(cut.await?, Ok(true)) {
        return Ok(None);
    }
    let text = format!(
        "{} answered with the beginning of what it said before, and its end is missing: {} bytes, content {}. \
         It may be cut; when the next check finds the same, it is told as a change",
        unit.request.url,
        looked.bytes.len(),
        looked.said.get(..12).unwrap_or_default(),
    );
    let known = app.open_problems(source.meta().id).await?;
    let again = known.iter().map(|open| &open.problem).any(|problem| {
        problem.subject == unit.name
            && problem.kind == ProblemKind::Unstable
            && problem.text == text
    });
    Ok((!again).then_some(Done::Failed {
        kind: ProblemKind::Unstable,
        text,
    }))
}
