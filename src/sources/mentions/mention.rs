//! The one question: what does this text name?

use std::ops::Range;

use super::tokens::Tokens;
use super::view::View;
use super::{codes, policies, words};
use crate::model::watch::Watch;

/// What kind of name it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MentionKind {
    /// A watched code, by itself or inside a range of codes.
    Code,
    /// A code of another service that is easily confused with the watched ones.
    LookAlike,
    /// A watched word or phrase.
    Word,
    /// A configured national coverage determination, by its section.
    Policy,
}

/// One place in a text that names something.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mention {
    /// The bytes of the text that name it; for a code inside a range, the whole range.
    pub at: Range<usize>,
    /// What kind of name it is.
    pub kind: MentionKind,
    /// The name as it is watched: `20560`, `dry needling`, `NCD 30.3.3`.
    pub term: String,
}

/// Everything in the text that names something watched, in the order of the text.
///
/// The text is prose as a document has it: soft hyphens, no-break spaces, dashes of all lengths and
/// line breaks are understood. Give it a paragraph or a table row at a time; what stands in two
/// paragraphs is never one name.
///
/// - *Codes* are named as whole tokens (`20560`, `CPT\u{ae}20560`, `20560-59`), and by ranges that contain
///   them (`20552 through 20561`, `20552-20561`). A range stands for every watched code and
///   look-alike in it. Numbers in the place of something else (docket, amount, page, ZIP code, ...)
///   name no code. `2056X` after a word such as "code" stands for all watched codes that begin so.
/// - A code is named under the code alone, whatever modifier it is watched with.
/// - When *all* codes are watched, each token of the form of a code that stands after a word such as
///   "code", "CPT" or "HCPCS" is named; others are numbers, and of a range only its ends are named.
/// - *Words* are whole words without regard to case, in singular and plural, across spaces, hyphens
///   and line breaks.
/// - *NCD sections* need words that say that they are sections of the NCD manual; `30.3` is not
///   named by `30.3.3`.
pub fn mentions(text: &str, watch: &Watch) -> Vec<Mention> {
    let view = View::new(text);
    let tokens = Tokens::new(&view);
    let mut found = codes::find(&view, &tokens, watch);
    found.extend(words::find(&view, watch));
    found.extend(policies::find(&view, watch));
    found.sort_by(|one, other| {
        let key = |mention: &Mention| (mention.at.start, mention.kind, mention.at.end);
        key(one)
            .cmp(&key(other))
            .then_with(|| one.term.cmp(&other.term))
    });
    found.dedup();
    found
}
