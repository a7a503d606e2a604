//! HTML to paragraphs of plain text, the same for the same words however they are marked up.

use std::borrow::Cow;

use scraper::{Html, Node};
use unicode_normalization::UnicodeNormalization;

/// The paragraphs of a piece of HTML, or of plain text, in reading order.
///
/// Whitespace of all kinds is one space, invisible characters are gone, letters are in NFC. A line
/// break begins a paragraph; a list item is a paragraph that begins with `- ` (two more spaces for
/// each list around its list); a table row is one paragraph, `first cell | second cell`. Empty
/// paragraphs, scripts and styles are left out. Broken markup is read as browsers read it.
pub fn paragraphs(html: &str) -> Vec<String> {
    let tree = Html::parse_fragment(&bounded(html)).tree;
    let mut page = Page::default();
    // The walk follows the links of the tree: recursion would end the process on a hostile page
    // that nests deep enough.
    let mut next = tree.root().first_child();
    while let Some(node) = next {
        match node.value() {
            Node::Element(element) => page.open(element.name()),
            Node::Text(text) => page.text(text),
            _ => {}
        }
        next = node.first_child();
        let mut left = node;
        while next.is_none() {
            if let Node::Element(element) = left.value() {
                page.close(element.name());
            }
            next = left.next_sibling();
            match left.parent() {
                Some(parent) if next.is_none() => left = parent,
                _ => break,
            }
        }
    }
    page.end_paragraph();
    page.done
}

/// What a page calls itself: the text of its `title` and `h1` elements, in order, at most twenty.
pub fn headlines(html: &str) -> Vec<String> {
    const MOST: usize = 20;
    Html::parse_document(&bounded(html))
        .tree
        .nodes()
        .filter(|node| {
            let name = node.value().as_element().map(scraper::node::Element::name);
            matches!(name, Some("title" | "h1"))
        })
        .take(MOST)
        .map(|node| {
            let texts = node
                .descendants()
                .filter_map(|inner| inner.value().as_text());
            normalised(&texts.map(|text| &**text).collect::<String>())
        })
        .collect()
}

/// Replaces character references (`&lt;`, `&sol;`, `&#167;`, `&amp;`) by their characters, once:
/// `&amp;#160;` becomes `&#160;`. Tags, if there are any, stay as they stand.
pub fn unescape_once(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    // With every `<` escaped the parser finds nothing but text, and decodes it by the table of the
    // HTML standard.
    let tree = Html::parse_fragment(&text.replace('<', "&lt;")).tree;
    tree.nodes()
        .filter_map(|node| node.value().as_text())
        .map(|text| &**text)
        .collect()
}

/// Elements that can nest before [`bounded`] flattens what follows: three times what a page of
/// www.cms.gov has; the longest record of the coverage database has a few hundred.
const MAX_NESTED: usize = 2_000;

/// Elements that never nest by themselves: without content, closed by the next of their kind, or
/// ignored outside a table or list, which is counted.
const FLAT: &[&str] = &[
    "a", "br", "dd", "dt", "hr", "img", "input", "li", "link", "meta", "option", "p", "tbody",
    "td", "tfoot", "th", "thead", "tr", "wbr",
];

/// The same text with at most [`MAX_NESTED`] elements that can nest; start tags after them become
/// line breaks.
///
/// For every block element the parser looks through all open elements, so that its time grows
/// with the square of the depth: 20,000 nested `<div>` take seconds, 200,000 take minutes. What
/// looks like a tag in comments and scripts is counted too, which errs to the safe side.
fn bounded(html: &str) -> Cow<'_, str> {
    let mut nested = 0;
    let mut kept = String::new();
    let mut copied = 0;
    for (at, _) in html.match_indices('<') {
        let name = html.get(at + 1..).unwrap_or_default();
        let length = name
            .find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '<'))
            .unwrap_or(name.len());
        let name = name.get(..length).unwrap_or_default();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        if !FLAT.iter().any(|flat| name.eq_ignore_ascii_case(flat)) {
            nested += 1;
        }
        if nested > MAX_NESTED {
            kept.push_str(html.get(copied..=at).unwrap_or_default());
            kept.push_str("br");
            copied = at + 1 + length;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(html);
    }
    kept.push_str(html.get(copied..).unwrap_or_default());
    Cow::Owned(kept)
}

