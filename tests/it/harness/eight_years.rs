//! Eight years of 200 codes: releases, hospital and unit tables by the quarter, therapy lists and rules by
//! the year, determinations whose words change. Made, with the layout of real life and none of its texts.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::path::Path;

use chrono::{Datelike as _, Days, NaiveDate};
use coverd::model::attribute::Attribute;
use coverd::model::passage::Passage;
use coverd::model::topic::{Stage, Subject, Topic};
use coverd::model::watch::{Codes, Watch};

use super::filled::{Filling, Paper, Says, policy, rule, service};
use super::watch::dry_needling;

/// The first year, and the last.
pub(crate) const YEARS: std::ops::RangeInclusive<i32> = 2019..=2026;

/// The codes: dry needling, its look-alikes, and others to make 200.
pub(crate) fn codes() -> Vec<String> {
    let mut codes: Vec<String> = ["20560", "20561"].map(str::to_owned).into();
    codes.extend((97_010..97_208).map(|number| number.to_string()));
    codes
}

pub(crate) fn watch() -> Watch {
    Watch {
        codes: Codes::Named(codes().iter().map(|code| code.parse().unwrap()).collect()),
        billed_with: ["97110", "97140"].map(|code| code.parse().unwrap()).into(),
        ..dry_needling()
    }
}

/// Fills a store.
pub(crate) fn fill(database: &Path) {
    let mut filling = Filling::new(database, watch());
    let mut papers: Vec<Paper> = Vec::new();
    for year in YEARS {
        for quarter in 0..4 {
            papers.push(release(year, quarter));
            papers.push(hospital(year, quarter));
            papers.push(units(year, quarter));
        }
        papers.push(therapy(year));
        papers.extend(rules(year));
    }
    papers.extend(determinations());
    papers.sort_by_key(|paper| paper.published);
    for mut paper in papers {
        paper.is_baseline = paper.published.year() < 2019;
        filling.read(&paper);
    }
}

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn paper(source: &'static str, edition: String, begins: NaiveDate, before: u64) -> Paper {
    let url = format!(
        "https://www.cms.gov/files/{}.zip",
        edition.to_lowercase().replace(' ', "-")
    );
    Paper {
        source,
        edition,
        begins,
        published: begins.checked_sub_days(Days::new(before)).unwrap(),
        url,
        rows: Vec::new(),
        is_baseline: false,
        thread: None,
    }
}

/// The status of a code: dry needling becomes payable in April 2020, a few others move.
fn status(code: &str, year: i32, quarter: u32) -> &'static str {
    let is_dry = matches!(code, "20560" | "20561");
    let last: u32 = code[3..].parse().unwrap();
    match last % 23 {
        _ if is_dry && (year, quarter) < (2020, 1) => "N",
        _ if is_dry => "A",
        3 if year < 2022 => "B",
        5 if year > 2023 => "N",
        7 => "C",
        11 => "X",
        _ => "A",
    }
}

fn hundredths(number: u32) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}

fn release(year: i32, quarter: u32) -> Paper {
    let letter = ["A", "B", "C", "D"][quarter as usize];
    let begins = date(year, quarter * 3 + 1, 1);
    let mut paper = paper("pfs", format!("RVU{}{letter}", year - 2000), begins, 14);
    let age = u32::try_from(year - 2019).unwrap();
    for code in codes() {
        let number: u32 = code[2..].parse().unwrap();
        let work = 20 + number % 90 + age * (number % 3);
        let (office, facility, mp) = (30 + number % 70 + age, 10 + number % 30, 2 + number % 3);
        let status = status(&code, year, quarter);
        let cells = [
            (Attribute::Status, status.to_owned()),
            (
                Attribute::NotUsed,
                if status == "N" { "+" } else { "" }.to_owned(),
            ),
            (Attribute::WorkRvu, hundredths(work)),
            (Attribute::NonFacilityPeRvu, hundredths(office)),
            (Attribute::FacilityPeRvu, hundredths(facility)),
            (Attribute::MpRvu, hundredths(mp)),
            (Attribute::NonFacilityTotal, hundredths(work + office + mp)),
            (Attribute::FacilityTotal, hundredths(work + facility + mp)),
            (Attribute::PcTc, "0".to_owned()),
            (Attribute::GlobalDays, "XXX".to_owned()),
            (Attribute::NonFacilityNa, String::new()),
            (Attribute::FacilityNa, String::new()),
            (Attribute::MultipleProcedure, "0".to_owned()),
            (Attribute::BilateralSurgery, "0".to_owned()),
            (Attribute::AssistantSurgery, "1".to_owned()),
            (Attribute::Supervision, "09".to_owned()),
            (Attribute::EndoscopicBase, String::new()),
        ];
        let cells: Vec<(Attribute, &str)> = cells.iter().map(|(a, t)| (*a, t.as_str())).collect();
        paper.rows.push(Says::new(service(&code), &cells));
    }
    let factor = [
        "36.0391", "36.0896", "34.8931", "34.6062", "33.8872", "33.2875", "32.3465", "33.4009",
    ];
    let factor = factor[age as usize];
    let schedule = Topic::national(Subject::Schedule("PFS".to_owned()));
    paper.rows.push(Says::new(
        schedule,
        &[(Attribute::ConversionFactor, factor)],
    ));
    paper
}

