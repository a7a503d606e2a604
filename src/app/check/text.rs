//! The text of PDFs, beside their bytes.

use std::sync::Arc;

use super::obtain::Missing;
use crate::app::state::App;
use crate::model::document::Document;
use crate::model::health::ProblemKind;
use crate::parse::pdf::normalised;

/// A PDF with its text. One that cannot be read is a problem for the operator; the facts stand.
pub(super) async fn with_text(app: &App, document: Document) -> Result<Document, Missing> {
    let unreadable = |why: String| Missing::Failed {
        kind: ProblemKind::Shape,
        text: format!("{}: {why}", document.url),
    };
    let text = match app.pdf.text(&document.bytes).await {
        Ok(text) => text,
        Err(error) => return Err(unreadable(error.to_string())),
    };
    let text = tokio::task::spawn_blocking(move || normalised(&text))
        .await
        .map_err(anyhow::Error::from)?;
    if !text.contains(char::is_alphanumeric) {
        return Err(unreadable(
            "the PDF has no text: its pages may be pictures".to_owned(),
        ));
    }
    Ok(Document {
        text: Some(Arc::from(text)),
        ..document
    })
}
