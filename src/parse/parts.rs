//! What the XML parts of a workbook hold, counted while they are unpacked.
//!
//! The library under `xlsx` holds a whole tag, a whole text and a whole cell at a time, some of them several
//! times over, and all shared strings, styles and names as long as the workbook is open. A few megabytes
//! can be packed that take a gigabyte so. This looks at the bytes first, and holds no more than a tag.

/// How much the library may have to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of one tag, text or comment.
    pub max_piece: usize,
    /// Most bytes of one cell, or one shared string, with its markup.
    pub max_cell: usize,
    /// Most memory of all shared strings together.
    pub max_strings: usize,
    /// Most sheets, names, relations and styles together.
    pub max_named: usize,
    /// Most bytes of one part that is no XML, such as a picture.
    pub max_other: usize,
}

impl Default for Limits {
    /// Excel allows 32,767 characters in a cell and some 65,000 styles.
    fn default() -> Self {
        Self {
            max_piece: 1 << 20,
            max_cell: 4 << 20,
            max_strings: 96 << 20,
            max_named: 200_000,
            max_other: 32 << 20,
        }
    }
}

/// What one shared string takes beside its bytes.
const STRING: usize = 64;
/// Elements of which the library keeps each one.
const NAMED: [&[u8]; 9] = [
    b"sheet",
    b"definedName",
    b"Relationship",
    b"numFmt",
    b"xf",
    b"font",
    b"fill",
    b"border",
    b"dxf",
];

/// What all parts of a workbook hold.
#[derive(Debug)]
pub(super) struct Parts {
    limits: Limits,
    strings: usize,
    named: usize,
}

impl Parts {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            strings: 0,
            named: 0,
        }
    }

    /// Begins with the next part.
    pub(super) fn part(&mut self) -> Part<'_> {
        Part {
            all: self,
            is_xml: None,
            length: 0,
            text: 0,
            markup: None,
            quote: None,
            nested: 0,
            cell: None,
            declared: 0,
        }
    }
}

/// A part of a workbook that comes piece by piece.
#[derive(Debug)]
pub(super) struct Part<'w> {
    all: &'w mut Parts,
    /// Whether its first byte that is no blank begins a tag; `None` before that.
    is_xml: Option<bool>,
    length: usize,
    /// Bytes since the last tag.
    text: usize,
    /// The tag, comment or declaration that is read, without its `<`.
    markup: Option<Vec<u8>>,
    /// The quotation mark inside which it is read.
    quote: Option<u8>,
    /// Tags that are open in a declaration.
    nested: usize,
    /// The cell or shared string that is open, and its bytes so far.
    cell: Option<(Vec<u8>, usize)>,
    /// How many shared strings it says that it has.
    declared: usize,
}

