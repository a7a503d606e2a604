//! A small CMS made of releases and records: as a recording on disk, or as addresses to serve.
#![expect(
    clippy::unwrap_used,
    reason = "what is made here is well-formed, or the test is wrong"
)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};

pub(crate) const LIST: &str =
    "https://www.cms.gov/medicare/payment/fee-schedules/physician/pfs-relative-value-files";
pub(crate) const REPORT: &str = "https://api.coverage.cms.gov/v1/reports/national-coverage-ncd/";

/// One answer of CMS at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Capture {
    pub(crate) url: String,
    pub(crate) at: String,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
}

/// A release as CMS would post it.
#[derive(Debug, Clone)]
pub(crate) struct Release {
    /// `RVU20B`
    pub(crate) name: String,
    /// The description on its page.
    pub(crate) description: String,
    /// Path of the ZIP on www.cms.gov.
    pub(crate) href: String,
    /// Text of the link.
    pub(crate) label: String,
    /// The ZIP.
    pub(crate) zip: Vec<u8>,
}

impl Release {
    /// A release with the page that it usually has.
    pub(crate) fn new(name: &str, posted: &str, members: &[(&str, &[u8])]) -> Self {
        let compact: String = posted.chars().filter(char::is_ascii_digit).collect();
        Self {
            name: name.to_owned(),
            description: format!("Physician Fee Schedule - release {name}"),
            href: format!("/files/zip/{}-updated-{compact}.zip", name.to_lowercase()),
            label: format!("{name} - Updated {posted}"),
            zip: zip(members),
        }
    }

    pub(crate) fn year(&self) -> i32 {
        2000 + self.name[3..5].parse::<i32>().unwrap()
    }
}

/// What CMS serves at a moment when these releases are listed, oldest first.
pub(crate) fn releases_at(at: &str, releases: &[Release]) -> Vec<Capture> {
    let html = |url: String, body: String| Capture {
        url,
        at: at.to_owned(),
        content_type: "text/html; charset=UTF-8",
        body: body.into_bytes(),
    };
    let mut captures = vec![html(LIST.to_owned(), list_page(releases))];
    for release in releases {
        let page = format!("{LIST}/{}", release.name.to_lowercase());
        captures.push(html(page, release_page(release)));
        captures.push(Capture {
            url: format!("https://www.cms.gov{}", release.href),
            at: at.to_owned(),
            content_type: "application/zip",
            body: release.zip.clone(),
        });
    }
    captures
}

/// What the coverage API serves when it lists these records beside filler.
pub(crate) fn records_at(at: &str, records: &[Value], stamp: &str) -> Vec<Capture> {
    let json = |url: String, data: Value| {
        Capture {
        url,
        at: at.to_owned(),
        content_type: "application/json",
        body: json!({"meta": {"status": {"id": 200, "message": "OK"}, "next_token": ""}, "data": data})
            .to_string()
            .into_bytes(),
    }
    };
    let row = |id: Value, section: &str, title: &str, stamp: &str| {
        json!({
            "document_id": id, "document_version": 1, "document_display_id": section,
            "last_updated": format!("{}/{}/{}", &stamp[4..6], &stamp[6..8], &stamp[..4]),
            "last_updated_sort": stamp, "document_type": "NCD", "title": title, "chapter": "30",
            "is_lab": 0, "url": "/data/ncd"
        })
    };
    let mut rows: Vec<Value> = (1..=110)
        .map(|n| {
            row(
                json!(9000 + n),
                &format!("900.{n}"),
                "Filler determination",
                "20190101080000",
            )
        })
        .collect();
    let text = |record: &Value, key: &str| record[key].as_str().unwrap_or_default().to_owned();
    for record in records {
        let id: u32 = text(record, "document_id").parse().unwrap();
        rows.push(row(
            json!(id),
            &text(record, "document_display_id"),
            &text(record, "title"),
            stamp,
        ));
    }
    let mut captures = vec![json(REPORT.to_owned(), Value::Array(rows))];
    for record in records {
        let url = format!(
            "https://api.coverage.cms.gov/v1/data/ncd/?ncdid={}",
            text(record, "document_id")
        );
        captures.push(json(url, json!([record])));
    }
    captures
}

