//! What CMS's values mean, in words of our own, and names for people. The meanings of the status
//! indicators themselves are in `model::status`.
//!
//! Every sentence is worded so that it never claims more than the letter does: a status indicator
//! is one layer of coverage, not the answer.

use crate::model::attribute::Attribute;
use crate::model::change::Severity;
use crate::model::code::{HcpcsCode, Service};
use crate::model::fact::{Observation, Value};
use crate::model::health::ProblemKind;
use crate::model::status::status_meaning;

/// What has to be said wherever a status indicator is shown.
pub const STATUS_IS_ONE_LAYER: &str = "The status indicator is one layer of several. Whether a claim is paid also depends on \
     national and local coverage determinations, on who furnishes the service and on claims \
     instructions; those move on days of their own.";

/// What has to be said wherever a national coverage determination is shown.
pub const NCD_NAMES_NO_CODES: &str = "A national coverage determination names no procedure codes; which codes it governs is set in \
     the configuration of coverd.";

/// The few words for a PFS status indicator that fit a subject line or a table cell.
pub fn status_short(letter: &str) -> Option<&'static str> {
    status_meaning(letter).map(|meaning| meaning.short)
}

/// What an observed value means, as a sentence that begins with the value (`A: active code, …`);
/// `None` where the value speaks for itself or its meaning is not known here.
pub fn describe(attribute: Attribute, observation: &Observation) -> Option<String> {
    let value = match observation {
        Observation::Value(Value::Text(text)) => text.trim(),
        Observation::Value(Value::Amount(_) | Value::Count(_)) => return None,
        Observation::Absent => {
            return Some("not listed: the file was read in full and does not have it".to_owned());
        }
    };
    let meaning = match attribute {
        Attribute::Status => status_meaning(value).map(|meaning| meaning.long),
        Attribute::NotUsed => match value {
            "+" => Some("the row is not used for Medicare payment; its RVUs are for information"),
            _ => None,
        },
        Attribute::GlobalDays => global_days(value),
        Attribute::MultipleProcedure => multiple_procedure(value),
        Attribute::PcTc => pc_tc(value),
        Attribute::NonFacilityNa if value == "NA" => {
            Some("as a rule the service is not furnished outside facilities")
        }
        Attribute::FacilityNa if value == "NA" => {
            Some("as a rule the service is not furnished in facilities")
        }
        _ => None,
    }?;
    if attribute == Attribute::Status {
        return Some(format!("{value}: {meaning}"));
    }
    Some(format!("{} {value}: {meaning}", attribute.label()))
}

fn global_days(value: &str) -> Option<&'static str> {
    Some(match value {
        "000" => "the payment includes visits on the day of the procedure",
        "010" => "the payment includes visits on the day of the procedure and for 10 days after it",
        "090" => {
            "the payment includes visits from the day before the procedure to 90 days after it"
        }
        "MMM" => "maternity: the usual global period does not apply",
        "XXX" => "a global period does not apply",
        "YYY" => "the contractor decides on the global period",
        "ZZZ" => "belongs to another service and to that service's global period",
        _ => return None,
    })
}

fn multiple_procedure(value: &str) -> Option<&'static str> {
    Some(match value {
        "0" => "no reduction when several procedures are billed",
        "2" => "the standard reduction for several procedures on one day",
        "3" => "the rules for several endoscopies of one family",
        "4" => "the reduction for several diagnostic images of one session",
        "5" => {
            "the therapy reduction: part of the practice expense is cut for further therapy services of the day"
        }
        "6" => "the reduction for several diagnostic cardiovascular services",
        "7" => "the reduction for several diagnostic ophthalmology services",
        "9" => "does not apply to the service",
        _ => return None,
    })
}

fn pc_tc(value: &str) -> Option<&'static str> {
    Some(match value {
        "0" => "a physician's service that has no technical component",
        "1" => "a diagnostic test with a professional and a technical component",
        "2" => "the professional component only",
        "3" => "the technical component only",
        "4" => "the whole test only",
        "5" => "incident to a physician's service",
        "6" => "interpretation of a laboratory test",
        "7" => {
            "a physical therapy service that is not paid to a therapist in independent practice when furnished to hospital patients"
        }
        "8" => "a physician's interpretation of a test",
        "9" => "does not apply to the service",
        _ => return None,
    })
}

