//! Questions about a date of service, and answers with their proof.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

use super::code::Service;
use super::dollars::Payment;
use super::fact::Fact;
use super::timeline::Period;
use super::topic::LocalityId;

/// "Was 20560 payable on 12 May 2021, and how do we know?"
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The code.
    pub service: Service,
    /// The date of service.
    pub on: NaiveDate,
    /// The locality, for its GPCIs.
    pub place: Option<LocalityId>,
    /// Only what CMS had published by the end of that day.
    pub as_published_on: Option<NaiveDate>,
    /// Only what this installation had captured by then.
    pub as_known_on: Option<DateTime<Utc>>,
}

impl Question {
    /// What is known today of a code on a date of service, in no locality in particular.
    pub fn of(service: Service, on: NaiveDate) -> Self {
        Self {
            service,
            on,
            place: None,
            as_published_on: None,
            as_known_on: None,
        }
    }
}

/// The layers in which coverage is decided; each moves on its own days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Status indicator of the Physician Fee Schedule.
    PfsStatus,
    /// National coverage determinations linked to the code.
    Ncd,
    /// RVUs, indicators and conversion factor.
    PfsPayment,
    /// What they come to, in dollars.
    Dollars,
    /// Geographic adjustment of the locality asked for.
    Locality,
    /// Therapy code list: always, sometimes or not therapy.
    Therapy,
    /// Hospital outpatient departments: OPPS Addendum B.
    Opps,
    /// Units of service of one day: NCCI MUE.
    Units,
    /// Other codes of the same day: NCCI PTP edits with what the practice bills beside it.
    Pairs,
    /// Local coverage determinations and articles of contractors.
    Local,
    /// Instructions to contractors: transmittals and MLN articles that name the code.
    Instructions,
    /// Rules and analyses on their way: proposed, or final and not in force on the day.
    Pipeline,
}

impl Layer {
    /// The name in machine-readable output.
    pub fn id(self) -> &'static str {
        match self {
            Self::PfsStatus => "pfs_status",
            Self::Ncd => "ncd",
            Self::PfsPayment => "pfs_payment",
            Self::Dollars => "dollars",
            Self::Locality => "locality",
            Self::Therapy => "therapy",
            Self::Opps => "opps",
            Self::Units => "mue",
            Self::Pairs => "ptp",
            Self::Local => "local_coverage",
            Self::Instructions => "instructions",
            Self::Pipeline => "pipeline",
        }
    }

    /// The name for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::PfsStatus => "PFS status",
            Self::Ncd => "National coverage",
            Self::PfsPayment => "PFS payment",
            Self::Dollars => "In dollars",
            Self::Locality => "Locality",
            Self::Therapy => "Therapy designation",
            Self::Opps => "Hospital outpatient (OPPS)",
            Self::Units => "Units a day (MUE)",
            Self::Pairs => "Beside other codes (PTP)",
            Self::Local => "Local coverage",
            Self::Instructions => "Instructions to contractors",
            Self::Pipeline => "In the pipeline",
        }
    }
}

/// What a line says about which nothing is known.
pub const NOT_OBSERVED: &str = "not observed";

/// What one layer says of the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerLine {
    /// The layer.
    pub layer: Layer,
    /// What it speaks of: `20560`, `NCD 30.3.3`.
    pub subject: String,
    /// What it says, in a sentence; "not observed" where nothing is known.
    pub says: String,
    /// The days around the date asked for on which it said the same; `None` when not observed.
    pub days: Option<Period>,
    /// The fact that proves it.
    pub fact: Option<Arc<Fact>>,
    /// What it was reckoned from beside that fact.
    pub inputs: Vec<Arc<Fact>>,
    /// The payment that it tells, for programs.
    pub payment: Option<Box<Payment>>,
    /// Passages of the document that matter for the question.
    pub quotes: Vec<String>,
    /// What to keep in mind ("shown by the posting of ...").
    pub caveats: Vec<String>,
}

/// One line per layer, each cited, and a summary that claims no more than its weakest layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was asked.
    pub question: Question,
    /// The layers, in order.
    pub lines: Vec<AnswerLine>,
    /// Where layers or documents contradict each other, each in a sentence.
    pub contradictions: Vec<String>,
    /// All of it in a sentence or two.
    pub summary: String,
}
