//! Always or sometimes therapy: how a list writes it.

use std::fmt;

use crate::parse::grid::words;

/// What the list says of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Designation {
    /// The service is therapy whoever furnishes it.
    Always,
    /// The service is therapy when a therapist furnishes it, or a physician under a plan of therapy.
    Sometimes,
}

impl fmt::Display for Designation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Always => "always",
            Self::Sometimes => "sometimes",
        })
    }
}

impl Designation {
    /// Reads a cell: "Always", "Sometimes therapy (1)", "A", "S*". Footnote marks do not count.
    pub(super) fn of_cell(cell: &str) -> Option<Self> {
        let named: Vec<String> = words(cell)
            .into_iter()
            .filter(|word| !is_mark(word))
            .collect();
        let named: Vec<&str> = named.iter().map(String::as_str).collect();
        match named[..] {
            ["ALWAYS" | "A"] | ["ALWAYS", "THERAPY"] => Some(Self::Always),
            ["SOMETIMES" | "S"] | ["SOMETIMES", "THERAPY"] => Some(Self::Sometimes),
            _ => None,
        }
    }

    /// The one designation that a text names in words: a heading such as "Always Therapy Codes".
    pub(super) fn named_in(text: &str) -> Option<Self> {
        let named = words(text);
        let has = |first: &str| {
            named
                .windows(2)
                .any(|pair| matches!(pair, [a, b] if a == first && b == "THERAPY"))
        };
        match (has("ALWAYS"), has("SOMETIMES")) {
            (true, false) => Some(Self::Always),
            (false, true) => Some(Self::Sometimes),
            _ => None,
        }
    }

    /// Reads a line of a legend: `1 = always therapy`, `S: sometimes therapy code`. Gives the sign too.
    pub(super) fn of_legend(text: &str) -> Option<(String, Self)> {
        let (sign, meaning) = text.split_once(['=', ':', '\u{2013}', '\u{2014}'])?;
        let sign = sign.trim();
        let short = (1..=3).contains(&sign.chars().count()) && !sign.contains(char::is_whitespace);
        let meant = Self::named_in(meaning)?;
        short.then(|| (sign.to_uppercase(), meant))
    }
}

/// A footnote number.
fn is_mark(word: &str) -> bool {
    word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_with_and_without_footnotes() {
        for cell in [
            "Always",
            "always therapy",
            "A",
            "Always Therapy (1)",
            "A*",
            "ALWAYS 1, 2",
        ] {
            assert_eq!(
                Designation::of_cell(cell),
                Some(Designation::Always),
                "{cell}"
            );
        }
        for cell in ["Sometimes", "S", "sometimes therapy *"] {
            assert_eq!(
                Designation::of_cell(cell),
                Some(Designation::Sometimes),
                "{cell}"
            );
        }
        for no in [
            "",
            "1",
            "N",
            "always or sometimes",
            "Not therapy",
            "never",
            "Sometimes not",
            "AS",
        ] {
            assert_eq!(Designation::of_cell(no), None, "{no}");
        }
    }

    #[test]
    fn headings_name_one_designation_and_legends_a_sign_for_it() {
        assert_eq!(
            Designation::named_in("\"Sometimes therapy\" codes"),
            Some(Designation::Sometimes)
        );
        assert_eq!(
            Designation::named_in("Always therapy and sometimes therapy codes"),
            None
        );
        assert_eq!(
            Designation::of_legend("1 = Always therapy, whoever furnishes it"),
            Some(("1".to_owned(), Designation::Always))
        );
        assert_eq!(Designation::of_legend("Codes: always therapy"), None);
        assert_eq!(Designation::of_legend("1 = bundled"), None);
    }
}
