//! The therapy code list as the text of a PDF: lines that begin with a code.

use super::designation::Designation;
use crate::model::code::HcpcsCode;
use crate::parse::grid::{Sheet, words};

/// Most lines that are read.
const MOST_LINES: usize = 20_000;

/// The lines of the text as rows of a table with a header of our own. `None` where the words of a header
/// (code, and disposition or designation) are not in it: it is another document, or only a picture.
pub(super) fn rows(text: &str) -> Option<Sheet> {
    let has_header = text.lines().take(MOST_LINES).any(|line| {
        let named = words(line);
        let any = |wanted: &[&str]| named.iter().any(|word| wanted.contains(&word.as_str()));
        any(&["CODE", "CODES", "HCPCS"]) && any(&["DISPOSITION", "DISPOSITIONS", "DESIGNATION"])
    });
    if !has_header {
        return None;
    }
    let texts = |cells: [&str; 2]| cells.map(ToOwned::to_owned).to_vec();
    let (mut above, mut below) = (Vec::new(), Vec::new());
    for (number, line) in (1_u64..).zip(text.lines().take(MOST_LINES)) {
        let line = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{c}');
        if line.is_empty() {
            continue;
        }
        match entry(line) {
            Some((code, designation)) => {
                below.push((number, vec![code.to_string(), designation]));
            }
            None if below.is_empty() => above.push((number, texts([line, ""]))),
            None => below.push((number, texts([line, ""]))),
        }
    }
    let header = above.last().map_or(0, |(number, _)| *number);
    let mut rows = above;
    rows.push((header, texts(["HCPCS Code", "Disposition"])));
    rows.extend(below);
    Some(Sheet {
        name: String::new(),
        rows,
        ended: true,
    })
}

/// A line that begins with a code: the code, and the designation that it ends with, as written. Of what is
/// between, the description, nothing is kept.
fn entry(line: &str) -> Option<(HcpcsCode, String)> {
    let mut parts = line.split_whitespace();
    let first = parts.next()?;
    let code = first
        .trim_end_matches(|c: char| !c.is_ascii_alphanumeric())
        .parse()
        .ok()?;
    let rest: Vec<&str> = parts.collect();
    // "always", "sometimes therapy", "sometimes (1)": the shortest end of the line that is one. A single
    // letter may as well be the end of the description.
    let ending = (1..=4).find_map(|length| {
        let from = rest.len().checked_sub(length)?;
        let ending = rest.get(from..)?.join(" ");
        let spelled = words(&ending)
            .iter()
            .any(|word| word.len() > 1 && word != "THERAPY");
        Designation::of_cell(&ending)
            .filter(|_| spelled)
            .map(|_| ending)
    });
    Some((code, ending.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_a_code_are_rows() {
        let text = "2026 Therapy Code List\nHCPCS Code  Descriptor  Disposition\n97110  SERVICE 97110  Always therapy\n\u{c}20560* SERVICE sometimes (1)\n1 A footnote.\n";
        let sheet = rows(text).unwrap();
        let cells: Vec<String> = sheet
            .rows
            .iter()
            .map(|(_, cells)| cells.join("|"))
            .collect();
        assert_eq!(
            cells,
            [
                "2026 Therapy Code List|",
                "HCPCS Code  Descriptor  Disposition|",
                "HCPCS Code|Disposition",
                "97110|Always therapy",
                "20560|sometimes (1)",
                "1 A footnote.|",
            ]
        );
    }

    #[test]
    fn a_line_without_designation_keeps_its_code() {
        assert_eq!(
            entry("97110 SERVICE"),
            Some(("97110".parse().unwrap(), String::new()))
        );
        assert_eq!(
            entry("97110 SERVICE A"),
            Some(("97110".parse().unwrap(), String::new()))
        );
        assert_eq!(entry("Page 3"), None);
        assert_eq!(rows("Nothing of it"), None);
    }
}