/// What a severity means, to follow its name.
pub fn severity_meaning(severity: Severity) -> &'static str {
    match severity {
        Severity::Coverage => "whether the service is paid at all",
        Severity::Payment => "what is paid",
        Severity::Coding => "how a claim is coded or processed",
        Severity::Administrative => "record keeping at CMS; no rule moved",
    }
}

/// What kind of service a code is that is easily taken for dry needling.
pub fn other_service(service: Service) -> Option<&'static str> {
    code_family(service.code)
}

fn code_family(code: HcpcsCode) -> Option<&'static str> {
    Some(match code.as_str() {
        "20552" | "20553" => "trigger point injection",
        "97810" | "97811" | "97813" | "97814" => "acupuncture",
        "20560" | "20561" => "dry needling",
        _ => return None,
    })
}

/// The name of a source in a sentence; an unknown one is called by its id.
pub fn source_name(id: &str) -> &str {
    match id {
        "pfs" => "the Physician Fee Schedule files",
        "ncd" => "the national coverage determinations",
        "federal_register" => "the Federal Register",
        "pfs_rules" => "the rules of the Physician Fee Schedule",
        "therapy" => "the therapy code list",
        "transmittals" => "the transmittals and MLN articles",
        "opps" => "OPPS Addendum B",
        "ncci" => "the NCCI edits",
        "nca" => "the national coverage analyses",
        "local_coverage" => "the local coverage policies",
        "page" => "the configured pages",
        "mail" => "mail delivery",
        "web" => "the page",
        other => other,
    }
}

/// What is wrong, in a few words for a subject line.
pub fn problem_short(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Unreachable => "no answer",
        ProblemKind::Blocked => "the answer is no content",
        ProblemKind::Gone => "the address is gone",
        ProblemKind::Shape => "unknown form",
        ProblemKind::Unstable => "unstable",
        ProblemKind::Concern => "needs a look",
        ProblemKind::Defect => "failed inside coverd",
        ProblemKind::DeliveryDead => "a message cannot be delivered",
        ProblemKind::Page => "the page is not served",
    }
}

/// What a problem means for those who rely on the watcher.
pub fn problem_meaning(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Unreachable
        | ProblemKind::Blocked
        | ProblemKind::Gone
        | ProblemKind::Shape
        | ProblemKind::Unstable
        | ProblemKind::Defect => {
            "What coverd knew stands: nothing was taken from what could not be read, and no change \
             is reported because of it. Until this is over, coverd may not see a new change from \
             this source. It keeps trying, and says when it can read again."
        }
        ProblemKind::Concern => {
            "The document was read, and what it says was taken. Something about it needs the eye of \
             a person; until then, what coverd says about it may be incomplete."
        }
        ProblemKind::Page => {
            "Only the page cannot be opened: what is watched is watched, and changes are mailed, all \
             the same. coverd tries again every minute."
        }
        ProblemKind::DeliveryDead => {
            "Someone was not told. The message is kept with all its attempts and can be read and \
             sent again; other messages are not affected."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn active_never_claims_coverage() {
        let meaning = describe(Attribute::Status, &Observation::text("A")).unwrap();
        assert!(meaning.starts_with("A: active code"), "{meaning}");
        assert!(meaning.contains("does not mean that Medicare covers it"));
    }

    #[test]
    fn values_that_speak_for_themselves_are_not_described() {
        assert_eq!(describe(Attribute::Title, &Observation::text("A")), None);
        assert_eq!(describe(Attribute::Status, &Observation::text("?")), None);
        assert!(describe(Attribute::Listed, &Observation::Absent).is_some());
        assert_eq!(
            describe(Attribute::MultipleProcedure, &Observation::text("5"))
                .map(|text| text.starts_with("multiple procedure indicator 5: the therapy")),
            Some(true)
        );
    }
}
