//! Dockets of CMS: `CMS-1848-P` is the proposed rule of rulemaking 1848.

use std::fmt;

use crate::model::topic::Stage;

/// What the suffix of a docket says about its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    /// `-P`
    Proposed,
    /// `-F`, `-FC` (with comment period), `-IFC` (interim).
    Final,
    /// `-CN`: corrects a proposed or final rule of the same number.
    Correction,
    /// Notices of other kinds, which have no addenda of codes.
    Other,
}

/// A docket by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Docket {
    number: String,
    pub(super) kind: Kind,
    suffix: String,
}

impl Docket {
    /// The first docket named in a text, an address or a file name: `CMS-1848-P_Addendum B.xlsx`,
    /// `/federal-regulation-notices/cms-1832-f-0`.
    pub(super) fn find(text: &str) -> Option<Self> {
        // Hyphens of every kind are written in running text.
        let text = text.replace(['\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}'], "-");
        let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric()).collect();
        words.windows(3).find_map(|window| match window {
            [prefix, number, suffix] if prefix.eq_ignore_ascii_case("cms") => {
                Self::of(number, suffix)
            }
            _ => None,
        })
    }

    fn of(number: &str, suffix: &str) -> Option<Self> {
        let is_number = number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit());
        let suffix = suffix.to_ascii_uppercase();
        let letters = suffix.trim_end_matches(|c: char| c.is_ascii_digit());
        let short = !letters.is_empty() && suffix.len() <= 4;
        if !is_number || !short || !letters.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        let kind = match letters {
            "P" => Kind::Proposed,
            "F" | "FC" | "IFC" => Kind::Final,
            "CN" => Kind::Correction,
            _ => Kind::Other,
        };
        Some(Self {
            number: number.to_owned(),
            kind,
            suffix,
        })
    }

    /// The rulemaking that it belongs to: `CMS-1848`.
    pub(super) fn rulemaking(&self) -> String {
        format!("CMS-{}", self.number)
    }

    /// The rulemakings that a text names, by docket or by number alone: `CMS-1848_Addendum B.xlsx`.
    pub(super) fn rulemakings_in(text: &str) -> Vec<String> {
        let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric()).collect();
        let named = words.windows(2).filter_map(|window| match window {
            [prefix, number] if prefix.eq_ignore_ascii_case("cms") => Some(number),
            _ => None,
        });
        named
            .filter(|number| number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit()))
            .map(|number| format!("CMS-{number}"))
            .collect()
    }

    /// Whether both belong to one rulemaking.
    pub(super) fn is_akin(&self, other: &Self) -> bool {
        self.number == other.number
    }

    /// How far what it says has come, by its suffix alone; a correction has no stage of its own.
    pub(super) fn stage(&self) -> Option<Stage> {
        match self.kind {
            Kind::Proposed => Some(Stage::ProposedBy(self.to_string())),
            Kind::Final => Some(Stage::FinalBy(self.to_string())),
            Kind::Correction | Kind::Other => None,
        }
    }
}

impl fmt::Display for Docket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CMS-{}-{}", self.number, self.suffix)
    }
}

/// What is read under one name: the addenda of a rule, or those that a correction posts again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Posting {
    /// The rule whose addenda they are.
    pub(super) rule: Docket,
    /// The correction that posts them again.
    pub(super) correction: Option<Docket>,
}

impl Posting {
    /// Reads a name as it is written: `CMS-1848-F`, `CMS-1848-CN of CMS-1848-F`.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (correction, rule) = match name.split_once(" of ") {
            Some((correction, rule)) => (Some(Docket::find(correction)?), rule),
            None => (None, name),
        };
        let rule = Docket::find(rule)?;
        rule.stage()?;
        Some(Self { rule, correction })
    }
}

impl fmt::Display for Posting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.correction {
            Some(correction) => write!(f, "{correction} of {}", self.rule),
            None => self.rule.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockets_are_found_in_names_texts_and_addresses() {
        for (text, name, kind) in [
            ("CMS-1848-P", "CMS-1848-P", Kind::Proposed),
            ("CMS–1784–F", "CMS-1784-F", Kind::Final),
            (
                "/federal-regulation-notices/cms-1832-f-0",
                "CMS-1832-F",
                Kind::Final,
            ),
            ("CMS-1848-P_Addendum B.xlsx", "CMS-1848-P", Kind::Proposed),
            ("CMS-1751-FC2", "CMS-1751-FC2", Kind::Final),
            ("Correction (CMS-1848-CN)", "CMS-1848-CN", Kind::Correction),
            ("CMS-1734-IFC", "CMS-1734-IFC", Kind::Final),
            ("CMS-1580-PN", "CMS-1580-PN", Kind::Other),
        ] {
            let found = Docket::find(text).unwrap();
            assert_eq!(
                (found.to_string(), found.kind),
                (name.to_owned(), kind),
                "{text}"
            );
        }
        for no in [
            "",
            "CMS-1848",
            "CMS-2026-2377-0001",
            "CMS-18480-P",
            "XCMS-1848-P",
            "CMS-1848-Payment",
            "CMS 1848 addenda",
        ] {
            assert_eq!(Docket::find(no), None, "{no}");
        }
    }

    #[test]
    fn rulemakings_are_found_by_number_alone() {
        assert_eq!(
            Docket::rulemakings_in("CMS-1848_Addendum B of CMS-1832-F"),
            ["CMS-1848", "CMS-1832"]
        );
        assert_eq!(
            Docket::rulemakings_in("CMS-18480, CMS 2026-1"),
            ["CMS-2026"]
        );
    }

    #[test]
    fn the_suffix_alone_says_the_stage() {
        let stage = |name: &str| Docket::find(name).unwrap().stage();
        assert_eq!(
            stage("CMS-1848-P"),
            Some(Stage::ProposedBy("CMS-1848-P".to_owned()))
        );
        assert_eq!(
            stage("CMS-1848-FC"),
            Some(Stage::FinalBy("CMS-1848-FC".to_owned()))
        );
        assert_eq!(stage("CMS-1848-CN"), None);
    }

    #[test]
    fn names_of_postings_read_back() {
        for name in ["CMS-1848-P", "CMS-1848-CN of CMS-1848-F"] {
            assert_eq!(Posting::parse(name).unwrap().to_string(), name);
        }
        for no in [
            "",
            "CMS-1848-CN",
            "CMS-1848-P2X",
            "RVU20B",
            "CMS-1848-CN of CMS-1848-CN",
        ] {
            assert_eq!(Posting::parse(no), None, "{no}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}", address in "cms-1[0-9]{3}-[a-z0-9-]{0,8}") {
            for text in [&text, &address] {
                if let Some(docket) = Docket::find(text) {
                    proptest::prop_assert_eq!(Docket::find(&docket.to_string()), Some(docket));
                }
            }
        }
    }
}
