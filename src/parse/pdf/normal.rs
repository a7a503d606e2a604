//! The same text for the same words, whichever program took it out of the PDF.

use unicode_normalization::UnicodeNormalization;

/// Text in NFKC (no ligatures), lines without space at either end, one space between words and two between
/// columns, at most one empty line in a row, a form feed between pages. Control and invisible signs
/// are gone; empty pages at the end are none.
pub fn normalised(text: &str) -> String {
    let mut done = String::with_capacity(text.len());
    for (number, page) in text.split('\x0c').enumerate() {
        if number > 0 {
            done.push('\x0c');
        }
        add_page(page, &mut done);
    }
    done.truncate(done.trim_end_matches(['\x0c', '\n']).len());
    done
}

fn add_page(page: &str, done: &mut String) {
    let mut empty_before = 0_usize;
    let mut first = true;
    for line in page.lines() {
        let line = one_line(line);
        if line.is_empty() {
            empty_before += 1;
            continue;
        }
        if !first {
            done.push_str(if empty_before > 0 { "\n\n" } else { "\n" });
        }
        done.push_str(&line);
        first = false;
        empty_before = 0;
    }
}

fn one_line(line: &str) -> String {
    let mut done = String::with_capacity(line.len());
    let mut spaces = 0_usize;
    for letter in line.nfkc() {
        // A tab is a column; the other spaces of Unicode are spaces after NFKC, or here.
        if letter == '\t' {
            spaces += 2;
        } else if letter.is_whitespace() {
            spaces += 1;
        } else if !letter.is_control() && !invisible(letter) {
            if !done.is_empty() {
                done.push_str(match spaces {
                    0 => "",
                    1 => " ",
                    _ => "  ",
                });
            }
            spaces = 0;
            done.push(letter);
        }
    }
    done
}

/// Signs that only tell a typesetter where a line may break.
fn invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_however_they_were_set() {
        let one = "The e\u{fb03}cient  \t o\u{ad}ffice\u{a0}visit \r\n\r\n\r\n 20560\tN \x0c second\x0c\x0c\n";
        assert_eq!(
            normalised(one),
            "The efficient  office visit\n\n20560  N\x0csecond"
        );
        assert_eq!(normalised(""), "");
        assert_eq!(normalised("\x0c\x0c"), "");
        assert_eq!(normalised("\n\na\n\n\n\x0c\x0cb"), "a\x0c\x0cb");
    }

    #[test]
    fn normalising_again_changes_nothing() {
        for text in [
            "a  b\n\nc\x0cd",
            "\u{fb01}\u{feff}x\u{2003}\u{2003}y",
            " \x0c \n x",
        ] {
            let once = normalised(text);
            assert_eq!(normalised(&once), once);
        }
    }
}
