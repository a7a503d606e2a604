//! How to check a bundle of evidence without coverd, step by step.

use crate::io::bundle::SUMS;
use crate::render::sheet::Step;

/// A document of the bundle.
pub(super) struct Exhibited<'a> {
    /// Its edition.
    pub(super) edition: &'a str,
    /// Its address.
    pub(super) url: &'a str,
    /// Its file in the bundle.
    pub(super) file: &'a str,
    /// The places that are quoted.
    pub(super) locators: Vec<&'a str>,
}

/// How to check the bundle.
pub(super) fn steps<'a>(documents: impl Iterator<Item = Exhibited<'a>>) -> Vec<Step> {
    let step = |words: &str, command: String| Step {
        words: words.to_owned(),
        command,
    };
    let mut steps = vec![
        step(
            "Unpack the bundle with any program for ZIP files, into a folder of its own.",
            String::new(),
        ),
        step(
            "In that folder: nothing was altered since the bundle was made. (macOS: shasum -a 256 -c.)",
            format!("sha256sum -c {SUMS}"),
        ),
        step(
            "The SHA-256 of each document is the one that the mail about the change named on its day, and that evidence.json names: a document altered later would have another. The first twelve digits begin its file name.",
            "sha256sum documents/*".to_owned(),
        ),
    ];
    for exhibit in documents {
        let (member, row) = exhibit
            .locators
            .iter()
            .find_map(|locator| row_of(locator))
            .unwrap_or_default();
        let has = |name: &str, end: &str| {
            let found = std::path::Path::new(name).extension();
            found.is_some_and(|found| found.eq_ignore_ascii_case(end))
        };
        if has(exhibit.file, "zip") && has(member, "csv") && row > 0 {
            steps.push(step(
                &format!("{}: the row that is quoted.", exhibit.edition),
                format!("unzip -p {} '*{member}' | sed -n '{row}p'", exhibit.file),
            ));
        }
        let url = exhibit.url;
        if url
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\'')
        {
            steps.push(step(
                &format!(
                    "{}: what the address serves today. CMS replaces files under the same address, so that another hash there proves nothing against this one.",
                    exhibit.edition
                ),
                format!("curl -sL '{url}' | sha256sum"),
            ));
        }
    }
    steps
}

/// `PPRRVU20_APR.csv row 6186` as name and number, where the name is harmless in a command.
fn row_of(locator: &str) -> Option<(&str, u64)> {
    let (member, rest) = locator.split_once(" row ")?;
    let digits: &str = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    (!member.is_empty() && member.chars().all(plain)).then_some((member, digits.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_place_becomes_a_command() {
        assert_eq!(
            row_of("PPRRVU20_APR.csv row 6186"),
            Some(("PPRRVU20_APR.csv", 6_186))
        );
        assert_eq!(
            row_of("x.csv row 11 (the same in all 20 rows)"),
            Some(("x.csv", 11))
        );
        assert_eq!(row_of("'; rm -rf /;.csv row 1"), None);
        assert_eq!(row_of("field indications"), None);
    }
}
