//! Sheets of evidence, redlines, pictures and texts for terminals: whatever stands in them is text.
#![no_main]
use coverd_fuzz::made::{MARKUP, day, text};
use coverd_fuzz::model::timeline::Period;
use coverd_fuzz::render::picture::{Band, Picture, Piece, Tone, draw};
use coverd_fuzz::render::redline::{Fate, redline};
use coverd_fuzz::render::sheet::{Sheet, SheetDocument, Step};
use coverd_fuzz::render::{clean, escape};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = tried(&mut Unstructured::new(data));
});

fn tried(u: &mut Unstructured<'_>) -> Result<()> {
    let sheet = Sheet {
        title: text(u)?,
        practice: text(u)?,
        facts: vec![(text(u)?, text(u)?)],
        moves: vec![[text(u)?, text(u)?, text(u)?, text(u)?]],
        dollars: Vec::new(),
        documents: vec![SheetDocument {
            title: text(u)?,
            facts: vec![(text(u)?, text(u)?)],
            quotes: vec![(text(u)?, text(u)?)],
            captures: vec![text(u)?],
        }],
        steps: vec![Step {
            words: text(u)?,
            command: text(u)?,
        }],
    };
    let html = sheet.to_html().expect("it is written");
    assert!(!html.contains(MARKUP));
    let _ = sheet.to_readme();

    let (old, new) = (text(u)?, text(u)?);
    for paragraph in redline(&old, &new, 10).paragraphs {
        assert!(
            paragraph.iter().any(|piece| piece.fate != Fate::Same),
            "nothing changed"
        );
    }
    assert!(redline(&old, &old, 10).paragraphs.is_empty());

    let longest = u.int_in_range(1..=200)?;
    let line = clean::line(&old, longest);
    // What is cut off is counted behind it.
    assert!(line.chars().count() <= longest + 50 && !line.contains(char::is_control));
    let harmless = escape::harmless(&old);
    assert!(!harmless.contains('\u{1b}') && !harmless.contains('\u{202e}'));

    let from = day(u)?;
    let until = day(u)?;
    let until = (until > from).then_some(until);
    let picture = Picture {
        title: text(u)?,
        from,
        until: from + chrono::TimeDelta::days(u.int_in_range(1..=4_000)?),
        on: from,
        curves: Vec::new(),
        bands: vec![Band {
            label: text(u)?,
            pieces: vec![Piece {
                days: Period { from, until },
                tone: Tone::Good,
                short: text(u)?,
                says: text(u)?,
                is_proposed: u.arbitrary()?,
            }],
        }],
    };
    assert!(!draw(&picture).expect("it is drawn").contains(MARKUP));
    Ok(())
}
