//! Every source, driven by bytes.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest as _, Sha256};

use crate::model::document::{Document, DocumentHash};
use crate::model::request::{Discovery, Expect, Reading, Request, Unit, UnitDocuments};
use crate::model::watch::{Codes, NcdLink, Watch};
use crate::sources::federal_register::{FederalRegister, FederalRegisterSettings};
use crate::sources::page::{PageKind, PageSettings, Pages};
use crate::sources::{
    Brief, Source, local_coverage, nca, ncci, ncd, opps, pfs, pfs_rules, therapy, transmittals,
};

/// Most units of one discovery that are read.
const UNITS: usize = 3;
/// Most rounds of discovery: a source must not ask for ever.
const ROUNDS: usize = 12;

/// What a practice for dry needling watches.
pub fn watch(all: bool) -> Watch {
    let services = |codes: &[&str]| codes.iter().filter_map(|code| code.parse().ok()).collect();
    let link = NcdLink {
        id: 373,
        section: "30.3.3".to_owned(),
        codes: ["20560", "20561"]
            .iter()
            .filter_map(|code| code.parse().ok())
            .collect(),
    };
    Watch {
        codes: if all {
            Codes::All
        } else {
            Codes::Named(services(&["20560", "20561"]))
        },
        look_alikes: services(&["20552", "97810"]),
        words: ["dry needling", "trigger point"].map(str::to_owned).into(),
        billed_with: ["97140"]
            .iter()
            .filter_map(|code| code.parse().ok())
            .collect(),
        localities: ["01112-05"]
            .iter()
            .filter_map(|id| id.parse().ok())
            .collect(),
        ncds: BTreeMap::from([(373, link)]),
    }
}

/// The source of that name, with row floors for excerpts: what is small is read to its end, too.
pub fn source(id: &str) -> Arc<dyn Source> {
    let page = |kind, select: &str| PageSettings {
        select: select.to_owned(),
        ..PageSettings::new(
            format!("{kind:?}"),
            format!("https://www.cms.gov/{kind:?}"),
            kind,
        )
    };
    match id {
        "pfs" => Arc::new(pfs::Pfs::with_checks(pfs::Checks::for_excerpts())),
        "ncd" => Arc::new(ncd::Ncd::new(1)),
        "nca" => Arc::new(nca::Nca),
        "pfs_rules" => Arc::new(pfs_rules::PfsRules::with_checks(
            pfs_rules::Checks::for_excerpts(),
        )),
        "therapy" => Arc::new(therapy::Therapy::with_checks(
            therapy::Checks::for_excerpts(),
        )),
        "transmittals" => Arc::new(transmittals::Transmittals),
        "local_coverage" => Arc::new(local_coverage::LocalCoverage::new(local_coverage::Scope {
            contractors: vec!["Noridian".to_owned()],
            states: vec!["CA".to_owned()],
            terms_accepted: true,
        })),
        "opps" => Arc::new(opps::Opps::with_checks(opps::Checks::for_excerpts())),
        "ncci" => Arc::new(ncci::Ncci::with_checks(ncci::Checks::for_excerpts())),
        "federal_register" => Arc::new(FederalRegister::new(FederalRegisterSettings::default())),
        _ => Arc::new(Pages::new(&[
            page(PageKind::Html, "main"),
            page(PageKind::Json, "/rows"),
            page(PageKind::Csv, ""),
            page(PageKind::Xlsx, ""),
            page(PageKind::Pdf, ""),
            page(PageKind::Text, ""),
        ])),
    }
}

