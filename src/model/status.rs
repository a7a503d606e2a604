//! PFS status indicators: what the letter of a row decides.
//!
//! The meanings are those of Attachment A of the record layout that comes with every RVU release,
//! in our own words. "A" does not mean that Medicare covers the service: it says so there itself.

/// What a status indicator means for a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Payable {
    /// Paid under the fee schedule if the service is covered.
    IfCovered,
    /// Paid, but not by this schedule's values: the contractor sets the price, or another list does.
    OtherPrice,
    /// Paid only as part of something else, or only alone.
    Bundled,
    /// Medicare does not pay it.
    Never,
    /// The code is for reporting, or another code has to be used.
    NotForPayment,
}

/// A status indicator with its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusMeaning {
    /// The letter.
    pub letter: char,
    /// What it does to a claim.
    pub payable: Payable,
    /// A few words, fit for a subject line.
    pub short: &'static str,
    /// A sentence.
    pub long: &'static str,
}

const MEANINGS: &[StatusMeaning] = &[
    meaning(
        'A',
        Payable::IfCovered,
        "payable if covered",
        "Active code: paid separately under the fee schedule if the service is covered. The letter does not mean that a national coverage determination exists.",
    ),
    meaning(
        'B',
        Payable::Bundled,
        "bundled",
        "Bundled: payment is always part of the payment for other services of the same day.",
    ),
    meaning(
        'C',
        Payable::OtherPrice,
        "priced by the contractor",
        "Carrier priced: the contractor sets the price, usually case by case.",
    ),
    meaning(
        'D',
        Payable::NotForPayment,
        "deleted code",
        "Deleted code: no longer valid at the beginning of the calendar year.",
    ),
    meaning(
        'E',
        Payable::Never,
        "excluded by regulation",
        "Excluded from the fee schedule by regulation: no payment under it.",
    ),
    meaning(
        'F',
        Payable::NotForPayment,
        "deleted, no grace period",
        "Deleted or discontinued code without a grace period.",
    ),
    meaning(
        'G',
        Payable::NotForPayment,
        "use another code",
        "Not valid for Medicare, which uses another code; a grace period applied.",
    ),
    meaning(
        'H',
        Payable::NotForPayment,
        "modifier deleted",
        "The modifier of this row was deleted.",
    ),
    meaning(
        'I',
        Payable::NotForPayment,
        "not valid for Medicare",
        "Not valid for Medicare purposes: another code has to be used.",
    ),
    meaning(
        'J',
        Payable::OtherPrice,
        "anesthesia",
        "Anesthesia service: paid by base and time units, not by these values.",
    ),
    meaning('L', Payable::NotForPayment, "local code", "Local code."),
    meaning(
        'M',
        Payable::NotForPayment,
        "reporting only",
        "Measurement code: for reporting only, without payment.",
    ),
    meaning(
        'N',
        Payable::Never,
        "not covered",
        "Non-covered service: Medicare does not pay it.",
    ),
    meaning(
        'P',
        Payable::Bundled,
        "bundled or excluded",
        "Bundled or excluded: part of another service, or paid under another provision.",
    ),
    meaning(
        'Q',
        Payable::NotForPayment,
        "functional reporting",
        "Therapy functional information code: for reporting only.",
    ),
    meaning(
        'R',
        Payable::IfCovered,
        "restricted coverage",
        "Restricted coverage: special coverage instructions apply.",
    ),
    meaning(
        'S',
        Payable::Never,
        "not paid under the schedule",
        "Service not paid under the physician fee schedule.",
    ),
    meaning(
        'T',
        Payable::Bundled,
        "paid only alone",
        "Paid only if no other service of the schedule is paid for the same provider and day.",
    ),
    meaning(
        'X',
        Payable::Never,
        "outside the schedule by law",
        "Statutory exclusion: not in the definition of physician services, no payment under the schedule.",
    ),
    meaning(
        'Z',
        Payable::NotForPayment,
        "deleted for MPFSDB",
        "Deleted from the fee schedule database.",
    ),
];

const fn meaning(
    letter: char,
    payable: Payable,
    short: &'static str,
    long: &'static str,
) -> StatusMeaning {
    StatusMeaning {
        letter,
        payable,
        short,
        long,
    }
}

/// The meaning of a status indicator; `None` for a letter that CMS has not defined so far.
pub fn status_meaning(indicator: &str) -> Option<&'static StatusMeaning> {
    let mut letters = indicator.chars();
    let letter = letters.next().filter(|_| letters.next().is_none())?;
    MEANINGS.iter().find(|meaning| meaning.letter == letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn active_is_payable_only_if_covered() {
        assert_eq!(
            status_meaning("A").map(|m| m.payable),
            Some(Payable::IfCovered)
        );
        assert_eq!(status_meaning("N").map(|m| m.payable), Some(Payable::Never));
        assert_eq!(status_meaning(""), None);
        assert_eq!(status_meaning("AA"), None);
    }
}
