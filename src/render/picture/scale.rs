//! From days and dollars to places, in tenths of a unit: exact, so that a picture is always the same.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::shape::Picture;
use crate::model::timeline::Period;

/// Width of the picture.
pub(super) const WIDTH: i64 = 960;
/// Where the days begin: left of it stand the names.
pub(super) const LEFT: i64 = 150;
/// Where they end.
pub(super) const RIGHT: i64 = 948;

/// Where days lie from left to right.
#[derive(Debug, Clone, Copy)]
pub(super) struct Days {
    from: NaiveDate,
    total: i64,
}

impl Days {
    pub(super) fn of(picture: &Picture) -> Self {
        let total = (picture.until - picture.from).num_days().max(1);
        Self {
            from: picture.from,
            total,
        }
    }

    /// The place of a day's beginning; days outside are at the edges.
    pub(super) fn at(self, day: NaiveDate) -> Tenths {
        let passed = (day - self.from).num_days().clamp(0, self.total);
        Tenths(LEFT * 10 + passed * (RIGHT - LEFT) * 10 / self.total)
    }

    /// Beginning and width of a period; `None` when nothing of it is seen.
    pub(super) fn span(self, days: Period) -> Option<(Tenths, Tenths)> {
        let left = self.at(days.from);
        let right = days
            .until
            .map_or(Tenths(RIGHT * 10), |until| self.at(until));
        (right.0 > left.0).then_some((left, Tenths(right.0 - left.0)))
    }

    /// The first days of years that are seen, each with its name; of very many only some.
    pub(super) fn years(self, until: NaiveDate) -> Vec<(Tenths, i32)> {
        let (first, last) = (self.from.year(), until.year());
        let every = 1 + (last - first) / 14;
        (first..=last)
            .filter(|year| (year - first) % every == 0)
            .filter_map(|year| Some((NaiveDate::from_ymd_opt(year, 1, 1)?, year)))
            .filter(|(day, _)| *day >= self.from && *day < until)
            .map(|(day, year)| (self.at(day), year))
            .collect()
    }
}

/// Where dollars lie from bottom to top.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dollars {
    top: i64,
    height: i64,
    most: Decimal,
    step: Decimal,
}

impl Dollars {
    /// From zero to a round amount that is not below the greatest.
    pub(super) fn of(picture: &Picture, top: i64, height: i64) -> Self {
        let amounts = picture.curves.iter().flat_map(|curve| &curve.steps);
        let greatest = amounts.filter_map(|step| step.amount).max();
        let greatest = greatest.unwrap_or(Decimal::ONE).max(Decimal::new(1, 2));
        let step = steps().find(|step| *step * Decimal::from(4) >= greatest);
        let step = step.unwrap_or(greatest);
        let most = (greatest / step).ceil() * step;
        Self {
            top,
            height,
            most,
            step,
        }
    }

    pub(super) fn at(self, amount: Decimal) -> Tenths {
        let share = amount / self.most * Decimal::from(self.height * 10);
        let share = share.round().to_i64().unwrap_or_default();
        Tenths((self.top + self.height) * 10 - share.clamp(0, self.height * 10))
    }

    /// The amounts that are marked, from zero on.
    pub(super) fn marks(self) -> Vec<Decimal> {
        (0..=4_i64)
            .map(|number| self.step * Decimal::from(number))
            .take_while(|mark| *mark <= self.most)
            .collect()
    }
}

/// 0.01, 0.02, 0.05, 0.1, ...: what people count in.
fn steps() -> impl Iterator<Item = Decimal> {
    let powers = (0..10_u32).map(|power| Decimal::new(10_i64.pow(power), 2));
    powers.flat_map(|power| [1, 2, 5].map(|times| power * Decimal::from(times)))
}

/// A place in tenths of a unit, written as a decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tenths(pub(super) i64);

impl Tenths {
    /// A place some whole units further.
    pub(super) fn plus(self, units: i64) -> Self {
        Self(self.0 + units * 10)
    }
}

impl std::fmt::Display for Tenths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 % 10 {
            0 => write!(f, "{}", self.0 / 10),
            tenth => write!(f, "{}.{tenth}", self.0 / 10),
        }
    }
}
