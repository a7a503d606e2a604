//! XML, read as a stream: no tree of a long document is ever in memory.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

/// How deep elements may nest.
pub const MAX_DEPTH: usize = 200;
/// How many elements a document may have: forty times the longest rule of the Federal Register.
pub const MAX_ELEMENTS: usize = 4_000_000;
/// How many attributes an element may have.
const MAX_ATTRIBUTES: usize = 64;

/// Who is told what is read, in the order of the document.
pub trait Visitor {
    /// An element begins. An empty element ends at once.
    fn open(&mut self, element: &Element<'_>);
    /// A piece of text, with character references and entities replaced. The text of one element may
    /// come in many pieces.
    fn text(&mut self, text: &str);
    /// The element that was opened last and not closed yet ends.
    fn close(&mut self, name: &str);
}

/// The begin of an element.
#[derive(Debug)]
pub struct Element<'a> {
    start: &'a BytesStart<'a>,
}

impl Element<'_> {
    /// Its name as written, with its prefix if it has one.
    pub fn name(&self) -> &str {
        self.start.name().into_inner()
    }

    /// The value of an attribute; `None` where it is missing.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let found = self.start.try_get_attribute(name).ok()??;
        let value = found.normalized_value(XmlVersion::Implicit1_0).ok()?;
        Some(value.into_owned())
    }
}

/// Reads a document of at most `max_bytes` in UTF-8 from its first to its last byte.
///
/// The five entities of XML and character references are replaced; a document type is refused, so that
/// there are no other entities and nothing expands. Comments and processing instructions are skipped.
///
/// # Errors
/// When the bytes are too many, in another encoding, or not one whole well-formed element; when
/// elements nest deeper than [`MAX_DEPTH`] or are more than [`MAX_ELEMENTS`]. What was told to the
/// visitor until then is not to be believed: the document was not read to its end.
pub fn read(bytes: &[u8], max_bytes: usize, visitor: &mut impl Visitor) -> Result<(), XmlError> {
    if bytes.len() > max_bytes {
        let why = format!("{} bytes where at most {max_bytes} are read", bytes.len());
        return Err(XmlError { line: 1, why });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| XmlError {
        line: line_of(bytes, error.valid_up_to()),
        why: "it is not UTF-8".to_owned(),
    })?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().enable_all_checks(true);
    let mut progress = Progress::default();
    loop {
        let event = reader.read_event().map_err(|error| error.to_string());
        let step = event.and_then(|event| progress.take(event, visitor));
        match step {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(why) => {
                let at = usize::try_from(reader.buffer_position()).unwrap_or(bytes.len());
                let line = line_of(bytes, at);
                return Err(XmlError { line, why });
            }
        }
    }
}

/// Bytes that are no XML as it is read here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct XmlError {
    /// Line in which reading ended, from 1 on.
    pub line: usize,
    /// What was expected and what is there.
    pub why: String,
}

/// Where in the document reading is.
#[derive(Default)]
struct Progress {
    open: Vec<String>,
    elements: usize,
    /// The one element of the document was read to its end.
    done: bool,
}

impl Progress {
    /// Takes one event; `false` at the end of a whole document.
    fn take(&mut self, event: Event<'_>, visitor: &mut impl Visitor) -> Result<bool, String> {
        match event {
            Event::Start(start) => {
                self.begin(&start)?;
                visitor.open(&Element { start: &start });
                self.open.push(start.name().into_inner().to_owned());
            }
            Event::Empty(start) => {
                self.begin(&start)?;
                visitor.open(&Element { start: &start });
                visitor.close(start.name().into_inner());
                self.done = self.open.is_empty();
            }
            Event::End(_) => {
                // Whether the names agree was checked by the reader.
                let name = self
                    .open
                    .pop()
                    .ok_or("an element ends that did not begin")?;
                visitor.close(&name);
                self.done = self.open.is_empty();
            }
            Event::Text(text) => self.text(&text.xml10_content(), visitor)?,
            Event::CData(text) => self.text(&text.xml10_content(), visitor)?,
            Event::GeneralRef(reference) => {
                let text = replacement(&reference)?;
                self.text(text.encode_utf8(&mut [0; 4]), visitor)?;
            }
            Event::DocType(_) => return Err("it has a document type, which is not read".to_owned()),
            Event::Decl(declaration) => {
                if let Some(Ok(encoding)) = declaration.encoding()
                    && !encoding.eq_ignore_ascii_case("utf-8")
                    && !encoding.eq_ignore_ascii_case("us-ascii")
                {
                    return Err(format!("it is in {encoding:.40}, not in UTF-8"));
                }
            }
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => {
                return match self.open.last() {
                    Some(name) => Err(format!("it ends inside the element <{name:.40}>")),
                    None if self.done => Ok(false),
                    None => Err("it has no element".to_owned()),
                };
            }
        }
        Ok(true)
    }

