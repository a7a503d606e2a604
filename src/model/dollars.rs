//! What the fee schedule pays for one unit, in dollars, and what it depends on.

use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::{Decimal, RoundingStrategy};

use super::code::Service;
use super::fact::Fact;
use super::topic::{Place, Stage};

/// Where a service is furnished: the schedule has a practice expense for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// An office, and everything that is no facility.
    NonFacility,
    /// A hospital, a skilled nursing facility, a surgical centre.
    Facility,
}

impl Setting {
    /// Both.
    pub const ALL: [Self; 2] = [Self::NonFacility, Self::Facility];

    /// The name in machine-readable output.
    pub fn id(self) -> &'static str {
        match self {
            Self::NonFacility => "nonfacility",
            Self::Facility => "facility",
        }
    }

    /// The name for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::NonFacility => "non-facility",
            Self::Facility => "facility",
        }
    }
}

/// Whose conversion factor it is. From 2026 on the schedule has two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clinician {
    /// Everybody, where the schedule has one factor; else who is no qualifying APM participant.
    Standard,
    /// A qualifying participant of an advanced alternative payment model (APM).
    QualifyingApm,
}

impl Clinician {
    /// The name in machine-readable output.
    pub fn id(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::QualifyingApm => "qualifying_apm",
        }
    }
}

/// What one unit is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Worth {
    /// Dollars that the schedule pays if the service is covered, in whole cents.
    Paid(Decimal),
    /// Nothing is paid under the status; relative values may be there all the same.
    NotPaid {
        /// The status indicator.
        status: String,
        /// What the relative values would come to, where there are any.
        would_be: Option<Decimal>,
    },
    /// `NA`: rarely or never furnished in this setting.
    NotFurnished,
    /// The schedule has no values: the contractor or another list sets the price.
    NoValues,
    /// The code is not in the schedule.
    NotListed,
    /// It cannot be said, for want of this.
    Unknown(&'static str),
}

impl Worth {
    /// The dollars, where they are paid.
    pub fn paid(&self) -> Option<Decimal> {
        match self {
            Self::Paid(amount) => Some(*amount),
            Self::NotPaid { .. }
            | Self::NotFurnished
            | Self::NoValues
            | Self::NotListed
            | Self::Unknown(_) => None,
        }
    }

    /// It in a few words, for the cell of a table.
    pub fn brief(&self) -> String {
        match self {
            Self::Paid(amount) => dollars(*amount),
            Self::NotPaid { status, .. } => format!("not payable ({status})"),
            Self::NotFurnished => "NA".to_owned(),
            Self::NoValues => "priced by others".to_owned(),
            Self::NotListed => "not listed".to_owned(),
            Self::Unknown(_) => "not known".to_owned(),
        }
    }

    /// The dollars that a claim brings: nothing where nothing is paid, `None` where that is not known.
    pub fn brings(&self) -> Option<Decimal> {
        match self {
            Self::Paid(amount) => Some(*amount),
            Self::NotPaid { .. } | Self::NotListed => Some(Decimal::ZERO),
            Self::NotFurnished | Self::NoValues | Self::Unknown(_) => None,
        }
    }
}

impl fmt::Display for Worth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paid(amount) => f.write_str(&dollars(*amount)),
            Self::NotPaid {
                status,
                would_be: None,
            } => write!(f, "not payable (status {status})"),
            Self::NotPaid {
                status,
                would_be: Some(amount),
            } => write!(
                f,
                "not payable (status {status}; its relative values would come to {})",
                dollars(*amount)
            ),
            Self::NotFurnished => f.write_str("rarely or never furnished there (NA)"),
            Self::NoValues => {
                f.write_str("priced by the contractor or another list, not by relative values")
            }
            Self::NotListed => f.write_str("not listed"),
            Self::Unknown(what) => write!(f, "not known for want of {what}"),
        }
    }
}

/// `$1,234.50`, `-$0.32`.
pub fn dollars(amount: Decimal) -> String {
    let amount = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    let text = format!("{:.2}", amount.abs());
    let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if amount.is_sign_negative() && !amount.is_zero() {
        "-"
    } else {
        ""
    };
    format!("{sign}${grouped}.{cents}")
}

/// What the schedule pays for one unit of a service on a day, at a place, to a clinician: the amount
/// that Medicare allows, before deductible, coinsurance, sequestration and any reduction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The code.
    pub service: Service,
    /// A locality, or the whole country without geographic adjustment.
    pub place: Place,
    /// Whose factor.
    pub clinician: Clinician,
    /// Outside facilities.
    pub nonfacility: Worth,
    /// In facilities.
    pub facility: Worth,
    /// The facts it was reckoned from: relative values, conversion factor, indices.
    pub inputs: Vec<Arc<Fact>>,
    /// What to keep in mind, each in a sentence without its full stop.
    pub caveats: Vec<String>,
}

impl Payment {
    /// The worth in a setting.
    pub fn worth(&self, setting: Setting) -> &Worth {
        match setting {
            Setting::NonFacility => &self.nonfacility,
            Setting::Facility => &self.facility,
        }
    }
}

/// What a document did to the payment of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentMove {
    /// The code.
    pub service: Service,
    /// A locality, or the whole country without geographic adjustment.
    pub place: Place,
    /// Name of the locality in CMS's file; may be empty.
    pub place_name: String,
    /// Whose factor.
    pub clinician: Clinician,
    /// Where it is furnished.
    pub setting: Setting,
    /// In force, proposed or final.
    pub stage: Stage,
    /// The date of service for which it was reckoned: the first that the document moved.
    pub on: NaiveDate,
    /// What is paid without the document.
    pub was: Worth,
    /// What is paid with it.
    pub now: Worth,
    /// Units that the practice bills in a year, as configured.
    pub yearly_units: Option<u32>,
    /// What to keep in mind.
    pub caveats: Vec<String>,
}

impl PaymentMove {
    /// The change for one unit, in dollars; `None` where a side is not known.
    pub fn per_unit(&self) -> Option<Decimal> {
        Some(self.now.brings()? - self.was.brings()?)
    }

    /// The change for the units of a year, in dollars.
    pub fn per_year(&self) -> Option<Decimal> {
        Some(self.per_unit()? * Decimal::from(self.yearly_units?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_have_commas_cents_and_a_sign_before_them() {
        for (amount, text) in [
            ("0", "$0.00"),
            ("26.7", "$26.70"),
            ("-0.32", "-$0.32"),
            ("1234567.895", "$1,234,567.90"),
            ("-999.99", "-$999.99"),
            ("-0.00", "$0.00"),
        ] {
            assert_eq!(dollars(amount.parse().unwrap()), text, "{amount}");
        }
    }

    #[test]
    fn what_is_not_paid_brings_nothing_and_what_is_unknown_is_not_nothing() {
        let never = Worth::NotPaid {
            status: "N".to_owned(),
            would_be: Some(Decimal::TEN),
        };
        assert_eq!(never.paid(), None);
        assert_eq!(never.brings(), Some(Decimal::ZERO));
        assert_eq!(
            never.to_string(),
            "not payable (status N; its relative values would come to $10.00)"
        );
        assert_eq!(Worth::Unknown("the conversion factor").brings(), None);
    }
}
