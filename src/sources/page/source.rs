//! Configured pages as a source.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use super::content::{Content, content};
use super::cut::may_be_cut;
use super::settings::{PageKind, PageSettings};
use crate::model::attribute::Attribute;
use crate::model::document::Document;
use crate::model::fact::{Edition, Observation, Repost, Statement};
use crate::model::request::{Discovery, Keep, Reading, Request, ShapeError, Unit, UnitDocuments};
use crate::model::topic::{Subject, Topic};
use crate::model::watch::{Codes, Watch};
use crate::parse::html;
use crate::sources::{Brief, Seen, Source, SourceMeta};

static META: SourceMeta = SourceMeta {
    id: "page",
    title: "Configured pages",
    home: "the addresses of the [[page]] blocks in the configuration",
    about: "The addresses that the configuration names, once a day: one conditional request for each, \
            seconds apart at each host, the hosts in turns. A server that confirms what is known sends \
            no page; in full each is asked for at least once a week. Read are the main text or what a \
            selector finds, and tables row by row; what differs from answer to answer (tokens, counters, \
            the time of the answer) is left out.",
    schedule: "20 12 * * *",
    extractor: 2,
    origins: &[],
    unseen: "",
    gathers: true,
};

/// Largest compiled form of one configured expression.
const MAX_EXPRESSION: usize = 256 << 10;
/// Longest beginning of the content that is quoted.
const MAX_QUOTE: usize = 300;

/// The configured pages.
#[derive(Debug, Clone, Default)]
pub struct Pages {
    pages: Vec<Arc<Page>>,
    by_name: HashMap<String, usize>,
}

/// A page, ready to be read.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) settings: PageSettings,
    pub(super) ignore: Vec<Regex>,
    /// What makes a passage count, as all sources look for it.
    pub(super) names: Watch,
    digest: String,
}

impl Page {
    pub(super) fn new(settings: &PageSettings) -> Self {
        let expressions = settings.ignore.iter();
        Self {
            ignore: expressions
                .filter_map(|text| expression(text).ok())
                .collect(),
            names: Watch {
                codes: Codes::Named(settings.codes.clone()),
                look_alikes: BTreeSet::new(),
                words: settings.words.clone(),
                billed_with: BTreeSet::new(),
                localities: BTreeSet::new(),
                ncds: BTreeMap::new(),
            },
            digest: settings.digest(),
            settings: settings.clone(),
        }
    }

    fn unit(&self) -> Unit {
        let settings = &self.settings;
        let keep = match settings.kind {
            PageKind::Pdf => Keep::Everything,
            PageKind::Html | PageKind::Json | PageKind::Csv | PageKind::Xlsx | PageKind::Text => {
                Keep::News
            }
        };
        Unit {
            confirm: settings.unstable,
            keep,
            settings: Some(self.digest.clone()),
            ..Unit::new(
                settings.name.clone(),
                Request::new(settings.url.clone(), settings.kind.expect()),
            )
        }
    }
}

impl Pages {
    /// The pages of a configuration. An expression that is none was refused there, and ignores nothing.
    pub fn new(settings: &[PageSettings]) -> Self {
        let pages: Vec<Arc<Page>> = settings
            .iter()
            .map(|one| Arc::new(Page::new(one)))
            .collect();
        let names = pages.iter().enumerate();
        Self {
            by_name: names
                .map(|(number, page)| (page.settings.name.clone(), number))
                .collect(),
            pages,
        }
    }

    fn page(&self, name: &str) -> Option<&Arc<Page>> {
        self.pages.get(*self.by_name.get(name)?)
    }

    /// Whether a selector for an HTML page can be used.
    pub fn is_selector(text: &str) -> bool {
        html::is_selector(text)
    }

    /// Whether an expression can be used; the error says why not.
    ///
    /// # Errors
    /// When it is malformed, or too large when compiled.
    pub fn check_expression(text: &str) -> Result<(), String> {
        expression(text)
            .map(drop)
            .map_err(|error| error.to_string())
    }
}

fn expression(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text)
        .size_limit(MAX_EXPRESSION)
        .dfa_size_limit(MAX_EXPRESSION)
        .build()
}

impl Source for Pages {
    fn meta(&self) -> &SourceMeta {
        &META
    }

    fn is_configured(&self) -> bool {
        !self.pages.is_empty()
    }

    fn discover(
        &self,
        _seen: &Seen,
        _failed: &[String],
        _brief: &Brief<'_>,
    ) -> Result<Discovery, ShapeError> {
        let names = self.pages.iter().map(|page| page.settings.name.clone());
        Ok(Discovery::Complete {
            units: self.pages.iter().map(|page| page.unit()).collect(),
            listed: Some(names.collect()),
            concerns: Vec::new(),
        })
    }

    fn recognise(&self, url: &str, _brief: &Brief<'_>) -> Option<Unit> {
        let found = self.pages.iter().find(|page| page.settings.url == url)?;
        Some(found.unit())
    }

    fn recognise_unit(&self, name: &str, _url: &str, _brief: &Brief<'_>) -> Option<Unit> {
        Some(self.page(name)?.unit())
    }

    fn extract(
        &self,
        unit: &Unit,
        documents: &UnitDocuments,
        _watch: &Watch,
    ) -> Result<Reading, ShapeError> {
        let page = self.page(&unit.name).ok_or_else(|| {
            ShapeError::new(&unit.name, "no page of this name is configured any more")
        })?;
        let document = &documents.primary;
        let content = content(page, document).map_err(|shape| shape.within(&unit.name))?;
        Ok(reading(page, document, content))
    }

    fn may_be_cut(&self, unit: &Unit, document: &Document, earlier: &Document) -> bool {
        let page = self.page(&unit.name);
        page.is_some_and(|page| may_be_cut(page, document, earlier))
    }
}

fn reading(page: &Page, document: &Document, content: Content) -> Reading {
    let settings = &page.settings;
    // A page says nothing of the days on which nobody looked: it speaks from its capture on.
    let day = document.captured.date_naive();
    let mut quote: String = content.text.chars().take(MAX_QUOTE).collect();
    quote = quote.replace('\n', " ");
    let statement = Statement {
        topic: Topic::national(Subject::Page(settings.name.clone())),
        from: day,
        values: Arc::new(BTreeMap::from([(
            Attribute::Content,
            Observation::text(content.text),
        )])),
        locator: content.locator,
        quote,
    };
    Reading {
        statements: vec![statement],
        severity: settings.severity,
        ..Reading::new(Edition {
            name: settings.name.clone(),
            begins: day,
            repost: Repost::Amends,
        })
    }
}
