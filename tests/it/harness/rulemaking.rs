//! Rules of the fee schedule and therapy code lists as CMS might post them: pages and archives made
//! here, to serve or to record.
#![expect(
    clippy::unwrap_used,
    reason = "what is made here is well-formed, or the test is wrong"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::cms::{Answer, FakeCms};
use super::world::{Capture, zip};

pub(crate) const RULES: &str =
    "https://www.cms.gov/medicare/payment/fee-schedules/physician/federal-regulation-notices";
pub(crate) const THERAPY: &str =
    "https://www.cms.gov/medicare/coding-billing/therapy-services/annual-therapy-update";

/// One row of Addendum B; numbers in hundredths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) code: String,
    pub(crate) modifier: &'static str,
    pub(crate) status: &'static str,
    pub(crate) work: u32,
    pub(crate) non_facility_pe: u32,
    pub(crate) facility_pe: u32,
    pub(crate) mp: u32,
}

impl Row {
    /// With the relative values of 20560 in 2020.
    pub(crate) fn new(code: &str, status: &'static str) -> Self {
        Self {
            code: code.to_owned(),
            modifier: "",
            status,
            work: 32,
            non_facility_pe: 39,
            facility_pe: 12,
            mp: 3,
        }
    }

    /// With other work RVUs.
    pub(crate) fn work(self, hundredths: u32) -> Self {
        Self {
            work: hundredths,
            ..self
        }
    }

    /// In the order of [`HEADER`].
    pub(crate) fn cells(&self) -> Vec<String> {
        let number = |hundredths: u32| format!("{}.{:02}", hundredths / 100, hundredths % 100);
        [
            self.code.clone(),
            self.modifier.to_owned(),
            self.status.to_owned(),
            if self.status == "N" { "+" } else { "" }.to_owned(),
            format!("SERVICE {}", self.code),
            number(self.work),
            number(self.non_facility_pe),
            number(self.facility_pe),
            number(self.mp),
            number(self.work + self.non_facility_pe + self.mp),
            number(self.work + self.facility_pe + self.mp),
            "XXX".to_owned(),
        ]
        .into()
    }
}

/// The header of Addendum B, three rows each.
pub(crate) const HEADER: [[&str; 3]; 12] = [
    ["", "CPT1/", "HCPCS"],
    ["", "", "Mod"],
    ["", "", "Status"],
    ["Not Used", "for Medicare", "Payment"],
    ["", "", "Description"],
    ["", "Work", "RVUs2"],
    ["Non-", "Facility", "PE RVUs2"],
    ["", "Facility", "PE RVUs2"],
    ["", "Mal-Practice", "RVUs2"],
    ["Total", "Non-Facility", "RVUs2"],
    ["Total", "Facility", "RVUs2"],
    ["", "", "Global"],
];

/// A title row, and the header.
pub(crate) fn head(title: &str) -> Vec<Vec<String>> {
    let mut head = vec![vec![title.to_owned()]];
    for line in 0..3 {
        head.push(HEADER.iter().map(|names| names[line].to_owned()).collect());
    }
    head
}

/// Rows of a whole Addendum B: these, and enough others of the kinds that the real one has.
pub(crate) fn whole(rows: &[Row]) -> Vec<Row> {
    let mut all: BTreeMap<(String, &'static str), Row> = BTreeMap::new();
    let mut put = |row: Row| all.insert((row.code.clone(), row.modifier), row);
    let families = [
        (10_000, 400),
        (20_000, 1_000),
        (30_000, 800),
        (40_000, 600),
        (50_000, 500),
        (60_000, 600),
        (70_000, 1_000),
        (80_000, 100),
        (90_000, 1_000),
    ];
    for (first, count) in families {
        for number in first..first + count {
            put(Row::new(&number.to_string(), "A"));
        }
    }
    for number in 0..60 {
        put(Row::new(&format!("0{number:03}T"), "C"));
        put(Row::new(&format!("Q{number:04}"), "X"));
    }
    for number in 0..300 {
        put(Row::new(&format!("G{number:04}"), "A"));
    }
    for code in [
        "97110", "97140", "99213", "97810", "97811", "97813", "97814",
    ] {
        put(Row::new(code, "A"));
    }
    for row in rows {
        put(row.clone());
    }
    all.into_values().collect()
}

/// Rows as comma-separated text.
pub(crate) fn csv(rows: &[Vec<String>]) -> Vec<u8> {
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .map(|cell| {
                if cell.contains([',', '"', '\n']) {
                    format!("\"{}\"", cell.replace('"', "\"\""))
                } else {
                    cell.clone()
                }
            })
            .collect();
        let _ = write!(text, "{}\r\n", cells.join(","));
    }
    text.into_bytes()
}

