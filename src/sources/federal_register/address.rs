//! Addresses of the Federal Register's API, always with `fields[]`: the default answer for a rule has
//! hundreds of kilobytes of counters and pictures that change every day.

use url::Url;

/// The only host that is asked, and the only one that answers are followed to.
pub(super) const ORIGIN: &str = "https://www.federalregister.gov";

const API: &str = "https://www.federalregister.gov/api/v1/";

/// The agency, as the API names it.
pub(super) const AGENCY: &str = "centers-for-medicare-medicaid-services";

/// Fields of a document that change only when the document does.
const DOCUMENT_FIELDS: [&str; 17] = [
    "document_number",
    "type",
    "action",
    "title",
    "abstract",
    "citation",
    "publication_date",
    "effective_on",
    "dates",
    "comments_close_on",
    "docket_ids",
    "regulation_id_numbers",
    "correction_of",
    "cfr_references",
    "full_text_xml_url",
    "html_url",
    "agencies",
];

/// The same for a document that lies on the public inspection desk.
const DESK_FIELDS: [&str; 10] = [
    "document_number",
    "type",
    "title",
    "agencies",
    "docket_numbers",
    "filed_at",
    "filing_type",
    "publication_date",
    "raw_text_url",
    "html_url",
];

/// What a list of documents is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Search {
    /// A part of title 42 of the Code of Federal Regulations.
    Part(u32),
    /// A phrase in the full text.
    Term(String),
}

/// The first page of a list, oldest documents first, so that pages do not shift while they are read.
pub(super) fn list(search: &Search, since_year: i32) -> String {
    let mut pairs = vec![
        ("conditions[agencies][]".to_owned(), AGENCY.to_owned()),
        (
            "conditions[publication_date][gte]".to_owned(),
            format!("{since_year}-01-01"),
        ),
    ];
    for kind in ["RULE", "PRORULE", "NOTICE"] {
        pairs.push(("conditions[type][]".to_owned(), kind.to_owned()));
    }
    match search {
        Search::Part(part) => {
            pairs.push(("conditions[cfr][title]".to_owned(), "42".to_owned()));
            pairs.push(("conditions[cfr][part]".to_owned(), part.to_string()));
        }
        Search::Term(term) => {
            let phrase = format!("\"{}\"", term.replace('"', " "));
            pairs.push(("conditions[term]".to_owned(), phrase));
        }
    }
    pairs.push(("order".to_owned(), "oldest".to_owned()));
    pairs.push(("per_page".to_owned(), "200".to_owned()));
    address("documents.json", &DOCUMENT_FIELDS, &pairs)
}

/// The record of one document.
pub(super) fn document(number: &str) -> String {
    address(&format!("documents/{number}.json"), &DOCUMENT_FIELDS, &[])
}

/// Everything on the desk today, of all agencies.
pub(super) fn desk() -> String {
    address(
        "public-inspection-documents/current.json",
        &DESK_FIELDS,
        &[],
    )
}

/// The record of one document on the desk.
pub(super) fn desk_document(number: &str) -> String {
    address(
        &format!("public-inspection-documents/{number}.json"),
        &DESK_FIELDS,
        &[],
    )
}

fn address(path: &str, fields: &[&str], pairs: &[(String, String)]) -> String {
    let Ok(mut url) = Url::parse(&format!("{API}{path}")) else {
        return format!("{API}{path}");
    };
    url.query_pairs_mut()
        .extend_pairs(pairs)
        .extend_pairs(fields.iter().map(|field| ("fields[]", *field)));
    url.into()
}

/// An address that an answer names, if it is one of this host and below that path.
pub(super) fn own(url: &str, path: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let is_own = url.origin().ascii_serialization() == ORIGIN
        && url.username().is_empty()
        && url.password().is_none()
        && url.path().starts_with(path);
    is_own.then(|| url.into())
}

/// Whether a text is a document number as the Register counts them: `2026-14327`, `E8-14949`,
/// `C1-2020-17127`.
pub(super) fn is_number(text: &str) -> bool {
    (4..=20).contains(&text.len())
        && text.contains('-')
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-')
}
