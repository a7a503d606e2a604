//! What changed inside a text: paragraphs that differ, word by word.
//!
//! Pieces are whole words and are always set apart by a space, so that old and new are never glued
//! together. No time limit is used, because the same texts must always give the same redline;
//! sizes are bounded instead.

use std::collections::BTreeMap;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::clean;

/// Texts with more paragraphs than this, both together, are not compared here.
const MOST_PARAGRAPHS: usize = 4_000;
/// Paragraphs with more words than this are not compared word by word.
const MOST_WORDS: usize = 1_500;
/// Unchanged words kept on each side of a change.
const WORDS_AROUND: usize = 25;
/// Blocks of changed paragraphs wider than this are not paired.
const MOST_PAIRED: usize = 40;

/// How a piece of text fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// In both texts.
    Same,
    /// Only in the old one.
    Gone,
    /// Only in the new one.
    New,
}

/// Words of one fate, in order, parted by single spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Their fate.
    pub fate: Fate,
    /// The words.
    pub text: String,
}

/// A paragraph that changed.
pub type Paragraph = Vec<Piece>;

/// The changed paragraphs of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Redline {
    /// In the order of the text.
    pub paragraphs: Vec<Paragraph>,
    /// Changed paragraphs that are not shown, because there are too many or they are too long.
    pub left_out: usize,
}

/// Compares two texts of one paragraph a line and shows at most `most` changed paragraphs.
pub fn redline(old: &str, new: &str, most: usize) -> Redline {
    let (old, new) = (paragraphs(old), paragraphs(new));
    if old.len() + new.len() > MOST_PARAGRAPHS {
        return Redline {
            paragraphs: Vec::new(),
            left_out: old.len().max(new.len()),
        };
    }
    let mut changed = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (was, now) = (
            old.get(op.old_range()).unwrap_or_default(),
            new.get(op.new_range()).unwrap_or_default(),
        );
        if !matches!(op, DiffOp::Equal { .. }) {
            changed.extend(block(was, now));
        }
    }
    let left_out = changed.len().saturating_sub(most);
    changed.truncate(most);
    Redline {
        paragraphs: changed,
        left_out,
    }
}

fn paragraphs(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .map(|line| clean::words(line).collect::<Vec<_>>())
        .filter(|words| !words.is_empty())
        .collect()
}

/// A stretch in which no paragraph is the same: those that resemble each other are compared word
/// by word, in order, the others are gone or new as a whole.
fn block(was: &[Vec<String>], now: &[Vec<String>]) -> Vec<Paragraph> {
    let mut result = Vec::new();
    let (mut was_done, mut now_done) = (0, 0);
    let alone = |was: &[Vec<String>], now: &[Vec<String>], result: &mut Vec<Paragraph>| {
        result.extend(was.iter().map(|words| whole(Fate::Gone, words)));
        result.extend(now.iter().map(|words| whole(Fate::New, words)));
    };
    for (i, j) in pairs(was, now) {
        let (Some(old), Some(new)) = (was.get(i), now.get(j)) else {
            continue;
        };
        alone(
            was.get(was_done..i).unwrap_or_default(),
            now.get(now_done..j).unwrap_or_default(),
            &mut result,
        );
        result.push(compare(old, new));
        (was_done, now_done) = (i + 1, j + 1);
    }
    alone(
        was.get(was_done..).unwrap_or_default(),
        now.get(now_done..).unwrap_or_default(),
        &mut result,
    );
    result
}