/// A record of a determination with a made text.
pub(crate) fn record(
    id: u32,
    section: &str,
    title: &str,
    indications: &str,
    history: &str,
) -> Value {
    json!({
        "document_id": id.to_string(), "document_version": 1, "document_display_id": section,
        "title": title, "publication_number": "100-3", "effective_date": "01/21/2020",
        "effective_end_date": "N/A", "implementation_date": "06/24/2020", "qr_modifier_date": "",
        "benefit_category": "Physicians' Services", "item_service_description": "&lt;p&gt;Needles.&lt;&sol;p&gt;",
        "indications_limitations": format!("&lt;p&gt;{indications}&lt;&sol;p&gt;"), "cross_reference": "",
        "transmittal_number": "10128", "transmittal_url": "", "revision_history": history,
        "other_text": "", "ama_statement": "", "reasons_for_denial": ""
    })
}

/// The four determinations of the default watch.
pub(crate) fn default_records(history: &str) -> Vec<Value> {
    let dry = "All types of acupuncture including dry needling for any condition other than cLBP are non-covered by Medicare.";
    vec![
        record(
            11,
            "30.3",
            "Acupuncture",
            "Acupuncture is only covered for chronic low back pain.",
            history,
        ),
        record(
            283,
            "30.3.1",
            "Acupuncture for Fibromyalgia",
            "It remains non-covered.",
            history,
        ),
        record(
            284,
            "30.3.2",
            "Acupuncture for Osteoarthritis",
            "It remains non-covered.",
            history,
        ),
        record(
            373,
            "30.3.3",
            "Acupuncture for Chronic Lower Back Pain (cLBP)",
            dry,
            history,
        ),
    ]
}

/// Writes a recording that `coverd replay` reads.
pub(crate) fn write_recording(folder: &Path, captures: &[Capture]) {
    std::fs::create_dir_all(folder).unwrap();
    let mut listed = Vec::new();
    for (number, capture) in captures.iter().enumerate() {
        let name = format!("{number:05}.body");
        std::fs::write(folder.join(&name), &capture.body).unwrap();
        listed.push(json!({
            "url": capture.url, "at": capture.at, "body": name,
            "headers": {"content-type": capture.content_type},
        }));
    }
    let manifest = json!({ "captures": listed });
    std::fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
}

/// A ZIP archive of these members.
pub(crate) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .last_modified_time(zip::DateTime::default());
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The header of a relative value file of 31 columns, ten rows.
pub(crate) fn header(year: i32, month: &str, released: &str) -> String {
    let mut text = String::new();
    let _ = write!(
        text,
        "\
,,{year} National Physician Fee Schedule Relative Value File {month} Release,,,,,,,,,,,,,,,,,,,,,,,,,,,,
,,Descriptors are neutral.,,,,,,,,,,,,,,,,,,,,,,,,,,,,
,, ,,,,,,,,,,,,,,,,,,,,,,,,,,,,
,, ,,,,,,,,,,,,,,,,,,,,,,,,,,,,
,,{released},,,,,,,,,,,,,,,,,,,,,,,,,,,,
,, , ,,,,,,,,,,,,,,,,,,,,,,,,,NON-FACILITY,FACILITY,
,,,,NOT USED,,,,,,,,,,,,,,,,,,,,,PHYSICIAN,,DIAGNOSTIC,PE USED,PE USED,MP USED
,,,,FOR,,,NON-FAC,,FACILITY ,,,,,,,,,,,,,,,,SUPERVISION OF,,IMAGING,FOR OPPS,FOR OPPS,FOR OPPS
,,,STATUS,MEDICARE ,WORK,NON-FAC,NA,FACILITY,NA,MP,NON-FACILITY,FACILITY,PCTC,GLOB,PRE,INTRA,POST,MULT,BILAT,ASST,CO-,TEAM,ENDO,CONV,DIAGNOSTIC,CALCULATION,FAMILY,PAYMENT,PAYMENT,PAYMENT
HCPCS,MOD,DESCRIPTION,CODE,PAYMENT,RVU,PE RVU,INDICATOR,PE RVU,INDICATOR,RVU,TOTAL,TOTAL,IND,DAYS,OP,OP,OP,PROC,SURG,SURG,SURG,SURG,BASE,FACTOR,PROCEDURES,FLAG,INDICATOR,AMOUNT,AMOUNT,AMOUNT
"
    );
    text
}