fn hospital(year: i32, quarter: u32) -> Paper {
    let begins = date(year, quarter * 3 + 1, 1);
    let mut paper = paper("opps", format!("OPPS {year} Q{}", quarter + 1), begins, 10);
    for code in codes() {
        let number: u32 = code[2..].parse().unwrap();
        let indicator = match number % 5 {
            _ if code.starts_with('2') && (year, quarter) < (2020, 2) => "E1",
            _ if code.starts_with('2') => "S",
            0 => "N",
            _ => "A",
        };
        let age = u32::try_from(year - 2019).unwrap();
        let paid = hundredths(2_000 + number % 900 + age * 40);
        let mut cells = vec![(Attribute::OppsStatus, indicator), (Attribute::OppsApc, "")];
        if indicator == "S" {
            cells[1].1 = "5731";
            cells.push((Attribute::OppsPayment, &paid));
        }
        paper.rows.push(Says::new(service(&code), &cells));
    }
    paper
}

fn units(year: i32, quarter: u32) -> Paper {
    let begins = date(year, quarter * 3 + 1, 1);
    let mut paper = paper("ncci", format!("MUE {year} Q{}", quarter + 1), begins, 20);
    for code in codes() {
        let number: u32 = code[2..].parse().unwrap();
        let most = if number.is_multiple_of(37) && year > 2022 {
            "2"
        } else {
            "1"
        };
        let cells = [
            (Attribute::MueUnits, most),
            (Attribute::MueAdjudication, "2 Date of Service Edit: Policy"),
            (Attribute::MueRationale, "Nature of Service/Procedure"),
        ];
        paper.rows.push(Says::new(service(&code), &cells));
    }
    paper
}

fn therapy(year: i32) -> Paper {
    let begins = date(year, 1, 1);
    let mut paper = paper("therapy", format!("Therapy code list {year}"), begins, 25);
    for code in codes() {
        let number: u32 = code[2..].parse().unwrap();
        let designation = match number % 4 {
            _ if code.starts_with('2') && year < 2020 => "absent",
            _ if code.starts_with('2') => "sometimes",
            0 => "sometimes",
            _ => "always",
        };
        paper.rows.push(Says::new(
            service(&code),
            &[(Attribute::TherapyDesignation, designation)],
        ));
    }
    paper
}

