//! How much a change matters, and who is told of it.

use sha2::{Digest, Sha256};

use crate::model::alert::{Alert, AlertBody, ChangeAlert, Phase};
use crate::model::attribute::Attribute;
use crate::model::change::{Change, Judged, Severity};
use crate::model::document::DocumentHash;
use crate::model::fact::{Observation, Origin, Value};
use crate::model::record::ChangeRecord;
use crate::model::topic::{Place, Subject};
use crate::model::watch::Watch;

use chrono::{DateTime, Utc};

/// What judging depends on beside the changes.
#[derive(Debug)]
pub struct Occasion<'a> {
    /// What is watched.
    pub watch: &'a Watch,
    /// Title of the source, for people.
    pub source_title: &'a str,
    /// The document that brought the changes.
    pub origin: &'a Origin,
    /// A first reading, or a reading again for a new code or extractor: history, no alert.
    pub baseline: bool,
    /// Whether a topic never seen before is news.
    pub announces_new: bool,
    /// The clock.
    pub now: DateTime<Utc>,
}

/// What follows from a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// At most one alert: one document, one group of subjects.
    pub alert: Option<Alert>,
    /// Everything that moved, told or not.
    pub changes: Vec<ChangeRecord>,
}

/// Weighs the changes that one document brought and gathers what is to be told into one alert.
///
/// A belief that begins (nothing was observed of those days before) is history and not a change at
/// CMS, unless the source says that a new topic is news. Changes of look-alike codes are never told
/// on their own: they are other services.
pub fn judge(changes: Vec<Change>, occasion: &Occasion<'_>) -> Verdict {
    let (mut told, mut look_alikes, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for change in changes {
        let begins = change.was.is_none();
        if begins && (occasion.baseline || !occasion.announces_new) {
            continue;
        }
        let judged = Judged {
            severity: severity(&change),
            change,
        };
        match standing(&judged.change, occasion.watch) {
            _ if occasion.baseline => kept.push(judged),
            Standing::Watched => told.push(judged),
            Standing::LookAlike => look_alikes.push(judged),
            Standing::Other => kept.push(judged),
        }
    }
    told.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| a.change.key.cmp(&b.change.key))
            .then(a.change.days.cmp(&b.change.days))
    });
    let Some(gravest) = told.first().map(|judged| judged.severity) else {
        kept.extend(look_alikes);
        return Verdict {
            alert: None,
            changes: kept
                .into_iter()
                .map(|judged| record(judged, occasion, None))
                .collect(),
        };
    };

    let origin = occasion.origin;
    let id = alert_id(origin, &told);
    let changes = told
        .iter()
        .map(|judged| record(judged.clone(), occasion, Some(&id)))
        .chain(
            look_alikes
                .iter()
                .cloned()
                .chain(kept)
                .map(|judged| record(judged, occasion, None)),
        )
        .collect();
    let body = AlertBody::Change(ChangeAlert {
        severity: gravest,
        phase: Phase::InForce,
        thread: None,
        source_title: occasion.source_title.to_owned(),
        edition: origin.edition.name.clone(),
        document: origin.document,
        url: origin.url.clone(),
        published: origin.published,
        captured: origin.learned,
        changes: told,
        look_alikes,
    });
    Verdict {
        alert: Some(Alert {
            id,
            raised: occasion.now,
            body,
        }),
        changes,
    }
}

/// The weight of a change.
pub fn severity(change: &Change) -> Severity {
    if change.key.attribute == Attribute::Title {
        // CMS retires a determination by writing so into its title; the end date stays "N/A".
        let retired = |observation: &Option<Observation>| matches!(observation, Some(Observation::Value(Value::Text(text))) if text.to_uppercase().contains("RETIRED"));
        if change.was.is_none() || retired(&change.was) != retired(&change.now) {
            return Severity::Coverage;
        }
    }
    rule(change.key.attribute).0
}

/// The table of severities: what a change of each attribute does to a claim, and why it weighs so.
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

enum Standing {
    Watched,
    LookAlike,
    Other,
}

