//! The conversion factor of a table: every weight times it is the payment, so that a weight, a payment or a
//! column that is not what it should be does not fit.

use std::fmt;

use rust_decimal::Decimal;

/// How far a payment may be from weight times factor: rounding of both, and of the factor.
const TOLERANCE: Decimal = Decimal::from_parts(3, 0, 0, false, 2);
const TOLERANCE_SHARE: Decimal = Decimal::from_parts(2, 0, 0, false, 4);
/// Plausible dollars for a weight of one. Copayments are a fixed share of the payment too, but a small one.
const LEAST: Decimal = Decimal::from_parts(40, 0, 0, false, 0);
const GREATEST: Decimal = Decimal::from_parts(400, 0, 0, false, 0);

/// Dollars for a weight of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Factor(Decimal);

impl Factor {
    /// The factor behind weights and payments: the middle of all quotients of the larger payments, where
    /// rounding does least; `None` where there are none.
    ///
    /// # Errors
    /// When it is not plausible.
    pub(super) fn of(weighted: &[(Decimal, Decimal)]) -> Result<Option<Self>, String> {
        let large = Decimal::from(500);
        let has_large = weighted.iter().any(|(_, payment)| *payment >= large);
        let mut factors: Vec<Decimal> = weighted
            .iter()
            .filter(|(_, payment)| !has_large || *payment >= large)
            .filter_map(|(weight, payment)| payment.checked_div(*weight))
            .collect();
        factors.sort_unstable();
        let Some(factor) = factors.get(factors.len() / 2).copied().map(Self) else {
            return Ok(None);
        };
        if factor.0 < LEAST || factor.0 > GREATEST {
            return Err(format!(
                "payments are {factor} times the weight; {LEAST} to {GREATEST} dollars are plausible, so columns may be exchanged"
            ));
        }
        Ok(Some(factor))
    }

    /// Whether the payment is the weight times this.
    pub(super) fn fits(self, weight: Decimal, payment: Decimal) -> bool {
        let exact = weight.saturating_mul(self.0);
        let tolerance = TOLERANCE.saturating_add(payment.saturating_mul(TOLERANCE_SHARE));
        (payment - exact).abs() <= tolerance
    }

    /// How many rows fit.
    pub(super) fn fitting(self, weighted: &[(Decimal, Decimal)]) -> usize {
        let fits = |row: &&(Decimal, Decimal)| self.fits(row.0, row.1);
        weighted.iter().filter(fits).count()
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.round_dp(3).fmt(f)
    }
}
