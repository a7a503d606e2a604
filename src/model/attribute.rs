//! What can be said of a topic: one line for each column or field that coverd reads.

use std::fmt;
use std::str::FromStr;

/// How the values of an attribute are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A letter or a short text, compared as it stands.
    Text,
    /// A decimal number (RVU, conversion factor, GPCI), compared by value.
    Amount,
    /// A whole number of things (units), which has no cents.
    Count,
    /// Paragraphs of normalised text, one a line, compared as a whole and shown as a redline.
    Passage,
}

macro_rules! attributes {
    ($( $(#[$doc:meta])* $name:ident = $id:literal, $kind:ident, $label:literal; )+) => {
        /// A column of a CMS file or a field of a CMS record.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Attribute { $( $(#[$doc])* $name, )+ }

        impl Attribute {
            /// Every attribute, in the order in which people want to read them.
            pub const ALL: &'static [Self] = &[ $( Self::$name, )+ ];

            /// The name in the database and in machine-readable output; never changes.
            pub fn id(self) -> &'static str {
                match self { $( Self::$name => $id, )+ }
            }

            /// How its values are written and compared.
            pub fn kind(self) -> Kind {
                match self { $( Self::$name => Kind::$kind, )+ }
            }

            /// The name for people.
            pub fn label(self) -> &'static str {
                match self { $( Self::$name => $label, )+ }
            }
        }
    };
}