fn standing(change: &Change, watch: &Watch) -> Standing {
    let topic = &change.key.topic;
    match (&topic.subject, &topic.place) {
        (Subject::Service(service), _) if watch.codes.contains(*service) => Standing::Watched,
        (Subject::Service(service), _) if watch.look_alikes.contains(service) => {
            Standing::LookAlike
        }
        (Subject::Service(_), _) => Standing::Other,
        (_, Place::Locality(id)) if !watch.localities.contains(id) => Standing::Other,
        (
            Subject::Policy(_)
            | Subject::Schedule(_)
            | Subject::Pair(_)
            | Subject::Rule(_)
            | Subject::Page(_),
            _,
        ) => Standing::Watched,
    }
}

fn record(judged: Judged, occasion: &Occasion<'_>, alert: Option<&str>) -> ChangeRecord {
    let id = digest(&[
        &occasion.origin.source,
        &occasion.origin.document.to_string(),
        &change_text(&judged.change),
    ]);
    ChangeRecord {
        id,
        judged,
        alert: alert.map(ToOwned::to_owned),
    }
}

fn alert_id(origin: &Origin, told: &[Judged]) -> String {
    let changes: String = told
        .iter()
        .map(|judged| change_text(&judged.change))
        .collect();
    digest(&[
        &origin.source,
        &origin.edition.name,
        &origin.document.to_string(),
        &changes,
    ])
}

fn change_text(change: &Change) -> String {
    let side = |observation: &Option<Observation>| {
        observation
            .as_ref()
            .map_or_else(|| "?".to_owned(), |o| format!("{o:?}"))
    };
    format!(
        "{}|{:?}|{}|{}\n",
        change.key,
        change.days,
        side(&change.was),
        side(&change.now)
    )
}