/// What has been read of a page so far.
#[derive(Default)]
pub(super) struct Page {
    pub(super) done: Vec<String>,
    /// Text of the paragraph, or of the cell, that is being read.
    line: String,
    /// Finished cells of the table row that is being read.
    cells: Vec<String>,
    /// Open cells; more than one in tables inside cells, which are read as text.
    pub(super) cells_open: usize,
    pub(super) lists_open: usize,
    /// What the next paragraph begins with: the mark of a list item.
    mark: String,
    /// Open elements whose content is not shown.
    hidden: usize,
}

impl Page {
    pub(super) fn text(&mut self, text: &str) {
        if self.hidden == 0 {
            self.line.push_str(text);
        }
    }

    pub(super) fn open(&mut self, element: &str) {
        if is_hidden(element) {
            self.hidden += 1;
            return;
        }
        match element {
            "td" | "th" => {
                self.break_line();
                self.cells_open += 1;
            }
            "ul" | "ol" | "menu" => {
                self.break_line();
                self.lists_open += 1;
            }
            "li" if self.cells_open == 0 => {
                self.end_paragraph();
                self.mark = format!("{}- ", "  ".repeat(self.indent()));
            }
            _ if is_block(element) => self.break_line(),
            _ => {}
        }
    }

    pub(super) fn close(&mut self, element: &str) {
        if is_hidden(element) {
            self.hidden = self.hidden.saturating_sub(1);
            return;
        }
        match element {
            "td" | "th" => {
                self.cells_open = self.cells_open.saturating_sub(1);
                if self.cells_open == 0 {
                    let cell = std::mem::take(&mut self.line);
                    self.cells.push(normalised(&cell));
                }
            }
            "tr" if self.cells_open == 0 => self.end_row(),
            "ul" | "ol" | "menu" => {
                self.break_line();
                self.lists_open = self.lists_open.saturating_sub(1);
            }
            "li" if self.cells_open == 0 => {
                self.end_paragraph();
                // An item without text of its own leaves no mark to what follows it.
                self.mark.clear();
            }
            _ if is_block(element) => self.break_line(),
            _ => {}
        }
    }

    /// Lists around the list of the item; bounded, for the mark of a paragraph is part of it.
    fn indent(&self) -> usize {
        const DEEPEST: usize = 16;
        self.lists_open.saturating_sub(1).min(DEEPEST)
    }

    /// A block begins or ends: a paragraph outside cells, a space in them.
    fn break_line(&mut self) {
        if self.cells_open > 0 {
            self.line.push(' ');
        } else {
            self.end_paragraph();
        }
    }

    fn end_row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        if cells.iter().any(|cell| !cell.is_empty()) {
            self.done.push(cells.join(" | "));
        }
    }

    pub(super) fn end_paragraph(&mut self) {
        let text = normalised(&self.line);
        self.line.clear();
        if !text.is_empty() {
            let mark = std::mem::take(&mut self.mark);
            self.done
                .push(if mark.is_empty() { text } else { mark + &text });
        }
    }
}

/// One line: NFC, each run of whitespace (no-break spaces too) one space, no invisible characters.
pub(super) fn normalised(text: &str) -> String {
    if text
        .bytes()
        .all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t' | b'\r'))
    {
        // Nothing in it has another form, and nothing is invisible.
        return joined(text);
    }
    let visible: String = text
        .nfc()
        .filter(|c| c.is_whitespace() || !(c.is_control() || is_invisible(*c)))
        .collect();
    joined(&visible)
}

/// Words with single spaces between them.
fn joined(text: &str) -> String {
    if is_joined(text.as_bytes()) {
        return text.to_owned();
    }
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Whether ASCII text has single spaces already, and none at its ends: most paragraphs have.
fn is_joined(text: &[u8]) -> bool {
    let mut before = b' ';
    for &byte in text {
        if !matches!(byte, b' '..=b'~') || (byte == b' ' && before == b' ') {
            return false;
        }
        before = byte;
    }
    before != b' ' || text.is_empty()
}

/// Soft hyphen, zero-width space, word joiner, byte order mark: left over from word processors.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
}

pub(super) fn is_hidden(element: &str) -> bool {
    matches!(
        element,
        "head"
            | "iframe"
            | "noembed"
            | "noframes"
            | "noscript"
            | "object"
            | "script"
            | "style"
            | "svg"
            | "template"
            | "title"
    )
}

