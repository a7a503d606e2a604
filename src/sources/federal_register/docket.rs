//! What a document is: by the suffix of its docket first, by its type second. Titles do not tell, for
//! a proposed rule and its final rule bear the same.

use std::fmt;

use crate::model::topic::Stage;

/// The kinds of documents that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A proposed rule: `CMS-1848-P`.
    Proposed,
    /// A final rule: `CMS-1848-F`.
    Final,
    /// A final rule with comment period: `CMS-1848-FC`.
    FinalWithComment,
    /// An interim final rule: `CMS-1848-IFC`.
    InterimFinal,
    /// A correction of a rule, or of a notice: `CMS-1848-CN`.
    Correction,
    /// A withdrawal of a rule or of a proposed rule.
    Withdrawal,
    /// A notice: `CMS-1848-N`.
    Notice,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Proposed => "proposed rule",
            Self::Final => "final rule",
            Self::FinalWithComment => "final rule with comment period",
            Self::InterimFinal => "interim final rule",
            Self::Correction => "correction",
            Self::Withdrawal => "withdrawal",
            Self::Notice => "notice",
        })
    }
}

/// The type that the Register gives to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Rule,
    Proposed,
    Notice,
}

impl Type {
    /// Reads the words of the API.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "Rule" => Some(Self::Rule),
            "Proposed Rule" => Some(Self::Proposed),
            "Notice" => Some(Self::Notice),
            _ => None,
        }
    }
}

/// The dockets of CMS in a text (`[CMS-1715-F and IFC]`, `CMS\u{2013}1848\u{2013}P`), each once, in the order of the
/// text, as `CMS-1848-P`.
pub fn dockets(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let plain: String = text
        .chars()
        .map(|c| match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            c => c.to_ascii_uppercase(),
        })
        .collect();
    for (at, _) in plain.match_indices("CMS-") {
        let before = plain.get(..at).and_then(|before| before.chars().last());
        if before.is_some_and(|c| c.is_alphanumeric() || c == '-') {
            continue;
        }
        let rest = plain.get(at + 4..).unwrap_or_default();
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        // Dockets have four digits. `CMS-2026-2377` is a folder of regulations.gov, and other numbers
        // are of forms.
        if digits != 4 {
            continue;
        }
        let (number, rest) = rest.split_at(digits);
        let suffix: String = rest
            .strip_prefix('-')
            .unwrap_or_default()
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        if suffix.starts_with(|c: char| c.is_ascii_digit()) || suffix.len() > 5 {
            continue;
        }
        let docket = if suffix.is_empty() {
            format!("CMS-{number}")
        } else {
            format!("CMS-{number}-{suffix}")
        };
        if !found.contains(&docket) {
            found.push(docket);
        }
    }
    found
}