/// A rule with its addenda.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// `CMS-1848-P`
    pub(crate) docket: &'static str,
    /// The calendar year that it is for.
    pub(crate) year: i32,
    /// The day in the text of its link, as `11/14/2026`; empty for none.
    pub(crate) posted: &'static str,
    /// The rows that are not filler.
    pub(crate) rows: Vec<Row>,
}

impl Rule {
    pub(crate) fn new(docket: &'static str, year: i32, posted: &'static str, rows: &[Row]) -> Self {
        Self {
            docket,
            year,
            posted,
            rows: rows.to_vec(),
        }
    }

    pub(crate) fn page_url(&self) -> String {
        format!("{RULES}/{}", self.docket.to_lowercase())
    }

    /// Each posting has an address of its own, as with CMS.
    pub(crate) fn zip_url(&self) -> String {
        let day: String = self.posted.chars().filter(char::is_ascii_digit).collect();
        let docket = self.docket.to_lowercase();
        format!("https://www.cms.gov/files/zip/{docket}-addenda-{day}.zip")
    }

    fn stage(&self) -> &'static str {
        match self.docket.rsplit('-').next().unwrap() {
            "P" => "Proposed Rule",
            "CN" => "Final Rule Correction",
            _ => "Final Rule",
        }
    }

    fn link_text(&self) -> String {
        let text = format!("CY {} PFS {} Addenda", self.year, self.stage());
        if self.posted.is_empty() {
            text
        } else {
            format!("{text} (Updated {})", self.posted)
        }
    }

    /// The archive: Addendum B, and others beside it.
    pub(crate) fn zip(&self) -> Vec<u8> {
        let title = format!(
            "Addendum B: Relative Value Units and Related Information Used in the CY {} {}",
            self.year,
            self.stage()
        );
        let rows = whole(&self.rows);
        let mut table = head(&title);
        table.extend(rows.iter().map(Row::cells));
        let number = self.docket.get(..8).unwrap();
        zip(&[
            (
                &format!("{number}_Addendum A.docx"),
                b"an explanation".as_slice(),
            ),
            (&format!("{number}_Addendum B.csv"), &csv(&table)),
            (&format!("{number}_Addendum D GAFs.csv"), b"a,b\r\n1,2\r\n"),
        ])
    }

    fn captures(&self, at: &str) -> Vec<Capture> {
        let link = format!(
            "<div class=\"field field--name-field-downloads\"><ul class=\"field__items\"><li class=\"field__item\"><a href=\"/license/ama?file={}\">{}</a></li></ul></div>",
            self.zip_url().trim_start_matches("https://www.cms.gov"),
            self.link_text()
        );
        vec![
            html(at, self.page_url(), page(self.docket, &link)),
            Capture {
                url: self.zip_url(),
                at: at.to_owned(),
                content_type: "application/zip",
                body: self.zip(),
            },
        ]
    }
}

/// What CMS serves at a moment when these rules are listed: list, pages, archives.
pub(crate) fn rules_at(at: &str, rules: &[Rule]) -> Vec<Capture> {
    let mut rows = String::new();
    for rule in rules.iter().rev() {
        let _ = write!(
            rows,
            "<tr><td>Calendar Year {}</td><td>Regulation Number <a href=\"{}\">{}</a></td></tr>",
            rule.year,
            rule.page_url().trim_start_matches("https://www.cms.gov"),
            rule.docket
        );
    }
    let table = format!("<table><tr><th>Year</th><th>Regulation</th></tr>{rows}</table>");
    let list = page("PFS Federal Regulation Notices", &table);
    let mut captures = vec![html(at, RULES.to_owned(), list)];
    captures.extend(rules.iter().flat_map(|rule| rule.captures(at)));
    captures
}

