//! How much a change matters: one table, a reason for each attribute.

use std::collections::BTreeMap;

use super::judge::sort;
use crate::model::alert::ChangeAlert;
use crate::model::attribute::Attribute;
use crate::model::change::{Change, Severity};
use crate::model::code::{HcpcsCode, Service};
use crate::model::fact::{Observation, Value};
use crate::model::topic::{Pair, Subject};
use crate::model::watch::Watch;

/// The weight of a change, by the table of [`rule`] but for two cases.
pub fn severity(change: &Change, watch: &Watch) -> Severity {
    if let Subject::Pair(pair) = &change.key.topic.subject {
        return of_pair(pair, change.key.attribute, watch);
    }
    if change.key.attribute == Attribute::Title {
        // CMS retires a determination by writing so into its title; the end date stays "N/A".
        let retired = |observation: &Option<Observation>| matches!(observation, Some(Observation::Value(Value::Text(text))) if text.to_uppercase().contains("RETIRED"));
        if change.was.is_none() || retired(&change.was) != retired(&change.now) {
            return Severity::Coverage;
        }
    }
    rule(change.key.attribute).0
}

/// An alert as someone weighs it who has weights of their own; gravest first again.
pub fn weighed(alert: &ChangeAlert, own: &BTreeMap<Attribute, Severity>) -> ChangeAlert {
    let mut weighed = alert.clone();
    if own.is_empty() {
        return weighed;
    }
    for judged in weighed.changes.iter_mut().chain(&mut weighed.look_alikes) {
        if let Some(severity) = own.get(&judged.change.key.attribute) {
            judged.severity = *severity;
        }
    }
    sort(&mut weighed.changes);
    if let Some(gravest) = weighed.changes.first() {
        weighed.severity = gravest.severity;
    }
    weighed
}

/// A pair with a code that the practice never bills beside its own denies nothing of it. Under
/// `codes = "all"` every code may be billed.
fn of_pair(pair: &Pair, attribute: Attribute, watch: &Watch) -> Severity {
    let is_billed = |code: HcpcsCode| {
        watch.billed_with.contains(&code) || watch.codes.contains(Service::plain(code))
    };
    if is_billed(pair.column1) && is_billed(pair.column2) {
        rule(attribute).0
    } else {
        Severity::Administrative
    }
}

