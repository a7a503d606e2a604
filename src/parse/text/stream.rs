//! The paragraphs of a part of a page in one pass over its tags, or no answer.
//!
//! A browser adds and moves elements where a page is not well nested. This pass keeps the elements that
//! matter for paragraphs on a stack, and gives up at the first one that does not end where it should:
//! the tree then says how the page reads.

use super::blocks::Page;
use super::selected::Wanted;
use crate::parse::markup::{Tag, Token, Tokens, decoded};

/// The paragraphs that are wanted, `None` in it where nothing is found.
#[derive(Debug)]
pub(super) struct Found(pub(super) Option<Vec<String>>);

/// The paragraphs that are wanted; `None` is no answer.
pub(super) fn selected(html: &str, wanted: Wanted<'_>) -> Option<Found> {
    let mut parts = Vec::new();
    for selector in wanted.selectors {
        parts.push(Part::of(selector)?);
    }
    let mut pass = Pass {
        page: Page::default(),
        open: Vec::new(),
        parts,
        skips: None,
    };
    for token in Tokens::new(html) {
        match token {
            Token::Open(tag) => pass.open(&tag)?,
            Token::Close(name) => pass.close(&name)?,
            Token::Text(text) => pass.text(text)?,
            // A comment in a script changes where the script ends.
            Token::Raw(text) => (!text.contains("<!--")).then_some(())?,
        }
    }
    (pass.skips.is_none() && pass.open.is_empty()).then_some(())?;
    pass.page.end_paragraph();
    let all = pass.page.done;
    for part in &pass.parts {
        if !part.found.is_empty() {
            let paragraphs = part.found.iter().flat_map(|&(from, to)| {
                let some = all.get(from..to).unwrap_or_default();
                some.iter().cloned()
            });
            return Some(Found(Some(paragraphs.collect())));
        }
    }
    Some(Found(wanted.else_body.then_some(all)))
}

/// What one selector finds.
struct Part<'a> {
    name: Option<&'a str>,
    id: Option<&'a str>,
    class: Option<&'a str>,
    /// Paragraphs from and to.
    found: Vec<(usize, usize)>,
    /// The first paragraph of the element that is open, and its place on the stack.
    inside: Option<(usize, usize)>,
}