/// The suffix of a docket without its count: `CN` of `CMS-1848-CN2`.
fn suffix(docket: &str) -> &str {
    let suffix = docket.splitn(3, '-').nth(2).unwrap_or_default();
    suffix.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// What a document is.
pub(super) fn kind(of: Type, dockets: &[String], action: &str, title: &str) -> Kind {
    let action = action.to_lowercase();
    let title = title.to_lowercase();
    let ending = title.rsplit(';').next().unwrap_or_default();
    let ending = ending.trim().trim_end_matches('.');
    let has = |one: &str| dockets.iter().any(|docket| suffix(docket) == one);
    let is_correction = has("CN")
        || [
            "correction",
            "corrections",
            "correcting amendment",
            "correcting amendments",
        ]
        .iter()
        .any(|word| ending.ends_with(word) || action.contains(word));
    if action.contains("withdraw") || ending.starts_with("withdrawal") {
        return Kind::Withdrawal;
    }
    if is_correction {
        return Kind::Correction;
    }
    // A document may close one docket and open another (`-F` and `-IFC`): the strongest counts.
    for (suffix, kind) in [
        ("F", Kind::Final),
        ("FC", Kind::FinalWithComment),
        ("IFC", Kind::InterimFinal),
        ("P", Kind::Proposed),
    ] {
        if has(suffix) {
            return kind;
        }
    }
    match of {
        Type::Notice => Kind::Notice,
        Type::Proposed => Kind::Proposed,
        Type::Rule if action.contains("interim final rule") => Kind::InterimFinal,
        Type::Rule if action.contains("final rule with comment") => Kind::FinalWithComment,
        Type::Rule => Kind::Final,
    }
}

/// The docket that names the rule, and the rulemaking: that of the kind's own suffix before others.
pub(super) fn leading(kind: Kind, dockets: &[String]) -> Option<&str> {
    let wanted: &[&str] = match kind {
        Kind::Proposed => &["P"],
        Kind::Final => &["F"],
        Kind::FinalWithComment => &["FC"],
        Kind::InterimFinal => &["IFC"],
        Kind::Correction => &["CN"],
        Kind::Withdrawal | Kind::Notice => &[],
    };
    let own = dockets
        .iter()
        .find(|docket| wanted.contains(&suffix(docket)));
    own.or(dockets.first()).map(String::as_str)
}

/// How far a document has come. `rule` is the docket of the rule that it is, or is about.
pub(super) fn stage(kind: Kind, of: Type, rule: &str) -> Stage {
    let is_proposal = match kind {
        Kind::Proposed => true,
        Kind::Final | Kind::FinalWithComment | Kind::InterimFinal => false,
        Kind::Notice => return Stage::InForce,
        Kind::Correction | Kind::Withdrawal => match of {
            Type::Proposed => true,
            Type::Rule => suffix(rule) == "P",
            Type::Notice => return Stage::InForce,
        },
    };
    if is_proposal {
        Stage::ProposedBy(rule.to_owned())
    } else {
        Stage::FinalBy(rule.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockets_are_found_however_they_are_written() {
        for (text, expected) in [
            ("CMS-1848-P", vec!["CMS-1848-P"]),
            ("[CMS\u{2013}1654\u{2013}F]", vec!["CMS-1654-F"]),
            (
                "[CMS-1715-F and CMS-1715-IFC]",
                vec!["CMS-1715-F", "CMS-1715-IFC"],
            ),
            ("CMS-1734-CN2, CMS-1734-CN2", vec!["CMS-1734-CN2"]),
            ("CMS-2026-2377, CMS-276 and CMS-20560-P", vec![]),
            ("XCMS-1848-P", vec![]),
        ] {
            assert_eq!(dockets(text), expected, "{text}");
        }
    }

    #[test]
    fn the_suffix_goes_before_the_type() {
        let kind = |of, docket: &str, action, title| kind(of, &dockets(docket), action, title);
        let title = "Medicare Program; CY 2027 Payment Policies";
        for (of, docket, action, title, expected) in [
            (
                Type::Proposed,
                "CMS-1848-P",
                "Proposed rule.",
                title,
                Kind::Proposed,
            ),
            (Type::Rule, "CMS-1848-F", "Final rule.", title, Kind::Final),
            (
                Type::Rule,
                "CMS-1848-FC",
                "Final rule; request for comments.",
                title,
                Kind::FinalWithComment,
            ),
            (
                Type::Rule,
                "CMS-1744-IFC",
                "Interim final rule.",
                title,
                Kind::InterimFinal,
            ),
            (
                Type::Rule,
                "CMS-1715-F, CMS-1715-IFC",
                "Final rule; interim final rule.",
                title,
                Kind::Final,
            ),
            (
                Type::Proposed,
                "CMS-1832-CN",
                "Proposed rule; correction.",
                title,
                Kind::Correction,
            ),
            (
                Type::Rule,
                "",
                "Final rule; correcting amendment.",
                title,
                Kind::Correction,
            ),
            (
                Type::Rule,
                "CMS-1715-F",
                "",
                "Payment Policies; Corrections",
                Kind::Correction,
            ),
            (
                Type::Proposed,
                "CMS-1848-P",
                "Proposed rule; withdrawal.",
                title,
                Kind::Withdrawal,
            ),
            (Type::Notice, "CMS-9124-N", "Notice.", title, Kind::Notice),
            (
                Type::Rule,
                "",
                "Interim final rule with comment period.",
                title,
                Kind::InterimFinal,
            ),
            (Type::Rule, "", "", title, Kind::Final),
        ] {
            assert_eq!(
                kind(of, docket, action, title),
                expected,
                "{docket} {action} {title}"
            );
        }
    }

    #[test]
    fn a_correction_has_the_stage_of_what_it_corrects() {
        let stage = |of, rule| stage(Kind::Correction, of, rule);
        assert_eq!(
            stage(Type::Proposed, "CMS-1832-P"),
            Stage::ProposedBy("CMS-1832-P".to_owned())
        );
        assert_eq!(
            stage(Type::Rule, "CMS-1832-F"),
            Stage::FinalBy("CMS-1832-F".to_owned())
        );
        assert_eq!(stage(Type::Notice, "CMS-1832-N"), Stage::InForce);
    }
}
