//! Text from outside, made fit to be shown: no control characters, nothing that turns the writing
//! direction or hides, no endless cells.

/// One line of at most `longest` characters: runs of white space are one space, control and
/// direction characters show as `�`, invisible ones are dropped. What is cut off is counted.
pub fn line(text: &str, longest: usize) -> String {
    cut(&words(text).collect::<Vec<_>>().join(" "), longest)
}

/// The words of a text, cleaned; white space of any kind parts them.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace()
        .map(|word| word.chars().filter_map(shown).collect::<String>())
        .filter(|word| !word.is_empty())
}

/// The text as it is where it is short, else its beginning and how long it is in all.
fn cut(text: &str, longest: usize) -> String {
    let length = text.chars().count();
    if length <= longest {
        return text.to_owned();
    }
    let kept: String = text.chars().take(longest).collect();
    format!("{} … ({length} characters in all)", kept.trim_end())
}

/// The character as it may be shown.
fn shown(character: char) -> Option<char> {
    match character {
        // soft hyphen, zero-width space and byte order mark carry nothing
        '\u{ad}' | '\u{200b}' | '\u{feff}' => None,
        '\u{61c}'
        | '\u{180e}'
        | '\u{200c}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => Some(char::REPLACEMENT_CHARACTER),
        other if other.is_control() => Some(char::REPLACEMENT_CHARACTER),
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_could_deceive_is_made_visible() {
        assert_eq!(line("A\u{202e}B\u{0}C", 80), "A�B�C");
        assert_eq!(line(" a\r\n\tb\u{a0}c ", 80), "a b c");
        assert_eq!(line("soft\u{ad}hyphen\u{feff}", 80), "softhyphen");
    }

    #[test]
    fn a_long_cell_is_cut_and_says_so() {
        assert_eq!(line(&"é".repeat(10), 4), "éééé … (10 characters in all)");
    }

    proptest! {
        #[test]
        fn a_line_is_one_line_and_bounded(text in any::<String>(), longest in 1_usize..50) {
            let clean = line(&text, longest);
            prop_assert!(!clean.chars().any(char::is_control));
            prop_assert!(clean.chars().count() <= longest + 40);
        }
    }
}