/// Which old paragraph became which new one: the order-keeping pairing with the greatest sum of
/// resemblance.
fn pairs(was: &[Vec<String>], now: &[Vec<String>]) -> Vec<(usize, usize)> {
    if was.len() > MOST_PAIRED || now.len() > MOST_PAIRED {
        return Vec::new();
    }
    let width = now.len() + 1;
    // best[i * width + j]: greatest sum for was[i..], now[j..], and whether i and j are paired there
    let mut best = vec![(0_u32, false); (was.len() + 1) * width];
    let at = |i: usize, j: usize| i * width + j;
    let read = |best: &[(u32, bool)], i, j| best.get(at(i, j)).map_or(0, |cell| cell.0);
    for (i, old) in was.iter().enumerate().rev() {
        for (j, new) in now.iter().enumerate().rev() {
            let skipped = read(&best, i + 1, j).max(read(&best, i, j + 1));
            let alike = resemblance(old, new);
            let paired = alike + read(&best, i + 1, j + 1);
            let cell = if alike > 0 && paired >= skipped {
                (paired, true)
            } else {
                (skipped, false)
            };
            if let Some(place) = best.get_mut(at(i, j)) {
                *place = cell;
            }
        }
    }
    let mut result = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < was.len() && j < now.len() {
        if best.get(at(i, j)).is_some_and(|cell| cell.1) {
            result.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if read(&best, i + 1, j) >= read(&best, i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
    result
}

/// Words in common, in thousandths of all words; 0 where the two are too unlike to be one paragraph.
fn resemblance(old: &[String], new: &[String]) -> u32 {
    let mut counts: BTreeMap<&str, i32> = BTreeMap::new();
    for word in old {
        *counts.entry(word).or_default() += 1;
    }
    let mut common = 0_usize;
    for word in new {
        if let Some(left) = counts.get_mut(word.as_str()).filter(|left| **left > 0) {
            *left -= 1;
            common += 1;
        }
    }
    let all = (old.len() + new.len()).max(1);
    let thousandths = u32::try_from(common * 2_000 / all).unwrap_or(1_000);
    if thousandths < 300 { 0 } else { thousandths }
}

fn whole(fate: Fate, words: &[String]) -> Paragraph {
    vec![Piece {
        fate,
        text: shortened(words, WORDS_AROUND * 8, 0),
    }]
}

fn compare(old: &[String], new: &[String]) -> Paragraph {
    if old.len() > MOST_WORDS || new.len() > MOST_WORDS {
        return [whole(Fate::Gone, old), whole(Fate::New, new)].concat();
    }
    let ops = capture_diff_slices(Algorithm::Myers, old, new);
    let last = ops.len().saturating_sub(1);
    let mut pieces = Vec::new();
    for (index, op) in ops.iter().enumerate() {
        let gone = old.get(op.old_range()).unwrap_or_default();
        let fresh = new.get(op.new_range()).unwrap_or_default();
        if matches!(op, DiffOp::Equal { .. }) {
            let before = if index == 0 { 0 } else { WORDS_AROUND };
            let after = if index == last { 0 } else { WORDS_AROUND };
            pieces.push(Piece {
                fate: Fate::Same,
                text: shortened(gone, before, after),
            });
            continue;
        }
        for (fate, words) in [(Fate::Gone, gone), (Fate::New, fresh)] {
            if !words.is_empty() {
                pieces.push(Piece {
                    fate,
                    text: shortened(words, WORDS_AROUND * 8, 0),
                });
            }
        }
    }
    pieces
}

/// The first and last words of a run; what is left out in between shows as `…`.
fn shortened(words: &[String], first: usize, last: usize) -> String {
    if words.len() <= first + last + 1 {
        return joined(words);
    }
    let head = joined(words.get(..first).unwrap_or_default());
    let tail = joined(words.get(words.len() - last..).unwrap_or_default());
    [head.as_str(), "…", tail.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Words parted by spaces; a word longer than any word of a language is cut.
fn joined(words: &[String]) -> String {
    words
        .iter()
        .map(|word| clean::line(word, 120))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As the plain-text mail writes it.
    fn written(redline: &Redline) -> Vec<String> {
        redline
            .paragraphs
            .iter()
            .map(|pieces| {
                pieces
                    .iter()
                    .map(|piece| match piece.fate {
                        Fate::Same => piece.text.clone(),
                        Fate::Gone => format!("[-{}-]", piece.text),
                        Fate::New => format!("{{+{}+}}", piece.text),
                    })
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect()
    }

    #[test]
    fn only_changed_words_of_changed_paragraphs_are_marked() {
        let old = "General\nUp to 12 visits in 90 days are covered\nOther";
        let new = "General\nUp to 10 visits in 90 days are covered\nOther";
        assert_eq!(
            written(&redline(old, new, 10)),
            ["Up to [-12-] {+10+} visits in 90 days are covered"]
        );
    }

    #[test]
    fn numbers_are_never_glued_or_split() {
        assert_eq!(
            written(&redline("rate 39.96 today", "rate 39.95 today", 10)),
            ["rate [-39.96-] {+39.95+} today"]
        );
    }

    #[test]
    fn a_new_paragraph_does_not_mark_its_neighbours() {
        let old = "one two three four\nfive six seven eight";
        let new = "one two three four\nnine ten eleven\nfive six seven changed";
        assert_eq!(
            written(&redline(old, new, 10)),
            [
                "{+nine ten eleven+}",
                "five six seven [-eight-] {+changed+}"
            ]
        );
    }

    #[test]
    fn equal_texts_have_no_redline() {
        assert_eq!(redline("a b\nc", "a  b\n\nc ", 10), Redline::default());
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let new: Vec<String> = (0..30).map(|n| format!("paragraph{n}")).collect();
        let new = new.join("\n");
        let result = redline("", &new, 10);
        assert_eq!((result.paragraphs.len(), result.left_out), (10, 20));
        let endless = "line\n".repeat(MOST_PARAGRAPHS + 1);
        assert_eq!(redline("", &endless, 10).paragraphs.len(), 0);
        assert_eq!(redline("", &endless, 10).left_out, MOST_PARAGRAPHS + 1);
    }

    #[test]
    fn a_long_paragraph_keeps_only_the_surroundings_of_its_change() {
        let filler = "word ".repeat(400);
        let result = written(&redline(
            &format!("{filler}old {filler}"),
            &format!("{filler}new {filler}"),
            10,
        ));
        let text = result.first().unwrap();
        assert!(text.contains("[-old-] {+new+}"), "{text}");
        assert!(text.contains('…') && text.len() < 600, "{text}");
    }

    proptest! {
        #[test]
        fn the_new_words_are_read_back_from_the_redline(
            old in prop::collection::vec("[a-d]{1,2}", 1..20),
            new in prop::collection::vec("[a-d]{1,2}", 1..20),
        ) {
            let pieces = compare(&old, &new);
            let side = |leave: Fate| {
                pieces
                    .iter()
                    .filter(|piece| piece.fate != leave)
                    .flat_map(|piece| piece.text.split(' '))
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            };
            prop_assert_eq!(side(Fate::Gone), new.clone());
            prop_assert_eq!(side(Fate::New), old.clone());
        }

        #[test]
        fn any_two_texts_can_be_compared(old in any::<String>(), new in any::<String>()) {
            let result = redline(&old, &new, 5);
            prop_assert!(result.paragraphs.len() <= 5);
        }
    }
}
