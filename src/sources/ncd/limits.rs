//! What the text of a determination limits: the sentences that matter to a biller.

use crate::parse::text::{find_words, mentions, sentences, words};

/// Sentences of a policy that say what is covered, what is not, and how much.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limits {
    /// A limit in a few words, derived from one of the sentences: "only for chronic lower back
    /// pain (cLBP)". `None` where no sentence has a form from which it follows.
    pub phrase: Option<String>,
    /// The sentences as they stand: first those with a watched word, then the first that covers
    /// anything, then those that exclude or count, each kind in the order of the text.
    pub passages: Vec<String>,
}

impl Limits {
    /// The phrase, then the sentences.
    pub fn lines(&self) -> Vec<&str> {
        self.phrase
            .iter()
            .chain(&self.passages)
            .map(String::as_str)
            .collect()
    }
}

/// Ways in which a sentence excludes something.
const DENIES: &[&str] = &[
    "non covered",
    "noncovered",
    "not covered",
    "not be covered",
    "no coverage",
    "non coverage",
    "noncoverage",
    "not reasonable and necessary",
    "not considered reasonable and necessary",
    "may not be made",
    "excluded from coverage",
];

/// Ways in which a sentence bounds what it covers, or asks something for it.
const BOUNDS: &[&str] = &[
    "only",
    "limited to",
    "no more than",
    "not more than",
    "not exceed",
    "up to",
    "at most",
    "maximum of",
    "an additional",
    "must",
];

const COVERS: &[&str] = &["cover", "covered"];

/// Finds the limits in a policy: its title and paragraphs, in the order of their weight, and the
/// words that are watched.
pub fn limits<'a>(policy: &[&str], watched: impl IntoIterator<Item = &'a str>) -> Limits {
    let watched = patterns(watched);
    let (denies, bounds, covers) = (
        patterns(DENIES.iter().copied()),
        patterns(BOUNDS.iter().copied()),
        patterns(COVERS.iter().copied()),
    );
    let (mut named, mut covering, mut limiting) = (Vec::new(), Vec::new(), Vec::new());
    let paragraphs = policy.iter().skip(1).filter(|text| !is_heading(text));
    for sentence in paragraphs.flat_map(|paragraph| sentences(paragraph)) {
        let text = words(sentence);
        let has = |patterns: &[Vec<String>]| {
            patterns
                .iter()
                .any(|pattern| find_words(&text, pattern).is_some())
        };
        if has(&watched) {
            named.push(sentence);
        } else if covering.is_empty() && has(&covers) && !has(&denies) {
            covering.push(sentence);
        } else if has(&denies) || has(&bounds) {
            limiting.push(sentence);
        }
    }
    // What is said of the watched service counts; where no sentence names it, what is said of the
    // service that the policy is named for. A policy on many services limits each in its own way,
    // so of several phrases none is taken.
    let subject = subject(policy.first().copied().unwrap_or_default());
    let mut phrases: Vec<_> = if named.is_empty() {
        covering
            .iter()
            .chain(&limiting)
            .filter(|sentence| find_words(&words(sentence), &subject).is_some())
            .filter_map(|sentence| phrase(sentence, policy))
            .collect()
    } else {
        let phrases = named.iter().map(|sentence| phrase(sentence, policy));
        phrases.flatten().collect()
    };
    phrases.dedup();
    let phrase = phrases.pop().filter(|_| phrases.is_empty());
    let mut passages: Vec<String> = Vec::new();
    for sentence in named.into_iter().chain(covering).chain(limiting) {
        if !passages.iter().any(|known| known == sentence) {
            passages.push(sentence.to_owned());
        }
    }
    Limits { phrase, passages }
}

fn patterns<'a>(phrases: impl IntoIterator<Item = &'a str>) -> Vec<Vec<String>> {
    phrases.into_iter().map(words).collect()
}

/// The service that a title names: "Acupuncture" of "Acupuncture for Fibromyalgia".
fn subject(title: &str) -> Vec<String> {
    let name = title.split(" for ").next().unwrap_or(title);
    words(name.split('(').next().unwrap_or(name))
}

/// "C. Nationally Non-Covered Indications" is no sentence.
fn is_heading(paragraph: &str) -> bool {
    const LONGEST: usize = 10;
    !paragraph.trim_start().starts_with("- ")
        && !paragraph.ends_with(['.', ';', ':', '?', '!', ')'])
        && paragraph.split_whitespace().count() <= LONGEST
}

/// "Only for ...", where the sentence says so in one of two forms:
/// "for any condition other than X are non-covered" and "is only covered for X".
fn phrase(sentence: &str, policy: &[&str]) -> Option<String> {
    let denied = !mentions(sentence, DENIES.iter().copied()).is_empty();
    // Lower-casing ASCII alone keeps every byte in its place.
    let lower = sentence.to_ascii_lowercase();
    let after = |marker: &str| lower.find(marker).map(|at| (at, at + marker.len()));
    let begin = if denied {
        // "Tests other than X are not covered" names tests, not conditions.
        after(" other than ").and_then(|(at, end)| {
            let before = words(lower.get(..at)?);
            let nearest: Vec<_> = before.iter().rev().take(4).collect();
            nearest.iter().any(|word| *word == "for").then_some(end)
        })
    } else {
        after(" only covered for ")
            .or_else(|| after(" covered only for "))
            .map(|(_, end)| end)
    }?;
    let object = object(sentence.get(begin..)?)?;
    Some(format!("only for {}", expanded(&object, policy)))
}

