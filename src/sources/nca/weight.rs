//! How much a piece of news weighs, by the words in which CMS tells it.

use crate::model::change::Severity;
use crate::parse::text::mentions;

/// The weight of an announcement; `None` where its words tell none, and the table of severities decides.
///
/// Most news of the coverage database say themselves that no policy changed (codes were added or taken
/// away by a change request). News of a policy that is removed, opened again, proposed or decided are of
/// the first weight, also when the same sentence speaks of codes.
pub(super) fn weight(announcement: &str) -> Option<Severity> {
    /// What says that a policy moves or may move.
    const POLICY: [&str; 24] = [
        "removed",
        "removal",
        "retired",
        "rescinded",
        "repealed",
        "reopened",
        "re-opened",
        "opened",
        "reconsideration",
        "tracking sheet",
        "proposed decision",
        "proposed decision memo",
        "final decision",
        "decision memo",
        "decision memorandum",
        "national coverage analysis",
        "national coverage determination",
        "new NCD",
        "no longer covered",
        "non-covered",
        "noncovered",
        "coverage criteria",
        "comment period",
        "withdrawn",
    ];
    const NONE: [&str; 6] = [
        "no policy change",
        "no change in policy",
        "no change to policy",
        "no change to the policy",
        "no coverage change",
        "no changes to coverage",
    ];
    const POLICY_CHANGE: [&str; 4] = [
        "policy change",
        "coverage change",
        "policy update",
        "revised policy",
    ];
    let says =
        |phrases: &[&'static str]| !mentions(announcement, phrases.iter().copied()).is_empty();
    if says(&POLICY) {
        Some(Severity::Coverage)
    } else if says(&NONE) {
        Some(Severity::Administrative)
    } else if says(&POLICY_CHANGE) {
        Some(Severity::Coverage)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cms_says_itself_whether_a_policy_moved() {
        for (text, weight_of_it) in [
            (
                "Updated NCD coding via a new Change Request/Transmittal, no policy changes.",
                Some(Severity::Administrative),
            ),
            (
                "Effective 2/25/2026, this section of the NCD Manual is removed.",
                Some(Severity::Coverage),
            ),
            (
                "Posted new tracking sheet and proposed decision memo",
                Some(Severity::Coverage),
            ),
            (
                "No policy change; the section is re-opened.",
                Some(Severity::Coverage),
            ),
            ("Policy changes by CR 1", Some(Severity::Coverage)),
            ("Updated links", None),
            ("", None),
        ] {
            assert_eq!(weight(text), weight_of_it, "{text}");
        }
    }
}