/// The page of one rule and its archive, without the list.
pub(crate) fn rule_page(docket: &'static str, year: i32, rows: &[Row]) -> Vec<Capture> {
    Rule::new(docket, year, "", rows).captures("")
}

/// The codes of a whole therapy code list: these with their disposition, and enough others.
pub(crate) fn whole_list(rows: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for number in 97_010..97_070 {
        all.insert(number.to_string(), "Always therapy".to_owned());
    }
    for number in 97_600..97_640 {
        all.insert(number.to_string(), "Sometimes therapy".to_owned());
    }
    for code in ["97110", "97112"] {
        all.insert(code.to_owned(), "Always therapy".to_owned());
    }
    let own = rows.iter();
    all.extend(own.map(|(code, disposition)| ((*code).to_owned(), (*disposition).to_owned())));
    all
}

/// The table of a year's therapy code list.
pub(crate) fn therapy_table(year: i32, rows: &[(&str, &str)]) -> Vec<Vec<String>> {
    let mut table = vec![
        vec![format!("{year} Therapy Code List and Dispositions")],
        ["HCPCS Code", "Short Descriptor", "Disposition"]
            .map(str::to_owned)
            .into(),
    ];
    for (code, disposition) in whole_list(rows) {
        table.push(vec![code.clone(), format!("SERVICE {code}"), disposition]);
    }
    table
}

pub(crate) fn therapy_zip_url(year: i32) -> String {
    format!("https://www.cms.gov/files/zip/{year}-therapy-code-list-and-dispositions.zip")
}

/// What CMS serves at a moment when the lists of these years are offered, with these rows beside filler.
pub(crate) fn therapy_at(at: &str, lists: &[(i32, &[(&str, &str)])]) -> Vec<Capture> {
    let mut links = String::new();
    let mut captures = Vec::new();
    for (year, rows) in lists {
        let url = therapy_zip_url(*year);
        let _ = write!(
            links,
            "<li><a href=\"{}\">{year} Therapy Code List and Dispositions (ZIP)</a></li>",
            url.trim_start_matches("https://www.cms.gov")
        );
        let name = format!("{year} Therapy Code List and Dispositions.csv");
        captures.push(Capture {
            url,
            at: at.to_owned(),
            content_type: "application/zip",
            body: zip(&[(&name, &csv(&therapy_table(*year, rows)))]),
        });
    }
    let body = format!("<p>Yearly.</p><ul>{links}</ul>");
    captures.insert(
        0,
        html(at, THERAPY.to_owned(), page("Annual Therapy Update", &body)),
    );
    captures
}

/// The page with one year's list, and its archive.
pub(crate) fn therapy_page(year: i32, rows: &[(&str, &str)]) -> Vec<Capture> {
    therapy_at("", &[(year, rows)])
}

/// Lets a server show these.
pub(crate) fn serve(cms: &FakeCms, captures: &[Capture]) {
    for capture in captures {
        let answer = match capture.content_type {
            "application/zip" => Answer::zip(capture.body.clone()),
            _ => Answer::html(&String::from_utf8(capture.body.clone()).unwrap()),
        };
        cms.serve(&capture.url, answer);
    }
}

fn html(at: &str, url: String, body: String) -> Capture {
    Capture {
        url,
        at: at.to_owned(),
        content_type: "text/html; charset=UTF-8",
        body: body.into_bytes(),
    }
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\" /><title>{title} | CMS</title></head><body>\
         <nav><a href=\"/medicare\">Medicare</a></nav><main id=\"skipNavTarget\"><h1 class=\"page-title\"><span>{title}</span></h1>\
         <div id=\"block-cms-evo-content\">{body}</div></main></body></html>\n"
    )
}