/// The words up to the verb, conjunction or punctuation that ends the object of a preposition.
fn object(text: &str) -> Option<String> {
    const LONGEST: usize = 12;
    const ENDS: &[&str] = &[
        "are", "as", "if", "is", "may", "must", "remain", "remains", "shall", "that", "under",
        "unless", "was", "were", "when", "where", "which", "who", "will",
    ];
    // A limit that points elsewhere says nothing by itself.
    const POINTERS: &[&str] = &[
        "above",
        "below",
        "described",
        "following",
        "here",
        "listed",
        "specified",
        "such",
        "these",
        "this",
        "those",
    ];
    let mut object: Vec<&str> = Vec::new();
    for word in text.split_whitespace() {
        let bare = word.trim_end_matches([',', ';', ':', '.']);
        if ENDS.contains(&bare) {
            break;
        }
        let is_aside = bare.starts_with('(') && bare.ends_with(')') && is_abbreviation(bare);
        if bare.contains(['(', ')']) && !is_aside {
            break;
        }
        object.push(bare);
        if bare.len() < word.len() {
            break;
        }
    }
    let points = object.iter().any(|word| {
        POINTERS
            .iter()
            .any(|pointer| word.eq_ignore_ascii_case(pointer))
    });
    (!object.is_empty() && object.len() <= LONGEST && !points).then(|| object.join(" "))
}

/// Writes an abbreviation out where the policy does: `cLBP` as `chronic lower back pain (cLBP)`.
fn expanded(object: &str, policy: &[&str]) -> String {
    if object.contains(' ') || !is_abbreviation(object) {
        return object.to_owned();
    }
    let aside = format!("({object})");
    let long = policy.iter().find_map(|text| {
        long_form(
            text.split(&aside).next().filter(|before| before != text)?,
            object,
        )
    });
    match long {
        Some(long) => format!("{long} {aside}"),
        None => object.to_owned(),
    }
}

fn is_abbreviation(word: &str) -> bool {
    word.chars().filter(|c| c.is_uppercase()).count() >= 2
}

/// The last words of a text, one for each letter of the abbreviation, when they begin with them.
fn long_form(before: &str, abbreviation: &str) -> Option<String> {
    let letters: Vec<char> = abbreviation.chars().filter(|c| c.is_alphabetic()).collect();
    let words: Vec<&str> = before.split_whitespace().collect();
    let words = words.get(words.len().checked_sub(letters.len())?..)?;
    let fits = words.iter().zip(&letters).all(|(word, letter)| {
        word.to_lowercase()
            .starts_with(&letter.to_lowercase().to_string())
    });
    fits.then(|| {
        let plain: Vec<_> = words.iter().map(|word| without_title_case(word)).collect();
        plain.join(" ")
    })
}

/// "Pain" as "pain"; "ACAOM" stays.
fn without_title_case(word: &str) -> String {
    let mut letters = word.chars();
    let rest_is_lower = letters.next().is_some() && !letters.any(char::is_uppercase);
    if rest_is_lower {
        word.to_lowercase()
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TITLE: &str = "Service for Long Lasting Itch (LLI)";

    #[track_caller]
    fn check(sentence: &str, phrase: Option<&str>) {
        let policy = [TITLE, sentence];
        assert_eq!(limits(&policy, []).phrase.as_deref(), phrase, "{sentence}");
    }

    #[test]
    fn an_exception_from_an_exclusion_is_put_in_a_few_words() {
        check(
            "All types of service for any condition other than LLI are non-covered by Medicare.",
            Some("only for long lasting itch (LLI)"),
        );
        check(
            "The service is not covered for indications other than chronic low back pain.",
            Some("only for chronic low back pain"),
        );
        check(
            "The service is only covered for Long Lasting Itch (LLI) under section 5.",
            Some("only for Long Lasting Itch (LLI)"),
        );
        check(
            "This service is covered only for QRS.",
            Some("only for QRS"),
        );
    }

    #[test]
    fn a_phrase_is_not_guessed() {
        check("Service is covered for any condition other than LLI.", None);
        check("Tests of the service other than LLI are not covered.", None);
        check(
            "Service is not covered for uses other than those listed above.",
            None,
        );
        check("Service for LLI is non-covered.", None);
        check("Service is only covered for (a) one or (b) two.", None);
        check(
            "Service is only covered for gout. The service is only covered for flu.",
            None,
        );
        check("Another thing is only covered for A.", None);
    }

    #[test]
    fn sentences_with_watched_words_come_first_and_headings_are_left_out() {
        let policy = [
            TITLE,
            "B. Nationally Covered Indications",
            "Medicare will cover the service. It is also covered on Sundays.",
            "- No more than 20 a year.",
            "C. Nationally Non-Covered Indications",
            "Dry-needling for any use other than LLI is non-covered. Other sentences follow.",
            "All else is only for B.",
        ];
        let found = limits(&policy, ["dry needling"]);
        assert_eq!(
            found.lines(),
            [
                "only for long lasting itch (LLI)",
                "Dry-needling for any use other than LLI is non-covered.",
                "Medicare will cover the service.",
                "No more than 20 a year.",
                "All else is only for B.",
            ]
        );
        assert_eq!(limits(&["Title"], ["x"]), Limits::default());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "(for |other than |only covered for |are |non-covered|cLBP|\\(|\\)|é|\\. ){0,12}") {
            let _ = limits(&[&text, &text], ["x"]);
        }
    }
}