impl Part<'_> {
    /// Looks at the next bytes. The error says beyond what it grows.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.length += bytes.len();
        if self.is_xml.is_none() {
            let blank = |byte: u8| byte.is_ascii_whitespace() || b"\xef\xbb\xbf".contains(&byte);
            let first = bytes.iter().find(|&&byte| !blank(byte));
            self.is_xml = first.map(|&byte| byte == b'<');
        }
        if self.is_xml == Some(false) {
            let most = self.all.limits.max_other;
            return bounded(self.length, most, "bytes of something that is no XML");
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let mark = if self.markup.is_some() { b'>' } else { b'<' };
            let at = memchr::memchr(mark, rest);
            let (piece, after) = rest.split_at(at.unwrap_or(rest.len()));
            rest = after.get(1..).unwrap_or_default();
            self.piece(piece)?;
            if at.is_some() {
                self.mark()?;
            }
        }
        Ok(())
    }

    /// How many shared strings it says that it has, which may be more than it has bytes.
    pub(super) fn declared(&self) -> usize {
        self.declared
    }

    /// A piece of text or of a tag without the mark that ends it.
    fn piece(&mut self, piece: &[u8]) -> Result<(), String> {
        let length = if let Some(markup) = &mut self.markup {
            markup.extend_from_slice(piece);
            for &byte in piece {
                match (self.quote, byte) {
                    (Some(quote), _) if quote == byte => self.quote = None,
                    (None, b'"' | b'\'') => self.quote = Some(byte),
                    (_, b'<') => self.nested += 1,
                    _ => {}
                }
            }
            markup.len()
        } else {
            self.text += piece.len();
            self.text
        };
        bounded(
            length,
            self.all.limits.max_piece,
            "bytes in one tag or text",
        )?;
        if let Some((_, length)) = &mut self.cell {
            *length += piece.len();
            bounded(*length, self.all.limits.max_cell, "bytes in one cell")?;
        }
        Ok(())
    }

    /// A `<` after text, or a `>` in a tag.
    fn mark(&mut self) -> Result<(), String> {
        if let Some((_, length)) = &mut self.cell {
            *length += 1;
        }
        let Some(mut markup) = self.markup.take() else {
            self.text = 0;
            (self.quote, self.nested) = (None, 0);
            self.markup = Some(Vec::new());
            return Ok(());
        };
        let ends = match &markup[..] {
            [b'!', b'-', b'-', inside @ ..] => inside.ends_with(b"--"),
            [b'!', b'[', ..] => markup.ends_with(b"]]"),
            [b'!', ..] => self.nested == 0,
            [b'?', ..] => markup.ends_with(b"?"),
            _ => self.quote.is_none(),
        };
        if !ends {
            self.nested = self.nested.saturating_sub(1);
            markup.push(b'>');
            self.markup = Some(markup);
            return Ok(());
        }
        match &markup[..] {
            [b'!' | b'?', ..] => {}
            [b'/', name @ ..] => self.closes(name.trim_ascii())?,
            tag => self.opens(tag)?,
        }
        Ok(())
    }

    fn opens(&mut self, tag: &[u8]) -> Result<(), String> {
        let end = tag
            .iter()
            .position(|byte| byte.is_ascii_whitespace() || *byte == b'/');
        let name = tag.get(..end.unwrap_or(tag.len())).unwrap_or(tag);
        let local = name.rsplit(|&byte| byte == b':').next().unwrap_or(name);
        if local == b"sst" {
            self.declared = self.declared.max(declared_strings(tag));
        }
        if NAMED.contains(&local) {
            self.all.named += 1;
            let most = self.all.limits.max_named;
            bounded(self.all.named, most, "sheets, names, relations and styles")?;
        }
        if matches!(local, b"c" | b"si") && self.cell.is_none() {
            if tag.ends_with(b"/") {
                return self.counted(local, 0);
            }
            self.cell = Some((name.to_vec(), 0));
        }
        Ok(())
    }

    fn closes(&mut self, name: &[u8]) -> Result<(), String> {
        let ended = self.cell.take_if(|(open, _)| open == name);
        let local = name.rsplit(|&byte| byte == b':').next().unwrap_or(name);
        ended.map_or(Ok(()), |(_, length)| self.counted(local, length))
    }

    /// A cell or a shared string of so many bytes has ended.
    fn counted(&mut self, local: &[u8], length: usize) -> Result<(), String> {
        if local == b"si" {
            self.all.strings += STRING + length;
            let most = self.all.limits.max_strings;
            bounded(self.all.strings, most, "bytes of memory for shared strings")?;
        }
        Ok(())
    }
}

fn bounded(count: usize, most: usize, of: &str) -> Result<(), String> {
    if count > most {
        return Err(format!("{most} {of}"));
    }
    Ok(())
}

