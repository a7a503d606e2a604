//! Prose to sentences and words, for quoting and for comparing across typography.

use unicode_normalization::UnicodeNormalization;

/// The sentences of one paragraph, in order, without the mark of a list item.
///
/// A sentence ends at a full stop, question mark or exclamation mark (with closing quotes and
/// brackets) before a space and something that can begin a sentence. Abbreviations (`i.e.`, `U.S.`,
/// `No. 5`), enumerators (`A. General`) and numbers (`1.5`) end none.
pub fn sentences(paragraph: &str) -> Vec<&str> {
    let text = paragraph.trim_start();
    let text = text.strip_prefix("- ").unwrap_or(text).trim();
    let mut found = Vec::new();
    let mut begin = 0;
    for (at, space) in text.char_indices().filter(|(_, c)| c.is_whitespace()) {
        let before = text.get(begin..at).unwrap_or_default();
        let after = text.get(at + space.len_utf8()..).unwrap_or_default();
        if ends_sentence(before) && begins_sentence(after) {
            found.push(before.trim());
            begin = at + space.len_utf8();
        }
    }
    found.push(text.get(begin..).unwrap_or_default().trim());
    found.retain(|sentence| !sentence.is_empty());
    found
}

/// Abbreviations after which a sentence goes on, whatever follows.
const ABBREVIATIONS: &[&str] = &[
    "al", "approx", "cf", "dr", "e.g", "eg", "fig", "i.e", "ie", "jr", "m.d", "mr", "mrs", "ms",
    "no", "nos", "ph.d", "sec", "sr", "st", "u.s", "viz", "vs",
];

fn ends_sentence(text: &str) -> bool {
    let text = text.trim_end_matches(['"', '\'', '”', '’', ')', ']']);
    if text.ends_with(['?', '!']) {
        return true;
    }
    let Some(text) = text.strip_suffix('.') else {
        return false;
    };
    let last = text.rsplit(char::is_whitespace).next().unwrap_or(text);
    let enumerator = last.len() == text.len() && last.chars().count() <= 3;
    let last = last.trim_start_matches(|c: char| !c.is_alphanumeric());
    let initial = last.chars().count() == 1 && last.chars().all(char::is_uppercase);
    let abbreviation = ABBREVIATIONS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(last));
    !(last.is_empty() || enumerator || initial || abbreviation)
}

fn begins_sentence(text: &str) -> bool {
    text.trim_start()
        .trim_start_matches(['"', '\'', '“', '‘', '(', '[', '§'])
        .starts_with(|c: char| c.is_uppercase() || c.is_numeric())
}

/// The words of a text, in lower case, without any punctuation: what two renderings of one text
/// have in common. Compatibility forms (ligatures, full-width letters) are read as plain letters.
pub fn words(text: &str) -> Vec<String> {
    let plain: String = text.nfkc().flat_map(char::to_lowercase).collect();
    plain
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Which of the phrases a text mentions, in the order given.
///
/// Whole words without regard to case; a space in a phrase stands for any space, hyphen or dash,
/// and singular and plural are one: "trigger point" is mentioned by "Trigger-points".
pub fn mentions<'a>(text: &str, phrases: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let text = words(text);
    phrases
        .into_iter()
        .filter(|phrase| find_words(&text, &words(phrase)).is_some())
        .collect()
}

/// Where in a sequence of words another begins, singular and plural being one; `None` for an empty
/// phrase.
pub fn find_words(text: &[String], phrase: &[String]) -> Option<usize> {
    if phrase.is_empty() {
        return None;
    }
    text.windows(phrase.len()).position(|window| {
        window
            .iter()
            .zip(phrase)
            .all(|(one, other)| one == other || singular(one) == singular(other))
    })
}

/// A word without the ending of the plural. Wrong for some words, but wrong alike on both sides.
fn singular(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(stem) if stem.ends_with("sse") || stem.ends_with("xe") => {
            stem.strip_suffix('e').unwrap_or(stem)
        }
        Some(stem) if stem.chars().count() >= 3 && !stem.ends_with(['s', 'u', 'i']) => stem,
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_survive_abbreviations_and_numbers() {
        let sentence = [
            "Physicians (as defined in 1861(r)(1) of the Act) may furnish it, i.e. Puerto Rico (e.g. The Act), at 1.5 units.",
            "The U.S. Preventive Services Task Force agrees (see No. 5, vs. Other).",
            "(This NCD last reviewed January 2020.)",
            "\"Only covered,\" etc.disease!",
            "42 CFR §§ 410.26 applies",
        ];
        assert_eq!(sentences(&format!("  - {}", sentence.join(" "))), sentence);
    }

    #[test]
    fn an_enumerator_belongs_to_its_sentence() {
        assert_eq!(sentences("A. General"), ["A. General"]);
        assert_eq!(
            sentences("iv. Other uses. See below."),
            ["iv. Other uses.", "See below."]
        );
        assert!(sentences(" - ").is_empty());
    }

    #[test]
    fn words_do_not_depend_on_typography() {
        assert_eq!(
            words("Physician’s “non‑covered” N/A \u{fb01}nal§§"),
            words("physician's non-covered n a final")
        );
        assert_eq!(words(" - "), Vec::<String>::new());
    }

    #[test]
    fn phrases_are_found_as_whole_words() {
        let phrases = ["dry needling", "trigger point", ""];
        for (text, found) in [
            (
                "Dry-needling of trigger-points",
                &["dry needling", "trigger point"][..],
            ),
            ("dry\u{a0} NEEDLING", &["dry needling"]),
            ("dry – needling,", &["dry needling"]),
            ("non-needling, needling dry, sundry needling", &[]),
            ("a trigger. Pointing", &[]),
        ] {
            assert_eq!(mentions(text, phrases), found, "{text}");
        }
        assert_eq!(
            mentions("a trigger point", ["Trigger Points"]),
            ["Trigger Points"]
        );
    }

    proptest::proptest! {
        #[test]
        fn sentences_leave_nothing_out(text in "([A-Za-z0-9(]{1,6}[.?!)\"’]{0,2}[ \u{2003}]{1,2}){0,20}") {
            let whole: Vec<_> = text.split_whitespace().collect();
            let parts: Vec<_> = sentences(&text).into_iter().flat_map(str::split_whitespace).collect();
            proptest::prop_assert_eq!(whole, parts);
        }

        #[test]
        fn a_text_mentions_its_own_words(text in "[a-zA-Z -]{1,30}") {
            let found = mentions(&text, [text.as_str()]);
            proptest::prop_assert_eq!(found.len(), usize::from(!words(&text).is_empty()));
        }
    }
}
