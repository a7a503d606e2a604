//! HTML pages from outside: texts, links and tables by selector, bounded.
//!
//! The parser under it copes with anything, but it needs time by the square of the depth of a
//! page; so a page that nests its elements absurdly deep is refused before it is parsed. All walks
//! are loops, never recursions: no page can overflow the stack.

use scraper::{ElementRef, Html, Selector};

use super::csv;

/// Largest page that is read.
pub const MAX_BYTES: usize = 20 << 20;
/// Deepest nesting that is read; real pages have some dozens.
pub const MAX_DEPTH: usize = 512;
/// Most elements of a page that is read: as many as a table of 50,000 rows by nine columns has.
pub const MAX_ELEMENTS: usize = 500_000;
/// Most text that one call hands out: all of a page, even where decoding makes three bytes of one. Only elements in
/// elements, which repeat their text, could ask for more.
const MAX_TEXT: usize = 3 * MAX_BYTES;

/// Why a page is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HtmlError {
    /// The page is too large.
    #[error("a page of {0} bytes, more than is plausible")]
    TooLarge(usize),
    /// Its elements are nested too deep.
    #[error("a page whose elements are nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// It has too many elements: all of them could not be handed out, and a part would pass for the whole.
    #[error("a page of {0} elements, more than the {MAX_ELEMENTS} that are read")]
    TooMany(usize),
}

/// A link: where it leads as written, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The address as written, perhaps relative; without blanks around it.
    pub href: String,
    /// The text with single blanks.
    pub text: String,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Its text with single blanks.
    pub text: String,
    /// The links in it.
    pub links: Vec<Link>,
}

/// A parsed page. It cannot be sent to another thread: parse and question it in one place.
#[derive(Debug)]
pub struct Page {
    document: Html,
}

impl Page {
    /// Parses a page; what is no HTML gives a page with nothing in it.
    ///
    /// # Errors
    /// When the page is too large, nested too deep or has too many elements.
    pub fn parse(bytes: &[u8]) -> Result<Self, HtmlError> {
        readable(bytes)?;
        let document = Html::parse_document(&csv::text(bytes));
        let elements = document.tree.values().filter(|node| node.is_element());
        match elements.count() {
            0..=MAX_ELEMENTS => Ok(Self { document }),
            count => Err(HtmlError::TooMany(count)),
        }
    }

    /// The text of `<title>`.
    pub fn title(&self) -> Option<String> {
        self.texts("head > title").into_iter().next()
    }

    /// The texts of all elements that the CSS selector finds, in order, with single blanks. A
    /// selector that is none finds nothing.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let mut budget = MAX_TEXT;
        self.elements(selector)
            .into_iter()
            .map(|element| text_of(element, &mut budget))
            .collect()
    }

    /// The links in all elements that the CSS selector finds, or the elements themselves where
    /// they are links; each once, in order.
    pub fn links(&self, selector: &str) -> Vec<Link> {
        let mut budget = MAX_TEXT;
        let mut seen = std::collections::HashSet::new();
        let mut links = Vec::new();
        for element in self.elements(selector) {
            for anchor in element
                .descendent_elements()
                .filter(|inner| inner.value().name() == "a")
            {
                if seen.insert(anchor.id()) {
                    links.extend(link_of(anchor, &mut budget));
                }
            }
        }
        links
    }

    /// The rows of all tables inside the elements that the CSS selector finds; a table in a table
    /// is a table of its own.
    pub fn tables(&self, selector: &str) -> Vec<Vec<Vec<Cell>>> {
        let mut budget = MAX_TEXT;
        let mut seen = std::collections::HashSet::new();
        let mut tables = Vec::new();
        for scope in self.elements(selector) {
            for table in scope
                .descendent_elements()
                .filter(|inner| inner.value().name() == "table")
            {
                if seen.insert(table.id()) {
                    tables.push(rows_of(table, &mut budget));
                }
            }
        }
        tables
    }

    fn elements(&self, selector: &str) -> Vec<ElementRef<'_>> {
        Selector::parse(selector)
            .map(|selector| self.document.select(&selector).collect())
            .unwrap_or_default()
    }
}

/// Whether a text is a CSS selector.
pub fn is_selector(text: &str) -> bool {
    Selector::parse(text).is_ok()
}

/// Whether a page may be parsed.
///
/// # Errors
/// When it is too large or nested too deep.
pub fn readable(bytes: &[u8]) -> Result<(), HtmlError> {
    if bytes.len() > MAX_BYTES {
        return Err(HtmlError::TooLarge(bytes.len()));
    }
    if depth(bytes) > MAX_DEPTH {
        return Err(HtmlError::TooDeep);
    }
    Ok(())
}

