//! What a page says differently in every answer: when it was made, who looks at it, how many did.
//!
//! Only whole paragraphs are noise, and only those that are nothing else: a date in a sentence is part of
//! a rule. What is marked up but not shown (scripts, styles, hidden fields, attributes with their nonces
//! and hashes) never gets here, for it is no text.

use std::sync::LazyLock;

use regex::Regex;

/// A longer paragraph is no such mark.
const LONGEST: usize = 120;

/// Paragraphs of such marks.
static MARKS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let date = r"[^.;]*\d[^;]*";
    let marks = [
        // When the page was made. "Last updated" with a day alone may be that of a policy.
        format!(r"(this )?page (was )?last (modified|updated|changed|reviewed)( on| at)?:?( {date})?"),
        r"(last |page )?(updated|modified|refreshed)( on| at)?:? [^;]*\d{1,2}:\d{2}[^;]*".to_owned(),
        format!(r"((this )?(page|report|document|content) (was )?)?(generated|rendered|cached|retrieved)( at| on| in|:){date}"),
        r"((this )?page )?(served|loaded|generated|rendered|created) in [\d.,]+ ?(ms|milliseconds|s|sec|seconds)\.?".to_owned(),
        format!(r"(current|server|local) (date|time|date and time):?{date}"),
        // For whom.
        r"((your|the) )?(session|request|trace|correlation|transaction|incident|support|ray|visitor|csrf|security|nonce|token|cache|build)([ _-]?(id|ids|token|key|number|no\.?|nonce|hash))?\s*[:=#]\s*\S+".to_owned(),
        // How many.
        r"((page |total )?(views?|visits?|visitors?|hits|view count|visitor count)):? *[\d.,]+".to_owned(),
        r"[\d.,]+ (page )?(views?|visits?|visitors?|hits)".to_owned(),
        r"you are visitor (number|no\.?|#) ?[\d.,]+\.?".to_owned(),
        // A bare token.
        r"[0-9a-f]{16,}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}".to_owned(),
    ];
    Regex::new(&format!("(?i)^(?:- )?(?:{})$", marks.join("|"))).ok()
});

/// A day, perhaps with a time, alone: what belongs to a mark that stands in a paragraph of its own.
static MOMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^[a-z]{0,9},? ?[a-z0-9]{1,9}[ /.-][a-z0-9]{1,9},?[ /.-]\d{2,4}([ ,T]+\d{1,2}:\d{2}.{0,20})?$").ok()
});

/// Takes the noise from the paragraphs of one page, in order.
#[derive(Debug)]
pub(super) struct Noise<'a> {
    ignore: &'a [Regex],
    /// The paragraph before was a mark that announces a moment.
    announced: bool,
}

impl<'a> Noise<'a> {
    /// With what the configuration ignores.
    pub(super) fn new(ignore: &'a [Regex]) -> Self {
        Self {
            ignore,
            announced: false,
        }
    }

    /// The paragraph without noise; `None` when nothing is left of it.
    pub(super) fn without(&mut self, paragraph: String) -> Option<String> {
        let announced = std::mem::take(&mut self.announced);
        if announced && matches(&MOMENT, &paragraph) {
            return None;
        }
        if may_be_mark(&paragraph) && matches(&MARKS, &paragraph) {
            self.announced = !paragraph.bytes().any(|byte| byte.is_ascii_digit());
            return None;
        }
        let mut text = paragraph;
        for expression in self.ignore {
            if expression.is_match(&text) {
                text = String::from(expression.replace_all(&text, "").trim());
            }
        }
        (!text.is_empty()).then_some(text)
    }
}

fn matches(expression: &LazyLock<Option<Regex>>, text: &str) -> bool {
    let expression = expression.as_ref();
    text.len() <= LONGEST && expression.is_some_and(|expression| expression.is_match(text))
}

/// A glance before the expression: a mark begins with one of few words, or with a digit.
fn may_be_mark(text: &str) -> bool {
    const BEGINNINGS: [&str; 32] = [
        "this", "page", "last", "upda", "modi", "refr", "repo", "docu", "cont", "gene", "rend",
        "cach", "retr", "serv", "load", "crea", "curr", "loca", "your", "the ", "sess", "requ",
        "trac", "corr", "tran", "inci", "supp", "ray ", "visi", "csrf", "secu", "view",
    ];
    const MORE: [&str; 7] = ["nonc", "toke", "buil", "tota", "hits", "you ", "ray:"];
    if text.len() > LONGEST {
        return false;
    }
    let text = text.strip_prefix("- ").unwrap_or(text);
    let Some(start) = text.get(..4) else {
        return false;
    };
    let begins = |known: &&str| start.eq_ignore_ascii_case(known);
    BEGINNINGS.iter().any(begins)
        || MORE.iter().any(begins)
        || start.starts_with(|c: char| c.is_ascii_digit())
        || start
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b',' | b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(paragraphs: &[&str]) -> Vec<String> {
        let ignore = [Regex::new(r"Wait time: \d+ min").unwrap()];
        let mut noise = Noise::new(&ignore);
        let all = paragraphs.iter().map(|&one| one.to_owned());
        all.filter_map(|one| noise.without(one)).collect()
    }

    #[test]
    fn what_differs_in_every_answer_is_no_content() {
        for noise in [
            "Page Last Modified: 09/10/2024 06:04 PM",
            "Page last reviewed: September 10, 2024",
            "Last updated: 2026-11-25 10:11:12",
            "Generated at 2026-11-25T10:11:12Z",
            "This page was generated on Nov 25, 2026",
            "Page rendered in 0.034 seconds",
            "Server time: 10:11:12",
            "Session ID: 8f3a99",
            "Request ID: 4dd8-xyz",
            "csrf token: abc+/=",
            "1,234 views",
            "Views: 12",
            "You are visitor number 1,234.",
            "9f86d081884c7d659a2feaa0c55ad015",
            "123e4567-e89b-12d3-a456-426614174000",
            "Wait time: 12 min",
        ] {
            assert_eq!(kept(&[noise]), Vec::<String>::new(), "{noise}");
        }
        assert_eq!(
            kept(&["Page Last Modified:", "09/10/2024 06:04 PM", "a"]),
            ["a"]
        );
    }

    #[test]
    fn what_a_person_would_call_content_stays() {
        for content in [
            "Effective January 1, 2026, code 20560 is covered.",
            "09/10/2024",
            "Last updated: January 5, 2026",
            "Last reviewed by the medical director on 3 March 2026; next review 2027",
            "Updated policy: 12 visits a year",
            "Modified Barium Swallow 92611",
            "Request prior authorization for 20560 after 12 visits",
            "Generated claims are denied after 1 January 2026; appeal within 120 days",
            "Views of the committee on 20560",
            "Services served in 12 counties",
            "Session 12 of treatment needs a new order",
            "20560",
            "Transaction fee: 12 dollars per claim",
            "Support the use of 20560",
        ] {
            assert_eq!(kept(&[content]), [content]);
        }
        assert_eq!(kept(&["Office: Wait time: 12 min"]), ["Office:"]);
    }
}
