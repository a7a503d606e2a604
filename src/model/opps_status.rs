//! OPPS status indicators: what the letter of a row of Addendum B decides for a hospital outpatient
//! department. The meanings are those of Addendum D1 of the OPPS rules, in our own words.

/// What an OPPS status indicator means for a claim of a hospital outpatient department.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OppsPayable {
    /// Paid by the OPPS if covered, by itself.
    Separately,
    /// Its payment is, or may be, part of the payment for other services.
    Packaged,
    /// Paid, if covered, by another fee schedule or at cost.
    Elsewhere,
    /// Not paid on outpatient hospital claims.
    Never,
}

/// The meaning of an indicator: what it does, and in words that can follow the letter. `None` for one
/// that is not known here.
pub fn opps_status_meaning(indicator: &str) -> Option<(OppsPayable, &'static str)> {
    use OppsPayable::{Elsewhere, Never, Packaged, Separately};
    Some(match indicator.trim() {
        "A" => (Elsewhere, "paid by another fee schedule, not by the OPPS"),
        "B" => (
            Never,
            "not recognised on outpatient hospital claims; another code may be",
        ),
        "C" => (Never, "an inpatient procedure, not paid for outpatients"),
        "D" => (Never, "a discontinued code"),
        "E1" => (Never, "not paid by Medicare on any outpatient claim"),
        "E2" => (Never, "not paid, because no price is known for it"),
        "F" | "L" => (Elsewhere, "paid at reasonable cost"),
        "G" | "K" | "R" | "U" => (Separately, "paid separately"),
        "H" => (
            Elsewhere,
            "a device paid at cost while its pass-through lasts",
        ),
        "J1" => (
            Separately,
            "paid as a whole with all services of the claim beside it",
        ),
        "J2" => (
            Packaged,
            "paid as a whole with other services under conditions",
        ),
        "M" => (Never, "not billable to the contractor"),
        "N" => (
            Packaged,
            "packaged: its payment is part of the payment for other services",
        ),
        "P" => (Separately, "paid by the day of partial hospitalization"),
        "Q1" | "Q2" | "Q3" | "Q4" => (
            Packaged,
            "packaged with other services under conditions, else paid separately",
        ),
        "S" => (
            Separately,
            "a procedure paid separately if covered, not reduced beside others",
        ),
        "T" => (
            Separately,
            "a procedure paid separately if covered, reduced beside others",
        ),
        "V" => (
            Separately,
            "a clinic or emergency visit, paid separately if covered",
        ),
        "Y" => (
            Elsewhere,
            "billed to the equipment contractor, not paid by the OPPS",
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_letters_of_the_story_differ_in_what_they_pay() {
        assert_eq!(opps_status_meaning("E1").unwrap().0, OppsPayable::Never);
        assert_eq!(
            opps_status_meaning(" S").unwrap().0,
            OppsPayable::Separately
        );
        assert_eq!(opps_status_meaning("Z9"), None);
    }

    #[test]
    fn no_meaning_claims_coverage() {
        for letter in [
            "A", "B", "C", "D", "E1", "E2", "F", "G", "H", "J1", "J2", "K", "L", "M", "N", "P",
            "Q1", "R", "S", "T", "U", "V", "Y",
        ] {
            let (_, words) = opps_status_meaning(letter).unwrap();
            assert!(
                !words.contains("covered") || words.contains("if covered"),
                "{letter}: {words}"
            );
        }
    }
}