/// The proposed and the final rule for the next year.
fn rules(year: i32) -> Vec<Paper> {
    let docket = format!("CMS-{}", 1_700 + (year - 2018) * 16);
    let next = date(year + 1, 1, 1);
    let mut papers = Vec::new();
    let (july, november) = (date(year, 7, 14), date(year, 11, 5));
    for (is_final, suffix, published) in [(false, "P", july), (true, "F", november)] {
        if published > date(2026, 11, 26) {
            continue;
        }
        let number = format!("{year}-{}", 14_000 + published.ordinal());
        let name = format!("{docket}-{suffix}");
        let stage = if is_final {
            Stage::FinalBy(name.clone())
        } else {
            Stage::ProposedBy(name.clone())
        };
        let kind = if is_final {
            "final rule"
        } else {
            "proposed rule"
        };
        let comments = date(year, 9, 12).to_string();
        let passage = Passage {
            terms: vec!["20560".to_owned(), "dry needling".to_owned()],
            heading: vec![
                "II. Provisions".to_owned(),
                "E. Valuation of Specific Codes".to_owned(),
            ],
            page: format!("{} FR 4385{}", year - 1935, year % 10),
            text: format!(
                "For CY {} the values of the codes for needle insertion without injection are shown, with their status, in the table below; comments on dry needling were received.",
                year + 1
            ),
        };
        let title = format!(
            "Medicare Program; CY {} Payment Policies Under the Physician Fee Schedule",
            year + 1
        );
        let own = passage.to_string();
        let mut values = vec![
            (Attribute::RuleKind, kind),
            (Attribute::Docket, &name),
            (Attribute::Title, &title),
            (Attribute::Passages, &own),
        ];
        let (day, effective) = (published.to_string(), next.to_string());
        values.push((Attribute::PublishedOn, &day));
        if is_final {
            values.push((Attribute::EffectiveDate, &effective));
        } else {
            values.push((Attribute::CommentsClose, &comments));
        }
        let mut paper = paper("federal_register", format!("FR {number}"), published, 0);
        paper.thread = Some(docket.clone());
        paper.url = format!("https://www.federalregister.gov/documents/{number}");
        paper
            .rows
            .push(Says::new(rule(&number, stage.clone()), &values));
        papers.push(paper);
        // Addendum B: what the rule says of the codes from the next year on.
        let mut addendum = Paper {
            begins: next,
            published,
            ..papers[papers.len() - 1].clone()
        };
        addendum.source = "pfs_rules";
        addendum.edition = format!("Addendum B of {name}");
        addendum.rows = ["20560", "20561"]
            .iter()
            .map(|code| {
                let status = if is_final || year < 2025 { "A" } else { "N" };
                let topic = Topic {
                    stage: stage.clone(),
                    ..service(code)
                };
                Says::new(
                    topic,
                    &[(Attribute::Status, status), (Attribute::WorkRvu, "0.32")],
                )
            })
            .collect();
        papers.push(addendum);
    }
    papers
}

/// NCD 30.3.3 in two wordings, the others in one.
fn determinations() -> Vec<Paper> {
    let first = "Effective for services performed on or after January 21, 2020 CMS will cover needles for chronic low back pain.\nUp to 12 visits in 90 days are covered.\nAll types of needles including dry needling for any condition other than chronic low back pain are non-covered.";
    let second = first
        .replace("12 visits in 90 days", "20 visits in 90 days")
        .replace(
            "CMS will cover needles for chronic",
            "CMS covers needles for chronic",
        )
        + "\nAuxiliary personnel need the training that state law asks for.";
    let mut papers = Vec::new();
    for (name, begins, published, text) in [
        (
            "NCD 30.3",
            date(2020, 1, 21),
            date(2020, 5, 8),
            "Needles are only covered for chronic low back pain.",
        ),
        (
            "NCD 30.3.1",
            date(1999, 1, 1),
            date(2019, 1, 5),
            "It remains non-covered.",
        ),
        (
            "NCD 30.3.2",
            date(1999, 1, 1),
            date(2019, 1, 5),
            "It remains non-covered.",
        ),
        ("NCD 30.3.3", date(2020, 1, 21), date(2020, 5, 8), first),
        ("NCD 30.3.3", date(2025, 3, 1), date(2025, 2, 20), &second),
    ] {
        let mut paper = paper("ncd", name.to_owned(), begins, 0);
        paper.published = published;
        "https://api.coverage.cms.gov/v1/data/ncd/?ncdid=373".clone_into(&mut paper.url);
        paper.rows.push(Says::new(
            policy(name),
            &[
                (Attribute::Title, "Needles for Chronic Low Back Pain"),
                (Attribute::EffectiveDate, "01/21/2020"),
                (Attribute::Indications, text),
                (Attribute::Limits, "only for chronic low back pain"),
                (Attribute::Mentions, "dry needling"),
            ],
        ));
        papers.push(paper);
    }
    papers
}