impl<'a> Part<'a> {
    /// `name`, `#id`, `.class`, `name#id`, `name.class`; `None` for every other selector.
    fn of(selector: &'a str) -> Option<Self> {
        let plain = |text: &str| {
            let mut bytes = text.bytes();
            bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
                && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        let selector = selector.trim();
        let at = selector.find(['#', '.']).unwrap_or(selector.len());
        let (name, rest) = selector.split_at(at);
        let name = (!name.is_empty()).then_some(name);
        let id = rest.strip_prefix('#');
        let class = rest.strip_prefix('.');
        let lower =
            name.is_none_or(|name| plain(name) && !name.bytes().any(|b| b.is_ascii_uppercase()));
        let known = id.or(class).map_or(name.is_some(), plain);
        (lower && known).then_some(Self {
            name,
            id,
            class,
            found: Vec::new(),
            inside: None,
        })
    }

    fn matches(&self, tag: &Tag<'_>) -> bool {
        self.name.is_none_or(|name| name == tag.name)
            && self.id.is_none_or(|id| decoded(tag.id) == id)
            && self.class.is_none_or(|class| {
                let classes = decoded(tag.class);
                classes.split_ascii_whitespace().any(|one| one == class)
            })
    }
}

struct Pass<'a> {
    page: Page,
    /// The open elements that matter.
    open: Vec<&'static str>,
    parts: Vec<Part<'a>>,
    /// An element whose content is not shown, and how many of its kind are open.
    skips: Option<(&'static str, usize)>,
}

/// What an element does to the paragraphs around it.
enum Effect {
    /// None; it may stand anywhere.
    Inline,
    /// It breaks the line, and ends by itself.
    Breaks,
    /// It is kept on the stack, and must end where it should.
    Kept(&'static str),
    /// What it holds is not shown.
    Hidden(&'static str),
    /// The frame of the page.
    Frame,
    /// Nobody here knows.
    Unknown,
}

macro_rules! one_of {
    ($name:expr, $effect:path, $($known:literal)+) => {
        match $name {
            $($known => Some($effect($known)),)+
            _ => None,
        }
    };
}

fn effect(name: &str) -> Effect {
    match name {
        "a" | "abbr" | "area" | "audio" | "b" | "base" | "bdi" | "bdo" | "big" | "canvas"
        | "cite" | "code" | "data" | "del" | "dfn" | "em" | "font" | "i" | "img" | "input"
        | "ins" | "kbd" | "label" | "link" | "map" | "mark" | "meta" | "meter" | "output"
        | "picture" | "progress" | "q" | "s" | "samp" | "small" | "source" | "span" | "strike"
        | "strong" | "sub" | "sup" | "textarea" | "time" | "track" | "u" | "var" | "video"
        | "wbr" => return Effect::Inline,
        "p" | "br" | "hr" => return Effect::Breaks,
        "html" | "head" | "body" => return Effect::Frame,
        _ => {}
    }
    let kept = one_of!(name, Effect::Kept, "div" "li" "ul" "td" "tr" "th" "table" "tbody" "thead" "tfoot" "caption"
        "h1" "h2" "h3" "h4" "h5" "h6" "section" "article" "aside" "main" "nav" "header" "footer" "form"
        "fieldset" "legend" "figure" "figcaption" "address" "blockquote" "details" "dialog" "summary" "dl"
        "dt" "dd" "ol" "pre" "button" "select" "option" "optgroup");
    let hidden = || {
        one_of!(name, Effect::Hidden, "script" "style" "svg" "title" "noscript" "template" "iframe" "noembed"
            "noframes")
    };
    let custom = || name.contains('-').then_some(Effect::Inline);
    kept.or_else(hidden)
        .or_else(custom)
        .unwrap_or(Effect::Unknown)
}

impl Pass<'_> {
    fn open(&mut self, tag: &Tag<'_>) -> Option<()> {
        let name = &*tag.name;
        let mut parts = self.parts.iter();
        let chosen = parts.any(|part| part.inside.is_none() && part.matches(tag));
        if let Some((skipped, times)) = &mut self.skips {
            if name == *skipped && !(tag.closed && name == "svg") {
                *times += 1;
            }
            // In a drawing, an element of the page ends the drawing.
            let ends = *skipped == "svg"
                && name != "a"
                && !matches!(effect(name), Effect::Unknown | Effect::Hidden(_));
            return (!ends && !chosen).then_some(());
        }
        match effect(name) {
            Effect::Frame => (!chosen && self.open.is_empty()).then_some(()),
            Effect::Inline => (!chosen && self.allowed_here(name)).then_some(()),
            Effect::Breaks => {
                self.page.open(name);
                self.page.close(name);
                // In a button a paragraph may be open until the button ends.
                let in_button = name == "p" && self.open.contains(&"button");
                (!chosen && !in_button && self.allowed_here(name)).then_some(())
            }
            Effect::Hidden(known) => {
                if !(tag.closed && name == "svg") {
                    self.skips = Some((known, 1));
                }
                (!chosen && self.allowed_here(name)).then_some(())
            }
            Effect::Kept(known) => {
                self.may_begin(name).then_some(())?;
                self.page.open(name);
                if chosen {
                    self.begin_parts(tag)?;
                }
                self.open.push(known);
                Some(())
            }
            Effect::Unknown => None,
        }
    }

    fn begin_parts(&mut self, tag: &Tag<'_>) -> Option<()> {
        let lists = usize::from(matches!(&*tag.name, "ul" | "ol"));
        // A part of a table row, or of a list, is not whole paragraphs.
        let whole = self.page.cells_open == 0
            && self.page.lists_open == lists
            && !matches!(
                &*tag.name,
                "li" | "caption"
                    | "thead"
                    | "tbody"
                    | "tfoot"
                    | "tr"
                    | "td"
                    | "th"
                    | "option"
                    | "button"
            );
        whole.then_some(())?;
        self.page.end_paragraph();
        let (place, first) = (self.open.len(), self.page.done.len());
        for part in &mut self.parts {
            if part.inside.is_none() && part.matches(tag) {
                part.inside = Some((place, first));
            }
        }
        Some(())
    }

    fn close(&mut self, name: &str) -> Option<()> {
        if let Some((skipped, times)) = &mut self.skips {
            if name == *skipped {
                *times -= 1;
                if *times == 0 {
                    self.skips = None;
                }
                return Some(());
            }
            // What ends around a drawing is not well nested.
            let around = *skipped == "svg"
                && matches!(
                    effect(name),
                    Effect::Kept(_) | Effect::Breaks | Effect::Frame
                );
            return (!around).then_some(());
        }
        match effect(name) {
            Effect::Frame => self.open.is_empty().then_some(()),
            Effect::Breaks => {
                self.page.open(name);
                self.page.close(name);
                self.allowed_here(name).then_some(())
            }
            Effect::Kept(known) => {
                (self.open.pop() == Some(known)).then_some(())?;
                self.page.close(name);
                let place = self.open.len();
                for part in &mut self.parts {
                    if let Some((_, first)) = part.inside.take_if(|(at, _)| *at == place) {
                        self.page.end_paragraph();
                        part.found.push((first, self.page.done.len()));
                    }
                }
                Some(())
            }
            Effect::Inline | Effect::Hidden(_) | Effect::Unknown => Some(()),
        }
    }

    fn text(&mut self, text: &str) -> Option<()> {
        if self.skips.is_some() {
            return Some(());
        }
        if text.contains('\0') {
            return None;
        }
        if self.between_rows() {
            // Text between the rows of a table is moved before it.
            let blank = text.bytes().all(|byte| byte.is_ascii_whitespace());
            return blank.then_some(());
        }
        self.page.text(&decoded(text));
        Some(())
    }

    fn between_rows(&self) -> bool {
        let last = self.open.last();
        matches!(
            last,
            Some(&("table" | "thead" | "tbody" | "tfoot" | "tr" | "select" | "optgroup"))
        )
    }

    /// What is no part of a table is moved out of it.
    fn allowed_here(&self, name: &str) -> bool {
        let scripted = matches!(name, "script" | "style" | "template");
        let in_list = matches!(self.open.last(), Some(&("select" | "optgroup" | "option")));
        !in_list && (scripted || !self.between_rows())
    }

    /// Whether an element begins where it is allowed to, and ends nothing that is open.
    fn may_begin(&self, name: &str) -> bool {
        let parent = self.open.last().copied().unwrap_or_default();
        match name {
            "caption" | "thead" | "tbody" | "tfoot" => parent == "table",
            "tr" => matches!(parent, "table" | "thead" | "tbody" | "tfoot"),
            "td" | "th" => parent == "tr",
            "li" => matches!(parent, "ul" | "ol"),
            "dt" | "dd" => parent == "dl",
            "option" => matches!(parent, "select" | "optgroup"),
            "optgroup" => parent == "select",
            "form" | "button" => {
                !self.between_rows() && parent != "option" && !self.open.contains(&name)
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.allowed_here(name)
                    && !matches!(parent, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
            }
            _ => self.allowed_here(name),
        }
    }
}
