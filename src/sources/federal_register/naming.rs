//! What the text of a document names, and how that is quoted.

use super::full_text::FullText;
use super::record::Record;
use crate::model::watch::Watch;
use crate::sources::mentions::{Excerpt, Named, mentions};

/// What a full text names, with the pages as people cite them.
pub(super) fn named(record: &Record, text: &FullText, watch: &Watch) -> Named {
    let volume = record.citation.split(' ').next().unwrap_or_default();
    let mut named = Named::default();
    for block in &text.blocks {
        let found = mentions(&block.text, watch);
        let Some(first) = found.first() else {
            continue;
        };
        let page = block.page_at(first.at.start);
        let page = match (volume, page) {
            (_, "") => String::new(),
            ("", page) => format!("page {page}"),
            (volume, page) => format!("{volume} FR {page}"),
        };
        let heading = text.headings.get(block.heading);
        let excerpt = Excerpt {
            text: &block.text,
            heading: heading.map_or(&[], Vec::as_slice),
            page: &page,
        };
        named.add(excerpt, &found);
    }
    named
}

/// What title and abstract name, where the text could not be had.
pub(super) fn of_record(record: &Record, watch: &Watch) -> Named {
    let mut named = one(&record.title, watch);
    let excerpt = Excerpt {
        text: &record.summary,
        heading: &[],
        page: "",
    };
    named.read(excerpt, watch);
    named
}

/// What a single text names.
pub(super) fn one(text: &str, watch: &Watch) -> Named {
    let mut named = Named::default();
    let excerpt = Excerpt {
        text,
        heading: &[],
        page: "",
    };
    named.read(excerpt, watch);
    named
}

/// Where a correction says what it corrects: its summary, then its first paragraphs.
pub(super) fn introduction(record: &Record, text: Option<&FullText>) -> String {
    const PARAGRAPHS: usize = 60;
    const LONGEST: usize = 20_000;
    let mut words = record.summary.clone();
    for block in text
        .into_iter()
        .flat_map(|text| text.blocks.iter().take(PARAGRAPHS))
    {
        if words.len() + block.text.len() > LONGEST {
            break;
        }
        words.push('\n');
        words.push_str(&block.text);
    }
    words
}

/// The first passage that names something; else the first words there are.
pub(super) fn quote(named: &Named, others: &[&str]) -> String {
    const LONGEST: usize = 600;
    let passage = named.passages.first().map(|passage| passage.text.as_str());
    let words = passage
        .into_iter()
        .chain(others.iter().copied())
        .find(|text| !text.is_empty())
        .unwrap_or_default();
    if words.chars().count() <= LONGEST {
        return words.to_owned();
    }
    let mut cut: String = words.chars().take(LONGEST - 1).collect();
    cut.push('\u{2026}');
    cut
}