/// A whole made file of more than twelve thousand rows in which the dry needling codes have this
/// status and every payment this conversion factor.
pub(crate) fn made_file(year: i32, month: &str, status: &str, factor: &str) -> Vec<u8> {
    let mut text = header(year, month, "");
    let mut row = |code: &str, status: &str| {
        let used = if status == "N" { "+" } else { "" };
        let _ = writeln!(
            text,
            "{code},,SERVICE {code},{status},{used},0.32,0.39,,0.12,,0.03,0.74,0.47,0,XXX,0.00,0.00,0.00,0,0,1,0,0,,{factor},09,0,99,0.00,0.00,0.00"
        );
    };
    // How many codes begin with each digit or letter, much as in the real files.
    let families = [
        (100, 400),
        (10_000, 1_300),
        (20_000, 2_000),
        (30_000, 1_500),
        (40_000, 1_300),
        (50_000, 1_200),
        (60_000, 1_200),
        (70_000, 1_900),
        (80_000, 1_500),
        (90_000, 2_000),
    ];
    for (first, count) in families {
        for number in first..first + count {
            let dry = number == 20_560 || number == 20_561;
            row(&format!("{number:05}"), if dry { status } else { "A" });
        }
    }
    for code in [
        "97110", "97140", "97810", "97811", "97813", "97814", "99213",
    ] {
        row(code, "A");
    }
    for (letter, count) in [('G', 700), ('V', 150)] {
        for number in 1..=count {
            row(&format!("{letter}{number:04}"), "A");
        }
    }
    text.replace('\n', "\r\n").into_bytes()
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\" /><title>{title} | CMS</title></head><body>\
         <main id=\"skipNavTarget\" role=\"main\"><h1 class=\"page-title\"><span>{title}</span></h1>\
         <div id=\"block-cms-evo-content\">{body}</div></main></body></html>\n"
    )
}

fn list_page(releases: &[Release]) -> String {
    let mut rows = String::new();
    for release in releases.iter().rev() {
        let _ = write!(
            rows,
            "<tr><td>{}</td><td>File Name <a href=\"/medicare/payment/fee-schedules/physician/pfs-relative-value-files/{}\">{}</a></td></tr>",
            release.year(),
            release.name.to_lowercase(),
            release.name
        );
    }
    page(
        "PFS Relative Value Files",
        &format!(
            "<table><thead><tr><th>Calendar Year</th><th>File Name</th></tr></thead><tbody>{rows}</tbody></table>"
        ),
    )
}

fn release_page(release: &Release) -> String {
    let field = |key: &str, label: &str, text: &str| {
        format!(
            "<div class=\"field field--name-field-dyna-{key}\"><div class=\"field__label\">{label}</div><div class=\"field__item\">{text}</div></div>"
        )
    };
    let body = [
        field("calendar-year", "Name", &release.year().to_string()),
        field("file-name", "File Name", &release.name),
        field("description", "Description", &release.description),
        field("file-size", "File Size", "4MB"),
        format!(
            "<div class=\"field field--name-field-downloads\"><h2 class=\"field__label\">Downloads</h2><ul class=\"field__items\"><li class=\"field__item\"><a href=\"{}\">{}</a></li></ul></div>",
            release.href, release.label
        ),
    ];
    page(
        &release.name,
        &format!(
            "<article class=\"node node--type-dynamic-list-item\">{}</article>",
            body.concat()
        ),
    )
}