/// The greatest number that follows `uniqueCount` anywhere in the part.
pub(super) fn declared_strings(part: &[u8]) -> usize {
    const NAME: &[u8] = b"uniqueCount";
    let mut greatest = 0;
    let mut rest = part;
    while let Some(at) = memchr::memmem::find(rest, NAME) {
        rest = rest.get(at + NAME.len()..).unwrap_or_default();
        let digits: String = rest
            .iter()
            .skip_while(|byte| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'"' | b'\''))
            .take_while(|byte| byte.is_ascii_digit())
            .map(|&byte| char::from(byte))
            .collect();
        if !digits.is_empty() {
            greatest = greatest.max(digits.parse().unwrap_or(usize::MAX));
        }
    }
    greatest
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEW: Limits = Limits {
        max_piece: 50,
        max_cell: 100,
        max_strings: 1_000,
        max_named: 5,
        max_other: 60,
    };

    /// In pieces of every size the same.
    #[track_caller]
    fn read(part: &str) -> Result<usize, String> {
        let in_pieces = |size: usize| {
            let mut parts = Parts::new(FEW);
            let mut read = parts.part();
            let mut pieces = part.as_bytes().chunks(size);
            pieces.try_for_each(|piece| read.take(piece))?;
            Ok(read.declared())
        };
        let whole = in_pieces(part.len());
        for size in [1, 2, 3, 7] {
            assert_eq!(in_pieces(size), whole, "{size} of {part}");
        }
        whole
    }

    #[track_caller]
    fn refuses(part: &str, why: &str) {
        let error = read(part).expect_err(part);
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn one_piece_is_bounded_whatever_it_is() {
        let long = "a<b>".repeat(20);
        refuses(&format!("<c><v>{}", "a".repeat(51)), "in one tag");
        refuses(&format!("<c r=\"{long}\">"), "in one tag");
        refuses(&format!("<!-- {long} -->"), "in one tag");
        refuses(&format!("<![CDATA[{long}]]>"), "in one tag");
        refuses(&format!("<?x {long}?>"), "in one tag");
        refuses(
            &format!("<!DOCTYPE x [{}]>", "<!ENTITY a 'b'>".repeat(9)),
            "in one tag",
        );
        refuses(&" ".repeat(51), "in one tag");
        let short = "<!-- <c> --><?x >?><![CDATA[a>b]]><a b='>' c=\"'\"/><!D x [<!E>]>";
        assert_eq!(read(&format!("<x>{}</x>", short.repeat(9))), Ok(0));
    }

    #[test]
    fn a_cell_of_many_pieces_is_bounded() {
        let runs = "<r><t>abc</t></r>".repeat(7);
        refuses(&format!("<x:c><is>{runs}"), "in one cell");
        refuses(&format!("<si>{runs}"), "in one cell");
        // The library reads on after an element of another name.
        let other = "<t>abcdef</t><x:si></x:si>".repeat(5);
        refuses(&format!("<si>{other}"), "in one cell");
        assert_eq!(read(&"<row><c><v>1</v></c><c/></row>".repeat(50)), Ok(0));
    }

    #[test]
    fn what_is_held_of_a_workbook_is_bounded() {
        refuses(&"<si/>".repeat(16), "shared strings");
        refuses(&"<si><t>a</t></si>".repeat(15), "shared strings");
        refuses(&"<s:sheet/>".repeat(6), "names");
        assert_eq!(read(&"<c><v>1</v></c><mergeCell/>".repeat(50)), Ok(0));
        let mut parts = Parts::new(FEW);
        for number in 0..6 {
            let taken = parts.part().take(b"<xf/>");
            assert_eq!(taken.is_ok(), number < 5, "{number}");
        }
    }

    #[test]
    fn what_is_no_xml_is_bounded_by_its_length_only() {
        assert_eq!(read(&"\u{89}PNG".repeat(12)), Ok(0));
        refuses(&"\u{89}PNG".repeat(13), "no XML");
    }

    #[test]
    fn what_is_declared_is_read() {
        assert_eq!(read("\u{feff}<x:sst count='1' uniqueCount = '42'>"), Ok(42));
        assert_eq!(read("<si uniqueCount='9'>"), Ok(0));
    }
}
