//! The text of a PDF in the order of its content streams, page by page.

use super::sound;
use pdf_extract::{Document, MediaBox, OutputDev, OutputError, Transform};

/// Most pages that are read. A final rule has about 2,000.
const MAX_PAGES: usize = 10_000;

/// Why a PDF has no text.
#[derive(Debug, thiserror::Error)]
pub enum PdfTextError {
    /// It asks for a password.
    #[error("the PDF is locked with a password")]
    Locked,
    /// It has no pages, or more than any document of CMS.
    #[error("the PDF has {0} pages; 1 to {MAX_PAGES} are read")]
    Pages(usize),
    /// More text than is wanted.
    #[error("the PDF has more than {0} bytes of text")]
    TooLong(usize),
    /// It cannot be understood.
    #[error("the PDF cannot be read: {0}")]
    Damaged(String),
}

/// The text of every page, a form feed between two: all of it, or an error. Words of a line are parted by
/// one space, columns by two, paragraphs by an empty line, as far as the places of the letters tell.
///
/// Not bounded in time or memory, and it may panic: see the module.
///
/// # Errors
/// When the PDF is locked, damaged, or has more than `most` bytes of text.
pub fn extract(bytes: &[u8], most: usize) -> Result<String, PdfTextError> {
    let damaged = |error: pdf_extract::Error| PdfTextError::Damaged(error.to_string());
    let mut document = Document::load_mem(bytes).map_err(damaged)?;
    // Many PDFs are encrypted only to forbid changes: their password is empty.
    if document.is_encrypted() && document.decrypt("").is_err() {
        return Err(PdfTextError::Locked);
    }
    let pages = document.get_pages().len();
    if pages == 0 || pages > MAX_PAGES {
        return Err(PdfTextError::Pages(pages));
    }
    if let Some(why) = sound::fault(&document, bytes) {
        return Err(PdfTextError::Damaged(why));
    }
    let mut lines = Lines::new(most);
    match pdf_extract::output_doc(&document, &mut lines) {
        Ok(()) => Ok(lines.text),
        Err(_) if lines.text.len() > most => Err(PdfTextError::TooLong(most)),
        Err(error) => Err(PdfTextError::Damaged(error.to_string())),
    }
}

/// Letters with their places, put into lines.
struct Lines {
    text: String,
    most: usize,
    pages: usize,
    flip: Transform,
    /// The next letter begins a piece of text that was placed by itself.
    placed: bool,
    /// Where the last letter ended, and its line.
    last_end: f64,
    last_y: f64,
}

impl Lines {
    fn new(most: usize) -> Self {
        Self {
            text: String::new(),
            most,
            pages: 0,
            flip: Transform::identity(),
            placed: false,
            last_end: 0.0,
            last_y: 0.0,
        }
    }

    /// What stands between the last letter and one at this place.
    fn gap(&self, x: f64, y: f64, size: f64) -> &'static str {
        let at_start = self.text.is_empty() || self.text.ends_with(['\n', '\x0c']);
        if at_start || !self.placed {
            return "";
        }
        let down = (y - self.last_y).abs();
        if down > size * 1.8 {
            return "\n\n";
        }
        // To the left and off the line: the next line. A little off it alone is a raised sign.
        if down > size * 0.5 && (x < self.last_end || down > size) {
            return "\n";
        }
        let right = x - self.last_end;
        if right > size {
            "  "
        } else if right > size * 0.1 {
            " "
        } else {
            ""
        }
    }
}

impl OutputDev for Lines {
    fn begin_page(
        &mut self,
        _number: u32,
        media: &MediaBox,
        _art: Option<(f64, f64, f64, f64)>,
    ) -> Result<(), OutputError> {
        if self.pages > 0 {
            self.text.push('\x0c');
        }
        self.pages += 1;
        self.flip = Transform::row_major(1.0, 0.0, 0.0, -1.0, 0.0, media.ury - media.lly);
        Ok(())
    }

    fn end_page(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn output_character(
        &mut self,
        matrix: &Transform,
        width: f64,
        _spacing: f64,
        font_size: f64,
        letters: &str,
    ) -> Result<(), OutputError> {
        let place = matrix.post_transform(&self.flip);
        // Side of the square that has the area of the letter's box.
        let size = font_size
            * (matrix.m11 * matrix.m22 - matrix.m12 * matrix.m21)
                .abs()
                .sqrt();
        let (x, y) = (place.m31, place.m32);
        self.text.push_str(self.gap(x, y, size));
        // Control signs among the letters (a form feed) are no part of a layout.
        self.text
            .extend(letters.chars().filter(|letter| !letter.is_control()));
        self.placed = false;
        self.last_y = y;
        self.last_end = x + width * size;
        if self.text.len() > self.most {
            return Err(OutputError::FormatError(std::fmt::Error));
        }
        Ok(())
    }

    fn begin_word(&mut self) -> Result<(), OutputError> {
        self.placed = true;
        Ok(())
    }

    fn end_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), OutputError> {
        Ok(())
    }
}
