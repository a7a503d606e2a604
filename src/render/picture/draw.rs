//! Drawing.

use askama::Template;
use chrono::NaiveDate;

use super::scale::{Days, Dollars, LEFT, RIGHT, Tenths, WIDTH};
use super::shape::{Band, Curve, Picture};
use crate::render::words::held;

/// Height of a band, and from one to the next.
const BAND: i64 = 24;
const NEXT: i64 = 34;
/// Where the first band begins: above it stand the years.
const TOP: i64 = 30;
/// Height of the lines.
const LINES: i64 = 150;
/// Width of a letter at the size that is used, at most.
const LETTER: i64 = 8;
/// Width of an amount such as `$1,234.56`.
const AMOUNT: i64 = 52;

#[derive(Template)]
#[template(path = "picture.svg", whitespace = "preserve")]
struct Drawing<'a> {
    title: &'a str,
    describes: String,
    width: i64,
    height: i64,
    left: i64,
    right: i64,
    top: i64,
    bottom: i64,
    years: Vec<(Tenths, i32)>,
    on: Option<(Tenths, NaiveDate)>,
    bands: Vec<DrawnBand<'a>>,
    marks: Vec<(Tenths, String)>,
    curves: Vec<DrawnCurve<'a>>,
    curves_top: i64,
}

struct DrawnBand<'a> {
    label: &'a str,
    top: i64,
    middle: i64,
    height: i64,
    pieces: Vec<DrawnPiece<'a>>,
}

struct DrawnPiece<'a> {
    left: Tenths,
    width: Tenths,
    tone: &'static str,
    is_proposed: bool,
    /// The word inside, where there is room for it, and where it begins.
    word: Option<(Tenths, &'a str)>,
    tip: String,
}

struct DrawnCurve<'a> {
    label: &'a str,
    is_second: bool,
    path: String,
    figures: Vec<(Tenths, Tenths, String)>,
}

/// The picture as SVG to stand in a page. Texts are escaped; colours are classes of the page's sheet.
///
/// # Errors
/// When the template cannot be written.
pub fn draw(picture: &Picture) -> Result<String, askama::Error> {
    let days = Days::of(picture);
    let bands: Vec<DrawnBand<'_>> = picture
        .bands
        .iter()
        .zip(0..)
        .map(|(one, number)| band(one, TOP + number * NEXT, days))
        .collect();
    let below = TOP + i64::try_from(bands.len()).unwrap_or_default() * NEXT;
    let has_curves = picture.curves.iter().any(|curve| !curve.is_empty());
    let curves_top = below + 30;
    let bottom = if has_curves {
        curves_top + LINES
    } else {
        below - NEXT + BAND + 6
    };
    let dollars = Dollars::of(picture, curves_top, LINES);
    let drawn = picture.curves.iter().filter(|curve| !curve.is_empty());
    let on = (picture.from..picture.until).contains(&picture.on);
    let drawing = Drawing {
        title: &picture.title,
        describes: format!(
            "Dates of service from {} to {}; the table below it says the same.",
            picture.from,
            picture.until.pred_opt().unwrap_or(picture.until)
        ),
        width: WIDTH,
        height: bottom + 12,
        left: LEFT,
        right: RIGHT,
        top: TOP - 8,
        bottom,
        years: days.years(picture.until),
        on: on.then(|| (days.at(picture.on), picture.on)),
        bands,
        marks: if has_curves {
            let marks = dollars.marks().into_iter();
            marks
                .map(|mark| (dollars.at(mark), format!("${}", mark.normalize())))
                .collect()
        } else {
            Vec::new()
        },
        curves: drawn.map(|one| curve(one, days, dollars)).collect(),
        curves_top,
    };
    drawing.render()
}

fn band(band: &Band, top: i64, days: Days) -> DrawnBand<'_> {
    let pieces = band.pieces.iter().filter_map(|piece| {
        let (left, width) = days.span(piece.days)?;
        // The whole word, else its beginning: the letter of a status.
        let first = piece.short.split(' ').next().unwrap_or_default();
        let word = [piece.short.as_str(), first]
            .into_iter()
            .find(|word| fits(word, width));
        Some(DrawnPiece {
            left,
            width,
            tone: piece.tone.id(),
            is_proposed: piece.is_proposed,
            word: word.map(|word| (left.plus(6), word)),
            tip: format!("{}: {}, {}", band.label, piece.says, held(piece.days)),
        })
    });
    DrawnBand {
        label: &band.label,
        top,
        middle: top + BAND / 2,
        height: BAND,
        pieces: pieces.collect(),
    }
}

