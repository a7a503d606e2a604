//! Which rows of the list are followed: those that name what is watched, and the usual carriers.

use crate::model::watch::Watch;
use crate::sources::mentions::{MentionKind, mentions};

/// Subjects under which CMS moves codes: all words of one line stand in the subject.
///
/// A status, a therapy designation or an edit of one code is moved by a transmittal that names hundreds of codes
/// in an attachment and none in its subject.
const CARRIERS: [&[&str]; 11] = [
    &["mpfsdb"],
    &["physician fee schedule database"],
    &["physician fee schedule", "update"],
    &["outpatient prospective payment system", "update"],
    &["opps", "update"],
    &["therapy code list"],
    &["national coverage determination"],
    &["ncd"],
    &["correct coding initiative"],
    &["ncci"],
    &["medically unlikely"],
];

/// Whether the transmittal with this subject is fetched.
pub(super) fn is_wanted(subject: &str, watch: &Watch) -> bool {
    names_watched(subject, watch) || is_carrier(subject)
}

/// Whether a text names a watched code, word or policy.
fn names_watched(text: &str, watch: &Watch) -> bool {
    mentions(text, watch)
        .iter()
        .any(|mention| mention.kind != MentionKind::LookAlike)
}

fn is_carrier(subject: &str) -> bool {
    let subject = subject.to_lowercase();
    let words: Vec<&str> = subject
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let spaced = words.join(" ");
    CARRIERS.iter().any(|carrier| {
        carrier.iter().all(|phrase| {
            if phrase.contains(' ') {
                spaced.contains(phrase)
            } else {
                // A word, in singular or plural.
                words
                    .iter()
                    .any(|word| word == phrase || word.strip_suffix('s') == Some(phrase))
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_carriers_are_followed_and_the_rest_is_not() {
        for subject in [
            "Quarterly Update to the Medicare Physician Fee Schedule Database (MPFSDB) - April 2020 Update",
            "April 2020 Update of the Hospital Outpatient Prospective Payment System (OPPS)",
            "2021 Annual Update to the Therapy Code List",
            "International Classification of Diseases, 10th Revision (ICD-10) and Other Coding Revisions to National Coverage Determinations (NCDs) - July 2021",
            "National Coverage Determination (NCD) 30.3.3: Acupuncture for Chronic Low Back Pain (cLBP)",
            "Quarterly Update to the National Correct Coding Initiative (NCCI) Procedure-to-Procedure (PTP) Edits",
            "Summary of Policies in the Calendar Year (CY) 2021 Medicare Physician Fee Schedule (MPFS) Final Rule: update",
        ] {
            assert!(is_carrier(subject), "{subject}");
        }
        for subject in [
            "Update to Hospice Payment Rates, Hospice Cap, Hospice Wage Index and Hospice Pricer for Fiscal Year (FY) 2027",
            "Medicare Cost Report Instructions",
            "Changes to the Laboratory National Coverage Edit Software",
        ] {
            assert!(!is_carrier(subject), "{subject}");
        }
    }
}