/// A short name derived from content: twelve hex digits are enough for one installation's alerts.
fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digest: [u8; 32] = hash.finalize().into();
    DocumentHash::new(digest).short()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::engine::diff::diff;
    use crate::engine::fold::fold;
    use crate::engine::tests::{day, fact};
    use crate::model::fact::Fact;
    use crate::model::watch::Codes;

    fn watch() -> Watch {
        Watch {
            codes: Codes::Named(["20560", "20561"].map(|c| c.parse().unwrap()).into()),
            look_alikes: BTreeSet::from(["97810".parse().unwrap()]),
            words: BTreeSet::new(),
            billed_with: [].into(),
            localities: BTreeSet::new(),
            ncds: BTreeMap::new(),
        }
    }

    fn service(code: &str) -> Subject {
        Subject::Service(code.parse().unwrap())
    }

    fn verdict(before: &[Fact], new: &[Fact], baseline: bool, announces_new: bool) -> Verdict {
        let all: Vec<Fact> = before.iter().chain(new).cloned().collect();
        let changes = diff(&fold(before.to_vec()), &fold(all));
        let watch = watch();
        let occasion = Occasion {
            watch: &watch,
            source_title: "Physician Fee Schedule",
            origin: &new[0].origin,
            baseline,
            announces_new,
            now: day("2020-05-02").and_hms_opt(0, 0, 0).unwrap().and_utc(),
        };
        judge(changes, &occasion)
    }

    fn release(edition: &str, begins: &str, code: &str, values: &[(Attribute, &str)]) -> Fact {
        fact(edition, begins, begins, service(code), values)
    }

    fn told(verdict: &Verdict) -> ChangeAlert {
        match verdict.alert.as_ref().map(|alert| &alert.body) {
            Some(AlertBody::Change(alert)) => alert.clone(),
            other => panic!("no alert: {other:?}"),
        }
    }

    #[test]
    fn several_codes_and_attributes_of_one_document_are_one_alert() {
        let (a, b) = ("2020-01-01", "2020-04-01");
        let old: Vec<Fact> = ["20560", "20561"]
            .map(|code| {
                release(
                    "RVU20A",
                    a,
                    code,
                    &[(Attribute::Status, "N"), (Attribute::PcTc, "9")],
                )
            })
            .into();
        let new: Vec<Fact> = ["20560", "20561"]
            .map(|code| {
                release(
                    "RVU20B",
                    b,
                    code,
                    &[(Attribute::Status, "A"), (Attribute::PcTc, "0")],
                )
            })
            .into();
        let verdict = verdict(&old, &new, false, false);
        let alert = told(&verdict);
        assert_eq!(
            (alert.severity, alert.changes.len()),
            (Severity::Coverage, 4)
        );
        assert_eq!(
            alert.changes[0].change.key.attribute,
            Attribute::Status,
            "gravest first"
        );
        assert_eq!(verdict.changes.len(), 4);
    }

    #[test]
    fn a_look_alike_alone_is_history_and_beside_a_watched_code_it_is_named() {
        let old = [
            release("RVU20A", "2020-01-01", "97810", &[(Attribute::Status, "N")]),
            release("RVU20A", "2020-01-01", "20560", &[(Attribute::Status, "N")]),
        ];
        let alone = [release(
            "RVU20B",
            "2020-04-01",
            "97810",
            &[(Attribute::Status, "A")],
        )];
        let quiet = verdict(&old, &alone, false, false);
        assert_eq!((quiet.alert.is_none(), quiet.changes.len()), (true, 1));

        let both = [
            alone[0].clone(),
            release("RVU20B", "2020-04-01", "20560", &[(Attribute::Status, "A")]),
        ];
        let alert = told(&verdict(&old, &both, false, false));
        assert_eq!((alert.changes.len(), alert.look_alikes.len()), (1, 1));
    }

    #[test]
    fn a_baseline_is_history_without_alert() {
        let old = [release(
            "RVU20A",
            "2020-01-01",
            "20560",
            &[(Attribute::Status, "N")],
        )];
        let new = [release(
            "RVU20B",
            "2020-04-01",
            "20560",
            &[(Attribute::Status, "A")],
        )];
        let verdict = verdict(&old, &new, true, true);
        assert_eq!((verdict.alert, verdict.changes.len()), (None, 1));
    }

    #[test]
    fn a_belief_that_begins_is_told_only_where_a_new_topic_is_news() {
        let new = [fact(
            "NCD 900",
            "2026-01-01",
            "2026-01-01",
            Subject::Policy("NCD 30.9".into()),
            &[
                (Attribute::Title, "Dry needling"),
                (Attribute::Mentions, "dry needling"),
            ],
        )];
        assert_eq!(verdict(&[], &new, false, false), Verdict::default());
        assert_eq!(
            told(&verdict(&[], &new, false, true)).severity,
            Severity::Coverage
        );
    }

    #[test]
    fn transmittals_are_administrative_and_retirement_is_coverage() {
        let policy = |published: &str, values: &[(Attribute, &str)]| {
            fact(
                "NCD 373",
                published,
                published,
                Subject::Policy("NCD 30.3.3".into()),
                values,
            )
        };
        let old = [policy(
            "2020-01-21",
            &[
                (Attribute::Title, "Acupuncture"),
                (Attribute::RevisionHistory, "1"),
            ],
        )];
        let noise = [policy(
            "2021-05-01",
            &[
                (Attribute::Title, "Acupuncture"),
                (Attribute::RevisionHistory, "2"),
            ],
        )];
        assert_eq!(
            told(&verdict(&old, &noise, false, false)).severity,
            Severity::Administrative
        );
        let renamed = [policy(
            "2021-05-01",
            &[(Attribute::Title, "Acupuncture for pain")],
        )];
        assert_eq!(
            told(&verdict(&old, &renamed, false, false)).severity,
            Severity::Administrative
        );
        let retired = [policy(
            "2021-05-01",
            &[(Attribute::Title, "Acupuncture - RETIRED")],
        )];
        assert_eq!(
            told(&verdict(&old, &retired, false, false)).severity,
            Severity::Coverage
        );
    }

    #[test]
    fn the_same_change_twice_is_the_same_alert() {
        let old = [release(
            "RVU20A",
            "2020-01-01",
            "20560",
            &[(Attribute::Status, "N")],
        )];
        let new = [release(
            "RVU20B",
            "2020-04-01",
            "20560",
            &[(Attribute::Status, "A")],
        )];
        assert_eq!(
            verdict(&old, &new, false, false),
            verdict(&old, &new, false, false)
        );
    }
}