    fn begin(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        if self.done {
            return Err("a second document follows the first".to_owned());
        }
        self.elements += 1;
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("elements nest deeper than {MAX_DEPTH}"));
        }
        if self.elements > MAX_ELEMENTS {
            return Err(format!("it has more than {MAX_ELEMENTS} elements"));
        }
        for (number, attribute) in start.attributes().with_checks(false).enumerate() {
            attribute.map_err(|error| error.to_string())?;
            if number >= MAX_ATTRIBUTES {
                return Err(format!(
                    "an element has more than {MAX_ATTRIBUTES} attributes"
                ));
            }
        }
        Ok(())
    }

    fn text(&self, text: &str, visitor: &mut impl Visitor) -> Result<(), String> {
        if !self.open.is_empty() {
            visitor.text(text);
        } else if !text.trim().is_empty() {
            return Err("text stands outside of all elements".to_owned());
        }
        Ok(())
    }
}

fn replacement(reference: &BytesRef<'_>) -> Result<char, String> {
    if let Some(c) = reference
        .resolve_char_ref()
        .map_err(|error| error.to_string())?
    {
        return Ok(c);
    }
    match &**reference {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        other => Err(format!("the entity '{other:.40}' is not known")),
    }
}

fn line_of(bytes: &[u8], at: usize) -> usize {
    let before = bytes.get(..at.min(bytes.len())).unwrap_or_default();
    before.split(|&byte| byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was told, in one line.
    #[derive(Default)]
    struct Told(String);

    impl Visitor for Told {
        fn open(&mut self, element: &Element<'_>) {
            self.0.push('<');
            self.0.push_str(element.name());
            if let Some(value) = element.attribute("P") {
                self.0.push_str(" P=");
                self.0.push_str(&value);
            }
            self.0.push('>');
        }

        fn text(&mut self, text: &str) {
            self.0.push_str(text);
        }

        fn close(&mut self, name: &str) {
            self.0.push_str("</");
            self.0.push_str(name);
            self.0.push('>');
        }
    }

    fn told(text: &str) -> Result<String, XmlError> {
        let mut told = Told::default();
        read(text.as_bytes(), 1 << 20, &mut told).map(|()| told.0)
    }

    #[track_caller]
    fn refuses(text: &str, why: &str) {
        let error = told(text).expect_err(text).to_string();
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn text_is_whole_around_entities() {
        assert_eq!(
            told("\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<A>x &amp; y&#167;<!-- c --><B P=\"1 &lt; 2\"/><![CDATA[<z>]]></A>\n").unwrap(),
            "<A>x & y\u{a7}<B P=1 < 2></B><z></A>"
        );
    }

    #[test]
    fn what_is_not_one_whole_document_is_refused() {
        refuses("", "no element");
        refuses("no xml", "outside");
        refuses("<A><B></A></B>", "expected");
        refuses("<A>", "inside the element <A>");
        refuses("<A/><A/>", "second document");
        refuses("<A/>more", "outside");
        refuses("<A>&nbsp;</A>", "not known");
        refuses("<A>&#0;</A>", "");
        refuses("<A x=1/>", "");
        refuses(
            "<!DOCTYPE A [<!ENTITY e \"eeee\">]><A>&e;</A>",
            "document type",
        );
        refuses("<?xml version=\"1.0\" encoding=\"latin1\"?><A/>", "UTF-8");
        assert!(read(b"<A>\n\xff</A>", 100, &mut Told::default()).is_err_and(|e| e.line == 2));
        assert!(read(b"<A></A>", 6, &mut Told::default()).is_err());
    }

    #[test]
    fn depth_and_attributes_are_bounded() {
        let nested = |depth: usize| "<A>".repeat(depth) + &"</A>".repeat(depth);
        assert!(told(&nested(MAX_DEPTH)).is_ok());
        refuses(&nested(MAX_DEPTH + 1), "nest deeper");
        let attributes: Vec<String> = (0..=MAX_ATTRIBUTES).map(|n| format!("a{n}=\"\"")).collect();
        let attributes = attributes.join(" ");
        refuses(&format!("<A {attributes}/>"), "attributes");
    }

    #[test]
    fn a_document_cut_anywhere_is_refused() {
        let whole = "<?xml version=\"1.0\"?><A P=\"1\">a &amp; b<B/>c<!-- d --></A>";
        for cut in 0..whole.len() {
            assert!(told(&whole[..cut]).is_err(), "{cut}");
        }
        assert!(told(whole).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80)) {
            let _ = read(&bytes, 1 << 20, &mut Told::default());
        }

        #[test]
        fn any_markup_is_read_or_refused(text in r#"(<A>|</A>|<B P="1"/>|&amp;|&#x41;|&|<|>|<!--|-->|<!\[CDATA\[|\]\]>|a| ){0,20}"#) {
            let mut told = Told::default();
            if read(text.as_bytes(), 1 << 20, &mut told).is_ok() {
                proptest::prop_assert!(told.0.starts_with('<') && told.0.ends_with('>'));
            }
        }
    }
}
