//! What the verdict needs to know about a page, gathered in one walk.

use std::borrow::Cow;

use encoding_rs::Encoding;
use scraper::node::Element;
use scraper::{Html, Node};

use super::markers;

/// Text beyond this is counted, not kept.
const MAX_TEXT: usize = 4000;
/// Text of one heading or control beyond this is not looked at.
const MAX_LABEL: usize = 300;
/// A page with less text than this is a notice, unless it offers something.
const SMALL: usize = 1500;
/// A refresh later than this, in seconds, ends a session; it does not lead to the document.
const MAX_REFRESH_DELAY: u32 = 30;

/// A page, as far as the verdict needs it. All texts are lower case with single spaces.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent observations, not the states of one thing"
)]
pub(super) struct Page {
    pub(super) title: String,
    /// Headings of the first level.
    pub(super) headings: Vec<String>,
    /// Headings of the second and third level.
    pub(super) subheadings: Vec<String>,
    /// The beginning of the visible text.
    pub(super) text: String,
    /// Whether it has a table, or a link to a document.
    offers: bool,
    pub(super) password: bool,
    /// Whether it has a button that accepts something.
    pub(super) accepts: bool,
    /// Whether it has a control that names a licence.
    pub(super) licence_control: bool,
    /// An element that only challenge pages have.
    pub(super) challenge: Option<&'static str>,
    /// An element that challenge pages have, and other pages may.
    pub(super) perhaps_challenge: Option<&'static str>,
    refresh: Option<String>,
}

impl Page {
    /// Reads a page, which must have passed [`super::nesting::too_deep`].
    pub(super) fn read(text: &str) -> Self {
        let dom = Html::parse_document(text);
        let mut page = Self::default();
        let mut unseen = 0_usize;
        // The open elements whose text is wanted as a whole, and that text.
        let mut labels: Vec<(&str, String)> = Vec::new();
        let mut node = dom.tree.root();
        'walk: loop {
            match node.value() {
                Node::Element(element) => {
                    page.element(element);
                    unseen += usize::from(is_unseen(element.name()));
                    if is_label(element.name()) {
                        labels.push((element.name(), String::new()));
                    }
                }
                Node::Text(words) => {
                    for (name, label) in &mut labels {
                        if unseen == 0 || *name == "title" {
                            append(label, words, MAX_LABEL);
                        }
                    }
                    if unseen == 0 {
                        append(&mut page.text, words, MAX_TEXT);
                    }
                }
                _ => {}
            }
            if let Some(child) = node.first_child() {
                node = child;
                continue;
            }
            loop {
                if let Node::Element(element) = node.value() {
                    unseen -= usize::from(is_unseen(element.name()));
                    if is_label(element.name())
                        && let Some((name, words)) = labels.pop()
                    {
                        page.label(name, words);
                    }
                }
                if let Some(next) = node.next_sibling() {
                    node = next;
                    break;
                }
                match node.parent() {
                    Some(parent) => node = parent,
                    None => break 'walk,
                }
            }
        }
        page
    }

    /// Whether there is so little on it that it can only be a notice.
    pub(super) fn is_notice(&self) -> bool {
        self.text.len() < SMALL && !self.offers
    }

    /// The address that the page refers to, when that is all it does.
    pub(super) fn stub(&self) -> Option<&str> {
        self.refresh.as_deref().filter(|_| self.text.len() < SMALL)
    }

    pub(super) fn refresh(&self) -> Option<&str> {
        self.refresh.as_deref()
    }

    fn element(&mut self, element: &Element) {
        let attribute = |name| element.attr(name).unwrap_or_default();
        let lower = |name| attribute(name).to_ascii_lowercase();
        self.challenge = self
            .challenge
            .or_else(|| markers::challenge_element(element));
        self.perhaps_challenge = self
            .perhaps_challenge
            .or_else(|| markers::perhaps_challenge_element(element));
        match element.name() {
            "input" => {
                let kind = lower("type");
                self.password |= kind == "password";
                if matches!(kind.as_str(), "submit" | "button" | "image") {
                    self.control(&format!("{} {}", attribute("value"), attribute("alt")));
                }
            }
            "td" => self.offers = true,
            "a" => self.offers |= markers::names_document(attribute("href")),
            "meta" if lower("http-equiv") == "refresh" && self.refresh.is_none() => {
                self.refresh = refresh_target(attribute("content"));
            }
            _ => {}
        }
        if matches!(element.name(), "form" | "input" | "button" | "a") {
            self.licence_control |= ["id", "name", "action"]
                .iter()
                .any(|name| markers::names_licence(&lower(name)));
            let id = lower("id");
            self.accepts |= id.contains("accept") && markers::names_licence(&id);
        }
    }

    fn label(&mut self, name: &str, words: String) {
        match name {
            "title" if self.title.is_empty() => self.title = words,
            "h1" => self.headings.push(words),
            "h2" | "h3" => self.subheadings.push(words),
            "button" | "a" => self.control(&words),
            _ => {}
        }
    }

    fn control(&mut self, words: &str) {
        self.accepts |= markers::accepts(words);
    }
}

