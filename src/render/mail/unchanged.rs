//! What a document leaves as it was, in a mail.

use crate::model::alert::Unchanged;
use crate::model::answer::NOT_OBSERVED;
use crate::render::clean;

/// Layers named in one mail.
const LAYERS: usize = 16;

/// Of which day, and the layers that stay, each in a line; nothing where nothing is known.
pub(super) fn unchanged(layers: &[Unchanged]) -> (String, Vec<String>) {
    let (unknown, known): (Vec<&Unchanged>, Vec<&Unchanged>) = layers
        .iter()
        .take(LAYERS)
        .partition(|one| one.says.starts_with(NOT_OBSERVED));
    let Some(first) = known.first() else {
        return (String::new(), Vec::new());
    };
    let on = first.on;
    let lines = known.into_iter().map(|one| {
        let subjects = clean::line(&one.subjects.join(", "), 80);
        format!(
            "{} ({subjects}): {}",
            one.layer.label(),
            clean::line(&one.says, 200)
        )
    });
    // What was never observed cannot be said to stay.
    let mut labels: Vec<&str> = unknown.iter().map(|one| one.layer.label()).collect();
    labels.dedup();
    let unknown = (!labels.is_empty()).then(|| {
        format!(
            "Not observed, so nothing is known of it: {}",
            labels.join(", ")
        )
    });
    let words = format!(
        "Coverage is decided in layers, and each moves on its own day. For services of {on} these stay as they were:"
    );
    (words, lines.chain(unknown).collect())
}