/// Elements that begin on a line of their own in browsers, and the line break.
pub(super) fn is_block(element: &str) -> bool {
    matches!(
        element,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "br"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "dir"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "legend"
            | "li"
            | "main"
            | "nav"
            | "option"
            | "p"
            | "pre"
            | "section"
            | "select"
            | "summary"
            | "table"
            | "tbody"
            | "tfoot"
            | "thead"
            | "tr"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &[&str]) {
        assert_eq!(paragraphs(html), expected, "{html}");
    }

    #[test]
    fn mis_nested_tags_give_the_paragraphs_that_a_browser_shows() {
        check(
            "<p><strong>A. General</p></strong>\r\n<p>Needling  of\u{a0}points&nbsp;.</p> tail<br><br/>more",
            &["A. General", "Needling of points .", "tail", "more"],
        );
    }

    #[test]
    fn lists_keep_their_nesting_and_unclosed_items_end_by_themselves() {
        check(
            "<ul><li>defined as:\n<ul><li>12 weeks;</li><li>and<li></li></ul><li>8 sessions.<li><p>20</p><p>a year</p></ul>after",
            &[
                "- defined as:",
                "  - 12 weeks;",
                "  - and",
                "- 8 sessions.",
                "- 20",
                "a year",
                "after",
            ],
        );
    }

    #[test]
    fn a_table_row_is_one_paragraph() {
        check(
            "<table><caption>Codes</caption><tr><th>a</th><th></th></tr><tr><td><p>b</p><p>c</p></td><td>d<ul><li>e</ul></td></tr><tr><td> </td></tr></table>z",
            &["Codes", "a | ", "b c | d e", "z"],
        );
    }

    #[test]
    fn scripts_styles_comments_and_invisible_characters_are_no_text() {
        check(
            "a\u{ad}b\u{200b}<style>p{}</style><!-- x --><script>var y = '<p>';</script><title>t</title> \u{feff}c",
            &["ab c"],
        );
    }

    #[test]
    fn letters_are_composed_and_signs_stay() {
        check(
            "Me\u{301}nie\u{300}re &lt;65 &le; &#167;&sol;",
            &["Ménière <65 ≤ §/"],
        );
    }

    #[test]
    fn a_page_is_named_by_its_title_and_first_headings() {
        assert_eq!(
            headlines("<title>NCD - A\n(30.3)</title><h2>no</h2><h1>A <b>&amp;</b> B</h1>"),
            ["NCD - A (30.3)", "A & B"]
        );
    }

    #[test]
    fn character_references_are_replaced_once() {
        assert_eq!(
            unescape_once("&lt;p&gt;a&amp;#160;b &#167; &apos;&lt;&sol;p&gt; <b> AT&T &bogus;"),
            "<p>a&#160;b § '</p> <b> AT&T &bogus;"
        );
        assert_eq!(paragraphs(&unescape_once("&lt;p&gt;a&amp;#160;b")), ["a b"]);
    }

    #[test]
    fn hostile_nesting_ends_neither_the_stack_nor_the_day() {
        for tag in [
            "<div>",
            "<ul><li>",
            "<table><tr><td>",
            "<b>",
            "<x y='<'>",
            "<p><button>",
        ] {
            let text = paragraphs(&format!("{}deep", tag.repeat(200_000)));
            assert!(text.iter().any(|p| p.contains("deep")), "{tag}");
        }
    }

    #[test]
    fn elements_beyond_the_bound_still_separate_paragraphs() {
        let html = "<div>one</div>".repeat(MAX_NESTED + 3);
        assert_eq!(paragraphs(&html).len(), MAX_NESTED + 3);
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_clean_paragraphs(html in "(<[/a-z]{0,6}>?|&[a-z#0-9]{0,5};?|[ a-zé\r\n\u{a0}\u{0}<>-]{0,4}){0,40}") {
            for paragraph in paragraphs(&html) {
                let text = paragraph.trim_start().trim_start_matches("- ");
                proptest::prop_assert!(!paragraph.trim().is_empty());
                let unclean = text.contains(['\n', '\r', '\0', '\u{a0}']);
                proptest::prop_assert!(!unclean);
                proptest::prop_assert!(!text.contains("  "));
            }
        }

        #[test]
        fn escaping_is_undone_by_unescaping(text in "[ -~é§\n]{0,60}") {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
                .replace('"', "&quot;").replace('/', "&sol;").replace('\'', "&apos;");
            proptest::prop_assert_eq!(unescape_once(&escaped), text);
        }
    }
}
