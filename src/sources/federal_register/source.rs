//! The source: what is asked for, and what is made of the answers.

use chrono::NaiveDate;
use url::Url;

use super::desk;
use super::discovery::{self, filed_name, name};
use super::docket::{self, Type};
use super::full_text::{FullText, full_text};
use super::record::{self, Record};
use super::settings::FederalRegisterSettings;
use super::{address, filed, list, statements};
use crate::model::document::Document;
use crate::model::request::{Discovery, Expect, Reading, Request, ShapeError, Unit, UnitDocuments};
use crate::model::watch::Watch;
use crate::sources::{Brief, Seen, Source, SourceMeta};

static META: SourceMeta = SourceMeta {
    id: "federal_register",
    title: "Federal Register: rules, proposed rules and notices of CMS",
    home: "https://www.federalregister.gov/agencies/centers-for-medicare-medicaid-services",
    about: "Twice each working day, after the hours at which documents are filed for public inspection: \
            one list of documents for each configured part of 42 CFR and for each watched word or \
            configured term, and the public inspection list (with the shipped configuration six \
            requests, three seconds apart). Each document is read once, in full, and again only when \
            its entry in a list changes. The API is made for programs and needs no key; only fields \
            that matter are asked for, so that answers are small.",
    schedule: "5 14,22 * * MON-FRI",
    extractor: 1,
    origins: &[address::ORIGIN],
    unseen: "the raw text of documents on the public inspection desk, and the links from corrections to what they correct",
    gathers: true,
};

/// The Federal Register.
#[derive(Debug, Clone, Default)]
pub struct FederalRegister {
    settings: FederalRegisterSettings,
}

impl FederalRegister {
    /// The source, for what is configured.
    pub fn new(settings: FederalRegisterSettings) -> Self {
        Self { settings }
    }
}

impl Source for FederalRegister {
    fn meta(&self) -> &SourceMeta {
        &META
    }

    fn discover(
        &self,
        seen: &Seen,
        failed: &[String],
        brief: &Brief<'_>,
    ) -> Result<Discovery, ShapeError> {
        discovery::discover(&self.settings, seen, failed, brief)
    }

    fn recognise(&self, url: &str, _brief: &Brief<'_>) -> Option<Unit> {
        let own = address::own(url, "/")?;
        let parsed = Url::parse(&own).ok()?;
        let (folder, file) = parsed.path().rsplit_once('/')?;
        let (number, expect) = if folder.starts_with("/documents/full_text/xml/") {
            (file.strip_suffix(".xml")?, Expect::Xml)
        } else if folder == "/api/v1/documents" {
            (file.strip_suffix(".json")?, Expect::Json)
        } else {
            return None;
        };
        let unit = Unit::new(name(number), Request::new(url, expect));
        address::is_number(number).then_some(unit)
    }

    fn extract(
        &self,
        unit: &Unit,
        documents: &UnitDocuments,
        watch: &Watch,
    ) -> Result<Reading, ShapeError> {
        let what = unit.name.as_str();
        let primary = &documents.primary;
        let number = what.strip_prefix("FR ").unwrap_or_default();
        let known = known(&unit.context);
        if let Some(number) = number.strip_suffix(" filed") {
            return read_filed(number, unit, primary, &known, watch);
        }
        if !address::is_number(number) {
            return Err(ShapeError::new(what, "no unit of this source"));
        }
        let listed = known.iter().find(|record| record.number == number);
        if is_json(primary) {
            let record = record::read_own(&primary.bytes, what)?;
            if record.number != number {
                let why = format!("the answer is the record of {:.20}", record.number);
                return Err(ShapeError::new(what, why));
            }
            return statements::published(&record, None, &known, watch, what);
        }
        let text = full_text(&primary.bytes, what)?;
        let record = match listed {
            Some(record) => record.clone(),
            None => of_text(number, &primary.url, &text).ok_or_else(|| {
                ShapeError::new(what, "its address does not say when it was published")
            })?,
        };
        statements::published(&record, Some(&text), &known, watch, what)
    }
}

fn read_filed(
    number: &str,
    unit: &Unit,
    primary: &Document,
    known: &[Record],
    watch: &Watch,
) -> Result<Reading, ShapeError> {
    let what = unit.name.as_str();
    if is_json(primary) {
        let filed = desk::read_own(&primary.bytes, what)?;
        if filed.number != number {
            let why = format!("the answer is the record of {:.20}", filed.number);
            return Err(ShapeError::new(what, why));
        }
        return Ok(statements::filed(&filed, None, known, watch, what));
    }
    let desks = unit
        .context
        .iter()
        .filter(|page| page.url == address::desk());
    let listed = desks
        .filter_map(|page| desk::read(&page.bytes).ok())
        .flatten()
        .find(|filed| filed_name(&filed.number) == what);
    let Some(listed) = listed else {
        return Err(ShapeError::new(
            what,
            "the public inspection list does not name it",
        ));
    };
    let text = filed::read(&primary.bytes, number, what, watch)?;
    Ok(statements::filed(&listed, Some(&text), known, watch, what))
}

/// All documents that the lists name: what a correction is about is one of them.
fn known(context: &[Document]) -> Vec<Record> {
    let lists = context.iter().filter(|page| page.url != address::desk());
    // A list that cannot be read was told of in discovery.
    let pages = lists.filter_map(|page| list::read(&page.bytes).ok());
    pages.flat_map(|page| page.records).collect()
}

/// Of two kinds of documents, which this is: by its first character, for the two have none in common.
fn is_json(document: &Document) -> bool {
    let bytes = document.bytes.strip_prefix(b"\xef\xbb\xbf");
    let bytes = bytes.unwrap_or(&document.bytes);
    bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

/// A record made from the text alone, for a recording without lists.
fn of_text(number: &str, url: &str, text: &FullText) -> Option<Record> {
    let parsed = Url::parse(url).ok()?;
    let mut folders = parsed.path().rsplit('/').skip(1);
    let (day, month, year) = (folders.next()?, folders.next()?, folders.next()?);
    let published =
        NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    let of = match text.root.as_str() {
        "RULE" | "CORRECT" => Type::Rule,
        "PRORULE" => Type::Proposed,
        _ => Type::Notice,
    };
    Some(Record {
        number: number.to_owned(),
        of,
        action: text.action.clone(),
        title: text.subject.clone(),
        summary: text.summary.clone(),
        citation: String::new(),
        published: published?,
        effective_on: None,
        comments_close_on: None,
        dockets: docket::dockets(&text.dockets),
        rins: text.rins.clone(),
        correction_of: None,
        parts: Vec::new(),
        full_text: None,
        tag: String::new(),
    })
}
