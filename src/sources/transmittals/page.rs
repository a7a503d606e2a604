//! The page of one transmittal: its number, its change request, the PDFs.

use super::issue::Issue;
use super::list::{number_of, on_cms};
use crate::model::document::Document;
use crate::parse::html::Page;

/// What the page of a transmittal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TransmittalPage {
    /// Field "CR #"; empty where it has none.
    pub(super) change_request: String,
    /// Field "Issue Date", as written.
    pub(super) issued: String,
    /// The PDF of the transmittal.
    pub(super) transmittal: Option<String>,
    /// The PDFs of MLN Matters articles.
    pub(super) articles: Vec<(Issue, String)>,
}

impl TransmittalPage {
    /// Reads a page that should be the one of `issue`.
    ///
    /// # Errors
    /// When it is the page of something else, in words.
    pub(super) fn read(document: &Document, issue: &Issue) -> Result<Self, String> {
        let page = Page::parse(&document.bytes).map_err(|cause| cause.to_string())?;
        let field = |name: &str| {
            let selector = format!(".field--name-field-dyna-{name} .field__item");
            page.texts(&selector).into_iter().next().unwrap_or_default()
        };
        let named = field("transmittal-number");
        if Issue::parse(&named).as_ref() != Some(issue) {
            let named: String = named.chars().take(40).collect();
            return Err(format!(
                "its field \"Transmittal #\" is '{named}', not {issue}"
            ));
        }
        let mut transmittal = None;
        let mut articles = Vec::new();
        for link in page.links(".field--name-field-downloads") {
            let Some(address) = on_cms(&document.final_url, &link.href) else {
                continue;
            };
            let path = address.split('?').next().unwrap_or(&address);
            let file = path.rsplit('/').next().unwrap_or_default();
            let lower = file.to_ascii_lowercase();
            let Some(stem) = lower.strip_suffix(".pdf") else {
                continue;
            };
            // By the name of the file, else by the text of the link.
            let by_text = link.text.split(" - ").next().and_then(Issue::parse);
            match Issue::by_file(stem).or(by_text) {
                Some(found) if found == *issue => {
                    transmittal.get_or_insert(address);
                }
                Some(article @ Issue::Article(_)) => {
                    if !articles.iter().any(|(known, _)| *known == article) {
                        articles.push((article, address));
                    }
                }
                Some(Issue::Transmittal { .. }) | None => {}
            }
        }
        Ok(Self {
            change_request: number_of(&field("cr-number")),
            issued: field("issue-date"),
            transmittal,
            articles,
        })
    }
}
