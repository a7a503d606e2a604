//! A second look at what says something new, before it is believed.

use std::sync::Arc;

use super::obtain::{Missing, obtain_whole};
use super::unit::{Done, extract};
use crate::app::state::App;
use crate::io::store::said;
use crate::model::document::DocumentHash;
use crate::model::health::ProblemKind;
use crate::model::request::{Unit, UnitDocuments};
use crate::sources::Source;

/// Asks again, some seconds later, for a document that says something new. `None` when the second
/// answer says it too; `first` is the document that said it, and what it said.
pub(super) async fn confirm(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    unit: &Unit,
    first: (DocumentHash, String),
) -> anyhow::Result<Option<Done>> {
    tokio::time::sleep(app.limits.confirm).await;
    let second = async {
        let second = obtain_whole(app, &unit.request).await?;
        second.document(app).await
    };
    let primary = match second.await {
        Ok(document) => document,
        Err(Missing::NotRecorded) => return Ok(None),
        Err(Missing::Failed { kind, text }) => return Ok(Some(Done::Failed { kind, text })),
        Err(Missing::Internal(error)) => return Err(error),
    };
    if first.0 == primary.hash {
        return Ok(None);
    }
    let documents = UnitDocuments {
        primary,
        companions: unit.companions.iter().map(|_| None).collect(),
    };
    Ok(match extract(app, source, unit, documents).await? {
        Ok(reading) if first.1 == said(&reading.statements) => None,
        Ok(_) => Some(unstable(&unit.request.url)),
        Err((kind, text)) => Some(Done::Failed { kind, text }),
    })
}

/// What is told of a document that says one thing now and another in a moment.
pub(super) fn unstable(url: &str) -> Done {
    Done::Failed {
        kind: ProblemKind::Unstable,
        text: format!("{url} said something new, and something else when it was asked again"),
    }
}
