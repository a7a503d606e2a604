//! The formula.

use rust_decimal::{Decimal, RoundingStrategy};

/// Relative values of one setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelativeValues {
    /// Physician work.
    pub work: Decimal,
    /// Practice expense.
    pub pe: Decimal,
    /// Malpractice.
    pub mp: Decimal,
}

/// Geographic practice cost indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Indices {
    /// Of work, with the floor in force.
    pub work: Decimal,
    /// Of practice expense.
    pub pe: Decimal,
    /// Of malpractice.
    pub mp: Decimal,
}

impl Indices {
    /// No adjustment: the national figure.
    pub const NATIONAL: Self = Self {
        work: Decimal::ONE,
        pe: Decimal::ONE,
        mp: Decimal::ONE,
    };
}

/// The payment, in whole cents; `None` when the numbers are beyond all reason.
pub fn payment(values: RelativeValues, indices: Indices, factor: Decimal) -> Option<Decimal> {
    let parts = [
        (values.work, indices.work),
        (values.pe, indices.pe),
        (values.mp, indices.mp),
    ];
    let sum = parts
        .into_iter()
        .try_fold(Decimal::ZERO, |sum, (value, index)| {
            sum.checked_add(value.checked_mul(index)?)
        })?;
    let amount = sum.checked_mul(factor)?;
    Some(amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
}