/// Discovery and extraction with bytes in every place where documents are expected. `known` are addresses
/// of units, as they are met outside discovery.
///
/// The first byte says how: which address, all codes or a few, whether the bytes are a member of an archive.
pub fn read(id: &str, known: &[&str], data: &[u8]) {
    let Some((&how, bytes)) = data.split_first() else {
        return;
    };
    let source = source(id);
    let watch = watch(how & 1 == 1);
    let brief = Brief {
        today: NaiveDate::from_ymd_opt(2026, 11, 2).expect("a day"),
        watch: &watch,
        since_year: 2019,
    };
    let of = |request: &Request| document(request, bytes, how & 2 == 2);
    if how & 4 == 0 {
        discover(&*source, &brief, &of);
        return;
    }
    let at = usize::from(how >> 3) % known.len().max(1);
    let Some(url) = known.get(at) else { return };
    if let Some(unit) = source.recognise(url, &brief) {
        extract(&*source, &unit, &of, &watch);
    }
}

fn discover(source: &dyn Source, brief: &Brief<'_>, of: &dyn Fn(&Request) -> Document) {
    let mut seen = BTreeMap::new();
    for _ in 0..ROUNDS {
        match source.discover(&seen, &[], brief) {
            Err(_) => return,
            Ok(Discovery::Fetch(requests)) => {
                let is_new = |request: &&Request| !seen.contains_key(&request.url);
                assert!(
                    requests.iter().any(|one| is_new(&one)),
                    "it asks for the same again"
                );
                let more: Vec<_> = requests
                    .iter()
                    .take(40)
                    .map(|request| (request.url.clone(), of(request)))
                    .collect();
                seen.extend(more);
                if requests.len() > 40 {
                    return;
                }
            }
            Ok(Discovery::Complete { units, .. }) => {
                for unit in units.iter().take(UNITS) {
                    extract(source, unit, of, brief.watch);
                }
                return;
            }
        }
    }
}

fn extract(source: &dyn Source, unit: &Unit, of: &dyn Fn(&Request) -> Document, watch: &Watch) {
    let documents = UnitDocuments {
        primary: of(&unit.request),
        companions: unit
            .companions
            .iter()
            .map(|request| Some(of(request)))
            .collect(),
    };
    let first = source.extract(unit, &documents, watch);
    if let Ok(reading) = &first {
        is_cited(reading);
    }
    assert_eq!(
        first,
        source.extract(unit, &documents, watch),
        "read twice, said twice"
    );
    let alone = UnitDocuments {
        companions: vec![None; unit.companions.len()],
        ..documents
    };
    if let Ok(reading) = source.extract(unit, &alone, watch) {
        is_cited(&reading);
    }
}

/// Whatever is said has its proof, of bounded length.
fn is_cited(reading: &Reading) {
    for statement in &reading.statements {
        assert!(!statement.locator.is_empty(), "no locator: {statement:?}");
        assert!(
            statement.quote.len() <= 8_000,
            "a long quote: {statement:?}"
        );
        assert!(!statement.values.is_empty(), "says nothing: {statement:?}");
    }
}

fn document(request: &Request, bytes: &[u8], packed: bool) -> Document {
    let is_archive = matches!(request.expect, Expect::Zip | Expect::Xlsx);
    let bytes: Arc<[u8]> = if is_archive && packed {
        archive(bytes).into()
    } else {
        bytes.into()
    };
    let is_pdf = request.expect == Expect::Pdf;
    let text = is_pdf.then(|| Arc::from(String::from_utf8_lossy(&bytes).as_ref()));
    Document {
        url: request.url.clone(),
        final_url: request.url.clone(),
        captured: captured(),
        hash: DocumentHash::new(Sha256::digest(&bytes).into()),
        bytes,
        text,
    }
}

pub fn captured() -> DateTime<Utc> {
    DateTime::from_timestamp(1_793_620_800, 0).expect("an instant")
}

/// The bytes as the members of a release, the name of each in a line before it: `== PPRRVU26_JAN.csv`.
pub fn archive(bytes: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut is_open = false;
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let name = line
            .strip_prefix(b"== ")
            .and_then(|name| std::str::from_utf8(name).ok());
        if let Some(name) = name {
            is_open = writer.start_file(name.trim_end(), options).is_ok();
        } else if is_open {
            let _ = writer.write_all(line);
        }
    }
    writer
        .finish()
        .map_or_else(|_| Vec::new(), Cursor::into_inner)
}
