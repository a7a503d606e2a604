//! What the letters mean, in our own words.

use super::moves::{Move, What};
use crate::model::attribute::Attribute;
use crate::model::topic::Subject;
use crate::render::wording;

/// What the letters mean that the mail shows, each once, in the order in which they are met.
pub(super) fn meanings<'a>(shown: impl Iterator<Item = &'a Move<'a>>) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    let (mut has_status, mut has_policy) = (false, false);
    for one in shown {
        has_policy |= matches!(one.subjects.first(), Some(Subject::Policy(_)));
        for change in &one.changes {
            let attribute = change.key.attribute;
            if one.what == What::Whole && attribute != Attribute::Status {
                continue;
            }
            has_status |= attribute == Attribute::Status;
            for side in [&change.was, &change.now].into_iter().flatten() {
                if let Some(meaning) = wording::describe(attribute, side)
                    && !said.contains(&meaning)
                {
                    said.push(meaning);
                }
            }
        }
    }
    if has_status {
        said.push(wording::STATUS_IS_ONE_LAYER.to_owned());
    }
    if has_policy {
        said.push(wording::NCD_NAMES_NO_CODES.to_owned());
    }
    said
}