fn rows_of(table: ElementRef<'_>, budget: &mut usize) -> Vec<Vec<Cell>> {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for element in table.descendent_elements().skip(1) {
        let name = element.value().name();
        if !matches!(name, "tr" | "td" | "th") || nearest_table(element) != Some(table) {
            continue;
        }
        if name == "tr" {
            rows.push(Vec::new());
            continue;
        }
        let text = text_of(element, budget);
        let links = element
            .descendent_elements()
            .filter(|inner| inner.value().name() == "a")
            .filter_map(|anchor| link_of(anchor, budget))
            .collect();
        if let Some(row) = rows.last_mut() {
            row.push(Cell { text, links });
        }
    }
    rows
}

fn nearest_table(element: ElementRef<'_>) -> Option<ElementRef<'_>> {
    element
        .ancestors()
        .filter_map(ElementRef::wrap)
        .find(|ancestor| ancestor.value().name() == "table")
}

fn link_of(anchor: ElementRef<'_>, budget: &mut usize) -> Option<Link> {
    let href = anchor.attr("href")?.trim().to_owned();
    Some(Link {
        href,
        text: text_of(anchor, budget),
    })
}

fn text_of(element: ElementRef<'_>, budget: &mut usize) -> String {
    let mut text = String::new();
    for piece in element.text() {
        if text.len() + piece.len() > *budget {
            break;
        }
        text.push_str(piece);
    }
    *budget = budget.saturating_sub(text.len());
    single_blanks(&text)
}

fn single_blanks(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The address of a `<meta http-equiv="refresh">`: www.cms.gov answers with such a page where other
/// servers answer with a redirect. Only the first bytes of the page are looked at.
pub fn meta_refresh(bytes: &[u8]) -> Option<String> {
    const STUB: usize = 64 << 10;
    let page = Page::parse(bytes.get(..STUB).unwrap_or(bytes)).ok()?;
    let content = page
        .elements("meta[http-equiv][content]")
        .into_iter()
        .filter(|meta| {
            meta.attr("http-equiv")
                .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("refresh"))
        })
        .find_map(|meta| meta.attr("content"))?;
    let (_, target) = content.split_once([';', ','])?;
    let (name, address) = target.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("url") {
        return None;
    }
    let address = address
        .trim()
        .trim_matches(|c| matches!(c, '\'' | '"'))
        .trim();
    (!address.is_empty()).then(|| address.to_owned())
}

/// How deep the elements of a page nest, by a glance at its tags: void elements, those that end by
/// themselves (`p`, `li`, `td`) and drawings are not counted, comments and scripts are passed over.
fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'<', rest) {
        rest = rest.get(at + 1..).unwrap_or_default();
        if rest.starts_with(b"!--") {
            // A comment without end is the rest of the page.
            rest = after(rest.get(1..).unwrap_or_default(), b"-->").unwrap_or_default();
            continue;
        }
        let closing = rest.first() == Some(&b'/');
        let tag = if closing {
            rest.get(1..).unwrap_or_default()
        } else {
            rest
        };
        let name: Vec<u8> = tag
            .iter()
            .take(20)
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-')
            .map(u8::to_ascii_lowercase)
            .collect();
        if !name.first().is_some_and(u8::is_ascii_alphabetic) || uncounted(&name) {
            continue;
        }
        if closing {
            depth = depth.saturating_sub(1);
        } else {
            depth += 1;
            deepest = deepest.max(depth);
            if matches!(&name[..], b"script" | b"style") {
                let end = [b"</", &name[..]].concat();
                rest = find(rest, &end).map_or(&[][..], |at| rest.get(at..).unwrap_or_default());
            }
        }
    }
    deepest
}

fn uncounted(name: &[u8]) -> bool {
    const NAMES: &[&[u8]] = &[
        b"area",
        b"base",
        b"br",
        b"col",
        b"embed",
        b"hr",
        b"img",
        b"input",
        b"link",
        b"meta",
        b"param",
        b"source",
        b"track",
        b"wbr",
        b"p",
        b"li",
        b"dt",
        b"dd",
        b"td",
        b"th",
        b"tr",
        b"tbody",
        b"thead",
        b"tfoot",
        b"colgroup",
        b"option",
        b"optgroup",
        b"html",
        b"head",
        b"body",
        b"path",
        b"circle",
        b"rect",
        b"line",
        b"polygon",
        b"polyline",
        b"ellipse",
        b"stop",
        b"use",
        b"image",
    ];
    NAMES.contains(&name)
}

fn after<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    bytes.get(find(bytes, mark)? + mark.len()..)
}

