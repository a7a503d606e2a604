//! What a picture shows. The same is written as a table for those who do not see it.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::model::timeline::Period;

/// What held over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What it shows, in a sentence.
    pub title: String,
    /// The days that it spans.
    pub from: NaiveDate,
    /// The first day after them.
    pub until: NaiveDate,
    /// The day that is marked.
    pub on: NaiveDate,
    /// Bands, from top to bottom.
    pub bands: Vec<Band>,
    /// Lines of one scale, in dollars.
    pub curves: Vec<Curve>,
}

/// A row of pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// Its name.
    pub label: String,
    /// Its pieces, earliest first.
    pub pieces: Vec<Piece>,
}

/// Some days on which one thing held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The days.
    pub days: Period,
    /// Its colour.
    pub tone: Tone,
    /// A word for the piece itself, where it is wide enough.
    pub short: String,
    /// What held, in full.
    pub says: String,
    /// Whether it is only proposed: then it is hatched.
    pub is_proposed: bool,
}

/// What a colour says. Every piece says it in words too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Payable if covered.
    Good,
    /// Not payable.
    Bad,
    /// Paid in another way, or as part of something else.
    Part,
    /// It limits or governs, and neither pays nor denies by itself.
    Rule,
    /// Nothing of it.
    Plain,
}

impl Tone {
    /// The name of its class.
    pub fn id(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Part => "part",
            Self::Rule => "rule",
            Self::Plain => "none",
        }
    }
}

/// A line that goes in steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Curve {
    /// Its name.
    pub label: String,
    /// Whether it is the second line: dashed, its figures below it.
    pub is_second: bool,
    /// Its steps, earliest first.
    pub steps: Vec<Step>,
}

/// Some days of one amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The days.
    pub days: Period,
    /// Dollars; `None` is a gap.
    pub amount: Option<Decimal>,
}

impl Curve {
    /// Whether it shows anything.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| step.amount.is_none())
    }
}