/// The table of severities: what a change of each attribute does to a claim, and why it weighs so.
#[expect(clippy::too_many_lines, reason = "one table, to be read as a whole")]
pub fn rule(attribute: Attribute) -> (Severity, &'static str) {
    use Attribute as A;
    use Severity::{Administrative, Coding, Coverage, Payment};
    match attribute {
        A::Status => (
            Coverage,
            "the status indicator decides whether the fee schedule pays at all",
        ),
        A::Listed => (
            Coverage,
            "a determination that is no longer listed may no longer hold",
        ),
        A::EffectiveDate | A::EndDate => {
            (Coverage, "it decides on which days the determination holds")
        }
        A::Indications
        | A::Limits
        | A::ItemDescription
        | A::OtherText
        | A::ReasonsForDenial
        | A::BenefitCategory => (
            Coverage,
            "the text of the policy decides who is covered, for what, by whom",
        ),
        A::NotUsed => (Payment, "marks values that are not used for payment"),
        A::WorkRvu
        | A::NonFacilityPeRvu
        | A::FacilityPeRvu
        | A::MpRvu
        | A::NonFacilityTotal
        | A::FacilityTotal => (
            Payment,
            "relative values times the conversion factor are the payment",
        ),
        A::ConversionFactor | A::ConversionFactorQpp => {
            (Payment, "every payment is a multiple of it")
        }
        A::GpciWork | A::GpciWorkNoFloor | A::GpciPe | A::GpciMp => {
            (Payment, "adjusts the payment in the locality")
        }
        A::NonFacilityNa | A::FacilityNa => {
            (Payment, "says in which setting the service has a payment")
        }
        A::GlobalDays | A::PreOperative | A::IntraOperative | A::PostOperative => {
            (Payment, "decides which visits are part of the payment")
        }
        A::MultipleProcedure | A::EndoscopicBase => {
            (Payment, "reduces the payment beside other procedures")
        }
        A::OppsNonFacilityPe | A::OppsFacilityPe | A::OppsMp => {
            (Payment, "caps the payment of imaging")
        }
        A::PcTc
        | A::BilateralSurgery
        | A::AssistantSurgery
        | A::CoSurgeons
        | A::TeamSurgery
        | A::Supervision
        | A::CalculationFlag
        | A::ImagingFamily => (
            Coding,
            "decides which modifiers and conditions a claim needs",
        ),
        A::ImplementationDate => (
            Coding,
            "the day from which contractors process claims by it",
        ),
        A::CrossReference => (Coding, "points to other policies"),
        A::LocalityName | A::LocalityState | A::LocalityArea | A::LocalityCounties => {
            (Coding, "decides which addresses belong to the locality")
        }
        A::TherapyDesignation => (
            Coverage,
            "decides under which benefit, by whom and with which modifiers the service is paid",
        ),
        A::TherapyNote => (Coding, "explains how the designation is applied to a claim"),
        A::OppsStatus => (
            Coverage,
            "decides whether a hospital outpatient department is paid at all",
        ),
        A::OppsApc
        | A::OppsWeight
        | A::OppsPayment
        | A::OppsNationalCopay
        | A::OppsMinimumCopay => (
            Payment,
            "is the payment to a hospital outpatient department",
        ),
        A::MueUnits => (Payment, "units beyond it on one day are denied"),
        A::PtpModifier => (
            Payment,
            "decides whether two services of one day are both paid",
        ),
        A::MueAdjudication => (Coding, "decides whether and how a denial can be appealed"),
        A::MueRationale | A::PtpRationale => (Administrative, "explains an edit, and changes none"),
        A::RuleKind => (
            Coding,
            "a rule document of the schedule: what it decides is in its tables and passages",
        ),
        A::LookAlikePassages => (Administrative, "other services are named, not yours"),
        A::Passages | A::FiledPassages => (
            Coverage,
            "the text of a rule or policy that names what is watched may decide whether it is covered",
        ),
        A::CommentsClose | A::CommentPeriod => (Coding, "the last day on which to be heard"),
        A::Corrects => (
            Coding,
            "a rule that was read before was corrected or withdrawn",
        ),
        A::RuleAction
        | A::Docket
        | A::Rin
        | A::Citation
        | A::FiledOn
        | A::PublishedOn
        | A::CfrParts => (Administrative, "says where and when a rule was published"),
        A::ChangeRequest | A::TransmittalNumber => (
            Administrative,
            "the number of an instruction to contractors",
        ),
        A::ReplacedBy | A::Replaces => (
            Coding,
            "an instruction to contractors no longer holds as it was",
        ),
        A::AnalysisStatus | A::AnalysisOpened | A::ProposedDecision | A::FinalDecision => (
            Coverage,
            "a determination that is opened again may change who is covered",
        ),
        A::Announcement => (
            Coding,
            "what CMS says is new about a record: the record itself is weighed on its own",
        ),
        A::ListedCodes | A::DiagnosisCodes => (
            Coverage,
            "a contractor pays by the codes and diagnoses that its policy lists",
        ),
        A::RetiredOn => (Coverage, "a policy no longer holds from that day on"),
        A::Contractor => (Administrative, "the name of a contractor"),
        A::Content => (
            Coding,
            "a page that you asked to be watched; how much it matters is yours to say",
        ),
        A::Title => (Administrative, "a name; retirement is weighed as coverage"),
        A::Mentions => (
            Administrative,
            "follows from the text, which is weighed itself",
        ),
        A::RevisionHistory | A::Transmittal | A::Bookkeeping => (
            Administrative,
            "transmittals and code maintenance leave the policy as it is",
        ),
    }
}