attributes! {
    /// PFS status indicator (PPRRVU "STATUS CODE"; meanings in the record layout PDF of each release).
    Status = "status", Text, "status indicator";
    /// PPRRVU "NOT USED FOR MEDICARE PAYMENT": `+` or blank.
    NotUsed = "not_used_for_payment", Text, "not used for Medicare payment";
    /// Physician work RVU.
    WorkRvu = "work_rvu", Amount, "work RVU";
    /// Practice expense RVU outside facilities.
    NonFacilityPeRvu = "nonfacility_pe_rvu", Amount, "non-facility PE RVU";
    /// `NA`: the service is typically not furnished outside facilities.
    NonFacilityNa = "nonfacility_na", Text, "non-facility NA indicator";
    /// Practice expense RVU in facilities.
    FacilityPeRvu = "facility_pe_rvu", Amount, "facility PE RVU";
    /// `NA`: the service is typically not furnished in facilities.
    FacilityNa = "facility_na", Text, "facility NA indicator";
    /// Malpractice RVU.
    MpRvu = "mp_rvu", Amount, "malpractice RVU";
    /// Work + PE + MP outside facilities.
    NonFacilityTotal = "nonfacility_total", Amount, "non-facility total RVU";
    /// Work + PE + MP in facilities.
    FacilityTotal = "facility_total", Amount, "facility total RVU";
    /// Professional/technical component indicator.
    PcTc = "pctc", Text, "PC/TC indicator";
    /// Global surgery days: `000`, `010`, `090`, `XXX`, `YYY`, `ZZZ`, `MMM`.
    GlobalDays = "global_days", Text, "global days";
    /// Share of the global package before the operation.
    PreOperative = "preoperative_share", Amount, "preoperative share";
    /// Share of the global package for the operation.
    IntraOperative = "intraoperative_share", Amount, "intraoperative share";
    /// Share of the global package after the operation.
    PostOperative = "postoperative_share", Amount, "postoperative share";
    /// Multiple procedure indicator (5: therapy reduction).
    MultipleProcedure = "multiple_procedure", Text, "multiple procedure indicator";
    /// Bilateral surgery indicator.
    BilateralSurgery = "bilateral_surgery", Text, "bilateral surgery indicator";
    /// Assistant at surgery indicator.
    AssistantSurgery = "assistant_surgery", Text, "assistant at surgery indicator";
    /// Co-surgeons indicator.
    CoSurgeons = "co_surgeons", Text, "co-surgeons indicator";
    /// Team surgery indicator.
    TeamSurgery = "team_surgery", Text, "team surgery indicator";
    /// Endoscopic base code.
    EndoscopicBase = "endoscopic_base", Text, "endoscopic base code";
    /// Physician supervision of diagnostic procedures: `01` to `09`, `21`, ...
    Supervision = "supervision", Text, "supervision of diagnostic procedures";
    /// Calculation flag.
    CalculationFlag = "calculation_flag", Text, "calculation flag";
    /// Diagnostic imaging family indicator.
    ImagingFamily = "imaging_family", Text, "diagnostic imaging family";
    /// Non-facility PE used for the OPPS payment amount.
    OppsNonFacilityPe = "opps_nonfacility_pe", Amount, "non-facility PE for OPPS amount";
    /// Facility PE used for the OPPS payment amount.
    OppsFacilityPe = "opps_facility_pe", Amount, "facility PE for OPPS amount";
    /// MP used for the OPPS payment amount.
    OppsMp = "opps_mp", Amount, "MP for OPPS amount";

    /// Dollars per RVU; from 2026 on for clinicians who are not qualifying APM participants.
    ConversionFactor = "conversion_factor", Amount, "conversion factor";
    /// Dollars per RVU for qualifying APM participants (QPP file, from 2026 on).
    ConversionFactorQpp = "conversion_factor_qpp", Amount, "conversion factor for qualifying APM participants";

    /// Geographic practice cost index of work, with the floor in force.
    GpciWork = "gpci_work", Amount, "work GPCI";
    /// Geographic practice cost index of work without the 1.0 floor, where the file has it (RVU26A).
    GpciWorkNoFloor = "gpci_work_no_floor", Amount, "work GPCI without the 1.0 floor";
    /// Geographic practice cost index of practice expense.
    GpciPe = "gpci_pe", Amount, "PE GPCI";
    /// Geographic practice cost index of malpractice.
    GpciMp = "gpci_mp", Amount, "MP GPCI";
    /// Name of the locality in the GPCI file.
    LocalityName = "locality_name", Text, "locality name";
    /// State of the locality.
    LocalityState = "locality_state", Text, "state";
    /// Fee schedule area of the locality/county file.
    LocalityArea = "locality_area", Text, "fee schedule area";
    /// Counties of the locality.
    LocalityCounties = "locality_counties", Text, "counties";

    /// Whether the full list of a source still names the policy.
    Listed = "listed", Text, "listed by CMS";
    /// Title of a policy.
    Title = "title", Text, "title";
    /// Effective date of a policy as CMS wrote it: a date, or a sentence.
    EffectiveDate = "effective_date", Text, "effective date";
    /// End date of a policy as CMS wrote it.
    EndDate = "end_date", Text, "end date";
    /// NCD field "Indications and Limitations of Coverage".
    Indications = "indications_limitations", Passage, "indications and limitations of coverage";
    /// What the text of a policy limits, in its own sentences: watched words, exclusions, numbers of
    /// visits. Derived from the policy fields, so it never moves by itself.
    Limits = "limits", Passage, "limits named in the text";
    /// NCD field "Item/Service Description".
    ItemDescription = "item_service_description", Passage, "item or service description";
    /// NCD field "Benefit Category".
    BenefitCategory = "benefit_category", Passage, "benefit category";
    /// NCD field "Cross Reference".
    CrossReference = "cross_reference", Passage, "cross reference";
    /// NCD field "Other Text".
    OtherText = "other_text", Passage, "other text";
    /// NCD field "Reasons for Denial".
    ReasonsForDenial = "reasons_for_denial", Passage, "reasons for denial";
    /// Implementation date as CMS wrote it.
    ImplementationDate = "implementation_date", Text, "implementation date";
    /// Watched words that the text of a policy has, in alphabetical order.
    Mentions = "mentions", Text, "watched words in the text";
    /// NCD field "Revision History".
    RevisionHistory = "revision_history", Passage, "revision history";
    /// NCD transmittal number and address.
    Transmittal = "transmittal", Text, "transmittal";
    /// NCD manual (publication number) and other fields of the record that carry no policy.
    Bookkeeping = "bookkeeping", Text, "record keeping";

    /// Therapy code list: `always`, `sometimes`; absent where the list of the year does not name the code.
    TherapyDesignation = "therapy_designation", Text, "therapy designation";
    /// Therapy code list: what its column of notes says of the code.
    TherapyNote = "therapy_note", Text, "note of the therapy code list";

    /// OPPS Addendum B "SI": status indicator of the hospital outpatient system (`S`, `E1`, ...).
    OppsStatus = "opps_status", Text, "OPPS status indicator";
    /// OPPS Addendum B "APC"; blank where the service has none.
    OppsApc = "opps_apc", Text, "OPPS payment group (APC)";
    /// OPPS Addendum B "Relative Weight".
    OppsWeight = "opps_weight", Amount, "OPPS relative weight";
    /// OPPS Addendum B "Payment Rate", dollars.
    OppsPayment = "opps_payment", Amount, "OPPS payment rate";
    /// OPPS Addendum B "National Unadjusted Copayment", dollars.
    OppsNationalCopay = "opps_national_copay", Amount, "OPPS national unadjusted copayment";
    /// OPPS Addendum B "Minimum Unadjusted Copayment", dollars.
    OppsMinimumCopay = "opps_minimum_copay", Amount, "OPPS minimum unadjusted copayment";

    /// NCCI practitioner MUE table: most units of service that are plausible for one patient and day.
    MueUnits = "mue_units", Count, "MUE units";
    /// NCCI "MUE Adjudication Indicator": `1 Line Edit`, `2 Date of Service Edit: Policy`, `3 ...: Clinical`.
    MueAdjudication = "mue_adjudication", Text, "MUE adjudication indicator";
    /// NCCI "MUE Rationale".
    MueRationale = "mue_rationale", Text, "MUE rationale";
    /// NCCI PTP edit: `0` never together, `1` together with a modifier, `9` not applicable.
    PtpModifier = "ptp_modifier", Text, "PTP modifier indicator";
    /// NCCI "PTP Edit Rationale".
    PtpRationale = "ptp_rationale", Text, "PTP edit rationale";

    /// What a document of the Federal Register is: `proposed rule`, `final rule`, `final rule with
    /// comment period`, `interim final rule`, `correction`, `withdrawal`, `notice`.
    RuleKind = "rule_kind", Text, "kind of rule document";
    /// "Action" of a document of the Federal Register, as printed.
    RuleAction = "rule_action", Text, "action";
    /// CMS docket with its suffix: `CMS-1848-P`; several separated by `, `.
    Docket = "docket", Text, "docket";
    /// Regulation identifier number: `0938-AV82`; several separated by `, `.
    Rin = "rin", Text, "RIN";
    /// Place in the Federal Register: `91 FR 43842`.
    Citation = "citation", Text, "citation";
    /// Day and hour of filing for public inspection, as the desk wrote it.
    FiledOn = "filed_on", Text, "filed for public inspection";
    /// Day of publication in the Federal Register; on public inspection the scheduled one.
    PublishedOn = "published_on", Text, "published in the Federal Register";
    /// Last day for comments.
    CommentsClose = "comments_close", Text, "comments close";
    /// Numbers of the documents that a correction or withdrawal is about, separated by `, `.
    Corrects = "corrects", Text, "corrects";
    /// Parts of the Code of Federal Regulations that a rule amends: `42 CFR 410, 414`.
    CfrParts = "cfr_parts", Text, "amends";
    /// The same in the copy that was filed for public inspection.
    FiledPassages = "filed_passages", Passage, "passages that name what is watched, as filed";
    /// Passages that name look-alikes only.
    LookAlikePassages = "look_alike_passages", Passage, "passages that name look-alikes";
    /// Passages that name a watched code, word or policy, each with its heading path and page
    /// ([`super::passage::Passage`], one a line).
    Passages = "passages", Passage, "passages that name what is watched";

    /// CMS change request of a transmittal: `11661`.
    ChangeRequest = "change_request", Text, "change request";
    /// Transmittal number with its series: `R10128NCD`; several separated by `, `.
    TransmittalNumber = "transmittal_number", Text, "transmittal number";
    /// The document that takes the place of this one, where CMS says so.
    ReplacedBy = "replaced_by", Text, "rescinded and replaced by";
    /// The documents whose place this one takes, where it says so.
    Replaces = "replaces", Text, "rescinds and replaces";

    /// Where a national coverage analysis stands, in CMS's own word: `Open`, ...
    AnalysisStatus = "analysis_status", Text, "status of the analysis";
    /// Day on which a national coverage analysis was opened.
    AnalysisOpened = "analysis_opened", Text, "analysis opened";
    /// Day of the proposed decision.
    ProposedDecision = "proposed_decision", Text, "proposed decision";
    /// Day of the final decision.
    FinalDecision = "final_decision", Text, "final decision";
    /// First and last day of a comment period, as CMS wrote them.
    CommentPeriod = "comment_period", Text, "comment period";
    /// The words in which CMS tells what is new about a record.
    Announcement = "announcement", Text, "what CMS says is new";

    /// Name of a Medicare administrative contractor, with its jurisdiction.
    Contractor = "contractor", Text, "contractor";
    /// Codes that a local policy lists, separated by `, `.
    ListedCodes = "listed_codes", Text, "watched codes it lists";
    /// Diagnosis codes that a local article lists as supporting (or not) the service.
    DiagnosisCodes = "diagnosis_codes", Passage, "diagnosis codes";
    /// Day on which a local policy was or will be retired.
    RetiredOn = "retired_on", Text, "retired on";

    /// The watched part of a configured page: its main text, or the rows of its table by key.
    Content = "content", Passage, "content";
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

impl FromStr for Attribute {
    type Err = UnknownAttribute;

    fn from_str(id: &str) -> Result<Self, UnknownAttribute> {
        Self::ALL
            .iter()
            .copied()
            .find(|attribute| attribute.id() == id)
            .ok_or_else(|| UnknownAttribute { id: id.to_owned() })
    }
}

/// An attribute that this version does not know: the database is newer than the program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("attribute '{id}' is unknown to this version of coverd; install the version that wrote it")]
pub struct UnknownAttribute {
    id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_read_back() {
        for &attribute in Attribute::ALL {
            assert_eq!(attribute.id().parse(), Ok(attribute));
        }
    }
}
