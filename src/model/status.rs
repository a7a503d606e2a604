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
    /// One careful clause, to follow the letter: it never claims more than the letter does.
    pub long: &'static str,
}

const MEANINGS: &[StatusMeaning] = &[
    meaning(
        'A',
        Payable::IfCovered,
        "payable if covered",
        "active code, payable under the fee schedule if covered; it does not mean that Medicare covers it",
    ),
    meaning(
        'B',
        Payable::Bundled,
        "bundled, never paid separately",
        "bundled: its payment is always part of the payment for other services, never separate",
    ),
    meaning(
        'C',
        Payable::OtherPrice,
        "priced by the contractor",
        "the contractor sets the price, usually case by case after a look at the documentation",
    ),
    meaning(
        'D',
        Payable::NotForPayment,
        "deleted code",
        "deleted with the beginning of the calendar year",
    ),
    meaning(
        'E',
        Payable::Never,
        "excluded from the schedule",
        "excluded from the fee schedule by regulation; where it is covered, it is paid in another way",
    ),
    meaning(
        'F',
        Payable::NotForPayment,
        "deleted code",
        "deleted or discontinued code, without a period of grace",
    ),
    meaning(
        'G',
        Payable::NotForPayment,
        "not valid for Medicare",
        "not valid for Medicare, which wants another code; claims had a period of grace of 90 days",
    ),
    meaning(
        'H',
        Payable::NotForPayment,
        "deleted modifier",
        "the modifier was deleted: the code no longer has this component",
    ),
    meaning(
        'I',
        Payable::NotForPayment,
        "not valid for Medicare",
        "not valid for Medicare, which wants another code; there is no period of grace",
    ),
    meaning(
        'J',
        Payable::OtherPrice,
        "anesthesia",
        "anesthesia service, paid by base units and time and not by the RVUs of this file",
    ),
    meaning(
        'L',
        Payable::NotForPayment,
        "local code",
        "local code of a contractor, not valid on the national schedule",
    ),
    meaning(
        'M',
        Payable::NotForPayment,
        "reporting only",
        "measurement code: for reporting only, without payment",
    ),
    meaning(
        'N',
        Payable::Never,
        "not covered",
        "not covered by Medicare under the fee schedule: no payment is made for it",
    ),
    meaning(
        'P',
        Payable::Bundled,
        "bundled or excluded",
        "bundled or excluded: no separate payment under the fee schedule; some are covered and paid in another way",
    ),
    meaning(
        'Q',
        Payable::NotForPayment,
        "functional reporting only",
        "functional information code of therapy: for reporting only, without payment",
    ),
    meaning(
        'R',
        Payable::IfCovered,
        "restricted coverage",
        "restricted coverage: special instructions decide; where covered, it is paid under the fee schedule or priced by the contractor",
    ),
    meaning(
        'S',
        Payable::Never,
        "not paid under the schedule",
        "service that is not paid under the fee schedule",
    ),
    meaning(
        'T',
        Payable::Bundled,
        "paid only when nothing else is",
        "paid only if no other service payable under the fee schedule is billed by the same provider on the same day, otherwise bundled into that",
    ),
    meaning(
        'X',
        Payable::Never,
        "excluded by statute",
        "by statute no physicians' service of the fee schedule: never paid under it, at times paid in another way",
    ),
    meaning(
        'Z',
        Payable::NotForPayment,
        "deleted code",
        "deleted from the fee schedule database",
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

    #[test]
    fn every_letter_of_the_record_layout_has_a_meaning_and_no_other_sign_has() {
        for letter in "ABCDEFGHIJMNPQRTX".chars() {
            assert!(status_meaning(&letter.to_string()).is_some(), "{letter}");
        }
        for other in ["", "a", "AA", "K", "O", "U", "V", "W", "Y", "+"] {
            assert_eq!(status_meaning(other), None);
        }
    }
}
