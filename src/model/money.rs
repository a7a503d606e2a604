//! Exact numbers: RVUs, factors and dollars are decimals, never floats.

use rust_decimal::Decimal;

/// Reads a number as CMS prints it (`0.32`, `.00`, `36.0896`, `1`), without sign, exponent or
/// thousands separators. Anything else is `None`, never zero.
pub fn amount(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !(digits(whole) && digits(fraction))
        || (whole.is_empty() && fraction.is_empty())
        || text.len() > 20
        || text.is_empty()
    {
        return None;
    }
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    format!("{whole}.{fraction}")
        .parse::<Decimal>()
        .ok()
        .map(|d| d.normalize())
}

/// The decimal a person sees in a numeric cell of a workbook: the shortest one that reads back as
/// the same float.
pub fn amount_of_cell(cell: f64) -> Option<Decimal> {
    if !cell.is_finite() || cell < 0.0 {
        return None;
    }
    amount(&format!("{cell}"))
}

/// An amount for people: at least two decimals, more where the value has them.
pub fn written(amount: Decimal) -> String {
    let amount = amount.normalize();
    if amount.scale() < 2 {
        format!("{amount:.2}")
    } else {
        amount.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact_and_what_is_no_number_is_nothing() {
        assert_eq!(amount("0.32"), Some(Decimal::new(32, 2)));
        assert_eq!(amount(".00"), Some(Decimal::ZERO));
        assert_eq!(amount("1"), amount("1.000"));
        assert_eq!(amount_of_cell(0.58), amount("0.58"));
        assert_eq!(amount_of_cell(36.0896), amount("36.0896"));
        for no in [
            "",
            ".",
            "-1",
            "1e3",
            "1,000",
            "NA",
            "0.3 2",
            "+1",
            "999999999999999999999999",
        ] {
            assert_eq!(amount(no), None, "{no}");
        }
        assert_eq!(amount_of_cell(f64::NAN), None);
        assert_eq!(amount_of_cell(-1.0), None);
    }

    #[test]
    fn people_see_two_decimals_or_more() {
        assert_eq!(amount("1").map(written).as_deref(), Some("1.00"));
        assert_eq!(amount("36.0896").map(written).as_deref(), Some("36.0896"));
    }
}