fn is_unseen(name: &str) -> bool {
    matches!(
        name,
        "script" | "style" | "noscript" | "template" | "head" | "svg"
    )
}

fn is_label(name: &str) -> bool {
    matches!(name, "title" | "h1" | "h2" | "h3" | "button" | "a")
}

/// Adds words in lower case, with single spaces between them and straight apostrophes, up to `most`
/// bytes.
fn append(text: &mut String, words: &str, most: usize) {
    for word in words.split_whitespace() {
        if text.len() + word.len() >= most {
            return;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.extend(word.chars().flat_map(char::to_lowercase).map(|c| match c {
            '\u{2019}' => '\'',
            '\u{2013}' | '\u{2014}' => '-',
            c => c,
        }));
    }
}

/// The address in the `content` of a meta refresh: `0;url='https://…'`. `None` where there is none,
/// or only after a long time.
fn refresh_target(content: &str) -> Option<String> {
    let content = content.trim_start();
    let digits = content.len()
        - content
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .len();
    let (delay, rest) = content.split_at(digits);
    if !delay.is_empty()
        && delay
            .parse()
            .map_or(true, |delay: u32| delay > MAX_REFRESH_DELAY)
    {
        return None;
    }
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ';' | ','));
    let target = match rest.get(..3) {
        Some(key) if key.eq_ignore_ascii_case("url") => {
            let after = rest.get(3..).unwrap_or_default().trim_start();
            after.strip_prefix('=').map_or(rest, str::trim_start)
        }
        _ => rest,
    };
    let target = match target.chars().next() {
        Some(quote @ ('\'' | '"')) => target.get(1..)?.split(quote).next()?,
        _ => target,
    };
    let target = target.trim();
    (!target.is_empty()).then(|| target.to_owned())
}

/// Whether the bytes begin as markup for a browser does.
pub(super) fn looks_like(bytes: &[u8]) -> bool {
    if Encoding::for_bom(bytes).is_some_and(|(encoding, _)| encoding != encoding_rs::UTF_8) {
        return true;
    }
    match bytes.trim_ascii_start() {
        // With `?`: XHTML, and the XML in which object stores say that access is denied.
        [b'<', b'!' | b'/' | b'?' | b'a'..=b'z' | b'A'..=b'Z', ..] => true,
        _ => false,
    }
}

/// The text of a page; what cannot be decoded becomes U+FFFD, for the markers are ASCII.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding.decode(bytes).0,
        None => String::from_utf8_lossy(bytes),
    }
}

/// Why the page cannot be whole, if so. A page that opens `html` must close it: browsers do not mind,
/// but it is how the end of a page is known.
pub(super) fn cut(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    if lower.contains("<html") {
        let closed = lower
            .rfind("</html")
            .and_then(|at| lower.get(at..))
            .is_some_and(|end| end.contains('>'));
        return (!closed).then_some("the page breaks off: it has no </html>");
    }
    let cut_tag = lower.rfind('<') > lower.rfind('>');
    cut_tag.then_some("the page breaks off in the middle of a tag")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_is_read_as_browsers_read_it() {
        let target = |content| refresh_target(content);
        for content in [
            "0;url='/a'",
            "0; URL=\"/a\"",
            "5,url = /a",
            "0 ; /a",
            ";url=/a",
            "0.5;url=/a ",
            "0;'/a'rest",
        ] {
            assert_eq!(target(content).as_deref(), Some("/a"), "{content}");
        }
        for content in [
            "",
            "0",
            "30",
            "0;",
            "0;url=",
            "0;url=''",
            "600;url=/a",
            "99999999999;url=/a",
        ] {
            assert_eq!(target(content), None, "{content}");
        }
    }
}