/// Whether there is room for a word.
fn fits(word: &str, width: Tenths) -> bool {
    let letters = i64::try_from(word.chars().count()).unwrap_or(i64::MAX);
    let needed = letters.saturating_mul(LETTER).saturating_add(8);
    letters > 0 && width.0 / 10 >= needed
}

fn curve(curve: &Curve, days: Days, dollars: Dollars) -> DrawnCurve<'_> {
    use std::fmt::Write as _;
    let (mut path, mut figures) = (String::new(), Vec::new());
    let mut is_down = false;
    for step in &curve.steps {
        let (Some(amount), Some((left, width))) = (step.amount, days.span(step.days)) else {
            is_down = false;
            continue;
        };
        let (right, y) = (Tenths(left.0 + width.0), dollars.at(amount));
        let verb = if is_down { "V" } else { "M" };
        // Writing to a String cannot fail.
        let _ = if is_down {
            write!(path, "{verb}{y}H{right}")
        } else {
            write!(path, "{verb}{left} {y}H{right}")
        };
        is_down = true;
        if width.0 / 10 >= AMOUNT {
            let y = y.plus(if curve.is_second { 15 } else { -6 });
            figures.push((left.plus(3), y, format!("${amount:.2}")));
        }
    }
    DrawnCurve {
        label: &curve.label,
        is_second: curve.is_second,
        path,
        figures,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Piece, Step, Tone};
    use super::*;
    use crate::model::timeline::Period;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn days(from: &str, until: Option<&str>) -> Period {
        Period {
            from: day(from),
            until: until.map(day),
        }
    }

    fn piece(days: Period, tone: Tone, short: &str, is_proposed: bool) -> Piece {
        Piece {
            days,
            tone,
            short: short.to_owned(),
            says: format!("status {short}"),
            is_proposed,
        }
    }

    fn picture() -> Picture {
        let amount = |cents| Some(rust_decimal::Decimal::new(cents, 2));
        Picture {
            title: "20560 over time".to_owned(),
            from: day("2020-01-01"),
            until: day("2023-01-01"),
            on: day("2021-07-01"),
            bands: vec![
                Band {
                    label: "Status".to_owned(),
                    pieces: vec![
                        piece(
                            days("2019-01-01", Some("2020-04-01")),
                            Tone::Bad,
                            "N",
                            false,
                        ),
                        piece(days("2020-04-01", None), Tone::Good, "A payable", false),
                    ],
                },
                Band {
                    label: "Proposed".to_owned(),
                    pieces: vec![piece(
                        days("2022-12-20", None),
                        Tone::Bad,
                        "too narrow for this",
                        true,
                    )],
                },
            ],
            curves: vec![Curve {
                label: "Office".to_owned(),
                is_second: false,
                steps: vec![
                    Step {
                        days: days("2020-01-01", Some("2020-04-01")),
                        amount: None,
                    },
                    Step {
                        days: days("2020-04-01", Some("2021-01-01")),
                        amount: amount(2671),
                    },
                    Step {
                        days: days("2021-01-01", None),
                        amount: amount(2687),
                    },
                ],
            }],
        }
    }

    #[test]
    fn bands_and_lines_are_drawn_to_scale() {
        insta::assert_snapshot!(draw(&picture()).unwrap());
    }

    #[test]
    fn texts_of_others_stay_texts() {
        let mut picture = picture();
        picture.bands[0].label = "<script>alert(1)</script>".to_owned();
        picture.bands[0].pieces[1].says = "\"><img src=x onerror=alert(1)>".to_owned();
        picture.bands[0].pieces[1].short = "<b>".to_owned();
        picture.title = "</title><script>".to_owned();
        let svg = draw(&picture).unwrap();
        for tag in ["<script", "<img", "<b>"] {
            assert!(!svg.contains(tag), "{tag} in {svg}");
        }
    }

    #[test]
    fn what_lies_outside_is_not_drawn() {
        let mut picture = picture();
        picture.bands[0].pieces[0].days = days("1966-07-01", Some("2019-12-31"));
        let svg = draw(&picture).unwrap();
        assert!(!svg.contains("status N"), "{svg}");
    }
}