/// Where the mark begins, its letters in either case.
fn find(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes
        .windows(mark.len())
        .position(|window| window.eq_ignore_ascii_case(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_links_and_cells_are_found_with_single_blanks() {
        let page = Page::parse(
            b"<!DOCTYPE html><title> RVU20B | CMS </title></head-placeholder><main>\
              <h1><span> RVU20B\n </span></h1>\
              <table><tr><th>Year</th><th>File</th></tr>\
              <tr><td>2020</td><td>File Name <a href=' /a/rvu20b '>RVU20B</a><table><tr><td>inner</table></td></tr></table>\
              <ul class=x><li><a href='/f.zip'>RVU20B &amp; more</a></li></ul></main>",
        )
        .unwrap();
        assert_eq!(page.title().as_deref(), Some("RVU20B | CMS"));
        assert_eq!(page.texts("h1"), ["RVU20B"]);
        assert_eq!(page.texts("h1 ("), Vec::<String>::new());
        let links = page.links("ul.x");
        assert_eq!(links.len(), 1);
        assert_eq!(links[0].href, "/f.zip");
        assert_eq!(links[0].text, "RVU20B & more");
        assert_eq!(page.links("ul.x a"), links);
        let tables = page.tables("main");
        assert_eq!(tables.len(), 2);
        assert_eq!(tables[0].len(), 2);
        assert_eq!(tables[0][1][0].text, "2020");
        assert_eq!(tables[0][1][1].links[0].href, "/a/rvu20b");
        assert_eq!(tables[1][0][0].text, "inner");
    }

    #[test]
    fn the_redirect_in_a_page_is_found() {
        let stub = b"<!DOCTYPE html><html><head><meta charset=\"UTF-8\" />\
            <meta http-equiv=\"refresh\" content=\"0;url='https://www.cms.gov/files/zip/rvu25a-updated-01/10/2025.zip'\" /></head>";
        assert_eq!(
            meta_refresh(stub).as_deref(),
            Some("https://www.cms.gov/files/zip/rvu25a-updated-01/10/2025.zip")
        );
        for no in [
            &b""[..],
            b"PK\x03\x04",
            b"<meta http-equiv=refresh content=30>",
            b"<meta http-equiv=refresh content='0;url='>",
            b"<meta name=x content='0;url=/a'>",
        ] {
            assert_eq!(meta_refresh(no), None);
        }
    }

    #[test]
    fn a_page_nested_without_end_is_refused_at_once() {
        for tag in ["<div>", "<b><i>", "<foo>", "<table><tr><td>", "<svg>"] {
            let page = tag.repeat(200_000);
            assert_eq!(
                Page::parse(page.as_bytes()).err(),
                Some(HtmlError::TooDeep),
                "{tag}"
            );
        }
        let flat = "<div></div><p><li>x<br><img src=x>".repeat(5_000);
        assert!(Page::parse(flat.as_bytes()).is_ok());
        assert!(matches!(
            Page::parse(&vec![b' '; MAX_BYTES + 1]),
            Err(HtmlError::TooLarge(_))
        ));
    }

    #[test]
    fn a_long_table_is_read_to_its_end_or_refused() {
        let rows = |count: usize| {
            let row = "<tr><td>a<td>b<td>c<td>d<td>e<td>f<td>g<td>h<td>i";
            format!("<table>{}<tr><td>last</table>", row.repeat(count))
        };
        let page = Page::parse(rows(49_000).as_bytes()).unwrap();
        let table = page.tables("body").remove(0);
        assert_eq!(table.len(), 49_001);
        assert_eq!(table[49_000][0].text, "last");
        assert!(matches!(
            Page::parse(rows(51_000).as_bytes()),
            Err(HtmlError::TooMany(_))
        ));
        let long = format!("<p>{}last</p>", "x ".repeat(2 << 20));
        let page = Page::parse(long.as_bytes()).unwrap();
        assert!(page.texts("p")[0].ends_with("last"));
    }

    #[test]
    fn scripts_and_comments_do_not_count_as_depth() {
        let script = format!(
            "<script>{}</script><!--{}--><div>x</div>",
            "a<b;".repeat(2_000),
            "<div>".repeat(2_000)
        );
        let page = Page::parse(script.as_bytes()).unwrap();
        assert_eq!(page.texts("div"), ["x"]);
    }

    proptest::proptest! {
        #[test]
        fn no_page_makes_it_panic(page in "(<(/?)(div|table|tr|td|a href=x|p|meta http-equiv=refresh content='0;url=x'|script|!--|svg|b)>|[ -~é]){0,60}") {
            let parsed = Page::parse(page.as_bytes()).unwrap();
            let _ = (parsed.title(), parsed.texts("*"), parsed.links("*"), parsed.tables("*"));
            let _ = meta_refresh(page.as_bytes());
        }
    }
}
